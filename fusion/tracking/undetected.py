"""The Poisson part of TOMB/P: how many targets a sensor's coverage holds that it has not seen yet, and how often it errs."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from fusion.messages import SECOND, Floats, Record
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

FLOOD, LASTING = 0.004, 0.5
"""How probable it is at any look that its sensor is jammed or broken and floods us: one in five of those that hold many more
detections than were expected (SURPRISE); and after a look that did, for whatever jams stays for a while."""

FULLER = 200.0
"""Targets that a sky may gain between two looks. A swarm flies in at 20 to 50, a show lifts off at some hundreds."""

AWAY = 20.0
"""s between two looks after which a sensor comes back to a sky of which as little is known as at first."""

WIDEST = 1e5
"""False alarms that a flooded look may hold: more than a message can."""

FEW = 20.0
"""Detections more than five sigmas above the false alarms' mean below which no look is doubted: few tracks can come of them."""

ADMITTED = 60.0
"""s that a flood lasts after which it is taken for the sensor's own false alarms, and learnt."""

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
    floods: int = 0  # looks that were floods
    flooded: int = 0  # ns, when the present flood began, 0: its last look was none

    @property
    def teaches(self) -> bool:
        """Whether what its looks hold is its own false alarms, and not a flood that passes."""
        return not self.flooded or self.looked - self.flooded > ADMITTED * SECOND


class Intensity(NamedTuple):
    """Detections that a sensor may owe to neither known target, in one look."""

    false: float | Floats  # expected false alarms; (D) where they are not spread evenly: as many as if all were like there
    born: float  # expected first detections of new targets
    flood: bool = False  # whether false alarms explain the look better than any number of targets

    @property
    def fresh(self) -> float | Floats:
        """Probability that an unexplained detection is a new target's: pD n_u / (pD n_u + λ)."""
        return self.born / (self.born + self.false)


def look(
    before: Undetected, time: int, unexplained: float, false: float, pd: float, births: float, likely: float = 0.0
) -> tuple[Undetected, Intensity]:
    """Take one look at a time (ns): births (expected since the last) add to n_u, each look takes its share pD away.

    Williams 2015, eq. 9 and 26, with n_u corrected by what the look itself counts: of D detections that no known track
    explains, D − λ are likely targets. n_u ← E[n | D], D ~ Poisson(λ + pD n), under a prior that is exponential about what
    was expected, but for a share that allows many at once. What is likelier a flood than targets teaches nothing of them, and
    nothing is born of it (`flooding`): of the unexplained, those are no flood that tracks not confirmed yet are likely to own.
    """
    expected, count = before.expected + births, max(unexplained, 0.0)
    surprise = SURPRISE if before.looked else IGNORANCE
    mean = kernels.unseen(expected, surprise, count, false, pd, _GRID, _MANY, LEAST)
    away = not before.looked or time - before.looked > AWAY * SECOND
    doubt = flooding(max(count - likely, 0.0), false, pd, expected, flooded=before.flooded > 0, away=away)
    if doubt > 0.5:
        after = replace(before, expected=expected, looked=time, floods=before.floods + 1, flooded=before.flooded or time)
        return after, Intensity(max(count, false), 0.0, flood=True)
    intensity = Intensity(false + doubt * count, (1.0 - doubt) * pd * mean)
    fresh = float(intensity.fresh)
    return replace(before, expected=mean * (1.0 - pd), looked=time, fresh=fresh, flooded=0), intensity


def flooding(count: float, false: float, pd: float, expected: float, *, flooded: bool, away: bool) -> float:
    """Give the probability that a look's unexplained detections are false alarms of a sensor that is jammed or broken.

    Both that targets came and that the sensor fails are weighed by how well they explain the count D:
    p(D | targets) = Σ_n p(n) Po(D; λ + pD n), n as `look` has it but at most FULLER at once where the sky was seen just now;
    p(D | flood) = Σ_Λ p(Λ) Po(D; Λ), Λ log-uniform from λ to WIDEST.
    """
    if count <= false + 5.0 * math.sqrt(false) + FEW:
        return 0.0
    most = MANY[1] if away else FULLER
    many = (MANY[0] <= _GRID) & (most >= _GRID)
    awaited = np.log(_GRID) - _GRID / max(expected, float(_GRID[0]))
    awaited = np.exp(awaited - awaited.max())
    surprise = IGNORANCE if away else SURPRISE
    targets = (1.0 - surprise) * awaited / awaited.sum() + surprise * many / many.sum()
    rates = np.geomspace(max(false, 1.0), WIDEST, 400)
    chance = LASTING if flooded else FLOOD
    came = _log_mean(targets, count, false + pd * _GRID) + math.log(1.0 - chance)
    fails = _log_mean(np.full(len(rates), 1.0 / len(rates)), count, rates) + math.log(chance)
    return float(1.0 / (1.0 + math.exp(min(came - fails, 700.0))))


def _log_mean(weights: Floats, count: float, mean: Floats) -> float:
    """Give log Σ w Po(count; mean) but for log count!."""
    log = np.log(np.maximum(weights, LEAST)) + count * np.log(mean) - mean
    return float(np.logaddexp.reduce(log))
