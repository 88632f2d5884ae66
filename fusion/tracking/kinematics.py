"""What moves like that: evidence for classes from how a track goes, leg by leg.

A leg joins two places of the filtered track, LEG seconds apart. Its length gives speed and climb, two legs one after the
other give acceleration along and across; all are differences of places, so their variances follow from the track's own.
Each class is a mixture of ways to move; a way is Gaussian in the velocity vector, its direction unknown, so that speed is
Rice-distributed: p(s) = s/V exp(−(s² + m²)/2V) I₀(s m/V), V = S² + σ². As the track's σ grows, V forgets the class, and the
evidence vanishes by itself. docs/tracking.md gives the figures' sources.
`legs` and `evidence` are the specification, `kernels.weigh_leg` is the same on arrays.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from fusion.messages import CLASSES, Floats

LEG = 4.0
"""s: at 1 km a drone radar's track is good to some 5 m, so a leg's speed to 2 m/s; a bird circles once in 20 s or slower."""

LONGEST = 10.0
"""s: a leg that took longer (nobody saw the track) says too little of how it went, and is left out."""

CORRELATION = 8.0
"""s for which a manner of moving lasts: legs of a multirotor's route and a pigeon's circle take 10–20 s, so two legs of
4 s weigh as one piece of evidence."""

MEMORY = 120.0
"""s after which evidence has faded to 1/e: what hovered a minute ago is still no bird; what it did before may be over."""


SUREST = 7.0
"""Most that one leg says against a class, e⁷ = 1,000 to 1: one leg in a thousand is of two targets that a track mixed up."""


class Way(NamedTuple):
    """One manner of a class to move, and its share of the time in the air."""

    of: str
    share: float
    speed: float  # m/s over ground
    spread: float  # m/s, each horizontal axis: of the speed, and of the wind
    climb: float  # m/s, standard deviation of the vertical speed over a leg
    across: float  # m/s², mean lateral acceleration, to either side
    swing: float  # m/s², standard deviation of the lateral acceleration
    push: float  # m/s², standard deviation of the acceleration along


WAYS = (  # in the order of CLASSES
    # Hovering, looking round, straight up and down; inspection at a walk; transit; round a point of interest, which an
    # autopilot flies at one height and one speed, as no bird does; sport and racing with the thumb.
    Way("multirotor", 0.15, 0.0, 1.5, 0.5, 0.0, 0.7, 0.7),
    Way("multirotor", 0.05, 0.0, 1.5, 3.0, 0.0, 0.7, 0.7),
    Way("multirotor", 0.16, 4.0, 2.0, 1.0, 0.0, 1.2, 1.2),
    Way("multirotor", 0.47, 12.0, 4.0, 0.6, 0.0, 0.5, 0.7),
    Way("multirotor", 0.12, 10.0, 3.0, 0.2, 1.8, 0.7, 0.25),
    Way("multirotor", 0.05, 16.0, 7.0, 4.0, 0.0, 4.0, 3.0),
    # Above its stalling speed; loitering at 20–30° of bank, g tan φ = 3.6–5.7 m/s².
    Way("fixed_wing", 0.70, 20.0, 5.0, 1.5, 0.0, 0.7, 0.7),
    Way("fixed_wing", 0.30, 19.0, 4.0, 1.0, 4.5, 1.2, 1.0),
    # Flapping straight on at 8–20 m/s of airspeed, in wind, never as even as an autopilot; circling as flocks about their
    # loft do, at some 15° of bank, g tan φ = 2.6 m/s²; and seldom slow: landing, soaring against the wind, a kestrel.
    # Straight on, a bird and a drone on its way look alike: the shares and spreads of those two ways are such that this
    # leans to the drone, because a drone taken for a bird raises no alert.
    Way("bird", 0.30, 12.5, 4.0, 0.9, 0.0, 1.0, 0.9),
    Way("bird", 0.60, 11.5, 3.0, 1.0, 2.6, 1.0, 1.2),
    Way("bird", 0.10, 0.0, 4.0, 1.5, 0.0, 1.5, 1.5),
    # Helicopters in the hover and under way, light aircraft and airliners low down; turns at rate one, 3°/s.
    Way("manned", 0.10, 0.0, 1.5, 1.5, 0.0, 0.7, 0.7),
    Way("manned", 0.20, 25.0, 10.0, 3.0, 0.0, 1.0, 1.0),
    Way("manned", 0.70, 60.0, 20.0, 4.0, 0.0, 2.0, 1.0),
    # Balloons and kites in the wind, and whatever else there is.
    Way("other", 0.50, 0.0, 4.0, 1.5, 0.0, 1.0, 1.0),
    Way("other", 0.50, 10.0, 12.0, 4.0, 0.0, 3.0, 3.0),
)

TABLE = np.array([(math.log(way.share), *way[2:]) for way in WAYS])
"""The ways as numbers (W, 7): log share, speed, spread, climb, across, swing, push."""

FIRST = np.searchsorted([CLASSES.index(way.of) for way in WAYS], np.arange(len(CLASSES) + 1))
"""Where each class's ways begin (C + 1)."""

_LOG_SHARE, _SPEED, _SPREAD, _CLIMB, _ACROSS, _SWING, _PUSH = TABLE.T


class Legs(NamedTuple):
    """What n tracks did on their last leg, and by how much that may be wrong."""

    speed: Floats  # (n) m/s over ground
    climb: Floats  # (n) m/s
    across: Floats  # (n) m/s², signed
    along: Floats  # (n) m/s²
    speed_variance: Floats  # (n) each horizontal axis
    climb_variance: Floats  # (n)
    acceleration_variance: Floats  # (n) each axis; infinite where there was no leg before


def legs(now: Floats, places: Floats, spread: Floats, spreads: Floats, took: Floats, before: Floats) -> Legs:
    """Measure the legs that end now (n, 3), having begun at places[:, 0], and the ones before, which began at places[:, 1].

    spread (n, 2), spreads (n, 2, 2): horizontal (each axis) and vertical variance of now and of the places. took, before
    (n): s, how long the legs lasted; before is 0 where there was none. Errors of successive places are taken as
    independent. They are positively correlated, so differences are better than that: this errs on the careful side.
    """
    first = before <= 0.0
    gap = np.where(first, 1.0, before)
    velocity = (now - places[:, 0]) / took[:, None]
    earlier = (places[:, 0] - places[:, 1]) / gap[:, None]
    mean_time = (took + gap) / 2.0
    acceleration = (velocity - earlier)[:, :2] / mean_time[:, None]
    course = (velocity + earlier)[:, :2]
    course = course / np.maximum(np.hypot(course[:, 0], course[:, 1]), 1e-9)[:, None]
    noise = spread[:, 0] / took**2 + spreads[:, 0, 0] * (1.0 / took + 1.0 / gap) ** 2 + spreads[:, 1, 0] / gap**2
    return Legs(
        speed=np.hypot(velocity[:, 0], velocity[:, 1]),
        climb=velocity[:, 2],
        across=np.where(first, 0.0, course[:, 0] * acceleration[:, 1] - course[:, 1] * acceleration[:, 0]),
        along=np.where(first, 0.0, (course * acceleration).sum(axis=1)),
        speed_variance=(spread[:, 0] + spreads[:, 0, 0]) / took**2,
        climb_variance=(spread[:, 1] + spreads[:, 0, 1]) / took**2,
        acceleration_variance=np.where(first, np.inf, noise / mean_time**2),
    )


def evidence(seen: Legs, took: Floats) -> Floats:
    """Give the log likelihood of each of CLASSES (n, 5) by legs of took (n) s, tempered: log p(leg | class) · took / CORRELATION.

    What was not measured at all has the same density for every class.
    """
    speed, climb, across, along, v_speed, v_climb, v_acceleration = (column[:, None] for column in seen)
    known = np.isfinite(v_acceleration)
    noise = np.where(known, v_acceleration, 0.0)
    swing = np.logaddexp(_normal(across - _ACROSS, _SWING**2 + noise), _normal(across + _ACROSS, _SWING**2 + noise))
    turns = swing + _normal(along, _PUSH**2 + noise)
    ways = _rice(speed, _SPEED, _SPREAD**2 + v_speed) + _normal(climb, _CLIMB**2 + v_climb) + np.where(known, turns, 0.0)
    ways += _LOG_SHARE
    logs = np.logaddexp.reduceat(ways, FIRST[:-1], axis=1)
    logs = np.maximum(logs - logs.max(axis=1, keepdims=True), -SUREST)
    return np.asarray(logs * (np.minimum(took, CORRELATION) / CORRELATION)[:, None])


def _normal(x: Floats, variance: Floats) -> Floats:
    """Give log N(x; 0, variance), but for a constant."""
    return -0.5 * (x * x / variance + np.log(variance))


def _rice(s: Floats, m: Floats, variance: Floats) -> Floats:
    """Give the log density of the length of a plane vector that is m long, with this variance on each axis, but for log s."""
    u = s * m / variance
    bounded = np.minimum(u, 50.0)
    bessel = np.where(
        u <= 50.0, np.log(np.i0(bounded)), u - 0.5 * np.log(math.tau * np.maximum(u, 1.0)) + 0.125 / np.maximum(u, 1.0)
    )
    return np.asarray(-(s * s + m * m) / (2.0 * variance) + bessel - np.log(variance))
