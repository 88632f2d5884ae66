"""What a camera says of a crowd: how many people are in a cell. Counts only: whatever else it says refuses the whole."""

from __future__ import annotations

import math
from typing import Annotated

import msgspec
from msgspec import Meta

from fusion.errors import DecodeError
from fusion.messages import SECOND, Record, Time, nanoseconds
from fusion.topics import ID

AHEAD = SECOND
"""ns that a count may be stamped after we received it, as a scan may."""

MOST_CELLS = 1000
"""Cells in one message: a stadium's blocks are some hundred."""


class CrowdCell(Record, kw_only=True, forbid_unknown_fields=True):
    """How many people are in one place."""

    cell: Annotated[str, Meta(pattern=f"^{ID}$")]
    latitude_deg: Annotated[float, Meta(ge=-90.0, le=90.0)]
    longitude_deg: Annotated[float, Meta(ge=-180.0, le=180.0)]
    radius_m: Annotated[float, Meta(gt=0.0, le=2000.0)]
    count: Annotated[int, Meta(ge=0, le=1_000_000)]
    confidence: Annotated[float, Meta(ge=0.0, le=1.0)]


class Crowd(Record, kw_only=True, forbid_unknown_fields=True):
    """One look of one sensor at its cells."""

    time: Time
    cells: Annotated[tuple[CrowdCell, ...], Meta(max_length=MOST_CELLS)]


class Counted(Record):
    """One cell's count, in the core's units."""

    cell: str
    time: int  # ns
    latitude: float  # rad
    longitude: float  # rad
    radius: float  # m
    count: int
    confidence: float


_decoder = msgspec.json.Decoder(Crowd)


def decode_crowd(payload: bytes, received: int) -> tuple[Counted, ...]:
    """Read what one look counted; raise DecodeError saying what is wrong with it."""
    said = _read(payload)
    time = nanoseconds(said.time)
    if (ahead := time - received) > AHEAD:
        raise DecodeError(f"time: is {ahead / SECOND:.1f} s ahead of when it was received; the sensor's clock is wrong")
    names = [one.cell for one in said.cells]
    if twice := next((i for i, name in enumerate(names) if names.index(name) < i), None):
        raise DecodeError(f"crowd: cells[{twice}].cell is {names[twice]!r} again; expected each cell once")
    if any(one.latitude_deg == 0.0 and one.longitude_deg == 0.0 for one in said.cells):
        raise DecodeError("crowd: latitude 0, longitude 0 means unknown, not a place")
    return tuple(_counted(one, time) for one in said.cells)


def _read(payload: bytes) -> Crowd:
    try:
        return _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        more = "; a crowd is told by counts only, images and identities are refused" if "unknown field" in str(error) else ""
        raise DecodeError(f"crowd: {error}{more}") from error


def _counted(one: CrowdCell, time: int) -> Counted:
    return Counted(
        cell=one.cell,
        time=time,
        latitude=math.radians(one.latitude_deg),
        longitude=math.radians(one.longitude_deg),
        radius=one.radius_m,
        count=one.count,
        confidence=one.confidence,
    )
