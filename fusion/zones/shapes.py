"""A permit's volumes in few letters, as they stand in a token, and the same as ASTM F3548 writes them."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from fusion.config_table import Height, Latitude, Longitude
from fusion.messages import SECOND, Frozen, nanoseconds, utc
from fusion.zones.volumes import (
    Altitude,
    Circle,
    Instant,
    LatLngPoint,
    Length,
    Polygon,
    Radius,
    Volume3D,
    Volume4D,
)

Seconds = Annotated[int, Meta(ge=0, le=253_402_300_799)]  # to the year 9999, where datetime ends
Place = tuple[Latitude, Longitude]


class Said(msgspec.Struct, metaclass=Frozen, forbid_unknown_fields=True, omit_defaults=True):
    """A part of a token: what is not known here might restrict what is, so it is refused."""


class Shape(Said, kw_only=True):
    """A Volume4D of F3548 in few letters: circle or polygon in degrees, heights in m above the ellipsoid, seconds of 1970."""

    c: tuple[Latitude, Longitude, Radius] | None = None
    p: Annotated[tuple[Place, ...], Meta(min_length=3, max_length=50)] | None = None
    h: tuple[Height, Height]
    t: tuple[Seconds, Seconds] | None = None


def shape_of(volume: Volume4D) -> Shape:
    """Write a volume, which has both heights, in few letters."""
    solid, start, end = volume.volume, volume.time_start, volume.time_end
    lower, upper = solid.altitude_lower, solid.altitude_upper
    if lower is None or upper is None or (start is None) != (end is None):
        raise ValueError("a signed permit's volume has altitude_lower and altitude_upper, and both of its times or neither")
    return Shape(
        c=_round(solid.outline_circle) if solid.outline_circle else None,
        p=_corners(solid.outline_polygon) if solid.outline_polygon else None,
        h=(lower.value, upper.value),
        t=None if start is None or end is None else (_seconds(start), _seconds(end)),
    )


def volume_of(shape: Shape) -> Volume4D:
    """Give a volume as F3548 writes it."""
    circle = polygon = None
    if shape.c is not None:
        lat, lng, radius = shape.c
        circle = Circle(center=LatLngPoint(lat=lat, lng=lng), radius=Length(value=radius, units="M"))
    if shape.p is not None:
        polygon = Polygon(vertices=tuple(LatLngPoint(lat=lat, lng=lng) for lat, lng in shape.p))
    lower, upper = (Altitude(value=height, reference="W84", units="M") for height in shape.h)
    start, end = (None, None) if shape.t is None else (Instant(value=utc(time * SECOND), format="RFC3339") for time in shape.t)
    return Volume4D(
        volume=Volume3D(outline_circle=circle, outline_polygon=polygon, altitude_lower=lower, altitude_upper=upper),
        time_start=start,
        time_end=end,
    )


def _round(circle: Circle) -> tuple[float, float, float]:
    return round(circle.center.lat, 6), round(circle.center.lng, 6), circle.radius.value


def _corners(polygon: Polygon) -> tuple[Place, ...]:
    return tuple((round(corner.lat, 6), round(corner.lng, 6)) for corner in polygon.vertices)


def _seconds(time: Instant) -> int:
    return nanoseconds(time.value) // SECOND
