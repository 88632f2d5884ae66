"""How multirotors and helicopters fly: a route, averaged twice.

The route is first a velocity that jumps from leg to leg. Averaging it over a time T₁ bounds the acceleration by the jump
over T₁; averaging that over T₂ bounds the jerk by twice the acceleration over T₂ (jerk-limited set-points as a chain of
moving averages: Biagiotti & Melchiorri, "FIR filters for online trajectory planning with time- and frequency-domain
specifications", Control Engineering Practice 20, 2012). Averages keep the whole way, so it arrives; corners are cut
unless the actor hovers there; and the speed is never above the route's own.
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import numpy as np

from fusion.messages import Floats, Integers
from simulators.trajectory import GRAVITY, STEP, Leg, Route

WANDER_SHARE = 0.15
"""Share of the limits that is left to the wander around the route, so that both together stay within them."""

WANDER = np.array([0.4, 0.4, 0.15])
"""m, standard deviation of the wander: a consumer drone holds its place to ±0.5 m up and ±1.5 m across (DJI manuals)."""

BLOCK = 50
"""Samples over which the sines of the wander are turned on: of the order of the root of a flight's samples."""

FAR = 1 << 30
"""Samples, more than any flight has."""

STEADY = 1e-9
"""m/s: what velocities along a straight leg differ by for rounding alone."""

WANDER_PERIODS = (8.0, 40.0)
"""s: slower than the attitude loop, as gusts and the drift of satellite positions are."""


CALM = np.zeros(3)
"""m: the wander of what stands on something."""


class Limits(NamedTuple):
    """What an airframe can do."""

    speed: float  # m/s, across
    climb: float  # m/s
    descent: float  # m/s
    acceleration: float  # m/s², across
    lift: float  # m/s², up and down
    jerk: float  # m/s³
    tilt: float = 0.0  # rad, of the thrust; what has none is held by the ground
    drag: float = 0.0  # 1/m: v² of airspeed times this is m/s² of drag


def _level(tilt_deg: float, speed: float) -> float:
    """Give the drag (1/m) at which the thrust at full tilt just holds height and speed: k v² = g tan(tilt)."""
    return GRAVITY * math.tan(math.radians(tilt_deg)) / speed**2


LIMITS = {
    # DJI Mavic 3, published: 21 m/s in S mode, 6 m/s up and down in N mode, 35° of tilt. PX4's defaults: MPC_ACC_HOR_MAX
    # 5 m/s², MPC_ACC_DOWN_MAX 3 m/s², MPC_JERK_MAX 8 m/s³; the tilt that this takes in still air is 27°. So it can hold its
    # place in 21 m/s of wind; its maker tells 12 m/s, which with gusts of half as much again leaves 3 m/s to fly with.
    "multirotor": Limits(
        speed=21.0,
        climb=6.0,
        descent=6.0,
        acceleration=5.0,
        lift=3.0,
        jerk=8.0,
        tilt=math.radians(35.0),
        drag=_level(35.0, 21.0),
    ),
    # DJI FPV, published: 39 m/s in M mode. ArduPilot's freestyle.param leans to 70°: g tan 70° = 27 m/s² in level
    # flight. 80 m/s³ is the most that PX4's MPC_JERK_AUTO takes.
    "fpv": Limits(
        speed=39.0,
        climb=15.0,
        descent=10.0,
        acceleration=27.0,
        lift=10.0,
        jerk=80.0,
        tilt=math.radians(70.0),
        drag=_level(70.0, 39.0),
    ),
    # EC145: 268 km/h, climbs 8.1 m/s. A quarter of g is brisk with passengers aboard (assumed), and so is the jerk; their
    # sum with the drag at 74 m/s (1.1 m/s²: 1.2 m² of flat plate, 3.6 t; assumed) is the tilt.
    "helicopter": Limits(
        speed=74.0, climb=8.0, descent=8.0, acceleration=2.5, lift=2.0, jerk=2.0, tilt=math.radians(20.0), drag=1.1 / 74.0**2
    ),
}


def fly(route: Route, limits: Limits, duration: float, random: np.random.Generator, *, wander: Floats = WANDER) -> Floats:
    """Fly a route in still air; give chart points (n, 3) every STEP, until `duration` or the landing before it."""
    reference = _reference(route.legs, limits)
    before = np.zeros(3) if route.from_rest else reference[0]
    calm = 1.0 - WANDER_SHARE
    first = _first_window(reference, before, limits.acceleration * calm, limits.lift * calm)
    once = _average(reference, first, before)
    peak = float(_lengths(np.diff(once, axis=0)).max(initial=0.0)) / STEP
    second = max(1, math.ceil(2.0 * peak / (limits.jerk * calm * STEP)))
    velocity = _average(once, second, before)
    path = STEP * np.concatenate([np.zeros((1, 3)), np.cumsum(velocity, axis=0)])
    path += route.legs[-1].point - path[-1]
    if not route.from_rest:  # averages come half a window late: begin where the route does
        path = path[(first + second) // 2 - 1 :]
    whole = math.floor(duration / STEP) + 1
    if not route.landing and len(path) < whole:
        path = np.concatenate([path, np.broadcast_to(path[-1], (whole - len(path), 3))])
    return np.asarray(path + _wander(len(path), limits, random, wander, landing=route.landing))[:whole]


def settling(speed: float, limits: Limits) -> float:
    """Give the time (s) in which both averages bring it to rest from a speed."""
    calm = 1.0 - WANDER_SHARE
    return 1.2 * speed / (limits.acceleration * calm) + 2.0 * limits.acceleration / limits.jerk + 2.0 * STEP


def _reference(legs: list[Leg], limits: Limits) -> Floats:
    """Give the velocity (n, 3) that jumps from leg to leg."""
    times, points = [0.0, legs[0].hover], [legs[0].point, legs[0].point]
    for before, leg in itertools.pairwise(legs):
        across, up = math.hypot(*(leg.point - before.point)[:2]), float((leg.point - before.point)[2])
        took = max(across / min(leg.speed, limits.speed), up / limits.climb, -up / limits.descent)
        times += [times[-1] + took, times[-1] + took + leg.hover]
        points += [leg.point, leg.point]
    at = STEP * np.arange(math.ceil(times[-1] / STEP) + 2)
    path = np.stack([np.interp(at, times, column) for column in np.array(points).T], axis=-1)
    return np.asarray(np.diff(path, axis=0) / STEP)


def _first_window(reference: Floats, before: Floats, across: float, up: float) -> int:
    """Find the samples to average over so that the acceleration stays below its limits.

    Averaged over n, the acceleration is (v(t) − v(t − n)) / n: a longer window can meet a second corner, so it is
    lengthened until the whole flight fits. It ends at the latest where n spans twice the top speed.
    """
    held = _padded(reference, 1, 1, before)
    corners = np.unique(np.nonzero(np.abs(np.diff(held, axis=0)) > STEADY)[0])
    apart = _apart(corners)
    limits = np.array([across, up]) * STEP
    samples, peak = 1, _steepest(held, corners, 2, limits)
    while True:
        excess = (peak if 2 <= samples < apart else _steepest(held, corners, samples, limits)) / samples
        if excess <= 1.0:
            return samples
        samples = max(samples + 1, math.ceil(samples * min(excess, 1.2)))


def _apart(corners: Integers) -> int:
    """Give the fewest samples between two corners; one between two samples jumps at both, and is one."""
    gaps, second = np.diff(corners), corners[2:] - corners[:-2]
    return int(min(gaps[gaps > 1].min(initial=FAR), second.min(initial=FAR)))


def _steepest(held: Floats, corners: Integers, samples: int, limits: Floats) -> float:
    """Give the greatest change of velocity over `samples`, in limits (across, up); away from corners there is none."""
    met = (corners[:, None] + np.arange(samples)).ravel()
    jump = held[np.minimum(met + 1, len(held) - 1)] - held[np.maximum(met + 1 - samples, 0)]
    return float(
        max(np.hypot(jump[:, 0], jump[:, 1]).max(initial=0.0) / limits[0], np.abs(jump[:, 2]).max(initial=0.0) / limits[1])
    )


def _average(velocity: Floats, samples: int, before: Floats) -> Floats:
    """Average over the `samples` newest values, and come to rest: (n, 3) becomes (n + samples − 1, 3)."""
    total = np.cumsum(_padded(velocity, samples, samples - 1, before), axis=0)
    return np.asarray((total[samples:] - total[:-samples]) / samples)


def _padded(velocity: Floats, lead: int, tail: int, before: Floats) -> Floats:
    return np.concatenate([np.broadcast_to(before, (lead, 3)), velocity, np.zeros((tail, 3))])


def _wander(count: int, limits: Limits, random: np.random.Generator, size: Floats, *, landing: bool) -> Floats:
    """Give the slow departures (count, 3) from the route: sines of random phase, growing in and, before landing, fading out."""
    longest, shortest = (math.tau / period for period in reversed(WANDER_PERIODS))
    rates, phases = random.uniform(longest, shortest, (4, 3)), random.uniform(0.0, math.tau, (4, 3))
    at = STEP * np.arange(count)
    sines = _sines(count, rates, phases) * size * math.sqrt(2.0 / 4.0)
    grown = np.minimum(at, at[-1] - at if landing else at) / 10.0
    wander = sines * np.sin(np.clip(grown, 0.0, 1.0) * math.pi / 2.0)[:, None] ** 2
    return np.asarray(wander * min(1.0, *(WANDER_SHARE / max(share, 1e-12) for share in used(wander, limits))))


def _sines(count: int, rates: Floats, phases: Floats) -> Floats:
    """Give the sums (count, 3) of sines of rates and phases (k, 3), at every STEP.

    sin(a + b) = sin a cos b + cos a sin b, with a at every BLOCK-th sample and b within: a fiftieth of the sines.
    """
    begins = STEP * BLOCK * np.arange(-(-count // BLOCK))[:, None, None] * rates + phases
    within = STEP * np.arange(BLOCK)[:, None, None] * rates
    outer = np.concatenate([np.sin(begins), np.cos(begins)], axis=1)
    inner = np.concatenate([np.cos(within), np.sin(within)], axis=1)
    summed = np.matmul(outer.transpose(2, 0, 1), inner.transpose(2, 1, 0))
    return np.asarray(summed.reshape(3, -1).T[:count])


def _lengths(vectors: Floats) -> Floats:
    """Give the lengths (n,) of vectors (n, 3): column by column, which numpy does faster than along short rows."""
    x, y, z = vectors.T
    return np.asarray(np.sqrt(x * x + y * y + z * z))


def used(path: Floats, limits: Limits) -> tuple[float, float, float]:
    """Give the greatest share of each limit (acceleration, lift, jerk) that a sampled path (n, 3) uses."""
    acceleration = np.diff(path, 2, axis=0) / STEP**2
    jerk = np.diff(path, 3, axis=0) / STEP**3
    across, up = np.hypot(acceleration[:, 0], acceleration[:, 1]), np.abs(acceleration[:, 2])
    return (
        float(across.max(initial=0.0)) / limits.acceleration,
        float(up.max(initial=0.0)) / limits.lift,
        float(_lengths(jerk).max(initial=0.0)) / limits.jerk,
    )
