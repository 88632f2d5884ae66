"""The Poisson part of TOMB/P: how many targets a sensor's coverage holds that it has not seen yet, and how often it errs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fusion.messages import Floats, Record
from fusion.tracking import kernels
from fusion.tracking.clutter import Clutter

AT_START = 5.0
"""Targets that a sensor's coverage may hold before anything was seen: a handful."""

SURPRISE = 0.02
"""How probable it is at any look that many targets appear at once (a swarm, a sensor that comes back after an outage)."""

IGNORANCE = 0.9
"""The same before the first look: nobody knows what is there."""

MANY = (0.5, 2000.0)
"""Targets that may appear at once, all orders of magnitude alike: from one to more than any city has seen."""

LEAST = 1e-300
"""Probability that no number of targets falls below: a look at more than was ever thought of is still a look."""

_GRID = np.geomspace(1e-3, 1e4, 71)
_MANY = np.where((MANY[0] <= _GRID) & (MANY[1] >= _GRID), 1.0, 0.0)
_MANY /= _MANY.sum()


class Undetected(Record):
    """What a sensor has not seen yet."""

    expected: float = AT_START  # targets in its coverage that it has not seen
    looked: int = 0  # ns, its last look
    fresh: float = 1.0  # existence of a track that begins at one of its detections, at least
    clutter: Clutter = Clutter()  # where it errs


class Intensity(NamedTuple):
    """Detections that a sensor may owe to neither known target, in one look."""

    false: float | Floats  # expected false alarms; (D) where they are not spread evenly: as many as if all were like there
    born: float  # expected first detections of new targets

    @property
    def fresh(self) -> float | Floats:
        """Probability that an unexplained detection is a new target's: pD n_u / (pD n_u + λ)."""
        return self.born / (self.born + self.false)


def look(
    before: Undetected, time: int, unexplained: float, false: float, pd: float, births: float
) -> tuple[Undetected, Intensity]:
    """Take one look at a time (ns): births (expected since the last) add to n_u, each look takes its share pD away.

    Williams 2015, eq. 9 and 26, with n_u corrected by what the look itself counts: of D detections that no known track
    explains, D − λ are likely targets. n_u ← E[n | D], D ~ Poisson(λ + pD n), under a prior that is exponential about what
    was expected, but for a share that allows many at once.
    """
    expected = before.expected + births
    surprise = SURPRISE if before.looked else IGNORANCE
    mean = kernels.unseen(expected, surprise, max(unexplained, 0.0), false, pd, _GRID, _MANY, LEAST)
    intensity = Intensity(false, pd * mean)
    return Undetected(expected=mean * (1.0 - pd), looked=time, fresh=float(intensity.fresh), clutter=before.clutter), intensity
