"""What a track is, and who it says it is: recursive Bayes over classes; identities kept as claims."""

from __future__ import annotations

import math

import numpy as np

from fusion.messages import CLASSES, Floats, Identity, Integers, Pilot, Record

PRIOR = np.log(np.array([0.4, 0.05, 0.35, 0.05, 0.15]))
"""Log prior of CLASSES for what a drone sensor reports over a city: mostly drones and birds."""

TEMPER = 0.3
"""Weight of one label: a sensor repeats itself, so ten labels of a second are worth three."""

FLOOR = 0.02
"""The least a label gives any class: a sensor that is sure is wrong one time in fifty."""

BROADCAST = np.array([0.0 if name != "bird" else -30.0 for name in CLASSES])
"""Log weight of what says who it is: birds do not broadcast, and claims come every second. More than any flight says."""


class Claim(Record):
    """What a track's transmitter says of itself."""

    identity: Identity
    pilot: Pilot | None = None


def label_weights(classes: dict[str, float] | None) -> list[float]:
    """Give what a sensor's label adds to the log weight of each of CLASSES: tempered, and nothing where there is none."""
    if not classes:
        return [0.0] * len(CLASSES)
    return [TEMPER * math.log(max(classes.get(name, 0.0), FLOOR)) for name in CLASSES]


def learn_classes(logs: Floats, start: Integers, pair: Integers, p: Floats, labels: Floats) -> None:
    """Let the labels of a look speak, each as loudly as its detection is likely to be the track's: l_i += Σ_j p_ij log L_j.

    In a flock no detection is surely anybody's, and yet all of them say "bird". logs (N, 5) is changed; start (N + 1),
    pair (K), p (K) as in `Association`; labels (D, 5).
    """
    if labels.any():
        track = np.repeat(np.arange(len(logs)), np.diff(start))
        np.add.at(logs, track, p[:, None] * labels[pair])
        logs -= logs.max(axis=1, keepdims=True, initial=-np.inf)


def probabilities(logs: Floats) -> Floats:
    """Turn log weights (N, 5) into probabilities: p = exp(l) / Σ exp(l)."""
    weights = np.exp(logs - logs.max(axis=1, keepdims=True, initial=-np.inf)) if len(logs) else logs
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
