"""CAT021, what aircraft say of themselves by ADS-B, and CAT205, bearings of radio direction finders."""

from __future__ import annotations

import math

from fusion.errors import DecodeError
from fusion.messages import Bearing, Position
from sensors import aircraft
from sensors.adapter import Station
from sensors.asterix import figures
from sensors.asterix.figures import FOOT, MILE, TURN
from sensors.asterix.radar import SOURCE
from sensors.asterix.records import Items, record

COARSE, FINE = math.radians(180.0 / 2**23), math.radians(180.0 / 2**30)

FARTHEST = math.radians(20.0)
"""How far from the site a place is believed: of a record of another edition, bytes of something else are read as a place."""

TIMES = ("073", "071", "077")
"""Of a position: received, applicable, transmitted."""

LEVEL = 25.0 * FOOT
RATE = 6.25 * FOOT / 60.0
SPEED = MILE / 2**14
CENTIDEGREE = math.radians(0.01)

LOWEST, HIGHEST = -1_500.0 * FOOT, 150_000.0 * FOOT
"""m: what CAT021 lets a height be; its 16 bits can hold more."""

CLASSES = {13: {"multirotor": 0.5, "fixed_wing": 0.5}, 12: {"other": 1.0}, 15: {"other": 1.0}}
"""Emitter categories that are not of manned aircraft: unmanned, lighter than air, skydivers."""


def broadcast(station: Station, items: Items, received: int, place: str) -> Position | str | None:
    """Read one ADS-B report; None for one without a place, in words why one cannot be used; DecodeError where it is wrong."""
    descriptor = items.get("040", b"\0")
    if descriptor[0] & 0x02 or (len(descriptor) > 1 and descriptor[1] & 0x30):
        return "I021/040: is simulated, a test or a field monitor"
    where, at = _place(items), next((items[name] for name in TIMES if name in items), None)
    if where is None or at is None:
        return None
    latitude, longitude = where
    if abs(latitude - station.frame.latitude) > FARTHEST or abs(latitude) > math.pi / 2.0:
        raise DecodeError(f"{place}: I021/131: latitude {math.degrees(latitude):.1f}° cannot be; is it of another edition?")
    if abs(longitude) > math.pi:
        raise DecodeError(f"{place}: I021/131: longitude {math.degrees(longitude):.1f}° cannot be; is it of another edition?")
    address = f"{figures.unsigned(items['080']):06x}" if "080" in items else ""
    quality = items.get("090", b"")
    horizontal = aircraft.NACP.get(quality[1] >> 1 & 0xF) if len(quality) > 1 else None
    bound = aircraft.NACV.get(quality[0] >> 5) if quality else None
    altitude, vertical = _altitude(station, items, place)
    velocity = _velocity(items)
    return Position(
        time=figures.time_of(at, received, f"{place}: time of its position"),
        id=address or None,
        identity=aircraft.identity_of(address, figures.name_of(items["170"]) if "170" in items else None) if address else None,
        classes=_classes(items.get("020")),
        latitude=latitude,
        longitude=longitude,
        altitude=altitude,
        velocity=velocity,
        sigma_horizontal=aircraft.accuracy(station, "horizontal_m") if horizontal is None else horizontal / aircraft.PLANE,
        sigma_vertical=vertical,
        sigma_velocity=None if velocity is None or bound is None or "157" not in items else bound / aircraft.PLANE,
    )


def _place(items: Items) -> tuple[float, float] | None:
    if "131" in items:
        return figures.signed(items["131"][:4]) * FINE, figures.signed(items["131"][4:]) * FINE
    if "130" in items:
        return figures.signed(items["130"][:3]) * COARSE, figures.signed(items["130"][3:]) * COARSE
    return None


def _altitude(station: Station, items: Items, place: str) -> tuple[float | None, float]:
    """Give the height above the ellipsoid (m) and its sigma: by satellite, on the ground, by pressure."""
    descriptor = items.get("040", b"\0")
    own = aircraft.accuracy(station, "vertical_m")
    if "140" in items:
        return _within(f"{place}: I021/140", figures.signed(items["140"]) * 6.25 * FOOT), own
    if len(descriptor) > 1 and descriptor[1] & 0x40:
        return station.frame.height(0.0, "agl"), own
    if "145" in items:
        level = _within(f"{place}: I021/145", figures.signed(items["145"]) * LEVEL)
        return aircraft.by_pressure(station, aircraft.Memory(), level, 0)
    return None, 0.0


def _within(name: str, height: float) -> float:
    if not LOWEST <= height <= HIGHEST:
        raise DecodeError(f"{name}: {height:.0f} m cannot be; expected {LOWEST:.0f} to {HIGHEST:.0f}")
    return height


def _velocity(items: Items) -> tuple[float, float, float] | None:
    if "160" not in items or items["160"][0] & 0x80:
        return None
    speed, angle = figures.unsigned(items["160"][:2]) * SPEED, figures.unsigned(items["160"][2:]) * TURN
    rate = next((items[name] for name in ("157", "155") if name in items and not items[name][0] & 0x80), b"\0\0")
    steps = figures.unsigned(rate) & 0x7FFF
    return speed * math.sin(angle), speed * math.cos(angle), (steps - 0x8000 if steps & 0x4000 else steps) * RATE


def _classes(category: bytes | None) -> dict[str, float] | None:
    if category is None or not category[0]:
        return None
    return CLASSES.get(category[0], {"manned": 1.0} if category[0] <= 16 else {"other": 1.0})


def heard(station: Station, items: Items, received: int, place: str) -> Bearing | str | None:
    """Read one report of a direction finder; None for messages that are no bearing."""
    if items.get("000", b"\0")[0] != 2:
        return None
    if "030" not in items:
        return "I205/030: has no time"
    name = "080" if "080" in items else "070"
    if name not in items:
        return "I205/080: has no bearing"
    steps, sigma = figures.unsigned(items[name]), station.sensor.accuracy.azimuth_deg
    if steps >= 36_000:
        raise DecodeError(f"{place}: I205/{name}: {steps * 0.01:.2f}° is no bearing")
    if sigma is None:
        raise DecodeError("sigma.azimuth_deg: is not in the sensor's configured accuracy")
    radio = items["090"].decode("ascii", "replace").strip() if "090" in items else ""
    return Bearing(
        time=figures.time_of(items["030"], received, f"{place}: I205/030"),
        id=str(figures.unsigned(items["160"])) if "160" in items else None,
        azimuth=steps * CENTIDEGREE,
        sigma_azimuth=math.radians(sigma),
        emitter=radio or None,
    )


# --- Writing -----------------------------------------------------------------------------------------------------------


def written_broadcast(one: Position) -> bytes:
    """Write a report of an aircraft."""
    items = {
        "010": SOURCE,
        "040": b"\0",
        "073": figures.time_content(one.time),
        "131": figures.bounded(one.latitude, FINE, 4, sign=True) + figures.bounded(one.longitude, FINE, 4, sign=True),
    }
    if one.identity and one.identity.icao24:
        items["080"] = bytes.fromhex(one.identity.icao24)
    if one.identity and one.identity.callsign:
        items["170"] = figures.name_content(one.identity.callsign)
    if one.altitude is not None:
        items["140"] = figures.bounded(one.altitude, 6.25 * FOOT, 2, sign=True)
    number = aircraft.best_of(aircraft.NACP, one.sigma_horizontal * aircraft.PLANE) or 0
    speed = aircraft.best_of(aircraft.NACV, one.sigma_velocity * aircraft.PLANE) if one.sigma_velocity else None
    items["090"] = bytes([(speed or 0) << 5 | 1, number << 1])
    if one.velocity is not None:
        east, north, up = one.velocity
        angle = round(math.atan2(east, north) / TURN) % 65_536
        items["160"] = min(round(math.hypot(east, north) / SPEED), 0x7FFF).to_bytes(2, "big") + angle.to_bytes(2, "big")
        items["157"] = (round(up / RATE) & 0x7FFF).to_bytes(2, "big")
    if (one.classes or {}).get("manned", 0.0) > 0.5:
        items["020"] = bytes([10])
    return record(21, items)


def written_bearing(one: Bearing) -> bytes:
    """Write a bearing of a direction finder."""
    items = {"010": SOURCE, "000": bytes([2]), "030": figures.time_content(one.time)}
    items["080"] = (round(one.azimuth / CENTIDEGREE) % 36_000).to_bytes(2, "big")
    if one.emitter:
        items["090"] = f"{one.emitter[:7]:7}".encode("ascii", "replace")
    if one.id is not None and one.id.isdigit():
        items["160"] = (int(one.id) & 0xFFFF).to_bytes(2, "big")
    return record(205, items)
