"""How grave a finding is: a table of steps up and down from the severity of the zone."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import get_args

import numpy as np

from fusion.messages import SECOND, Floats, Severity, TrackTable
from fusion.zones.findings import Crowded, Situation
from fusion.zones.geometry import Mask
from fusion.zones.reasons import Reason, reason

SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""The gravest last."""

STEPS = {"ahead": -1, "doubtful": -1, "imminent": 1, "exposed": 1}
"""From the severity that the zone gives an intrusion. ahead: it has not happened yet. doubtful: the evidence is weak. imminent:
it is ahead, but by seconds and nearly sure. exposed: a full stand is below."""

IMMINENT_S, IMMINENT = 10.0, 0.8
"""Entry within so many seconds, so probable, is as good as entry: nobody can act in between."""

DOUBTFUL = 0.8
"""Existence below which the evidence is weak: one in five such tracks is none."""

INSIDE = 0.5
"""Probability of being inside below which an intrusion is doubtful: the estimate is inside, most of its doubt is not."""

UNMEASURED = 10 * SECOND
"""ns since any sensor that measures saw what makes a contradicted claim: its place is then a claim too, and a false one."""

PATH_S = 15.0
"""s of a track's way on that count as being over a crowd: as long as a warning to those below takes."""


@cache
def graded(zone: Severity, *what: str, hostile: bool = False) -> Severity:
    """Give the severity of a finding in a zone of a severity: the steps of all that is the case, and critical if hostile."""
    if hostile:
        return "critical"
    level = SEVERITIES.index(zone) + sum(STEPS[one] for one in what)
    return SEVERITIES[min(max(level, 0), len(SEVERITIES) - 1)]


def gravest(*severities: Severity) -> Severity:
    """Give the gravest."""
    return max(severities, key=SEVERITIES.index)


def grade(situation: Situation, row: int, zone: Severity, *what: str) -> tuple[Severity, tuple[Reason, ...]]:
    """Give the severity of what a track of the table does in a zone, by evidence and exposure, and what is to be said of that."""
    if situation.doubtful[row]:
        what += ("doubtful",)
    if not (situation.around.crowds or situation.around.hostile):
        return graded(zone, *what), ()
    below = crowd_below(situation, row) if situation.around.crowds else None
    if below is not None:
        what += ("exposed",)
    said = () if below is None else (reason("crowd", people=below.people, cell=below.cell),)
    return "critical" if situation.table.tracks[row] in situation.around.hostile else graded(zone, *what), said


def doubtful(table: TrackTable, cooperative: Collection[str]) -> Mask:
    """Tell for which tracks (n) the evidence is weak: it may not exist, or only a contradicted claim says where it is."""
    measuring = [c for c, sensor in enumerate(table.sensors) if sensor not in cooperative]
    seen = table.seen[:, measuring].max(axis=1, initial=0)
    false = np.array([strength == "contradicted" for strength in table.strength], bool)
    return np.asarray((table.existence < DOUBTFUL) | (false & (table.time - seen > UNMEASURED)))


def crowd_below(situation: Situation, row: int) -> Crowded | None:
    """Give the fullest cell that a track may come down on: as far to the side as it is high (JARUS SORA's 1:1 rule)."""
    state = situation.table.state[row]
    aside = max(float(state[2]) - situation.zones.frame.ground, 0.0)
    over = [one for one in situation.around.crowds if _passing(state, one) <= one.radius + aside]
    return max(over, key=lambda one: (one.people, one.cell), default=None)


def _passing(state: Floats, cell: Crowded) -> float:
    """Give how near to a cell's middle a track comes within PATH_S, m."""
    place, velocity = state[:2] - np.array([cell.east, cell.north]), state[3:5]
    squared = float(velocity @ velocity)
    nearest = min(max(-float(place @ velocity) / squared, 0.0), PATH_S) if squared > 0.0 else 0.0
    return float(np.hypot(*(place + velocity * nearest)))
