"""Duplicates: two tracks that are statistically one target become one."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from fusion.messages import SECOND, Floats, Integers
from fusion.tracking import kernels
from fusion.tracking.births import Birth, birth_of
from fusion.tracking.sensors import SensorModel
from fusion.tracking.store import Association, TrackStore

EVERY = SECOND // 2
"""ns between two searches for neighbours: a duplicate may live half a second longer."""

NEAR = 30.0
"""m between two tracks that are asked whether they are one; what is further apart is no duplicate but a ghost."""

SIZE = 1.0
"""m and m/s: no two drones fly closer than this, side by side, for seconds; so much is added to each axis' sigma."""

AGREE = 16.8
"""χ² quantile at 0.99 for 6 components: the difference of two states that are one target's."""

SURE = 7.0
"""nats of evidence for one target at which two tracks are merged: odds of a thousand to one."""

APART = 3.5
"""nats against it when one look has a detection for each: 3 in 100 looks have a false alarm or an echo there."""

DOUBT = -14.0
"""nats: no pair is remembered as seen apart for more than this, so that what was once two can still become one."""

INDEPENDENT = 1.0
"""s between looks that count fully: errors and shadows that hide one of two targets last about as long."""

TOGETHER = 1.5
"""Detections owed to two tracks in one look above which it saw both: a detection belongs to one of them at most."""

LAST = np.iinfo(np.int64).max
"""Row of a birth whose row is not known: the last."""


class Pair(NamedTuple):
    """Two neighbours and what speaks for their being one."""

    first: Birth  # time, sensor, sequence and index: what its id is made of
    second: Birth
    evidence: float  # nats
    looked: int  # ns of the last look that counted


class Pairs(NamedTuple):
    """Pairs as arrays, which are never written into but by who copied them."""

    births: Integers  # (K, 2, 4)
    evidence: Floats  # (K)
    looked: Integers  # (K)
    rows: Integers  # (K, 2) where they stood last: where to begin to look for them

    @classmethod
    def of(cls, pairs: Iterable[Pair]) -> Pairs:
        """Give pairs as arrays."""
        told = list(pairs)
        births = np.array([pair[:2] for pair in told], np.int64).reshape(-1, 2, 4)
        evidence, looked = np.array([pair.evidence for pair in told]), np.array([pair.looked for pair in told], np.int64)
        return cls(births, evidence, looked, np.full((len(told), 2), LAST))

    def told(self) -> tuple[Pair, ...]:
        """Give each pair."""
        births = ((tuple(first), tuple(second)) for first, second in self.births.tolist())
        known = zip(births, self.evidence.tolist(), self.looked.tolist(), strict=True)
        return tuple(Pair(first, second, evidence, looked) for (first, second), evidence, looked in known)


NONE = Pairs.of(())


class Merging:
    """The neighbours, and when they were last searched. A value in itself is `known` and `searched`."""

    def __init__(self, known: Pairs | None = None, searched: int = 0) -> None:
        self.known, self.searched = NONE if known is None else known, searched

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Each pair."""
        return self.known.told()

    def learn(self, store: TrackStore, sensor: SensorModel, found: Association, time: int) -> None:
        """Let one look say of each pair whether it saw one or two.

        Of two targets a look sees at most one with 1 − pD², and reports exactly one of those it reports at all with
        2 pD (1 − pD)/(1 − (1 − pD)²); of one target always. Who reports at will, a message a drone, says nothing.
        """
        if not len(self.known.evidence) or sensor.config.period_s is None:
            return
        births, evidence, looked, rows = self.known
        evidence, looked, rows = evidence.copy(), looked.copy(), rows.copy()
        kernels.hear(
            *(births, store.births, store.confirmed, found.gated.start, found.p, found.gated.pd_miss),
            *(sensor.config.detection_probability, sensor.looks, time, APART, DOUBT, TOGETHER, INDEPENDENT),
            *(rows, evidence, looked),
        )
        self.known = Pairs(births, evidence, looked, rows)
        if rows.min() < 0:
            there = rows.min(axis=1) >= 0
            self.known = Pairs(births[there], evidence[there], looked[there], rows[there])

    def merge(self, store: TrackStore, time: int) -> None:
        """Merge pairs of which enough is known; search for neighbours anew."""
        if time - self.searched < EVERY:
            return
        self.searched, neighbours = time, agreeing(store)
        if not neighbours:
            self.known = NONE
            return
        known = {(pair.first, pair.second): pair for pair in self.pairs}
        pairs, gone = [], np.zeros(len(store), np.bool_)
        for a, b in neighbours:
            key = (birth_of(store, a), birth_of(store, b))
            pair = known.get(key) or Pair(*key, 0.0, time)
            named = store.name[a] != 0 and store.name[a] == store.name[b]
            if gone[a] or gone[b]:
                continue
            if pair.evidence >= SURE or (named and pair.evidence >= 0.0):
                absorb(store, a, b)
                gone[b] = True
            else:
                pairs.append(pair)
        merged = {birth_of(store, row) for row in gone.nonzero()[0].tolist()}
        self.known = Pairs.of(pair for pair in pairs if pair.first not in merged and pair.second not in merged)
        if merged:
            store.keep(~gone)


def agreeing(store: TrackStore) -> list[tuple[int, int]]:
    """Give the confirmed neighbours (older row first) whose states agree within their covariances, nearest first.

    d² = δᵀ (P_a + P_b + SIZE² I)⁻¹ δ ≤ AGREE, and neither names another identity.
    """
    confirmed, room = store.confirmed.nonzero()[0], 4 * len(store) + 16
    if len(confirmed) < 2:
        return []
    while True:
        first, second, distance2 = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room)
        count = kernels.neighbours(store.x, store.P, store.mu, confirmed, NEAR, SIZE, AGREE, first, second, distance2)
        if count <= room:
            break
        room = count
    if not count:
        return []
    first, second = first[:count], second[:count]
    strangers = (store.name[first] != store.name[second]) & (store.name[first] != 0) & (store.name[second] != 0)
    nearest = np.lexsort((second, first, distance2[:count]))
    return [(int(first[k]), int(second[k])) for k in nearest.tolist() if not strangers[k]]


def absorb(store: TrackStore, a: int, b: int) -> None:
    """Let row a become what both rows know: moments matched mode by mode, existence 1 − (1 − r_a)(1 − r_b).

    Each is weighted by how dense it is at its mean, r/√det P: both describe one target, and the vaguer adds little.
    """
    (_, P) = store.combined_of(np.array([a, b]))
    log = [math.log(max(store.r[row], 1e-300)) - 0.5 * float(np.linalg.slogdet(P[k])[1]) for k, row in enumerate((a, b))]
    share = np.exp(np.array(log) - max(log))
    share /= share.sum()
    weight = share[:, None] * store.mu[[a, b]]  # (2, M)
    mu = weight.sum(axis=0)
    inner = np.where(mu > 0.0, weight / np.maximum(mu, 1e-300), share[:, None])
    mean = np.einsum("km,kmi->mi", inner, store.x[[a, b]])
    apart = store.x[[a, b]] - mean
    store.P[a] = np.einsum("km,kmij->mij", inner, store.P[[a, b]] + apart[..., :, None] * apart[..., None, :])
    store.cross[a] = np.einsum("km,kmsij->msij", inner, store.cross[[a, b]])
    store.x[a], store.mu[a] = mean, mu
    store.r[a] = 1.0 - (1.0 - store.r[a]) * (1.0 - store.r[b])
    store.classes[a] = share @ store.classes[[a, b]]
    if store.name[a] == 0 and store.claims[a] is None:
        store.name[a], store.claims[a] = store.name[b], store.claims[b]
    for column in (store.updated, store.received, store.seen):
        column[a] = np.maximum(column[a], column[b])
