"""How often a sensor errs, and where: its false alarms by cells of its coverage, learnt while it runs."""

from __future__ import annotations

import math

import numpy as np

from fusion.messages import Floats, Integers, Record
from fusion.tracking.kernels import DIFFERENCE, POSITION
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

    counts: tuple[float, ...] = (0.0,) * (SECTORS * RINGS)  # in each cell, faded
    looks: float = 0.0  # faded


def cells_of(seen: Measurements, sensor: SensorModel) -> tuple[Integers, Floats]:
    """Give the cell of each detection (D), and its share of false alarms that are spread evenly (D).

    Cells have equal shares: rings of equal depth for directions, of equal area for positions; without a range a sector is
    one cell, and of a difference of arrival times the whole coverage.
    """
    first, width, _, _, near, far = sensor.coverage
    r, azimuth = seen.z[:, 0], seen.z[:, 1]
    depth = (r - near) / (far - near)
    places = seen.kind == POSITION
    if places.any():
        east, north = (seen.z[:, :2] - sensor.horizon.origin[:2]).T
        azimuth = np.where(places, np.arctan2(east, north), azimuth)
        depth = np.where(places, (east**2 + north**2 - near**2) / (far**2 - near**2), depth)
    ranged = np.isfinite(seen.variance[:, 0])
    sector = np.clip((azimuth - first) % math.tau / width * SECTORS, 0, SECTORS - 1).astype(np.int64)
    ring = np.where(ranged, np.clip(depth * RINGS, 0, RINGS - 1), 0).astype(np.int64)
    share = np.where(ranged, 1.0 / (SECTORS * RINGS), 1.0 / SECTORS)
    anywhere = seen.kind == DIFFERENCE
    return np.where(anywhere, 0, sector * RINGS + ring), np.where(anywhere, 1.0, share)


def relative(clutter: Clutter, cells: Integers, share: Floats, false: float) -> Floats:
    """Give the rate of false alarms at each detection (D) over the configured one: the mean of a Gamma distribution.

    λ_c = (k + n_c) / (k/(λ s) + T), with n_c false alarms in T looks, k = STRENGTH, s the cell's share of λ.
    """
    even = max(false, 1e-9) * share
    counts = np.array(clutter.counts)[cells]
    return np.asarray(np.maximum((STRENGTH + counts) / (STRENGTH + even * clutter.looks), LEAST))


def total(clutter: Clutter, false: float) -> float:
    """Give the rate of false alarms in the whole coverage over the configured one: (k + Σ n_c) / (k + λ T)."""
    return (STRENGTH + sum(clutter.counts)) / (STRENGTH + max(false, 1e-9) * clutter.looks)


def learn(clutter: Clutter, cells: Integers, weight: Floats, since: float) -> Clutter:
    """Take one look, `since` seconds after the last; weight (D): how probably each detection is a false alarm."""
    fade = math.exp(-since / MEMORY)
    counts = fade * np.array(clutter.counts)
    np.add.at(counts, cells, weight)
    return Clutter(counts=tuple(counts.tolist()), looks=fade * clutter.looks + 1.0)
