"""Truths and tracks paired at each step, and how far apart they are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fusion.messages import Floats, Integers
from simulators.scoring.assign import match
from simulators.scoring.scene import Scene, pair


class Pairs(NamedTuple):
    """Hits: a truth and the track that was paired with it, in the order of steps, then of truths."""

    step: Integers  # (q,)
    truth: Integers  # (q,)
    track: Integers  # (q,)
    distance: Floats  # (q,) m in the dimensions of the pairing
    error: Floats  # (q, 3) m east, north, up: truth less estimate
    velocity_error: Floats  # (q, 3) m/s
    true: Integers  # (q,) row of truth
    said: Integers  # (q,) row of tracks
    missed: Integers  # (k,) truths without a track at each step
    false: Integers  # (k,) tracks without a truth


def paired(truths: Floats, estimates: Floats, c: float, p: float = 2.0) -> list[tuple[int, int]]:
    """Pair truths (n, d) with estimates (m, d): least Σ min(distance, c)^p; give the pairs closer than c."""
    if not len(truths) or not len(estimates):
        return []
    distance = np.linalg.norm(truths[:, None] - estimates[None], axis=-1)
    rows, columns = np.nonzero(distance < c)
    chosen = match(rows, columns, c**p - distance[rows, columns] ** p)
    return list(zip(rows[chosen].tolist(), columns[chosen].tolist(), strict=True))


def pairs_of(scene: Scene) -> Pairs:
    """Pair a scene."""
    chosen = pair(scene)
    near = scene.near
    step, true, said, distance = near.step[chosen], near.true[chosen], near.said[chosen], near.distance[chosen]
    hits = np.bincount(step, minlength=len(scene.time))
    return Pairs(
        step,
        scene.true.who[true],
        scene.said.who[said],
        distance,
        scene.true.place[true] - scene.said.place[said],
        scene.true.velocity[true] - scene.said.velocity[said],
        true,
        said,
        scene.there(scene.true) - hits,
        scene.there(scene.said) - hits,
    )
