"""The sun's hours against published figures, and against the Astronomical Almanac's own formula with its roots found by scipy."""

import math
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from fusion.messages import SECOND, nanoseconds
from fusion.zones.schedule import DAYS, Period, sunlit
from fusion.zones.sun import ORDER, _sun, event_time, solar_day

PARIS = (math.radians(48.8566), math.radians(2.3522))
TROMSO = (math.radians(69.65), math.radians(18.96))


def day_of(text):
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def seconds(text):
    return datetime.fromisoformat(text).timestamp()


def test_declination_and_equation_of_time_are_those_of_the_published_example():
    """Meeus, "Astronomical Algorithms", examples 25.a and 28.b: 13 October 1992, 0 h TD."""
    declination, equation = _sun(seconds("1992-10-13T00:00:00+00:00"))
    assert math.degrees(declination) == pytest.approx(-7.78507, abs=1e-3)
    assert math.degrees(equation) == pytest.approx(3.427351, abs=1e-3)


@pytest.mark.parametrize(
    ("day", "event", "told"),
    [  # the year's longest and shortest day, as almanacs print them to the minute of Paris's clocks
        ("2024-06-20", "SR", "05:47+02:00"),
        ("2024-06-20", "SS", "21:58+02:00"),
        ("2024-12-21", "SR", "08:41+01:00"),
        ("2024-12-21", "SS", "16:56+01:00"),
    ],
)
def test_paris_has_its_sunrises_and_sunsets_when_almanacs_say(day, event, told):
    found = event_time(event, day_of(day), *PARIS)
    assert found == pytest.approx(seconds(f"{day}T{told}"), abs=61.0)


def altitude(time, latitude, longitude):
    """Give the sun's altitude (rad) by the Astronomical Almanac's approximate coordinates (page C5) and sidereal time."""
    days = (time - seconds("2000-01-01T12:00:00+00:00")) / 86_400
    g, q = math.radians(357.529 + 0.98560028 * days), math.radians(280.459 + 0.98564736 * days)
    ecliptic = q + math.radians(1.915) * math.sin(g) + math.radians(0.020) * math.sin(2 * g)
    tilt = math.radians(23.439 - 0.00000036 * days)
    right = math.atan2(math.cos(tilt) * math.sin(ecliptic), math.cos(ecliptic))
    declination = math.asin(math.sin(tilt) * math.sin(ecliptic))
    sidereal = math.radians(15 * ((18.697374558 + 24.06570982441908 * days) % 24)) + longitude
    return math.asin(
        math.sin(latitude) * math.sin(declination) + math.cos(latitude) * math.cos(declination) * math.cos(sidereal - right)
    )


@given(st.floats(-60, 60), st.floats(-179, 179), st.dates(date(2000, 1, 1), date(2049, 12, 31)))
@settings(max_examples=300, deadline=None)
def test_events_are_where_the_almanacs_formula_has_its_roots(latitude_deg, longitude_deg, day):
    latitude, longitude, day = math.radians(latitude_deg), math.radians(longitude_deg), (day - date(1970, 1, 1)).days
    noon = (day + 0.5 - longitude / math.tau) * 86_400
    for event, degrees, low, high in [
        ("BMCT", -6, -0.55, 0.0),
        ("SR", -50 / 60, -0.55, 0),
        ("SS", -50 / 60, 0, 0.55),
        ("EECT", -6, 0, 0.55),
    ]:

        def above(time, degrees=degrees):
            return altitude(time, latitude, longitude) - math.radians(degrees)

        ends = noon + low * 86_400, noon + high * 86_400
        if above(ends[0]) * above(ends[1]) < 0:
            rate = abs(above(root := brentq(above, *ends)) - above(root + 60)) / 60
            error = math.radians(0.02) / max(rate, 1e-9)  # the formula's own 0.01° each way, at the sun's rate there
            assert event_time(event, day, latitude, longitude) == pytest.approx(root, abs=max(5.0, error))


def within(day, start, end, place, moment):
    return Period(hours=(sunlit(day, start, end, place),)).contains(nanoseconds(datetime.fromisoformat(moment)))


@pytest.mark.parametrize(
    ("start", "end", "moment", "expected"),
    [
        ("SR", "SS", "2024-07-26T21:35:00+02:00", True),
        ("SR", "SS", "2024-07-26T21:39:00+02:00", False),
        ("SR", "SS", "2024-07-25T12:00:00+02:00", False),  # Thursday
        ("BMCT", "EECT", "2024-07-26T22:05:00+02:00", True),  # civil twilight: half an hour
        ("EECT", "BMCT", "2024-07-27T03:00:00+02:00", True),  # the night that Friday's evening begins
        ("EECT", "BMCT", "2024-07-26T03:00:00+02:00", False),
        ("SS", "23:30+02:00", "2024-07-26T23:29:00+02:00", True),
        ("SS", "23:30+02:00", "2024-07-26T23:31:00+02:00", False),
        ("18:00+02:00", "SS", "2024-07-26T21:30:00+02:00", True),
        ("18:00+02:00", "SS", "2024-07-26T17:59:00+02:00", False),
        ("23:00+02:00", "SR", "2024-07-27T06:10:00+02:00", True),  # the next sunrise is Saturday's
        ("23:00+02:00", "SR", "2024-07-27T06:25:00+02:00", False),
    ],
)
def test_fridays_hours_begin_and_end_with_the_sun_over_paris(start, end, moment, expected):
    assert within("FRI", start, end, PARIS, moment) is expected


@given(st.datetimes(datetime(2023, 1, 1), datetime(2027, 1, 1)), st.floats(-80, 80), st.floats(-179.9, 179.9))  # noqa: DTZ001
@settings(max_examples=200, deadline=None)
def test_day_and_night_share_out_all_time_without_gap_or_overlap(moment, latitude_deg, longitude_deg):
    place, time = (math.radians(latitude_deg), math.radians(longitude_deg)), nanoseconds(moment.replace(tzinfo=UTC))
    edges = [event_time(event, solar_day(time / SECOND, place[1]) + k, *place) for event in ("SR", "SS") for k in (-1, 0, 1)]
    light, dark = (
        Period(hours=tuple(sunlit(day, *ends, place) for day in DAYS)).contains(time) for ends in (("SR", "SS"), ("SS", "SR"))
    )
    if min(abs(edge - time / SECOND) for edge in edges) > 60.0:  # beyond the polar circles, half a minute of the equation of time
        assert light is not dark


def test_beyond_the_polar_circle_the_summers_day_and_the_winters_night_do_not_end():
    for start, end, month, expected in [
        ("SR", "SS", 6, True),
        ("SS", "SR", 6, False),
        ("SR", "SS", 12, False),
        ("SS", "SR", 12, True),
    ]:
        hours = Period(hours=tuple(sunlit(day, start, end, TROMSO) for day in DAYS))
        first = datetime(2025, month, 15, 0, 7, tzinfo=UTC)
        moments = [nanoseconds(first + timedelta(minutes=97 * i)) for i in range(60)]
        assert [hours.contains(moment) for moment in moments] == [expected] * 60


def test_the_days_events_come_in_their_order():
    times = [event_time(event, day_of("2026-11-26"), *PARIS) for event in ORDER]
    assert times == sorted(times)


def test_hours_by_the_sun_do_not_know_of_summer_time():
    """On 25 October 2026 Paris puts its clocks back: the sun rises an hour earlier by them, and the hours with it."""
    before, after = (event_time("SR", day_of(day), *PARIS) for day in ("2026-10-24", "2026-10-25"))
    assert after - before == pytest.approx(86_400 + 92, abs=10)
