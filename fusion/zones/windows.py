"""When a zone is in force, changed at short notice: by its window topic, without publishing the zone anew."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from fusion.errors import DecodeError
from fusion.messages import Record, Time, nanoseconds
from fusion.zones.schedule import Period
from fusion.zones.zones import Zone

NEVER = Period(end=0)

Text = Annotated[str, Meta(pattern=r"\S", max_length=500)]


class Span(Record):
    """From when to when; an end that is left out is open."""

    start: Time | None = None
    end: Time | None = None


class ZoneWindow(Record, kw_only=True):
    """When a zone is in force instead of as published, who says so and why. No period: it is not in force."""

    periods: Annotated[tuple[Span, ...], Meta(max_length=100)]
    who: Annotated[str, Meta(pattern=r"\S", max_length=128)]
    why: Text


_decoder = msgspec.json.Decoder(ZoneWindow)


def decode_window(payload: bytes) -> ZoneWindow:
    """Read when a zone is in force; raise DecodeError saying what is wrong with it."""
    try:
        window = _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise DecodeError(f"zone window: {error}") from error
    for i, span in enumerate(window.periods):
        if span.start is not None and span.end is not None and span.end <= span.start:
            raise DecodeError(
                f"zone window: periods[{i}].end: {span.end.isoformat()} is not after start ({span.start.isoformat()})"
            )
    return window


def windowed(zone: Zone, window: ZoneWindow) -> Zone:
    """Give a zone that is in force when its window says; its weekly hours count no longer."""
    return replace(zone, periods=tuple(_period(span) for span in window.periods) or (NEVER,))


def _period(span: Span) -> Period:
    start, end = (None if time is None else nanoseconds(time) for time in (span.start, span.end))
    return Period(start=start, end=end)
