"""Which bearing tracks of different sensors are one target: every partition weighed, so that ghosts lose to what explains all."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import combinations
from typing import NamedTuple

import numpy as np

from fusion.messages import SECOND, Floats, Integers
from fusion.tracking import kernels
from fusion.tracking.bearing_store import BearingTracks, ranges
from fusion.tracking.bearings import SPEED
from fusion.tracking.partitions import Members, clusters, partition
from fusion.tracking.sensors import SensorModel

HEARD, OTHERWISE = 0.8, 0.4
"""Probability that a sensor follows a target in its coverage that another one follows: one of the same kind, and of another,
for what sends need not be seen and what is seen need not send."""

TARGETS = 0.5
"""Targets that are followed by their directions alone at a time: mostly none or one."""

SURE = 0.95
"""Probability that a group is one target at which it becomes a track with a place: as surely as any track is shown."""

POSSIBLE = (2, 0.2)
"""Looks and existence at which a bearing track counts as a possible partner, …"""

ESTABLISHED = 6.0
"""… and looks' time since it began after which it may be promoted: by then the tracks that contend for its partner have begun."""

FOLDED = 0.01
"""Probability of the other side below which it is not asked about."""

MANOEUVRE = 1.0
"""m²/s³: a target is fitted by a straight line whose older looks count less: off by 18 m after 10 s. A quiet leg has 0.1."""

STEPS = 8
"""Gauss–Newton steps; halfway through the residual is below a thousandth of a sigma."""

FRESH = 3.0
"""s since a track's last bearing, or three of its sensor's looks, after which nobody asks where its target is."""

MOST = 4
"""Sensors in one group: more make a place no surer."""

SLIGHT = math.log(1e-6)
"""Log odds below which a pair is not asked about with a third, which may tell much: of what hovers, far places fit best."""

MOST_SPREAD = 150.0
"""m, one sigma, the larger horizontally: a place less certain than this is not one yet (rays nearly parallel, or far away)."""

TALL = 300.0
"""m, sigma of the height of a target whose elevation was measured: its own figure, and aircraft's too."""


class Group(NamedTuple):
    """Some bearing tracks that may be one target."""

    members: tuple[int, ...]  # rows, ascending, of different sensors
    flips: tuple[int, ...]  # which of them point the other way


class Placed(NamedTuple):
    """Groups as they were fitted."""

    x: Floats  # (G, K, 6)
    P: Floats  # (G, K, 6, 6)
    logs: Floats  # (G, K) log evidence at each range
    misfit: Floats  # (G, K)


class Target(NamedTuple):
    """A group that is surely one target."""

    members: tuple[int, ...]  # rows of the bearing tracks
    probability: float
    x: Floats  # (6)
    P: Floats  # (6, 6)


class Scene(NamedTuple):
    """The bearing tracks that are asked about, as arrays, and their sensors."""

    rows: Integers  # (n) of the bearing tracks
    tracks: BearingTracks
    sensors: tuple[SensorModel, ...]  # of the site
    hearing: tuple[int, ...]  # which of them follow bearings
    time: int  # ns
    height: tuple[float, float]


def find_targets(tracks: BearingTracks, sensors: tuple[SensorModel, ...], time: int, height: tuple[float, float]) -> list[Target]:
    """Find the bearing tracks of different sensors that are surely one target, and where it is, at a time (ns)."""
    if len(tracks) < 2:
        return []
    periods = np.array([sensor.period for sensor in sensors])[tracks.sensor]
    unseen = (time - tracks.updated) / SECOND
    fixed = np.array([not sensor.moves for sensor in sensors])[tracks.sensor]  # looks of others are not from one place
    possible = fixed & (tracks.hits >= POSSIBLE[0]) & (tracks.r >= POSSIBLE[1]) & (unseen <= np.maximum(FRESH, 3.0 * periods))
    established = tracks.confirmed & ((time - tracks.born) / SECOND >= ESTABLISHED * periods)
    if len(np.unique(tracks.sensor[possible & established])) < 2:
        return []
    rows = np.flatnonzero(possible)
    hearing = tuple(i for i, sensor in enumerate(sensors) if sensor.hears and not sensor.moves)
    scene = Scene(rows, tracks, sensors, hearing, time, height)
    singles = [Group((row,), (flip,)) for row in rows.tolist() for flip in _sides(tracks, row)]
    alone = _weights(scene, singles)
    base = {row: max(w for one, w in zip(singles, alone[0], strict=True) if one.members == (row,)) for row in rows.tolist()}
    weighed: dict[Members, tuple[float, Group, int]] = {}
    placed: list[Placed] = []
    fit = [row for row in rows.tolist() if math.isfinite(base[row])]  # what flies as nothing does alone shares no target either
    groups = [Group((a, b), (f, g)) for a, b in combinations(fit, 2) if _may_pair(tracks, a, b)
              for f in _sides(tracks, a) for g in _sides(tracks, b)]  # fmt: skip
    while groups and len(groups[0].members) <= MOST:
        logs, fitted = _weights(scene, groups)
        placed.append(fitted)
        kept: dict[Group, float] = {}
        for at, (group, log) in enumerate(zip(groups, logs, strict=True)):
            odds = log - sum(base[row] for row in group.members)
            if odds <= SLIGHT:
                continue
            kept[group] = odds
            if group.members not in weighed or odds > weighed[group.members][0]:
                weighed[group.members] = (odds, group, at)
        groups = _larger(kept)
    found = _surest(scene, weighed, placed)
    return [target for target in found if established[list(target.members)].all()]


def _sides(tracks: BearingTracks, row: int) -> tuple[int, ...]:
    """Give the sides on which a track's target may be."""
    fold = tracks.fold[row]
    return tuple(side for side, p in ((0, 1.0 - fold), (1, fold)) if p > FOLDED)


def _may_pair(tracks: BearingTracks, a: int, b: int) -> bool:
    names, emitters = tracks.name[[a, b]], tracks.emitter[[a, b]]
    strangers = any(pair.all() and pair[0] != pair[1] for pair in (names, emitters))
    return bool(tracks.sensor[a] != tracks.sensor[b]) and not strangers


def _larger(kept: dict[Group, float]) -> list[Group]:
    """Join groups that differ in their last member and whose last members are a group too."""
    found, known = [], set(kept)
    pairs = {
        (g.members[i], g.flips[i], g.members[j], g.flips[j]) for g in known for i, j in combinations(range(len(g.members)), 2)
    }
    by_head: dict[tuple[tuple[int, ...], tuple[int, ...]], list[tuple[int, int]]] = {}
    for group in kept:
        by_head.setdefault((group.members[:-1], group.flips[:-1]), []).append((group.members[-1], group.flips[-1]))
    for (members, flips), lasts in by_head.items():
        for (a, f), (b, g) in combinations(sorted(lasts), 2):
            if (a, f, b, g) in pairs:
                found.append(Group((*members, a, b), (*flips, f, g)))
    return found


def _weights(scene: Scene, groups: list[Group]) -> tuple[Floats, Placed]:
    """Fit groups; give the log weight (G) of each being one target that these sensors follow and no other, and the fits."""
    tracks, (distinct, local) = scene.tracks, np.unique(scene.tracks.sensor[scene.rows], return_inverse=True)
    place = {row: n for n, row in enumerate(scene.rows.tolist())}
    members = np.full((len(groups), MOST), -1, np.int64)
    flips = np.zeros((len(groups), MOST), np.int64)
    for n, group in enumerate(groups):
        members[n, : len(group.members)] = [place[row] for row in group.members]
        flips[n, : len(group.flips)] = group.flips
    fitted = _fit(scene, [scene.sensors[i] for i in distinct.tolist()], local, members, flips)
    total = np.logaddexp.reduce(fitted.logs, axis=1) - math.log(fitted.logs.shape[1])
    share = np.exp(fitted.logs - np.maximum(fitted.logs.max(axis=1, keepdims=True), -1e300))  # nought where no range fits
    share /= np.maximum(share.sum(axis=1, keepdims=True), 1e-300)
    within = _heard(scene, fitted.x, share)  # (G, sensors)
    for n, group in enumerate(groups):
        kinds = {scene.sensors[int(tracks.sensor[row])].config.kind for row in group.members}
        has = {int(tracks.sensor[row]) for row in group.members}
        total[n] += math.log(TARGETS)
        for i in scene.hearing:
            if i not in has:
                chance = HEARD if scene.sensors[i].config.kind in kinds else OTHERWISE
                total[n] += math.log(1.0 - chance * within[n, i])
        for row, flip in zip(group.members, group.flips, strict=True):
            total[n] += math.log(max(tracks.fold[row] if flip else 1.0 - tracks.fold[row], 1e-12))
    return total, fitted


def _fit(scene: Scene, distinct: list[SensorModel], local: Integers, members: Integers, flips: Integers) -> Placed:
    tracks, rows = scene.tracks, scene.rows
    ages = (tracks.times[rows] - scene.time) / SECOND
    looks = tracks.looks[rows]
    bias = np.array([np.diag(model.prior.covariance)[1:3] for model in distinct])[local]
    lasting = np.array([model.correlation > 0.0 for model in distinct])[local]
    bias = bias + np.where(lasting[:, None], looks[:, 0, 2:], 0.0)  # what lasts as long as all that is kept
    known = np.isfinite(looks[:, 0, 1])
    height = np.tile(np.array(scene.height), (len(members), 1))
    height[(known[members] & (members >= 0)).any(axis=1), 1] = TALL
    shape = (len(members), len(ranges(distinct[0])[0]))
    x, P, logs, misfit = np.empty((*shape, 6)), np.empty((*shape, 6, 6)), np.empty(shape), np.empty(shape)
    origins, Cs = (
        np.array([model.horizon.origin for model in distinct]),
        np.array([model.horizon.coefficients for model in distinct]),
    )
    first = local[members[:, 0]]
    for n, model in enumerate(distinct):
        mine = np.flatnonzero(first == n)
        if len(mine):
            part = [array[mine] for array in (x, P, logs, misfit)]
            kernels.fit(
                *(origins, Cs, local, ages, looks, tracks.count[rows], bias, members[mine], flips[mine], *ranges(model)),
                *(height[mine], np.array(SPEED), MANOEUVRE, STEPS, *part),
            )
            for array, values in zip((x, P, logs, misfit), part, strict=True):
                array[mine] = values
    return Placed(x, P, logs, misfit)


def _heard(scene: Scene, x: Floats, share: Floats) -> Floats:
    """Give how probably (G, sensors) each group's target is in each sensor's coverage."""
    within = np.zeros((len(x), len(scene.sensors)))
    for i in scene.hearing:
        model = scene.sensors[i]
        begin, width, low, high, near, far = model.coverage
        e = model.horizon.enu_from_grid(x[..., :3])
        rho = np.hypot(e[..., 0], e[..., 1])
        elevation = np.arctan2(e[..., 2], rho)
        inside = (np.hypot(rho, e[..., 2]) >= near) & (np.hypot(rho, e[..., 2]) <= far) & (elevation >= low) & (elevation <= high)
        inside &= np.remainder(np.arctan2(e[..., 0], e[..., 1]) - begin, math.tau) <= width
        within[:, i] = (inside * share).sum(axis=1)
    return within


def _surest(scene: Scene, weighed: dict[Members, tuple[float, Group, int]], placed: list[Placed]) -> list[Target]:
    """Give the groups that are one target in nearly every partition, and placed well enough."""
    found = []
    for cluster, crowded in clusters({members: odds for members, (odds, _, _) in weighed.items()}):
        odds = {members: weighed[members][0] for members in cluster}
        probabilities = partition(odds)
        for members in cluster:
            if probabilities[members] < SURE or crowded & set(members):
                continue
            _, group, at = weighed[members]
            target = _placed(scene, group, placed[len(members) - 2], at, probabilities[members])
            if target is not None:
                found.append(target)
    return found


def _placed(scene: Scene, group: Group, fitted: Placed, at: int, probability: float) -> Target | None:
    """Give a group's target, matched in mean and covariance over its ranges; None where it fits badly or is nowhere yet."""
    logs = fitted.logs[at]
    share = np.exp(logs - logs.max())
    share /= share.sum()
    used = share > 1e-6
    share, x, P = share[used] / share[used].sum(), fitted.x[at][used], fitted.P[at][used]
    mean = share @ x
    apart = x - mean
    covariance = np.einsum("k,kij->ij", share, P + apart[:, :, None] * apart[:, None])
    looks = _angles(scene.tracks, group.members)
    worst = looks + 4.0 * math.sqrt(2.0 * looks)
    if fitted.misfit[at][int(logs.argmax())] > worst or math.sqrt(max(covariance[0, 0], covariance[1, 1])) > MOST_SPREAD:
        return None
    return Target(group.members, float(probability), mean, covariance)


def _angles(tracks: BearingTracks, members: Iterable[int]) -> int:
    """Count the angles that a group was placed by."""
    return sum(int(tracks.count[row]) * (2 if math.isfinite(tracks.looks[row, 0, 1]) else 1) for row in members)
