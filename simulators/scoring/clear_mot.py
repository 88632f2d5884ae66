"""CLEAR-MOT (Bernardin, Stiefelhagen: Evaluating multiple object tracking performance, EURASIP J. IVP 2008, §2.1.4).

At each step a truth keeps the track that it had at its last match, if both are there and still closer than c; what is then
left over is matched with the least sum of distances. A truth matched with another track than at its last match is a mismatch.

    MOTP = Σ d / Σ matches,   MOTA = 1 − Σ (misses + false positives + mismatches) / Σ truths

A truth is mostly tracked when matched in four fifths of its steps or more, mostly lost in one fifth or less; a fragment is a
match after a miss (Li, Huang, Nevatia, CVPR 2009).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from fusion.messages import Floats, Integers
from simulators.scoring.assign import match
from simulators.scoring.scene import Scene


class ClearMot(NamedTuple):
    """The figures of a run."""

    mota: float  # 1 is best; may be negative
    motp: float  # m
    misses: int
    false_positives: int
    mismatches: int
    fragments: int
    mostly_tracked: float  # share of truths
    mostly_lost: float


def clear_mot(scene: Scene) -> ClearMot:
    """Judge a scene."""
    true, said, distance = _matched(scene)
    truth, track, step = scene.true.who[true], scene.said.who[said], scene.true.step[true]
    total, matches = len(scene.true.step), len(true)
    order = np.lexsort((step, truth))
    same = np.diff(truth[order]) == 0
    mismatches = int(np.sum(same & (np.diff(track[order]) != 0)))
    false, misses = len(scene.said.step) - matches, total - matches
    share = _shares(scene, truth)
    return ClearMot(
        1.0 - (misses + false + mismatches) / max(total, 1),
        float(distance.mean()) if matches else math.nan,
        misses,
        false,
        mismatches,
        int(np.sum(same & (np.diff(step[order]) > 1))),
        float(np.mean(share >= 0.8)) if len(share) else math.nan,
        float(np.mean(share <= 0.2)) if len(share) else math.nan,
    )


def _matched(scene: Scene) -> tuple[Integers, Integers, Floats]:
    """Match step by step; give rows of truth and of tracks, and distances."""
    near, kept = scene.near, dict[int, int]()
    truth, track = scene.true.who[near.true], scene.said.who[near.said]
    chosen = []
    for part in scene.steps_of_near():
        here = _step(truth[part], track[part], near.distance[part], scene.c, kept)
        chosen.append(here + part.start)
        kept.update(zip(truth[part][here].tolist(), track[part][here].tolist(), strict=True))
    places = np.concatenate(chosen).astype(int) if chosen else np.zeros(0, int)
    return near.true[places], near.said[places], near.distance[places]


def _step(truth: Integers, track: Integers, distance: Floats, c: float, kept: dict[int, int]) -> Integers:
    """Match one step: what was together stays together, then as many as can be at the least sum of distances."""
    together = np.array([kept.get(i) == j for i, j in zip(truth.tolist(), track.tolist(), strict=True)], bool)
    stays = _first_each(np.flatnonzero(together), track)
    free = np.flatnonzero(~np.isin(truth, truth[stays]) & ~np.isin(track, track[stays]))
    gain = c * (1 + len(free)) - distance[free]  # any further match is worth more than all distances together
    return np.sort(np.concatenate([stays, free[match(truth[free], track[free], gain)]]))


def _first_each(entries: Integers, track: Integers) -> Integers:
    """Keep one entry a track: two truths may have had the same one at their last matches."""
    _, first = np.unique(track[entries], return_index=True)
    return entries[np.sort(first)]


def _shares(scene: Scene, matched: Integers) -> Floats:
    """Give which share of its steps each truth that is there was matched in."""
    steps = np.bincount(scene.true.who, minlength=len(scene.truths))
    hits = np.bincount(matched, minlength=len(scene.truths))
    return np.asarray(hits[steps > 0] / steps[steps > 0])
