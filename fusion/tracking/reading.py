"""What a scan says, as arrays: all of it that does not depend on what its sensor is off by, so that it is read once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

import numpy as np

from fusion.frame import SiteFrame
from fusion.messages import CLASSES, LIGHT, SECOND, Bearing, Floats, Identity, Integers, Measurement, Polar, Position, Scan, Tdoa
from fusion.tracking import kernels
from fusion.tracking.births import number_of
from fusion.tracking.classification import coded
from fusion.tracking.kernels import DIFFERENCE, DIRECTION, POSITION
from fusion.tracking.sensors import TIME_OFF, SensorModel

REPORTED_SPEED_SIGMA = 5.0
"""m/s: a reported velocity of unknown accuracy starts a track this far from the truth, each axis."""

NEAREST = 0.1
"""m: no range is taken for less, nor is less left of one when a bias is taken off it: it would have no direction."""

FINEST = np.array([[1e-2, 1e-5, 1e-5, 1e-2, 1e-2, 1e-2], [1e-2] * 6, [1e-2] * 6]) ** 2
"""m², rad², m²/s², by kind: no variance is taken for less. A drone is no point but a foot across, and air that shimmers bends
light by two seconds of arc; told of a nanometre, a filter in double precision loses all that its covariance knew besides."""

KEPT = 256
"""Scans whose reading is kept: those of a window of late data, which are done again."""

KINDS = {Position: POSITION, Tdoa: DIFFERENCE}
"""Kinds of measurement row that are no directions."""

NONE = np.zeros(0, np.int64)

POLAR: Callable[[Measurement], tuple[float | None, ...]] = attrgetter(
    *("range", "azimuth", "elevation", "range_rate"),
    *("sigma_range", "sigma_azimuth", "sigma_elevation", "sigma_range_rate"),
)
"""Gives what `_row` gives of a direction with a range, without a step of Python's."""


class Reading(NamedTuple):
    """D detections of one scan as they were measured. A component that was not measured has infinite variance."""

    kind: Integers  # (D)
    told: Floats  # (D, 6) as `Measurements.z`
    stated: Floats  # (D, 6) variances
    own: Floats  # (D) s, each detection's own time against the scan's, by the sensor's clock
    time: Integers  # (D) ns, each detection's own
    names: Integers  # (D), as in `Measurements`, with what follows
    numbers: Integers
    label: Integers
    labels: Floats
    hint: Floats
    density: Floats
    rows: Integers  # those that are no differences
    first: Integers  # where each kind begins among them, sorted
    n_direction: int
    differences: Integers
    against: Against
    clocks: Floats  # (D) m², what is not known of the references' clocks
    coverage: Floats
    rangeless: bool
    labelled: bool
    named: bool
    number: int  # what tells the look from others of its sensor and time


class Readings:
    """The readings of the last scans, each kept with its scan. What is forgotten is read again."""

    def __init__(self, sensors: Mapping[str, SensorModel], frame: SiteFrame) -> None:
        self.sensors, self.frame = sensors, frame
        self._known: dict[int, tuple[Scan, Reading]] = {}

    def of(self, scan: Scan) -> Reading:
        """Give a scan's reading."""
        known = self._known.get(id(scan))
        if known is None or known[0] is not scan:
            known = self.know(scan, read(scan, self.sensors[scan.sensor], self.frame, self.sensors))
        return known[1]

    def know(self, scan: Scan, reading: Reading) -> tuple[Scan, Reading]:
        """Keep a scan's reading."""
        known = self._known[id(scan)] = (scan, reading)
        if len(self._known) > KEPT:
            del self._known[next(iter(self._known))]
        return known


def read(scan: Scan, sensor: SensorModel, frame: SiteFrame, others: Mapping[str, SensorModel]) -> Reading:
    """Turn a scan into arrays. others: the site's sensors, which differences are measured against."""
    detections = scan.detections
    D, time = len(detections), np.array([one.time for one in detections], np.int64)
    z, variance, hint = np.zeros((D, 6)), np.empty((D, 6)), np.zeros((D, 4))
    variance.fill(math.inf)
    types = [type(one) for one in detections]
    kind, own = np.array([KINDS.get(one, DIRECTION) for one in types], np.int64), (time - scan.time) / SECOND
    directions, positions, differences = np.arange(D), NONE, NONE
    measured: Iterable[tuple[float | None, ...]] = map(POLAR, detections)
    if types.count(Polar) < D:
        directions, positions, differences = ((kind == one).nonzero()[0] for one in (DIRECTION, POSITION, DIFFERENCE))
        measured = (_row(detections[j]) for j in directions.tolist())
    if len(directions):
        kernels.tell(directions, np.array(list(chain.from_iterable(measured)), np.float64), NEAREST, z, variance)
    if len(positions):
        filtered = sensor.config.output == "tracks"
        _positions(positions.tolist(), detections, frame, z, variance, hint, filtered=filtered)
    against = Against.of(detections, differences, others, z, variance) if len(differences) else Against.nothing(D)
    kernels.refine(kind, FINEST, variance)
    clocks = np.zeros(D)
    if len(differences):
        clocks[differences] = LIGHT**2 * against.clocks[against.base[differences]]
        differences = differences[np.lexsort((own[differences], against.base[differences]))]
    rows = (kind != DIFFERENCE).nonzero()[0] if len(differences) else np.arange(D)
    labelled, named = any(one.classes for one in detections), any(one.identity for one in detections)
    label, labels = _labels(detections, sensor) if labelled else (none(D), unlabelled(D))
    names = [0 if one.identity is None else code(one.identity) for one in detections] if named else none(D)
    begins = [0, *([len(directions)] if len(directions) and len(positions) else []), *([D - len(differences)] if D else [])]
    return Reading(
        kind=kind, told=z, stated=variance, own=own, time=time,
        names=np.asarray(names, np.int64), numbers=_numbers(detections, sensor), label=label, labels=labels, hint=hint,
        density=densities(kind, variance, sensor, against),
        rows=rows, first=np.array(begins if len(differences) < D else [0], np.int64),
        n_direction=len(directions), differences=differences, against=against, clocks=clocks,
        coverage=sensor.coverage_of(scan.coverage), rangeless=Bearing in types, labelled=labelled, named=named,
        number=number_of(scan),
    )  # fmt: skip


@lru_cache(64)
def none(count: int) -> Integers:
    """Give the codes of so many detections of which none has any; not to be written into."""
    return np.zeros(count, np.int64)


@lru_cache(64)
def unlabelled(count: int) -> Floats:
    """Give how likely each class is of so many detections that have no label; not to be written into."""
    return np.ones((count, len(CLASSES)))


def _numbers(detections: tuple[Measurement, ...], sensor: SensorModel) -> Integers:
    """Give the code of each detection's track number, where the sensor follows targets itself."""
    if sensor.config.output != "tracks":
        return none(len(detections))
    return np.array([0 if one.id is None else coded(one.id) for one in detections], np.int64)


def _labels(detections: tuple[Measurement, ...], sensor: SensorModel) -> tuple[Integers, Floats]:
    """Give the label of each detection (D), and how likely it is by class (D, 5)."""
    label, labels = np.zeros(len(detections), np.int64), np.ones((len(detections), len(CLASSES)))
    for j, one in enumerate(detections):
        if one.classes:
            label[j], labels[j] = sensor.labels.read(one.classes)
    return label, labels


def code(identity: Identity) -> int:
    """Give an identity's name as a number that is never 0: equal names, equal numbers, in every process."""
    key = identity.key
    if key is None:
        return 0
    return coded(key)


def _row(one: Measurement) -> tuple[float | None, ...]:
    """Give range, azimuth, elevation, range rate and their sigmas; None for what was not measured."""
    if isinstance(one, Polar):
        return POLAR(one)
    if isinstance(one, Bearing):
        return (None, one.azimuth, one.elevation, None, 0.0, one.sigma_azimuth, one.sigma_elevation, 0.0)
    raise TypeError(f"{type(one).__name__} is not a direction")


def _positions(
    rows: list[int],
    detections: tuple[Measurement, ...],
    frame: SiteFrame,
    z: Floats,
    variance: Floats,
    hint: Floats,
    *,
    filtered: bool,
) -> None:
    """Put the positions into the grid, all at once.

    The velocity of a sensor's own tracker (`filtered`) is what its places say already, and lags where they lag: it starts a
    track and updates none.
    """
    reports = [detection for detection in detections if isinstance(detection, Position)]
    heights = np.array([math.nan if report.altitude is None else report.altitude for report in reports])
    place = frame.grid_from_wgs84([report.latitude for report in reports], [report.longitude for report in reports], heights)
    told = np.array([(report.sigma_horizontal, report.sigma_vertical) for report in reports])
    high = ~np.isnan(heights)
    z[rows, :2], variance[rows, :2] = place[:, :2], told[:, :1] ** 2
    z[rows, 2], variance[rows, 2] = np.where(high, heights, 0.0), np.where(high, told[:, 1] ** 2, np.inf)
    moving = [k for k, report in enumerate(reports) if report.velocity is not None]
    if not moving:
        return
    enu_from_grid = frame.enu_from_grid_matrix(np.nan_to_num(place[moving]))
    for k, matrix in zip(moving, enu_from_grid, strict=True):
        j, report = rows[k], reports[k]
        rate = np.linalg.solve(matrix, np.array(report.velocity))
        hint[j, :3], hint[j, 3] = rate, max(report.sigma_velocity or REPORTED_SPEED_SIGMA, float(FINEST[POSITION, 3]) ** 0.5)
        if report.sigma_velocity is not None and not filtered:
            z[j, 3:], variance[j, 3:] = rate, report.sigma_velocity**2


NOTHING: tuple[Floats, Floats, tuple[str, ...], Floats] = (np.zeros((0, 3)), np.zeros((0, 3, 10)), (), np.zeros(0))


class Against(NamedTuple):
    """What the differences of a scan are measured against: the references, and each one's baseline and clock."""

    base: Integers  # (D)
    origins: Floats  # (R, 3)
    coefficients: Floats  # (R, 3, 10)
    names: tuple[str, ...]  # (R)
    clocks: Floats  # (R) s², variance of the reference's clock

    @classmethod
    def nothing(cls, count: int) -> Against:
        """Give the references of a scan (D: count) without differences."""
        return cls(np.zeros(count, np.int64), *NOTHING)

    @classmethod
    def of(
        cls,
        detections: tuple[Measurement, ...],
        rows: Integers,
        others: Mapping[str, SensorModel],
        z: Floats,
        variance: Floats,
    ) -> Against:
        """Put the differences (rows) into z and variance, as metres, and list what they are measured against."""
        base = np.zeros(len(detections), np.int64)
        told = [(j, one) for j in rows.tolist() if isinstance(one := detections[j], Tdoa)]
        names = sorted({one.reference for _, one in told})
        for j, one in told:
            base[j] = names.index(one.reference)
            z[j, 0], variance[j, 0] = LIGHT * one.tdoa, (LIGHT * one.sigma_tdoa) ** 2
        horizons = [others[name].horizon for name in names]
        origins = np.array([horizon.origin for horizon in horizons]).reshape(-1, 3)
        coefficients = np.array([horizon.coefficients for horizon in horizons]).reshape(-1, 3, 10)
        clocks = np.array([others[name].prior.covariance[TIME_OFF, TIME_OFF] for name in names])
        return cls(base, origins, coefficients, tuple(names), clocks)


def densities(kind: Integers, variance: Floats, sensor: SensorModel, against: Against) -> Floats:
    """Give the density of one false alarm over the components that each detection measured."""
    density = np.empty(len(kind))
    kernels.spread(kind, variance, sensor.densities, density)
    if not len(against.names):
        return density
    apart = np.linalg.norm(sensor.horizon.enu_from_grid(against.origins), axis=1)
    return np.where(kind == DIFFERENCE, 0.5 / np.maximum(apart, NEAREST)[against.base], density)
