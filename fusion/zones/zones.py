"""UAS geographical zones: as they were published, and laid into a site's grid for quick questions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import msgspec
import numpy as np

from fusion.errors import ConfigError
from fusion.frame import SiteFrame
from fusion.messages import Floats, Integers, Record, Severity
from fusion.zones.geometry import Mask, Prisms, along, circle, joined, polygon, spread
from fusion.zones.index import BoxIndex
from fusion.zones.moving import Moving
from fusion.zones.outline import circle_in_grid, line_in_grid, ring_in_grid
from fusion.zones.reasons import Reason, named, reason
from fusion.zones.schedule import Period

FAR = 1_000_000.0
"""m: a zone that lies wholly beyond this is no concern of a site; national files hold overseas territories."""

ZoneType = Literal["USPACE", "PROHIBITED", "REQ_AUTHORIZATION", "CONDITIONAL", "NO_RESTRICTION"]


class Limit(Record):
    """A height above a datum."""

    height: float  # m
    datum: Literal["agl", "amsl", "hae"]


class PolygonOutline(Record, tag="polygon"):
    """An outer ring and its holes, each closed, corner by corner (latitude, longitude) in rad."""

    rings: tuple[tuple[tuple[float, float], ...], ...]


class CircleOutline(Record, tag="circle"):
    """All that is nearer than a radius along the ground."""

    latitude: float  # rad
    longitude: float  # rad
    radius: float  # m


class CorridorOutline(Record, tag="corridor"):
    """All that is nearer than a reach to a line of (latitude, longitude) in rad, along the ground."""

    line: tuple[tuple[float, float], ...]
    reach: float  # m, half of its width


Outline = PolygonOutline | CircleOutline | CorridorOutline


class Volume(Record):
    """One outline between two heights; without a limit, from the ground or without a ceiling."""

    outline: Outline
    lower: Limit | None = None
    upper: Limit | None = None


def middle_of(volume: Volume) -> tuple[float, float]:
    """Give a place (rad) that stands for a volume: the middle of a circle, else of its corners' bounds."""
    match volume.outline:
        case CircleOutline(latitude=latitude, longitude=longitude):
            return latitude, longitude
        case PolygonOutline(rings=(corners, *_)) | CorridorOutline(line=corners):
            (south, west), (north, east) = np.min(corners, axis=0).tolist(), np.max(corners, axis=0).tolist()
            return (south + north) / 2, (west + east) / 2
    raise AssertionError(volume)


class Zone(Record):
    """One zone as published: what it forbids, where, how high and when."""

    identifier: str
    country: str
    type: ZoneType
    kind: str  # what it is for a site: "core", "ring", …
    severity: Severity | None  # of an intrusion; None: entering it is nobody's concern
    volumes: tuple[Volume, ...]
    names: dict[str, str] = msgspec.field(default_factory=dict)  # by language
    periods: tuple[Period, ...] = ()  # none: always
    moving: Moving | None = None  # None: it stays where it is

    def applies(self, time: int) -> bool:
        """Tell whether the zone is in force at an instant (ns)."""
        return not self.periods or any(period.contains(time) for period in self.periods)

    def label(self, language: str = "en") -> str:
        """Give the name that a person would say."""
        return self.names.get(language) or next(iter(self.names.values()), self.identifier)


@dataclass(frozen=True, eq=False)
class GridZone:
    """A zone laid into a site's grid: one prism a volume; several for a corridor, and for what has grown."""

    zone: Zone
    prisms: Prisms
    anchor: str | None = None  # the track that it goes with, while there is one

    @classmethod
    def of(cls, zone: Zone, frame: SiteFrame) -> GridZone:
        """Lay a zone into a grid; raise ConfigError where that makes no sense."""
        for volume in zone.volumes:
            lower, upper = limits_of(volume, frame)
            if lower >= upper:
                raise ConfigError(
                    f"zone {zone.identifier}: its lower limit ({volume.lower}) is not below its upper limit ({volume.upper}): "
                    f"{lower:.1f} m and {upper:.1f} m above the ellipsoid here"
                )
        return cls(zone, joined([prisms_of(volume, frame) for volume in zone.volumes]))

    @cached_property
    def words(self) -> dict[str, str]:
        """The words for it in reasons."""
        return named(self.zone)

    @cached_property
    def inside(self) -> Reason:
        """The sentence that somebody is in it."""
        return reason("inside", **self.words)

    def distance(self, points: Floats) -> Floats:
        """Give how far points (n, 2) are from the zone horizontally: metres, negative inside.

        Where volumes overlap, the depth inside is that within one of them: never more than the true depth.
        """
        n, v = len(points), len(self.prisms)
        every = self.prisms.distance(np.repeat(points, v, axis=0), np.tile(np.arange(v), n))
        return np.asarray(every.reshape(n, v).min(axis=1))

    def contains(self, points: Floats) -> Mask:
        """Tell which points (n, 2) are in the zone horizontally; its outline belongs to it."""
        return np.asarray(self.distance(points) <= 0.0)

    @property
    def limits(self) -> Floats:
        """Lowest and highest height above the ellipsoid of each volume (v, 2), m."""
        return np.stack([self.prisms.low[:, 2], self.prisms.high[:, 2]], axis=-1)


@dataclass(frozen=True, eq=False)
class ZoneSet:
    """All zones of a site, in the order of their identifiers; their volumes lie in one struct of arrays."""

    frame: SiteFrame
    near: tuple[GridZone, ...]
    far: tuple[GridZone, ...]  # beyond `FAR` from the site: kept and told, not asked
    base: ZoneSet | None = None  # what the set begins with, laid already; the zones after it move
    ahead: float = 0.0  # s: moving zones are found wherever they drift within this

    @classmethod
    def of(cls, zones: Iterable[Zone], frame: SiteFrame) -> ZoneSet:
        """Lay zones into a site's grid; raise ConfigError for two with one identifier."""
        placed: dict[str, GridZone] = {}
        for zone in zones:
            if zone.identifier in placed:
                raise ConfigError(f"zone {zone.identifier}: is given twice; identifiers are unique within a site")
            placed[zone.identifier] = GridZone.of(zone, frame)
        return cls._sorted(placed, frame)

    @classmethod
    def _sorted(cls, placed: dict[str, GridZone], frame: SiteFrame) -> ZoneSet:
        in_order = [(placed[identifier], _is_far(placed[identifier], frame)) for identifier in sorted(placed)]
        return cls(frame, tuple(zone for zone, far in in_order if not far), tuple(zone for zone, far in in_order if far))

    @cached_property
    def moving(self) -> tuple[tuple[Zone, Moving], ...]:
        """The zones that go with something, and how."""
        zones = (zone.zone for zone in (*self.near, *self.far))
        return tuple((zone, zone.moving) for zone in zones if zone.moving is not None)

    @cached_property
    def _still(self) -> ZoneSet:
        """The set without its moving zones: what is cached of it serves every place where those are put."""
        near, far = (tuple(zone for zone in zones if zone.zone.moving is None) for zones in (self.near, self.far))
        return ZoneSet(self.frame, near, far)

    def with_moved(self, moved: Sequence[GridZone], ahead: float) -> ZoneSet:
        """Give the set with its moving zones where they are now, and drift within `ahead` (s), behind those that stay."""
        still, beyond = self._still, [_is_far(zone, self.frame) for zone in moved]
        near = (zone for zone, far in zip(moved, beyond, strict=True) if not far)
        gone = (zone for zone, far in zip(moved, beyond, strict=True) if far)
        return ZoneSet(self.frame, (*still.near, *near), (*still.far, *gone), still, ahead)

    @property
    def zones(self) -> tuple[Zone, ...]:
        """Every zone as published: what a snapshot keeps and `ZoneSet.of` takes."""
        return tuple(zone.zone for _, zone in sorted(self._placed().items()))

    def find(self, identifier: str) -> Zone | None:
        """Give the zone of an identifier, if there is one."""
        return next((one.zone for one in (*self.near, *self.far) if one.zone.identifier == identifier), None)

    def with_zone(self, zone: Zone) -> ZoneSet:
        """Give the set with a zone added, or put in the place of the one with its identifier."""
        return self._sorted(self._placed() | {zone.identifier: GridZone.of(zone, self.frame)}, self.frame)

    def without(self, identifier: str) -> ZoneSet:
        """Give the set without a zone; nothing changes if it is not there."""
        placed = self._placed()
        placed.pop(identifier, None)
        return self._sorted(placed, self.frame)

    def _placed(self) -> dict[str, GridZone]:
        return {zone.zone.identifier: zone for zone in (*self.near, *self.far)}

    @cached_property
    def prisms(self) -> Prisms:
        """Every volume of the near zones."""
        if self.base is None:
            return joined([zone.prisms for zone in self.near])
        return joined([self.base.prisms, *(zone.prisms for zone in self.near[len(self.base.near) :])])

    @cached_property
    def zone_of(self) -> Integers:
        """Which near zone each volume belongs to (v), ascending."""
        return np.repeat(np.arange(len(self.near)), np.array([len(zone.prisms) for zone in self.near], np.int64))

    @cached_property
    def index(self) -> BoxIndex:
        """The volumes' boxes, quick to ask what is near."""
        if self.base is None:
            return BoxIndex.of(self.prisms.low[:, :2], self.prisms.high[:, :2])
        moved = slice(len(self.base.prisms), None)
        low, high, way = self.prisms.low[moved, :2], self.prisms.high[moved, :2], self.prisms.drift[moved] * self.ahead
        return self.base.index.with_broad(np.minimum(low, low + way), np.maximum(high, high + way))

    @cached_property
    def anchors(self) -> list[tuple[int, str]]:
        """Near zones that go with a track, and which."""
        return [(i, zone.anchor) for i, zone in enumerate(self.near) if zone.anchor is not None]

    def distance(self, which: Integers, points: Floats) -> Floats:
        """Give how far points (k, 2) are from near zones `which` (k), horizontally: metres, negative inside."""
        owner, prism, begins = spread(np.searchsorted(self.zone_of, np.arange(len(self.near) + 1)), which)
        every = self.prisms.distance(points[owner], prism)
        return np.minimum.reduceat(every, begins) if len(which) else every

    def applying(self, time: int) -> Mask:
        """Tell which near zones are in force and anybody's concern at an instant (ns)."""
        return np.array([zone.zone.severity is not None and zone.zone.applies(time) for zone in self.near], bool)


def prisms_of(volume: Volume, frame: SiteFrame) -> Prisms:
    """Lay one volume into a grid: a corridor as a box along each edge and a circle at each corner, all else as one prism."""
    lower, upper = limits_of(volume, frame)
    match volume.outline:
        case PolygonOutline(rings=rings):
            return polygon([ring_in_grid(frame, np.array(ring)) for ring in rings], lower, upper)
        case CorridorOutline(line=line, reach=reach):
            edges, scale = line_in_grid(frame, np.array(line))
            return joined(along(edges, reach * scale, lower, upper))
        case CircleOutline(latitude=latitude, longitude=longitude, radius=radius):
            around, ring = circle_in_grid(frame, latitude, longitude, radius)
            return circle(around, lower, upper) if ring is None else polygon([ring], lower, upper)


def limits_of(volume: Volume, frame: SiteFrame) -> tuple[float, float]:
    """Give a volume's limits above the ellipsoid."""
    return _lower(volume.lower, frame), _upper(volume.upper, frame)


def _lower(limit: Limit | None, frame: SiteFrame) -> float:
    """Give a lower limit above the ellipsoid. One at the ground or under it bounds nothing.

    A drone just above the ground is often estimated just under it, and would else slip out of the zone there.
    """
    height = -math.inf if limit is None else frame.height(limit.height, limit.datum)
    return height if height > frame.ground else -math.inf


def _upper(limit: Limit | None, frame: SiteFrame) -> float:
    return math.inf if limit is None else frame.height(limit.height, limit.datum)


def _is_far(zone: GridZone, frame: SiteFrame) -> bool:
    """Tell whether a zone lies wholly beyond `FAR`; raise ConfigError where only a part of it can be drawn."""
    prisms = zone.prisms
    drawn = np.isfinite(np.concatenate([prisms.edges, prisms.low[:, :2].repeat(2, 1), prisms.high[:, :2].repeat(2, 1)]))
    if drawn.all():
        site = frame.grid_from_wgs84(frame.latitude, frame.longitude, 0.0)[:2]
        beside = np.maximum(prisms.low[:, :2] - site, site - prisms.high[:, :2]).max(axis=1)
        return bool((beside > FAR).all())
    if drawn.any():
        raise ConfigError(f"zone {zone.zone.identifier}: only a part of it can be drawn in the site's grid ({frame.crs})")
    return True
