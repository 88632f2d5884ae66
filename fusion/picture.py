"""The tracker's table as the Track messages that integrators receive."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import msgspec
import numpy as np

from fusion.frame import SiteFrame
from fusion.messages import (
    CLASSES,
    BearingTrack,
    Floats,
    Pilot,
    Track,
    TrackTable,
    WireBearing,
    WireCovariance,
    WireGrid,
    WireIdentity,
    WirePilot,
    WirePosition,
    WireVelocity,
    utc,
)
from fusion.zones.permits import Standing

UNJUDGED = Standing("unknown", ())


class WireTracks(Mapping[str, Track]):
    """Every track of a table as its message, written when it is asked for: an alert needs one or two of thousands."""

    def __init__(self, table: TrackTable, frame: SiteFrame, site: str, standings: Mapping[str, Standing]) -> None:
        self._table, self._frame, self._site, self._standings = table, frame, site, standings
        self._rows = {track: row for row, track in enumerate(table.tracks)}
        self._bearings = {bearing.track: bearing for bearing in table.bearings}

    def __getitem__(self, track: str) -> Track:
        """Write one track."""
        if track in self._bearings:
            return wire_bearing(self._bearings[track], self._table.time, self._site, self._standings)
        return wire_tracks(self._table, [self._rows[track]], self._frame, self._site, self._standings)[0]

    def __iter__(self) -> Iterator[str]:
        """Give the ids."""
        return iter((*self._rows, *self._bearings))

    def __len__(self) -> int:
        """Count the tracks."""
        return len(self._rows) + len(self._bearings)


def wire_tracks(
    table: TrackTable, rows: Sequence[int], frame: SiteFrame, site: str, standings: Mapping[str, Standing]
) -> list[Track]:
    """Write some rows of the table as Tracks: degrees, true north, every height datum; rounded to what anyone can use.

    Positions to a centimetre (1e-8°: 1 mm), speeds to a centimetre a second, covariances to six significant figures.
    """
    if not rows:
        return []
    index = list(rows)
    state, covariance = table.state[index], table.covariance[index]
    latitude, longitude, height = frame.wgs84_from_grid(state[:, :3])
    matrix = frame.enu_from_grid_matrix(state[:, :3])
    velocity = np.einsum("nij,nj->ni", matrix, state[:, 3:])
    position_m2 = _six_figures(matrix @ covariance[:, :3, :3] @ matrix.transpose(0, 2, 1)).tolist()
    velocity_m2ps2 = _six_figures(matrix @ covariance[:, 3:, 3:] @ matrix.transpose(0, 2, 1)).tolist()
    latitude_deg, longitude_deg = np.degrees(latitude).round(8).tolist(), np.degrees(longitude).round(8).tolist()
    heights, places, velocities = height.round(3).tolist(), state[:, :2].round(3).tolist(), velocity.round(3).tolist()
    classes, time = table.classes[index].round(3).tolist(), utc(table.time)
    tracks = []
    for i, row in enumerate(index):
        standing = standings.get(table.tracks[row], UNJUDGED)
        east, north, up = velocities[i]
        seen = table.seen[row]
        tracks.append(
            Track(
                track=table.tracks[row],
                site=site,
                time=time,
                status=table.status[row],
                existence=round(float(table.existence[row]), 4),
                position=WirePosition(
                    latitude_deg=latitude_deg[i],
                    longitude_deg=longitude_deg[i],
                    altitude_hae_m=heights[i],
                    altitude_amsl_m=round(heights[i] - frame.undulation, 3),
                    height_agl_m=round(heights[i] - frame.ground, 3),
                ),
                grid=WireGrid(crs=frame.crs, easting_m=places[i][0], northing_m=places[i][1]),
                velocity=WireVelocity(east_mps=east, north_mps=north, up_mps=up),
                speed_mps=round(math.hypot(east, north, up), 2),
                course_deg=round(math.degrees(math.atan2(east, north)) % 360.0, 1),
                covariance=WireCovariance(position_m2=_rows(position_m2[i]), velocity_m2ps2=_rows(velocity_m2ps2[i])),
                class_=CLASSES[int(table.classes[row].argmax())],
                classes={name: share for name, share in zip(CLASSES, classes[i], strict=True) if share},
                identity=_identity(table, row),
                pilot=_pilot(table.pilot[row]),
                verdict=standing.verdict,
                reasons=tuple(reason.sentence() for reason in standing.reasons),
                sensors={table.sensors[c]: utc(int(seen[c])) for c in np.flatnonzero(seen)},
                born=utc(int(table.born[row])),
                updated=utc(int(table.updated[row])),
            )
        )
    return tracks


def wire_bearing(bearing: BearingTrack, time: int, site: str, standings: Mapping[str, Standing]) -> Track:
    """Write a track of which only the direction is known, to a hundredth of a degree."""
    standing = standings.get(bearing.track, UNJUDGED)
    elevation, identity, classes = bearing.elevation, bearing.identity, bearing.classes
    return Track(
        track=bearing.track,
        site=site,
        time=utc(time),
        status=bearing.status,
        existence=round(bearing.existence, 4),
        bearing=WireBearing(
            sensor=bearing.sensor,
            azimuth_deg=round(math.degrees(bearing.azimuth), 2) % 360.0,
            sigma_deg=round(math.degrees(bearing.sigma_azimuth), 2),
            elevation_deg=None if elevation is None else round(math.degrees(elevation), 2),
        ),
        class_=CLASSES[classes.index(max(classes))] if classes else None,
        classes={name: round(share, 3) for name, share in zip(CLASSES, classes, strict=False) if round(share, 3)},
        identity=None if identity is None else WireIdentity(**msgspec.structs.asdict(identity), strength="claimed"),
        pilot=_pilot(bearing.pilot),
        verdict=standing.verdict,
        reasons=tuple(reason.sentence() for reason in standing.reasons),
        sensors={bearing.sensor: utc(bearing.updated)},
        born=utc(bearing.born),
        updated=utc(bearing.updated),
    )


def _rows(matrix: list[list[float]]) -> tuple[tuple[float, float, float], ...]:
    return tuple((a, b, c) for a, b, c in matrix)


def _six_figures(matrices: Floats) -> Floats:
    """Make matrices (n, 3, 3) symmetric and round them to six significant figures.

    Powers of ten from 1 on are exact, so x·10ᵈ is rounded and divided by 10ᵈ, or for d < 0 the other way round: both give the
    double that is nearest to the decimal, which prints as short as it can.
    """
    values = (matrices + matrices.transpose(0, 2, 1)) / 2.0
    digits = 5.0 - np.floor(np.log10(np.abs(values), out=np.zeros_like(values), where=values != 0.0))
    up, down = 10.0 ** np.maximum(digits, 0.0), 10.0 ** np.maximum(-digits, 0.0)
    return np.asarray(np.rint(values * up / down) / up * down)


def _identity(table: TrackTable, row: int) -> WireIdentity | None:
    identity = table.identity[row]
    if identity is None:
        return None
    return WireIdentity(**msgspec.structs.asdict(identity), strength=table.strength[row])


def _pilot(pilot: Pilot | None) -> WirePilot | None:
    if pilot is None:
        return None
    return WirePilot(latitude_deg=round(math.degrees(pilot.latitude), 7), longitude_deg=round(math.degrees(pilot.longitude), 7))
