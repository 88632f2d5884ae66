"""Where what carries a sensor was at a time: between two of its poses, or a little after the newest, and how sure that is."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence

from fusion.config import Platform
from fusion.messages import SECOND, Pose, Record

ACCELERATION = 3.0
"""m/s², each axis: what a platform does between two poses that neither tells. A drone that leans by 17° does it."""

SPEED = 20.0
"""m/s, each axis, of a platform that has told one place and no velocity."""

TURNING = math.radians(20.0)
"""rad/s: how fast a platform turns and leans that nobody asks in between; a drone that looks about does 20° a second."""

SEMI_MAJOR, ECCENTRICITY2 = 6_378_137.0, 0.006_694_379_990_14
"""m, 1: WGS84."""

Vector = tuple[float, float, float]


class Standing(Record, kw_only=True):
    """Where a platform was at one time, and the variance of that."""

    time: int  # ns
    latitude: float  # rad
    longitude: float  # rad
    altitude: float  # m above the ellipsoid
    velocity: Vector  # m/s east, north, up
    attitude: Vector | None  # rad heading, pitch, roll
    horizontal: float  # m², each of east and north
    vertical: float  # m²
    speed: float  # m²/s², each axis
    heading: float  # rad²
    tilt: float  # rad², each of pitch and roll


def standing(poses: Sequence[Pose], time: int, settings: Platform) -> Standing | None:
    """Give where a platform with these poses, by time, was at a time (ns); None where no pose is near enough to tell.

    Between two poses with velocities: a cubic that has them (Hermite); without, a straight line. After the newest: straight on.
    What is not known, with T from one to the other, s = (t − t₀)/T and a = ACCELERATION each axis:

        cubic     a T² s² (1 − s)² / 2    line   a T² s (1 − s) / 2    after   σ_v Δt, a Δt² / 2
    """
    after = bisect_right(poses, time, key=lambda pose: pose.time)
    if not after:
        return None
    before = poses[after - 1]
    stale = round(settings.stale_s * SECOND)
    following = poses[after] if after < len(poses) else None
    if following is not None and before.time < time and following.time - before.time <= 2 * stale:
        return _between(before, following, time, settings)
    if time - before.time > stale:
        return None
    dt = (time - before.time) / SECOND
    velocity, of_speed = _pace(poses, after - 1, settings)
    way = (velocity[0] * dt, velocity[1] * dt, velocity[2] * dt)
    spread = of_speed * dt * dt + (ACCELERATION * dt * dt / 2.0) ** 2
    of_speed += (ACCELERATION * dt) ** 2
    return _stood(before, time, settings, velocity, of_speed, way, spread, before.attitude, (TURNING * dt) ** 2)


def _between(before: Pose, following: Pose, time: int, settings: Platform) -> Standing:
    T = (following.time - before.time) / SECOND
    s = (time - before.time) / SECOND / T
    whole = _apart(before, following)
    if before.velocity is not None and following.velocity is not None:
        pairs = list(zip(whole, before.velocity, following.velocity, strict=True))
        # x = (3 s² − 2 s³) d + (s − 2 s² + s³) T v₀ + (s³ − s²) T v₁, and its derivative by the time
        way = tuple((3.0 - 2.0 * s) * s * s * d + s * (1.0 - s) ** 2 * T * v + (s - 1.0) * s * s * T * w for d, v, w in pairs)
        velocity = tuple(
            6.0 * s * (1.0 - s) * d / T + (1.0 - s) * (1.0 - 3.0 * s) * v + s * (3.0 * s - 2.0) * w for d, v, w in pairs
        )
        spread = (ACCELERATION * T * T * (s * (1.0 - s)) ** 2 / 2.0) ** 2
        of_speed = max(_of_speed(before, settings), _of_speed(following, settings))
    else:
        way, velocity = tuple(s * d for d in whole), tuple(d / T for d in whole)
        spread = (ACCELERATION * T * T * s * (1.0 - s) / 2.0) ** 2
        of_speed = _differenced(before, T, settings)
    less_sure = max(before, following, key=lambda pose: pose.sigma_horizontal or 0.0)
    turned = (TURNING * T * s * (1.0 - s) / 2.0) ** 2
    attitude = _turned(before.attitude, following.attitude, s)
    return _stood(before, time, settings, velocity, of_speed, way, spread, attitude, turned, less_sure)  # type: ignore[arg-type]


def _stood(
    pose: Pose,
    time: int,
    settings: Platform,
    velocity: Vector,
    of_speed: float,
    way: Vector,
    spread: float,
    attitude: Vector | None,
    turned: float,
    less_sure: Pose | None = None,
) -> Standing:
    """Go a way (m east, north, up) from a pose; spread (m²) and turned (rad²) are what is not known of that."""
    east, north = _radii(pose.latitude, pose.altitude)
    worst = less_sure or pose
    horizontal = worst.sigma_horizontal or settings.horizontal_m or 0.0
    vertical = worst.sigma_vertical or settings.vertical_m or 0.0
    heading = worst.sigma_heading or math.radians(settings.heading_deg or 0.0)
    tilt = worst.sigma_tilt or math.radians(settings.tilt_deg or 0.0)
    return Standing(
        time=time,
        latitude=pose.latitude + way[1] / north,
        longitude=pose.longitude + way[0] / east,
        altitude=pose.altitude + way[2],
        velocity=velocity,
        attitude=attitude,
        horizontal=horizontal**2 + spread,
        vertical=vertical**2 + spread,
        speed=of_speed,
        heading=heading**2 + turned,
        tilt=tilt**2 + turned,
    )


def _pace(poses: Sequence[Pose], at: int, settings: Platform) -> tuple[Vector, float]:
    """Give the velocity at a pose, as it told it or since the one before, and its variance."""
    pose = poses[at]
    if pose.velocity is not None:
        return pose.velocity, _of_speed(pose, settings)
    T = (pose.time - poses[at - 1].time) / SECOND if at else math.inf
    if settings.stale_s < T:
        return (0.0, 0.0, 0.0), SPEED**2
    way = _apart(poses[at - 1], pose)
    return (way[0] / T, way[1] / T, way[2] / T), _differenced(pose, T, settings)


def _of_speed(pose: Pose, settings: Platform) -> float:
    return (pose.sigma_velocity or settings.velocity_mps) ** 2


def _differenced(pose: Pose, T: float, settings: Platform) -> float:
    """Give the variance of a velocity that two places T seconds apart tell."""
    sigma = pose.sigma_horizontal or settings.horizontal_m or 0.0
    return min(2.0 * sigma**2 / T**2, SPEED**2) + (ACCELERATION * T / 2.0) ** 2


def _apart(one: Pose, other: Pose) -> Vector:
    """Give the way from one pose to another, m east, north, up: on a plane, a micrometre off over 100 m."""
    east, north = _radii((one.latitude + other.latitude) / 2.0, one.altitude)
    turn = math.remainder(other.longitude - one.longitude, math.tau)
    return turn * east, (other.latitude - one.latitude) * north, other.altitude - one.altitude


def _radii(latitude: float, height: float) -> tuple[float, float]:
    """Give m a radian of longitude and of latitude on the ellipsoid, at a height."""
    w2 = 1.0 - ECCENTRICITY2 * math.sin(latitude) ** 2
    normal = SEMI_MAJOR / math.sqrt(w2)
    return (normal + height) * math.cos(latitude), normal * (1.0 - ECCENTRICITY2) / w2 + height


def _turned(one: Vector | None, other: Vector | None, s: float) -> Vector | None:
    """Give the attitude a share s of the way from one to another, the short way round."""
    if one is None or other is None:
        return one or other
    a, b, c = (a + s * math.remainder(b - a, math.tau) for a, b in zip(one, other, strict=True))
    return a, b, c
