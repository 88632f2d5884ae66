"""How multirotors and helicopters hold to their path in wind: with the thrust that they have, tilted no further than they may.

A point mass under thrust and drag, m/s²:  v̇ = u − g − k |v − w| (v − w),  u the thrust, w the wind. The autopilot is PX4's
cascade: place to speed to thrust, and what drag it feels is met with a lag. Where thrust at its greatest tilt is not enough,
it drifts.
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import numpy as np

from fusion.messages import Floats
from simulators.rotorcraft import Limits
from simulators.trajectory import GRAVITY, STEP, Leg

PLACE, SPEED = np.array([0.95, 0.95, 1.0]), np.array([1.8, 1.8, 4.0])
"""1/s: the autopilot's gains (PX4's defaults MPC_XY_P, MPC_Z_P, MPC_XY_VEL_P_ACC, MPC_Z_VEL_P_ACC)."""

FELT = 1.0
"""s until it meets a change of the wind: slower than the attitude loop, faster than a gust passes (assumed)."""

RESERVE = 0.85
"""Share of the top airspeed that a route may ask for against the mean wind; the rest is for gusts."""

CREEP = 0.5
"""m/s over the ground: what a route asks for where the wind leaves less."""


class _Flight(NamedTuple):
    place: Floats  # (k, 3) m
    velocity: Floats  # (k, 3) m/s
    thrust: Floats  # (k, 3) m/s²
    felt: Floats  # (k, 3) m/s²: the drag that the autopilot believes in


def slowed(legs: list[Leg], limits: Limits, winds: Floats) -> list[Leg]:
    """Give the legs no faster over the ground than the stronger of the mean winds at their ends, (n, 3), leaves.

    W‖ + √(V² − W⊥²), with W‖ along the leg and W⊥ across.
    """
    found, most = legs[:1], RESERVE * limits.speed
    for i, (before, leg) in enumerate(itertools.pairwise(legs)):
        wind = max(winds[i], winds[i + 1], key=lambda one: math.hypot(*one[:2]))
        way = (leg.point - before.point)[:2]
        length = math.hypot(*way)
        along, across = (wind[:2] @ way / length, (wind[0] * way[1] - wind[1] * way[0]) / length) if length else (0.0, 0.0)
        left = float(along + math.sqrt(max(most**2 - across**2, 0.0)))
        found.append(leg._replace(speed=min(leg.speed, max(CREEP, left))))
    return found


def follow(paths: Floats, limits: Limits, wind: Floats) -> Floats:
    """Give where k aircraft truly are (n, k, 3) that are to follow paths (n, k, 3) in winds (n, k, 3), every STEP."""
    speeds = np.gradient(paths, STEP, axis=0)
    pushes = np.gradient(speeds, STEP, axis=0)
    drag = _drag(speeds[0] - wind[0], limits)
    flight = _Flight(paths[0], speeds[0], _within(pushes[0] - drag + [0.0, 0.0, GRAVITY], limits), drag)
    places = [flight.place]
    for path, speed, push, air in zip(paths[:-1], speeds[:-1], pushes[:-1], wind[:-1], strict=True):
        flight = _step(flight, _wish(flight, path, speed, push, limits), air, limits)
        places.append(flight.place)
    return np.stack(places)


def _wish(flight: _Flight, path: Floats, speed: Floats, push: Floats, limits: Limits) -> Floats:
    """Give the thrust (k, 3) that the autopilot would like: its path's, and what brings it back to it."""
    back = _shortened(PLACE * (path - flight.place), limits.speed)
    push = push + SPEED * (speed + back - flight.velocity)
    across = _shortened(push[:, :2], limits.acceleration)
    up = np.clip(push[:, 2:], -limits.lift, limits.lift)
    return np.concatenate([across, up + GRAVITY], axis=1) - flight.felt


def _within(wish: Floats, limits: Limits) -> Floats:
    """Give the thrust (k, 3) nearest to a wish that lift and tilt allow: height goes before place."""
    up = np.clip(wish[:, 2:], GRAVITY - limits.lift, GRAVITY + limits.lift)
    return np.concatenate([_shortened(wish[:, :2], up * math.tan(limits.tilt)), up], axis=1)


def _step(flight: _Flight, wish: Floats, wind: Floats, limits: Limits) -> _Flight:
    """Fly one STEP: turn the thrust towards the wish as fast as the jerk allows, and let air and weight do the rest."""
    thrust = flight.thrust + _shortened(_within(wish, limits) - flight.thrust, limits.jerk * STEP)
    drag = _drag(flight.velocity - wind, limits)
    change = thrust + drag - [0.0, 0.0, GRAVITY]
    return _Flight(
        flight.place + flight.velocity * STEP + change * (STEP**2 / 2.0),
        flight.velocity + change * STEP,
        thrust,
        flight.felt + (drag - flight.felt) * (1.0 - math.exp(-STEP / FELT)),
    )


def _drag(air: Floats, limits: Limits) -> Floats:
    return np.asarray(-limits.drag * np.linalg.norm(air, axis=-1, keepdims=True) * air)


def _shortened(vectors: Floats, most: Floats | float) -> Floats:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors * np.minimum(1.0, most / np.maximum(length, 1e-12)))
