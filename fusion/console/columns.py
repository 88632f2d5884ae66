"""A track as the stream has it: a row of integers, and what seldom changes beside it (docs/console.md, Frames)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, get_args

import numpy as np

from fusion.messages import CLASSES, SECOND, Floats, Integers, Track, Verdict, nanoseconds

TRACKS = (
    "n", "dt", "lat", "lon", "hae", "agl", "ve", "vn", "vu", "major", "minor", "turn", "sh",
    "status", "class", "verdict", "existence",
)  # fmt: skip
RAYS = ("n", "dt", "sensor", "azimuth", "sigma", "elevation", "status", "class", "verdict", "existence")
HISTORY = ("dt", "lat", "lon", "hae", "agl", "ve", "vn", "vu")

STATUSES = ("tentative", "confirmed", "coasting")
VERDICTS: tuple[str, ...] = get_args(Verdict)

CHI2_95 = -2.0 * math.log(0.05)
"""χ² with two degrees of freedom has 95 % below this (5.991): half axes of the ellipse are √(χ² λ)."""

MILLISECOND = SECOND // 1000

Row = list[int | None]

_status = {name: i for i, name in enumerate(STATUSES)}
_verdict = {name: i for i, name in enumerate(VERDICTS)}
_class = {name: i for i, name in enumerate(CLASSES)}


def rows_of(tracks: Sequence[Track], names: Sequence[int], t0: int) -> list[Row]:
    """Give the rows of tracks with a position, by `TRACKS`; `names` are their short names, `t0` in ms since 1970."""
    if not tracks:
        return []
    axes = _ellipses(tracks)
    rows: list[Row] = []
    for track, n, (major, minor, turn, height) in zip(tracks, names, axes, strict=True):
        place, velocity = track.position, track.velocity
        assert place is not None  # noqa: S101 - for the type checker
        speed: Row = (
            [None] * 3
            if velocity is None
            else [round(velocity.east_mps * 100), round(velocity.north_mps * 100), round(velocity.up_mps * 100)]
        )
        ellipse: Row = [None] * 4 if track.covariance is None else [major, minor, turn, height]
        rows.append(
            [
                n,
                milliseconds(track) - t0,
                round(place.latitude_deg * 1e7),
                round(place.longitude_deg * 1e7),
                round(place.altitude_hae_m * 10),
                round(place.height_agl_m * 10),
                *speed,
                *ellipse,
                *_words(track),
            ]
        )
    return rows


def ray_of(track: Track, n: int, t0: int, sensors: Mapping[str, int]) -> Row:
    """Give the row of a track of which one bearing is known, by `RAYS`."""
    bearing = track.bearing
    assert bearing is not None  # noqa: S101 - for the type checker
    elevation = None if bearing.elevation_deg is None else round(bearing.elevation_deg * 100)
    sensor = sensors.get(bearing.sensor, -1)
    angles: Row = [round(bearing.azimuth_deg * 100), round(bearing.sigma_deg * 100), elevation]
    return [n, milliseconds(track) - t0, sensor, *angles, *_words(track)]


def info_of(track: Track, sensors: Mapping[str, int]) -> dict[str, Any]:
    """Give what seldom changes of a track."""
    info: dict[str, Any] = {
        "track": track.track,
        "born": track.born,
        "reasons": track.reasons,
        "sensors": sorted(sensors[name] for name in track.sensors if name in sensors),
    }
    if track.identity is not None:
        info["identity"] = track.identity
    if track.pilot is not None:
        info["pilot"] = (round(track.pilot.latitude_deg * 1e7), round(track.pilot.longitude_deg * 1e7))
    return info


def milliseconds(track: Track) -> int:
    """Give when a track's state was true, ms since 1970."""
    return nanoseconds(track.time) // MILLISECOND


def _words(track: Track) -> Row:
    return [
        _status.get(track.status, -1),
        _class.get(track.class_ or "", -1),
        _verdict.get(track.verdict or "unknown", -1),
        round(track.existence * 1000),
    ]


def _ellipses(tracks: Sequence[Track]) -> list[list[int]]:
    """Give half axes (0.1 m), azimuth of the major one (0.1°) and the height's sigma (0.1 m) of each track.

    The eigenvalues of [[a, b], [b, d]] are (a + d)/2 ± √(((a − d)/2)² + b²); the major axis lies at ½ atan2(2b, a − d) from east.
    """
    unknown = ((0.0, 0.0, 0.0),) * 3
    covariance: Floats = np.array([unknown if track.covariance is None else track.covariance.position_m2 for track in tracks])
    a, b, d = covariance[:, 0, 0], covariance[:, 0, 1], covariance[:, 1, 1]
    middle, half = (a + d) / 2.0, np.hypot((a - d) / 2.0, b)
    major, minor = (np.sqrt(CHI2_95 * np.maximum(value, 0.0)) for value in (middle + half, middle - half))
    azimuth = 90.0 - np.degrees(np.arctan2(2.0 * b, a - d)) / 2.0
    height = np.sqrt(np.maximum(covariance[:, 2, 2], 0.0))
    table: Integers = np.rint(np.column_stack([major, minor, azimuth, height]) * 10.0).astype(np.int64)
    table[:, 2] %= 1800
    numbers: list[list[int]] = table.tolist()
    return numbers
