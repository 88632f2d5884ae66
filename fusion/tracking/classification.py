"""What a track is, and who it says it is: recursive Bayes over classes; identities kept as claims."""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fusion.config import Confusion
from fusion.messages import CLASSES, Floats, Identity, Pilot, Record
from fusion.tracking import kernels

PRIOR = np.log(np.array([0.4, 0.05, 0.35, 0.05, 0.15]))
"""Log prior of CLASSES for what a drone sensor reports over a city: mostly drones and birds."""

TEMPER = 0.3
"""Weight of one label a second of a sensor whose errors nobody measured: it repeats itself, so ten labels are worth three."""

APART = 1.0
"""s between two labels that count TEMPER each; what comes oftener counts accordingly less."""

FLOOR = 0.02
"""The least such a label gives any class: a sensor that is sure is wrong one time in fifty."""

SELDOM = 1e-3
"""The least that a measured confusion matrix gives: what was never seen in some hundred trials may happen all the same."""

BROADCAST = np.array([0.0 if name != "bird" else -30.0 for name in CLASSES])
"""Log weight of what says who it is: birds do not broadcast, and claims come every second. More than any flight says."""


class Claim(Record):
    """What a track's transmitter says of itself."""

    identity: Identity
    pilot: Pilot | None = None


class Labels:
    """What one sensor's labels are worth."""

    def __init__(self, confusion: Confusion | None) -> None:
        self.correlation = None if confusion is None else confusion.correlation_s  # None: nobody measured its errors
        rows = [getattr(confusion, name) for name in CLASSES] if confusion else []
        words = sorted({word for row in rows for word in row})
        self.table = {word: np.array([max(row.get(word, 0.0) / sum(row.values()), SELDOM) for row in rows]) for word in words}

    def read(self, classes: dict[str, float] | None) -> tuple[int, Floats]:
        """Give a label's code, 0 for none, and how likely it is by true class (5).

        Of a sensor with a confusion matrix the likeliest class that it reports is its label; a word that the matrix does not
        have says nothing.
        """
        if not classes:
            return 0, np.ones(len(CLASSES))
        word = max(classes, key=lambda name: classes[name])
        if self.correlation is None:
            return coded(word), np.array([max(classes.get(name, 0.0), FLOOR) for name in CLASSES])
        return (coded(word), self.table[word]) if word in self.table else (0, np.ones(len(CLASSES)))

    def weigh(self, likelihood: Floats, gap: Floats, same: NDArray[np.bool_]) -> Floats:
        """Give the log likelihoods (k, 5) of labels, gap (k) s after the sensor's last of that target, infinite for none.

        With a matrix, a label stays as it was with ρ = exp(−gap/τ) and else is drawn anew, P(l | l', class) = ρ [l = l'] +
        (1 − ρ) P(l | class); same (k) tells whether l = l'. Without one, TEMPER · log L, less for what comes oftener than APART.
        """
        logs = np.empty_like(likelihood)
        kernels.weigh_labels(likelihood, gap, same, self.lasts, TEMPER, APART, logs)
        return logs

    @property
    def lasts(self) -> float:
        """How long the errors of labels last, s; below 0 where nobody measured them."""
        return -1.0 if self.correlation is None else self.correlation


@lru_cache(65_536)
def coded(text: str) -> int:
    """Give a number that is never 0: equal texts, equal numbers, in every process."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest(), "big") + 1


def probabilities(logs: Floats) -> Floats:
    """Turn log weights (N, 5) into probabilities: p = exp(l) / Σ exp(l)."""
    weights = np.exp(logs - logs.max(axis=1, keepdims=True, initial=-np.inf)) if len(logs) else logs
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
