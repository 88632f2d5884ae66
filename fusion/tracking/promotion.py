"""From a bearing to a place: a target takes over the id of its bearing tracks; and what is told of those that have none yet."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from fusion.messages import SECOND, BearingTrack, Floats, Integers, TrackStatus
from fusion.tracking.bearing_store import BearingTracks, K, ranges
from fusion.tracking.bearings import GATE, LOOKS, predict
from fusion.tracking.births import Birth, birth_of
from fusion.tracking.classification import BROADCAST, probabilities
from fusion.tracking.ghosts import Target
from fusion.tracking.models import AZIMUTH, ELEVATION, direction
from fusion.tracking.sensors import SensorModel
from fusion.tracking.store import TrackStore, blank

COASTING = 3.0
"""s without a bearing, or three of its sensor's looks, after which a bearing track is called coasting."""

PLACES = 64
"""Places, all alike probable, that stand for where a target may be of which a direction alone is known."""

Naming = Callable[[Birth], str]
"""Gives the id that a birth makes."""


def eldest(tracks: BearingTracks, members: tuple[int, ...]) -> int:
    """Give the row whose id goes on: of those that are shown the oldest, else of all."""
    return min(members, key=lambda row: (not tracks.confirmed[row], birth_of(tracks, row)))


def place(targets: list[Target], tracks: BearingTracks, store: TrackStore) -> TrackStore:
    """Add rows with a place of targets: each goes on with the id, the identity and the classes of its bearing tracks."""
    rows = blank(store, len(targets))
    for n, target in enumerate(targets):
        rows.x[n], rows.P[n] = target.x, target.P
        members = list(target.members)
        inherit(rows, n, birth_of(tracks, eldest(tracks, target.members)))
        rows.r[n] = target.probability
        rows.updated[n], rows.received[n] = tracks.updated[members].max(), tracks.received[members].max()
        rows.seen[n, tracks.sensor[members]] = tracks.updated[members]
        rows.classes[n] += (tracks.classes[members] - rows.classes[n]).sum(axis=0)
        named = [row for row in members if tracks.claims[row] is not None]
        if named:
            rows.name[n], store.claims[len(store) - len(rows) + n] = tracks.name[named[0]], tracks.claims[named[0]]
    rows.confirmed[:] = True
    return rows


def demote(bearings: BearingTracks, store: TrackStore, rows: Integers) -> BearingTracks:
    """Let bearing tracks (n), just begun, go on for tracks in rows (n) that have lost their place."""
    for n, row in enumerate(rows.tolist()):
        inherit(bearings, n, birth_of(store, row))
        bearings.classes[n] = store.classes[row]
        bearings.name[n], bearings.claims[n] = store.name[row], store.claims[row]
    bearings.confirmed[:], bearings.hits[:] = True, LOOKS
    return bearings


def inherit(store: TrackStore | BearingTracks, row: int, birth: Birth) -> None:
    """Give a row the id that another had."""
    store.born[row], store.birth_sensor[row], store.birth_sequence[row], store.birth_index[row] = birth


def succeed(store: TrackStore, rows: Integers, tracks: BearingTracks, sensors: tuple[SensorModel, ...]) -> None:
    """Let rows that are about to be shown take over the ids of bearing tracks that are theirs, which end.

    A row's are the shown bearing tracks of sensors that saw it, where its direction is within their gate, and no other of
    that sensor's is. So a drone that was heard first keeps its id when another sensor gives it a place.
    """
    if not len(rows) or not tracks.confirmed.any():
        return
    state, covariance = store.combined()
    gone = np.zeros(len(tracks), np.bool_)
    for row in rows.tolist():
        theirs = []
        for index in np.flatnonzero(store.seen[row]).tolist():
            of_sensor = np.flatnonzero(tracks.confirmed & (tracks.sensor == index) & ~gone)
            near = [b for b in of_sensor.tolist() if _agrees(state[row], covariance[row], tracks, b, sensors[index])]
            theirs += near if len(near) == 1 else []
        if theirs:
            inherit(store, row, birth_of(tracks, eldest(tracks, tuple(theirs))))
            gone[theirs] = True
    tracks.keep(~gone)


def _agrees(state: Floats, covariance: Floats, tracks: BearingTracks, row: int, sensor: SensorModel) -> bool:
    """Tell whether a place lies in the direction of a bearing track's last bearing."""
    seen = direction(sensor.horizon, state, covariance)
    azimuth, elevation, *variance = tracks.looks[row, 0]
    d2 = 0.0
    for component, z, noise in ((AZIMUTH, azimuth, variance[0]), (ELEVATION, elevation, variance[1])):
        if math.isfinite(z):
            H = seen.H[component]
            nu = math.remainder(z - seen.h[component], math.tau)
            d2 += nu * nu / (H @ covariance @ H + noise + sensor.prior.covariance[component, component])
    return d2 <= GATE


def bearing_table(
    tracks: BearingTracks, naming: Naming, at: int, sensors: tuple[SensorModel, ...], height: tuple[float, float]
) -> tuple[BearingTrack, ...]:
    """Give every row as what is told of it at a time (ns); the rows are moved there."""
    for index in np.unique(tracks.sensor).tolist():
        predict(tracks, np.flatnonzero(tracks.sensor == index), sensors[index], at)
    named = np.array([claim is not None for claim in tracks.claims], bool)[:, None]
    classes = probabilities(tracks.classes + named * BROADCAST)
    return tuple(
        _told(tracks, row, naming(birth_of(tracks, row)), at, sensors[int(tracks.sensor[row])], classes[row], height)
        for row in range(len(tracks))
    )


class _Direction(NamedTuple):
    azimuth: float
    elevation: float | None
    sigma_azimuth: float
    sigma_elevation: float


def _direction(tracks: BearingTracks, row: int, sensor: SensorModel) -> _Direction:
    """Give a row's direction over all ranges, with its sensor's bias in the sigma."""
    weight, x, P = tracks.weight[row], tracks.x[row, :, :, 0], tracks.P[row, :, :, 0, 0]
    mean = weight @ x
    variance = weight @ (P + (x - mean) ** 2) + np.diag(sensor.prior.covariance)[1:3]
    side = math.pi if tracks.fold[row] > 0.5 else 0.0
    known = math.isfinite(tracks.looks[row, 0, 1])
    sigma = np.sqrt(variance).tolist()
    return _Direction(float(mean[0] + side) % math.tau, float(mean[1]) if known else None, sigma[0], sigma[1])


def _told(
    tracks: BearingTracks, row: int, name: str, at: int, sensor: SensorModel, classes: Floats, height: tuple[float, float]
) -> BearingTrack:
    way, claim = _direction(tracks, row, sensor), tracks.claims[row]
    unseen = (at - int(tracks.updated[row])) / SECOND
    status: TrackStatus = "confirmed" if tracks.confirmed[row] else "tentative"
    if tracks.confirmed[row] and unseen > max(COASTING, 3.0 * sensor.period):
        status = "coasting"
    return BearingTrack(
        track=name,
        status=status,
        existence=float(tracks.r[row]),
        sensor=sensor.config.id,
        azimuth=way.azimuth,
        elevation=way.elevation,
        sigma_azimuth=way.sigma_azimuth,
        identity=None if claim is None else claim.identity,
        pilot=None if claim is None else claim.pilot,
        classes=tuple(classes.tolist()),
        origin=tuple(sensor.horizon.origin.tolist()),
        places=tuple(map(tuple, _places(way, tracks.weight[row], sensor, height).tolist())),
        born=int(tracks.born[row]),
        updated=int(tracks.updated[row]),
        received=int(tracks.received[row]),
    )


def _places(way: _Direction, weight: Floats, sensor: SensorModel, height: tuple[float, float]) -> Floats:
    """Give places (PLACES, 3) in the grid that stand for where the target may be: by range, direction and height.

    Each is a quantile of its own axis; multiples of odd numbers pair them so that none goes with another (a lattice).
    """
    step = (np.arange(PLACES) + 0.5) / PLACES
    level = np.array([NormalDist().inv_cdf(value) for value in step])
    middle, spread = ranges(sensor)
    half = spread * math.sqrt(12.0) / 2.0
    edges = np.append(
        middle - half, middle[-1] + half[-1]
    )  # of equal ratio but for what arithmetic and geometric means differ by
    edges = np.geomspace(max(edges[0], 1.0), max(float(sensor.coverage[5]), 2.0), K + 1)
    reach = np.exp(np.interp(step, np.concatenate([[0.0], np.cumsum(weight)]), np.log(edges)))
    turn = way.azimuth + way.sigma_azimuth * level[np.arange(PLACES) * 27 % PLACES]
    other = level[np.arange(PLACES) * 43 % PLACES]
    up = sensor.horizon.origin[2]
    tall = (
        height[0] + height[1] * other
        if way.elevation is None
        else up + reach * np.tan(way.elevation + way.sigma_elevation * other)
    )
    plan = np.stack([np.sin(turn), np.cos(turn), np.zeros(PLACES)])
    grid = np.linalg.solve(sensor.horizon.coefficients[:, 1:4], plan).T * reach[:, None]
    return np.column_stack([sensor.horizon.origin[:2] + grid[:, :2], tall])
