"""Bearing tracks: follow by its direction alone what one sensor sees and no track with a place explains."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusion.messages import SECOND, Floats, Integers, Scan
from fusion.tracking import kernels
from fusion.tracking.bearing_store import HISTORY, SPACING, BearingTracks, K, ranges
from fusion.tracking.classification import PRIOR, Claim, coded
from fusion.tracking.initiation import UNEXPLAINED
from fusion.tracking.measurements import Measurements
from fusion.tracking.models import ELEVATION, INITIAL, mean_mode
from fusion.tracking.sensors import SensorModel
from fusion.tracking.undetected import Intensity

SPEED = (10.0, 3.0)
"""m/s, level (each axis) and climb, of a target of which only bearings are known: a multirotor's cruise."""

WANDER = (mean_mode(INITIAL).q_horizontal, mean_mode(INITIAL).q_vertical)
"""m²/s³: spectral density of acceleration, the mean over the modes of a target first seen."""

GATE = 15.2
"""Squared Mahalanobis distance of a direction that could be a track's, as `store.GATES` for two components."""

OTHER_EMITTER = 0.1
"""Weight of a bearing whose emitter is called otherwise than the track's: link and controller stand in one direction, and a
receiver that tells them apart is right nine times in ten."""

CONFIRM = 0.95
"""Existence at which a bearing track is shown, as a track's with a place, …"""

LOOKS = 4
"""… and looks that must have agreed: three false bearings within ±10° come once in some minutes of a receiver's service."""

OFTEN = 0.1
"""Share of bearings that point the other way above which they make tracks of their own."""

PATIENCE = 4.0
"""Looks' time that an unconfirmed track whose sensor's silence says nothing waits for its next bearing."""

DELETE, WORTH = 0.01, 0.2
"""Existence below which a confirmed one is given up, and share of a fresh one's below which another is: as `tracker` has them."""

SHARED, OWNED = 0.3, 3
"""Probability that a shown track with a place caused a bearing that is also the bearing track's, and how many looks more
that must be so than not: both are one target, and the bearing track ends."""


class Look(NamedTuple):
    """One sensor's bearings of one look, and what they are owed to otherwise."""

    sensor: SensorModel
    which: int  # the place of the sensor among all
    time: int  # ns
    received: int  # ns
    sequence: int  # what tells it from others of its sensor and time
    scan: Scan
    seen: Measurements
    chosen: Integers  # (D) which detections are bearings
    emitters: Integers  # (D) codes of what the sensor calls the emitters
    free: Floats  # (D) probability that no track with a place caused each
    owned: NDArray[np.bool_]  # (D) whether a shown one may have done so
    intensity: Intensity


def look_at(scan: Scan, sensor: SensorModel, which: int, sequence: int, seen: Measurements, intensity: Intensity) -> Look:
    """Take the bearings out of a look."""
    chosen = np.flatnonzero(np.isinf(seen.variance[:, 0]) & np.isfinite(seen.variance[:, 1]))
    emitters = [scan.detections[j].emitter for j in chosen.tolist()]
    codes = np.array([coded(emitter) if emitter else 0 for emitter in emitters], np.int64)
    free = np.ones(len(chosen))
    return Look(*(sensor, which, scan.time, scan.received, sequence, scan, seen, chosen, codes, free, free < 1.0, intensity))


def owed(look: Look, p_new: Floats, shown: Floats) -> Look:
    """Give the look with what it owes to tracks with a place: that none caused each detection (D), that a shown one did (D)."""
    return look._replace(free=p_new[look.chosen], owned=shown[look.chosen] >= SHARED)


def contested(tracks: BearingTracks, look: Look) -> Measurements:
    """Give the detections with the density of what is followed by its direction alone added to that of false ones.

    So a bearing to a known emitter is no evidence for any track with a place that happens to stand in its direction. A
    direction with an elevation is so fine that nothing happens to stand there.
    """
    if not len(look.chosen) or not len(tracks):
        return look.seen
    rows = (tracks.confirmed & (tracks.sensor == look.which)).nonzero()[0]
    if not len(rows):
        return look.seen
    predict(tracks, rows, look.sensor, look.time)
    L = np.einsum("nk,ndk->nd", tracks.weight[rows], _fit(tracks, rows, look).L)
    density = look.seen.density.copy()
    expected = look.sensor.config.detection_probability * tracks.r[rows]
    coarse = ~np.isfinite(look.seen.variance[look.chosen, ELEVATION])
    density[look.chosen] += coarse * (expected @ L) / (look.intensity.false + look.intensity.born)
    return look.seen._replace(density=density)


def advance(tracks: BearingTracks, look: Look) -> None:
    """Let a look speak to its sensor's bearing tracks: predict, associate, update, begin, end."""
    rows, p_new = (tracks.sensor == look.which).nonzero()[0], look.free
    if len(rows):
        predict(tracks, rows, look.sensor, look.time)
        p_new = _update(tracks, rows, look)
        _judge(tracks, rows, look)
    fresh = (p_new > UNEXPLAINED).nonzero()[0]
    if len(fresh) and not look.intensity.flood:
        tracks.append(bearings_begun(look, fresh, p_new[fresh] * look.intensity.fresh))


def predict(tracks: BearingTracks, rows: Integers, sensor: SensorModel, time: int) -> None:
    """Move one sensor's tracks to a time (ns): a constant rate, disturbed as a target at each range may manoeuvre."""
    if not len(rows):
        return
    q = np.array(WANDER) / ranges(sensor)[0][:, None] ** 2  # (K, 2)
    kernels.turn(rows, time, q, tracks.x, tracks.P, tracks.at)


class Fitting(NamedTuple):
    """How well each bearing (D) fits each track (n): with ν and S at each range (K), azimuth and elevation."""

    nu: Floats  # (n, D, K, 2)
    S: Floats  # (n, D, K, 2), infinite where not measured
    other: NDArray[np.bool_]  # (n, D) whether the bearing points the other way
    L: Floats  # (n, D, K) likelihood


def _fit(tracks: BearingTracks, rows: Integers, look: Look) -> Fitting:
    z, variance = look.seen.z[look.chosen, 1 : ELEVATION + 1], look.seen.noise[look.chosen, 1 : ELEVATION + 1]
    n, D = len(rows), len(z)
    nu, S, other, L = np.empty((n, D, K, 2)), np.empty((n, D, K, 2)), np.empty((n, D), np.bool_), np.empty((n, D, K))
    kernels.fit_bearings(rows, tracks.x, tracks.P, tracks.fold, look.sensor.fold, GATE, z, variance, nu, S, other, L)
    strangers = (tracks.name[rows, None] != look.seen.names[look.chosen]) & (tracks.name[rows, None] != 0)
    L[strangers & (look.seen.names[look.chosen] != 0)] = 0.0
    called = (tracks.emitter[rows, None] != 0) & (look.emitters != 0)
    L[called & (tracks.emitter[rows, None] != look.emitters)] *= OTHER_EMITTER
    return Fitting(nu, S, other, L)


def _update(tracks: BearingTracks, rows: Integers, look: Look) -> Floats:
    """Associate and update; give the probability (D) that nothing known caused each bearing."""
    fitting = _fit(tracks, rows, look)
    likelihood = np.einsum("nk,ndk->nd", tracks.weight[rows], fitting.L)
    pd, miss = look.sensor.config.detection_probability, _expected(tracks, rows, look)
    kappa = (look.intensity.false + look.intensity.born) * look.seen.density[look.chosen]
    r = tracks.r[rows]
    w = (r * pd / (1.0 - r * miss))[:, None] * likelihood * (look.free / kappa)
    pairs = w > 0.0
    start = np.concatenate([np.zeros(1, np.int64), np.cumsum(pairs.sum(axis=1))])
    which, at = np.nonzero(pairs)
    p, p_new = np.empty(len(which)), np.empty(len(look.chosen))
    kernels.marginals(len(rows), len(look.chosen), start, at, w[which, at], p, p_new)
    share = np.zeros_like(w)
    share[which, at] = p
    kernels.filter_bearings(rows, tracks.x, tracks.P, tracks.weight, fitting.nu, fitting.S, fitting.L, share, likelihood)
    total = share.sum(axis=1)
    tracks.r[rows] = total + np.maximum(1.0 - total, 0.0) * r * (1.0 - miss) / (1.0 - r * miss)
    _note(tracks, rows, look, fitting, share)
    return p_new * look.free


def _expected(tracks: BearingTracks, rows: Integers, look: Look) -> Floats:
    """Give how probably (n) a look would report each track: 0 where its silence says nothing."""
    if not look.sensor.looks:
        return np.zeros(len(rows))
    begin, width, low, high, _, _ = look.seen.coverage
    mean = np.einsum("nk,nkc->nc", tracks.weight[rows], tracks.x[rows, :, :, 0])
    known = np.isfinite(tracks.looks[rows, 0, 1])
    inside = (np.remainder(mean[:, 0] - begin, math.tau) <= width) & (~known | ((low <= mean[:, 1]) & (mean[:, 1] <= high)))
    return np.where(inside, look.sensor.config.detection_probability, 0.0)


def _note(tracks: BearingTracks, rows: Integers, look: Look, fitting: Fitting, share: Floats) -> None:
    """Write down what each track was seen by, where one bearing is more likely than not its own."""
    if not share.shape[1]:
        return
    best = share.argmax(axis=1)
    for n in np.flatnonzero(share.max(axis=1) > 0.5).tolist():
        row, d = int(rows[n]), int(best[n])
        other, folds = bool(fitting.other[n, d]), look.sensor.fold
        f = tracks.fold[row]
        true, false = f * (1.0 - folds if other else folds), (1.0 - f) * (folds if other else 1.0 - folds)
        tracks.fold[row] = true / (true + false) if folds > 0.0 else 0.0
        tracks.hits[row] += 1
        _keep_look(tracks, row, look, d, other=other)
    likely = fitting.L.max(axis=2)
    near, shared = likely.max(axis=1) > 0.0, look.owned[likely.argmax(axis=1)]
    tracks.owned[rows] = np.maximum(tracks.owned[rows] + np.where(near, np.where(shared, 1, -1), 0), 0)


def _keep_look(tracks: BearingTracks, row: int, look: Look, d: int, *, other: bool) -> None:
    """Put a bearing before those that the track keeps; one that comes too soon after the last teaches no more."""
    j = int(look.chosen[d])
    time = int(look.seen.time[j])
    if look.seen.label[j]:
        since = np.array([(time - tracks.updated[row]) / SECOND if tracks.count[row] else math.inf])
        tracks.classes[row] += look.sensor.labels.weigh(look.seen.labels[[j]], since, np.ones(1, bool))[0]
    tracks.updated[row], tracks.received[row] = max(time, int(tracks.updated[row])), look.received
    tracks.emitter[row] = tracks.emitter[row] or look.emitters[d]
    identity = look.scan.detections[j].identity
    if identity is not None:
        tracks.name[row], tracks.claims[row] = look.seen.names[j], Claim(identity=identity, pilot=look.scan.detections[j].pilot)
    if tracks.count[row] and time - tracks.times[row, 0] < SPACING * SECOND:
        return
    for column in (tracks.times, tracks.looks):
        column[row, 1:] = column[row, :-1].copy()
    noise = look.seen.noise[j]
    known = math.isfinite(noise[ELEVATION])
    azimuth = look.seen.z[j, 1] + (math.pi if other else 0.0)
    tracks.times[row, 0] = time
    tracks.looks[row, 0] = (
        (azimuth, look.seen.z[j, ELEVATION], noise[1], noise[ELEVATION]) if known else (azimuth, math.nan, noise[1], 1.0)
    )
    tracks.count[row] = min(tracks.count[row] + 1, HISTORY)


def _judge(tracks: BearingTracks, rows: Integers, look: Look) -> None:
    """Confirm what surely exists, give up what surely does not."""
    tracks.confirmed[rows] |= (tracks.r[rows] >= CONFIRM) & (tracks.hits[rows] >= LOOKS)
    floor = np.where(tracks.confirmed[rows], DELETE, WORTH * look.intensity.fresh)
    patient = tracks.confirmed[rows] | (look.time - tracks.updated[rows] <= PATIENCE * look.sensor.period * SECOND)
    alive = np.ones(len(tracks), np.bool_)
    alive[rows] = (tracks.r[rows] >= floor) & patient & (tracks.owned[rows] < OWNED) & ~_twins(tracks, rows, look)
    tracks.keep(alive)


def _twins(tracks: BearingTracks, rows: Integers, look: Look) -> NDArray[np.bool_]:
    """Find the tracks (n) of a sensor that folds that stand opposite an older one, and were not seen by one look with it.

    Where every third bearing points the other way, one target's soon make a track on either side.
    """
    if look.sensor.fold <= OFTEN or len(rows) < 2:
        return np.zeros(len(rows), np.bool_)
    azimuth, fresh = tracks.x[rows, :, 0, 0].mean(axis=1), tracks.updated[rows] == look.time
    variance = tracks.P[rows, :, 0, 0, 0].max(axis=1)
    apart = np.remainder(azimuth[:, None] - azimuth + math.pi / 2, math.pi) - math.pi / 2
    agree = apart**2 <= GATE * (variance[:, None] + variance)
    earlier = tracks.born[rows] < tracks.born[rows][:, None]
    return np.asarray((agree & earlier & ~(fresh[:, None] & fresh)).any(axis=1))


def bearings_begun(look: Look, fresh: Integers, r: Floats) -> BearingTracks:
    """Make rows that begin at some of a look's bearings (n of D), with their existence."""
    n, chosen = len(fresh), look.chosen[fresh]
    reach = ranges(look.sensor)[0]
    z, noise = look.seen.z[chosen, 1 : ELEVATION + 1], look.seen.noise[chosen, 1 : ELEVATION + 1]
    x, P = np.zeros((n, K, 2, 2)), np.zeros((n, K, 2, 2, 2))
    x[..., 0] = np.where(np.isfinite(noise), z, 0.0)[:, None]
    P[..., 0, 0] = np.where(np.isfinite(noise), noise, 1.0)[:, None]
    P[..., 1, 1] = (np.array(SPEED) / reach[:, None]) ** 2
    rows = BearingTracks(
        sensor=np.full(n, look.which, np.int64), x=x, P=P, weight=np.full((n, K), 1.0 / K),
        fold=np.full(n, look.sensor.fold), at=np.full(n, look.time, np.int64), r=r,
        hits=np.ones(n, np.int64), owned=np.zeros(n, np.int64), confirmed=np.zeros(n, np.bool_), name=np.zeros(n, np.int64),
        emitter=np.zeros(n, np.int64), classes=np.tile(PRIOR, (n, 1)), born=look.seen.time[chosen],
        birth_sensor=np.full(n, look.which, np.int64),
        birth_sequence=np.full(n, look.sequence, np.int64), birth_index=~chosen, updated=np.zeros(n, np.int64),
        received=np.zeros(n, np.int64), count=np.zeros(n, np.int64), times=np.zeros((n, HISTORY), np.int64),
        looks=np.full((n, HISTORY, 4), math.nan), claims=[None] * n,
    )  # fmt: skip
    for row, d in enumerate(fresh.tolist()):
        _keep_look(rows, row, look, d, other=False)
    return rows
