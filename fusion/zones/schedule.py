"""When a zone applies: periods between two instants, and weekly hours within them."""

from __future__ import annotations

import re
from typing import Annotated

from msgspec import Meta

from fusion.messages import SECOND, Record
from fusion.zones.sun import DAY, ORDER, Event, event_time, solar_day

WEEK = 7 * DAY

MONDAY = -3 * DAY
"""The Monday before the epoch began (1 January 1970 was a Thursday), s."""

THURSDAY = 3
"""Which day of the week day 0 was."""

DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")

CLOCK = r"^(([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?|24:00(:00)?)(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$"
"""A time of day with its offset from UTC: `09:00Z`, `22:30:00+02:00`. Without an offset it would be a guess."""

Clock = Annotated[str, Meta(pattern=CLOCK)]


class Hours(Record, tag="weekly"):
    """A stretch of every week."""

    start: int  # s after Monday 00:00 UTC
    length: int  # s

    def contains(self, time: int) -> bool:
        """Tell whether an instant (ns) is within."""
        return (time - (MONDAY + self.start) * SECOND) % (WEEK * SECOND) < self.length * SECOND


class SunHours(Record, tag="sun"):
    """A stretch of one day of every week that the sun begins or ends, as it does at a place."""

    day: int  # 0 is Monday
    start: Event | int  # an event of that solar day, or s after its midnight UTC
    end: Event | int  # the next such event, or s after a midnight UTC
    latitude: float  # rad
    longitude: float  # rad

    def contains(self, time: int) -> bool:
        """Tell whether an instant (ns) is within."""
        seconds = time / SECOND
        today = solar_day(seconds, self.longitude)
        days = (day for day in range(today - 2, today + 3) if (day + THURSDAY) % 7 == self.day)
        return any(self._start(day) <= seconds < self._end(day) for day in days)

    def _start(self, day: int) -> float:
        return self._at(self.start, day)

    def _end(self, day: int) -> float:
        """Give the end of the stretch that begins on a day (s): of two events by their order, of a clock time the next."""
        start = self._start(day)
        if isinstance(self.end, int):
            return start + ((self.end - start) % DAY or DAY)
        if isinstance(self.start, int):
            end = self._at(self.end, today := solar_day(start, self.longitude))
            return end if end > start else self._at(self.end, today + 1)
        return self._at(self.end, day + (ORDER.index(self.end) <= ORDER.index(self.start)))

    def _at(self, when: Event | int, day: int) -> float:
        return day * DAY + when if isinstance(when, int) else event_time(when, day, self.latitude, self.longitude)


class Period(Record):
    """From an instant to another, the second not included; if there are weekly hours, then only within them."""

    start: int | None = None  # ns
    end: int | None = None  # ns
    hours: tuple[Hours | SunHours, ...] | None = None

    def contains(self, time: int) -> bool:
        """Tell whether an instant (ns) is within."""
        if (self.start is not None and time < self.start) or (self.end is not None and time >= self.end):
            return False
        return self.hours is None or any(hours.contains(time) for hours in self.hours)


def weekly(day: str, start: str, end: str) -> Hours:
    """Read a day and two clock times with offsets; the day is the one on the wall where `start` is read.

    An end that is not after the start is on the next day: 22:00 to 04:00 on FRI ends on Saturday, 00:00 to 00:00 is a
    whole day. The offset is part of the text, so summer time does not move it: who publishes hours gives the offset of
    the season.
    """
    begins = _utc_seconds(start)
    lasts = (_utc_seconds(end) - begins) % DAY or DAY
    return Hours(start=(DAYS.index(day) * DAY + begins) % WEEK, length=lasts)


def sunlit(day: str, start: str, end: str, place: tuple[float, float]) -> SunHours:
    """Read a day and its two ends, of which one or both are events of the sun at a place (rad).

    The day is that of mean solar time at the place where an event begins it, and the one on the wall where a clock time does.
    """
    begins, ends = (one if one in ORDER else _utc_seconds(one) for one in (start, end))
    return SunHours(day=DAYS.index(day), start=begins, end=ends, latitude=place[0], longitude=place[1])


def _utc_seconds(clock: str) -> int:
    """Give a clock time as seconds after midnight UTC of the same date; negative where that falls on the day before."""
    hours, minutes, seconds = (int(part or 0) for part in re.match(r"(\d\d):(\d\d)(?::(\d\d))?", clock).groups())  # type: ignore[union-attr]
    return hours * 3600 + minutes * 60 + seconds - _offset(clock)


def _offset(clock: str) -> int:
    if clock.endswith("Z"):
        return 0
    hours, minutes = int(clock[-5:-3]), int(clock[-2:])
    return (hours * 3600 + minutes * 60) * (-1 if clock[-6] == "-" else 1)
