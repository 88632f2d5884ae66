"""What a claim is worth: whether sensors that measure see what a transmitter says of itself, and whether it can be true.

Three things are kept of each track that claims a place: how often a measuring sensor agreed (fading), how much its silence
speaks against the claim (Page's cumulative sum of log likelihood ratios), and when the claims last contradicted themselves.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from fusion.frame import Horizon
from fusion.messages import SECOND, Floats, Integers, Strength
from fusion.tracking import kernels

FRESH = 3.0
"""s for which a claimed place is compared with what is seen: broadcasts come once a second (ASTM F3411), and some are lost."""

SPACING = 0.5
"""s between two agreements that both count: the errors of a camera's neighbouring pictures are the same error."""

ENOUGH = 2.5
"""Agreements that corroborate: three looks, a little faded. One may be chance: a bird, or a bearing that happens to fit."""

MOST = 10.0
"""Agreements at most, so that a claim which nobody can measure any longer is a claim again after 83 s."""

AGREEMENT_MEMORY = 60.0
"""s after which an agreement counts 1/e: a transmitter may be carried on by another aircraft."""

ABSENT = 6.0
"""Sum of silence, less recent agreements, that contradicts: odds of 400 to 1 against the claim. With P_D = 0.9 it is five
looks in a row; a drone that was measured before and flies behind a house is given some seven more."""

SILENCE = 0.6
"""Weight of one silent look: misses are correlated (a mast, a null of the echo), so five are worth three."""

PRESENCE = 3.0
"""What one agreeing look takes off the sum of silence: e³ = 20 to 1, as a radar's hit in a gate full of clutter. A target
that a radar of P_D = 0.9 really sees in one look of three is not contradicted."""

MOST_ABSENT = ABSENT + MOST
"""Silence at most: what contradicts however often sensors agreed before; three agreeing looks are believed again."""

GOOD = 0.5
"""Probability of detection, coverage's edge included, below which a look's silence is not counted at all."""

LOW = 20.0
"""m above ground below which silence is not counted: houses, trees and ground clutter hide what is there."""

DOUBT = 60.0
"""s for which a jump, or a second place, contradicts a claim: a pilot's receiver may err once, and is heard again after."""

DRONE_SPEED, AIRCRAFT_SPEED = 100.0, 350.0
"""m/s beyond which consecutive reports are not of one drone, or of one aircraft: FPV racers reach 70, airliners 300 with wind."""

TURNABOUT = 30.0
"""m/s by which a place may differ from the one that its last claim leads to, for two tracks that claim one name at once."""

CLOCKS = 0.5
"""s by which the times of two reports may be wrong against each other: they are stamped by different receivers."""

SIGMAS = 4.0
"""How many sigmas of both reports together are explained: a Gaussian error passes this once in 16,000 reports."""

AGREES = np.array([0.0, 10.8, 13.8, 16.3])
"""χ² quantiles at 0.999 for 0–3 components: a true claim disagrees with one look in a thousand."""

WALK = 20.0
"""m/s by which a velocity that nobody told may differ from nought, each axis: a consumer drone's top speed."""

SWERVE = 5.0
"""m/s a second by which a told velocity may change since: a small multirotor's acceleration."""


class Report(NamedTuple):
    """One claimed place."""

    time: int  # ns
    place: Floats  # (3) grid
    rate: Floats  # (3) m/s, NaN where it was not told
    spread: Floats  # (2) m², horizontal (each axis) and vertical; infinite where height was not told


def ahead(report: Report, time: int) -> Report:
    """Give where a claim leads to at a time, and how uncertain that is."""
    age = (time - report.time) / SECOND
    told = np.isfinite(report.rate)
    away = np.where(told.all(), SWERVE * age * age / 2.0, WALK * age) ** 2
    return Report(time, report.place + np.where(told, report.rate, 0.0) * age, report.rate, report.spread + away)


def agrees(report: Report, horizon: Horizon, z: Floats, variance: Floats, time: int) -> bool:
    """Whether a direction z (range, azimuth, elevation; infinite variance: not measured) may be of what a claim says is there."""
    there = ahead(report, time)
    level, up = float(there.spread[0]), min(float(there.spread[1]), 1e6)
    d2, parts = kernels.misses(
        horizon.origin, horizon.coefficients, np.nan_to_num(there.place), np.array([level, level, up]), z, variance
    )
    return bool(d2 <= AGREES[parts])


def impossible(before: Report, now: Report, top: float) -> bool:
    """Whether two reports of one name cannot be of one aircraft: further apart than its speed and both errors explain."""
    return _unexplained(before.place, before, now) > top * _between(before, now)


def too_fast(speed: float, sigma: float, top: float) -> bool:
    """Whether a speed in plan, told or followed, is more than what claims it can fly, beyond doubt."""
    return speed - SIGMAS * sigma > top


def two_places(before: Report, now: Report) -> bool:
    """Whether two tracks that claim one name at once are apart: further than a turnabout since, and both errors, explain."""
    return _unexplained(ahead(before, now.time).place, before, now) > TURNABOUT * _between(before, now)


def _between(before: Report, now: Report) -> float:
    return abs(now.time - before.time) / SECOND + CLOCKS


def _unexplained(place: Floats, before: Report, now: Report) -> float:
    """Give the plan distance that sigmas do not explain, m."""
    sigma = math.sqrt(before.spread[0] + now.spread[0])
    return math.hypot(*(now.place - place)[:2]) - SIGMAS * sigma


def silence(pd: Floats, missed: Floats, period: float) -> Floats:
    """Give what one silent look says against what is claimed: −log(1 − P_D), tempered; missed is how surely nothing was seen.

    Looks that follow each other faster than once a second share their errors and count accordingly less.
    """
    counted = np.where(pd >= GOOD, pd, 0.0)
    return np.asarray(-SILENCE * min(period, 1.0) * missed * np.log1p(-counted))


def faded(agreed: Floats, agreed_at: Integers, time: int) -> Floats:
    """Give what past agreements count at a time."""
    return np.asarray(agreed * np.exp(-np.maximum(time - agreed_at, 0) / (AGREEMENT_MEMORY * SECOND)))


def strengths(agreed: Floats, absent: Floats, doubted: Integers, time: int) -> tuple[Strength, ...]:
    """Give each track's word; contradiction goes before agreement. agreed as `faded` gives it."""
    against = (absent - agreed >= ABSENT) | ((doubted > 0) & (time - doubted <= DOUBT * SECOND))
    words = np.where(against, "contradicted", np.where(agreed >= ENOUGH, "corroborated", "claimed"))
    return tuple(words.tolist())
