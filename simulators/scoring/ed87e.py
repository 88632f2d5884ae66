"""Rows of EUROCAE ED-87E, with pass or fail: the nearest published requirement on a fused picture.

It is written for an airport's surface (A-SMGCS); over a city it is a yardstick, not an obligation.

A share of nought among n trials shows only that the true share is below 3/n with 95 % confidence (the exact Clopper–Pearson
bound is printed as `shown`): a run that passes "≤ 1e-6" has rarely shown it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.stats import beta

from fusion.messages import Floats
from simulators.scoring.courageous import Named
from simulators.scoring.errors import MOVING, course_error
from simulators.scoring.pairing import Pairs
from simulators.scoring.scene import Scene
from simulators.scoring.times import Times

POSITION_M, VELOCITY_MPS, COURSE_DEG = 12.0, 5.0, 15.0
REPORTED, GAP_S, GAPS, FALSE_IDENTITY = 0.99, 5.0, 1e-6, 1e-4

UPDATE_S = 1.0
"""s within which a report is due."""


class Requirement(NamedTuple):
    """One row: what is asked, what was measured, and the verdict; None where nothing could be measured."""

    what: str
    limit: str
    measured: float
    unit: str
    passed: bool | None
    samples: int
    shown: float  # the bound of 95 % confidence on a share; NaN for percentiles


def requirements(scene: Scene, pairs: Pairs, times: Times, named: Named) -> tuple[Requirement, ...]:
    """Judge a run."""
    true, said = scene.true.velocity[pairs.true], scene.said.velocity[pairs.said]
    moving = np.hypot(true[:, 0], true[:, 1]) >= MOVING
    fresh = scene.more.age[pairs.said] <= UPDATE_S
    long = sum(gap > GAP_S for life in times.lives for gap in life.gaps)
    identity = named.identity_right[~np.isnan(named.identity_right)]
    return (
        _percentile("position, 95 %", np.linalg.norm(pairs.error[:, :2], axis=1), 95, POSITION_M, "m"),
        _percentile("velocity, 90 %", np.linalg.norm(pairs.velocity_error[:, :2], axis=1), 90, VELOCITY_MPS, "m/s"),
        _percentile("course, 90 %", np.abs(course_error(true, said))[moving], 90, COURSE_DEG, "°"),
        _at_least("report within 1 s", int(fresh.sum()), len(scene.true.step), REPORTED),
        _at_most("gap over 5 s, of all reports", long, len(pairs.step), GAPS),
        _at_most("false identification", int((identity == 0.0).sum()), len(identity), FALSE_IDENTITY),
    )


def _percentile(what: str, size: Floats, percent: int, limit: float, unit: str) -> Requirement:
    measured = float(np.percentile(size, percent)) if len(size) else math.nan
    return Requirement(what, f"≤ {limit:g}", measured, unit, measured <= limit if len(size) else None, len(size), math.nan)


def _at_least(what: str, count: int, total: int, limit: float) -> Requirement:
    measured = count / total if total else math.nan
    return Requirement(what, f"≥ {limit:g}", measured, "", measured >= limit if total else None, total, _lower(count, total))


def _at_most(what: str, count: int, total: int, limit: float) -> Requirement:
    measured = count / total if total else math.nan
    return Requirement(what, f"≤ {limit:g}", measured, "", measured <= limit if total else None, total, _upper(count, total))


def _upper(count: int, total: int) -> float:
    """Give the one-sided 95 % bound above a share (Clopper, Pearson 1934)."""
    return math.nan if not total else 1.0 if count == total else float(beta.ppf(0.95, count + 1, total - count))


def _lower(count: int, total: int) -> float:
    """Give the one-sided 95 % bound below a share."""
    return math.nan if not total else 0.0 if count == 0 else float(beta.ppf(0.05, count, total - count + 1))
