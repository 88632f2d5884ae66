"""What rules look at and what they find: the records between the picture and the alerts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from fusion.config_rules import Rule, Rules
from fusion.messages import CLASSES, Floats, Integers, Record, Severity, TrackTable, Verdict
from fusion.zones.geometry import Mask
from fusion.zones.permits import Register, Standing
from fusion.zones.prediction import Forecast
from fusion.zones.reasons import Reason
from fusion.zones.watch import Watch
from fusion.zones.zones import ZoneSet

BIRD, MANNED = CLASSES.index("bird"), CLASSES.index("manned")

BIRD_LIMIT = 0.5
"""A track that is more likely a bird than everything else together raises nothing: birds are the commonest false alarm. The
classes are weighed anew with each detection, so a drone taken for a bird at first is not one for long."""

SURE = 0.5
"""Existence below which a track raises nothing new: it is more likely gone, or never was. What it raised before it keeps."""

JUDGED = frozenset({"confirmed", "coasting"})
"""A tentative track may be clutter, a deleted one is history."""

ALLOWED: frozenset[Verdict] = frozenset({"authorised", "friendly"})
"""Verdicts of those who may be there: what they do raises nothing."""


class Finding(Record, kw_only=True):
    """One rule met by one track and one zone. While there is none the condition is over."""

    track: str  # of a swarm its name, that of a track; "" where it is about none
    zone: str  # "" where it is about none
    rule: Rule
    severity: Severity
    holds: bool  # True: raise it. False: too weak to raise, too strong to end what was raised (hysteresis)
    probability: float
    time_to_entry_s: float  # 0 once it has entered
    reasons: tuple[Reason, ...]
    cause: int  # ns, when the newest detection behind it was received, or when it was old enough to be judged
    tracks: tuple[str, ...] = ()  # all that it is about, where that is more than one
    group: str = ""  # the swarm that its track belongs to
    sensor: str = ""  # the one that it is about
    rules: tuple[Rule, ...] = ()  # every rule that holds, where several findings were made one


class Assessment(NamedTuple):
    """What the rules say of one table."""

    findings: list[Finding]  # by track as in the table, then zone, then rule
    standings: dict[str, Standing]  # every track's, bearing tracks included
    watch: Watch  # what to remember for the next


class Crowded(NamedTuple):
    """A full cell, in the grid."""

    cell: str
    east: float  # m
    north: float  # m
    radius: float  # m
    people: int  # at least


class Circumstances(NamedTuple):
    """What rules know besides the picture."""

    watch: Watch = Watch()
    crowds: tuple[Crowded, ...] = ()  # full cells
    lost: tuple[tuple[str, int], ...] = ()  # sensors that were there and are not, and for how long, s
    threatened: bool = False  # whether an alert of more than an advisory is open
    cooperative: frozenset[str] = frozenset()  # sensors that only repeat what transmitters say
    hostile: Mapping[str, Reason] = {}  # tracks that a person has called so, and the sentence that says who


class Situation(NamedTuple):
    """Tracks and the zones near them (m pairs), with all that rules ask about them."""

    table: TrackTable
    zones: ZoneSet
    register: Register
    time: int  # ns
    rules: Rules
    around: Circumstances
    applying: Mask  # (z) of zones.near, which are in force and anybody's concern
    row: Integers  # (m) of the table
    zone: Integers  # (m) of zones.near
    gap: Floats  # (m) m from the zone, the greater of horizontal and vertical; negative inside
    standing: list[Standing]  # (m)
    since: Integers  # (n) ns, when each track of the table may raise an alert, see `known_since`
    exists: list[float]  # (n) existence, as the table has it
    cause: list[int]  # (n) ns, when each track's newest detection was received, or when it was old enough to be judged
    anywhere: tuple[Standing, ...]  # (n) what each track's identity is worth wherever it is
    doubtful: list[bool]  # (n) whether the evidence for a track is weak
    suspect: Mask  # (n) whether what it does may raise an alert, were it not allowed to be there
    concern: Mask  # (m) the same of pairs, and it is not allowed to be there
    forecast: Forecast  # (m), all nought where it is no concern


def called(table: TrackTable, hostile: Mapping[str, Reason]) -> Mask:
    """Tell which tracks (n) a person has called hostile; hardly ever is there one."""
    return np.array([track in hostile for track in table.tracks], bool) if hostile else np.zeros(len(table.tracks), bool)


def suspects(table: TrackTable, since: Integers, time: int, hostile: Mapping[str, Reason]) -> Mask:
    """Tell which tracks (n) may raise an alert: there beyond doubt, neither a bird nor too young to tell."""
    judged = np.array([status in JUDGED for status in table.status], bool)
    return np.asarray(judged & ((table.classes[:, BIRD] <= BIRD_LIMIT) & (since <= time) | called(table, hostile)))
