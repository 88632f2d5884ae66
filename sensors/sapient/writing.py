"""Writes SAPIENT messages: their envelope, and detection reports of what a sensor measured."""

from __future__ import annotations

import math
import zlib
from hashlib import blake2b
from typing import Any

from fusion.messages import SECOND, Bearing, Measurement, Polar, Position, Scan
from fusion.ulid import ulid
from sensors.adapter import Station
from sensors.sapient import claims, schema, taxonomy
from sensors.sapient.placing import metres_a_radian
from sensors.sapient.validating import ULID

DEGREES_M, TRUE = 1, 1
LAT_LNG_DEG_M, WGS84_E = 1, 1


def node_id(*parts: str) -> str:
    """Make a node's UUID of what names it, so that it is the same after a restart: version 4 by its form (RFC 9562)."""
    digest = bytearray(blake2b("/".join(parts).encode(), digest_size=16).digest())
    digest[6], digest[8] = digest[6] & 0x0F | 0x40, digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def envelope(node: str, time: int, destination: str | None = None) -> Any:
    """Begin a message of a node at a time (ns), for one other node or for whoever is connected."""
    message = schema.types("sapient_message").SapientMessage(node_id=node, destination_id=destination)
    message.timestamp.seconds, message.timestamp.nanos = divmod(time, SECOND)
    return message


def report(station: Station, scan: Scan) -> bytes:
    """Write a scan of one detection as its sensor would; what `decode` reads."""
    (detection,) = scan.detections
    message = envelope(node_id("sensor", station.sensor.id), detection.time)
    fill(message.detection_report, station.sensor.id, detection)
    return bytes(message.SerializeToString())


def fill(into: Any, sensor: str, detection: Measurement) -> None:
    """Write what was measured."""
    into.report_id = ulid(detection.time, sensor, zlib.crc32(repr(detection).encode()))
    into.object_id = object_id(sensor, detection)
    if isinstance(detection, Polar | Bearing):
        _direction(into.range_bearing, detection)
    elif isinstance(detection, Position):
        _place(into, detection)
    else:
        raise TypeError(f"SAPIENT tells directions and places, not a {type(detection).__name__}")
    if detection.classes:
        taxonomy.write(detection.classes, into.classification)
    if detection.identity is not None:
        claims.write(detection.identity, into)


def object_id(sensor: str, detection: Measurement) -> str:
    """Give the ULID of a sensor's track: its own if it is one, else made of it; without a track, of this detection alone."""
    if detection.id is None:
        return ulid(detection.time, sensor, repr(detection))
    return detection.id if ULID.fullmatch(detection.id) else ulid(0, sensor, detection.id)


def _direction(into: Any, detection: Polar | Bearing) -> None:
    into.coordinate_system, into.datum = DEGREES_M, TRUE
    into.azimuth, into.azimuth_error = math.degrees(detection.azimuth), math.degrees(detection.sigma_azimuth)
    if detection.elevation is not None:
        into.elevation, into.elevation_error = math.degrees(detection.elevation), math.degrees(detection.sigma_elevation)
    if isinstance(detection, Polar):
        into.range, into.range_error = detection.range, detection.sigma_range


def _place(into: Any, detection: Position) -> None:
    where = into.location
    where.coordinate_system, where.datum = LAT_LNG_DEG_M, WGS84_E
    where.x, where.y = math.degrees(detection.longitude), math.degrees(detection.latitude)
    east, north = metres_a_radian(detection.latitude)
    where.x_error = math.degrees(detection.sigma_horizontal / east)
    where.y_error = math.degrees(detection.sigma_horizontal / north)
    if detection.altitude is not None:
        where.z, where.z_error = detection.altitude, detection.sigma_vertical
    if detection.velocity is not None:
        told = into.enu_velocity
        told.east_rate, told.north_rate, told.up_rate = detection.velocity
        if detection.sigma_velocity is not None:
            told.east_rate_error = told.north_rate_error = told.up_rate_error = detection.sigma_velocity
