"""DragonSync: what a WarDragon kit makes of Remote ID, one drone's state a message, as JSON with its own field names.

Read: `id` (with or without "drone-" before it) and `id_type`, `caa_id`, `mac`, `ua_type`, `lat`, `lon`, `alt`, `height`,
`height_type`, `speed`, `vspeed`, `direction`, `horizontal_accuracy` and `vertical_accuracy`, `pilot_lat`, `pilot_lon`,
`home_lat`, `home_lon`, `operator_id`, `observed_at`. Absent, null, "" and 0 all mean that it is not known there. `alt` is called
a height above the sea by its document, but the program copies Remote ID's geodetic altitude into it: it is taken for what it is,
a height above the ellipsoid. The drone's own time of the place is not passed on in a way that can be told: a place counts from
when the kit had it, and the second by which F3411 allows it to be older counts along its way.
Not implemented: the messages of its other topics (signals, aircraft, system), FAA's register, signal strength.
"""

from __future__ import annotations

import math
import re
from typing import Annotated

import msgspec
from msgspec import Meta

from fusion.errors import DecodeError
from fusion.messages import SECOND, Identity, Position, RawMessage, Scan
from sensors import odid
from sensors.adapter import Adapter, Station, native_scan
from sensors.odid import figures, messages
from sensors.odid.figures import Figures
from sensors.odid.hearing import BEHIND, Hearing, Memory
from sensors.odid.messages import Message

Number = Annotated[float, Meta(ge=-1e7, le=1e7)]
Text = Annotated[str, Meta(max_length=64)]
Blank = Annotated[str, Meta(max_length=0)]

SERIAL, REGISTRATION = "Serial Number (ANSI/CTA-2063-A)", "CAA Assigned Registration ID"

OLDER = 10
"""Tenths of a second that a place may be older than its broadcast (F3411)."""

_BOUND = re.compile(r"<\s*(\d+(?:\.\d+)?)\s*(NM|nm|m)\b")


class Drone(msgspec.Struct):
    """One drone's state; what is not named here is passed over."""

    id: Annotated[str, Meta(min_length=1, max_length=64)]
    id_type: Text | None = None
    caa_id: Text | None = None
    mac: Text | None = None
    ua_type: int | Blank | None = None
    lat: Number | Blank | None = None
    lon: Number | Blank | None = None
    alt: Number | Blank | None = None
    height: Number | Blank | None = None
    height_type: Text | None = None
    speed: Number | Blank | None = None
    vspeed: Number | Blank | None = None
    direction: Number | Blank | None = None
    horizontal_accuracy: Text | float | None = None
    vertical_accuracy: Text | float | None = None
    pilot_lat: Number | Blank | None = None
    pilot_lon: Number | Blank | None = None
    home_lat: Number | Blank | None = None
    home_lon: Number | Blank | None = None
    operator_id: Text | None = None
    observed_at: Annotated[float, Meta(ge=0.0, le=4e9)] | Blank | None = None


_drones = msgspec.json.Decoder(Drone)


def decode(station: Station, message: RawMessage, msgpack: bool) -> Scan:  # noqa: ARG001, FBT001
    """Read one drone's state; DecodeError, having learnt nothing, for what none can be."""
    try:
        drone = _drones.decode(message.payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DecodeError(str(error)) from error
    at = round(_number(drone.observed_at) * 1e6) * 1000 or message.received
    name = drone.id.removeprefix("drone-")
    ear = Hearing(station, at if 0 <= message.received - at <= BEHIND else message.received, (drone.mac or name).lower())
    ear.listen([*_who(drone, name), *_where(drone)], None)
    return native_scan(station, message, ear.found, ear.left_out)


def _who(drone: Drone, name: str) -> list[Message]:
    kind = drone.ua_type if isinstance(drone.ua_type, int) and 0 <= drone.ua_type <= 15 else 0
    told: list[Message] = []
    if drone.id_type == SERIAL:
        told += figures.basic_id(1, kind, _ascii("id", name))
    if drone.caa_id or drone.id_type == REGISTRATION:
        told += figures.basic_id(2, kind, _ascii("caa_id", drone.caa_id or name))
    if drone.operator_id:
        told += figures.operator_id(0, _ascii("operator_id", drone.operator_id))
    for latitude, longitude, place in ((drone.home_lat, drone.home_lon, 0), (drone.pilot_lat, drone.pilot_lon, 1)):
        if _number(latitude) or _number(longitude):
            told.append(figures.system(_number(latitude), _number(longitude), place))
    return told


def _where(drone: Drone) -> list[Message]:
    """Give the place, with what is known of it; nothing where there is none."""
    latitude, longitude = _number(drone.lat), _number(drone.lon)
    if not latitude and not longitude:
        return []
    speed, climb = _number(drone.speed), _number(drone.vspeed)
    moves = bool(speed or climb)
    told = Figures(
        latitude,
        longitude,
        direction=drone.direction if isinstance(drone.direction, float) else figures.NO_DIRECTION,
        speed=speed if moves else figures.NO_SPEED,
        climb=climb if moves else figures.NO_CLIMB,
        geodetic_altitude=_altitude(drone.alt),
        height=_altitude(drone.height),
        above_ground="ground" in (drone.height_type or "").lower(),
        horizontal=_class(messages.HORIZONTAL, drone.horizontal_accuracy),
        vertical=_class(messages.VERTICAL, drone.vertical_accuracy),
        of_time=OLDER,
    )
    return [figures.location(told)]


def _number(value: float | str | None) -> float:
    """Give a number; 0 for what is not known."""
    return value if isinstance(value, float) else 0.0


def _altitude(value: float | str | None) -> float:
    return _number(value) or figures.NO_ALTITUDE


def _ascii(name: str, text: str) -> bytes:
    if not text.isascii() or len(text) > 20:
        raise DecodeError(f"{name}: {text!r} is no ASCII text of at most 20 characters")
    return text.encode()


def _class(table: tuple[float | None, ...], told: str | float | None) -> int:
    """Give the class of an accuracy such as "<10m"; 0 where it says nothing."""
    found = _BOUND.search(told) if isinstance(told, str) else None
    if found is None:
        return 0
    bound = float(found[1]) * (1852.0 if found[2].lower() == "nm" else 1.0)
    return next((i for i, limit in enumerate(table) if limit is not None and math.isclose(limit, bound, rel_tol=0.01)), 0)


def encode(station: Station, scan: Scan) -> bytes:  # noqa: ARG001
    """Write one detection as a kit does."""
    (one,) = scan.detections
    if not isinstance(one, Position):
        raise TypeError(f"DragonSync tells positions, not a {type(one).__name__}")
    identity, (east, north, up) = one.identity or Identity(), one.velocity or (0.0, 0.0, 0.0)
    kind = max(((share, name) for name, share in (one.classes or {}).items()), default=(0.0, ""))[1]
    told = {
        "id": f"drone-{identity.serial or odid.address_of(one)}",
        "id_type": SERIAL if identity.serial else "",
        "caa_id": identity.registration or "",
        "mac": odid.address_of(one),
        "ua_type": odid.KINDS.get(kind, 0),
        "operator_id": identity.operator or "",
        "lat": math.degrees(one.latitude),
        "lon": math.degrees(one.longitude),
        "alt": one.altitude or 0.0,
        "speed": math.hypot(east, north),
        "vspeed": up,
        "direction": math.degrees(math.atan2(east, north)) % 360.0,
        "pilot_lat": math.degrees(one.pilot.latitude) if one.pilot else 0.0,
        "pilot_lon": math.degrees(one.pilot.longitude) if one.pilot else 0.0,
        "observed_at": one.time / SECOND,
        "track_type": "drone",
    }
    return msgspec.json.encode(told)


ADAPTER = Adapter(decode, encode, memory=Memory, single=True, private=True, looks=False)
