"""How a flock flies: boids (Reynolds, "Flocks, herds and schools", SIGGRAPH 1987) with the limits of real pigeons.

The figures were taken from 71 tracks of homing pigeons, GPS at 5 Hz (Nagy et al., Nature 464, 2010): ground speed 8–17
(median 12) m/s, acceleration 4 (95 %: 7) m/s², climb within ±1.9 m/s, 2.6–3.8 m to the nearest neighbour, 5–7 m from the
flock's middle.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from fusion.messages import Floats
from simulators.trajectory import Leg

STEP = 0.1
"""s between samples: a wingbeat or so; a bird turns by less than 5° in it."""

USUAL_SPEED = 12.0
SPEED = (7.0, 18.0)
"""m/s, least and most."""

PUSH, TURN, CLIMB, LIFT = 2.0, 6.0, 1.9, 2.0
"""m/s² along, m/s² across, m/s and m/s² up: together √(2² + 6² + 2²) = 6.6 m/s² at most."""

NEAR = 3.0
"""m: nearer birds avoid each other."""

GUST = 1.8
"""m/s²: standard deviation of each bird's own mind, forgotten within a second; it gives the spread and accelerations above."""

NEXT = 40.0
"""m: a waypoint is reached when the flock's middle is this near."""


class _Flock(NamedTuple):
    place: Floats  # (n, 3)
    speed: Floats  # (n,)
    course: Floats  # (n,) rad, anticlockwise from the chart's east
    climb: Floats  # (n,)

    @property
    def velocity(self) -> Floats:
        return np.stack([self.speed * np.cos(self.course), self.speed * np.sin(self.course), self.climb], axis=-1)


def fly(
    legs: list[Leg], count: int, spread: float, duration: float, random: np.random.Generator, *, wind: Floats | None = None
) -> Floats:
    """Fly a flock round and round its waypoints in a mean wind (3,); give chart points (count, n, 3) every STEP."""
    drift = np.zeros(3) if wind is None else wind
    flock, aim = _gathered(legs, count, spread, random), 1
    paths = [flock.place]
    gusts = np.zeros((count, 3))
    keep = math.exp(-STEP / 1.0)
    for _ in range(math.floor(duration / STEP)):
        target = legs[aim % len(legs)]
        if math.dist(flock.place.mean(axis=0)[:2], target.point[:2]) < NEXT:
            aim += 1
        gusts = keep * gusts + GUST * math.sqrt(1.0 - keep**2) * random.standard_normal((count, 3))
        flock = _step(flock, _wish(flock, target, drift) + gusts)
        flock = flock._replace(place=flock.place + drift * STEP)
        paths.append(flock.place)
    return np.stack(paths, axis=1)


def _gathered(legs: list[Leg], count: int, spread: float, random: np.random.Generator) -> _Flock:
    """Begin around the first waypoint, on the way to the second."""
    way = legs[1].point - legs[0].point
    scatter = random.standard_normal((count, 3)) * np.array([spread, spread, min(spread, 5.0)]) / math.sqrt(3.0)
    return _Flock(
        legs[0].point + scatter,
        np.full(count, float(np.clip(legs[1].speed, *SPEED))),
        math.atan2(way[1], way[0]) + 0.2 * random.standard_normal(count),
        np.zeros(count),
    )


def _wish(flock: _Flock, target: Leg, drift: Floats) -> Floats:
    """Give the acceleration (n, 3) that each bird would like: apart, along, together, and on.

    Vertically a bird keeps to its flock's height and to the route's: it flies in a sheet, as pigeons do.
    """
    velocity = flock.velocity
    apart = flock.place[:, None] - flock.place
    distance = np.linalg.norm(apart, axis=-1) + 1e-9
    push = np.where(distance < NEAR, (NEAR - distance) / NEAR / distance, 0.0)[..., None] * apart
    together = flock.place.mean(axis=0) - flock.place
    way = target.point - flock.place.mean(axis=0)
    speed = float(np.clip(target.speed, *SPEED))
    onward = speed * way / max(float(np.hypot(way[0], way[1])), 1.0)
    if drift.any():
        onward = _heading(speed, onward / speed, drift)
    onward[2] = np.clip(way[2] / 10.0, -CLIMB, CLIMB)
    return np.asarray(
        6.0 * push.sum(axis=1) + 0.5 * (velocity.mean(axis=0) - velocity) + 0.3 * together + 0.5 * (onward - velocity)
    )


def _heading(speed: float, way: Floats, drift: Floats) -> Floats:
    """Give the velocity through the air, of a speed, that leads along a way (3,) over the ground: √(V² − W⊥²) of it is left."""
    across = drift - (drift @ way) * way
    return math.sqrt(max(speed**2 - float(across @ across), 0.0)) * way - across


def _step(flock: _Flock, wish: Floats) -> _Flock:
    """Fly one STEP as far towards the wish as wings allow."""
    along = np.stack([np.cos(flock.course), np.sin(flock.course)], axis=-1)
    forward = np.clip((wish[:, :2] * along).sum(axis=-1), -PUSH, PUSH)
    across = np.clip(wish[:, 1] * along[:, 0] - wish[:, 0] * along[:, 1], -TURN, TURN)
    speed = np.clip(flock.speed + forward * STEP, *SPEED)
    after = _Flock(
        flock.place,
        speed,
        flock.course + across / np.maximum(speed, flock.speed) * STEP,
        np.clip(flock.climb + np.clip(wish[:, 2], -LIFT, LIFT) * STEP, -CLIMB, CLIMB),
    )
    return after._replace(place=flock.place + (flock.velocity + after.velocity) / 2.0 * STEP)
