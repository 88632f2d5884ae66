"""Reads what is judged, tracks and truth, into the site's east, north, up."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple, cast

import msgspec
import numpy as np

from fusion.config import Site
from fusion.errors import RecordingError
from fusion.messages import SECOND, Floats, Track, nanoseconds
from simulators.earth import Place, ecef_from_wgs84
from simulators.targets import chart


class Facts(NamedTuple):
    """What is true of a target beside its place, where its file says so."""

    class_: str | None = None  # one of CLASSES
    identity: str | None = None  # the serial, icao24, registration or callsign that it bears
    friend: bool | None = None  # whether it may be there


class Truth(NamedTuple):
    """Where one target truly was."""

    time: Floats  # (n,) s, Unix
    place: Floats  # (n, 3) m east, north, up of the site
    velocity: Floats | None = None  # (n, 3) m/s; None: not told
    facts: Facts = Facts()


class Reports(NamedTuple):
    """What was published of one track, in the order of time."""

    time: list[float]  # (n,) s, Unix
    place: Floats  # (n, 3) m east, north, up of the site
    velocity: Floats  # (n, 3) m/s
    gone: list[bool]  # (n,) deleted, or less sure than asked for
    covariance: list[Floats | None]  # (n) (3, 3) m²
    velocity_covariance: list[Floats | None] = []  # noqa: RUF012 - (n) (3, 3) m²/s²; empty: none was published
    told: list[Track] = []  # noqa: RUF012 - (n) the messages; empty where there were none


Truths = dict[str, Truth]
Tracks = dict[str, Reports]

JUDGED = {"confirmed", "coasting", "deleted"}
"""What counts: a tentative track has not been claimed yet."""

COLUMNS = ("time_unix_s", "latitude_deg", "longitude_deg", "altitude_hae_m")
VELOCITY = ("vx", "vy", "vz")
"""m/s along true east, north and up at the place: the site's own to within 2 mm/s at 20 m/s and 1 km."""

WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def origin(site: Site) -> Place:
    """Give the place whose east, north and up errors are told in: the middle of the site."""
    return chart(site).middle


def load_truths(path: Path, here: Place) -> Truths:
    """Read a truth CSV (also .gz): time_unix_s, truth, latitude_deg, longitude_deg, altitude_hae_m; vx, vy, vz if there are.

    `class`, `identity` and `friend` may stand in a target's rows (its first is read). Raise RecordingError naming file, line
    and column.
    """
    rows: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    facts: dict[str, Facts] = {}
    try:
        with _opened(path) as file:
            table = csv.DictReader(file)
            wanted = _wanted(path, list(table.fieldnames or ()))
            for row in table:
                name = row["truth"]
                rows[name].append(_numbers(f"{path}, line {table.line_num}", row, wanted))
                if name not in facts:
                    facts[name] = _facts(row)
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise RecordingError(f"{path}: cannot be read as truth: {error}") from error
    if not rows:
        raise RecordingError(f"{path}: has no truth in it")
    return {name: _truth(here, np.array(sorted(found)), facts[name]) for name, found in rows.items()}


def _wanted(path: Path, columns: list[str]) -> tuple[str, ...]:
    if missing := [column for column in ("truth", *COLUMNS) if column not in columns]:
        seen = ", ".join(columns) or "nothing"
        raise RecordingError(f"{path}, line 1: cannot be read as truth: column {missing[0]} is missing; it has {seen}")
    return COLUMNS + VELOCITY if set(VELOCITY) <= set(columns) else COLUMNS


def _numbers(where: str, row: dict[str, str], columns: tuple[str, ...]) -> tuple[float, ...]:
    found = []
    for column in columns:
        try:
            found.append(float(row[column]))
        except (TypeError, ValueError) as error:
            raise RecordingError(f"{where}: cannot be read as truth: {column} is {row[column]!r}, expected a number") from error
        if not np.isfinite(found[-1]):
            raise RecordingError(f"{where}: cannot be read as truth: {column} is {row[column]!r}, expected a finite number")
    return tuple(found)


def _facts(row: dict[str, str]) -> Facts:
    friend = WORDS.get((row.get("friend") or "").lower())
    return Facts(row.get("class") or None, row.get("identity") or None, friend)


def _truth(here: Place, table: Floats, facts: Facts) -> Truth:
    _, first = np.unique(table[:, 0], return_index=True)
    table = table[first]
    return Truth(table[:, 0], enu(here, table[:, 1:4]), table[:, 4:7] if table.shape[1] > 4 else None, facts)


def load_tracks(path: Path, here: Place, min_existence: float = 0.0) -> Tracks:
    """Read the tracks of a replay, one a line; those that are only a bearing, or tentative, are not judged."""
    found: dict[str, list[Track]] = defaultdict(list)
    for track in _lines(path):
        if track.position is not None and track.status in JUDGED:
            found[track.track].append(track)
    return {name: reports(sorted(tracks, key=lambda track: track.time), here, min_existence) for name, tracks in found.items()}


def _lines(path: Path) -> Iterator[Track]:
    decoder, number = msgspec.json.Decoder(Track), 0
    try:
        with path.open("rb") as file:
            for line in file:
                number += 1
                yield decoder.decode(line)
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read as tracks: {error.strerror}") from error
    except (UnicodeDecodeError, msgspec.DecodeError) as error:
        raise RecordingError(f"{path}, line {number}: cannot be read as tracks: {error}") from error


def reports(tracks: list[Track], here: Place, min_existence: float = 0.0) -> Reports:
    """Give what was published of one track that has places, in the order of time."""
    places = [(p.latitude_deg, p.longitude_deg, p.altitude_hae_m) for track in tracks if (p := track.position)]
    rates = [(v.east_mps, v.north_mps, v.up_mps) if (v := track.velocity) else (0.0, 0.0, 0.0) for track in tracks]
    return Reports(
        [nanoseconds(track.time) / SECOND for track in tracks],
        enu(here, np.array(places)),
        np.array(rates),
        [track.status == "deleted" or track.existence < min_existence for track in tracks],
        [np.array(track.covariance.position_m2) if track.covariance else None for track in tracks],
        [np.array(track.covariance.velocity_m2ps2) if track.covariance else None for track in tracks],
        tracks,
    )


def enu(here: Place, places: Floats) -> Floats:
    """Give east, north, up (n, 3) of rows of latitude, longitude (degrees) and ellipsoid height."""
    latitude, longitude, height = places.T
    return here.enu(ecef_from_wgs84(np.radians(latitude), np.radians(longitude), height))


def _opened(path: Path) -> IO[str]:
    if not path.exists() and (packed := path.with_name(f"{path.name}.gz")).exists():
        path = packed
    return cast("IO[str]", gzip.open(path, "rt", encoding="utf-8")) if path.suffix == ".gz" else path.open(encoding="utf-8")
