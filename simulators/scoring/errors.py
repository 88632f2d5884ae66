"""How far off hits are, axis by axis, and whether the covariances said so."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.stats import chi2

from fusion.messages import Floats
from simulators.scoring.pairing import Pairs
from simulators.scoring.scene import Scene

MOVING = 3.0
"""m/s along the ground: what stands has no course. At 3 m/s an error of 0.8 m/s turns the course by 15°."""


class Spread(NamedTuple):
    """Lengths of errors, in metres (or m/s)."""

    rmse: float
    median: float
    p95: float


class Axis(NamedTuple):
    """One component of the error: truth less estimate."""

    name: str
    unit: str
    bias: float  # mean
    sigma: float  # about the mean
    rmse: float
    p50: float  # percentiles of its size
    p90: float
    p95: float
    p99: float
    samples: int


class Consistency(NamedTuple):
    """Normalised squared errors per degree of freedom: 1 is honest, more is overconfident.

    ANEES = Σ eᵀ P⁻¹ e / (N d); for independent honest estimates N d · ANEES is χ² with N d degrees of freedom (Bar-Shalom, Li,
    Kirubarajan 2001, §5.4.2). Estimates of one track are not independent, so the band is narrower than chance.
    """

    mean: float
    median: float
    band: tuple[float, float]  # where 95 % of independent honest ones would put the mean
    samples: int


def spread(errors: Floats) -> Spread:
    """Sum up error vectors (n, d) by their lengths; without any, there is no figure."""
    if not len(errors):
        return Spread(math.nan, math.nan, math.nan)
    length = np.linalg.norm(errors, axis=1)
    return Spread(float(np.sqrt((length**2).mean())), float(np.median(length)), float(np.percentile(length, 95)))


def axis(name: str, unit: str, errors: Floats) -> Axis:
    """Sum up one component (n,)."""
    if not len(errors):
        return Axis(name, unit, math.nan, math.nan, math.nan, math.nan, math.nan, math.nan, math.nan, 0)
    p50, p90, p95, p99 = np.percentile(np.abs(errors), (50, 90, 95, 99)).tolist()
    bias, sigma, rmse = float(errors.mean()), float(errors.std()), math.sqrt(float((errors**2).mean()))
    return Axis(name, unit, bias, sigma, rmse, p50, p90, p95, p99, len(errors))


def axes(scene: Scene, pairs: Pairs) -> list[Axis]:
    """Sum up hits by place, velocity, along and across the flight, speed and course."""
    velocity = scene.true.velocity[pairs.true]
    said = scene.said.velocity[pairs.said]
    ahead = np.hypot(velocity[:, 0], velocity[:, 1])
    moving = ahead >= MOVING
    along = (pairs.error[:, :2] * velocity[:, :2]).sum(axis=1)[moving] / ahead[moving]
    across = (pairs.error[:, 0] * velocity[:, 1] - pairs.error[:, 1] * velocity[:, 0])[moving] / ahead[moving]
    found = [axis(name, "m", pairs.error[:, i]) for i, name in enumerate(("east", "north", "up"))]
    found += [axis("along the flight", "m", along), axis("across it, to the right", "m", across)]
    found += [axis(f"velocity {name}", "m/s", pairs.velocity_error[:, i]) for i, name in enumerate(("east", "north", "up"))]
    speed = ahead - np.hypot(said[:, 0], said[:, 1])
    return [*found, axis("speed", "m/s", speed), axis("course", "°", course_error(velocity, said)[moving])]


def course_error(true: Floats, said: Floats) -> Floats:
    """Give by how many degrees courses differ (n,), from −180 to 180: true less said."""
    turn = np.arctan2(true[:, 0], true[:, 1]) - np.arctan2(said[:, 0], said[:, 1])
    return np.asarray(np.degrees((turn + math.pi) % math.tau - math.pi))


def nees(errors: Floats, covariance: Floats) -> Consistency:
    """Measure errors (n, d) by covariances (n, d, d); rows without one (NaN) are left out."""
    known = np.isfinite(covariance).all(axis=(1, 2))
    return normalised(quadratic(errors[known], covariance[known]), errors.shape[1])


def quadratic(errors: Floats, covariance: Floats) -> Floats:
    """Give eᵀ P⁻¹ e of each (n,)."""
    return np.asarray((errors * np.linalg.solve(covariance, errors[..., None])[..., 0]).sum(axis=1))


def normalised(squares: Floats, dimensions: int) -> Consistency:
    """Sum up normalised squares (n,) that have so many degrees of freedom each."""
    freedom = max(1, len(squares) * dimensions)
    band = (float(chi2.ppf(0.025, freedom) / freedom), float(chi2.ppf(0.975, freedom) / freedom))
    if not len(squares):
        return Consistency(math.nan, math.nan, band, 0)
    return Consistency(float(squares.mean()) / dimensions, float(np.median(squares)) / dimensions, band, len(squares))
