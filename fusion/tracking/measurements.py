"""A scan as arrays, freed from its sensor's bias: one row a detection, in the order that gating wants."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from fusion.frame import SiteFrame
from fusion.messages import LIGHT, Floats, Integers, Scan
from fusion.tracking import kernels
from fusion.tracking.kernels import DIFFERENCE, DIRECTION
from fusion.tracking.reading import NEAREST, Reading, densities, read
from fusion.tracking.sensors import TIME_OFF, Bias, SensorModel

WAY = 10.0
"""m/s, each axis: how fast a target is taken to go whose time is not known well; a drone's cruise is 15 m/s."""

LEAST = 16
"""Detections that a strip holds at least: to look at so many costs as much as to skip a strip."""

SPANS = (np.zeros((0, 2)), np.array([[-np.inf, np.inf]]), np.array([[-np.inf, np.inf]] * 2))
"""What lies between of few detections: everything, in a strip for each kind."""


class Measurements(NamedTuple):
    """D detections of one scan. A component that was not measured has infinite variance."""

    kind: Integers  # (D)
    z: Floats  # (D, 6) range, azimuth, elevation, range rate; or easting, northing, height and their rates; or a difference, m
    variance: Floats  # (D, 6) with what is not known of the sensor's bias
    noise: Floats  # (D, 6) without, as stated
    time: Integers  # (D) ns, each detection's own
    offset: Floats  # (D) s, each detection's own time against the scan's
    names: Integers  # (D) identity codes, 0 for none
    numbers: Integers  # (D) codes of the sensor's own track numbers, 0 for none or where it has no tracker
    label: Integers  # (D) codes of the sensor's labels, 0 for none
    labels: Floats  # (D, 5) how likely each is, by class; 1 without one
    hint: Floats  # (D, 4) a reported velocity in the grid, and its sigma; sigma 0 for none
    density: Floats  # (D) of one false alarm, over the components that were measured
    order: (
        Integers  # directions in strips of like range, each by azimuth; then positions, by northing and easting; no differences
    )
    key: Floats  # what each strip is sorted by
    n_direction: int
    first: Integers  # (strips + 1) where each strip begins in `order`
    span: Floats  # (strips, 2) the least and the greatest range or northing in it
    differences: Integers  # (K) the differences, by reference, then by time
    base: Integers  # (D) each difference's reference, a row of the next two; 0 of any other kind
    origins: Floats  # (R, 3) the references' horizons
    coefficients: Floats  # (R, 3, 10)
    slack: Floats  # (6, 2) the largest variance of each component, directions and positions
    coverage: Floats  # (6)
    rangeless: bool  # whether any is a direction without a range
    labelled: bool  # whether any has a label
    named: bool  # whether any says who it is


def measure(
    scan: Scan,
    sensor: SensorModel,
    frame: SiteFrame,
    bias: Bias | None = None,
    others: Mapping[str, SensorModel] = MappingProxyType({}),
    scale: float = 1.0,
) -> Measurements:
    """Turn a scan into arrays, freed from the sensor's bias as far as that is known; its prior if left out.

    others: the site's sensors, which differences are measured against; scale: its variance as a share of what was stated.
    """
    return freed(read(scan, sensor, frame, others), sensor, sensor.prior if bias is None else bias, scale)


def freed(told: Reading, sensor: SensorModel, bias: Bias, scale: float) -> Measurements:
    """Free what was read from a sensor's bias, and count what is not known of it as noise (`kernels.free`).

    A bias does not average out, so this is no white noise; who counts it as if it were errs on the careful side across
    sensors. Of J B Jᵀ the diagonal is kept. Directions are seen from where the sensor stands in truth (`SensorModel.moved`).
    What a clock is off by moves a target along its way. How unsure a correction is takes the grid's north for true north,
    and heights for small; without a range neither way nor place can be told in angles.
    """
    D = len(told.kind)
    z, variance, offset, slack = np.empty((D, 6)), np.empty((D, 6)), np.empty(D), np.empty((6, 2))
    clocks, density = told.clocks, told.density
    if len(told.differences):
        clocks = clocks + LIGHT**2 * bias.covariance[TIME_OFF, TIME_OFF] * (told.kind == DIFFERENCE)
        density = densities(told.kind, told.stated, sensor, told.against)
    kernels.free(
        *(told.kind, told.told, told.stated, told.own, bias.value, bias.covariance, scale, clocks, WAY, NEAREST),
        *(sensor.horizon.origin, sensor.horizon.coefficients, z, variance, offset, slack),
    )
    order, key, first, span = _ordered(told, z, variance)
    return Measurements(
        kind=told.kind, z=z, variance=variance, noise=told.stated, time=told.time, offset=offset, names=told.names,
        numbers=told.numbers, label=told.label, labels=told.labels, hint=told.hint, density=density, order=order, key=key,
        n_direction=told.n_direction, first=first, span=span, differences=told.differences, base=told.against.base,
        origins=told.against.origins, coefficients=told.against.coefficients, slack=slack, coverage=told.coverage,
        rangeless=told.rangeless, labelled=told.labelled, named=told.named,
    )  # fmt: skip


def _ordered(told: Reading, z: Floats, variance: Floats) -> tuple[Integers, Floats, Integers, Floats]:
    """Give what `strips` gives, of few detections by a kernel."""
    rows = told.rows
    if len(rows) > LEAST:
        return strips(rows, told.kind, z, variance)
    order, key = np.empty(len(rows), np.int64), np.empty(len(rows))
    kernels.sort(told.kind, z, rows, order, key)
    return order, key, told.first, SPANS[len(told.first) - 1]


def strips(rows: Integers, kind: Integers, z: Floats, variance: Floats) -> tuple[Integers, Floats, Integers, Floats]:
    """Sort detections (rows of the others) so that a gate finds its own among many: order, key, first and span of `Measurements`.

    √n strips of √n detections each, so that a gate looks at some √n of them and not at a share of n: directions by range,
    positions by northing, each strip by azimuth or easting. Where no range was measured is a strip of its own.
    """
    kind, z, variance = kind[rows], z[rows], variance[rows]
    key = np.where(kind == DIRECTION, z[:, 1], z[:, 0])
    if len(kind) <= LEAST:
        order = np.lexsort((key, kind))
        first = np.array(_begins(kind[order].tolist()), np.int64)
        return rows[order], key[order], first, np.array([[-np.inf, np.inf]] * (len(first) - 1)).reshape(-1, 2)
    across = np.where(kind == DIRECTION, z[:, 0], z[:, 1])
    ranged, strip, strips = np.isfinite(variance[:, 0]), np.zeros(len(kind), np.int16), 0
    for group in np.unique(kind):
        strip[kind == group] = strips
        of = ((kind == group) & ranged).nonzero()[0]
        if len(of) > LEAST:
            width = max(math.isqrt(len(of)), LEAST)
            strip[of[np.argsort(across[of], kind="stable")]] = strips + 1 + np.arange(len(of)) // width
        strips += 2 + len(of) // LEAST
    by_key = np.argsort(key, kind="stable")
    order = by_key[np.argsort(strip[by_key], kind="stable")]
    first = (np.diff(strip[order], prepend=-1, append=-2)).nonzero()[0]
    low = np.minimum.reduceat(np.where(ranged, across, -np.inf)[order], first[:-1])
    high = np.maximum.reduceat(np.where(ranged, across, np.inf)[order], first[:-1])
    return rows[order], key[order], first, np.stack([low, high], axis=1)


def _begins(kinds: list[int]) -> list[int]:
    """Give where each kind begins among sorted ones, and their number."""
    return [place for place, kind in enumerate(kinds) if not place or kind != kinds[place - 1]] + [len(kinds)]


def folded(seen: Measurements) -> Measurements:
    """Give the same detections with every direction turned by 180°: as a direction finder has it that takes back for front."""
    z = seen.z.copy()
    z[seen.kind == DIRECTION, 1] = (z[seen.kind == DIRECTION, 1] + math.pi) % math.tau
    key = np.where(seen.kind == DIRECTION, z[:, 1], z[:, 0])
    order = np.lexsort((key, seen.kind))[: len(seen.order)]
    return seen._replace(z=z, order=order, key=key[order])
