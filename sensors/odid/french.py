"""The French 'signalement électronique' (arrêté of 27 December 2019): types, lengths and values in a beacon's vendor element.

The element's OUI is 6A:5C:35, its type 1. Then, each a byte of type, a byte of length and a value, big-endian:

     1 version (1)                      5 longitude, 10⁻⁵° (4)                9 longitude of take-off, 10⁻⁵° (4)
     2 French identifier (30, ASCII)    6 altitude above the sea, m (2)      10 speed over ground, m/s (1)
     3 ANSI/CTA-2063-A serial (≤ 20)    7 height above take-off, m (2)       11 course, degrees from true north (2)
     4 latitude, 10⁻⁵° (4)              8 latitude of take-off, 10⁻⁵° (4)

The French identifier is a maker's trigram, a model's and 24 characters of a serial. Types beyond these are passed over, as
the decree asks. There is no time in it and no accuracy: the position was true when it was heard (it is sent every 3 s or
30 m), and the receiver's configured accuracy holds.
"""

from __future__ import annotations

from fusion.errors import DecodeError
from fusion.messages import Record
from sensors.odid.messages import text

VERSION, FRENCH_ID, SERIAL, LATITUDE, LONGITUDE, ALTITUDE, HEIGHT, HOME_LATITUDE, HOME_LONGITUDE, SPEED, COURSE = range(1, 12)

LENGTHS = {
    VERSION: 1,
    LATITUDE: 4,
    LONGITUDE: 4,
    ALTITUDE: 2,
    HEIGHT: 2,
    HOME_LATITUDE: 4,
    HOME_LONGITUDE: 4,
    SPEED: 1,
    COURSE: 2,
}
"""Bytes of each value whose length is fixed."""

LIMITS = {
    LATITUDE: (-9_000_000, 9_000_000),
    HOME_LATITUDE: (-9_000_000, 9_000_000),
    LONGITUDE: (-18_000_000, 18_000_000),
    HOME_LONGITUDE: (-18_000_000, 18_000_000),
    ALTITUDE: (-1_000, 30_000),
    HEIGHT: (-1_000, 30_000),
    COURSE: (0, 360),
}
"""What a value may be; the decree bounds no height, so the scan contract's bounds hold."""

UNSIGNED = (VERSION, SPEED, COURSE)
NAMES = {
    VERSION: "version",
    FRENCH_ID: "french_id",
    SERIAL: "serial",
    LATITUDE: "latitude",
    LONGITUDE: "longitude",
    ALTITUDE: "altitude",
    HEIGHT: "height",
    HOME_LATITUDE: "home_latitude",
    HOME_LONGITUDE: "home_longitude",
    SPEED: "speed",
    COURSE: "course",
}
PRIVATE = (HOME_LATITUDE, HOME_LONGITUDE)
"""Where a person stood: a refusal does not quote it."""


class Signalement(Record, kw_only=True):
    """What a drone says of itself by French law. Angles of places in 10⁻⁵ degrees."""

    version: int = 1
    french_id: str | None = None
    serial: str | None = None
    latitude: int | None = None
    longitude: int | None = None
    altitude: int | None = None  # m above the sea
    height: int | None = None  # m above take-off
    home_latitude: int | None = None
    home_longitude: int | None = None
    speed: int | None = None  # m/s
    course: int | None = None  # degrees


def decode(content: bytes) -> Signalement:
    """Read the values behind the element's OUI and type; raise DecodeError for what cannot be one."""
    told: dict[str, int | str] = {}
    at = 0
    while at < len(content):
        if at + 2 > len(content) or at + 2 + content[at + 1] > len(content):
            raise DecodeError(f"signalement: type {content[at]} runs past the end")
        kind, value = content[at], content[at + 2 : at + 2 + content[at + 1]]
        at += 2 + len(value)
        if kind in NAMES:
            told[NAMES[kind]] = _value(kind, value)
    if told.get("version") != 1:
        raise DecodeError(f"signalement.version: is {told.get('version', 'missing')}; expected 1")
    if ("latitude" in told) != ("longitude" in told):
        raise DecodeError("signalement: latitude and longitude belong together")
    return Signalement(**told)  # type: ignore[arg-type]


def encode(signalement: Signalement) -> bytes:
    """Write the values behind the element's OUI and type, in the order of their types."""
    parts = []
    for kind, name in NAMES.items():
        if (value := getattr(signalement, name)) is not None:
            raw = (
                value.encode("ascii")
                if kind in {FRENCH_ID, SERIAL}
                else value.to_bytes(LENGTHS[kind], "big", signed=kind not in UNSIGNED)
            )
            parts.append(bytes([kind, len(raw)]) + raw)
    return b"".join(parts)


def _value(kind: int, value: bytes) -> int | str:
    name = f"signalement.{NAMES[kind]}"
    if kind in {FRENCH_ID, SERIAL}:
        if len(value) > 30:
            raise DecodeError(f"{name}: has {len(value)} bytes; expected at most 30")
        return text(value, name)
    if len(value) != LENGTHS[kind]:
        raise DecodeError(f"{name}: has {len(value)} bytes; expected {LENGTHS[kind]}")
    number = int.from_bytes(value, "big", signed=kind not in UNSIGNED)
    low, high = LIMITS.get(kind, (number, number))
    if not low <= number <= high:
        quoted = "" if kind in PRIVATE else f"{number} "
        raise DecodeError(f"{name}: {quoted}is beyond {high if number > high else low}")
    return number
