"""DroneScout: what receivers of Remote ID by BlueMark publish over MQTT, with what each drone said last in a C struct.

A payload is one JSON object or several without anything between them (`}{`), bare or as xz. `data` has "MAC address",
"timestamp" (ms) and "UASdata": base64 of the 920 bytes of opendroneid-core-c's ODID_UAS_Data, little-endian with the
gaps of a 64-bit machine, in which enumerations take four bytes:

      0, 32  Basic ID twice: kind of aircraft, kind of id, text (21)
     64      Location: status, direction, speed, climb, latitude, longitude (doubles), two altitudes, height's kind, height, five
             classes of accuracy, seconds of the hour
    136      16 pages of authentication of 40 bytes
    776      Self ID: kind, text (24)
    808      System: kind of the operator's place, classification, latitude, longitude (doubles), …
    864      Operator ID: kind, text (21)
    892      which of them there are, a byte each: 2, 1, 16, 1, 1, 1

Not implemented: authentication, Self ID and the rest of System; the receiver's own `status` and `location`, `aircraft` and
`raw` are passed by; signal strength.
"""

from __future__ import annotations

import base64
import json
import lzma
import struct
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from fusion.errors import DecodeError
from fusion.messages import SECOND, Position, RawMessage, Scan
from sensors import odid
from sensors.adapter import Adapter, Station, native_scan, newest_of
from sensors.odid import figures
from sensors.odid.figures import Figures
from sensors.odid.hearing import BEHIND, Hearing, Memory
from sensors.odid.messages import BasicId, Location, Message, OperatorId, System

XZ = b"\xfd7zXZ\x00"

MOST_BYTES, MOST_OBJECTS, MOST_FAULTS = 1 << 20, 1_000, 20
"""Of a payload once it is unpacked, of objects in it, and of faults that a scan names: a receiver hears some hundred drones."""

SIZE = 920
BASIC_IDS, LOCATION, SYSTEM, OPERATOR_ID, PRESENT = (0, 32), 64, 808, 864, 892
_BASIC_ID, _LOCATION = struct.Struct("<II21s"), struct.Struct("<IfffddffIf5If")
_SYSTEM, _OPERATOR_ID = struct.Struct("<IIdd"), struct.Struct("<I21s")
_PRESENT = struct.Struct("<BBB16xBBB")


class Heard(msgspec.Struct):
    """What a receiver heard of one drone."""

    address: Annotated[str, Meta(min_length=1, max_length=32)] = msgspec.field(name="MAC address")
    uas: Annotated[str, Meta(max_length=4096)] = msgspec.field(name="UASdata")
    timestamp: Annotated[int, Meta(ge=0, le=4_000_000_000_000)] | None = None  # ms


def decode(station: Station, message: RawMessage, msgpack: bool) -> Scan:  # noqa: ARG001, FBT001
    """Read what a receiver heard; an object that cannot be read is left out and told, DecodeError where none can."""
    read, left_out, found = 0, list[str](), list[Position]()
    for i, told in enumerate(_objects(message.payload)):
        try:
            seen, faults = _listen(station, told, message.received)
        except DecodeError as error:
            left_out.append(f"object {i + 1}: {error}")
        else:
            read += 1
            found += seen
            left_out += faults
    if not read and left_out:
        raise DecodeError(left_out[0])
    return native_scan(station, message, newest_of(found), left_out[:MOST_FAULTS])


def _objects(payload: bytes) -> Iterator[Any]:
    """Give the JSON objects of a payload; raise DecodeError, before the first is given, for what is no such payload."""
    try:
        text = _unpacked(payload).decode("utf-8").strip()
        objects, at, reader = list[Any](), 0, json.JSONDecoder()
        while at < len(text):
            told, at = reader.raw_decode(text, at)
            objects.append(told)
            while text[at : at + 1].isspace():
                at += 1
    except (ValueError, RecursionError) as error:
        raise DecodeError(f"is no JSON: {str(error)[:200] or type(error).__name__}") from error
    if not 1 <= len(objects) <= MOST_OBJECTS:
        raise DecodeError(f"has {len(objects)} objects; expected 1 to {MOST_OBJECTS}")
    return iter(objects)


def _unpacked(payload: bytes) -> bytes:
    if not payload.startswith(XZ):
        return payload
    try:
        reader = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=64 << 20)
        content = reader.decompress(payload, MOST_BYTES + 1)
    except lzma.LZMAError as error:
        raise DecodeError(f"is no whole xz: {error}") from error
    if len(content) > MOST_BYTES:
        raise DecodeError(f"unpacks to more than {MOST_BYTES} bytes")
    if not reader.eof or reader.unused_data:
        raise DecodeError("is no whole xz: it is cut, or something follows it")
    return content


def _listen(station: Station, told: object, received: int) -> tuple[list[Position], list[str]]:
    if not isinstance(told, dict):
        raise DecodeError(f"is a {type(told).__name__}; expected an object")
    if "data" not in told:  # the receiver's own status, its place, aircraft
        return [], []
    try:
        heard = msgspec.convert(told["data"], Heard)
        uas = base64.b64decode(heard.uas, validate=True)
    except (msgspec.ValidationError, ValueError) as error:  # ValueError: no base64, or not even ASCII
        raise DecodeError(f"data: {error}") from error
    at = received if heard.timestamp is None else heard.timestamp * (SECOND // 1000)
    ear = Hearing(station, at if 0 <= received - at <= BEHIND else received, heard.address.lower())
    ear.listen(messages_of(uas), None)
    return ear.found, ear.left_out


def messages_of(uas: bytes) -> list[Message]:
    """Read the messages of an ODID_UAS_Data; raise DecodeError for what none can be."""
    if len(uas) != SIZE:
        raise DecodeError(f"UASdata: has {len(uas)} bytes; expected {SIZE}")
    first, second, located, _, operated, named = _PRESENT.unpack_from(uas, PRESENT)
    told: list[Message] = []
    for present, at in zip((first, second), BASIC_IDS, strict=True):
        if present:
            kind, id_type, text = _BASIC_ID.unpack_from(uas, at)
            told += figures.basic_id(id_type, kind, text)
    if located:
        told.append(_location(uas))
    if operated:
        place, _, latitude, longitude = _SYSTEM.unpack_from(uas, SYSTEM)
        told.append(figures.system(latitude, longitude, place))
    if named:
        id_type, text = _OPERATOR_ID.unpack_from(uas, OPERATOR_ID)
        told += figures.operator_id(id_type, text)
    return told


def _location(uas: bytes) -> Location:
    status, direction, speed, climb, latitude, longitude, pressure, geodetic, reference, height, *rest = _LOCATION.unpack_from(
        uas, LOCATION
    )
    told = Figures(
        latitude, longitude, direction, speed, climb, pressure, geodetic, height, reference == 1, status, *rest
    )  # the five classes of accuracy and the time stand in the same order
    return figures.location(told)


def encode(station: Station, scan: Scan) -> bytes:
    """Write detections like a receiver, one object after the other."""
    return b"".join(_object(station, detection) for detection in scan.detections)


def _object(station: Station, detection: object) -> bytes:
    if not isinstance(detection, Position):
        raise TypeError(f"DroneScout tells positions, not a {type(detection).__name__}")
    heard = {
        "sensor ID": station.sensor.id, "RSSI": -70, "channel": 6, "timestamp": detection.time // (SECOND // 1000),
        "MAC address": odid.address_of(detection), "type": "BLE legacy",
        "UASdata": base64.b64encode(struct_of(odid.broadcast(detection))).decode(),
    }  # fmt: skip
    return msgspec.json.encode({"protocol": 1.0, "data": heard})


def struct_of(told: list[Message]) -> bytes:
    """Write messages as an ODID_UAS_Data."""
    uas, present, ids = bytearray(SIZE), [0, 0, 0, 0, 0, 0], iter(BASIC_IDS)
    for message in told:
        match message:
            case BasicId():
                at = next(ids)
                present[BASIC_IDS.index(at)] = 1
                _BASIC_ID.pack_into(uas, at, message.ua_type, message.id_type, message.uas_id.encode())
            case Location():
                present[2] = 1
                _LOCATION.pack_into(uas, LOCATION, *_figures_of(message))
            case System():
                present[4] = 1
                place = (message.latitude_e7 or 0) * 1e-7, (message.longitude_e7 or 0) * 1e-7
                _SYSTEM.pack_into(uas, SYSTEM, message.operator_place, message.classification, *place)
            case OperatorId():
                present[5] = 1
                _OPERATOR_ID.pack_into(uas, OPERATOR_ID, message.id_type, message.operator_id.encode())
    _PRESENT.pack_into(uas, PRESENT, *present)
    return bytes(uas)


def _figures_of(message: Location) -> tuple[float, ...]:
    def known(value: float | None, otherwise: float) -> float:
        return otherwise if value is None else value

    return (
        message.status, known(message.direction_deg, figures.NO_DIRECTION), known(message.speed_mps, figures.NO_SPEED),
        known(message.climb_mps, figures.NO_CLIMB), (message.latitude_e7 or 0) * 1e-7, (message.longitude_e7 or 0) * 1e-7,
        known(message.pressure_altitude_m, figures.NO_ALTITUDE), known(message.geodetic_altitude_m, figures.NO_ALTITUDE),
        int(message.height_above_ground), known(message.height_m, figures.NO_ALTITUDE),
        message.horizontal_class, message.vertical_class, message.pressure_class, message.speed_class, message.tenths_class,
        figures.NO_TIME if message.tenths is None else message.tenths / 10,
    )  # fmt: skip


ADAPTER = Adapter(decode, encode, memory=Memory, private=True, looks=False)
