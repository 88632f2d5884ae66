"""A sensor that an actor carries: whence each of its looks is, and what it tells of where it is and how it is turned."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from msgspec.structs import replace
from numpy.typing import ArrayLike

from fusion.config import Platform
from fusion.messages import SECOND, Bearing, Floats, Measurement, Polar, Pose
from simulators.behaviour import Carried
from simulators.chance import Chance, correlated
from simulators.earth import enu_from_ecef_matrix, wgs84_from_ecef
from simulators.looks import TICK
from simulators.trajectory import Trajectory

LEAST = 0.5
"""m/s: what goes slower has its nose where it was."""


@dataclass(frozen=True, eq=False)
class Ride:
    """Where an actor is at each look: what `earth.Place` is to a sensor that stands still, a row a look."""

    trajectory: Trajectory
    time: Floats  # (n,) s after the start

    @cached_property
    def _motion(self) -> tuple[Floats, Floats]:
        return self.trajectory.motion(self.time)

    @cached_property
    def _turn(self) -> Floats:
        latitude, longitude, _ = wgs84_from_ecef(self._motion[0])
        return enu_from_ecef_matrix(latitude, longitude)

    @property
    def origin(self) -> Floats:
        """The places themselves (n, 3), earth-centred."""
        return self._motion[0]

    def enu(self, points: ArrayLike) -> Floats:
        """Give true east, north, up (n, 3) of earth-centred points (n, 3), each at its own look."""
        return np.asarray(np.einsum("nij,nj->ni", self._turn, np.asarray(points, float) - self.origin))

    def turned(self, vectors: ArrayLike) -> Floats:
        """Give earth-centred velocities (n, 3) along true east, north, up, as they are to who moves."""
        return np.asarray(np.einsum("nij,nj->ni", self._turn, np.asarray(vectors, float) - self._motion[1]))

    def velocity(self) -> Floats:
        """Give its own velocities (n, 3) along true east, north, up."""
        return np.asarray(np.einsum("nij,nj->ni", self._turn, self._motion[1]))

    def attitude(self) -> Floats:
        """Give heading, pitch and roll (n, 3), rad: the nose goes ahead, and the deck is level."""
        heading = np.interp(self.time, *headings(self.trajectory))
        return np.stack([heading, np.zeros(len(heading)), np.zeros(len(heading))], axis=-1)


def headings(trajectory: Trajectory) -> tuple[Floats, Floats]:
    """Give where the nose of a flight is, at its samples: times (k,), s, and rad (k,), without jumps.

    Who hovers looks where it went; who has not moved yet, where it will go.
    """
    time = np.asarray(trajectory.start + trajectory.step * np.arange(trajectory.count), np.float64)
    ride = Ride(trajectory, time)
    east, north, _ = ride.velocity().T
    moves = np.hypot(east, north) >= LEAST
    if not moves.any():
        return time, np.zeros(len(time))
    last = np.maximum.accumulate(np.where(moves, np.arange(len(time)), -1))
    last = np.where(last >= 0, last, moves.argmax())
    return time, np.unwrap(np.arctan2(east, north)[last])


def poses(
    carried: Carried, platform: Platform, trajectory: Trajectory, until: float, clock: int, chance: Chance
) -> Iterator[tuple[int, Pose]]:
    """Give the poses that a sensor sends by its clock (ns, at the start), and when each arrives: as sure as the site says."""
    time = np.round(np.arange(max(trajectory.start, 0.0), min(trajectory.end, until), carried.every_s), 6)
    off = correlated(chance("pose"), len(time), 6, carried.every_s, carried.correlation_s)
    ride = Ride(trajectory, time)
    sigma = np.array([platform.horizontal_m or 0.0, platform.horizontal_m or 0.0, platform.vertical_m or 0.0])
    told = ride.origin + np.einsum("nij,ni->nj", enu_from_ecef_matrix(*wgs84_from_ecef(ride.origin)[:2]), sigma * off[:, :3])
    latitude, longitude, height = wgs84_from_ecef(told)
    velocity = ride.velocity() + platform.velocity_mps * chance("pose velocity").standard_normal((len(time), 3))
    attitude = ride.attitude()
    attitude = (
        attitude + np.radians([platform.heading_deg or 0.0, platform.tilt_deg or 0.0, platform.tilt_deg or 0.0]) * off[:, 3:]
    )
    sent = chance("pose loss").uniform(size=len(time)) >= carried.loss
    for begin, end in carried.outages:
        sent &= (time < begin) | (time >= end)
    for k in np.flatnonzero(sent).tolist():
        at = clock + round(float(time[k]) * (SECOND // TICK)) * TICK
        heading, pitch, roll = attitude[k].tolist()
        pose = Pose(
            time=at,
            latitude=float(latitude[k]),
            longitude=float(longitude[k]),
            altitude=float(height[k]),
            velocity=tuple(velocity[k].tolist()),
            attitude=(heading % math.tau, pitch, roll),
        )
        yield at + round(carried.delay_s * SECOND), pose


def aboard(measured: Measurement, heading: float) -> Measurement:
    """Turn a direction against north into one against the nose, of a deck that is level."""
    if not isinstance(measured, Bearing | Polar):
        return measured
    return replace(measured, azimuth=(measured.azimuth - heading) % math.tau)
