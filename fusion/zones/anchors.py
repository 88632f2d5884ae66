"""Which track is what a moving zone goes with, and where that was when it was last heard."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from fusion.frame import SiteFrame
from fusion.messages import SECOND, TrackTable
from fusion.zones.findings import JUDGED
from fusion.zones.moving import Anchor, Fix, Moving, distance
from fusion.zones.names import EXACT, plain
from fusion.zones.outline import GEOD

SLOWEST = 0.5
"""m/s: below this a course is that of the noise, and the last one is kept."""

SURE_COURSE = 2.0
"""Sigmas of its velocity that a track must go faster than for its course to be believed: it is within 30° then."""

DOUBT = 6.0
"""Sigmas that two places of one anchor may differ by beside what it can have gone: three for each of them."""


class Candidate(NamedTuple):
    """A track that says to be the anchor, and where it was when it was last heard."""

    corroborated: bool
    fix: Fix
    doubt: float  # m, one sigma of its place


def rows_by_name(table: TrackTable) -> dict[str, list[int]]:
    """Give the rows of a table by everything that they are called."""
    rows: dict[str, list[int]] = {track: [row] for row, track in enumerate(table.tracks)}
    for row, identity in enumerate(table.identity):
        for name in {plain(getattr(identity, kind)) for kind in EXACT} if identity is not None else ():
            rows.setdefault(name, []).append(row)
    return rows


def candidates(anchor: Anchor, table: TrackTable, rows: dict[str, list[int]], frame: SiteFrame, before: Fix) -> list[Candidate]:
    """Find the tracks that are the anchor by what they say, unless measurements contradict it, and that say something newer."""
    fitting = [
        row
        for row in dict.fromkeys(rows.get(anchor.name, ()))
        if anchor.fits(table.tracks[row], table.identity[row])
        and table.status[row] in JUDGED
        and table.strength[row] != "contradicted"
        and (not before.heard or table.updated[row] >= before.time)
    ]
    return [_candidate(table, row, frame, before) for row in fitting]


def newest(moving: Moving, found: list[Candidate], before: Fix, time: int) -> Fix:
    """Give where the anchor was heard last: by the most credible of those who say to be it, or what was known before.

    A claim of a place that the anchor cannot have come to is not believed while its own place is known, so that nobody
    leads the zone away by its name. A claim that a sensor corroborates goes first, then the nearest.
    """
    lost = not before.heard or time - before.time > moving.stale
    believed = [one for one in found if lost or _in_reach(moving, before, one)]
    best = min(believed, key=lambda one: (not one.corroborated, distance(one.fix.place, before.place)), default=None)
    return before if best is None else best.fix


def _in_reach(moving: Moving, before: Fix, one: Candidate) -> bool:
    gone = moving.speed * (one.fix.time - before.time) / SECOND
    return distance(one.fix.place, before.place) <= gone + DOUBT * one.doubt


def _candidate(table: TrackTable, row: int, frame: SiteFrame, before: Fix) -> Candidate:
    """Take a track back to its newest detection: from there on it is only carried on."""
    age = (table.time - int(table.updated[row])) / SECOND
    there = table.state[row, :3] - table.state[row, 3:] * age
    latitude, longitude, height = frame.wgs84_from_grid(np.stack([there, there + table.state[row, 3:]]))  # and a second on
    azimuth, _, speed = GEOD.inv(longitude[0], latitude[0], longitude[1], latitude[1], radians=True)
    spread = math.sqrt(np.trace(table.covariance[row, 3:5, 3:5]) / 2)
    steady = speed > max(SLOWEST, SURE_COURSE * spread)
    fix = Fix(
        time=int(table.updated[row]),
        place=(float(latitude[0]), float(longitude[0])),
        height=float(height[0]),
        velocity=(speed * math.sin(azimuth), speed * math.cos(azimuth)),
        course=azimuth if steady else before.course,
        track=table.tracks[row],
    )
    return Candidate(table.strength[row] == "corroborated", fix, math.sqrt(np.trace(table.covariance[row, :2, :2])))


def filled(fix: Fix, before: Fix | None) -> Fix:
    """Give a report with what it leaves out as it was known before: height and course."""
    if before is None:
        return fix
    height = before.height if fix.height is None else fix.height
    return replace(fix, height=height, course=before.course if fix.course is None else fix.course)
