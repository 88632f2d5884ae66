"""What leaves: where an Output is published, how, and what may become of it while it waits."""

from __future__ import annotations

from typing import Literal, NamedTuple

from fusion.messages import (
    AlertMessage,
    Output,
    StatusMessage,
    TrackMessage,
    ZoneStateMessage,
    utc,
)
from fusion.payload import payload
from fusion.topics import TOPICS, TopicTree

Keep = Literal["every", "latest", "some"]
"""What may become of a publication that waits: nothing; a newer one of its topic takes its place; the oldest go first."""

KEEP: dict[str, Keep] = {
    "tracks": "some",
    "picture": "latest",
    "track": "latest",
    "alert": "every",
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


def publications(output: Output, tree: TopicTree) -> list[Publication]:
    """Say what the broker is to be given for an Output; its tag is its row in `TOPICS`."""
    parts: dict[str, str] = {}
    match output:
        case AlertMessage():
            parts = {"alert": output.alert.alert}
        case TrackMessage():
            parts = {"track": output.track}
        case ZoneStateMessage():
            parts = {"zone": output.zone}
    return [_publication(tree, str(type(output).__struct_config__.tag), payload(output), **parts)]


def alert_publication(alert: str, encoded: bytes, tree: TopicTree) -> Publication:
    """Say what the broker is to be given for an alert's payload as the journal holds it."""
    return _publication(tree, "alert", encoded, alert=alert)


def presence(state: Literal["online", "offline"], site: str, version: str, time: int, tree: TopicTree) -> Publication:
    """Say that the service is there, or no longer is: the Will, the first word and the last one. `time` in ns."""
    message = StatusMessage(site=site, state=state, version=version, time=utc(time), tracks={}, alerts=0, sensors={}, counters={})
    return _publication(tree, "status", payload(message))


def _publication(tree: TopicTree, name: str, encoded: bytes, **parts: str) -> Publication:
    row = TOPICS[name]
    keep = KEEP[name] if encoded else "every"  # an emptied topic left full would show a ghost for ever
    return Publication(tree.path(name, **parts), encoded, row.qos, row.retained, keep)
