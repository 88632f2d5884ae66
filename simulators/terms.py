"""Words that several tables of a scenario use."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from fusion.config_table import Latitude, Longitude, Table

Second = Annotated[float, Meta(ge=0.0, le=86_400.0)]
Share = Annotated[float, Meta(ge=0.0, le=1.0)]
Decibel = Annotated[float, Meta(ge=-60.0, le=60.0)]
Text = Annotated[str, Meta(min_length=1, max_length=64)]


class Claim(Table):
    """What an actor's broadcast says of it."""

    serial: Annotated[str, Meta(pattern="^[!-~]{1,20}$", description="ANSI/CTA-2063-A where it is honest")] | None = None
    registration: Text | None = None
    operator: Text | None = None
    icao24: Annotated[str, Meta(pattern="^[0-9a-f]{6}$")] | None = None
    callsign: Annotated[str, Meta(pattern="^[A-Z0-9]{1,8}$")] | None = None


class Ground(Table):
    """A place on the ground."""

    latitude_deg: Latitude
    longitude_deg: Longitude
