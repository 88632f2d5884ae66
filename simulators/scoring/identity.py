"""Identity measures: who was called what, over the whole run.

Ristani, Solera, Zou, Cucchiara, Tomasi: Performance measures and a data set for multi-target, multi-camera tracking, 2016.

One track stands for each truth over the whole run: the one-to-one matching with the most steps closer than c, IDTP. Then

    IDP = IDTP / steps of tracks,   IDR = IDTP / steps of truths,   IDF1 = 2 IDTP / (steps of truths + steps of tracks)
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from simulators.scoring.assign import match
from simulators.scoring.scene import Scene


class Identities(NamedTuple):
    """The figures of a run; 1 is best."""

    idf1: float
    idp: float
    idr: float
    idtp: int


def identity(scene: Scene) -> Identities:
    """Judge a scene."""
    count = max(len(scene.tracks), 1)
    key = scene.true.who[scene.near.true] * count + scene.said.who[scene.near.said]
    both, steps = np.unique(key, return_counts=True)
    idtp = int(steps[match(both // count, both % count, steps.astype(float))].sum())
    truths, tracks = len(scene.true.step), len(scene.said.step)
    return Identities(_share(2 * idtp, truths + tracks), _share(idtp, tracks), _share(idtp, truths), idtp)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan
