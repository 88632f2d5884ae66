"""Cursor on Target in: where our own aircraft say that they are ("blue force"), as XML or as the TAK protocol's version 1.

Layout (MITRE's Event schema): `event` with `uid`, `type`, `time`, `stale`, `how`; its `point` with `lat`, `lon`, `hae` (m above
the ellipsoid), `ce` and `le` (m, one sigma); its `detail` with `contact/@callsign` and `track/@course`, `@speed`. 9999999 is
unknown.
Taken: what calls itself a friend in the air (`a-f-A…`) and was measured (`how` of a machine). Passed over: what goes on the
ground or at sea (a look-out for the sky would take it for a drone that hovers), what somebody drew or thinks of others (no
measurement), chat and pings, and our own events when a server gives them back. Not read: `precisionlocation`, video, sensors'
fields of view.
"""

from __future__ import annotations

import math
from xml.etree import ElementTree as ET

from fusion.errors import DecodeError
from fusion.messages import SECOND, Identity, Position, RawMessage, Scan, utc
from sensors import aircraft as shared
from sensors.adapter import Adapter, Station, native_scan
from sensors.cot_reading import UNKNOWN, Event, events

AHEAD, OLD = SECOND, 15 * SECOND
"""ns that an event may be made after its arrival, and before: whoever connects is told the last word of each, however old."""

OWN = "vigie."
"""How the `uid` of what we tell TAK begins."""

ICAO = "ICAO-"
"""How gateways from ADS-B begin a `uid`; six digits follow."""

CLASSES = {
    "A-M-H-Q": {"multirotor": 1.0},
    "A-M-F-Q": {"fixed_wing": 1.0},
    "A-M-Q": {"multirotor": 0.5, "fixed_wing": 0.5},
    "A-M": {"manned": 1.0},
    "A-C": {"manned": 1.0},
}
"""By how a type goes on; the first that fits."""


def decode(station: Station, message: RawMessage, msgpack: bool) -> Scan:  # noqa: ARG001, FBT001
    """Read events; one that cannot be is left out and told, DecodeError where none can be read."""
    found, left_out = list[Position](), list[str]()
    read = 0
    for i, told in enumerate(events(message.payload)):
        try:
            if isinstance(told, ValueError):
                raise told
            position = _position(station, told, message.received)
        except ValueError as error:
            left_out.append(f"event {i + 1}: {error}")
            continue
        read += 1
        if position is not None:
            found.append(position)
    if not read:
        raise DecodeError("; ".join(left_out[:3]) or "holds no event")
    return native_scan(station, message, found, left_out)


def _position(station: Station, told: Event, received: int) -> Position | None:
    """Give the place of a friend in the air; None of what is passed over, ValueError for what cannot be."""
    if not told.type.startswith("a-f-A") or told.how.startswith("h") or told.uid.startswith(OWN):
        return None
    _timely(told, received)
    if not (told.latitude or told.longitude):
        raise ValueError("point: latitude 0, longitude 0 means unknown, not a place")
    blind = told.hae >= UNKNOWN or (told.hae == 0.0 and _unsure(told.le))  # some write 0 for what they do not know
    velocity = shared.along(told.speed, told.course, 0.0)
    return Position(
        time=told.time,
        id=told.uid,
        identity=_identity(told),
        classes=next((classes for kind, classes in CLASSES.items() if told.type[4:].startswith(kind)), None),
        latitude=math.radians(told.latitude),
        longitude=math.radians(told.longitude),
        altitude=None if blind else told.hae,
        velocity=velocity,
        sigma_horizontal=_sigma(station, told.ce, "horizontal_m"),
        sigma_vertical=0.0 if blind else _sigma(station, told.le, "vertical_m"),
        sigma_velocity=station.sensor.accuracy.velocity_mps if velocity else None,
    )


def _timely(told: Event, received: int) -> None:
    if told.time - received > AHEAD:
        raise ValueError(f"time: {utc(told.time).isoformat()} is {(told.time - received) / SECOND:.1f} s ahead: set the clock")
    if received - told.time > OLD or told.stale < received:
        raise ValueError(f"time: {utc(told.time).isoformat()} is {(received - told.time) / SECOND:.1f} s old, or it is stale")


def _identity(told: Event) -> Identity:
    """Give who it says it is: the `uid` stays the same while people change callsigns."""
    address = told.uid.removeprefix(ICAO).lower()
    if address != told.uid.lower() and len(address) == 6 and set(address) <= set("0123456789abcdef"):
        return Identity(icao24=address, callsign=told.callsign)
    return Identity(serial=told.uid, callsign=told.callsign)


def _unsure(error: float) -> bool:
    return not 0.0 < error < UNKNOWN


def _sigma(station: Station, error: float, name: str) -> float:
    return shared.accuracy(station, name) if _unsure(error) else error


def encode(station: Station, scan: Scan) -> bytes:  # noqa: ARG001
    """Write a scan as friends in the air would: an event each."""
    written = [_written(one) for one in scan.detections]
    return b"\n".join(written) or ET.tostring(_ping(scan.time))


def _ping(time: int) -> ET.Element:
    """Say that somebody is there. It has a point, as every event of a stream that is cut at its ends."""
    event = _event("ping", "t-x-c-t", time)
    ET.SubElement(event, "point", lat="0", lon="0", hae="0", ce=f"{UNKNOWN:.1f}", le=f"{UNKNOWN:.1f}")
    return event


def _written(one: object) -> bytes:
    if not isinstance(one, Position):
        raise TypeError(f"Cursor on Target tells positions, not a {type(one).__name__}")
    identity = one.identity or Identity()
    name = identity.serial or (identity.icao24 and f"{ICAO}{identity.icao24.upper()}") or one.id or "unknown"
    best = max((one.classes or {}).items(), key=lambda each: each[1], default=("", 0.0))[0]
    rest = {"multirotor": "A-M-H-Q", "fixed_wing": "A-M-F-Q", "manned": "A-C"}.get(best, "A")
    event = _event(name, f"a-f-{rest}", one.time)
    ET.SubElement(
        event,
        "point",
        lat=f"{math.degrees(one.latitude):.7f}",
        lon=f"{math.degrees(one.longitude):.7f}",
        hae=f"{UNKNOWN if one.altitude is None else one.altitude:.2f}",
        ce=f"{one.sigma_horizontal:.2f}",
        le=f"{one.sigma_vertical or UNKNOWN:.2f}",
    )
    detail = ET.SubElement(event, "detail")
    if identity.callsign:
        ET.SubElement(detail, "contact", callsign=identity.callsign)
    if one.velocity is not None:
        east, north, _ = one.velocity
        course = math.degrees(math.atan2(east, north)) % 360.0
        ET.SubElement(detail, "track", course=f"{course:.3f}", speed=f"{math.hypot(east, north):.3f}")
    return ET.tostring(event)


def _event(uid: str, kind: str, time: int) -> ET.Element:
    made, until = (utc(at).isoformat(timespec="microseconds").replace("+00:00", "Z") for at in (time, time + 60 * SECOND))
    return ET.Element("event", version="2.0", uid=uid, type=kind, time=made, start=made, stale=until, how="m-g")


ADAPTER = Adapter(decode, encode, private=True, looks=False)
