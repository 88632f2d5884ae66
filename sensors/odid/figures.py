"""Open Drone ID's messages in plain figures, as libraries, MAVLink and receivers hand them on; here they become records.

"Not known" is a figure there: direction 361°, speed 255 m/s, climb 63 m/s, altitudes −1000 m, time 65535 s, place 0, 0.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from fusion.errors import DecodeError
from sensors.odid import messages
from sensors.odid.messages import Location, Message, System

NO_DIRECTION, NO_SPEED, NO_CLIMB, NO_ALTITUDE, NO_TIME = 361.0, 255.0, 63.0, -1000.0, 65_535.0
HIGHEST = 31_767.5  # m


class Figures(NamedTuple):
    """A location message in figures; degrees, m, m/s, seconds of the hour, and the standard's classes of accuracy."""

    latitude: float
    longitude: float
    direction: float = NO_DIRECTION
    speed: float = NO_SPEED
    climb: float = NO_CLIMB
    pressure_altitude: float = NO_ALTITUDE
    geodetic_altitude: float = NO_ALTITUDE
    height: float = NO_ALTITUDE
    above_ground: bool = False
    status: int = 0
    horizontal: int = 0
    vertical: int = 0
    pressure: int = 0
    of_speed: int = 0
    of_time: int = 0
    seconds: float = NO_TIME


def location(told: Figures) -> Location:
    """Make a location of figures; raise DecodeError for what cannot be, without saying where anybody is."""
    place = _place(told.latitude, told.longitude)
    return Location(
        status=told.status & 0xF,
        direction_deg=_direction(told.direction),
        speed_mps=None if told.speed >= NO_SPEED else _within("speed", told.speed, 0.0, NO_SPEED),
        climb_mps=None if told.climb == NO_CLIMB else _within("climb", told.climb, -62.0, 62.0),
        latitude_e7=place and place[0],
        longitude_e7=place and place[1],
        pressure_altitude_m=_altitude("pressure altitude", told.pressure_altitude),
        geodetic_altitude_m=_altitude("geodetic altitude", told.geodetic_altitude),
        height_m=_altitude("height", told.height),
        height_above_ground=told.above_ground,
        horizontal_class=told.horizontal & 0xF,
        vertical_class=told.vertical & 0xF,
        pressure_class=told.pressure & 0xF,
        speed_class=told.of_speed & 0xF,
        tenths=None if told.seconds == NO_TIME else round(_within("timestamp", told.seconds, 0.0, 3600.0) * 10),
        tenths_class=told.of_time & 0xF,
    )


def system(latitude: float, longitude: float, operator_place: int) -> System:
    """Make a system message of where the operator is."""
    place = _place(latitude, longitude)
    return System(operator_place=operator_place & 3, latitude_e7=place and place[0], longitude_e7=place and place[1])


def basic_id(id_type: int, ua_type: int, uas_id: bytes) -> list[Message]:
    """Make a basic id of its 20 bytes."""
    if not (0 <= id_type <= 15 and 0 <= ua_type <= 15):
        raise DecodeError(f"basic_id: id_type {id_type}, ua_type {ua_type}; expected 0 to 15")
    return messages.decode(bytes([messages.BASIC_ID << 4 | 2, id_type << 4 | ua_type]) + uas_id[:20].ljust(20, b"\0") + bytes(3))


def operator_id(id_type: int, operator: bytes) -> list[Message]:
    """Make an operator id of its 20 bytes."""
    return messages.decode(bytes([messages.OPERATOR_ID << 4 | 2, id_type & 0xFF]) + operator[:20].ljust(20, b"\0") + bytes(3))


def _place(latitude: float, longitude: float) -> tuple[int, int] | None:
    if not (abs(latitude) <= 90.0 and abs(longitude) <= 180.0):
        raise DecodeError("latitude, longitude: are beyond ±90° or ±180°, or no numbers")
    place = round(latitude * 1e7), round(longitude * 1e7)
    return place if place != (0, 0) else None


def _direction(degrees: float) -> int | None:
    if degrees == NO_DIRECTION:
        return None
    return round(_within("direction", degrees, 0.0, 360.0)) % 360


def _altitude(name: str, altitude: float) -> float | None:
    return None if altitude == NO_ALTITUDE else _within(name, altitude, NO_ALTITUDE, HIGHEST)


def _within(name: str, value: float, least: float, most: float) -> float:
    if not (math.isfinite(value) and least <= value <= most):
        raise DecodeError(f"location.{name}: {value:g} is none; expected {least:g} to {most:g}")
    return value
