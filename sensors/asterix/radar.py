"""Rotating radars: CAT048's plots and tracks, and CAT034's messages, which tell where the antenna is.

What a look is: with `reports = "scans"`, plots are held until a CAT034 message says that the antenna has passed a sector's
edge or north; they and the sector are one scan, whose silence about a place means that nothing was seen there. A whole turn
in one message is the whole coverage. With "detections-only" every message is a scan at once.

Heights: a 3-D radar's (I048/110) and a flight level (I048/090, in the standard atmosphere) are above the sea, and become an
elevation on a round earth: (R + h)² = (R + s)² + ρ² + 2 ρ (R + s) sin ε.
"""

from __future__ import annotations

import math

import msgspec

from fusion.errors import DecodeError
from fusion.messages import SECOND, Coverage, Identity, Polar, RawMessage, Scan
from sensors.adapter import DATUM_SIGMA, Station, native_scan
from sensors.asterix import figures
from sensors.asterix.figures import FOOT, MILE, TURN
from sensors.asterix.records import Items, block, record

EARTH = 6_371_000.0
"""m: the mean radius is within 0.3 % of any; of a height it makes 1 m at 25 km."""

RANGE_STEP, HEIGHT_STEP, LEVEL_STEP = MILE / 256.0, 25.0 * FOOT, 25.0 * FOOT

MOST_HELD = 10_000
"""Plots that wait for the antenna; the oldest go first. A radar over a city in rain has some hundred in a turn."""

PATIENCE = 30 * SECOND
"""ns after which no more CAT034 is waited for: the slowest radars turn in fifteen seconds."""

NORTH, SECTOR = 1, 2


class Memory(msgspec.Struct):
    """Where the antenna was last, and what was seen since."""

    azimuth: float | None = None  # rad
    held: list[Polar] = []


def plot(station: Station, items: Items, received: int, place: str) -> Polar | str | None:
    """Read one target report; None for what is no target, in words why one cannot be used; DecodeError where it is wrong."""
    if "140" not in items:
        return "I048/140: has no time"
    descriptor = items.get("020", b"\0")
    if _is_test(descriptor):
        return "I048/020: is simulated, a test or a field monitor"
    where = _where(items)
    if where is None:
        return None
    reach, azimuth = where
    if not reach > 0.0:
        return "I048/040: has no range"
    accuracy = station.sensor.accuracy
    if accuracy.range_m is None or accuracy.azimuth_deg is None:
        raise DecodeError(
            f"sigma.{'range_m' if accuracy.range_m is None else 'azimuth_deg'}: is not in the sensor's configured accuracy"
        )
    elevation, sigma = _elevation(station, items, reach)
    return Polar(
        time=figures.time_of(items["140"], received, f"{place}: I048/140"),
        id=str(figures.unsigned(items["161"]) & 0xFFF) if "161" in items else None,
        identity=_identity(items),
        range=reach,
        azimuth=azimuth,
        elevation=elevation,
        sigma_range=math.hypot(accuracy.range_m, RANGE_STEP / math.sqrt(12.0)),
        sigma_azimuth=math.radians(accuracy.azimuth_deg),
        sigma_elevation=sigma,
    )


def _is_test(descriptor: bytes) -> bool:
    """Tell what is simulated (SIM), of a field monitor (RAB) or a test (TST)."""
    return bool(descriptor[0] & 0x12) or (len(descriptor) > 1 and bool(descriptor[1] & 0x80))


def _where(items: Items) -> tuple[float, float] | None:
    """Give range (m) and azimuth (rad); of the plane only where there is no measurement."""
    if "040" in items:
        return figures.unsigned(items["040"][:2]) * RANGE_STEP, figures.unsigned(items["040"][2:]) * TURN
    if "042" in items:
        x, y = (figures.signed(items["042"][at : at + 2]) * MILE / 128.0 for at in (0, 2))
        return math.hypot(x, y), math.atan2(x, y) % math.tau
    return None


def _identity(items: Items) -> Identity | None:
    address = f"{figures.unsigned(items['220']):06x}" if "220" in items else None
    called = figures.name_of(items["240"]) if "240" in items else ""
    found = Identity(icao24=address if address != "000000" else None, callsign=called or None)
    return None if found == Identity() else found


def _elevation(station: Station, items: Items, reach: float) -> tuple[float | None, float]:
    """Give the elevation (rad) of a height, and its sigma; None where there is no height, or none that is possible."""
    steps, sigma = None, station.sensor.accuracy.elevation_deg
    if "110" in items:
        steps, own = (figures.unsigned(items["110"]) & 0x3FFF), math.radians(sigma) if sigma else 0.0
    elif "090" in items and not items["090"][0] & 0xC0:
        steps, own = (figures.unsigned(items["090"]) & 0x3FFF), DATUM_SIGMA["pressure"] / reach
    if steps is None:
        return None, 0.0
    above = station.frame.height((steps - 0x4000 if steps & 0x2000 else steps) * HEIGHT_STEP, "amsl")
    stands = station.sensor.altitude_hae_m if station.sensor.altitude_hae_m is not None else station.frame.ground
    sine = ((EARTH + above) ** 2 - (EARTH + stands) ** 2 - reach**2) / (2.0 * reach * (EARTH + stands))
    if abs(sine) >= 1.0:
        return None, 0.0
    rounding = HEIGHT_STEP / math.sqrt(12.0) / reach
    return math.asin(sine), math.hypot(own, rounding)


def look(station: Station, message: RawMessage, found: list[Polar], services: list[Items], left_out: list[str]) -> Scan:
    """Make the scan of one message of a radar."""
    memory = station.memory if isinstance(station.memory, Memory) else Memory()
    if station.sensor.reports != "scans":
        return native_scan(station, message, found, left_out)
    passed = [edge for service in services if (edge := _edge(service, message.received)) is not None]
    held = [*memory.held, *found][-MOST_HELD:]
    followed = memory.azimuth is not None and (not held or message.received - held[0].time < PATIENCE)
    if not passed and followed:
        memory.held = held
        return saying_nothing(native_scan(station, message, (), left_out, time=min(one.time for one in held) if held else None))
    memory.held, begin = [], memory.azimuth
    if not passed:
        memory.azimuth = None
        return saying_nothing(native_scan(station, message, held, left_out))
    time, memory.azimuth = passed[-1]
    scan = native_scan(station, message, held, left_out, time=time)
    begin = passed[0][1] if len(passed) > 1 else begin
    if begin is None:
        return saying_nothing(scan)
    whole = abs((memory.azimuth - begin + math.pi) % math.tau - math.pi) < 1e-9
    return scan if whole else msgspec.structs.replace(scan, coverage=_between(station, begin, memory.azimuth))


def saying_nothing(scan: Scan) -> Scan:
    """Let a scan's silence say nothing: where the antenna has looked is not known, or not yet."""
    return msgspec.structs.replace(scan, coverage=Coverage(azimuth=(0.0, 0.0), range=(0.0, 0.0)))


def _between(station: Station, begin: float, end: float) -> Coverage:
    own = station.sensor.coverage
    elevation = None if own.elevation_deg is None else (math.radians(own.elevation_deg[0]), math.radians(own.elevation_deg[1]))
    return Coverage(azimuth=(begin, end), elevation=elevation, range=own.range_m)


def _edge(items: Items, received: int) -> tuple[int, float] | None:
    """Give when the antenna passed which azimuth; None for messages of other kinds."""
    kind = items.get("000", b"\0")[0]
    if kind not in {NORTH, SECTOR} or "030" not in items or (kind == SECTOR and "020" not in items):
        return None
    time = figures.time_of(items["030"], received, "CAT034: I034/030")
    return time, 0.0 if kind == NORTH else items["020"][0] * math.tau / 256.0


# --- Writing -----------------------------------------------------------------------------------------------------------

SOURCE = bytes([0, 1])
"""SAC and SIC of what we write: none of anybody's."""


def written(station: Station, scan: Scan) -> bytes:
    """Write a scan of a whole turn as a radar would: north, its plots, north again."""
    plots = [_written(station, one) for one in scan.detections if isinstance(one, Polar)]
    if len(plots) != len(scan.detections):
        raise TypeError("a radar's ASTERIX tells range and azimuth, nothing else")
    marker = block(34, [record(34, {"010": SOURCE, "000": bytes([NORTH]), "030": figures.time_content(scan.time)})])
    parts = [block(48, plots[at : at + 500]) for at in range(0, len(plots), 500)]
    return b"".join([*parts, marker])


def _written(station: Station, one: Polar) -> bytes:
    items = {
        "010": SOURCE,
        "140": figures.time_content(one.time),
        "020": bytes([0x20]),
        "040": figures.bounded(one.range, RANGE_STEP, 2) + (round(one.azimuth / TURN) % 65_536).to_bytes(2, "big"),
    }
    if one.id is not None and one.id.isdigit():
        items["161"] = (int(one.id) & 0xFFF).to_bytes(2, "big")
    if one.elevation is not None:
        stands = station.sensor.altitude_hae_m if station.sensor.altitude_hae_m is not None else station.frame.ground
        squared = (EARTH + stands) ** 2 + one.range**2 + 2.0 * one.range * (EARTH + stands) * math.sin(one.elevation)
        above = math.sqrt(squared) - EARTH - station.frame.height(0.0, "amsl")
        steps = min(max(round(above / HEIGHT_STEP), -0x2000), 0x1FFF)
        items["110"] = (steps & 0x3FFF).to_bytes(2, "big")
    if one.identity and one.identity.icao24:
        items["220"] = bytes.fromhex(one.identity.icao24)
    if one.identity and one.identity.callsign:
        items["240"] = figures.name_content(one.identity.callsign)
    return record(48, items)
