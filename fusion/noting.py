"""What, besides alerts, belongs into the journal: orders, zones and permits by topic, and who was near an open alert."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence

import msgspec
from msgspec.structs import replace

from fusion.journal.records import PLAN, Claimed, Claims, Note, PermitNoted, PlanNoted, Surroundings
from fusion.messages import Alert, Output, PictureMessage, RawMessage, Rejected, Track, nanoseconds
from fusion.topics import Address, TopicTree
from fusion.zones.commands import decode_command
from fusion.zones.plans import Plans, is_signed, switch_of
from fusion.zones.tokens import is_revocation, issuer_of

NEAR = 2_000.0
"""m from an alert's track: two minutes of a drone's flight. Who was further away is not part of the incident."""


def noted(message: RawMessage, outputs: Sequence[Output], tree: TopicTree) -> list[Note]:
    """Give what a message said that the journal keeps; nothing where it was refused, but for a permit: that it was."""
    address = tree.parse(message.topic)
    if address is None:
        return []
    refusal = next((output for output in outputs if isinstance(output, Rejected)), None)
    if address.name == "permit":
        return [Note("permit", address.parts["permit"], message.received, _permit_noted(message.payload, refusal))]
    if address.name == "zone_plan":
        return [Note("zone", PLAN, message.received, _plan_noted(message.payload, refusal))]
    if refusal is not None:
        return []
    if address.name == "command":
        body = msgspec.json.encode(decode_command(message.payload))
        return [Note("command", address.parts["alert"], message.received, body)]
    subject = _zone_of(address)
    return [] if subject is None else [Note("zone", subject, message.received, message.payload)]


def _zone_of(address: Address) -> str | None:
    """Give under what a change of zones is kept."""
    match address.name:
        case "zone":
            return address.parts["zone"]
        case "zone_window":
            return f"{address.parts['zone']}/window"
        case _:
            return None


def _permit_noted(payload: bytes, refusal: Rejected | None) -> bytes:
    """Write what became of a permit. What is not believed is not kept: anybody may have written it; its digest tells it again."""
    if refusal is not None:
        noted = PermitNoted(what="refused", why=refusal.reason, sha256=hashlib.sha256(payload).hexdigest())
    elif not payload:
        noted = PermitNoted(what="withdrawn")
    else:
        noted = PermitNoted(what="revoked" if is_revocation(payload) else "issued", token=payload.decode("ascii"))
    return msgspec.json.encode(noted)


def _plan_noted(payload: bytes, refusal: Rejected | None) -> bytes:
    """Write what became of a switch of plans; one that needs no signature as it came."""
    if refusal is not None:
        return msgspec.json.encode(PlanNoted(refused=refusal.reason, sha256=hashlib.sha256(payload).hexdigest()))
    if not payload or not is_signed(payload):
        return payload
    said = switch_of(payload)
    told = PlanNoted(plan=said.plan, who=said.who, why=said.why, signer=said.iss, token=payload.decode("ascii"))
    return msgspec.json.encode(told)


def switches(notes: Iterable[Note], plans: Plans, tree: TopicTree) -> list[RawMessage]:
    """Give, as it came and when, the newest signed switch that the journal has noted and the core's plans do not know of."""
    if plans.signing != "signed":
        return []
    said = [(note.time, msgspec.json.decode(note.body, type=PlanNoted)) for note in notes if b'"token"' in note.body]
    tokens = [(switch_of(one.token.encode()).seq, time, one.token.encode()) for time, one in said if one.token]
    newest = max(tokens, default=None)
    if newest is None or newest[0] <= plans.sequence:
        return []
    return [RawMessage(topic=tree.path("zone_plan"), payload=newest[2], received=newest[1])]


def revocations(notes: Iterable[Note], known: Collection[str], tree: TopicTree, now: int) -> list[RawMessage]:
    """Give, as they came, the revocations that the journal has noted and the core (by issuer/number) does not know."""
    said = [(note.subject, msgspec.json.decode(note.body, type=PermitNoted)) for note in notes if b'"revoked"' in note.body]
    tokens = {(issuer_of(one.token.encode()), number): one.token.encode() for number, one in said}
    return [
        RawMessage(topic=tree.path("permit", permit=number), payload=token, received=now)
        for (issuer, number), token in tokens.items()
        if f"{issuer}/{number}" not in known
    ]


def surroundings(outputs: Iterable[Output], alerts: Iterable[Alert]) -> list[Note]:
    """Give who is near open alerts, each time the picture is told; apart what passers-by say of themselves, forgotten sooner."""
    named = {track for alert in alerts for track in (alert.track, *alert.tracks)}
    return [note for output in outputs if isinstance(output, PictureMessage) and named for note in _near(output, named)]


def _near(picture: PictureMessage, named: set[str]) -> list[Note]:
    places = [place for track in picture.tracks if track.track in named and (place := _place(track)) is not None]
    close = [track for track in picture.tracks if track.track in named or _is_near(track, places)]
    if not close:
        return []
    bystanders = [track for track in close if track.track not in named and (track.identity or track.pilot)]
    nameless = {track.track: replace(track, identity=None, pilot=None, reasons=()) for track in bystanders}
    told = Surroundings(time=picture.time, tracks=tuple(nameless.get(track.track, track) for track in close))
    notes = [Note("tracks", "", nanoseconds(picture.time), msgspec.json.encode(told))]
    if bystanders:
        said = (
            Claimed(track=one.track, time=one.time, identity=one.identity, pilot=one.pilot, reasons=one.reasons)
            for one in bystanders
        )
        body = msgspec.json.encode(Claims(time=picture.time, claims=tuple(said)))
        notes.append(Note("claims", "", nanoseconds(picture.time), body))
    return notes


def _is_near(track: Track, places: Iterable[tuple[float, float]]) -> bool:
    here = _place(track)
    return here is not None and any((here[0] - e) ** 2 + (here[1] - n) ** 2 <= NEAR**2 for e, n in places)


def _place(track: Track) -> tuple[float, float] | None:
    return None if track.grid is None else (track.grid.easting_m, track.grid.northing_m)
