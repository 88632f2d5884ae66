"""What a track is, and who it says it is: recursive Bayes over classes; identities kept as claims."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fusion.messages import CLASSES, Detection, Floats, Identity, Pilot, Record
from fusion.tracking.measurements import code

if TYPE_CHECKING:
    from fusion.tracking.store import TrackStore

PRIOR = np.log(np.array([0.4, 0.05, 0.35, 0.05, 0.15]))
"""Log prior of CLASSES for what a drone sensor reports over a city: mostly drones and birds."""

TEMPER = 0.3
"""Weight of one label: a sensor repeats itself, so ten labels of a second are worth three."""

FLOOR = 0.02
"""The least a label gives any class: a sensor that is sure is wrong one time in fifty."""


class Claim(Record):
    """What a track's transmitter says of itself."""

    identity: Identity
    pilot: Pilot | None = None


def learn(store: TrackStore, row: int, detection: Detection) -> None:
    """Take from a track's detection what it says besides where."""
    if detection.identity is not None:
        store.name[row] = code(detection.identity)
        store.claims[row] = Claim(identity=detection.identity, pilot=detection.pilot)
    if detection.classes:
        shares = [max(detection.classes.get(name, 0.0), FLOOR) for name in CLASSES]
        store.classes[row] += TEMPER * np.log(shares)
        store.classes[row] -= store.classes[row].max()


def probabilities(logs: Floats) -> Floats:
    """Turn log weights (N, 5) into probabilities: p = exp(l) / Σ exp(l)."""
    weights = np.exp(logs - logs.max(axis=1, keepdims=True, initial=-np.inf)) if len(logs) else logs
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
