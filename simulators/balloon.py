"""How a balloon flies: up at its own rate, and wherever the air goes."""

from __future__ import annotations

import math

import numpy as np

from fusion.messages import Floats
from simulators.trajectory import STEP, Leg

USUAL_CLIMB, TOP_CLIMB = 5.0, 8.0
"""m/s: weather balloons climb at 5 to 6 m/s (WMO-No. 8, part III, ch. 8); the fastest are filled for 8."""

LAG = 0.5
"""s until it goes with the air: its rate of climb over g, as its drag holds its buoyancy (Scoggins, NASA TN D-3396, 1965)."""


def heights(leg: Leg, duration: float) -> Floats:
    """Give its heights (n,), m, every STEP: held where it is for as long as the leg hovers, then rising."""
    aloft = np.maximum(STEP * np.arange(math.floor(duration / STEP) + 1) - leg.hover, 0.0)
    return np.asarray(leg.point[2] + leg.speed * (aloft - LAG * (1.0 - np.exp(-aloft / LAG))))


def fly(leg: Leg, air: Floats) -> Floats:
    """Drift with the air (n, 3), m/s, that is met every STEP; give chart points (n, 3)."""
    from scipy.signal import lfilter  # noqa: PLC0415 - half a second of start-up, for balloons alone

    loose = STEP * np.arange(len(air)) >= leg.hover
    keep = math.exp(-STEP / LAG)
    drawn = np.where(loose[:, None], air + np.array([0.0, 0.0, leg.speed]), 0.0)
    velocity = lfilter([1.0 - keep], [1.0, -keep], drawn, axis=0)
    return np.asarray(leg.point + STEP * np.concatenate([np.zeros((1, 3)), np.cumsum(velocity[:-1], axis=0)]))
