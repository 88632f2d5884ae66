"""The 25-byte messages of ASTM F3411-22a (Open Drone ID), which EN 4709-002 takes over: bytes to records, and back.

Every message is a head and 24 bytes, little-endian; the head's high nibble is the type, the low one the protocol's version.

    0 Basic ID     1 kind of id | kind of aircraft, 2–21 id in ASCII, filled up with nought, 22–24 nought
    1 Location     1 status | height's kind, east or west, speed's step; 2 direction; 3 speed; 4 climb; 5–8 latitude; 9–12
                   longitude; 13–14 pressure altitude; 15–16 geodetic altitude; 17–18 height; 19 accuracy vertical | horizontal;
                   20 accuracy of pressure altitude | speed; 21–22 tenths of a second of the hour; 23 their accuracy; 24 nought
    2 Authentication  1 kind | page, 2–24 a page of what is signed
    3 Self ID      1 kind of text, 2–24 text
    4 System       1 kinds of classification and of the operator's place; 2–5, 6–9 that place; 10–16 the area of a swarm;
                   17 category | class in the EU; 18–19 operator's altitude; 20–23 seconds since 2019; 24 nought
    5 Operator ID  1 kind, 2–21 number in ASCII, 22–24 nought
    F pack         1 the size of each (25), 2 how many (1–9), then they

Not implemented: authentication is kept as it came and not verified (there is no public key infrastructure to verify it
against); the area of a swarm and the EU's category and class are read and written, and go no further.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from fusion.errors import DecodeError
from fusion.messages import Record

SIZE = 25
"""Bytes of every message but the pack."""

MOST = 9
"""Messages in a pack at most."""

VERSIONS = (0, 1, 2)
"""Protocol versions: F3411-19, its draft of 2020, F3411-22a with EN 4709-002."""

BASIC_ID, LOCATION, AUTHENTICATION, SELF_ID, SYSTEM, OPERATOR_ID, PACK = 0, 1, 2, 3, 4, 5, 0xF

HORIZONTAL = (None, 18_520.0, 7_408.0, 3_704.0, 1_852.0, 926.0, 555.6, 185.2, 92.6, 30.0, 10.0, 3.0, 1.0)
"""m, 95 %, by class; the first means that it is not known."""
VERTICAL = (None, 150.0, 45.0, 25.0, 10.0, 3.0, 1.0)
SPEED = (None, 10.0, 3.0, 1.0, 0.3)

UNKNOWN_DIRECTION, UNKNOWN_CLIMB, UNKNOWN_TIME = 361, 126, 0xFFFF
HOUR = 36_000  # tenths of a second
FASTEST = 254.25  # m/s


class BasicId(Record, tag="basic_id"):
    """Who the aircraft says it is."""

    id_type: int  # 0 none, 1 serial (ANSI/CTA-2063-A), 2 registration, 3 UTM's UUID, 4 session
    ua_type: int
    uas_id: str


class Location(Record, tag="location"):
    """Where the aircraft says it is. None for what it does not know."""

    status: int = 0  # 0 not told, 1 on the ground, 2 in the air, 3 emergency, 4 its Remote ID fails
    direction_deg: int | None = None  # clockwise from true north
    speed_mps: float | None = None
    climb_mps: float | None = None
    latitude_e7: int | None = None  # 10⁻⁷ degrees
    longitude_e7: int | None = None
    pressure_altitude_m: float | None = None  # standard atmosphere
    geodetic_altitude_m: float | None = None  # above the WGS84 ellipsoid
    height_m: float | None = None
    height_above_ground: bool = False  # otherwise above the place of take-off
    horizontal_class: int = 0
    vertical_class: int = 0
    pressure_class: int = 0
    speed_class: int = 0
    tenths: int | None = None  # of a second of the hour
    tenths_class: int = 0  # tenths of a second


class Authentication(Record, tag="authentication"):
    """A page of what the aircraft signs, as it came."""

    content: bytes


class SelfId(Record, tag="self_id"):
    """What the operator says of the flight."""

    text_type: int
    text: str


class System(Record, tag="system"):
    """Where the operator is, and what the flight is of."""

    operator_place: int = 0  # 0 the place of take-off, 1 measured, 2 set once
    classification: int = 0  # 1: the EU's
    latitude_e7: int | None = None
    longitude_e7: int | None = None
    area_count: int = 1
    area_radius_m: int = 0
    area_ceiling_m: float | None = None
    area_floor_m: float | None = None
    category: int = 0
    class_: int = 0
    altitude_m: float | None = None  # above the WGS84 ellipsoid
    since_2019_s: int = 0


class OperatorId(Record, tag="operator_id"):
    """Who the operator says to be."""

    id_type: int
    operator_id: str


Message = BasicId | Location | Authentication | SelfId | System | OperatorId

_LOCATION = struct.Struct("<BBBBbiiHHHBBHBB")
_SYSTEM = struct.Struct("<BBiiHBHHBHIB")


def decode(content: bytes) -> list[Message]:
    """Read a message, or the messages of a pack; raise DecodeError for what none can be."""
    if len(content) < 1:
        raise DecodeError("message: is empty; expected 25 bytes, or a pack")
    if content[0] >> 4 != PACK:
        return [_message(content)]
    _version(content[0])
    if len(content) < 3 or content[1] != SIZE:
        raise DecodeError(f"pack: its messages are of {content[1] if len(content) > 1 else 'no'} bytes; expected {SIZE}")
    count = content[2]
    if not 1 <= count <= MOST:
        raise DecodeError(f"pack: has {count} messages; expected 1 to {MOST}")
    if len(content) < 3 + count * SIZE:  # some always send the space of nine; what is behind the last is nothing
        raise DecodeError(f"pack: has {len(content) - 3} bytes of messages; expected {count} of {SIZE}")
    return [_message(content[at : at + SIZE]) for at in range(3, 3 + count * SIZE, SIZE)]


def encode(message: Message, version: int = 2) -> bytes:
    """Write one message."""
    number, write = _WRITERS[type(message)]
    return bytes([number << 4 | version]) + write(message)


def encode_pack(messages: list[Message], version: int = 2) -> bytes:
    """Write up to nine messages as a pack."""
    if not 1 <= len(messages) <= MOST:
        raise ValueError(f"a pack has 1 to {MOST} messages, not {len(messages)}")
    return bytes([PACK << 4 | version, SIZE, len(messages)]) + b"".join(encode(message, version) for message in messages)


def _message(content: bytes) -> Message:
    if len(content) != SIZE:
        raise DecodeError(f"message: has {len(content)} bytes; expected {SIZE}")
    _version(content[0])
    number = content[0] >> 4
    if number not in _READERS:
        raise DecodeError(f"message: is of type {number:#x}; expected 0 to 5")
    return _READERS[number](content)


def _version(head: int) -> None:
    if head & 0xF not in VERSIONS:
        raise DecodeError(f"message: is of protocol version {head & 0xF}; expected {', '.join(map(str, VERSIONS))}")


def _read_basic_id(content: bytes) -> BasicId:
    id_type, ua_type = content[1] >> 4, content[1] & 0xF
    if id_type == 3:  # a UUID is 16 bytes, not text
        return BasicId(id_type=id_type, ua_type=ua_type, uas_id=content[2:18].hex())
    if id_type == 4:  # one byte of the session's kind, then 19 bytes of what that kind makes of them
        return BasicId(id_type=id_type, ua_type=ua_type, uas_id=content[2:22].hex())
    return BasicId(id_type=id_type, ua_type=ua_type, uas_id=text(content[2:22], "basic_id.uas_id"))


def _write_basic_id(message: BasicId) -> bytes:
    raw = bytes.fromhex(message.uas_id) if message.id_type in {3, 4} else message.uas_id.encode("ascii")
    return bytes([message.id_type << 4 | message.ua_type]) + _filled(raw, 20) + bytes(3)


def _read_location(content: bytes) -> Location:
    _, flags, direction, speed, climb, latitude, longitude, pressure, geodetic, height, own, others, tenths, tenths_class, _ = (
        _LOCATION.unpack(content)
    )
    degrees = direction + 180 * (flags >> 1 & 1)
    if degrees > UNKNOWN_DIRECTION or direction > 181:
        raise DecodeError(f"location.direction: {degrees}° is none; expected 0 to 359, or 361 for unknown")
    if climb != UNKNOWN_CLIMB and abs(climb) > 124:
        raise DecodeError(f"location.climb: {climb / 2} m/s is none; expected −62 to 62, or 63 for unknown")
    if tenths > HOUR and tenths != UNKNOWN_TIME:
        raise DecodeError(f"location.time: {tenths} tenths of a second are more than an hour; expected 0 to {HOUR}")
    coarse = flags & 1
    place = _place(latitude, longitude, "location")
    return Location(
        status=flags >> 4,
        direction_deg=None if degrees == UNKNOWN_DIRECTION else degrees % 360,  # who rounds 359.5° up writes 180 and west
        speed_mps=None if coarse and speed == 255 else speed * 0.75 + 63.75 if coarse else speed * 0.25,
        climb_mps=None if climb == UNKNOWN_CLIMB else climb / 2,
        latitude_e7=place and place[0],
        longitude_e7=place and place[1],
        pressure_altitude_m=_altitude(pressure),
        geodetic_altitude_m=_altitude(geodetic),
        height_m=_altitude(height),
        height_above_ground=bool(flags & 4),
        horizontal_class=own & 0xF,
        vertical_class=own >> 4,
        pressure_class=others >> 4,
        speed_class=others & 0xF,
        tenths=None if tenths == UNKNOWN_TIME else tenths,
        tenths_class=tenths_class & 0xF,
    )


def _write_location(message: Location) -> bytes:
    direction = UNKNOWN_DIRECTION if message.direction_deg is None else message.direction_deg
    speed, coarse = _speed_code(message.speed_mps)
    flags = message.status << 4 | message.height_above_ground << 2 | (direction >= 180) << 1 | coarse
    return _LOCATION.pack(
        0,
        flags,
        direction - 180 * (direction >= 180),
        speed,
        UNKNOWN_CLIMB if message.climb_mps is None else round(max(-62.0, min(62.0, message.climb_mps)) * 2),
        message.latitude_e7 or 0,
        message.longitude_e7 or 0,
        _altitude_code(message.pressure_altitude_m),
        _altitude_code(message.geodetic_altitude_m),
        _altitude_code(message.height_m),
        message.vertical_class << 4 | message.horizontal_class,
        message.pressure_class << 4 | message.speed_class,
        UNKNOWN_TIME if message.tenths is None else message.tenths,
        message.tenths_class,
        0,
    )[1:]


def _speed_code(speed: float | None) -> tuple[int, int]:
    """Give a speed's byte and whether it counts in the coarse step."""
    if speed is None:
        return 255, 1
    if speed <= 63.75:
        return round(speed * 4), 0
    return round((min(speed, FASTEST) - 63.75) / 0.75), 1


def _read_system(content: bytes) -> System:
    _, flags, latitude, longitude, count, radius, ceiling, floor, classes, altitude, since, _ = _SYSTEM.unpack(content)
    place = _place(latitude, longitude, "system")
    return System(
        operator_place=flags & 3,
        classification=flags >> 2 & 7,
        latitude_e7=place and place[0],
        longitude_e7=place and place[1],
        area_count=count,
        area_radius_m=radius * 10,
        area_ceiling_m=_altitude(ceiling),
        area_floor_m=_altitude(floor),
        category=classes >> 4,
        class_=classes & 0xF,
        altitude_m=_altitude(altitude),
        since_2019_s=since,
    )


def _write_system(message: System) -> bytes:
    return _SYSTEM.pack(
        0,
        message.classification << 2 | message.operator_place,
        message.latitude_e7 or 0,
        message.longitude_e7 or 0,
        message.area_count,
        message.area_radius_m // 10,
        _altitude_code(message.area_ceiling_m),
        _altitude_code(message.area_floor_m),
        message.category << 4 | message.class_,
        _altitude_code(message.altitude_m),
        message.since_2019_s,
        0,
    )[1:]


def _place(latitude: int, longitude: int, name: str) -> tuple[int, int] | None:
    """Give a place, or None where both are nought; a refusal does not say where, for it may be where a person stands."""
    if not latitude and not longitude:
        return None
    for axis, value, limit in (("latitude", latitude, 900_000_000), ("longitude", longitude, 1_800_000_000)):
        if abs(value) > limit:
            raise DecodeError(f"{name}.{axis}: is beyond ±{limit // 10_000_000}°")
    return latitude, longitude


def _altitude(code: int) -> float | None:
    """Read an altitude, m: half metres above −1000, where nought means unknown."""
    return code / 2 - 1000.0 if code else None


def _altitude_code(altitude: float | None) -> int:
    return 0 if altitude is None else max(1, min(0xFFFF, round((altitude + 1000.0) * 2)))


def text(raw: bytes, name: str) -> str:
    """Read text up to the first nought; raise DecodeError for what is not printable ASCII: a broken frame."""
    bare = raw.partition(b"\0")[0].rstrip(b" ")
    if any(not 32 <= byte < 127 for byte in bare):
        raise DecodeError(f"{name}: has bytes that are not printable ASCII")
    return bare.decode("ascii")


def _spoken(raw: bytes) -> str:
    """Read what a person typed; letters beyond ASCII, which the standard has not, must not cost the frame its place."""
    return raw.partition(b"\0")[0].rstrip(b" ").decode("ascii", "replace").replace("\ufffd", "?")


def _filled(raw: bytes, size: int) -> bytes:
    if len(raw) > size:
        raise ValueError(f"{len(raw)} bytes do not fit into {size}")
    return raw.ljust(size, b"\0")


_READERS: dict[int, Callable[[bytes], Message]] = {
    BASIC_ID: _read_basic_id,
    LOCATION: _read_location,
    AUTHENTICATION: lambda content: Authentication(content=content[1:]),
    SELF_ID: lambda content: SelfId(text_type=content[1], text=_spoken(content[2:25])),
    SYSTEM: _read_system,
    OPERATOR_ID: lambda content: OperatorId(id_type=content[1], operator_id=text(content[2:22], "operator_id")),
}
_WRITERS: dict[type[Message], tuple[int, Callable[[Any], bytes]]] = {
    BasicId: (BASIC_ID, _write_basic_id),
    Location: (LOCATION, _write_location),
    Authentication: (AUTHENTICATION, lambda message: message.content),
    SelfId: (SELF_ID, lambda message: bytes([message.text_type]) + _filled(message.text.encode("ascii"), 23)),
    System: (SYSTEM, _write_system),
    OperatorId: (
        OPERATOR_ID,
        lambda message: bytes([message.id_type]) + _filled(message.operator_id.encode("ascii"), 20) + bytes(3),
    ),
}
