"""How often a sensor errs, and where: its false alarms by cells of its coverage, learnt while it runs."""

from __future__ import annotations

import math

import numpy as np

from fusion.messages import Floats, Integers, Record
from fusion.tracking import kernels
from fusion.tracking.measurements import Measurements
from fusion.tracking.sensors import SensorModel

SECTORS, RINGS = 36, 12
"""Cells: 10° of a whole turn, a twelfth of the range: a wood, a road, a wind turbine's surroundings."""

STRENGTH = 2.0
"""False alarms in a cell that what is configured counts for: a few that come where none should are believed."""

MEMORY = 600.0
"""s: traffic, birds and rain come and go in about so long."""

LEAST = 0.1
"""Share of the configured rate below which no cell falls: that nothing came yet says little of what may come."""


class Clutter(Record):
    """What one sensor told of its false alarms."""

    counts: bytes = bytes(8 * SECTORS * RINGS)  # in each cell, faded: float64
    looks: float = 0.0  # faded

    @property
    def cells(self) -> Floats:
        """The counts, to be read only."""
        return np.frombuffer(self.counts)


def cells_of(seen: Measurements, sensor: SensorModel) -> tuple[Integers, Floats]:
    """Give the cell of each detection (D), and its share of false alarms that are spread evenly (D).

    Cells have equal shares: rings of equal depth for directions, of equal area for positions; without a range a sector is
    one cell, and of a difference of arrival times the whole coverage.
    """
    cell, share = np.empty(len(seen.kind), np.int64), np.empty(len(seen.kind))
    kernels.cells(seen.kind, seen.z, seen.variance, sensor.coverage, sensor.horizon.origin, SECTORS, RINGS, cell, share)
    return cell, share


def relative(clutter: Clutter, cells: Integers, share: Floats, false: float) -> Floats:
    """Give the rate of false alarms at each detection (D) over the configured one: the mean of a Gamma distribution.

    λ_c = (k + n_c) / (k/(λ s) + T), with n_c false alarms in T looks, k = STRENGTH, s the cell's share of λ.
    """
    rate = np.empty(len(cells))
    kernels.rates(clutter.cells, clutter.looks, max(false, 1e-9), cells, share, STRENGTH, LEAST, rate)
    return rate


def of_look(cells: Integers, share: Floats, count: float) -> Floats:
    """Give the rate of false alarms at each detection (D) of a look that holds `count` of them and nothing else, by its cells."""
    within = np.bincount(cells, minlength=SECTORS * RINGS)[cells]
    return np.asarray(count * np.maximum((STRENGTH + within) / (STRENGTH + count * share), LEAST))


def total(clutter: Clutter, false: float) -> float:
    """Give the rate of false alarms in the whole coverage over the configured one: (k + Σ n_c) / (k + λ T)."""
    return (STRENGTH + float(kernels.summed(clutter.cells))) / (STRENGTH + max(false, 1e-9) * clutter.looks)


def learn(clutter: Clutter, cells: Integers, weight: Floats, since: float) -> Clutter:
    """Take one look, `since` seconds after the last; weight (D): how probably each detection is a false alarm."""
    fade = math.exp(-since / MEMORY)
    counts = fade * clutter.cells
    kernels.count(cells, weight, counts)
    return Clutter(counts=counts.tobytes(), looks=fade * clutter.looks + 1.0)
