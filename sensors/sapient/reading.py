"""A detection report becomes a measurement; a status report, the word that our own status topic has for it."""

from __future__ import annotations

import math
from typing import Any, Literal

from fusion.errors import DecodeError
from fusion.messages import Bearing, Measurement, Polar, Position
from sensors.adapter import Station
from sensors.sapient import claims, placing, taxonomy

LOST = frozenset({"lost", "object lost", "track lost"})
"""`state` of a report that says that there is nothing any more: no place to learn from."""

FASTEST = 1_000.0
"""m/s an axis."""

SAID: dict[int, Literal["online", "degraded", "offline"]] = {1: "online", 2: "degraded", 3: "degraded", 5: "offline"}
"""Of StatusReport.System: OK, WARNING, ERROR, GOODBYE."""


def nothing_there(report: Any) -> str | None:
    """Say why a report is of nothing: its object is lost, or its sensor gives it no chance to be there."""
    if report.state.strip().lower().replace("_", " ") in LOST:
        return f"detection_report.state: {report.state[:40]!r}: object {report.object_id} is not seen any more"
    if report.HasField("detection_confidence") and report.detection_confidence <= 0.0:
        return f"detection_report.detection_confidence: is 0: object {report.object_id} is not there"
    return None


def measurement(station: Station, report: Any, time: int) -> Measurement:
    """Read where a report says that something is; raise DecodeError for what cannot be, and what is not known."""
    common: dict[str, Any] = {
        "time": time,
        "id": report.object_id,
        "identity": claims.identity_of(report),
        "classes": taxonomy.classes_of(report.classification),
    }
    if report.WhichOneof("location_oneof") == "location":
        return _position(station, report, common)
    told = placing.direction(station, report.range_bearing)
    common |= {"azimuth": told.azimuth, "elevation": told.elevation}
    common["sigma_azimuth"] = _angle(station, told.sigma_azimuth, "azimuth")
    if told.elevation is not None:
        common["sigma_elevation"] = _angle(station, told.sigma_elevation, "elevation")
    if told.range is None:
        return Bearing(**common)
    return Polar(range=told.range, sigma_range=_known(station, told.sigma_range, "range_m", "range_bearing.range"), **common)


def _position(station: Station, report: Any, common: dict[str, Any]) -> Position:
    told = placing.place(station, report.location)
    common["sigma_horizontal"] = _known(station, told.sigma_horizontal, "horizontal_m", "location.x")
    if told.altitude is not None:
        common["altitude"] = told.altitude
        common["sigma_vertical"] = _known(station, told.sigma_vertical, "vertical_m", "location.z")
    if report.HasField("enu_velocity"):
        common |= _velocity(station, report.enu_velocity)
    return Position(latitude=told.latitude, longitude=told.longitude, **common)


def _velocity(station: Station, told: Any) -> dict[str, Any]:
    """Read a velocity and one sigma of each axis; one that is not level knowledge (no rate of climb) only starts tracks."""
    rates = (told.east_rate, told.north_rate, told.up_rate)
    for name, rate in zip(("east_rate", "north_rate", "up_rate"), rates, strict=True):
        if not abs(rate) <= FASTEST:
            raise DecodeError(f"enu_velocity.{name}: {rate:g} m/s cannot be; expected at most {FASTEST:g} m/s")
    if not told.HasField("up_rate"):
        return {"velocity": rates, "sigma_velocity": None}
    names = [f"{axis}_rate_error" for axis in ("east", "north", "up")]
    errors = [getattr(told, name) for name in names if told.HasField(name) and getattr(told, name) > 0.0]
    if errors and max(errors) > FASTEST:
        raise DecodeError(f"enu_velocity: an error of {max(errors):g} m/s says nothing; expected at most {FASTEST:g} m/s")
    own = math.sqrt(sum(error**2 for error in errors) / len(errors)) if errors else None
    return {"velocity": rates, "sigma_velocity": own or station.sensor.accuracy.velocity_mps}


def _angle(station: Station, own: float | None, name: str) -> float:
    return own or math.radians(_known(station, None, f"{name}_deg", f"range_bearing.{name}"))


def _known(station: Station, own: float | None, name: str, path: str) -> float:
    """Give the accuracy that a report tells, or else the sensor's; raise DecodeError where neither does."""
    value = own or getattr(station.sensor.accuracy, name)
    if value is None:
        raise DecodeError(f"{path}_error: is neither in the report nor, as {name}, in the sensor's configured accuracy")
    return float(value)
