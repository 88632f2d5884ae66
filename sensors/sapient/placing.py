"""Where a detection report says that something is: range-bearing and location of every coordinate system, in our units."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Any, NamedTuple

import pyproj

from fusion.errors import DecodeError
from sensors.adapter import Station

FARTHEST = 500_000.0
"""m from the site that a place may lie: no drone sensor sees so far, and who has taken latitude for x lands beyond it."""

ANGLE_LIMIT = math.radians(60.0)
"""rad: an error of a direction beyond it says nothing; degrees were probably taken for radians."""

PLACE_LIMIT = math.radians(0.5)
"""rad: an error of a latitude or longitude beyond it (55 km) says nothing; metres were probably written for degrees."""

DEGREE = math.pi / 180.0

POLAR_UNITS = {1: (DEGREE, 1.0), 2: (1.0, 1.0), 3: (DEGREE, 1000.0), 4: (1.0, 1000.0)}
"""Of RangeBearingCoordinateSystem: radians and metres of one unit of angle and of range."""

TRUE, MAGNETIC, GRID, PLATFORM = 1, 2, 3, 4
DEGREES, RADIANS, UTM = 1, 2, 5
ELLIPSOID = 1

_ZONE = re.compile(r"(\d{1,2}) ?([C-HJ-NP-Xc-hj-np-x])")


class Direction(NamedTuple):
    """A range-bearing in metres and radians from true north; None for what is not told."""

    azimuth: float
    elevation: float | None
    range: float | None
    sigma_azimuth: float | None
    sigma_elevation: float | None
    sigma_range: float | None


class Place(NamedTuple):
    """A location in radians and metres above the ellipsoid; None for what is not told."""

    latitude: float
    longitude: float
    altitude: float | None
    sigma_horizontal: float | None
    sigma_vertical: float | None


def direction(station: Station, told: Any) -> Direction:
    """Read a range-bearing; raise DecodeError for a north that is not known here, and for what cannot be."""
    angle, metre = POLAR_UNITS[told.coordinate_system]
    if not told.HasField("azimuth"):
        raise DecodeError("range_bearing.azimuth: is missing; a range or an elevation alone is no direction")
    azimuth = _within("range_bearing.azimuth", told.azimuth * angle, -math.tau, math.tau, "a turn at most")
    elevation = told.elevation * angle if told.HasField("elevation") else None
    if elevation is not None:
        _within("range_bearing.elevation", elevation, -math.pi / 2, math.pi / 2, "-90 to 90 degrees")
    distance = told.range * metre if told.HasField("range") else None
    if distance is not None:
        _within("range_bearing.range", distance, 1e-3, FARTHEST, "more than 0 and at most 500 km")
    return Direction(
        (azimuth + north(station, told.datum)) % math.tau,
        elevation,
        distance,
        _sigma(told, "range_bearing", "azimuth_error", angle, ANGLE_LIMIT),
        _sigma(told, "range_bearing", "elevation_error", angle, ANGLE_LIMIT),
        _sigma(told, "range_bearing", "range_error", metre, 1e5),
    )


def north(station: Station, datum: int) -> float:
    """Give how far (rad, clockwise) a datum's north lies from true north at the sensor."""
    if datum == TRUE:
        return 0.0
    latitude, longitude = _stands(station)
    if datum == GRID:
        return math.radians(_utm(_zone_of(longitude), latitude >= 0.0).get_factors(longitude, latitude).meridian_convergence)
    missing = "the magnetic declination" if datum == MAGNETIC else "the platform's heading"
    name = "MAGNETIC" if datum == MAGNETIC else "PLATFORM"
    raise DecodeError(f"range_bearing.datum: is {name}, and {missing} is not known here; expected TRUE or GRID")


def place(station: Station, told: Any) -> Place:
    """Read a location; raise DecodeError for one that is none, or is not of this region."""
    latitude, longitude = _utm_place(station, told) if told.coordinate_system == UTM else _geographic(told)
    _check_near(station, told, latitude, longitude)
    altitude = None
    if told.HasField("z"):
        above = _within("location.z", told.z, -1_000.0, 30_000.0, "-1000 to 30000 m")
        altitude = station.frame.height(above, "hae" if told.datum == ELLIPSOID else "amsl")
    return Place(latitude, longitude, altitude, _horizontal(told, latitude), _sigma(told, "location", "z_error", 1.0, 1e5))


def _geographic(told: Any) -> tuple[float, float]:
    """Read x as longitude and y as latitude, as the standard has it."""
    angle = DEGREE if told.coordinate_system == DEGREES else 1.0
    longitude = _within("location.x (longitude)", told.x * angle, -math.pi, math.pi, "-180 to 180 degrees")
    latitude = _within("location.y (latitude)", told.y * angle, -math.pi / 2, math.pi / 2, "-90 to 90 degrees")
    return latitude, longitude


def _utm_place(station: Station, told: Any) -> tuple[float, float]:
    """Read easting and northing in the zone that is told, or in that of the sensor."""
    latitude, longitude = _stands(station)
    number, north = _zone_of(longitude), latitude >= 0.0
    if told.utm_zone:
        number, north = _zone(told.utm_zone)
    _within("location.x (easting)", told.x, 0.0, 1_000_000.0, "0 to 1000 km")
    _within("location.y (northing)", told.y, 0.0, 10_000_000.0, "0 to 10000 km")
    longitude, latitude = _utm(number, north)(told.x, told.y, inverse=True)
    if not (math.isfinite(longitude) and math.isfinite(latitude)):
        raise DecodeError(f"location: easting {told.x:g} m, northing {told.y:g} m is no place of UTM zone {number}")
    return math.radians(latitude), math.radians(longitude)


def _zone(text: str) -> tuple[int, bool]:
    """Read a UTM zone: a number and N or S for the hemisphere, or another letter for MGRS's band."""
    match = _ZONE.fullmatch(text)
    if match is None or not 1 <= int(match[1]) <= 60:
        raise DecodeError(f"location.utm_zone: {text[:20]!r} is none; expected a number from 1 to 60 and a letter, as 31N")
    letter = match[2].upper()
    return int(match[1]), letter >= "N" and letter != "S"


def _check_near(station: Station, told: Any, latitude: float, longitude: float) -> None:
    """Refuse a place that no sensor of this site sees, with what is probably wrong."""
    at = station.frame.latitude, station.frame.longitude
    if (away := _apart(at, (latitude, longitude))) <= FARTHEST:
        return
    swapped = told.coordinate_system != UTM and _apart(at, (longitude, latitude)) <= FARTHEST
    hint = "; x is the longitude and y the latitude, they seem to be exchanged" if swapped else ""
    raise DecodeError(
        f"location: x {told.x:g}, y {told.y:g} lies {away / 1000.0:.0f} km from the site; expected at most 500 km{hint}"
    )


def _apart(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Give the great circle (m) between two latitudes and longitudes: haversine, hav θ = sin²(θ/2)."""
    hav = math.sin((other[0] - one[0]) / 2) ** 2
    hav += math.cos(one[0]) * math.cos(other[0]) * math.sin((other[1] - one[1]) / 2) ** 2
    return 2.0 * 6_371_000.0 * math.asin(math.sqrt(min(max(hav, 0.0), 1.0)))


def _horizontal(told: Any, latitude: float) -> float | None:
    """Give one sigma (m) of each of east and north: the root of the mean square of both errors, in their coordinates' unit."""
    unit, limit, metres = 1.0, 1e5, (1.0, 1.0)
    if told.coordinate_system != UTM:
        unit, limit, metres = (DEGREE if told.coordinate_system == DEGREES else 1.0), PLACE_LIMIT, metres_a_radian(latitude)
    found = [_sigma(told, "location", name, unit, limit) for name in ("x_error", "y_error")]
    known = [sigma * metre for sigma, metre in zip(found, metres, strict=True) if sigma is not None]
    return math.sqrt(sum(sigma**2 for sigma in known) / len(known)) if known else None


def metres_a_radian(latitude: float) -> tuple[float, float]:
    """Give the metres of a radian of longitude, N cos φ, and of latitude, M, on the WGS84 ellipsoid."""
    e2 = 0.00669437999014
    w = math.sqrt(1.0 - e2 * math.sin(latitude) ** 2)
    return 6_378_137.0 / w * math.cos(latitude), 6_378_137.0 * (1.0 - e2) / w**3


def _sigma(told: Any, path: str, name: str, unit: float, limit: float) -> float | None:
    """Read an error as one sigma; none where it is not told, and where it is 0, which nothing measures."""
    if not told.HasField(name) or not (value := getattr(told, name)):
        return None
    if not 0.0 < value * unit <= limit:
        raise DecodeError(f"{path}.{name}: {value:g} is no error in the unit of its coordinate; expected 0 to {limit / unit:g}")
    return float(value * unit)


def _within(name: str, value: float, low: float, high: float, expected: str) -> float:
    if not low <= value <= high:
        raise DecodeError(f"{name}: {value:g} cannot be; expected {expected}")
    return value


def _stands(station: Station) -> tuple[float, float]:
    """Give where a sensor stands (latitude, longitude in degrees)."""
    sensor, frame = station.sensor, station.frame
    if sensor.latitude_deg is None or sensor.longitude_deg is None:
        return math.degrees(frame.latitude), math.degrees(frame.longitude)
    return sensor.latitude_deg, sensor.longitude_deg


def _zone_of(longitude_deg: float) -> int:
    return int((longitude_deg + 180.0) // 6.0) % 60 + 1


@lru_cache(128)
def _utm(zone: int, north: bool) -> pyproj.Proj:  # noqa: FBT001
    return pyproj.Proj(proj="utm", zone=zone, south=not north, ellps="WGS84")
