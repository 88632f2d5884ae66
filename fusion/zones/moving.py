"""Zones that go with something: what they follow, where that was last heard, and where that puts an outline."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np

from fusion.messages import SECOND, Identity, Record
from fusion.zones.names import EXACT, plain
from fusion.zones.outline import GEOD

Place = tuple[float, float]
"""Latitude and longitude, rad."""


class Anchor(Record):
    """What a zone goes with: all that is given must fit. One that names nothing is told by the zone's position topic alone."""

    track: str | None = None
    serial: str | None = None
    icao24: str | None = None
    registration: str | None = None
    callsign: str | None = None

    def fits(self, track: str, identity: Identity | None) -> bool:
        """Tell whether a track is the anchor by what it says of itself."""
        asked = [(name, plain(value)) for name in EXACT if (value := getattr(self, name)) is not None]
        if not asked and self.track is None:
            return False
        known = self.track is None or self.track == track
        return known and all(plain(getattr(identity, name, None)) == value for name, value in asked)

    @property
    def name(self) -> str:
        """The first of its names, as it is compared."""
        return self.track or next((plain(value) for name in EXACT if (value := getattr(self, name))), "")

    def __str__(self) -> str:
        """Say it as a person would look it up."""
        told = (f"{name} {value}" for name in ("track", *EXACT) if (value := getattr(self, name)) is not None)
        return ", ".join(told) or "its position topic"


class Moving(Record, kw_only=True):
    """How a zone goes with its anchor. It is drawn as it is when the anchor is at `origin`; from there it is moved whole."""

    anchor: Anchor
    origin: Place
    height: float | None = None  # m above the ellipsoid, of the anchor as drawn; None: heights stay where they are
    course: float | None = None  # rad, of the anchor as drawn; None: the zone does not turn
    speed: float  # m/s, the fastest that the anchor goes
    fresh: int  # ns that a place is carried on along its velocity
    stale: int  # ns after which the anchor counts as lost, and the zone grows no more


class Fix(Record):
    """Where an anchor was when it was last heard."""

    time: int  # ns, when it was there
    place: Place
    height: float | None = None  # m above the ellipsoid
    velocity: tuple[float, float] | None = None  # m/s, true east and north
    course: float | None = None  # rad, the newest that is known
    track: str | None = None  # whose place it is
    heard: bool = True  # False: nobody has said it, it is where the zone was drawn


Standing = Literal["following", "held", "lost"]
"""Whether a zone goes with its anchor, stays where that was heard last and grows, or has done so for too long."""


class Pose(NamedTuple):
    """Where a zone is at one time: all that its outline depends on."""

    place: Place
    rise: float  # m, how much higher than drawn
    turn: float  # rad, clockwise from what was drawn
    grown: float  # m, how far it reaches out beyond what was drawn


def pose(moving: Moving, fix: Fix, time: int) -> Pose:
    """Give where an anchor puts its zone at a time (ns).

    A fresh place is carried on along its velocity. An older one stays where it was heard, and the zone grows there by
    speed × age, up to `stale`: wherever the anchor may have gone by then, what the zone would cover is covered.
    """
    age = time - fix.time
    turn = 0.0 if moving.course is None or fix.course is None else fix.course - moving.course
    rise = 0.0 if moving.height is None or fix.height is None else fix.height - moving.height
    if age <= moving.fresh:
        return Pose(_carried(fix, moving.speed, age / SECOND), rise, turn, 0.0)
    return Pose(fix.place, rise, turn, moving.speed * min(age, moving.stale) / SECOND)


def standing(moving: Moving, fix: Fix, time: int) -> Standing:
    """Tell what a zone does at a time (ns)."""
    if time - fix.time > moving.stale:
        return "lost"
    return "following" if fix.heard and time - fix.time <= moving.fresh else "held"


def drawn(moving: Moving, time: int) -> Fix:
    """Give the place at which a zone was drawn, for an anchor that nobody has heard yet."""
    return Fix(time=time, place=moving.origin, height=moving.height, course=moving.course, heard=False)


def _carried(fix: Fix, fastest: float, seconds: float) -> Place:
    """Carry a place on along its velocity, no faster than the anchor goes."""
    if fix.velocity is None:
        return fix.place
    east, north = fix.velocity
    length = min(math.hypot(east, north), fastest) * seconds
    longitude, latitude, _ = GEOD.fwd(fix.place[1], fix.place[0], math.atan2(east, north), length, radians=True)
    return latitude, longitude


def moved(corners: tuple[Place, ...], origin: Place, to: Pose) -> tuple[Place, ...]:
    """Move corners whole: each keeps its distance from the anchor, and its azimuth there but for the turn."""
    latitude, longitude = np.array(corners).T
    n = len(corners)
    azimuth, _, length = GEOD.inv(np.full(n, origin[1]), np.full(n, origin[0]), longitude, latitude, radians=True)
    start = np.full(n, to.place[1]), np.full(n, to.place[0])
    lon, lat, _ = GEOD.fwd(*start, np.asarray(azimuth) + to.turn, length, radians=True)
    return tuple(zip(lat.tolist(), lon.tolist(), strict=True))


def distance(one: Place, other: Place) -> float:
    """Give the length (m) of the shortest path between two places."""
    return float(GEOD.inv(one[1], one[0], other[1], other[0], radians=True)[2])
