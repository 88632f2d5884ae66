"""Reads what is judged, tracks and truth, into the site's east, north, up."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from pathlib import Path
from typing import IO, NamedTuple, cast

import msgspec
import numpy as np

from fusion.config import Site
from fusion.errors import RecordingError
from fusion.messages import SECOND, Floats, Track, nanoseconds
from simulators.earth import Place, ecef_from_wgs84
from simulators.targets import chart


class Truth(NamedTuple):
    """Where one target truly was."""

    time: Floats  # (n,) s, Unix
    place: Floats  # (n, 3) m east, north, up of the site


class Reports(NamedTuple):
    """What was published of one track, in the order of time."""

    time: list[float]  # (n,) s, Unix
    place: Floats  # (n, 3) m east, north, up of the site
    velocity: Floats  # (n, 3) m/s
    gone: list[bool]  # (n,) deleted, or less sure than asked for
    covariance: list[Floats | None]  # (n) (3, 3) m²


Truths = dict[str, Truth]
Tracks = dict[str, Reports]

JUDGED = {"confirmed", "coasting", "deleted"}
"""What counts: a tentative track has not been claimed yet."""


def origin(site: Site) -> Place:
    """Give the place whose east, north and up errors are told in: the middle of the site."""
    return chart(site).middle


def load_truths(path: Path, here: Place) -> Truths:
    """Read a truth CSV (also .gz): time_unix_s, truth, latitude_deg, longitude_deg, altitude_hae_m, and what else there is."""
    rows: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    columns = ("time_unix_s", "latitude_deg", "longitude_deg", "altitude_hae_m")
    try:
        with _opened(path) as file:
            for row in csv.DictReader(file):
                rows[row["truth"]].append(tuple(float(row[column]) for column in columns))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise RecordingError(f"{path}: cannot be read as truth: {error}") from error
    if not rows:
        raise RecordingError(f"{path}: has no truth in it")
    tables = {name: np.array(sorted(found)) for name, found in rows.items()}
    return {name: Truth(table[:, 0], _enu(here, table[:, 1:])) for name, table in tables.items()}


def load_tracks(path: Path, here: Place, min_existence: float = 0.0) -> Tracks:
    """Read the tracks of a replay, one a line; those that are only a bearing, or tentative, are not judged."""
    found: dict[str, list[Track]] = defaultdict(list)
    decoder = msgspec.json.Decoder(Track)
    try:
        with path.open("rb") as file:
            for line in file:
                track = decoder.decode(line)
                if track.position is not None and track.status in JUDGED:
                    found[track.track].append(track)
    except (OSError, UnicodeDecodeError, msgspec.DecodeError) as error:
        raise RecordingError(f"{path}: cannot be read as tracks: {error}") from error
    return {name: _reports(sorted(tracks, key=lambda track: track.time), here, min_existence) for name, tracks in found.items()}


def _reports(tracks: list[Track], here: Place, min_existence: float) -> Reports:
    places = [(p.latitude_deg, p.longitude_deg, p.altitude_hae_m) for track in tracks if (p := track.position)]
    rates = [(v.east_mps, v.north_mps, v.up_mps) if (v := track.velocity) else (0.0, 0.0, 0.0) for track in tracks]
    return Reports(
        [nanoseconds(track.time) / SECOND for track in tracks],
        _enu(here, np.array(places)),
        np.array(rates),
        [track.status == "deleted" or track.existence < min_existence for track in tracks],
        [np.array(track.covariance.position_m2) if track.covariance else None for track in tracks],
    )


def _enu(here: Place, places: Floats) -> Floats:
    """Give east, north, up (n, 3) of rows of latitude, longitude (degrees) and ellipsoid height."""
    latitude, longitude, height = places.T
    return here.enu(ecef_from_wgs84(np.radians(latitude), np.radians(longitude), height))


def _opened(path: Path) -> IO[str]:
    if not path.exists() and (packed := path.with_name(f"{path.name}.gz")).exists():
        path = packed
    return cast("IO[str]", gzip.open(path, "rt", encoding="utf-8")) if path.suffix == ".gz" else path.open(encoding="utf-8")
