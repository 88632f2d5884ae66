"""How soon, how unbroken and how fresh: each truth's life with tracks."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from fusion.messages import SECOND, Floats, Integers, nanoseconds
from simulators.scoring.pairing import Pairs
from simulators.scoring.scene import Scene


class Life(NamedTuple):
    """What became of one truth."""

    truth: str
    seconds: float  # how long it was there
    confirmed_after: float  # s from its first step to its first hit; NaN: never
    tracked: float  # share of its steps with a hit
    longest: float  # share of its steps in the longest run of hits by one track
    tracks: int  # how many tracks it had
    switches: int
    gaps: tuple[float, ...]  # s of each run of misses after its first hit; the last may be open
    kept: int  # gaps after which the track before it was there again
    rmse: float  # m


class Times(NamedTuple):
    """All truths together."""

    lives: tuple[Life, ...]
    confirmed_median: float  # s, of those that were ever hit
    confirmed_worst: float
    never: int  # truths that no track ever hit
    continuity: float  # mean share of a truth's life in its longest unbroken run of one track
    gaps: int
    longest_gap: float  # s; 0 without any
    kept: float  # share of gaps that the track's name lived through; NaN without any
    age_median: float  # s from a hit's newest detection to the step
    age_p95: float


def times(scene: Scene, pairs: Pairs) -> Times:
    """Judge a scene."""
    lives = tuple(_life(scene, pairs, j) for j in range(len(scene.truths)) if (scene.true.who == j).any())
    confirmed = [life.confirmed_after for life in lives if not math.isnan(life.confirmed_after)]
    gaps = [gap for life in lives for gap in life.gaps]
    old = ages(scene, pairs)
    return Times(
        lives,
        float(np.median(confirmed)) if confirmed else math.nan,
        max(confirmed, default=math.nan),
        len(lives) - len(confirmed),
        float(np.mean([life.longest for life in lives])) if lives else math.nan,
        len(gaps),
        max(gaps, default=0.0),
        sum(life.kept for life in lives) / len(gaps) if gaps else math.nan,
        float(np.median(old)) if len(old) else math.nan,
        float(np.percentile(old, 95)) if len(old) else math.nan,
    )


def ages(scene: Scene, pairs: Pairs) -> Floats:
    """Give how old each hit's newest detection is at its step (s); hits of tracks without messages are left out."""
    told = zip(pairs.step.tolist(), pairs.track.tolist(), scene.more.report[pairs.said].tolist(), strict=True)
    return np.array(
        [
            scene.time[step] - nanoseconds(scene.told[track][report].updated) / SECOND
            for step, track, report in told
            if scene.told[track]
        ]
    )


def _life(scene: Scene, pairs: Pairs, truth: int) -> Life:
    steps = scene.true.step[scene.true.who == truth]
    mine = pairs.truth == truth
    track = np.full(len(steps), -1)
    track[np.searchsorted(steps, pairs.step[mine])] = pairs.track[mine]
    hits = np.flatnonzero(track >= 0)
    gaps, kept = _gaps(track, hits)
    return Life(
        scene.truths[truth],
        float(scene.time[steps[-1]] - scene.time[steps[0]]),
        float(scene.time[steps[hits[0]]] - scene.time[steps[0]]) if len(hits) else math.nan,
        len(hits) / len(steps),
        _longest(track) / len(steps),
        len(np.unique(track[hits])),
        int(np.sum(np.diff(track[hits]) != 0)),
        tuple(length * scene.period for length in gaps),
        kept,
        float(np.sqrt((pairs.distance[mine] ** 2).mean())) if len(hits) else math.nan,
    )


def _gaps(track: Integers, hits: Integers) -> tuple[list[int], int]:
    """Give the lengths of a truth's runs of misses after its first hit, and how many ended with the track before them."""
    if not len(hits):
        return [], 0
    between = np.diff(hits) - 1
    open_end = len(track) - 1 - int(hits[-1])
    kept = int(np.sum((between > 0) & (np.diff(track[hits]) == 0)))
    return [*between[between > 0].tolist(), *([open_end] if open_end else [])], kept


def _longest(track: Integers) -> int:
    """Count the steps of the longest run with one and the same track."""
    edges = np.concatenate([[0], np.flatnonzero(np.diff(track) != 0) + 1, [len(track)]])
    return max((b - a for a, b in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True) if track[a] >= 0), default=0)
