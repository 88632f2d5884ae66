"""What rules remember from beat to beat: where each track lingers, who keeps together, and where friends were seen last.

Brought up to date once a second. Everything is a value, which goes into the snapshot.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import numpy as np

from fusion.config_rules import Swarm
from fusion.messages import SECOND, Floats, Integers, Record
from fusion.zones.index import BoxIndex

EVERY = SECOND
"""ns between two updates: what is remembered lasts for many seconds."""

LOOSE = 1.5
"""How much further apart, in place and velocity, two may get that keep together already: a formation breathes."""

APART_FOR = 3 * SECOND
"""ns that two may be further apart still, or unseen, and are counted as together afterwards: some looks of a radar."""


class Lingering(Record):
    """Where a track has been within a circle, and since when."""

    east: float  # m, grid
    north: float  # m
    since: int  # ns


class Pair(Record):
    """Two tracks that keep together."""

    one: str
    other: str
    since: int  # ns
    last: int  # ns, when they last did


class Group(Record):
    """Tracks that move as one, under the name of one of the first."""

    name: str
    members: tuple[str, ...]


class Friend(Record):
    """Where somebody who may be there was seen last, in the air and over a zone."""

    track: str
    name: str
    zone: str
    height: float  # m above ground
    seen: int  # ns


class Watch(Record):
    """All that rules remember."""

    at: int = 0  # ns, when it was last brought up to date
    lingering: dict[str, Lingering] = msgspec.field(default_factory=dict)
    pairs: tuple[Pair, ...] = ()
    groups: tuple[Group, ...] = ()
    friends: dict[str, Friend] = msgspec.field(default_factory=dict)  # by what they are called


class Movers(NamedTuple):
    """Tracks that may belong to a swarm."""

    tracks: tuple[str, ...]  # (k)
    place: Floats  # (k, 2) m, grid
    velocity: Floats  # (k, 2) m/s


def lingering(
    before: dict[str, Lingering], tracks: tuple[str, ...], place: Floats, radius: float, time: int
) -> dict[str, Lingering]:
    """Go on with where tracks (n), at places (n, 2), have been within `radius` of: a place and since when.

    The middle is where the track was when it left the circle before. A track that stays within a circle of half the radius is
    never told to have left; one that is said to linger has been within the radius all the time.
    """
    known = [before.get(track) for track in tracks]
    middle = np.array([(one.east, one.north) if one else (np.inf, np.inf) for one in known]).reshape(len(tracks), 2)
    within = np.hypot(*(place - middle).T) <= radius
    return {
        track: one if one is not None and stays else Lingering(east=east, north=north, since=time)
        for track, one, stays, (east, north) in zip(tracks, known, within.tolist(), place.tolist(), strict=True)
    }


def together(before: tuple[Pair, ...], movers: Movers, swarm: Swarm, time: int) -> tuple[Pair, ...]:
    """Go on with who keeps together: neighbours with one velocity, found while they move; a short parting is forgiven."""
    i, j = _neighbours(movers.place, LOOSE * swarm.apart_m)
    apart = np.hypot(*(movers.place[i] - movers.place[j]).T)
    differ = np.hypot(*(movers.velocity[i] - movers.velocity[j]).T)
    speed = np.hypot(*movers.velocity.T)
    close = (apart <= LOOSE * swarm.apart_m) & (differ <= LOOSE * swarm.differ_mps)
    strict = (apart <= swarm.apart_m) & (differ <= swarm.differ_mps) & (np.minimum(speed[i], speed[j]) >= swarm.moving_mps)
    known = {(pair.one, pair.other): pair for pair in before}
    kept: dict[tuple[str, str], Pair] = {}
    for a, b, begins in zip(i[close].tolist(), j[close].tolist(), strict[close].tolist(), strict=True):
        names = _in_order(movers.tracks[a], movers.tracks[b])
        if names in known:
            kept[names] = msgspec.structs.replace(known[names], last=time)
        elif begins:
            kept[names] = Pair(one=names[0], other=names[1], since=time, last=time)
    parted = {names: pair for names, pair in known.items() if names not in kept and time - pair.last < APART_FOR}
    return tuple(pair for _, pair in sorted((kept | parted).items()))


def groups(before: tuple[Group, ...], pairs: tuple[Pair, ...], swarm: Swarm, time: int) -> tuple[Group, ...]:
    """Join pairs that have kept together for long enough into groups of at least `least`; each keeps its name while it can.

    A group is called as the one before that it shares most members with; a new one as its first member.
    """
    lasting = [pair for pair in pairs if time - pair.since >= swarm.for_s * SECOND]
    found = [members for members in _joined(lasting) if len(members) >= swarm.least]
    names: dict[str, tuple[str, ...]] = {}
    shared = [(-len(set(old.members) & set(members)), old.name, members) for old in before for members in found]
    for share, name, members in sorted(shared):
        if share < 0 and name not in names and members not in names.values():
            names[name] = members
    for members in found:
        if members not in names.values():
            names.setdefault(next(one for one in members if one not in names), members)
    return tuple(Group(name=name, members=members) for name, members in sorted(names.items()))


def _joined(pairs: list[Pair]) -> list[tuple[str, ...]]:
    """Give the connected components of a graph, each in order."""
    of: dict[str, set[str]] = {}
    for pair in pairs:
        joined = of.get(pair.one, {pair.one}) | of.get(pair.other, {pair.other})
        of.update(dict.fromkeys(joined, joined))
    return sorted({tuple(sorted(members)) for members in of.values()})


def _neighbours(place: Floats, apart: float) -> tuple[Integers, Integers]:
    """Give the pairs i < j of places (k, 2) that are within `apart` in easting and northing."""
    boxes = BoxIndex.of(place - apart / 2, place + apart / 2)
    i, j = boxes.meeting(boxes.low, boxes.high)
    return i[i < j], j[i < j]


def _in_order(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)
