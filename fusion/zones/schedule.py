"""When a zone applies: periods between two instants, and weekly hours within them."""

from __future__ import annotations

import re
from typing import Annotated

from msgspec import Meta

from fusion.messages import SECOND, Record

DAY = 86_400
WEEK = 7 * DAY

MONDAY = -3 * DAY
"""The Monday before the epoch began (1 January 1970 was a Thursday), s."""

DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")

CLOCK = r"^(([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?|24:00(:00)?)(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$"
"""A time of day with its offset from UTC: `09:00Z`, `22:30:00+02:00`. Without an offset it would be a guess."""

Clock = Annotated[str, Meta(pattern=CLOCK)]


class Hours(Record):
    """A stretch of every week."""

    start: int  # s after Monday 00:00 UTC
    length: int  # s


class Period(Record):
    """From an instant to another, the second not included; if there are weekly hours, then only within them."""

    start: int | None = None  # ns
    end: int | None = None  # ns
    hours: tuple[Hours, ...] | None = None

    def contains(self, time: int) -> bool:
        """Tell whether an instant (ns) is within."""
        if (self.start is not None and time < self.start) or (self.end is not None and time >= self.end):
            return False
        return self.hours is None or any(_within(hours, time) for hours in self.hours)


def _within(hours: Hours, time: int) -> bool:
    return (time - (MONDAY + hours.start) * SECOND) % (WEEK * SECOND) < hours.length * SECOND


def weekly(day: str, start: str, end: str) -> Hours:
    """Read a day and two clock times with offsets; the day is the one on the wall where `start` is read.

    An end that is not after the start is on the next day: 22:00 to 04:00 on FRI ends on Saturday, 00:00 to 00:00 is a
    whole day. The offset is part of the text, so summer time does not move it: who publishes hours gives the offset of
    the season.
    """
    begins = _utc_seconds(start)
    lasts = (_utc_seconds(end) - begins) % DAY or DAY
    return Hours(start=(DAYS.index(day) * DAY + begins) % WEEK, length=lasts)


def _utc_seconds(clock: str) -> int:
    """Give a clock time as seconds after midnight UTC of the same date; negative where that falls on the day before."""
    hours, minutes, seconds = (int(part or 0) for part in re.match(r"(\d\d):(\d\d)(?::(\d\d))?", clock).groups())  # type: ignore[union-attr]
    return hours * 3600 + minutes * 60 + seconds - _offset(clock)


def _offset(clock: str) -> int:
    if clock.endswith("Z"):
        return 0
    hours, minutes = int(clock[-5:-3]), int(clock[-2:])
    return (hours * 3600 + minutes * 60) * (-1 if clock[-6] == "-" else 1)
