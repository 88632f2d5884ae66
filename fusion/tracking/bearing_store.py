"""The table of bearing tracks: what one sensor follows of which only the direction is known, one row each."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion.messages import CLASSES, Floats, Integers
from fusion.tracking.classification import Claim
from fusion.tracking.sensors import SensorModel
from fusion.tracking.table import Table

K = 4
"""Ranges that the bank has. A range weighs how fast a direction may turn: 10 m/s are 0.3°/s at 2 km and 12°/s at 50 m."""

CLOSEST = 30.0
"""m: nearer than this nothing is followed by its direction alone."""

HISTORY, SPACING = 32, 0.2
"""Looks that a track keeps for being placed, and s between them: 6 s of a camera, half a minute of a direction finder."""


def ranges(sensor: SensorModel) -> tuple[Floats, Floats]:
    """Give the ranges (K) that a target may have and their spread (K), m: bins of equal ratio over the coverage (Peach 1995)."""
    return _ranges(float(sensor.coverage[4]), float(sensor.coverage[5]))


@lru_cache(1024)
def _ranges(least: float, far: float) -> tuple[Floats, Floats]:
    near = max(least, CLOSEST)
    edges = np.geomspace(near, max(far, 2.0 * near), K + 1)
    middle = np.sqrt(edges[:-1] * edges[1:])
    return middle, (edges[1:] - edges[:-1]) / math.sqrt(12.0)


def _rows(shape: tuple[int, ...] = (), kind: type = np.float64) -> Any:
    return field(default_factory=lambda: np.zeros((0, *shape), kind))


@dataclass
class BearingTracks(Table):
    """B bearing tracks of all sensors."""

    sensor: Integers = _rows(kind=np.int64)
    x: Floats = _rows((K, 2, 2))  # at each range: azimuth and elevation, each with its rate
    P: Floats = _rows((K, 2, 2, 2))  # covariance of azimuth and its rate, of elevation and its rate
    weight: Floats = _rows((K,))  # probability of each range, by how the direction moves
    fold: Floats = _rows()  # probability that the target stands the other way
    at: Integers = _rows(kind=np.int64)  # ns, time of x
    r: Floats = _rows()  # probability that there is a target at all
    hits: Integers = _rows(kind=np.int64)  # looks that agreed
    owned: Integers = _rows(kind=np.int64)  # looks whose bearing may be a placed track's, less those that are not
    confirmed: NDArray[np.bool_] = _rows(kind=np.bool_)
    name: Integers = _rows(kind=np.int64)  # code of its identity, 0 for none
    emitter: Integers = _rows(kind=np.int64)  # code of what the sensor calls its emitter, 0 for nothing
    classes: Floats = _rows((len(CLASSES),))
    born: Integers = _rows(kind=np.int64)  # ns; with the next three, what its id is made of
    birth_sensor: Integers = _rows(kind=np.int64)
    birth_sequence: Integers = _rows(kind=np.int64)
    birth_index: Integers = _rows(kind=np.int64)
    updated: Integers = _rows(kind=np.int64)  # ns, time of its newest bearing
    received: Integers = _rows(kind=np.int64)  # ns, when that was learnt
    count: Integers = _rows(kind=np.int64)  # looks kept
    times: Integers = _rows((HISTORY,), np.int64)  # ns, newest first
    looks: Floats = _rows((HISTORY, 4))  # azimuth (turned to the track's side), elevation or NaN, their variances
    claims: list[Claim | None] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.claims)


BearingTracks.COLUMNS = dict.fromkeys(column.name for column in fields(BearingTracks) if column.name != "claims")
