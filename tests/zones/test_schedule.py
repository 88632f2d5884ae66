"""Periods and weekly hours against the standard library's calendar."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.messages import nanoseconds
from fusion.zones.schedule import DAYS, Period, weekly


def at(text):
    return nanoseconds(datetime.fromisoformat(text))


minutes = st.integers(0, 24 * 60 - 1)
offsets = st.integers(-14 * 4, 14 * 4).map(lambda quarters: quarters * 15)


def clock(minute, offset):
    sign, size = "-" if offset < 0 else "+", abs(offset)
    return f"{minute // 60:02}:{minute % 60:02}{sign}{size // 60:02}:{size % 60:02}"


@settings(max_examples=300)
@given(st.sampled_from(DAYS), minutes, minutes, offsets, st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1)))  # noqa: DTZ001
def test_hours_hold_when_the_wall_clock_there_says_so(day, start, end, offset, moment):
    moment = moment.replace(tzinfo=UTC)
    wall = moment.astimezone(timezone(timedelta(minutes=offset)))
    expected = False
    for back in (0, 1):  # the hours may have begun yesterday
        midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=back)
        begins = midnight + timedelta(minutes=start)
        ends = midnight + timedelta(minutes=end, days=1 if end <= start else 0)
        expected |= DAYS[midnight.weekday()] == day and begins <= wall < ends
    period = Period(hours=(weekly(day, clock(start, offset), clock(end, offset)),))
    assert period.contains(nanoseconds(moment)) == expected


@pytest.mark.parametrize(
    ("moment", "within"),
    [
        ("2026-07-24T21:59:59+02:00", False),
        ("2026-07-24T22:00:00+02:00", True),
        ("2026-07-25T03:59:59+02:00", True),
        ("2026-07-25T04:00:00+02:00", False),
        ("2026-07-25T23:00:00+02:00", False),
    ],
)
def test_hours_over_midnight_belong_to_the_day_on_which_they_begin(moment, within):
    friday_night = Period(hours=(weekly("FRI", "22:00+02:00", "04:00+02:00"),))
    assert friday_night.contains(at(moment)) == within


@pytest.mark.parametrize("end", ["00:00Z", "24:00Z"])
def test_midnight_to_midnight_is_a_whole_day(end):
    sunday = Period(hours=(weekly("SUN", "00:00Z", end),))
    assert [sunday.contains(at(f"2026-07-{day}T12:00:00Z")) for day in (25, 26, 27)] == [False, True, False]
    assert sunday.contains(at("2026-07-26T00:00:00Z"))
    assert not sunday.contains(at("2026-07-27T00:00:00Z"))


def test_the_two_ends_may_have_offsets_of_their_own():
    hours = weekly("MON", "00:30+02:00", "01:30Z")
    assert (hours.start, hours.length) == (6 * 86_400 + 22 * 3600 + 1800, 3 * 3600)


def test_hours_published_for_summer_stay_at_the_same_instant_in_winter():
    """Offsets are part of the text; the change from summer time on 25 October 2026 moves the wall clock, not the zone."""
    evening = Period(hours=tuple(weekly(day, "18:00+02:00", "20:00+02:00") for day in DAYS))
    assert evening.contains(at("2026-10-24T18:30:00+02:00"))
    assert evening.contains(at("2026-10-26T17:30:00+01:00"))
    assert not evening.contains(at("2026-10-26T19:30:00+01:00"))


def test_a_period_includes_its_start_and_not_its_end():
    period = Period(start=at("2026-07-26T18:30:00+02:00"), end=at("2026-07-27T00:00:00+02:00"))
    assert [period.contains(moment) for moment in (period.start - 1, period.start, period.end - 1, period.end)] == [
        False,
        True,
        True,
        False,
    ]


def test_hours_count_only_within_their_period():
    hours = (weekly("SUN", "00:00Z", "00:00Z"),)
    period = Period(start=at("2026-07-20T00:00:00Z"), end=at("2026-07-28T00:00:00Z"), hours=hours)
    assert [period.contains(at(f"2026-07-{day}T12:00:00Z")) for day in (19, 26)] == [False, True]
    assert not period.contains(at("2026-08-02T12:00:00Z"))


def test_without_anything_it_is_always():
    assert Period().contains(0)
    assert Period().contains(10**19)
