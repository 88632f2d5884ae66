"""Reads a recorded flight that drives an actor: CSV, GPX 1.1, OpenSky's state vectors or rows of readsb's aircraft.json.

What is wrong is told by file, row and field.

Between rows a shape-preserving cubic (PCHIP: Fritsch & Carlson, SIAM J. Numer. Anal. 17, 1980) goes through every row: its
velocity is continuous, and it never swings out beyond the rows.
"""

from __future__ import annotations

import csv
import itertools
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

import numpy as np

from fusion.errors import ConfigError
from fusion.messages import Floats
from simulators.earth import Chart
from simulators.trajectory import STEP

FOOT = 0.3048
"""m: readsb tells heights in feet."""

FASTEST = 700.0
"""m/s between two rows: beyond it (twice the speed of sound) a row is a slip of a digit, not a flight in low sky."""

STATE = {"time", "icao24", "lat", "lon", "geoaltitude"}
"""The columns of a state vector (The OpenSky Network, REST API and historical database) that a flight is read from."""

UNTOLD = {"", "NULL", "null", "None", "nan"}
"""What its exports write where nothing was received."""

HEIGHTS = ("height_agl_m", "altitude_amsl_m", "altitude_hae_m")


class Row(NamedTuple):
    """Where it was."""

    time: float  # s, of any origin
    latitude_deg: float
    longitude_deg: float
    height: float  # m above `datum`
    datum: str  # of HEIGHTS


def read(path: Path) -> list[Row]:
    """Read a recorded flight by its suffix; raise ConfigError naming file, row and field."""
    reader = READERS.get(path.suffix)
    if reader is None:
        raise ConfigError(f"{path}: expected a name that ends in {', '.join(READERS)}")
    try:
        rows = list(reader(path.read_text(encoding="utf-8-sig"), str(path)))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text: {error}") from error
    if len(rows) < 2:
        raise ConfigError(f"{path}: has {len(rows)} rows of a flight; expected two at least")
    for number, (before, row) in enumerate(itertools.pairwise(rows), 2):
        _follows(before, row, f"{path}, row {number}")
    return rows


def fly(rows: list[Row], at: Chart, duration: float) -> Floats:
    """Give chart points (n, 3) every STEP from the first row to the last, or to `duration`."""
    from scipy.interpolate import PchipInterpolator  # noqa: PLC0415 - a quarter of a second of start-up, for recorded flights alone

    above = {"height_agl_m": at.ground, "altitude_amsl_m": at.undulation, "altitude_hae_m": 0.0}
    time = np.array([row.time - rows[0].time for row in rows])
    points = np.array([at.point(row.latitude_deg, row.longitude_deg, row.height + above[row.datum]) for row in rows])
    whole = math.floor(min(duration, time[-1]) / STEP + 1e-9) + 1
    return np.asarray(PchipInterpolator(time, points)(np.minimum(STEP * np.arange(whole), time[-1])))


def _follows(before: Row, row: Row, where: str) -> None:
    took = row.time - before.time
    if took <= 0.0:
        raise ConfigError(f"{where}: time: is not after the row before; rows are in the order of time")
    north = math.radians(row.latitude_deg - before.latitude_deg)
    turned = math.remainder(math.radians(row.longitude_deg - before.longitude_deg), math.tau)
    way = 6.371e6 * math.hypot(north, turned * math.cos(math.radians(row.latitude_deg)))
    if way / took > FASTEST:
        raise ConfigError(
            f"{where}: is {way:.0f} m from the row before, {took:g} s later: no aircraft flies at {way / took:.0f} m/s"
        )


def _csv(text: str, name: str) -> Iterator[Row]:
    """Read `time_s` or `time` (ISO 8601), `latitude_deg`, `longitude_deg` and one of HEIGHTS; other columns say nothing."""
    table = csv.DictReader(text.splitlines())
    head = table.fieldnames or []
    if set(head) >= STATE:
        yield from _states(table, name)
        return
    datums = [one for one in HEIGHTS if one in head]
    clocks = [one for one in ("time_s", "time") if one in head]
    missing = [one for one in ("latitude_deg", "longitude_deg") if one not in head]
    if len(datums) != 1 or len(clocks) != 1 or missing:
        expected = f"time_s or time, latitude_deg, longitude_deg and one of {', '.join(HEIGHTS)}"
        raise ConfigError(f"{name}: the header is {','.join(head)!r}; expected {expected}")
    for number, row in enumerate(table, 1):
        where = f"{name}, row {number}"
        time = _time(row, "time", where) if clocks == ["time"] else _number(row, "time_s", where)
        yield _row(time, _place(row, "latitude_deg", "longitude_deg", where), _number(row, datums[0], where), datums[0])


def _states(table: Iterable[Mapping[str, str]], name: str) -> Iterator[Row]:
    """Read state vectors as OpenSky tells them: `geoaltitude` is metres above the ellipsoid, `time` Unix time.

    A row without a place or a height is left out, and so is a place that is told again: by `lastposupdate` where there is
    one, else because it is the same.
    """
    last, aircraft, there = -math.inf, None, None
    for number, row in enumerate(table, 1):
        where = f"{name}, row {number}"
        aircraft = _same(row["icao24"], aircraft, "icao24", where)
        if any(row[key] in UNTOLD for key in ("lat", "lon", "geoaltitude")):
            continue
        time = _number(row, "time" if row.get("lastposupdate") in {None, *UNTOLD} else "lastposupdate", where)
        place = _place(row, "lat", "lon", where)
        if time > last and place != there:
            last, there = time, place
            yield _row(time, place, _number(row, "geoaltitude", where), "altitude_hae_m")


def _same(told: object, before: object, field: str, where: str) -> object:
    """Refuse a second aircraft in a file of one flight."""
    if before is not None and told != before:
        raise ConfigError(f"{where}: {field}: {told!r} is another aircraft than {before!r}; expected one a file")
    return told


def _gpx(text: str, name: str) -> Iterator[Row]:
    """Read the track points of GPX 1.1: `ele` is above mean sea level."""
    if "<!" in text.replace("<!--", "").replace("<![CDATA[", ""):
        raise ConfigError(f"{name}: declares a document type or entities; a GPX file has none, and they are refused")
    try:
        root = ET.fromstring(text)  # noqa: S314 - declarations of entities are refused above
    except ET.ParseError as error:
        raise ConfigError(f"{name}: is not XML: {error}") from error
    for number, point in enumerate(root.iterfind(".//{*}trkpt"), 1):
        where = f"{name}, row {number}"
        told = {**point.attrib, **{key: point.findtext(f"{{*}}{key}") for key in ("ele", "time")}}
        yield _row(_time(told, "time", where), _place(told, "lat", "lon", where), _number(told, "ele", where), "altitude_amsl_m")


def _aircraft(text: str, name: str) -> Iterator[Row]:
    """Read rows of readsb's aircraft.json, one a line with its file's `now`; a stale position that is repeated is left out."""
    last, aircraft = -math.inf, None
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{name}, row {number}"
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise ConfigError(f"{where}: is not JSON: {error}") from error
        if not isinstance(row, dict):
            raise ConfigError(f"{where}: is no JSON object")
        aircraft = _same(row.get("hex"), aircraft, "hex", where)
        if "lat" not in row:
            continue
        age = _number(row, "seen_pos", where) if "seen_pos" in row else 0.0
        time = _number(row, "now", where) - age
        if time > last + 0.05:
            last = time
            yield _row(time, _place(row, "lat", "lon", where), FOOT * _number(row, "alt_geom", where), "altitude_hae_m")


def _row(time: float, place: tuple[float, float], height: float, datum: str) -> Row:
    return Row(time, *place, height, datum)


def _place(row: Mapping[str, object], latitude: str, longitude: str, where: str) -> tuple[float, float]:
    return _number(row, latitude, where, 90.0), _number(row, longitude, where, 180.0)


def _number(row: Mapping[str, object], field: str, where: str, most: float = 1e12) -> float:
    told = row.get(field)
    try:
        value = float(told) if isinstance(told, str | int | float) else math.nan
    except ValueError:
        value = math.nan
    if not abs(value) <= most:
        limits = f" from {-most:g} to {most:g}" if most < 1e12 else ""
        raise ConfigError(f"{where}: {field}: {told!r}; expected a number{limits}")
    return value


def _time(row: Mapping[str, object], field: str, where: str) -> float:
    told = row.get(field)
    try:
        time = datetime.fromisoformat(str(told))
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise ConfigError(f"{where}: {field}: {told!r}; expected a time as 2026-07-26T17:30:00Z")
    return time.timestamp()


READERS: dict[str, Callable[[str, str], Iterator[Row]]] = {".csv": _csv, ".gpx": _gpx, ".jsonl": _aircraft}
"""The readers by suffix."""
