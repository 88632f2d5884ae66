"""Where a target is meant to go, and where it truly is at any time: fine samples of its flight, and a cubic through them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import solve_banded

from fusion.messages import Floats, Integers

STEP = 0.05
"""s between the samples of a flight: six and more in the shortest ramp of the liveliest kind (0.3 s)."""

GRAVITY = 9.80665

FEW = 100
"""Tracks in a fleet: enough to be fast, and some megabytes."""


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
        return self.start + self.step * (self.count - 1)

    @property
    def count(self) -> int:
        """How many samples there are."""
        return len(self.samples)

    def flying(self, time: ArrayLike) -> NDArray[np.bool_]:
        """Tell for each time whether the target is in the air."""
        return (np.asarray(time) >= self.start) & (np.asarray(time) <= self.end)

    def position(self, time: ArrayLike) -> Floats:
        """Give earth-centred positions (…, 3) at times, s; at its first or last place outside the flight."""
        u, first, here, square, cube = self._cubic(time)
        return np.asarray(first + u * (here + u * (square + u * cube)))

    def motion(self, time: ArrayLike) -> tuple[Floats, Floats]:
        """Give earth-centred positions and velocities (…, 3) at times, s, at once."""
        u, first, here, square, cube = self._cubic(time)
        return first + u * (here + u * (square + u * cube)), (here + u * (2.0 * square + 3.0 * u * cube)) / self.step

    def velocity(self, time: ArrayLike) -> Floats:
        """Give earth-centred velocities (…, 3) at times, s."""
        return self.motion(time)[1]

    def _cubic(self, time: ArrayLike) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        """Give u, from 0 to 1 between two samples, and the coefficients of the cubic in it.

        Between samples Δ apart with slopes s, s′ (Hermite): p₀ + s h u + (3 Δ − 2 s h − s′ h) u² + (s h + s′ h − 2 Δ) u³.
        """
        at = np.clip(np.asarray(time, float) - self.start, 0.0, self.end - self.start) / self.step
        row = np.minimum(at.astype(np.int64), self.count - 2)
        first, rise = self._take(self.samples, row), self._take(self.samples, row + 1) - self._take(self.samples, row)
        here, there = self._take(self._slopes, row) * self.step, self._take(self._slopes, row + 1) * self.step
        return (at - row)[..., None], first, here, 3.0 * rise - 2.0 * here - there, here + there - 2.0 * rise

    def _take(self, values: Floats, row: Integers) -> Floats:
        return np.asarray(values[row])

    @cached_property
    def _slopes(self) -> Floats:
        return _slopes(self.samples, self.step)


@dataclass(frozen=True, eq=False)
class Fleet(Trajectory):
    """Several that fly from one time to another: samples are (k, n, 3), and times and what comes of them have a row each."""

    members: tuple[Trajectory, ...]

    @property
    def count(self) -> int:
        """How many samples each has."""
        return int(self.samples.shape[1])

    def _take(self, values: Floats, row: Integers) -> Floats:
        return np.asarray(values[np.arange(len(values))[:, None], row])

    @cached_property
    def _slopes(self) -> Floats:
        return np.stack([member._slopes for member in self.members])  # noqa: SLF001 - they are of its own kind


def fleets(tracks: Sequence[Trajectory]) -> Iterator[tuple[list[int], Fleet]]:
    """Put tracks together that can be asked at once; give which they are, and the fleet."""
    alike: dict[tuple[float, float, int], list[int]] = {}
    for i, track in enumerate(tracks):
        alike.setdefault((track.start, track.step, track.count), []).append(i)
    for (start, step, _), rows in alike.items():
        for few in (rows[begin : begin + FEW] for begin in range(0, len(rows), FEW)):
            members = tuple(tracks[i] for i in few)
            yield few, Fleet(start, step, np.stack([member.samples for member in members]), members)


def _slopes(samples: Floats, step: float) -> Floats:
    """Give the slopes (n, 3) at evenly spaced samples that make the curvature continuous ("not-a-knot" at the ends).

    sᵢ₋₁ + 4 sᵢ + sᵢ₊₁ = 3 (mᵢ₋₁ + mᵢ) with m the slopes of the chords; at an end s₀ + 2 s₁ = (5 m₀ + m₁) / 2 (de Boor, "A
    practical guide to splines", IV). Three samples leave a parabola, two a line.
    """
    if len(samples) < 4:
        return np.asarray(np.gradient(samples, step, axis=0, edge_order=2 if len(samples) == 3 else 1))
    chords = np.diff(samples, axis=0) / step
    right = np.empty_like(samples)
    right[1:-1] = 3.0 * (chords[:-1] + chords[1:])
    right[0], right[-1] = (5.0 * chords[0] + chords[1]) / 2.0, (5.0 * chords[-1] + chords[-2]) / 2.0
    bands = np.ones((3, len(samples)))
    bands[1, 1:-1] = 4.0
    bands[0, 1] = bands[2, -2] = 2.0
    return np.asarray(solve_banded((1, 1), bands, right, overwrite_ab=True, overwrite_b=True, check_finite=False))
