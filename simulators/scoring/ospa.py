"""OSPA (Schuhmacher, Vo, Vo: A consistent metric for performance evaluation of multi-object filters, IEEE TSP 56/8, 2008).

For n the larger of two sets and m the smaller, π the best assignment of the smaller into the larger:

    OSPAᵖ = (Σ min(d(x_i, y_π(i)), c)ᵖ + cᵖ (n − m)) / n

An error a target, between nought and c; nought for two empty sets.
"""

from __future__ import annotations

import numpy as np

from fusion.messages import Floats
from simulators.scoring.pairing import Pairs, paired
from simulators.scoring.scene import Scene


def ospa(truths: Floats, estimates: Floats, c: float, p: float = 2.0) -> float:
    """Judge one step: truths (n, d), estimates (m, d)."""
    pairs, n = paired(truths, estimates, c, p), max(len(truths), len(estimates))
    located = sum(float(np.linalg.norm(truths[i] - estimates[j]) ** p) for i, j in pairs)
    return float(((located + c**p * (n - len(pairs))) / max(n, 1)) ** (1.0 / p))


def over_time(scene: Scene, pairs: Pairs) -> Floats:
    """Judge every step (k,) with p = 2: the pairs closer than c are those of GOSPA, any other costs c² in both."""
    located = np.bincount(pairs.step, pairs.distance**2, minlength=len(scene.time))
    hits = np.bincount(pairs.step, minlength=len(scene.time))
    n = np.maximum(scene.there(scene.true), scene.there(scene.said))
    return np.asarray(np.sqrt((located + scene.c**2 * (n - hits)) / np.maximum(n, 1)))
