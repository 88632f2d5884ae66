"""Where a moving zone's anchor is, as its position topic says it."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from fusion.errors import DecodeError
from fusion.frame import SiteFrame
from fusion.messages import SECOND, Record, Time, nanoseconds
from fusion.zones.ed318_tables import Altitude, Latitude, Longitude
from fusion.zones.moving import Fix, distance
from fusion.zones.zones import FAR

AHEAD = SECOND
"""ns that a position may be stamped after we received it, as a scan may."""

BEYOND = FAR / 2
"""m from the site beyond which a position is a slip: a zone around it would not be a concern of the site, nor be drawn well."""


class ZonePosition(Record, kw_only=True):
    """One report of where an anchor is."""

    time: Time
    latitude_deg: Latitude
    longitude_deg: Longitude
    altitude_m: Altitude | None = None
    altitude_datum: Literal["hae", "amsl", "agl"] | None = None
    speed_mps: Annotated[float, Meta(ge=0.0, le=400.0)] | None = None
    course_deg: Annotated[float, Meta(ge=-360.0, le=360.0)] | None = None


_decoder = msgspec.json.Decoder(ZonePosition)


def decode_position(payload: bytes, received: int, frame: SiteFrame) -> Fix:
    """Read where an anchor is; raise DecodeError saying what is wrong with it."""
    try:
        said = _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise DecodeError(f"zone position: {error}") from error
    if (said.altitude_m is None) != (said.altitude_datum is None):
        raise DecodeError("zone position: altitude_m and altitude_datum belong together; give both or neither")
    place, time = (math.radians(said.latitude_deg), math.radians(said.longitude_deg)), nanoseconds(said.time)
    if (ahead := time - received) > AHEAD:
        raise DecodeError(f"time: is {ahead / SECOND:.1f} s ahead of when it was received; the sender's clock is wrong")
    if (away := distance(place, (frame.latitude, frame.longitude))) > BEYOND:
        raise DecodeError(f"zone position: is {away / 1000:.0f} km from the site; expected {BEYOND / 1000:g} km at most")
    course = None if said.course_deg is None else math.radians(said.course_deg)
    return Fix(
        time=time,
        place=place,
        height=None if said.altitude_m is None else frame.height(said.altitude_m, said.altitude_datum or "hae"),
        velocity=_velocity(said.speed_mps, course),
        course=course,
    )


def _velocity(speed: float | None, course: float | None) -> tuple[float, float] | None:
    if speed is None or course is None:
        return None
    return speed * math.sin(course), speed * math.cos(course)
