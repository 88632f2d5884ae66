"""What is written into the journal, and what is read from it."""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

from fusion.errors import SnapshotError
from fusion.messages import AlertMessage, Record, Time, Track, WireIdentity, WirePilot

KINDS = ("alert", "command", "permit", "zone", "tracks", "claims", "access", "handover", "purge")
"""What entries are of: an alert's revision; what was ordered about one; permits and zones by topic; who was near while an alert
was open, and what passers-by said of themselves; who took something from the journal or did something at the console; notes for
the next shift; what was taken out for good."""


PLAN = "zones/plan"
"""The subject of what is noted of switches of plans."""


class Entry(NamedTuple):
    """One revision of one alert, as it is written."""

    sequence: int
    alert: str
    revision: int
    archived: bool
    payload: bytes
    published: bool


class Note(NamedTuple):
    """Anything else that is written down."""

    kind: str
    subject: str
    time: int  # ns, when it was true
    body: bytes


Item = AlertMessage | Note
"""What the journal takes."""

_held = msgspec.msgpack.Decoder(list[Item])


def encode_held(items: list[Item]) -> bytes:
    """Write down what could not be written into the journal."""
    return msgspec.msgpack.encode(items)


def decode_held(held: bytes) -> list[Item]:
    """Read what could not be written into the journal; raise SnapshotError where it is damaged or another version's."""
    try:
        return _held.decode(held)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SnapshotError(f"what waited for the journal is damaged: {error}") from error


class PermitNoted(Record, kw_only=True):
    """What became of what came on a permit's topic."""

    what: Literal["issued", "revoked", "withdrawn", "refused"]
    token: str = ""  # as it was signed
    why: str = ""  # it was refused
    sha256: str = ""  # of what was refused


class PlanNoted(Record, kw_only=True):
    """A signed switch of plans that was taken, or why one was refused."""

    plan: str = ""
    who: str = ""
    why: str = ""
    signer: str = ""
    token: str = ""  # as it was signed
    refused: str = ""
    sha256: str = ""  # of what was refused


class Surroundings(Record):
    """The tracks near open alerts, at one time."""

    time: Time
    tracks: tuple[Track, ...]


class Claimed(Record):
    """What a passer-by said of itself, and the sentences that say it."""

    track: str
    time: Time
    identity: WireIdentity | None = None
    pilot: WirePilot | None = None
    reasons: tuple[str, ...] = ()


class Claims(Record):
    """What the passers-by near open alerts said of themselves, at one time: kept apart, as it is forgotten sooner."""

    time: Time
    claims: tuple[Claimed, ...]


class Purged(Record):
    """What a purge took: the bodies of these entries. Their headers and hashes stay, so that the chain still proves them."""

    who: str
    before: Time
    entries: tuple[tuple[int, int], ...]  # first and last of each run of sequences

    def takes(self, sequence: int) -> bool:
        """Tell whether an entry was among them."""
        return any(first <= sequence <= last for first, last in self.entries)


class Command(NamedTuple):
    """What a person ordered about an alert, and why."""

    time: int  # ns
    who: str
    alert: str
    command: str
    why: str

    @classmethod
    def of(cls, note: Note) -> Command:
        """Read an order as it was noted."""
        said = msgspec.json.decode(note.body)
        return cls(note.time, said["who"], note.subject, said["command"], said.get("why") or "")
