"""The wind: a mean that grows with height, and gusts around it as aircraft are certified against (MIL-HDBK-1797, low altitude).

Dryden's gusts are Gaussian processes of known spectra. Along the mean wind, and across it and up:
    Φu ∝ 1 / (1 + (τ ω)²), R(t) = σ² exp(−t/τ);    Φv, Φw ∝ (1 + 3 (τ ω)²) / (1 + (τ ω)²)², R(t) = σ² (1 − t/2τ) exp(−t/τ)
with τ a length of the air over the speed at which it is passed. They are drawn by their exact transition from sample to
sample, so that their law is the same at any step.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from fusion.messages import Floats
from simulators.chance import correlated
from simulators.scenario import Wind

FOOT = 0.3048

LOWEST, HIGHEST = 3.0 * FOOT, 1000.0 * FOOT
"""m above the ground: where the handbook's low-altitude law holds; nearer and farther it is taken as there."""

TOLD_AT = 10.0
"""m above the ground: where weather reports tell the wind (WMO-No. 8)."""

LEAST_PASSING = 1.0
"""m/s: gusts change even for what drifts with the wind."""


class Gusts(NamedTuple):
    """The law of gusts at a height: standard deviations (m/s) and lengths (m), along the wind, across it, and up."""

    sigma: tuple[float, float, float]
    length: tuple[float, float, float]


def mean(wind: Wind, height: Floats) -> Floats:
    """Give the mean wind (n, 3), m/s east, north, up, at heights above the ground (n,).

    What is told times ln(h/z₀) / ln(10 m/z₀), z₀ the roughness.
    """
    least = max(LOWEST, math.e * wind.roughness_m)  # the law has no wind at z₀ and none below
    share = np.log(np.clip(height, least, HIGHEST) / wind.roughness_m) / math.log(TOLD_AT / wind.roughness_m)
    east, north = _towards(wind)
    return np.asarray(wind.speed_mps * share[:, None] * np.array([east, north, 0.0]))


def law(wind: Wind, height: float) -> Gusts:
    """Give the handbook's law: σw = 0.1 W20, σu = σv = σw/(0.177 + 0.000823 h)^0.4, Lu = Lv = h/(0.177 + 0.000823 h)^1.2, Lw = h.

    h is in feet, W20 the mean wind 20 ft above the ground. Lengths are those of MIL-F-8785C, which for v and w are twice the
    handbook's, as its filters have 2 L where those have L.
    """
    feet = min(max(height, LOWEST), HIGHEST) / FOOT
    up = 0.1 * float(np.linalg.norm(mean(wind, np.array([20.0 * FOOT])))) * wind.gusts
    across, far = up / (0.177 + 0.000823 * feet) ** 0.4, FOOT * feet / (0.177 + 0.000823 * feet) ** 1.2
    return Gusts((across, across, up), (far, far, FOOT * feet))


def gusts(wind: Wind, height: float, passing: float, count: int, step: float, random: np.random.Generator) -> Floats:
    """Draw gusts (count, 3), m/s east, north, up, met every `step` at a height by what passes the air at `passing` m/s."""
    told, speed = law(wind, height), max(passing, LEAST_PASSING)
    along = told.sigma[0] * correlated(random, count, 1, step, told.length[0] / speed)[:, 0]
    across = told.sigma[1] * _transverse(random, count, step, told.length[1] / speed)
    up = told.sigma[2] * _transverse(random, count, step, told.length[2] / speed)
    east, north = _towards(wind)
    return np.stack([along * east + across * north, along * north - across * east, up], axis=-1)


def _transverse(random: np.random.Generator, count: int, step: float, memory: float) -> Floats:
    """Draw (count,) of the gust across, of variance 1: white noise through (1 + √3 τ s) / (1 + τ s)².

    That is √3 a + (1 − √3) b with τ ȧ = −a + noise and τ ḃ = −b + a; stationary, E aa = 1/2, E ab = E bb = 1/4. From sample to
    sample with d = step/τ: F = exp(−d) [[1, 0], [d, 1]], and noise of covariance P − F P Fᵀ.
    """
    from scipy.signal import lfilter  # noqa: PLC0415 - half a second of start-up, which a calm need not wait for

    d = step / memory
    stationary = np.array([[0.5, 0.25], [0.25, 0.25]])
    onward = math.exp(-d) * np.array([[1.0, 0.0], [d, 1.0]])
    noise = random.standard_normal((count, 2)) @ np.linalg.cholesky(stationary - onward @ stationary @ onward.T).T
    noise[0] = np.linalg.cholesky(stationary) @ random.standard_normal(2)
    first = lfilter([1.0], [1.0, -onward[0, 0]], noise[:, 0])
    noise[1:, 1] += onward[1, 0] * first[:-1]
    second = lfilter([1.0], [1.0, -onward[1, 1]], noise[:, 1])
    return np.asarray(math.sqrt(3.0) * first + (1.0 - math.sqrt(3.0)) * second)


def _towards(wind: Wind) -> tuple[float, float]:
    """Give east and north of where it blows to; a report tells whence it comes."""
    whence = math.radians(wind.from_deg)
    return -math.sin(whence), -math.cos(whence)
