"""MISB ST 0601: what an aircraft with a camera says beside its video, as KLV: where it is, how it is turned, what it follows.

A packet is a key of 16 bytes, a length, and items, each a tag, a length and a value (big-endian). Lengths are one byte, or
0x80 + n and n bytes; tags go on while their upper bit is set. The checksum (tag 1) is the last item: the sum of all 16-bit words
before its value. Some packets may stand in one payload.

Read: 2 time (µs), 4 tail number, 13, 14 place, 15 height above the sea, 75 above the ellipsoid, 51 climb, 59 call sign, 79, 80
speed to the north and east; 1 is checked; what `misb_camera` reads. Not implemented: all else; MPEG-TS around it, from which a
demultiplexer takes the data stream; the frame's centre (23 to 25) and corners, which are where the line of sight meets the
ground, whoever is on it; moving targets in the picture (74, ST 0903), a set of its own.
"""

from __future__ import annotations

import math
import struct
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from fusion.errors import DecodeError
from fusion.messages import SECOND, Identity, Measurement, Pose, Position, RawMessage, Scan
from sensors import misb_camera
from sensors.adapter import Adapter, Station, native_scan, newest_of

KEY = bytes.fromhex("060e2b34020b01010e01030101000000")

UNIVERSAL = bytes.fromhex("060e2b34")
"""How every key of SMPTE 336 begins; sets of other keys (security, moving targets) are passed over by their length."""

CHECKSUM, TIME, TAIL, LATITUDE, LONGITUDE, ALTITUDE, CLIMB, CALLSIGN, HEIGHT, NORTH, EAST = (
    1,
    2,
    4,
    13,
    14,
    15,
    51,
    59,
    75,
    79,
    80,
)
VERSION = 65

MOST_PACKETS = 1_000
"""In one payload: a camera tells sixty a second at most."""

BEHIND, AHEAD = 10 * SECOND, SECOND
"""ns that a packet may arrive after its time, and before; beyond, its clock is taken for unset and the arrival counts."""


class Linear(NamedTuple):
    """How a whole number stands for a figure: evenly from the least to the most."""

    layout: struct.Struct
    least: float
    most: float

    def read(self, raw: bytes) -> float | None:
        """Give the figure; None where the number is the one that says that it is not known."""
        (number,) = self.layout.unpack(raw)
        bits = 8 * self.layout.size
        if self.least < 0 and self.most == -self.least:
            return None if number == -(1 << bits - 1) else float(number * self.most / ((1 << bits - 1) - 1))
        return self.least + float(number) * (self.most - self.least) / ((1 << bits) - 1)

    def write(self, value: float) -> bytes:
        """Write a figure, the nearest one that can be told."""
        bits, value = 8 * self.layout.size, min(max(value, self.least), self.most)
        if self.least < 0 and self.most == -self.least:
            return self.layout.pack(round(value * ((1 << bits - 1) - 1) / self.most))
        return self.layout.pack(round((value - self.least) * ((1 << bits) - 1) / (self.most - self.least)))


_UNSIGNED, _SIGNED, _LONG, _WIDE = (struct.Struct(f">{code}") for code in "HhiI")

FIGURES = {
    misb_camera.HEADING: Linear(_UNSIGNED, 0.0, 360.0),
    misb_camera.PITCH: Linear(_SIGNED, -20.0, 20.0),
    misb_camera.ROLL: Linear(_SIGNED, -50.0, 50.0),
    misb_camera.FULL_PITCH: Linear(_LONG, -90.0, 90.0),
    misb_camera.FULL_ROLL: Linear(_LONG, -90.0, 90.0),
    misb_camera.AZIMUTH: Linear(_WIDE, 0.0, 360.0),
    misb_camera.ELEVATION: Linear(_LONG, -180.0, 180.0),
    misb_camera.RANGE: Linear(_WIDE, 0.0, 5_000_000.0),
    misb_camera.TARGET_LATITUDE: Linear(_LONG, -90.0, 90.0),
    misb_camera.TARGET_LONGITUDE: Linear(_LONG, -180.0, 180.0),
    misb_camera.TARGET_HEIGHT: Linear(_UNSIGNED, -900.0, 19_000.0),
    misb_camera.CE90: Linear(_UNSIGNED, 0.0, 4_095.0),
    misb_camera.LE90: Linear(_UNSIGNED, 0.0, 4_095.0),
    LATITUDE: Linear(struct.Struct(">i"), -90.0, 90.0),
    LONGITUDE: Linear(struct.Struct(">i"), -180.0, 180.0),
    ALTITUDE: Linear(struct.Struct(">H"), -900.0, 19_000.0),
    CLIMB: Linear(struct.Struct(">h"), -180.0, 180.0),
    HEIGHT: Linear(struct.Struct(">H"), -900.0, 19_000.0),
    NORTH: Linear(struct.Struct(">h"), -327.0, 327.0),
    EAST: Linear(struct.Struct(">h"), -327.0, 327.0),
}
"""Degrees, m, m/s."""

OF_CAMERA = tuple(FIGURES)[:13]
"""Those that `misb_camera` reads."""


class Memory(msgspec.Struct):
    """When the last place was, so that none counts twice."""

    last: int = 0  # ns


def decode(station: Station, message: RawMessage, msgpack: bool) -> Scan:  # noqa: ARG001, FBT001
    """Read packets; one that cannot be read is left out and told, DecodeError where none can."""
    for name in ("horizontal_m", "vertical_m"):
        if getattr(station.sensor.accuracy, name) is None:
            raise DecodeError(f"sigma.{name}: is neither in ST 0601 nor in the sensor's configured accuracy")
    found, left_out, packets = list[Told](), list[str](), _packets(message.payload)
    for i, packet in enumerate(packets):
        try:
            one = _told(station, items(packet), message.received)
        except DecodeError as error:
            left_out.append(f"packet {i + 1}: {error}")
            continue
        found += [one] if one is not None else []
    if len(left_out) == len(packets):
        raise DecodeError(left_out[0])
    memory = station.memory if isinstance(station.memory, Memory) else Memory()
    last, memory.last = memory.last, max([memory.last, *(one.position.time for one in found)])
    newest = [one for one in newest_of([one.position for one in found]) if one.time > last]
    targets = [one.target for one in found if one.target is not None and one.position.time > last]
    scan = native_scan(station, message, [*newest, *sorted(targets, key=lambda one: one.time)[-1:]], left_out[:20])
    return replace(scan, poses=tuple(one.pose for one in found if one.pose is not None))


class Told(NamedTuple):
    """What one packet says."""

    position: Position
    pose: Pose | None
    target: Measurement | None


def _told(station: Station, told: dict[int, bytes], received: int) -> Told | None:
    """Read where the aircraft is and what its camera follows; None without a place."""
    position = _position(station, told, received)
    if position is None:
        return None
    figures = {tag: _figure(told, tag) for tag in OF_CAMERA}
    pose, flags = misb_camera.pose_of(position, figures), told.get(misb_camera.FLAGS, b"")
    if pose is None or station.sensor.platform is None:
        return Told(position, pose, None)
    if len(flags) > 1:
        raise DecodeError(f"tag {misb_camera.FLAGS}: has {len(flags)} bytes; expected 1")
    return Told(position, pose, misb_camera.target(station, figures, flags[0] if flags else 0, pose))


def _packets(payload: bytes) -> list[bytes]:
    """Cut a payload at its packets; raise DecodeError where it does not consist of them."""
    packets, at = list[bytes](), 0
    while at < len(payload):
        key = payload[at : at + len(KEY)]
        if not key.startswith(UNIVERSAL):
            raise DecodeError(f"byte {at}: no key of ST 0601 stands there")
        length, start = _length(payload, at + len(KEY))
        if start + length > len(payload):
            raise DecodeError(f"byte {at}: a packet of {length} bytes ends in its middle")
        if key == KEY:
            packets.append(payload[at : start + length])
        at = start + length
    if not 1 <= len(packets) <= MOST_PACKETS:
        raise DecodeError(f"has {len(packets)} packets; expected 1 to {MOST_PACKETS}")
    return packets


def _length(content: bytes, at: int) -> tuple[int, int]:
    """Give a length and where what it is of begins."""
    first = content[at] if at < len(content) else 0x80
    if first < 0x80:
        return first, at + 1
    end = at + 1 + (first & 0x7F)
    if not 1 <= first & 0x7F <= 4 or end > len(content):
        raise DecodeError(f"byte {at}: no length stands there")
    return int.from_bytes(content[at + 1 : end], "big"), end


def items(packet: bytes) -> dict[int, bytes]:
    """Give the values of a packet by their tags; raise DecodeError for one that is broken."""
    found: dict[int, bytes] = {}
    _, at = _length(packet, len(KEY))
    while at < len(packet):
        tag, at = _tag(packet, at)
        length, at = _length(packet, at)
        if at + length > len(packet):
            raise DecodeError(f"tag {tag}: has {length} bytes, of which {len(packet) - at} are there")
        found[tag], at = packet[at : at + length], at + length
    if len(found.get(CHECKSUM, b"")) != 2 or tag != CHECKSUM:
        raise DecodeError("checksum: is not the last item; expected 2 bytes there")
    if checksum(packet[:-2]) != found[CHECKSUM]:
        raise DecodeError("checksum: is wrong")
    return found


def _tag(packet: bytes, at: int) -> tuple[int, int]:
    tag = 0
    for end in range(at, min(at + 4, len(packet))):
        tag = tag << 7 | packet[end] & 0x7F
        if packet[end] < 0x80:
            return tag, end + 1
    raise DecodeError(f"byte {at}: no tag stands there")


def checksum(content: bytes) -> bytes:
    """Give the sum of all 16-bit words, the last filled up with nought."""
    return (sum(content[::2]) * 256 + sum(content[1::2]) & 0xFFFF).to_bytes(2, "big")


def _position(station: Station, told: dict[int, bytes], received: int) -> Position | None:
    """Give where the aircraft is, if a packet says it."""
    if len(told.get(TIME, b"")) != 8:
        raise DecodeError(f"tag {TIME}: has {len(told.get(TIME, b''))} bytes; expected 8")
    time = int.from_bytes(told[TIME], "big") * 1000
    latitude, longitude = _figure(told, LATITUDE), _figure(told, LONGITUDE)
    identity = Identity(registration=_text(told, TAIL), callsign=_text(told, CALLSIGN))
    velocity = _velocity(told)
    altitude, above_sea = _figure(told, HEIGHT), _figure(told, ALTITUDE)
    if altitude is None and above_sea is not None:
        altitude = station.frame.height(above_sea, "amsl")
    if latitude is None or longitude is None or not (latitude or longitude):
        return None
    accuracy = station.sensor.accuracy
    return Position(
        time=time if -AHEAD <= received - time <= BEHIND else received,
        id=identity.registration or identity.callsign or "aircraft",
        identity=None if identity == Identity() else identity,
        latitude=math.radians(latitude),
        longitude=math.radians(longitude),
        altitude=altitude,
        velocity=velocity,
        sigma_horizontal=accuracy.horizontal_m or 0.0,
        sigma_vertical=0.0 if altitude is None else accuracy.vertical_m or 0.0,
        sigma_velocity=accuracy.velocity_mps if velocity is not None and CLIMB in told else None,
    )


def _velocity(told: dict[int, bytes]) -> tuple[float, float, float] | None:
    north, east, climb = _figure(told, NORTH), _figure(told, EAST), _figure(told, CLIMB)
    return None if north is None or east is None else (east, north, climb or 0.0)


def _figure(told: dict[int, bytes], tag: int) -> float | None:
    raw, linear = told.get(tag, b""), FIGURES[tag]
    if not raw:
        return None
    if len(raw) != linear.layout.size:
        raise DecodeError(f"tag {tag}: has {len(raw)} bytes; expected {linear.layout.size}")
    return linear.read(raw)


def _text(told: dict[int, bytes], tag: int) -> str | None:
    raw = told.get(tag, b"").strip(b"\0 ")
    if len(raw) > 64 or any(not 32 <= byte < 127 for byte in raw):
        raise DecodeError(f"tag {tag}: is no printable ASCII text of at most 64 bytes")
    return raw.decode("ascii") or None


def encode(station: Station, scan: Scan) -> bytes:  # noqa: ARG001
    """Write each detection as a packet of the aircraft that it is."""
    return b"".join(packet_of(_written(detection)) for detection in scan.detections)


def packet_of(told: dict[int, bytes]) -> bytes:
    """Write a packet of values by their tags, all below 128 and of less than 128 bytes."""
    content = b"".join(bytes([tag, len(value)]) + value for tag, value in told.items()) + bytes([CHECKSUM, 2])
    size = len(content) + 2
    packet = KEY + (bytes([size]) if size < 0x80 else b"\x82" + size.to_bytes(2, "big")) + content
    return packet + checksum(packet)


def _written(detection: object) -> dict[int, bytes]:
    if not isinstance(detection, Position):
        raise TypeError(f"ST 0601 tells positions, not a {type(detection).__name__}")
    told = {TIME: (detection.time // 1000).to_bytes(8, "big")}
    identity = detection.identity or Identity()
    for tag, text in ((TAIL, identity.registration), (CALLSIGN, identity.callsign)):
        if text:
            told[tag] = text.encode("ascii")
    figures = {LATITUDE: math.degrees(detection.latitude), LONGITUDE: math.degrees(detection.longitude)}
    if detection.altitude is not None:
        figures[HEIGHT] = detection.altitude
    if detection.velocity is not None:
        figures[EAST], figures[NORTH], figures[CLIMB] = detection.velocity
    return told | {tag: FIGURES[tag].write(value) for tag, value in figures.items()} | {VERSION: b"\x13"}


ADAPTER = Adapter(decode, encode, memory=Memory, looks=False)
