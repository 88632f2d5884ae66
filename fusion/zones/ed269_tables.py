"""ED-269's records as they are spelt on the wire, with their limits."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta

from fusion.messages import Record, Time
from fusion.zones.ed318_tables import Altitude, Day, Identifier, Place, Reference, Rings

CLOCK = r"^([01]\d|2[0-3]|24):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?(Z|[+-]([01]\d|2[0-3]):?[0-5]\d)$"
"""A time of day with its offset: `22:00Z`, `00:00:00.00Z`, `22:30+02:00`."""


class Wire(Record, rename="camel"):
    """A record as ED-269 spells it. Members that Vigie has no use for (authorities, reasons, messages) are passed over."""


class Circle(Wire, kw_only=True):
    """All that is within a radius in metres."""

    center: Place
    radius: Annotated[float, Meta(gt=0.0, le=1_000_000.0)]


class Polygon(Wire, kw_only=True):
    """A polygon, its holes after its outer ring."""

    coordinates: Rings


class Volume(Wire, kw_only=True):
    """One outline between two heights; one that is left out is the ground or no ceiling."""

    uom_dimensions: Literal["M", "FT"]
    lower_limit: Altitude | None = None
    lower_vertical_reference: Reference | None = None
    upper_limit: Altitude | None = None
    upper_vertical_reference: Reference | None = None
    horizontal_projection: dict[str, Any]


class Daily(Wire, kw_only=True):
    """Hours on some days of the week."""

    day: Annotated[tuple[Day, ...], Meta(min_length=1)]
    start_time: Annotated[str, Meta(pattern=CLOCK)]
    end_time: Annotated[str, Meta(pattern=CLOCK)]


class Period(Wire, kw_only=True):
    """Always, or from when to when and at which hours."""

    permanent: Literal["YES", "NO"]
    start_date_time: Time | None = None
    end_date_time: Time | None = None
    schedule: tuple[Daily, ...] | None = None


class Zone(Wire, kw_only=True):
    """One zone."""

    identifier: Identifier
    country: Annotated[str, Meta(pattern="^[A-Z]{3}$")]
    name: Annotated[str, Meta(max_length=200)] | None = None
    type: Literal["COMMON"]  # CUSTOMIZED lifts restrictions for one operator: not to be read as the rule
    restriction: Literal["PROHIBITED", "REQ_AUTHORISATION", "CONDITIONAL", "NO_RESTRICTION"]
    applicability: tuple[Period, ...] = ()
    geometry: Annotated[tuple[Volume, ...], Meta(min_length=1)]
    extended_properties: dict[str, Any] | None = None
