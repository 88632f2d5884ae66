"""What, besides alerts, belongs into the journal: orders, zones and permits by topic, and who was near an open alert."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from fusion.journal.journal import STANDING
from fusion.journal.records import Note, Surroundings
from fusion.messages import Alert, Output, PictureMessage, RawMessage, Rejected, Track, nanoseconds
from fusion.topics import TopicTree
from fusion.zones.commands import decode_command

NEAR = 2_000.0
"""m from an alert's track: two minutes of a drone's flight. Who was further away is not part of the incident."""


def noted(message: RawMessage, outputs: Sequence[Output], tree: TopicTree) -> list[Note]:
    """Give what a message said that the journal keeps; nothing where it was refused."""
    address = tree.parse(message.topic)
    if address is None or any(isinstance(output, Rejected) for output in outputs):
        return []
    if address.name == "command":
        body = msgspec.json.encode(decode_command(message.payload))
        return [Note("command", address.parts["alert"], message.received, body)]
    if address.name == "zone_window":
        return [Note("zone", f"{address.parts['zone']}/window", message.received, message.payload)]
    if address.name == "zone_plan":
        return [Note("zone", "zones/plan", message.received, message.payload)]
    if address.name in STANDING:
        return [Note(address.name, address.parts[address.name], message.received, message.payload)]
    return []


def surroundings(outputs: Iterable[Output], alerts: Iterable[Alert]) -> list[Note]:
    """Give who is near open alerts, each time the picture is told."""
    named = {alert.track for alert in alerts}
    return [note for output in outputs if isinstance(output, PictureMessage) and named for note in _near(output, named)]


def _near(picture: PictureMessage, named: set[str]) -> list[Note]:
    places = [place for track in picture.tracks if track.track in named and (place := _place(track)) is not None]
    close = [track for track in picture.tracks if track.track in named or _is_near(track, places)]
    if not close:
        return []
    body = msgspec.json.encode(Surroundings(time=picture.time, tracks=tuple(close)))
    return [Note("tracks", "", nanoseconds(picture.time), body)]


def _is_near(track: Track, places: Iterable[tuple[float, float]]) -> bool:
    here = _place(track)
    return here is not None and any((here[0] - e) ** 2 + (here[1] - n) ** 2 <= NEAR**2 for e, n in places)


def _place(track: Track) -> tuple[float, float] | None:
    return None if track.grid is None else (track.grid.easting_m, track.grid.northing_m)
