"""How probably a look detects a target: as configured, by measured steps of range, or by the radar equation."""

from __future__ import annotations

import numpy as np

from fusion.messages import Floats
from simulators.behaviour import Echo


def probability(
    configured: float, steps: tuple[tuple[float, float], ...], echo: Echo | None, distance: Floats, rcs_dbsm: float
) -> Floats:
    """Give the probability of detection at ranges (n,): the configured one, the scenario's steps, or an echo's.

    An echo that fluctuates from look to look (Swerling 1) is detected with Pd = Pfa^(1 / (1 + SNR)) (Skolnik, Introduction,
    §2.8; Richards, Fundamentals of Radar Signal Processing, §6.3).
    """
    if echo is not None:
        return np.asarray(echo.false_alarm ** (1.0 / (1.0 + signal(echo, distance, rcs_dbsm))))
    if not steps:
        return np.full(len(distance), configured)
    limits, shares = np.array([step[0] for step in steps]), np.array([*(step[1] for step in steps), 0.0])
    return np.asarray(shares[np.searchsorted(limits, distance, side="left")])


def signal(echo: Echo, distance: Floats, rcs_dbsm: float) -> Floats:
    """Give the mean signal-to-noise ratios (n,), as ratios, at ranges (n,): SNR ~ σ R⁻⁴ (the radar equation)."""
    decibels = echo.snr_db + rcs_dbsm - echo.rcs_dbsm - 40.0 * np.log10(np.maximum(distance, 1.0) / echo.range_m)
    return np.asarray(10.0 ** (decibels / 10.0))
