"""CAT015, targets of independent non-cooperative surveillance: drone radars, passive radars and cameras, each with its accuracy.

A record is of a plot or a track, *measured* (one sensor's range, azimuth, elevation: I015/625, 627, 628) or *sensor-centric* (a
place that the sensor has worked out: 600, 601, 602, 604). Editions 1.0 to 1.2 have one layout:

    000 message type   020 descriptor   145 time of applicability, 1/128 s of the day   161 number   170 status   300 class
    600 P84 latitude, longitude 180/2³¹°; HPP sigmas east, north 1/4 m and their correlation 1/128
    601 GH height above the ellipsoid 0.01 m; SDGH its sigma
    602 HV velocity east, north, 20 bits of 0.01 m/s each; SDHV its sigmas       604 VV climb 0.01 m/s; SDVV its sigma
    625 R slant range 0.1 m; SDR; RR its rate 0.1 m/s; SDRR    627 AZ 360/2¹⁶°; SDAZ 45/2¹⁶°    628 EL 180/2¹⁶°; SDEL 45/2¹⁶°
    630 RPS signal to noise of what came back, dB

Read: what is measured where range and azimuth are and the sensor is monostatic; else the place; else a direction. What the sensor
states of its own accuracy goes before what is configured, and no step of the format is taken for less than its even noise.

Not implemented: what a multistatic sensor measures (its range is a sum of ways to and from places that CAT016 tells), Doppler
(626: its sign is the maker's), accelerations, resolutions, rates of angles, correlations but that of a place's own axes,
confidence intervals of height (16 m coarse), sizes, contours and associations, warnings (030, a maker's own), periods (050).
There are no words for where a sensor has looked, so silence says nothing. Classes (300) are numbers of an agreement of two
parties: they are taken as words, which `[sensor.confusion]` may give a meaning.
"""

from __future__ import annotations

import math
from typing import Any

from fusion.errors import DecodeError
from fusion.messages import Bearing, Measurement, Polar, Position, Scan
from sensors.adapter import Station
from sensors.aircraft import accuracy
from sensors.asterix import figures
from sensors.asterix.figures import TURN
from sensors.asterix.others import FARTHEST
from sensors.asterix.radar import SOURCE
from sensors.asterix.records import Items, block, compound, parts, record

MEASURED, CENTRIC, ENDED = (1, 2), (3, 4), 5
"""Types of messages: plot and track each; the end of a track."""

MULTISTATIC, UNREAL = 0xC0, 0x30
"""Bits of the descriptor: of more or of an unknown number of places; a reference, synthetic or simulated target."""

HEIGHT_COASTS, PLACE_COASTS = 4, 8
"""Bits of the status: extrapolated, not measured."""

PLACE = math.radians(180.0 / 2**31)
AXIS, HEIGHT, SPEED = 0.25, 0.01, 0.01
RANGE, ANGLE, FINE = 0.1, math.radians(180.0 / 2**16), math.radians(45.0 / 2**16)

LOW, HIGH, FAST = -1_000.0, 30_000.0, 1_000.0
"""m, m, m/s: what a height and a rate can be; bytes of something else read as any."""

EVEN = 1.0 / math.sqrt(12.0)
"""Sigma of even noise in one step."""


def target(station: Station, items: Items, received: int, place: str) -> Measurement | str | None:
    """Read one target report; None for a track's end, in words why one cannot be used; DecodeError where it is wrong."""
    kind, descriptor = items.get("000", b"\0")[0] >> 1, items.get("020", b"\0")[0]
    if kind == ENDED:
        return None
    if (unfit := _unfit(items, kind, descriptor)) is not None:
        return unfit
    told = _common(items, received, place)
    if "625" in items and "627" in items and not descriptor & MULTISTATIC:
        return _polar(station, items, told, place)
    return _position(station, items, told, place) if "600" in items else _bearing(station, items, told, place)


def _unfit(items: Items, kind: int, descriptor: int) -> str | None:
    """Say why a report cannot be used, if it cannot."""
    if kind not in {*MEASURED, *CENTRIC}:
        return f"I015/000: message type {kind} is no plot or track"
    if "145" not in items:
        return "I015/145: has no time"
    if descriptor & UNREAL:
        return "I015/020: is a reference, synthetic or simulated target"
    if "600" in items:
        return None
    if "625" in items and descriptor & MULTISTATIC:
        return "I015/020: is of a multistatic sensor, whose range is no slant range"
    return None if "627" in items else "I015: has neither a place (600) nor an azimuth (627)"


def _common(items: Items, received: int, place: str) -> dict[str, Any]:
    told: dict[str, Any] = {"time": figures.time_of(items["145"], received, f"{place}: I015/145")}
    if "161" in items:
        told["id"] = str(figures.unsigned(items["161"]))
    if "300" in items:
        pairs = [figures.unsigned(items["300"][at : at + 2]) for at in range(1, len(items["300"]), 2)]
        told["classes"] = {str(pair >> 7): min((pair & 0x7F) / 100.0, 1.0) for pair in pairs} or None
    quality = parts(15, "630", items["630"]) if "630" in items else {}
    if 3 in quality:
        told["snr_db"] = float(figures.signed(quality[3]))
    return told


def _sigma(stated: bytes | None, step: float, configured: float, own: float) -> float:
    """Give the sigma of a figure: as stated (in steps) where that is something, else as configured; own: the figure's step."""
    told = figures.unsigned(stated) * step if stated is not None else 0.0
    return math.hypot(told or configured, own * EVEN)


def _configured(station: Station, name: str, stated: bytes | None) -> float:
    """Give a configured accuracy; DecodeError where it is needed and there is none."""
    if stated is not None and any(stated):
        return 0.0
    value = accuracy(station, name)
    return math.radians(value) if name.endswith("_deg") else value


def _direction(station: Station, items: Items, place: str) -> dict[str, Any]:
    """Read azimuth and elevation."""
    azimuth = parts(15, "627", items["627"])
    if 0 not in azimuth:
        raise DecodeError(f"{place}: I015/627: has no azimuth")
    told: dict[str, Any] = {
        "azimuth": figures.unsigned(azimuth[0]) * TURN,
        "sigma_azimuth": _sigma(azimuth.get(2), FINE, _configured(station, "azimuth_deg", azimuth.get(2)), TURN),
    }
    elevation = parts(15, "628", items["628"]) if "628" in items else {}
    if 0 in elevation:
        angle = figures.signed(elevation[0]) * ANGLE
        told["elevation"] = angle
        told["sigma_elevation"] = _sigma(elevation.get(2), FINE, _configured(station, "elevation_deg", elevation.get(2)), ANGLE)
    return told


def _bearing(station: Station, items: Items, told: dict[str, Any], place: str) -> Bearing:
    return Bearing(**told, **_direction(station, items, place))


def _polar(station: Station, items: Items, told: dict[str, Any], place: str) -> Polar | str:
    reach = parts(15, "625", items["625"])
    if 0 not in reach or not figures.signed(reach[0]) > 0:
        return "I015/625: has no range"
    told |= _direction(station, items, place)
    told["range"] = figures.signed(reach[0]) * RANGE
    told["sigma_range"] = _sigma(reach.get(2), RANGE, _configured(station, "range_m", reach.get(2)), RANGE)
    spread = reach[5][:3] if 5 in reach else None
    if 3 in reach and ((spread is not None and any(spread)) or station.sensor.accuracy.radial_speed_mps is not None):
        rate = figures.signed(reach[3]) * RANGE
        if abs(rate) > FAST:
            raise DecodeError(f"{place}: I015/625: a range rate of {rate:.0f} m/s cannot be; is it of another edition?")
        told["range_rate"] = rate
        told["sigma_range_rate"] = _sigma(spread, RANGE, _configured(station, "radial_speed_mps", spread), RANGE)
    return Polar(**told)


def _position(station: Station, items: Items, told: dict[str, Any], place: str) -> Position | str:
    status = items.get("170", b"\0")[0]
    if status & PLACE_COASTS:
        return "I015/170: is extrapolated, nothing was measured"
    where = parts(15, "600", items["600"])
    if 0 not in where:
        return "I015/600: has no place"
    latitude, longitude = (figures.signed(where[0][at : at + 4]) * PLACE for at in (0, 4))
    if not latitude and not longitude:
        return "I015/600: latitude 0, longitude 0 means unknown, not a place"
    if abs(latitude - station.frame.latitude) > FARTHEST or abs(latitude) > math.pi / 2.0:
        raise DecodeError(f"{place}: I015/600: latitude {math.degrees(latitude):.1f}° cannot be; is it of another edition?")
    told |= {"latitude": latitude, "longitude": longitude, "sigma_horizontal": _horizontal(station, where.get(2))}
    height = parts(15, "601", items["601"]) if "601" in items and not status & HEIGHT_COASTS else {}
    if 0 in height:
        above = figures.signed(height[0]) * HEIGHT
        if not LOW <= above <= HIGH:
            raise DecodeError(f"{place}: I015/601: a height of {above:.0f} m cannot be; is it of another edition?")
        told["altitude"] = above
        told["sigma_vertical"] = _sigma(height.get(2), HEIGHT, _configured(station, "vertical_m", height.get(2)), HEIGHT)
    return Position(**told, **_velocity(items, place))


def _horizontal(station: Station, stated: bytes | None) -> float:
    """Give the sigma of a place along the worse axis of its ellipse: √ of [[σ_E², c], [c, σ_N²]]'s greater eigenvalue."""
    known = stated is not None and any(stated[:4])
    if not known or stated is None:
        return math.hypot(_configured(station, "horizontal_m", None), AXIS * EVEN)
    east, north = (figures.unsigned(stated[at : at + 2]) * AXIS for at in (0, 2))
    shared = max(min(figures.signed(stated[4:]) / 128.0, 1.0), -1.0) * east * north
    middle, half = (east**2 + north**2) / 2.0, (east**2 - north**2) / 2.0
    return math.hypot(math.sqrt(middle + math.hypot(half, shared)), AXIS * EVEN)


def _velocity(items: Items, place: str) -> dict[str, Any]:
    """Read the velocity; one without a climb, or without its accuracy, may only begin a track."""
    level = parts(15, "602", items["602"]) if "602" in items else {}
    if 0 not in level:
        return {}
    bits = figures.unsigned(level[0])
    east, north = ((half - (1 << 20) if half & 1 << 19 else half) * SPEED for half in (bits >> 20, bits & 0xFFFFF))
    upright = parts(15, "604", items["604"]) if "604" in items else {}
    climb = figures.signed(upright[0]) * SPEED if 0 in upright else 0.0
    for name, speed in (("602", math.hypot(east, north)), ("604", abs(climb))):
        if speed > FAST:
            raise DecodeError(f"{place}: I015/{name}: {speed:.0f} m/s cannot be; is it of another edition?")
    told: dict[str, Any] = {"velocity": (east, north, climb)}
    stated = [figures.unsigned(level[2][at : at + 2]) * SPEED for at in (0, 2)] if 2 in level else []
    stated += [figures.unsigned(upright[2][:2]) * SPEED] if 2 in upright else []
    if 0 in upright and len(stated) == 3 and all(stated):
        told["sigma_velocity"] = max(stated)
    return told


# --- Writing -----------------------------------------------------------------------------------------------------------


def written(station: Station, scan: Scan) -> bytes:  # noqa: ARG001
    """Write a scan: measured plots and directions, and places; a track's end, of nothing, where there is nothing to tell."""
    records = [_written(one) for one in scan.detections]
    return block(15, records or [record(15, {"010": SOURCE, "000": bytes([ENDED << 1]), "145": figures.time_content(scan.time)})])


def _written(one: Measurement) -> bytes:
    items = {"010": SOURCE, "020": b"\0", "145": figures.time_content(one.time)}
    if one.id is not None and one.id.isdigit():
        items["161"] = (int(one.id) & 0xFFFF).to_bytes(2, "big")
    classes = {int(name): share for name, share in (one.classes or {}).items() if name.isdigit() and int(name) < 512}
    if classes:
        pairs = [number << 7 | min(round(100.0 * share), 100) for number, share in classes.items()]
        items["300"] = bytes([len(pairs)]) + b"".join(pair.to_bytes(2, "big") for pair in pairs)
    if one.snr_db is not None:
        items["630"] = compound({3: figures.bounded(one.snr_db, 1.0, 1, sign=True)})
    if isinstance(one, Position):
        return record(15, items | {"000": bytes([CENTRIC[0] << 1])} | _written_place(one))
    if not isinstance(one, Polar | Bearing):
        raise TypeError("what is no plot, bearing or place cannot be told in CAT015")
    azimuth = (round(one.azimuth / TURN) % 65_536).to_bytes(2, "big")
    items["627"] = compound({0: azimuth, 2: _stated(one.sigma_azimuth, FINE, 2)})
    if one.elevation is not None:
        angle = figures.bounded(one.elevation, ANGLE, 2, sign=True)
        items["628"] = compound({0: angle, 2: _stated(one.sigma_elevation, FINE, 2)})
    if isinstance(one, Polar):
        reach = {0: figures.bounded(one.range, RANGE, 3, sign=True), 2: _stated(one.sigma_range, RANGE, 3)}
        if one.range_rate is not None:
            reach[3] = figures.bounded(one.range_rate, RANGE, 3, sign=True)
            reach[5] = _stated(one.sigma_range_rate, RANGE, 3) + b"\0"
        items["625"] = compound(reach)
    return record(15, items | {"000": bytes([MEASURED[0] << 1])})


def _written_place(one: Position) -> Items:
    place = b"".join(figures.bounded(angle, PLACE, 4, sign=True) for angle in (one.latitude, one.longitude))
    items = {"600": compound({0: place, 2: _stated(one.sigma_horizontal, AXIS, 2) * 2 + b"\0"})}
    if one.altitude is not None:
        height = figures.bounded(one.altitude, HEIGHT, 3, sign=True)
        items["601"] = compound({0: height, 2: _stated(one.sigma_vertical, HEIGHT, 3)})
    if one.velocity is not None:
        east, north = (min(max(round(speed / SPEED), -0x80000), 0x7FFFF) & 0xFFFFF for speed in one.velocity[:2])
        level, upright = {0: (east << 20 | north).to_bytes(5, "big")}, {0: figures.bounded(one.velocity[2], SPEED, 3, sign=True)}
        if one.sigma_velocity is not None:
            sigma = _stated(one.sigma_velocity, SPEED, 2)
            level[2], upright[2] = sigma * 2 + b"\0", sigma + b"\0"
        items |= {"602": compound(level), "604": compound(upright)}
    return items


def _stated(sigma: float, step: float, size: int) -> bytes:
    """Write a sigma in steps; one that is smaller is told as one step, for nought says that it is not known."""
    return figures.bounded(max(sigma, step), step, size)
