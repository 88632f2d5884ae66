"""The topic tree, both ways, in one table."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

ID = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
"""What a site, sensor, zone, track or alert may be called: it stands in a topic, so no `/`, `+`, `#` or blank."""

DEFAULT_ROOT = "vigie/v1"


class Topic(NamedTuple):
    """One row of the contract: where a message lies, which way it goes and how."""

    path: str
    direction: Literal["in", "out"]
    qos: Literal[0, 1]
    retained: bool
    content: str
    emptied: str = ""  # what an empty payload says, where it may come


TOPICS: dict[str, Topic] = {
    "scan": Topic("sensor/{sensor}/scan", "in", 1, False, "one Scan"),
    "raw": Topic("sensor/{sensor}/raw/{format}", "in", 1, False, "a native payload for the adapter named {format}"),
    "sensor_status": Topic("sensor/{sensor}/status", "in", 1, True, "a sensor's health; its Will"),
    "registration": Topic("sensor/{sensor}/registration", "in", 1, True, "what a sensor that no file names says of itself"),
    "pose": Topic("sensor/{sensor}/pose", "in", 1, True, "where a sensor that moves is, and how it is turned"),
    "crowd": Topic("sensor/{sensor}/crowd", "in", 1, False, "how many people a camera counts in its cells"),
    "permit": Topic("permit/{permit}", "in", 1, True, "a signed flight permit", "withdrawn until it comes again"),
    "zone": Topic("zone/{zone}", "in", 1, True, "one ED-318 feature", "withdrawn"),
    "zone_position": Topic("zone/{zone}/position", "in", 1, True, "where a moving zone's anchor is"),
    "zone_window": Topic("zone/{zone}/window", "in", 1, True, "when a zone is in force, instead of as published", "as published"),
    "zone_plan": Topic("zones/plan", "in", 1, True, "which plan's zones are in force", "the first plan"),
    "command": Topic("alert/{alert}/command", "in", 1, False, "acknowledge, shelve, reject, annotate"),
    "tracks": Topic("tracks", "out", 0, False, "the tracks that changed since the last one"),
    "picture": Topic("picture", "out", 1, True, "the whole picture"),
    "track": Topic("track/{track}", "out", 0, True, "one track", "deleted"),
    "alert": Topic("alert/{alert}", "out", 1, True, "one alert", "closed and archived"),
    "private_tracks": Topic("private/tracks", "out", 0, False, "the tracks that changed, whole"),
    "private_picture": Topic("private/picture", "out", 1, True, "the whole picture with all that is withheld elsewhere"),
    "private_track": Topic("private/track/{track}", "out", 0, True, "one track, whole", "deleted"),
    "private_alert": Topic("private/alert/{alert}", "out", 1, True, "one alert, whole", "closed and archived"),
    "zone_state": Topic("zone/{zone}/state", "out", 0, True, "where a moving zone is", "withdrawn"),
    "rejected": Topic("rejected", "out", 0, False, "what was refused, and why"),
    "status": Topic("status", "out", 1, True, "the service's and its sensors' health; its Will"),
}
"""The contract on the wire (design §3). `qos` of an inward topic is the most that the service subscribes with."""

PRIVATE = "private_"
"""Rows that tell whole what the row of the rest of their name withholds: a topic, and so a right, of its own."""

MSGPACK = "/msgpack"

PACKABLE = ("scan", "raw")
"""Rows that come on a topic with `/msgpack` behind it too, as MessagePack."""

PARTS = {
    "site": "the site, as `site.name` of its file",
    "sensor": "the sensor, as `id` in its `[[sensor]]` table",
    "format": "the adapter that reads the payload",
    "permit": "the permit's number",
    "zone": "the zone's identifier",
    "alert": "the alert's ULID, the same through its whole life",
    "track": "the track's ULID",
}
"""What the names in a topic stand for; each is an `ID`."""


class Address(NamedTuple):
    """What a topic says: the row of `TOPICS`, the names in it, and the encoding of its payload."""

    name: str
    parts: dict[str, str]
    msgpack: bool


class TopicTree:
    """The topics of one site below one root."""

    def __init__(self, site: str, root: str = DEFAULT_ROOT) -> None:
        self.prefix = f"{root}/{site}/"
        self._patterns = {name: re.compile(_regex(row.path)) for name, row in TOPICS.items()}

    def path(self, name: str, **parts: str) -> str:
        """Give the full topic of a row: `path("alert", alert="01K…")`."""
        return self.prefix + TOPICS[name].path.format(**parts)

    def parse(self, topic: str) -> Address | None:
        """Tell which row a topic is, or None when it is not one of this site's."""
        if not topic.startswith(self.prefix):
            return None
        rest = topic.removeprefix(self.prefix)
        plain = rest.removesuffix(MSGPACK)
        for name, pattern in self._patterns.items():
            if match := pattern.fullmatch(plain):
                return Address(name, match.groupdict(), msgpack=plain != rest)
        return None

    def filters(self, name: str) -> list[str]:
        """Give the subscription filters of an inward row, with and without the MessagePack suffix."""
        wild = self.prefix + re.sub(r"\{\w+\}", "+", TOPICS[name].path)
        return [wild, wild + MSGPACK] if name in PACKABLE else [wild]


def matches(filter_: str, topic: str) -> bool:
    """Tell whether an MQTT filter matches a topic: `+` stands for one level, `#` for all that follow (MQTT 5, §4.7)."""
    levels = topic.split("/")
    wanted = filter_.split("/")
    if wanted[-1] == "#":
        wanted = wanted[:-1]
        levels = levels[: len(wanted)]
    return len(levels) == len(wanted) and all(one in {"+", level} for one, level in zip(wanted, levels, strict=True))


def _regex(path: str) -> str:
    return re.sub(r"\\\{(\w+)\\\}", lambda part: f"(?P<{part[1]}>{ID})", re.escape(path))
