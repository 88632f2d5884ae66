"""Births from time differences of arrival: three of one emitter, or two and a bearing, that meet in one place begin a track."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping

import numpy as np

from fusion.messages import SECOND, Floats, Integers, Scan, Tdoa
from fusion.tracking.initiation import Crossing
from fusion.tracking.kernels import DIFFERENCE
from fusion.tracking.measurements import Measurements
from fusion.tracking.models import AZIMUTH
from fusion.tracking.multilateration import Clue, Three, solve
from fusion.tracking.sensors import SensorModel

MEMORY = 1.0
"""s that a clue waits for others of its emitter; receivers of a net report at the same moment, and once a second or oftener."""

UNEXPLAINED = 0.5
"""A clue that a known track explains more probably than not is no reason for a new one."""

MOST_SETS = 10_000
"""Sets of clues that a look may be tried in, 20 emitters' in a net of five. What began explains its own by the next look."""

GHOST = 0.05
"""What one more place where clues meet counts as chance (`initiation._existence`)."""


Solved = tuple[int, Crossing, float]
"""A detection, the place that its track begins at, and the track's existence."""


class Hyperbolas:
    """The clues of the last moment, and the places where they meet."""

    def __init__(self, clues: tuple[Clue, ...] = ()) -> None:
        self.clues = clues

    def find(
        self,
        scan: Scan,
        seen: Measurements,
        p_new: Floats,
        sensors: Mapping[str, SensorModel],
        height: tuple[float, float],
        birth_rate: float,
    ) -> list[Solved]:
        """Join a scan's unexplained clues with those of others: (detection, place, existence), and keep the rest.

        A clue belongs to one emitter: of the sets that share one, the one that fits best begins the track.
        """
        if self.clues:
            self.clues = tuple(clue for clue in self.clues if scan.time - clue.time <= MEMORY * SECOND)
        if not seen.rangeless and not len(seen.differences):
            return []
        fresh = _clues(scan, seen, p_new)
        if not any(clue.reference for clue in (*fresh, *self.clues)):
            self.clues += tuple(fresh)
            return []
        sets = list(itertools.islice(_sets(fresh, self.clues), MOST_SETS))
        places = solve(sets, sensors, height) if sets else {}
        found: list[Solved] = []
        used: set[Clue] = set()
        for index in sorted(places, key=lambda index: places[index].distance2):
            clues = sets[index]
            if not used.isdisjoint(clues):
                continue
            used.update(clues)
            j = clues[0].row
            found.append((j, places[index], float(p_new[j] * _existence(clues, sensors, len(places), birth_rate))))
        self.clues = tuple(clue for clue in (*self.clues, *fresh) if clue not in used)
        return sorted(found, key=lambda one: one[0])


def _clues(scan: Scan, seen: Measurements, p_new: Floats) -> list[Clue]:
    """Give the differences and bearings of a look that nothing known explains."""
    bearing = np.isinf(seen.variance[:, 0])
    rows: Integers = (((seen.kind == DIFFERENCE) | bearing) & (p_new > UNEXPLAINED)).nonzero()[0]
    found = []
    for j in rows.tolist():
        part = AZIMUTH if bearing[j] else 0
        one = scan.detections[j]
        against = one.reference if isinstance(one, Tdoa) else ""
        numbers = (float(seen.z[j, part]), float(seen.variance[j, part]), int(seen.names[j]))
        found.append(Clue(one.time, scan.sensor, against, *numbers, j))
    return found


def _sets(fresh: list[Clue], waiting: tuple[Clue, ...]) -> Iterator[Three]:
    """Give the threes that may be of one emitter: a fresh clue first, two older ones, each heard by others."""
    for index, first in enumerate(fresh):
        others = [other for other in (*waiting, *fresh[:index]) if other.pair != first.pair and _agree(first, other)]
        for second, third in itertools.combinations(others, 2):
            three = (first, second, third)
            if second.pair != third.pair and _agree(second, third) and _independent(three):
                yield three


def _agree(one: Clue, other: Clue) -> bool:
    return not one.name or not other.name or one.name == other.name


def _independent(three: Three) -> bool:
    """Tell whether three clues bind three coordinates: two differences at least, and none the sum of others."""
    pairs = [clue.pair for clue in three if clue.reference]
    return len(pairs) == 2 or (len(pairs) == 3 and len({name for pair in pairs for name in pair}) > 3)


def _existence(clues: tuple[Clue, ...], sensors: Mapping[str, SensorModel], ghosts: int, birth_rate: float) -> float:
    """Give the prior probability that clues which meet come from one emitter and not from chance.

    Odds: births in the memory's span against threes of false clues in it; places where others' clues meet count as well.
    """
    chance = math.prod(sensors[clue.sensor].config.false_alarms_per_scan * MEMORY / sensors[clue.sensor].period for clue in clues)
    births = birth_rate * MEMORY
    return births / (births + chance + GHOST * (ghosts - 1))
