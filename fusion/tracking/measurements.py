"""A scan as arrays: one row a detection, in the order that gating wants."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

import numpy as np

from fusion.frame import SiteFrame
from fusion.messages import CLASSES, SECOND, Bearing, Floats, Identity, Integers, Measurement, Polar, Position, Scan
from fusion.tracking.classification import label_weights
from fusion.tracking.kernels import DIRECTION, POSITION
from fusion.tracking.models import polar_slopes
from fusion.tracking.sensors import Bias, SensorModel

REPORTED_SPEED_SIGMA = 5.0
"""m/s: a reported velocity of unknown accuracy starts a track this far from the truth, each axis."""

WAY = 10.0
"""m/s, each axis: how fast a target is taken to go whose time is not known well; a drone's cruise is 15 m/s."""

NEAREST = 0.1
"""m: what is left of a range when a bias is taken off it."""

NAN = math.nan


@dataclass(frozen=True)
class Measurements:
    """D detections of one scan. A component that was not measured has infinite variance."""

    kind: Integers  # (D)
    z: Floats  # (D, 6) range, azimuth, elevation, range rate; or easting, northing, height and their rates
    variance: Floats  # (D, 6) with what is not known of the sensor's bias
    noise: Floats  # (D, 6) without
    time: Integers  # (D) ns, each detection's own
    offset: Floats  # (D) s, each detection's own time against the scan's
    names: Integers  # (D) identity codes, 0 for none
    numbers: Integers  # (D) codes of the sensor's own track numbers, 0 for none or where it has no tracker
    labels: Floats  # (D, 5) tempered log likelihood of each class by the sensor's label; 0 without one
    hint: Floats  # (D, 4) a reported velocity in the grid, and its sigma; sigma 0 for none
    density: Floats  # (D) of one false alarm, over the components that were measured
    order: Integers  # (D) directions by azimuth, then positions by easting
    key: Floats  # (D) what they are sorted by
    n_direction: int
    slack: Floats  # (6, 2) the largest variance of each component, directions and positions
    coverage: Floats  # (6)


def measure(scan: Scan, sensor: SensorModel, frame: SiteFrame, bias: Bias | None = None) -> Measurements:
    """Turn a scan into arrays, freed from the sensor's bias as far as that is known; its prior if left out."""
    bias = sensor.prior if bias is None else bias
    detections = scan.detections
    D = len(detections)
    z, variance, hint = np.zeros((D, 6)), np.full((D, 6), np.inf), np.zeros((D, 4))
    kind = np.array([POSITION if isinstance(one, Position) else DIRECTION for one in detections], np.int64)
    directions, positions = np.flatnonzero(kind == DIRECTION), np.flatnonzero(kind == POSITION)
    if len(directions):
        _directions(directions, detections, z, variance)
    if len(positions):
        filtered = sensor.config.output == "tracks"
        _positions(positions.tolist(), detections, frame, z, variance, hint, filtered=filtered)
    noise = variance.copy()
    if bias.variance.any():
        _correct(kind, z, variance, sensor, bias)
    key = np.where(kind == DIRECTION, z[:, 1], z[:, 0])
    order = np.lexsort((key, kind))
    return Measurements(
        kind=kind,
        z=z,
        variance=variance,
        noise=noise,
        time=np.array([one.time for one in detections], np.int64),
        offset=np.array([one.time - scan.time for one in detections], float) / SECOND - bias.value[3],
        names=np.array([0 if one.identity is None else code(one.identity) for one in detections], np.int64),
        numbers=_numbers(detections, sensor),
        labels=_labels(detections),
        hint=hint,
        density=_densities(kind, variance, sensor),
        order=order,
        key=key[order],
        n_direction=len(directions),
        slack=np.stack([_largest(variance[directions]), _largest(variance[positions])], axis=1),
        coverage=sensor.coverage_of(scan.coverage),
    )


def _numbers(detections: tuple[Measurement, ...], sensor: SensorModel) -> Integers:
    """Give the code of each detection's track number, where the sensor follows targets itself."""
    if sensor.config.output != "tracks":
        return np.zeros(len(detections), np.int64)
    return np.array([0 if one.id is None else _hashed(one.id) for one in detections], np.int64)


def _hashed(text: str) -> int:
    """Give a number that is never 0: equal texts, equal numbers, in every process."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest(), "big") + 1


def _correct(kind: Integers, z: Floats, variance: Floats, sensor: SensorModel, bias: Bias) -> None:
    """Take a sensor's bias off what it measured, z ← z − J b, and count what is not known of it as noise: R ← R + J B Jᵀ.

    A bias does not average out, so this is no white noise; who counts it as if it were errs on the careful side across
    sensors. Of J B Jᵀ the diagonal is kept. What a clock is off by moves a target along its way.
    """
    measured = np.isfinite(variance[:, :3])
    directions = kind != POSITION
    z[:, :3] -= np.where(measured & directions[:, None], bias.value[:3], 0.0)
    variance[directions, :3] += bias.variance[:3]
    ranged = directions & measured[:, 0]
    way = WAY / np.stack([np.ones(len(z)), np.maximum(z[:, 0], NEAREST), np.maximum(z[:, 0], NEAREST)], axis=1)
    variance[ranged, :3] += way[ranged] ** 2 * bias.variance[3]
    for j in np.flatnonzero(~directions).tolist():
        J = polar_slopes(sensor.horizon, z[j, :3])
        z[j, :3] -= np.where(measured[j], J @ bias.value[:3], 0.0)
        variance[j, :3] += J**2 @ bias.variance[:3] + WAY**2 * bias.variance[3]
    z[directions, 0] = np.where(measured[directions, 0], np.maximum(z[directions, 0], NEAREST), 0.0)
    z[directions, 1] %= math.tau


def _labels(detections: tuple[Measurement, ...]) -> Floats:
    """Give the tempered label of each detection (D, 5)."""
    labels = np.zeros((len(detections), len(CLASSES)))
    for j, one in enumerate(detections):
        if one.classes:
            labels[j] = label_weights(one.classes)
    return labels


def code(identity: Identity) -> int:
    """Give an identity's name as a number that is never 0: equal names, equal numbers, in every process."""
    key = identity.key
    if key is None:
        return 0
    return _hashed(key)


def _directions(rows: Integers, detections: tuple[Measurement, ...], z: Floats, variance: Floats) -> None:
    """Put range, azimuth, elevation and range rate into their rows; what was not measured keeps its infinite variance."""
    told = np.array([_row(detections[j]) for j in rows.tolist()])
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
            hint[j, :3], hint[j, 3] = rate, report.sigma_velocity or REPORTED_SPEED_SIGMA
            if report.sigma_velocity is not None and not filtered:
                z[j, 3:], variance[j, 3:] = rate, report.sigma_velocity**2


def _densities(kind: Integers, variance: Floats, sensor: SensorModel) -> Floats:
    """Give the density of one false alarm over the components that each detection measured."""
    one = sensor.densities
    measured = np.isfinite(variance)
    direction = one["azimuth"] * np.where(measured[:, 0], one["range"], 1.0)
    direction = direction * np.where(measured[:, 2], one["elevation"], 1.0) * np.where(measured[:, 3], one["range_rate"], 1.0)
    position = one["area"] * np.where(measured[:, 2], one["height"], 1.0) * np.where(measured[:, 3], one["velocity"], 1.0)
    return np.where(kind == DIRECTION, direction, position)


def _largest(variance: Floats) -> Floats:
    """Give each component's largest finite variance, 0 where none was measured."""
    return np.asarray(np.max(np.where(np.isfinite(variance), variance, 0.0), axis=0, initial=0.0))
