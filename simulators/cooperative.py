"""How cooperative broadcasts err: satellite positions with slow errors, in the steps that their formats count in."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from fusion.messages import Floats, Identity, Integers, Measurement, Pilot, Position
from simulators import fakes
from simulators.earth import enu_from_ecef_matrix, wgs84_from_ecef
from simulators.targets import Target
from simulators.view import Hits, View

FOOT, KNOT = 0.3048, 0.514444


class Steps(NamedTuple):
    """What a format counts in."""

    angle: float  # rad, of latitude
    zoned: bool  # longitude steps widen with 60/NL towards the poles; otherwise they are latitude's
    altitude: float  # m
    speed: float  # m/s
    course: float  # rad; 0: velocity is told by its east and north
    climb: float  # m/s
    fast: tuple[float, float] = (math.inf, 1.0)  # m/s: beyond which speed it counts in a coarser step, and that step


STEPS = {
    # RTCA DO-260B: airborne positions are 17 bits of a 6° zone (5.1 m), altitude 25 ft, velocity 1 kt, climb 64 ft/min.
    "adsb": Steps(
        angle=math.radians(6.0 / 2**17), zoned=True, altitude=25.0 * FOOT, speed=KNOT, course=0.0, climb=64.0 * FOOT / 60.0
    ),
    # ASTM F3411-22a, location message: 1e-7°, 0.5 m, 0.25 m/s up to 63.75 m/s and 0.75 m/s beyond, whole degrees of
    # direction, 0.5 m/s up.
    "remote_id": Steps(
        angle=math.radians(1e-7),
        zoned=False,
        altitude=0.5,
        speed=0.25,
        course=math.radians(1.0),
        climb=0.5,
        fast=(63.75, 0.75),
    ),
    # DJI's DroneID: 1e-7 rad (0.64 m), whole feet, 1 cm/s (Schiller et al., "Drone Security and the Mysterious Case of DJI's
    # DroneID", NDSS 2023, and its decoder).
    "drone_id": Steps(angle=1e-7, zoned=False, altitude=FOOT, speed=0.01, course=0.0, climb=0.01),
}


def detect(view: View) -> list[Hits]:
    """Give the position reports of everyone who broadcasts what this receiver hears. There are no false alarms, but lies."""
    kind = view.sensor.kind
    told = [_positions(view, i, target) for i, target in enumerate(view.targets) if kind in target.broadcasts]
    if (made_up := view.behaviour.fakes) is None:
        return told
    lies = fakes.invented(view, made_up)
    return [*told, lies._replace(values=quantised(lies.values, STEPS[kind]))]


def _positions(view: View, index: int, target: Target) -> Hits:
    """Give one target's reports: each was made at its own phase of the receiver's period."""
    time = np.round(view.looks.time - view.chance("phase", target.id).uniform(0.0, view.looks.period), 1)
    fresh = _fresh(view, target)
    time = time[fresh]
    seen = view.directions(*target.trajectory.motion(time))
    heard = target.trajectory.flying(time) & view.covers(seen) & (seen.range <= view.reach())
    hit = np.flatnonzero(heard & view.detects(target.id, seen.range))
    values = told(view, target, time, view.noise(target.id, 6)[fresh], STEPS[view.sensor.kind])
    return Hits(hit, time[hit], np.full(len(hit), index), values[hit])


def told(view: View, target: Target, time: Floats, noise: Floats, steps: Steps) -> Floats:
    """Give what a target says of itself (n, 6) at times (n,), with standard normal errors (n, 6), in a format's steps."""
    accuracy = view.accuracy
    away = noise[:, :3] * [accuracy.horizontal_m or 0.0, accuracy.horizontal_m or 0.0, accuracy.vertical_m or 0.0]
    true = target.trajectory.position(time)
    turn = enu_from_ecef_matrix(*wgs84_from_ecef(true)[:2])
    latitude, longitude, height = wgs84_from_ecef(true + np.einsum("nji,nj->ni", turn, away + target.tells_off))
    velocity = np.einsum("nij,nj->ni", turn, target.trajectory.velocity(time)) + noise[:, 3:] * (accuracy.velocity_mps or 0.0)
    return quantised(np.stack([latitude, longitude, height, *velocity.T], axis=-1), steps)


def _fresh(view: View, target: Target) -> Integers:
    """Give which report each look (n,) hears: its own, or the last one that was its own again."""
    rows = np.arange(len(view.looks.time))
    stale = view.chance("repeats", target.id).uniform(size=len(rows)) < view.behaviour.repeats
    return np.asarray(np.maximum.accumulate(np.where(stale, 0, rows)), np.int64)


def quantised(reports: Floats, steps: Steps) -> Floats:
    """Round reports (n, 6) of latitude, longitude (rad), height (m), velocity east, north, up (m/s) to a format's steps."""
    latitude, longitude, height, east, north, up = reports.T
    rows = [
        _stepped(latitude, steps.angle),
        _stepped(longitude, steps.angle * (60.0 / longitude_zones(latitude) if steps.zoned else 1.0)),
        _stepped(height, steps.altitude),
        *_velocity(east, north, steps),
        _stepped(up, steps.climb),
    ]
    return np.stack(rows, axis=-1)


def _velocity(east: Floats, north: Floats, steps: Steps) -> tuple[Floats, Floats]:
    if not steps.course:
        return _stepped(east, steps.speed), _stepped(north, steps.speed)
    speed, course = _speed(np.hypot(east, north), steps), _stepped(np.arctan2(east, north), steps.course)
    return speed * np.sin(course), speed * np.cos(course)


def _speed(speed: Floats, steps: Steps) -> Floats:
    """Round speeds (n,) to the step of their size: beyond the fine ones' last, coarse steps count on from there."""
    limit, coarse = steps.fast
    return np.where(speed <= limit, _stepped(speed, steps.speed), limit + _stepped(speed - limit, coarse))


def _stepped(value: Floats, step: float | Floats) -> Floats:
    return np.asarray(np.round(value / step) * step)


def longitude_zones(latitude: Floats) -> Floats:
    """Give NL, the number of longitude zones of compact position reporting at latitudes (n,) (RTCA DO-260B, A.1.7.2)."""
    ratio = (1.0 - math.cos(math.pi / 30.0)) / np.cos(latitude) ** 2
    return np.floor(math.tau / np.arccos(np.clip(1.0 - ratio, -1.0, 1.0)))


def report(view: View, time: int, source: int, values: list[float]) -> Measurement:
    """Write one position report: what the aircraft says of itself, and a drone of its pilot."""
    target = view.targets[source] if source >= 0 else None
    report = position(view, time, values, target.identity if target else fakes.identity(view, source))
    if target and view.sensor.kind == "remote_id":
        return replace(report, pilot=pilot(target, STEPS["remote_id"]))
    return report


def pilot(target: Target, steps: Steps) -> Pilot | None:
    """Give where a drone says that its pilot stands, in a format's steps; None where it does not say."""
    if target.pilot is None:
        return None
    latitude, longitude = _stepped(np.array(target.pilot), steps.angle).tolist()
    return Pilot(latitude=latitude, longitude=longitude)


def position(view: View, time: int, values: list[float], identity: Identity | None) -> Position:
    """Write one position as a sensor of this accuracy reports it."""
    latitude, longitude, height, east, north, up = values
    accuracy = view.sensor.accuracy
    return Position(
        time=time,
        latitude=latitude,
        longitude=longitude,
        altitude=height,
        velocity=(east, north, up),
        sigma_horizontal=accuracy.horizontal_m or 0.0,
        sigma_vertical=accuracy.vertical_m or 0.0,
        sigma_velocity=accuracy.velocity_mps,
        identity=identity,
    )
