"""When the sun rises and sets: NOAA's equations, after Meeus, "Astronomical Algorithms", chapters 25 and 28.

Good to a few seconds between the polar circles; what refraction makes of a low sun differs by a minute from day to day.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal

DAY = 86_400

J2000 = 946_728_000
"""s: noon of 1 January 2000, from which the sun's elements are counted."""

CENTURY = 36_525 * DAY
"""s, Julian."""

Event = Literal["BMCT", "SR", "SS", "EECT"]

ORDER: tuple[Event, ...] = ("BMCT", "SR", "SS", "EECT")
"""Begin of the morning's civil twilight, sunrise, sunset, end of the evening's: as a day brings them."""

ALTITUDE: dict[Event, float] = {
    "BMCT": math.radians(-6.0),
    "SR": math.radians(-50 / 60),
    "SS": math.radians(-50 / 60),
    "EECT": math.radians(-6.0),
}
"""rad, of the sun's middle: its upper edge stands on the horizon at −50′, 34′ of refraction and 16′ of radius."""


def solar_day(seconds: float, longitude: float) -> int:
    """Give the day (since 1970) that it is in mean solar time at a longitude (rad)."""
    return math.floor(seconds / DAY + longitude / math.tau)


@lru_cache(maxsize=4096)
def event_time(event: Event, day: int, latitude: float, longitude: float) -> float:
    """Give when an event is on a solar day at a place (rad): seconds since 1970, UTC.

    cos H = (sin a − sin φ sin δ) / (cos φ cos δ). Where the sun stays above the altitude a all day, it rises half a day before
    its noon and sets half a day after; where it stays below, it rises and sets at noon: so days and nights keep their sense.
    """
    sign = -1.0 if event in {"BMCT", "SR"} else 1.0
    noon = day * DAY + DAY / 2 - longitude / math.tau * DAY
    time = noon
    for _ in range(4):  # the sun moves on by 4 minutes of its own a day: each round leaves 1/300 of the last error
        declination, equation = _sun(time)
        across = math.cos(latitude) * math.cos(declination)
        up = math.sin(ALTITUDE[event]) - math.sin(latitude) * math.sin(declination)
        angle = math.acos(min(1.0, max(-1.0, up / max(across, 1e-12))))
        time = noon - equation / math.tau * DAY + sign * angle / math.tau * DAY
    return time


def _sun(time: float) -> tuple[float, float]:
    """Give the sun's declination and the equation of time (rad: apparent before mean time) at a time (s)."""
    t = (time - J2000) / CENTURY
    mean = math.radians(280.46646 + t * (36000.76983 + t * 0.0003032))  # L₀
    anomaly = math.radians(357.52911 + t * (35999.05029 - t * 0.0001537))  # M
    e = 0.016708634 - t * (0.000042037 + t * 0.0000001267)
    node = math.radians(125.04 - 1934.136 * t)
    centre = (
        math.sin(anomaly) * (1.914602 - t * (0.004817 + t * 0.000014))
        + math.sin(2 * anomaly) * (0.019993 - t * 0.000101)
        + math.sin(3 * anomaly) * 0.000289
    )
    longitude = mean + math.radians(centre - 0.00569 - 0.00478 * math.sin(node))  # apparent λ
    tilt = math.radians(23.4392911 - t * (0.0130042 + t * (0.00000016 - t * 0.000000504)) + 0.00256 * math.cos(node))  # ε
    y = math.tan(tilt / 2) ** 2
    equation = (
        y * math.sin(2 * mean)
        - 2 * e * math.sin(anomaly)
        + 4 * e * y * math.sin(anomaly) * math.cos(2 * mean)
        - y * y / 2 * math.sin(4 * mean)
        - 5 / 4 * e * e * math.sin(2 * anomaly)
    )
    return math.asin(math.sin(tilt) * math.sin(longitude)), equation
