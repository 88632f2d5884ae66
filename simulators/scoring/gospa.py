"""GOSPA with its parts.

Rahmathullah, García-Fernández, Svensson: Generalized optimal sub-pattern assignment metric, FUSION 2017.

With α = 2 and pairs γ of truths X and tracks Y closer than c:

    GOSPAᵖ = Σ_γ d(x, y)ᵖ + cᵖ/2 (|X| − |γ|) + cᵖ/2 (|Y| − |γ|)

least over all γ: what is located wrongly, missed and false, each in mᵖ.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fusion.messages import Floats
from simulators.scoring.pairing import Pairs, paired


class Parts(NamedTuple):
    """GOSPAᵖ in its parts, at each step (k,) or at one."""

    localisation: Floats
    missed: Floats
    false: Floats

    def distance(self, p: float = 2.0) -> Floats:
        """GOSPA, m."""
        return np.asarray((self.localisation + self.missed + self.false) ** (1.0 / p))


def gospa(truths: Floats, estimates: Floats, c: float, p: float = 2.0) -> Parts:
    """Judge one step: truths (n, d), estimates (m, d)."""
    pairs = paired(truths, estimates, c, p)
    located = sum(float(np.linalg.norm(truths[i] - estimates[j]) ** p) for i, j in pairs)
    apart = c**p / 2.0 * np.array([len(truths) - len(pairs), len(estimates) - len(pairs)], float)
    return Parts(np.asarray(located, float), apart[0], apart[1])


def over_time(pairs: Pairs, c: float) -> Parts:
    """Judge every step, with p = 2: the order that the pairs are best for."""
    located = np.bincount(pairs.step, pairs.distance**2, minlength=len(pairs.missed)).astype(float)
    half = c * c / 2.0
    return Parts(located, np.asarray(half * pairs.missed, float), np.asarray(half * pairs.false, float))
