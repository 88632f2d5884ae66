"""How far apart two receivers stand, and whether a time difference of arrival between them can be at all."""

from __future__ import annotations

import math
from collections.abc import Mapping

from fusion.config import Sensor
from fusion.errors import DecodeError
from fusion.frame import SiteFrame
from fusion.messages import LIGHT

POSSIBLE = 6.0
"""Sigmas by which a difference may exceed its baseline: noise alone does so once in 10⁹ reports."""

_A, _F = 6_378_137.0, 1.0 / 298.257223563  # WGS84
_E2 = _F * (2.0 - _F)


def check(sensor: Sensor, others: Mapping[str, Sensor], frame: SiteFrame, reference: str, tdoa: float, sigma: float) -> None:
    """Raise DecodeError for a reference that is not known, or a difference that no place on earth has: |c Δt| > baseline + 6 σ.

    The clocks' own errors (`bias_sigma.time_s`) count in σ.
    """
    if reference == sensor.id:
        raise DecodeError(f"reference: {reference!r} is the sensor itself")
    other = others.get(reference)
    if other is None:
        raise DecodeError(f"reference: {reference!r} is not a sensor of this site")
    apart = baseline(sensor, other, frame)
    sigma = math.hypot(sigma, sensor.bias_sigma.time_s, other.bias_sigma.time_s)
    if LIGHT * abs(tdoa) > apart + POSSIBLE * LIGHT * sigma:
        raise DecodeError(
            f"tdoa_s: {tdoa:g} s is {LIGHT * abs(tdoa):.0f} m of light, more than the {apart:.0f} m between "
            f"{sensor.id!r} and {reference!r} and {POSSIBLE:g} sigmas ({POSSIBLE * LIGHT * sigma:.0f} m) allow"
        )


def baseline(one: Sensor, other: Sensor, frame: SiteFrame) -> float:
    """Give the straight distance between two sensors, m."""
    return math.dist(_cartesian(one, frame), _cartesian(other, frame))


def _cartesian(sensor: Sensor, frame: SiteFrame) -> tuple[float, float, float]:
    """Give where a sensor stands, earth-centred (m): on the ground in the middle of the site where nothing is told."""
    if sensor.latitude_deg is None or sensor.longitude_deg is None:
        latitude, longitude = frame.latitude, frame.longitude
    else:
        latitude, longitude = math.radians(sensor.latitude_deg), math.radians(sensor.longitude_deg)
    height = frame.ground if sensor.altitude_hae_m is None else sensor.altitude_hae_m
    normal = _A / math.sqrt(1.0 - _E2 * math.sin(latitude) ** 2)
    level = (normal + height) * math.cos(latitude)
    return level * math.cos(longitude), level * math.sin(longitude), (normal * (1.0 - _E2) + height) * math.sin(latitude)
