"""What each sensor was off by: its detections less what it should have measured of the truth; and the tracks' innovations.

A detection is a truth's where no other truth explains it nearly as well: its normalised squared distance d², reckoned with its
σ and the configured `bias_sigma`, is inside the gate, and the next truth's is larger by MARGIN at least. What is false, and
what could be either of two, is left out; so are differences of arrival, which two sensors make.
"""

from __future__ import annotations

import math
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.stats import chi2

import sensors
from fusion import recording
from fusion.config import Config
from fusion.errors import DecodeError
from fusion.intake import Intake
from fusion.messages import SECOND, Bearing, Floats, Integers, Polar, Position, RawMessage, Scan
from fusion.topics import TOPICS
from simulators.earth import ecef_from_wgs84
from simulators.scoring.errors import Consistency, normalised, quadratic
from simulators.scoring.eyes import Eye, eyes
from simulators.scoring.pairing import Pairs
from simulators.scoring.reading import Reports, Tracks, Truths, origin
from simulators.scoring.scene import Scene

GATE = 0.999
"""Probability of χ²: one true detection in a thousand is left out; a false one is seldom this near a truth."""

MARGIN = 9.0
"""By which the next truth's d² must be larger: a likelihood e^4.5 = 90 times less."""

FRESH = 1.1
"""s: an innovation is taken of a report this old at most, as a radar of a second needs. It is carried on without process noise,
for none is published: over a second a manoeuvre of 5 m/s² adds 2.5 m that S does not know."""

CHUNK = 20_000
"""Detections laid beside all truths at once: with 500 truths, 80 MB."""

MOST = 5000
"""Innovations of one sensor, evenly picked: their mean is then good to about 1 %."""

POLAR, PLACE = ("range", "azimuth", "elevation"), ("east", "north", "up")
UNIT = {"range": "m", "azimuth": "°", "elevation": "°", "east": "m", "north": "m", "up": "m"}


class Residuals(NamedTuple):
    """One component of one sensor's error: measured less true."""

    component: str
    unit: str
    values: Floats  # (n,) in that unit
    sigma: float  # as claimed, root mean square

    @property
    def bias(self) -> float:
        """The mean."""
        return float(self.values.mean())

    @property
    def spread(self) -> float:
        """The standard deviation about the mean."""
        return float(self.values.std())


class SensorErrors(NamedTuple):
    """What one sensor was off by."""

    sensor: str
    detections: int
    explained: int  # that are one truth's
    residuals: tuple[Residuals, ...]
    nis: Consistency  # innovations of the truths' tracks by their S = H P Hᵀ + R, per degree of freedom


class Heard(NamedTuple):
    """What a recording says of sensors."""

    errors: tuple[SensorErrors, ...]
    looks: dict[str, Floats]  # s, when each sensor looked
    reported: dict[tuple[str, str], Floats]  # s, when each sensor reported each truth


class _Table(NamedTuple):
    """One sensor's detections of one kind."""

    time: Floats  # (n,) s
    measured: Floats  # (n, 3): range, azimuth, elevation, or east, north, up of the site; NaN: not measured
    sigma: Floats  # (n, 3)


def hear(path: Path, config: Config, truths: Truths, tracks: Tracks, scene: Scene, pairs: Pairs) -> Heard:
    """Read a recording and lay every sensor's detections beside the truth."""
    scans = _scans(path, config)
    errors, reported = [], dict[tuple[str, str], Floats]()
    for eye in eyes(config):
        here = scans.get(eye.sensor.id, [])
        for table, names in ((_polar(here), POLAR), (_places(here, config), PLACE)):
            if len(table.time):
                whose = _whose(eye, table, truths, names)
                reported |= {
                    (eye.sensor.id, name): np.sort(table.time[whose == j]) for j, name in enumerate(truths) if (whose == j).any()
                }
                nis = _nis(eye, table, whose, names, tracks, tuple(truths), scene, pairs)
                errors.append(_errors(eye, table, whose, truths, names, nis))
    looks = {sensor: np.array(sorted({scan.time / SECOND for scan in found})) for sensor, found in scans.items()}
    return Heard(tuple(errors), looks, reported)


def _scans(path: Path, config: Config) -> dict[str, list[Scan]]:
    """Read the scans of a recording as the service would; what it refuses is left out, as is what came twice."""
    intake = Intake(config, config.site.frame(), sensors.load())
    found: dict[str, dict[tuple[int, str, str, int], Scan]] = defaultdict(dict)
    for item in recording.read(path):
        address = intake.tree.parse(item.topic) if isinstance(item, RawMessage) else None
        if (
            isinstance(item, RawMessage)
            and address
            and TOPICS[address.name].direction == "in"
            and address.name in {"scan", "raw"}
        ):
            try:
                scan = intake.scan(item, address)
            except DecodeError:
                continue
            found[scan.sensor].setdefault(scan.order, scan)
    return {sensor: list(scans.values()) for sensor, scans in found.items()}


def _polar(scans: list[Scan]) -> _Table:
    return _table([_polar_row(one) for scan in scans for one in scan.detections if isinstance(one, Polar | Bearing)])


def _polar_row(one: Polar | Bearing) -> tuple[float, ...]:
    measured = one.range if isinstance(one, Polar) else math.nan
    elevation = math.nan if one.elevation is None else one.elevation
    sigma = one.sigma_range if isinstance(one, Polar) else math.nan
    return (one.time / SECOND, measured, one.azimuth, elevation, sigma, one.sigma_azimuth, one.sigma_elevation)


def _places(scans: list[Scan], config: Config) -> _Table:
    found = [one for scan in scans for one in scan.detections if isinstance(one, Position)]
    if not found:
        return _table([])
    height = np.array([math.nan if one.altitude is None else one.altitude for one in found])
    known = np.where(np.isnan(height), origin(config.site).height, height)
    latitude, longitude = np.array([(one.latitude, one.longitude) for one in found]).T
    place = origin(config.site).enu(ecef_from_wgs84(latitude, longitude, known))
    place[np.isnan(height), 2] = math.nan
    sigma = [(one.sigma_horizontal, one.sigma_horizontal, one.sigma_vertical) for one in found]
    return _Table(np.array([one.time / SECOND for one in found]), place, np.array(sigma))


def _table(rows: list[tuple[float, ...]]) -> _Table:
    table = np.array(rows, float).reshape(-1, 7)
    return _Table(table[:, 0], table[:, 1:4], table[:, 4:])


def _off(eye: Eye, measured: Floats, place: Floats, names: tuple[str, ...]) -> Floats:
    """Give measured less true (n, 3) for places (n, 3); angles turn by half a turn at most."""
    if names == PLACE:
        return measured - place
    off = measured - eye.polar(place)
    off[:, 1] = (off[:, 1] + math.pi) % math.tau - math.pi
    return off


def _whose(eye: Eye, table: _Table, truths: Truths, names: tuple[str, ...]) -> Integers:
    """Tell which truth each detection is of (n,), −1: of none, or of one of several."""
    parts = [slice(i, i + CHUNK) for i in range(0, len(table.time), CHUNK)]
    return np.concatenate([_nearest(eye, _Table(*(column[part] for column in table)), truths, names) for part in parts])


def _nearest(eye: Eye, table: _Table, truths: Truths, names: tuple[str, ...]) -> Integers:
    slack = _slack(eye, names)
    squares = np.full((len(table.time), len(truths) + 1), math.inf)
    for j, truth in enumerate(truths.values()):
        there = (truth.time[0] <= table.time) & (table.time <= truth.time[-1])
        off = _off(eye, table.measured[there], _at(truth.time, truth.place, table.time[there]), names)
        squares[there, j] = np.nansum(off**2 / (table.sigma[there] ** 2 + slack**2), axis=1)
    freedom = np.isfinite(table.measured).sum(axis=1)
    least, second = np.partition(squares, 1, axis=1)[:, :2].T
    clear = (least <= chi2.ppf(GATE, freedom)) & (second >= least + MARGIN)
    return np.where(clear, squares.argmin(axis=1), -1)


def _slack(eye: Eye, names: tuple[str, ...]) -> Floats:
    bias = eye.sensor.bias_sigma
    if names == PLACE:
        return np.zeros(3)
    return np.array([bias.range_m, math.radians(bias.azimuth_deg), math.radians(bias.elevation_deg)])


def _errors(eye: Eye, table: _Table, whose: Integers, truths: Truths, names: tuple[str, ...], nis: Consistency) -> SensorErrors:
    off = np.full((len(whose), 3), math.nan)
    for j, truth in enumerate(truths.values()):
        mine = whose == j
        off[mine] = _off(eye, table.measured[mine], _at(truth.time, truth.place, table.time[mine]), names)
    found = []
    for i, name in enumerate(names):
        known = np.isfinite(off[:, i])
        if known.any():
            scale = math.degrees(1.0) if UNIT[name] == "°" else 1.0
            sigma = math.sqrt(float((table.sigma[known, i] ** 2).mean()))
            found.append(Residuals(name, UNIT[name], off[known, i] * scale, sigma * scale))
    return SensorErrors(eye.sensor.id, len(whose), int((whose >= 0).sum()), tuple(found), nis)


def _nis(
    eye: Eye,
    table: _Table,
    whose: Integers,
    names: tuple[str, ...],
    tracks: Tracks,
    truths: tuple[str, ...],
    scene: Scene,
    pairs: Pairs,
) -> Consistency:
    """Measure innovations νᵀ S⁻¹ ν, S = H P Hᵀ + R, of each truth's track as it was reported before the detection."""
    following = np.full((len(scene.time), len(truths)), -1)
    following[pairs.step, pairs.truth] = pairs.track
    step = np.searchsorted(scene.time, table.time, side="right") - 1
    mine = np.flatnonzero((whose >= 0) & (step >= 0))
    mine = mine[:: -(-len(mine) // MOST) or 1]
    track, named = following[step[mine], whose[mine]], list(tracks.values())
    parts = [_told(named[j], table.time, mine[track == j]) for j in np.unique(track[track >= 0]).tolist()]
    if not parts:
        return normalised(np.zeros(0), 1)
    rows, place, P = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    squares, freedom = _squares(eye, _Table(*(column[rows] for column in table)), names, place, P)
    return normalised(squares, max(1, round(float(freedom.mean())) if len(freedom) else 1))


def _told(reports: Reports, time: Floats, rows: Integers) -> tuple[Integers, Floats, Floats]:
    """Give the detections that a fresh report came before, where it puts its track at their time (q, 3), and P (q, 3, 3)."""
    told = np.asarray(reports.time)
    k = np.searchsorted(told, time[rows]) - 1
    age = time[rows] - told[k]
    known = (k >= 0) & (age <= FRESH) & ~np.asarray(reports.gone)[k]
    known &= np.array([reports.covariance[i] is not None for i in k.tolist()], bool)
    k, age, rows = k[known], age[known], rows[known]
    P = np.array([reports.covariance[i] for i in k.tolist()], float).reshape(-1, 3, 3)
    if reports.velocity_covariance:
        P = P + np.array([reports.velocity_covariance[i] for i in k.tolist()], float).reshape(-1, 3, 3) * age[:, None, None] ** 2
    return rows, reports.place[k] + reports.velocity[k] * age[:, None], P


def _squares(eye: Eye, table: _Table, names: tuple[str, ...], place: Floats, P: Floats) -> tuple[Floats, Integers]:
    """Give νᵀ S⁻¹ ν of each detection against its place (n, 3), P (n, 3, 3), and how many components it has."""
    measured = np.isfinite(table.measured)
    squares = np.zeros(len(place))
    H = np.tile(np.eye(3), (len(place), 1, 1)) if names == PLACE else eye.slopes(place)
    off = _off(eye, table.measured, place, names)
    for pattern in np.unique(measured, axis=0):
        mine, used = np.flatnonzero((measured == pattern).all(axis=1)), np.flatnonzero(pattern)
        h = H[mine][:, used]
        S = h @ P[mine] @ np.swapaxes(h, 1, 2) + table.sigma[mine][:, used, None] ** 2 * np.eye(len(used))
        squares[mine] = quadratic(off[mine][:, used], S)
    return squares, measured.sum(axis=1)


def _at(time: Floats, values: Floats, at: Floats) -> Floats:
    return np.stack([np.interp(at, time, values[:, axis]) for axis in range(3)], axis=-1)
