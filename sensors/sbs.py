"""BaseStation's lines on port 30003 ("SBS"): a message of one aircraft a line, some lines a payload.

Layout: MSG, type, session, aircraft, hex, flight, date and time made, date and time logged, callsign, altitude (ft,
pressure), ground speed (kt), track (degrees), latitude, longitude, climb (ft/min), squawk, alert, emergency, ident, on
ground. Of the types, 1 tells who, 2 and 3 where, 4 how fast; what else a line holds is taken as well. Times are the
receiver's local ones without saying which: only minutes and seconds within a quarter of an hour are believed, as no zone is
off by less. Not read: SEL, ID, AIR, STA and CLK lines, squawks.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from fusion.errors import DecodeError
from fusion.messages import SECOND, Position, RawMessage, Scan, utc
from sensors import aircraft as shared
from sensors.adapter import Adapter, Station, native_scan, newest_of
from sensors.aircraft import FOOT, FOOT_A_MINUTE, KNOT, Known, Memory

FIELDS = 22
MOST_LINES = 20_000
QUARTER = 900 * SECOND

VELOCITY_HOLDS = 5 * SECOND
"""ns that a velocity goes with later places: it is told twice a second while it is heard."""

BEHIND, AHEAD = 10 * SECOND, SECOND
"""ns that a message may arrive after it was made, and before; beyond, its time is taken for unset and its arrival counts."""

OTHERS = ("SEL", "ID", "AIR", "STA", "CLK")


def decode(station: Station, message: RawMessage, msgpack: bool) -> Scan:  # noqa: ARG001, FBT001
    """Read lines; one that cannot be read is left out and told, DecodeError where none can."""
    lines = [line for line in message.payload.splitlines() if line.strip()]
    if not lines or len(lines) > MOST_LINES:
        raise DecodeError(f"has {len(lines)} lines; expected 1 to {MOST_LINES}")
    shared.check(station)
    found, left_out = list[Position](), list[str]()
    for i, line in enumerate(lines):
        try:
            position = _read(station, _ascii(line), message.received)
        except ValueError as error:
            left_out.append(f"line {i + 1}: {error}")
            continue
        if position is not None:
            found.append(position)
    if len(left_out) == len(lines):
        raise DecodeError(left_out[0])
    return native_scan(station, message, newest_of(found), left_out)


def _ascii(line: bytes) -> str:
    try:
        return line.decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise ValueError(f"is not ASCII text: {error.reason} at byte {error.start}") from error


def _read(station: Station, line: str, received: int) -> Position | None:
    """Take one line; give a place where it tells a new one, or raise ValueError."""
    fields = [field.strip() for field in line.split(",")]
    if fields[0] in OTHERS:
        return None
    if fields[0] != "MSG" or len(fields) != FIELDS:
        raise ValueError(f"{line[:40]!r} is no MSG of {FIELDS} fields")
    address = fields[4].lower()
    if len(address.removeprefix("~")) != 6 or not all(digit in "0123456789abcdef" for digit in address.removeprefix("~")):
        raise ValueError(f"hex: {fields[4][:20]!r} is no address of six hexadecimal digits")
    memory = shared.memory_of(station)
    time = _time(fields[7], received)
    known = replace(memory.recall(address, received), heard=received)
    if fields[10]:
        known = replace(known, callsign=fields[10][:16])
    speed, track = _number(fields, 12, "ground speed", 0.0, 4_000.0), _number(fields, 13, "track", -360.0, 360.0)
    climb = _number(fields, 16, "climb", -50_000.0, 50_000.0)
    velocity = shared.along(None if speed is None else speed * KNOT, track, (climb or 0.0) * FOOT_A_MINUTE)
    if velocity is not None:
        known = replace(known, velocity=velocity, velocity_at=time)
    known, position = _placed(station, memory, fields, address, known, time, received)
    memory.keep(address, known)
    return position


def _placed(
    station: Station, memory: Memory, fields: list[str], address: str, known: Known, time: int, received: int
) -> tuple[Known, Position | None]:
    latitude, longitude = _number(fields, 14, "latitude", -90.0, 90.0), _number(fields, 15, "longitude", -180.0, 180.0)
    feet = _number(fields, 11, "altitude", -5_000.0, 150_000.0)
    if latitude is None or longitude is None or not (latitude or longitude) or time <= known.time:
        return known, None
    altitude, vertical = None, 0.0
    if fields[21] in {"-1", "1"}:
        altitude, vertical = station.frame.height(0.0, "agl"), shared.accuracy(station, "vertical_m")
    elif feet is not None:
        altitude, vertical = shared.by_pressure(station, memory, feet * FOOT, received)
    position = Position(
        time=time,
        id=address,
        identity=shared.identity_of(address, known.callsign),
        latitude=math.radians(latitude),
        longitude=math.radians(longitude),
        altitude=altitude,
        velocity=known.velocity if time - known.velocity_at <= VELOCITY_HOLDS else None,
        sigma_horizontal=shared.accuracy(station, "horizontal_m"),
        sigma_vertical=vertical,
        sigma_velocity=station.sensor.accuracy.velocity_mps,
    )
    return replace(known, time=time, place=(latitude, longitude)), position


def _number(fields: list[str], place: int, name: str, least: float, most: float) -> float | None:
    text = fields[place]
    if not text:
        return None
    value = float(text) if text.replace(".", "", 1).lstrip("+-").isdigit() else math.nan
    if not least <= value <= most:
        raise ValueError(f"{name}: {text[:20]!r} is no number from {least:g} to {most:g}")
    return value


def _time(text: str, received: int) -> int:
    """Give when a message was made (ns): the time nearest to its arrival that is so far into a quarter of an hour.

    The first dump1090 leaves times empty: then the arrival counts.
    """
    if not text:
        return received
    try:
        told = datetime.strptime(text if "." in text else f"{text}.0", "%H:%M:%S.%f").replace(tzinfo=UTC)
    except ValueError as error:
        raise ValueError(f"time made: {text[:20]!r} is no time such as 17:30:00.250") from error
    into = ((told.hour * 60 + told.minute) * 60 + told.second) * SECOND + told.microsecond * 1000
    time = received + (into - received + QUARTER // 2) % QUARTER - QUARTER // 2
    return time if -AHEAD <= received - time <= BEHIND else received


def encode(station: Station, scan: Scan) -> bytes:
    """Write a scan as the receiver would: who, how fast and where, three lines for each; the hour where there is none."""
    lines = [line for one in scan.detections for line in _written(station, one)]
    if not lines:
        clock = _clock(scan.time)
        lines = [f"CLK,,1,-1,,,{clock},{clock}\r\n"]
    return "".join(lines).encode("ascii")


def _clock(time: int) -> str:
    return (utc(time) + timedelta(microseconds=500)).strftime("%Y/%m/%d,%H:%M:%S.%f")[:-3]


def _written(station: Station, one: object) -> list[str]:
    if not isinstance(one, Position):
        raise TypeError(f"ADS-B tells positions, not a {type(one).__name__}")
    identity, clock = one.identity, _clock(one.time)
    address = ((identity and identity.icao24) or f"~{(one.id or '000000')[-6:]}").upper()
    head = f"1,1,{address},1,{clock},{clock}"
    feet = "" if one.altitude is None else f"{round((one.altitude - station.frame.height(0.0, 'pressure')) / FOOT / 25.0) * 25}"
    lines = [f"MSG,1,{head},{identity.callsign},,,,,,,,,,,0\r\n"] if identity and identity.callsign else []
    if one.velocity is not None:
        east, north, up = one.velocity
        speed, track = math.hypot(east, north) / KNOT, math.degrees(math.atan2(east, north)) % 360.0
        lines.append(f"MSG,4,{head},,,{speed:.1f},{track:.1f},,,{round(up / FOOT_A_MINUTE / 64.0) * 64},,,,,0\r\n")
    place = f"{math.degrees(one.latitude):.6f},{math.degrees(one.longitude):.6f}"
    return [*lines, f"MSG,3,{head},,{feet},,,{place},,,0,0,0,0\r\n"]


ADAPTER = Adapter(decode, encode, memory=Memory, looks=False)
