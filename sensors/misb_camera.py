"""MISB ST 0601, of the camera aboard: how the aircraft is turned, and whereto the camera looks that follows a target.

A target is told where its place is (40, 41 and 42 above the sea), or where the camera follows one by itself (47, bit 2) and so
has it in the middle of its picture. Both say a *direction*: a target's place is mostly where the line of sight meets the ground,
which is nowhere near a drone in front of it, but on the same line. Only a range that a laser measured (21, with bits 1 and 16 of
47) is one. Bits of 47 as before edition 13 and since 17: editions 13 to 16 had their meanings the other way round by mistake.

    5 heading 360/(2¹⁶−1)°   6, 7 pitch ±20°, roll ±50° in 16 bits, 90, 91 the same ±90° in 32   18, 19 the camera's azimuth and
    elevation against nose and deck   21 slant range   40, 41, 42 the target's place   45, 46 CE90, LE90   47 flags
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from fusion.errors import DecodeError
from fusion.messages import Bearing, Floats, Measurement, Polar, Pose, Position
from sensors.adapter import Station

HEADING, PITCH, ROLL, FULL_PITCH, FULL_ROLL = 5, 6, 7, 90, 91
AZIMUTH, ELEVATION, RANGE = 18, 19, 21
TARGET_LATITUDE, TARGET_LONGITUDE, TARGET_HEIGHT, CE90, LE90, FLAGS = 40, 41, 42, 45, 46, 47

LASER, FOLLOWS, MEASURED, INVALID = 1, 2, 16, 32
"""Bits of the flags: the laser measures, the camera follows a target by itself, the range is measured, the picture is none."""

CE90_SIGMAS, LE90_SIGMAS = 2.1460, 1.6449
"""How many sigmas a circle, and an interval, has that nine in ten errors lie in: √(−2 ln 0.1), and the normal's quantile."""

SEMI_MAJOR, ECCENTRICITY2 = 6_378_137.0, 0.006_694_379_990_14
"""m, 1: WGS84."""

Figures = Mapping[int, float | None]


def pose_of(one: Position, told: Figures) -> Pose | None:
    """Give where the aircraft is as what its cameras are carried by; None without a height."""
    if one.altitude is None:
        return None
    return Pose(
        time=one.time,
        latitude=one.latitude,
        longitude=one.longitude,
        altitude=one.altitude,
        velocity=one.velocity,
        attitude=attitude_of(told),
        sigma_horizontal=one.sigma_horizontal,
        sigma_vertical=one.sigma_vertical,
        sigma_velocity=one.sigma_velocity,
    )


def attitude_of(told: Figures) -> tuple[float, float, float] | None:
    """Give heading, pitch and roll, rad; None where one of them is not known."""
    pitch, roll = (
        told[full] if told[full] is not None else told[half] for full, half in ((FULL_PITCH, PITCH), (FULL_ROLL, ROLL))
    )
    if told[HEADING] is None or pitch is None or roll is None:
        return None
    return math.radians(told[HEADING] or 0.0), math.radians(pitch), math.radians(roll)


def target(station: Station, told: Figures, flags: int, pose: Pose) -> Measurement | None:
    """Give the direction, or the range too, to what the camera follows; None where it follows nothing."""
    accuracy, spread = station.sensor.accuracy, 0.0
    if accuracy.azimuth_deg is None or accuracy.elevation_deg is None or flags & INVALID:
        return None
    way = _to_target(station, told, pose)
    if way is not None:
        spread = max((told[CE90] or 0.0) / CE90_SIGMAS, (told[LE90] or 0.0) / LE90_SIGMAS) / float(np.linalg.norm(way))
    elif flags & FOLLOWS and (sight := _sight(told, pose)) is not None:
        way = sight
    else:
        return None
    level = math.hypot(way[0], way[1])
    seen: dict[str, Any] = {
        "time": pose.time,
        "id": "target",
        "azimuth": math.atan2(way[0], way[1]) % math.tau,
        "elevation": math.atan2(way[2], level),
        "sigma_azimuth": math.hypot(math.radians(accuracy.azimuth_deg), spread),
        "sigma_elevation": math.hypot(math.radians(accuracy.elevation_deg), spread),
    }
    reach = told[RANGE]
    if reach and accuracy.range_m is not None and flags & LASER and flags & MEASURED:
        return Polar(**seen, range=reach, sigma_range=accuracy.range_m)
    return Bearing(**seen)


def _to_target(station: Station, told: Figures, pose: Pose) -> Floats | None:
    """Give the way (3,) east, north, up from the aircraft to the target's place; None where that is not told."""
    latitude, longitude, height = told[TARGET_LATITUDE], told[TARGET_LONGITUDE], told[TARGET_HEIGHT]
    if latitude is None or longitude is None or height is None or not (latitude or longitude):
        return None
    there = math.radians(latitude), math.radians(longitude), station.frame.height(height, "amsl")
    here = pose.latitude, pose.longitude, pose.altitude
    sp, cp, sl, cl = (f(angle) for angle in here[:2] for f in (math.sin, math.cos))
    turn = np.array([[-sl, cl, 0.0], [-sp * cl, -sp * sl, cp], [cp * cl, cp * sl, sp]])
    way = np.asarray(turn @ (_cartesian(*there) - _cartesian(*here)))
    if np.linalg.norm(way) < 1.0:
        raise DecodeError(f"tags {TARGET_LATITUDE}, {TARGET_LONGITUDE}, {TARGET_HEIGHT}: are where the aircraft itself is")
    return way


def _sight(told: Figures, pose: Pose) -> Floats | None:
    """Give the camera's line of sight (3,) east, north, up: R_z(ψ) R_y(θ) R_x(φ) of its direction against nose and deck."""
    if pose.attitude is None or told[AZIMUTH] is None or told[ELEVATION] is None:
        return None
    azimuth, elevation = math.radians(told[AZIMUTH] or 0.0), math.radians(told[ELEVATION] or 0.0)
    level = math.cos(elevation)
    forward, right, down = level * math.cos(azimuth), level * math.sin(azimuth), -math.sin(elevation)
    (heading, pitch, roll) = pose.attitude
    right, down = math.cos(roll) * right - math.sin(roll) * down, math.sin(roll) * right + math.cos(roll) * down
    forward, down = math.cos(pitch) * forward + math.sin(pitch) * down, math.cos(pitch) * down - math.sin(pitch) * forward
    north, east = math.cos(heading) * forward - math.sin(heading) * right, math.sin(heading) * forward + math.cos(heading) * right
    return np.array([east, north, -down])


def _cartesian(latitude: float, longitude: float, height: float) -> Floats:
    """Give a place, earth-centred (3,), m."""
    normal = SEMI_MAJOR / math.sqrt(1.0 - ECCENTRICITY2 * math.sin(latitude) ** 2)
    level = (normal + height) * math.cos(latitude)
    upright = (normal * (1.0 - ECCENTRICITY2) + height) * math.sin(latitude)
    return np.array([level * math.cos(longitude), level * math.sin(longitude), upright])
