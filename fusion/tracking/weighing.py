"""Weighs claims against what is measured: keeps the evidence of `claims` in the columns of the track store."""

from __future__ import annotations

import numpy as np

from fusion.messages import SECOND, Floats, Integers, Scan
from fusion.tracking import claims
from fusion.tracking.claims import Report
from fusion.tracking.kernels import DIRECTION, POSITION
from fusion.tracking.measurements import Measurements
from fusion.tracking.sensors import SensorModel
from fusion.tracking.store import Association, TrackStore


def compare(store: TrackStore, scan: Scan, sensor: SensorModel, seen: Measurements, found: Association, best: Integers,
            share: Floats, ground: float) -> None:  # fmt: skip
    """Let a measuring sensor's look speak of the claimed places: it agrees, or it sees nothing, or something elsewhere."""
    if not (sensor.measures or seen.n_direction) or not store.claimed.any():
        return
    rows = ((store.claimed > 0) & (scan.time - store.claimed <= claims.FRESH * SECOND)).nonzero()[0]
    if not len(rows):
        return
    silent = rows[best[rows] < 0]
    if len(silent):
        store.absent[silent] += _silence(store, silent, sensor, found, ground)
    known = (store.absent[rows] == 0.0) & (scan.time - store.agreed_at[rows] < claims.SPACING * SECOND)
    for row in rows[(best[rows] >= 0) & (share[rows] > 0.5) & ~known].tolist():
        j = int(best[row])
        if seen.kind[j] != DIRECTION:
            continue
        if claims.agrees(_report(store, row), sensor.horizon, seen.z[j], seen.variance[j], int(seen.time[j])):
            _agree(store, row, scan.time)
        elif sensor.measures:
            store.absent[row] += _worth(sensor)
    store.absent[rows] = np.minimum(store.absent[rows], claims.MOST_ABSENT)


def _worth(sensor: SensorModel) -> float:
    """Give what a hit elsewhere says against a claim: as much as a miss."""
    return float(claims.silence(np.array([sensor.config.detection_probability]), np.ones(1), sensor.period)[0])


def _silence(store: TrackStore, rows: Integers, sensor: SensorModel, found: Association, ground: float) -> Floats:
    """Give what a look says against tracks in rows (n) that it did not see; nothing where its sensor does not measure."""
    if not sensor.measures:
        return np.zeros(len(rows))
    ends = found.gated.start
    hits = np.array([found.p[ends[row] : ends[row + 1]].sum() for row in rows.tolist()])
    high = store.claim_place[rows, 2] > ground + claims.LOW
    return claims.silence(found.gated.pd_miss[rows], np.clip(1.0 - hits, 0.0, 1.0) * high, sensor.period)


def _agree(store: TrackStore, row: int, time: int) -> None:
    store.absent[row] = max(store.absent[row] - claims.PRESENCE, 0.0)
    if time - store.agreed_at[row] >= claims.SPACING * SECOND:
        past = claims.faded(store.agreed[row : row + 1], store.agreed_at[row : row + 1], time)[0]
        store.agreed[row], store.agreed_at[row] = min(past + 1.0, claims.MOST), time


def hear_place(store: TrackStore, row: int, seen: Measurements, j: int, top_speed: float) -> None:
    """Take the place that a detection claims for the track in a row, and hold it against what that name claimed before."""
    if seen.kind[j] != POSITION or not seen.names[j]:
        return
    height_told = np.isfinite(seen.variance[j, 2])
    place = np.where([True, True, height_told], seen.z[j, :3], store.x[row, 0, :3])
    rate = np.where(seen.hint[j, 3] > 0.0, seen.hint[j, :3], np.nan)
    now = Report(int(seen.time[j]), place, rate, seen.variance[j, [0, 2]])
    if claims.too_fast(*_speed(store, row, seen, j), top_speed):
        store.doubted[row] = now.time
    same = ((store.name == seen.names[j]) & (store.claimed > 0)).nonzero()[0]
    for other in same.tolist():
        before = _report(store, other)
        both = other != row and bool(store.confirmed[other] and store.confirmed[row])
        recent = now.time - before.time <= claims.FRESH * SECOND
        if claims.impossible(before, now, top_speed) or (both and recent and claims.two_places(before, now)):
            store.doubted[[row, other]] = now.time
    store.claimed[row], store.claim_place[row], store.claim_rate[row], store.claim_spread[row] = now


def _speed(store: TrackStore, row: int, seen: Measurements, j: int) -> tuple[float, float]:
    """Give the speed in plan that a claim tells, or else the one that its track has, and a sigma of it, m/s."""
    if seen.hint[j, 3] > 0.0:
        return float(np.hypot(*seen.hint[j, :2])), float(seen.hint[j, 3])
    velocity = store.mu[row] @ store.x[row, :, 3:5]
    away = store.x[row, :, 3:5] - velocity
    spread = store.mu[row] @ (store.P[row, :, [3, 4], [3, 4]].T + away**2)
    return float(np.hypot(*velocity)), float(np.sqrt(spread.max()))


def _report(store: TrackStore, row: int) -> Report:
    return Report(int(store.claimed[row]), store.claim_place[row], store.claim_rate[row], store.claim_spread[row])
