"""ED-318's records as they are spelt on the wire, with their limits."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from fusion.messages import Frozen, Record, Severity, Time
from fusion.zones.schedule import Clock
from fusion.zones.sun import Event
from fusion.zones.zones import ZoneType

Longitude = Annotated[float, Meta(ge=-180.0, le=180.0)]
Latitude = Annotated[float, Meta(ge=-90.0, le=90.0)]
Place = tuple[Longitude, Latitude]
Ring = Annotated[tuple[Place, ...], Meta(min_length=4)]
Rings = Annotated[tuple[Ring, ...], Meta(min_length=1)]
Altitude = Annotated[float, Meta(ge=-10_000.0, le=1_000_000.0)]
Reference = Literal["AGL", "AMSL", "WGS84"]
Identifier = Annotated[str, Meta(pattern="^[A-Za-z0-9][A-Za-z0-9_-]{0,6}$")]
Day = Literal["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN", "ANY"]


class Wire(Record, rename="camel"):
    """A record as ED-318 spells it. Members that Vigie has no use for (contacts, reasons, messages) are passed over."""


class Layer(Wire, kw_only=True):
    """The heights of a volume; one that is left out is the ground or no ceiling."""

    upper: Altitude | None = None
    upper_reference: Reference | None = None
    lower: Altitude | None = None
    lower_reference: Reference | None = None
    uom: Literal["m", "ft"]


class Extent(Wire, kw_only=True):
    """What makes a circle of a point."""

    sub_type: Literal["Circle"]
    radius: Annotated[float, Meta(gt=0.0, le=1_000_000.0)]


class Point(Wire, kw_only=True):
    """A circle."""

    coordinates: Place
    extent: Extent
    layer: Layer


class Corridor(Wire, kw_only=True):
    """What makes a corridor of a line: its whole width. ED-318 has none; this is ours."""

    sub_type: Literal["Corridor"]
    width: Annotated[float, Meta(gt=0.0, le=10_000.0)]  # m


class LineString(Wire, kw_only=True):
    """A corridor."""

    coordinates: Annotated[tuple[Place, ...], Meta(min_length=2)]
    extent: Corridor
    layer: Layer


class Polygon(Wire, kw_only=True):
    """A polygon, its holes after its outer ring."""

    coordinates: Rings
    layer: Layer


class MultiPolygon(Wire, kw_only=True):
    """Several polygons of one layer."""

    coordinates: Annotated[tuple[Rings, ...], Meta(min_length=1)]
    layer: Layer


class GeometryCollection(Wire, kw_only=True):
    """Several geometries, each with its own layer."""

    geometries: Annotated[tuple[dict[str, Any], ...], Meta(min_length=1)]


class Daily(Wire, kw_only=True):
    """Hours on some days of the week; each end is a clock time or an event of the sun."""

    day: Annotated[tuple[Day, ...], Meta(min_length=1)]
    start_time: Clock | None = None
    start_event: Event | None = None
    end_time: Clock | None = None
    end_event: Event | None = None


class Period(Wire):
    """From when to when, and at which hours."""

    start_date_time: Time | None = None
    end_date_time: Time | None = None
    schedule: tuple[Daily, ...] = ()


class Name(Wire, kw_only=True):
    """A name in a language."""

    text: Annotated[str, Meta(min_length=1, max_length=200)]
    lang: str = ""


Text = Annotated[str, Meta(pattern=r"\S", max_length=128)]


class Anchor(msgspec.Struct, metaclass=Frozen, forbid_unknown_fields=True):
    """What a moving zone goes with: all that is given must fit."""

    track: Text | None = None
    serial: Text | None = None
    icao24: Annotated[str, Meta(pattern="^[0-9A-Fa-f]{6}$")] | None = None
    registration: Text | None = None
    callsign: Text | None = None


Fresh = Annotated[float, Meta(ge=0.0, le=600.0)]
Stale = Annotated[float, Meta(gt=0.0, le=3600.0)]


class Moving(msgspec.Struct, metaclass=Frozen, forbid_unknown_fields=True, kw_only=True):
    """How a zone goes with something. Its geometry is where it is while the anchor is at `origin`."""

    anchor: Anchor = Anchor()  # left out: what the topic zone/{zone}/position says
    origin: Place | None = None  # None: the middle of its circle
    altitude_hae_m: Altitude | None = None  # of the anchor as drawn: heights go with it; None: they stay where they are
    course_deg: Annotated[float, Meta(ge=-360.0, le=360.0)] | None = None  # None: it does not turn
    speed_mps: Annotated[float, Meta(gt=0.0, le=400.0)]
    fresh_s: Fresh = 10.0
    stale_s: Stale = 60.0


class Vigie(msgspec.Struct, metaclass=Frozen, forbid_unknown_fields=True):
    """What a zone tells Vigie alone, in `extendedProperties.vigie`."""

    severity: Severity | None = None
    kind: Annotated[str, Meta(min_length=1, max_length=32)] = "zone"
    moving: Moving | None = None


class Extended(Wire):
    """The part of `extendedProperties` that is ours."""

    vigie: Vigie = Vigie()


class Zone(Wire, kw_only=True):
    """The properties of a feature."""

    identifier: Identifier
    country: Annotated[str, Meta(pattern="^[A-Z]{3}$")]
    name: tuple[Name, ...] = ()
    type: ZoneType
    variant: Literal["COMMON"] = "COMMON"  # CUSTOMIZED lifts restrictions for one operator: not to be read as the rule
    limited_applicability: tuple[Period, ...] = ()
    extended_properties: Extended = Extended()


class Feature(Wire, kw_only=True):
    """One zone: geometries are read by their own type."""

    type: Literal["Feature"]
    properties: Zone
    geometry: dict[str, Any]


class Collection(Wire, kw_only=True):
    """A file of zones."""

    type: Literal["FeatureCollection"]
    features: tuple[dict[str, Any], ...]
