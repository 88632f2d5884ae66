"""A scan as arrays: one row a detection, in the order that gating wants."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusion.frame import SiteFrame
from fusion.messages import CLASSES, LIGHT, SECOND, Bearing, Floats, Identity, Integers, Measurement, Polar, Position, Scan, Tdoa
from fusion.tracking.classification import coded
from fusion.tracking.kernels import DIFFERENCE, DIRECTION, POSITION
from fusion.tracking.models import polar_slopes
from fusion.tracking.sensors import EAST_OFF, NORTH_OFF, PARTS, TIME_OFF, Bias, SensorModel

REPORTED_SPEED_SIGMA = 5.0
"""m/s: a reported velocity of unknown accuracy starts a track this far from the truth, each axis."""

WAY = 10.0
"""m/s, each axis: how fast a target is taken to go whose time is not known well; a drone's cruise is 15 m/s."""

NEAREST = 0.1
"""m: no range is taken for less, nor is less left of one when a bias is taken off it: it would have no direction."""

FINEST = np.array([[1e-2, 1e-5, 1e-5, 1e-2, 1e-2, 1e-2], [1e-2] * 6, [1e-2] * 6]) ** 2
"""m², rad², m²/s², by kind: no variance is taken for less. A drone is no point but a foot across, and air that shimmers bends
light by two seconds of arc; told of a nanometre, a filter in double precision loses all that its covariance knew besides."""

LEAST = 16
"""Detections that a strip holds at least: to look at so many costs as much as to skip a strip."""

KINDS = {Position: POSITION, Tdoa: DIFFERENCE}
"""Kinds of measurement row that are no directions."""

NAN = math.nan


@dataclass(frozen=True)
class Measurements:
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
    bias = sensor.prior if bias is None else bias
    detections = scan.detections
    D, time = len(detections), np.array([one.time for one in detections], np.int64)
    z, variance, hint = np.zeros((D, 6)), np.full((D, 6), np.inf), np.zeros((D, 4))
    kind = np.array([KINDS.get(type(one), DIRECTION) for one in detections], np.int64)
    directions, positions = (kind == DIRECTION).nonzero()[0], (kind == POSITION).nonzero()[0]
    differences = (kind == DIFFERENCE).nonzero()[0]
    if len(directions):
        _directions(directions, detections, z, variance)
    if len(positions):
        filtered = sensor.config.output == "tracks"
        _positions(positions.tolist(), detections, frame, z, variance, hint, filtered=filtered)
    against = _Against.of(detections, differences, others, z, variance) if len(differences) else _Against.nothing(D)
    variance = np.maximum(variance, FINEST[kind])
    noise = variance.copy()
    variance *= scale
    if len(differences):
        variance[differences, 0] += LIGHT**2 * (bias.covariance[TIME_OFF, TIME_OFF] + against.clocks[against.base[differences]])
    if bias.covariance.any():
        _correct(kind, z, variance, sensor, bias)
    order, key, first, span = strips((kind != DIFFERENCE).nonzero()[0], kind, z, variance)
    label, labels = _labels(detections, sensor)
    offset = (time - scan.time) / SECOND - bias.value[TIME_OFF]
    return Measurements(
        kind=kind,
        z=z,
        variance=variance,
        noise=noise,
        time=time,
        offset=offset,
        names=np.array([0 if one.identity is None else code(one.identity) for one in detections], np.int64),
        numbers=_numbers(detections, sensor),
        label=label,
        labels=labels,
        hint=hint,
        density=_densities(kind, variance, sensor, against),
        order=order,
        key=key,
        n_direction=len(directions),
        first=first,
        span=span,
        differences=differences[np.lexsort((offset[differences], against.base[differences]))]
        if len(differences)
        else differences,
        base=against.base,
        origins=against.origins,
        coefficients=against.coefficients,
        slack=np.array([_largest(variance[directions]), _largest(variance[positions])]).T.copy(),
        coverage=sensor.coverage_of(scan.coverage),
    )


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


def _numbers(detections: tuple[Measurement, ...], sensor: SensorModel) -> Integers:
    """Give the code of each detection's track number, where the sensor follows targets itself."""
    if sensor.config.output != "tracks":
        return np.zeros(len(detections), np.int64)
    return np.array([0 if one.id is None else coded(one.id) for one in detections], np.int64)


def folded(seen: Measurements) -> Measurements:
    """Give the same detections with every direction turned by 180°: as a direction finder has it that takes back for front."""
    z = seen.z.copy()
    z[seen.kind == DIRECTION, 1] = (z[seen.kind == DIRECTION, 1] + math.pi) % math.tau
    key = np.where(seen.kind == DIRECTION, z[:, 1], z[:, 0])
    order = np.lexsort((key, seen.kind))[: len(seen.order)]
    return replace(seen, z=z, order=order, key=key[order])


def _correct(kind: Integers, z: Floats, variance: Floats, sensor: SensorModel, bias: Bias) -> None:
    """Take a sensor's bias off what it measured, z ← z − J b, and count what is not known of it as noise: R ← R + J B Jᵀ.

    A bias does not average out, so this is no white noise; who counts it as if it were errs on the careful side across
    sensors. Of J B Jᵀ the diagonal is kept. Directions are seen from where the sensor stands in truth (`SensorModel.moved`).
    What a clock is off by moves a target along its way.
    """
    measured = np.isfinite(variance[:, :3])
    directions = kind == DIRECTION
    z[:, :3] -= np.where(measured & directions[:, None], bias.value[:3], 0.0)
    J = _direction_slopes(z[directions], measured[directions, 0])
    variance[directions, :3] += np.einsum("dij,jk,dik->di", J, bias.covariance, J)
    for j in (kind == POSITION).nonzero()[0].tolist():
        J = np.hstack([polar_slopes(sensor.horizon, z[j, :3]), np.zeros((3, 1)), np.eye(3)[:, :2]])
        z[j, :3] -= np.where(measured[j], J @ bias.value, 0.0)
        variance[j, :3] += np.einsum("ij,jk,ik->i", J, bias.covariance, J) + WAY**2 * bias.covariance[TIME_OFF, TIME_OFF]
    z[directions, 0] = np.where(measured[directions, 0], np.maximum(z[directions, 0], NEAREST), 0.0)
    z[directions, 1] %= math.tau


def _direction_slopes(z: Floats, ranged: NDArray[np.bool_]) -> Floats:
    """Give J (n, 3, 6), what each part of a bias does to range, azimuth and elevation.

    Without a range neither way nor place can be told in angles: they are left out. The grid's north is taken for true north,
    and heights for small: this is how unsure a correction is, not the correction.
    """
    J = np.zeros((len(z), 3, len(PARTS)))
    J[:, [0, 1, 2], [0, 1, 2]] = 1.0
    far = np.maximum(z[:, 0], NEAREST)
    sine, cosine = np.sin(z[:, 1]), np.cos(z[:, 1])
    J[:, 0, TIME_OFF] = WAY
    J[:, 1:, TIME_OFF] = (WAY / far)[:, None]
    J[:, 0, EAST_OFF], J[:, 0, NORTH_OFF] = sine, cosine
    J[:, 1, EAST_OFF], J[:, 1, NORTH_OFF] = cosine / far, -sine / far
    J[~ranged, :, TIME_OFF:] = 0.0
    return J


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


def _directions(rows: Integers, detections: tuple[Measurement, ...], z: Floats, variance: Floats) -> None:
    """Put range, azimuth, elevation and range rate into their rows; what was not measured keeps its infinite variance."""
    told = np.array([_row(detections[j]) for j in rows.tolist()])
    told[:, 0] = np.maximum(told[:, 0], NEAREST)
    measured = ~np.isnan(told[:, :4])
    z[rows, :4] = np.where(measured, told[:, :4], 0.0)
    variance[rows, :4] = np.where(measured, told[:, 4:] ** 2, np.inf)


def _row(one: Measurement) -> tuple[float, ...]:
    """Give range, azimuth, elevation, range rate and their sigmas; NaN for what was not measured."""
    if isinstance(one, Polar):
        elevation, rate = one.elevation, one.range_rate
        return (
            *(one.range, one.azimuth, NAN if elevation is None else elevation, NAN if rate is None else rate),
            *(one.sigma_range, one.sigma_azimuth, one.sigma_elevation, one.sigma_range_rate),
        )
    if isinstance(one, Bearing):
        elevation = one.elevation
        return (NAN, one.azimuth, NAN if elevation is None else elevation, NAN, 0.0, one.sigma_azimuth, one.sigma_elevation, 0.0)
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
    enu_from_grid = frame.enu_from_grid_matrix(np.nan_to_num(place))
    for j, report, at, matrix in zip(rows, reports, place, enu_from_grid, strict=True):
        z[j, :2], variance[j, :2] = at[:2], report.sigma_horizontal**2
        if report.altitude is not None:
            z[j, 2], variance[j, 2] = report.altitude, report.sigma_vertical**2
        if report.velocity is not None:
            rate = np.linalg.solve(matrix, np.array(report.velocity))
            hint[j, :3], hint[j, 3] = rate, max(report.sigma_velocity or REPORTED_SPEED_SIGMA, float(FINEST[POSITION, 3]) ** 0.5)
            if report.sigma_velocity is not None and not filtered:
                z[j, 3:], variance[j, 3:] = rate, report.sigma_velocity**2


class _Against(NamedTuple):
    """What the differences of a scan are measured against: the references, and each one's baseline and clock."""

    base: Integers  # (D)
    origins: Floats  # (R, 3)
    coefficients: Floats  # (R, 3, 10)
    names: tuple[str, ...]  # (R)
    clocks: Floats  # (R) s², variance of the reference's clock

    @classmethod
    def nothing(cls, count: int) -> _Against:
        """Give the references of a scan (D: count) without differences."""
        return cls(np.zeros(count, np.int64), np.zeros((0, 3)), np.zeros((0, 3, 10)), (), np.zeros(0))

    @classmethod
    def of(
        cls,
        detections: tuple[Measurement, ...],
        rows: Integers,
        others: Mapping[str, SensorModel],
        z: Floats,
        variance: Floats,
    ) -> _Against:
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


def _densities(kind: Integers, variance: Floats, sensor: SensorModel, against: _Against) -> Floats:
    """Give the density of one false alarm over the components that each detection measured."""
    one = sensor.densities
    measured = np.isfinite(variance)
    directions = kind == DIRECTION
    direction = one["azimuth"] * np.where(measured[:, 0], one["range"], 1.0)
    direction = direction * np.where(measured[:, 2], one["elevation"], 1.0) * np.where(measured[:, 3], one["range_rate"], 1.0)
    if directions.all():
        return direction
    position = one["area"] * np.where(measured[:, 2], one["height"], 1.0) * np.where(measured[:, 3], one["velocity"], 1.0)
    placed = np.where(directions, direction, position)
    if not len(against.names):
        return placed
    apart = np.linalg.norm(sensor.horizon.enu_from_grid(against.origins), axis=1)
    return np.where(kind == DIFFERENCE, 0.5 / np.maximum(apart, NEAREST)[against.base], placed)


def _largest(variance: Floats) -> Floats:
    """Give each component's largest finite variance, 0 where none was measured."""
    if not len(variance):
        return np.zeros(variance.shape[1])
    return np.asarray(np.where(np.isfinite(variance), variance, 0.0).max(axis=0))
