"""Where and when a permit holds: Volume4D as ASTM F3548-21 writes it, and the same laid into a site's grid."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
import numpy as np
from msgspec import Meta

from fusion.config_table import Height, Latitude, Longitude
from fusion.frame import SiteFrame
from fusion.messages import Floats, Frozen, Time, nanoseconds
from fusion.zones.geometry import Prisms
from fusion.zones.outline import GEOD
from fusion.zones.tangles import tangled
from fusion.zones.zones import FAR, CircleOutline, Limit, Outline, PolygonOutline, Volume, prisms_of

WIDEST = 200_000.0
"""m from a polygon's first corner to any other: more is a slip in a coordinate, not a flight."""

_ALONE = np.zeros(1, np.int64)

Radius = Annotated[float, Meta(gt=0.0, le=100_000.0)]
Corners = Annotated[tuple["LatLngPoint", ...], Meta(min_length=3, max_length=50)]


class Wire(msgspec.Struct, metaclass=Frozen, forbid_unknown_fields=True, omit_defaults=True):
    """A record of F3548: a field that it does not know is a mistake, not a wish."""


class LatLngPoint(Wire):
    """A place, degrees."""

    lat: Latitude
    lng: Longitude


class Length(Wire):
    """How far."""

    value: Radius
    units: Literal["M"]


class Circle(Wire):
    """All that is nearer than a radius along the ground."""

    center: LatLngPoint
    radius: Length


class Polygon(Wire):
    """All between corners that are joined by shortest paths; the last is joined to the first."""

    vertices: Corners


class Altitude(Wire):
    """A height above the WGS84 ellipsoid."""

    value: Height
    reference: Literal["W84"]
    units: Literal["M"]


class Volume3D(Wire, kw_only=True):
    """One outline between two heights; without one, from the ground or without a ceiling."""

    outline_circle: Circle | None = None
    outline_polygon: Polygon | None = None
    altitude_lower: Altitude | None = None
    altitude_upper: Altitude | None = None


class Instant(Wire):
    """A moment."""

    value: Time
    format: Literal["RFC3339"]


class Volume4D(Wire, kw_only=True):
    """A volume from one time to another; without one, as long as the permit holds."""

    volume: Volume3D
    time_start: Instant | None = None
    time_end: Instant | None = None


@dataclass(eq=False)
class Reserved:
    """A volume in a site's grid, and when it may be flown in (ns; None: open)."""

    prisms: Prisms | None  # one; None: so far away that nobody whom the site sees is in it
    start: int | None
    end: int | None
    _last: tuple[bytes, float] = (b"", 0.0)

    @classmethod
    def of(cls, volume: Volume4D, frame: SiteFrame) -> Reserved:
        """Lay a volume, free of faults, into a grid."""
        outline = _outline(volume.volume)
        latitude, longitude = (outline.latitude, outline.longitude) if isinstance(outline, CircleOutline) else outline.rings[0][0]
        *_, away = GEOD.inv(longitude, latitude, frame.longitude, frame.latitude, radians=True)
        start, end = (None if one is None else nanoseconds(one.value) for one in (volume.time_start, volume.time_end))
        return cls(prisms_of(_solid(volume.volume, outline), frame) if away <= FAR else None, start, end)

    def is_open(self, time: int) -> bool:
        """Tell whether it may be flown in at a time (ns); the end is no longer of it."""
        return (self.start is None or time >= self.start) and (self.end is None or time < self.end)

    def distance(self, place: Floats) -> float:
        """Give how far (m) a place (3) of the grid is from it, the greater of horizontal and vertical; negative inside.

        Several rules ask the same of one drone in each tick, so the last answer is kept.
        """
        key = place.tobytes()
        if self._last[0] != key:
            self._last = key, self._reckoned(place)
        return self._last[1]

    def _reckoned(self, place: Floats) -> float:
        if self.prisms is None:
            return FAR
        across = float(self.prisms.distance(place[None, :2], _ALONE)[0])
        above = float(self.prisms.outside_height(place[None, 2], _ALONE)[0])
        return max(across, above) if math.isfinite(across) else FAR


def fault(volume: Volume4D) -> tuple[str, str] | None:
    """Give what no single field can be blamed for: the field nearest to it, and a sentence; None where there is nothing."""
    solid, start, end = volume.volume, volume.time_start, volume.time_end
    if (solid.outline_circle is None) == (solid.outline_polygon is None):
        return "volume", "has not one outline; expected outline_circle or outline_polygon"
    lower, upper = solid.altitude_lower, solid.altitude_upper
    if lower and upper and lower.value >= upper.value:
        return "volume.altitude_upper", f"{upper.value:g} m is not above altitude_lower ({lower.value:g} m)"
    if start and end and end.value <= start.value:
        return "time_end", f"{end.value.isoformat()} is not after time_start ({start.value.isoformat()})"
    wrong = None if solid.outline_polygon is None else _wrong(solid.outline_polygon.vertices)
    return None if wrong is None else ("volume.outline_polygon.vertices", wrong)


def _wrong(corners: tuple[LatLngPoint, ...]) -> str | None:
    """Give what is wrong with a polygon: F3548 forbids a corner that stands twice and edges that cross."""
    first = corners[0]
    points = [(corner.lat, (corner.lng - first.lng + 180.0) % 360.0 - 180.0) for corner in corners]
    if len(set(points)) < len(points):
        return "name one corner twice; the last is joined to the first without being it"
    lat, lng = np.array([(corner.lat, corner.lng) for corner in corners]).T
    *_, away = GEOD.inv(np.full(len(lng), first.lng), np.full(len(lat), first.lat), lng, lat)
    if np.max(away) > WIDEST:
        return f"lie {np.max(away) / 1000:.0f} km apart; expected {WIDEST / 1000:.0f} at most"
    return tangled(np.array(points))


def _solid(volume: Volume3D, outline: Outline) -> Volume:
    lower, upper = (
        None if one is None else Limit(height=one.value, datum="hae") for one in (volume.altitude_lower, volume.altitude_upper)
    )
    return Volume(outline=outline, lower=lower, upper=upper)


def _outline(volume: Volume3D) -> CircleOutline | PolygonOutline:
    if volume.outline_circle is not None:
        middle = volume.outline_circle.center
        return CircleOutline(
            latitude=math.radians(middle.lat), longitude=math.radians(middle.lng), radius=volume.outline_circle.radius.value
        )
    corners = volume.outline_polygon.vertices if volume.outline_polygon else ()
    ring = tuple((math.radians(corner.lat), math.radians(corner.lng)) for corner in corners)
    return PolygonOutline(rings=((*ring, ring[0]),))
