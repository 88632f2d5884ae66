"""Keeps the name that a track was shown under when late data lets it begin at another detection.

A track's id is made of its birth. A rerun that knows one look more may begin the same target's track earlier, or at another
sensor's detection: what is believed is that of the in-order run, and only the name would change under those who watch.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from fusion.arrays import Array, pack, unpack
from fusion.messages import SECOND, Floats, Record
from fusion.tracking.births import Birth, births_of
from fusion.tracking.merging import AGREE, SIZE
from fusion.tracking.store import TrackStore

Names = dict[Birth, Birth]
"""Births whose tracks go by the name of another birth, that of a track which is no more."""


class Shown(Record):
    """The tracks that were shown when a rerun began, as a value that can be written down."""

    time: int  # ns
    names: tuple[Birth, ...]  # (n) births that their ids are made of
    state: Array  # (n, 6)
    covariance: Array  # (n, 6, 6)


def shown(store: TrackStore, time: int, names: Names) -> Shown:
    """Give the confirmed tracks as they are."""
    part = store.copy()
    part.keep(store.confirmed)
    state, covariance = part.combined()
    named = tuple(names.get(birth, birth) for birth in births_of(part))
    return Shown(time=time, names=named, state=pack(state), covariance=pack(covariance))


def renamed(before: Shown, store: TrackStore, heard: Collection[Birth], time: int, names: Names) -> Names:
    """Give the names after a rerun: a track that vanished leaves its own to the one that stands where it would be.

    It is the nearest that agrees as duplicates must, δᵀ (P_a + P_b + SIZE² I)⁻¹ δ ≤ AGREE, and was not shown itself.
    A name is not vanished while a bearing track is there whose own it is; heard: the births of those.
    """
    rows = {birth: row for row, birth in enumerate(births_of(store))}
    there = rows.keys() | set(heard)
    names = {birth: name for birth, name in names.items() if birth in there and name not in there}
    named = {names.get(birth, birth) for birth in there}
    lost = [i for i, name in enumerate(before.names) if name not in named]
    known = set(before.names)
    fresh = [(birth, row) for birth, row in rows.items() if birth not in known and birth not in names]
    if not lost or not fresh:
        return names
    distance2 = _distances2(before, lost, store, [row for _, row in fresh], time)
    for flat in np.argsort(distance2, axis=None, kind="stable").tolist():
        i, j = divmod(flat, len(fresh))
        birth, name = fresh[j][0], before.names[lost[i]]
        if distance2[i, j] <= AGREE and birth not in names and name not in names.values():
            names[birth] = name
    return names


def _distances2(before: Shown, lost: list[int], store: TrackStore, rows: list[int], time: int) -> Floats:
    """Give d² (lost, rows) from where tracks that were shown would be now, straight on."""
    F = np.eye(6)
    F[:3, 3:] = (time - before.time) / SECOND * np.eye(3)
    then, P = (np.asarray(unpack(array)[lost], np.float64) for array in (before.state, before.covariance))
    then, P = then @ F.T, F @ P @ F.T
    state, covariance = store.combined()
    delta = state[rows] - then[:, None]
    spread = covariance[rows] + P[:, None] + SIZE**2 * np.eye(6)
    return np.asarray(np.einsum("lri,lri->lr", delta, np.linalg.solve(spread, delta[..., None])[..., 0]))
