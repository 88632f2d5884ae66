"""The Single Integrated Air Picture's attributes (Votruba et al.: SIAP metrics implementation, 2001).

A track is associated at a step with the truth nearest to it, if that is closer than c; several tracks may be with one truth.
J truths, J_T of them associated, N tracks, N_A of them associated, each summed over the steps:

    completeness J_T/J,   ambiguity N_A/J_T,   spuriousness (N − N_A)/N,
    position and velocity accuracy Σ |error| / N_A,
    rate of track number changes Σ_j (U_j − 1) / Σ_j TT_j,   longest track segment Σ_j TL_j / Σ_j T_j

U_j is the least number of tracks that cover what is covered of truth j, TT_j how long that is, TL_j the longest unbroken
association of one track with it, T_j how long it is there.
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import numpy as np

from fusion.messages import Integers
from simulators.scoring.scene import Scene


class Siap(NamedTuple):
    """The attributes of a run."""

    completeness: float  # 1 is best
    ambiguity: float  # 1 is best
    spuriousness: float  # 0 is best
    position_accuracy: float  # m
    velocity_accuracy: float  # m/s
    number_changes_per_s: float
    longest_segment: float  # share of a truth's life; 1 is best


class Association(NamedTuple):
    """One track, unbroken, with one truth."""

    truth: int
    track: int
    first: int  # step
    last: int  # step


def siap(scene: Scene) -> Siap:
    """Judge a scene."""
    return attributes(scene, *associated(scene))


def attributes(scene: Scene, true: Integers, said: Integers) -> Siap:
    """Judge a scene by which rows of truth and of tracks belong together."""
    total, tracks = len(scene.true.step), len(scene.said.step)
    tracked = len(np.unique(true))
    error = np.linalg.norm((scene.true.place[true] - scene.said.place[said])[:, : scene.dimensions], axis=1)
    speed = np.linalg.norm((scene.true.velocity[true] - scene.said.velocity[said])[:, : scene.dimensions], axis=1)
    runs = associations(scene, true, said)
    life = [_life(scene, j) for j in range(len(scene.truths))]
    by_truth = [[run for run in runs if run.truth == j] for j in range(len(scene.truths))]
    changes = sum(tracks_needed(found, steps) - 1 for found, steps in zip(by_truth, life, strict=True) if found)
    covered = sum(_covered(found, steps) for found, steps in zip(by_truth, life, strict=True)) * scene.period
    longest = sum(max((run.last - run.first for run in found), default=0) for found in by_truth)
    lived = sum(int(steps[-1] - steps[0]) for steps in life if len(steps))
    return Siap(
        _share(tracked, total, 0.0),
        _share(len(said), tracked, 1.0),
        _share(tracks - len(said), tracks, 0.0),
        float(error.mean()) if len(error) else math.nan,
        float(speed.mean()) if len(speed) else math.nan,
        _share(changes, covered, 0.0),
        _share(longest, lived, 0.0),
    )


def associated(scene: Scene) -> tuple[Integers, Integers]:
    """Associate every track's row with the nearest truth's, if that is closer than c; give both rows (q,), (q,)."""
    order = np.lexsort((scene.near.true, scene.near.distance, scene.near.said))
    said, first = np.unique(scene.near.said[order], return_index=True)
    return scene.near.true[order][first], said


def associations(scene: Scene, true: Integers, said: Integers) -> list[Association]:
    """Join associated rows that follow each other step by step."""
    step, truth, track = scene.said.step[said], scene.true.who[true], scene.said.who[said]
    order = np.lexsort((step, track, truth))
    step, truth, track = step[order], truth[order], track[order]
    broken = (np.diff(step) != 1) | (np.diff(truth) != 0) | (np.diff(track) != 0)
    first = np.concatenate([[0], np.flatnonzero(broken) + 1]) if len(step) else np.zeros(0, int)
    last = np.concatenate([first[1:] - 1, [len(step) - 1]]) if len(step) else first
    ends = zip(truth[first].tolist(), track[first].tolist(), step[first].tolist(), step[last].tolist(), strict=True)
    return [Association(*end) for end in ends]


def tracks_needed(runs: list[Association], life: Integers) -> int:
    """Count the fewest associations that cover what is covered of a truth's steps: always the one that lasts longest."""
    count, reached = 0, -1
    for step in life.tolist():
        if step > reached and (here := [run.last for run in runs if run.first <= step <= run.last]):
            count, reached = count + 1, max(here)
    return count


def _covered(runs: list[Association], life: Integers) -> int:
    """Count the intervals between a truth's steps through which an association lasts."""
    whole = {step for run in runs for step in range(run.first, run.last)}
    return sum(following == step + 1 and step in whole for step, following in itertools.pairwise(life.tolist()))


def _life(scene: Scene, truth: int) -> Integers:
    return np.asarray(scene.true.step[scene.true.who == truth])


def _share(part: float, whole: float, empty: float) -> float:
    return part / whole if whole else empty
