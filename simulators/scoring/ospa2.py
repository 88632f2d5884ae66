"""OSPA(2) between sets of tracks (Beard, Vo, Vo: A solution for large-scale multi-object tracking, IEEE TSP 68, 2020, §II-C).

Over a window of steps W, two tracks f and g differ by their mean distance while either is there, c where only one is:

    d̃(f, g) = Σ_{t ∈ D_f ∪ D_g} δ(t) / |D_f ∪ D_g|,   δ = min(d(f(t), g(t)), c) where both are there, else c

and OSPA(2) is the OSPA of the two sets of tracks with d̃ for a distance. A truth followed by two tracks in turn costs as much
as what the better of the two leaves out, and c for the other: switches and fragments are seen.
"""

from __future__ import annotations

import numpy as np

from fusion.messages import Floats, Integers
from fusion.zones.geometry import Mask
from simulators.scoring.assign import match
from simulators.scoring.scene import Rows, Scene

WINDOW_S = 10.0
"""s: as long as the paper's own ten scans of a second; an operator remembers that much of a track's number."""


def over_time(scene: Scene, window: int | None = None, p: float = 2.0) -> Floats:
    """Judge the window of steps that ends at each step (k,); `window` steps long, WINDOW_S if left out."""
    length = window or max(1, round(WINDOW_S / scene.period))
    true, said = _presence(scene.true, scene, len(scene.truths)), _presence(scene.said, scene, len(scene.tracks))
    near = scene.near
    truth, track, saved = scene.true.who[near.true], scene.said.who[near.said], scene.c - near.distance
    edges = np.searchsorted(near.step, np.arange(len(scene.time) + 1)).tolist()
    found = np.zeros(len(scene.time))
    for k in range(len(scene.time)):
        first = max(0, k + 1 - length)
        part = slice(edges[first], edges[k + 1])
        found[k] = _window(true[first : k + 1], said[first : k + 1], truth[part], track[part], saved[part], scene.c, p)
    return found


def _window(true: Mask, said: Mask, truth: Integers, track: Integers, saved: Floats, c: float, p: float) -> float:
    """Judge one window: who is there (w, n), (w, m); who is near whom, and how much of c that saves.

    d̃ = c − Σ (c − d) / |D_f ∪ D_g|, so only tracks that come near each other have a d̃ below c.
    """
    n = max(np.count_nonzero(true.any(axis=0)), np.count_nonzero(said.any(axis=0)))
    if not n:
        return 0.0
    key, inverse = np.unique(truth * said.shape[1] + track, return_inverse=True)
    row, column = key // said.shape[1], key % said.shape[1]
    union = (true[:, row] | said[:, column]).sum(axis=0)
    apart = c - np.bincount(inverse, saved, minlength=len(key)) / np.maximum(union, 1)
    chosen = match(row, column, c**p - apart**p)
    return float(((np.sum(apart[chosen] ** p) + c**p * (n - len(chosen))) / n) ** (1.0 / p))


def _presence(rows: Rows, scene: Scene, count: int) -> Mask:
    there = np.zeros((len(scene.time), count), bool)
    there[rows.step, rows.who] = True
    return there
