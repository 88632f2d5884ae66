"""What leaves: where an Output is published, how, and what may become of it while it waits."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime
from typing import Literal, NamedTuple

import msgspec

from fusion.messages import (
    AlertMessage,
    Output,
    StatusMessage,
    TrackMessage,
    TracksMessage,
    ZoneStateMessage,
    utc,
)
from fusion.payload import payload
from fusion.topics import PRIVATE, TOPICS, TopicTree
from fusion.transport.cloud_events import TYPES, Event

Keep = Literal["every", "latest", "some"]
"""What may become of a publication that waits: nothing; a newer one of its topic takes its place; the oldest go first."""

KEEP: dict[str, Keep] = {
    "tracks": "some",
    "picture": "latest",
    "track": "latest",
    "alert": "every",
    "private_tracks": "some",
    "private_picture": "latest",
    "private_track": "latest",
    "private_alert": "every",
    "zone_state": "latest",
    "rejected": "some",
    "status": "latest",
}
"""What may become of each outward row of `TOPICS`."""


class Publication(NamedTuple):
    """One message for the broker."""

    topic: str
    payload: bytes
    qos: int = 0
    retained: bool = False
    keep: Keep = "some"
    event: Event | None = None  # what it is as a CloudEvent, where it is one


class AlertHead(msgspec.Struct):
    """What tells an alert's revision from every other."""

    alert: str
    revision: int
    updated: datetime


_alert_head = msgspec.json.Decoder(AlertHead)


def numbers(run: str) -> Iterator[str]:
    """Give numbers to the messages of one run of the service; `run` tells it from every other."""
    return (f"{run}.{number}" for number in itertools.count(1))


def publications(output: Output, tree: TopicTree, number: str, *, head: str = "") -> list[Publication]:
    """Say what the broker is to be given for an Output; its row in `TOPICS` is its tag, behind `head` (`PRIVATE`, or nothing).

    `number` tells this message from all others of the site; an alert's revision is told by itself.
    """
    name, encoded = head + str(type(output).__struct_config__.tag), payload(output)
    parts: dict[str, str] = {}
    time: datetime | None
    match output:
        case AlertMessage():
            return [alert_publication(output.alert.alert, encoded, tree, head=head)]
        case TrackMessage():
            parts, time = {"track": output.track}, None if output.state is None else output.state.time
        case ZoneStateMessage():
            parts, time = {"zone": output.zone}, None if output.state is None else output.state.time
        case TracksMessage():
            time = output.tracks[0].time
        case _:
            time = output.time
    event = None if time is None else _event(tree, name, number, time, **parts)
    return [_publication(tree, name, encoded, event, **parts)]


def alert_publication(alert: str, encoded: bytes, tree: TopicTree, *, head: str = "") -> Publication:
    """Say what the broker is to be given for an alert's payload as the journal holds it, on its row or the one with `head`."""
    event, name = None, f"{head}alert"
    if encoded:
        said = _alert_head.decode(encoded)
        event = _event(tree, name, f"{alert}.{said.revision}", said.updated, alert=alert)
    return _publication(tree, name, encoded, event, alert=alert)


def presence(
    state: Literal["online", "offline"], site: str, version: str, time: int, tree: TopicTree, number: str
) -> Publication:
    """Say that the service is there, or no longer is: the Will, the first word and the last one. `time` in ns."""
    message = StatusMessage(site=site, state=state, version=version, time=utc(time), tracks={}, alerts=0, sensors={}, counters={})
    return _publication(tree, "status", payload(message), _event(tree, "status", number, message.time))


def _event(tree: TopicTree, name: str, number: str, time: datetime, **parts: str) -> Event:
    """Make an event. What is withheld elsewhere is of a source of its own: an alert's revision has one id on both its topics."""
    kind, source = name.removeprefix(PRIVATE), "/" + tree.prefix.rstrip("/")
    return Event(source if kind == name else f"{source}/private", f"{TYPES}.{kind}", number, time, "".join(parts.values()))


def _publication(tree: TopicTree, name: str, encoded: bytes, event: Event | None, **parts: str) -> Publication:
    row = TOPICS[name]
    keep = KEEP[name] if encoded else "every"  # an emptied topic left full would show a ghost for ever
    return Publication(tree.path(name, **parts), encoded, row.qos, row.retained, keep, event)
