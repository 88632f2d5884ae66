"""Where a target is meant to go, and where it truly is at any time: fine samples of its flight, and a cubic through them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline

from fusion.messages import Floats

STEP = 0.05
"""s between the samples of a flight: six and more in the shortest ramp of the liveliest kind (0.3 s)."""

GRAVITY = 9.80665


class Leg(NamedTuple):
    """The way to one point of the chart."""

    point: Floats  # (3,) m
    speed: float  # m/s, across
    hover: float  # s, there


class Route(NamedTuple):
    """A flight as it is meant."""

    legs: list[Leg]
    from_rest: bool  # takes off or hovers first; otherwise it comes in at speed
    landing: bool  # ends on the ground; otherwise it stays at its last point


@dataclass(frozen=True, eq=False)
class Trajectory:
    """The truth of one target, in earth-centred coordinates.

    The cubic spline through samples of a flight with bounded jerk j is within (5/384) j̇ h⁴ of it: micrometres.
    """

    start: float  # s after the scenario's start, of the first sample
    step: float  # s between samples
    samples: Floats  # (n, 3) m, earth-centred

    @property
    def end(self) -> float:
        """When the last sample is, s after the scenario's start."""
        return self.start + self.step * (len(self.samples) - 1)

    @cached_property
    def _spline(self) -> CubicSpline[np.float64]:
        return CubicSpline(self.step * np.arange(len(self.samples)), self.samples)

    @cached_property
    def _rate(self) -> CubicSpline[np.float64]:
        return self._spline.derivative()

    def flying(self, time: ArrayLike) -> NDArray[np.bool_]:
        """Tell for each time whether the target is in the air."""
        return (np.asarray(time) >= self.start) & (np.asarray(time) <= self.end)

    def position(self, time: ArrayLike) -> Floats:
        """Give earth-centred positions (…, 3) at times, s; at its first or last place outside the flight."""
        return np.asarray(self._spline(self._inside(time)))

    def velocity(self, time: ArrayLike) -> Floats:
        """Give earth-centred velocities (…, 3) at times, s."""
        return np.asarray(self._rate(self._inside(time)))

    def _inside(self, time: ArrayLike) -> Floats:
        return np.clip(np.asarray(time, float) - self.start, 0.0, self.end - self.start)
