"""Sensors that move: whence each of their looks was, and what that adds to what is not known of its directions."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import replace
from typing import Literal

import numpy as np
from msgspec.structs import replace as replace_record

from fusion.config import Platform, Sensor
from fusion.frame import Horizon, SiteFrame
from fusion.messages import SECOND, Floats, Pose, Position, Record, Scan, SensorPose
from fusion.tracking.aboard import drive, nearest, shift, turn, unsure
from fusion.tracking.kernels import DIRECTION
from fusion.tracking.poses import Standing, standing
from fusion.tracking.reading import Reading, Readings
from fusion.tracking.sensors import SensorModel
from fusion.tracking.store import TrackStore

KEEP = 8.0
"""s before the window of late data for which poses are kept: whoever looks late tells detections of some seconds ago."""

MOST = 10_000
"""Poses of one platform that are kept at most, should one tell thousands a second."""

CELL = (math.radians(1e-3), 50.0)
"""Side of the cells, rad and m, within which one horizon serves: up turns by 10⁻⁵ in half of one, 5 cm at 5 km."""


class Stood(Record):
    """What a run of the tracker knows of a sensor that moves: where it looked from last, and what it could not place."""

    last: Standing | None = None
    lost: int = 0  # directions for which nobody knows whence they were


def carrier(sensor: Sensor) -> str:
    """Name what carries a sensor that moves: the one who tells its poses, and which vehicle of those that he hears."""
    platform = sensor.platform or Platform()
    return called(platform.sensor or sensor.id, platform.vehicle)


def called(sensor: str, vehicle: str) -> str:
    """Name a vehicle that a sensor hears, or the sensor itself."""
    return f"{sensor}/{vehicle}" if vehicle else sensor


class Moving:
    """The platforms of a site's sensors, and whence they look. `stood` is of the tracker's state; poses are as told."""

    def __init__(self, sensors: dict[str, SensorModel], frame: SiteFrame, readings: Readings) -> None:
        """Take the tracker's sensors, among which each that moves stands where its last look was."""
        self.sensors, self.frame, self.readings = sensors, frame, readings
        self.carriers = {name: carrier(one.config) for name, one in sensors.items() if one.config.platform is not None}
        self.poses: dict[str, tuple[Pose, ...]] = dict.fromkeys(self.carriers.values(), ())
        self.stood = {name: Stood() for name in self.carriers}

    def __contains__(self, sensor: str) -> bool:
        """Tell whether a sensor moves."""
        return sensor in self.carriers

    def recall(self, stood: dict[str, Stood]) -> None:
        """Stand where a state says."""
        self.stood = dict(stood)
        for name, one in self.stood.items():
            if one.last is not None:
                self.sensors[name] = self._model(name, one.last)

    # --- Poses ----------------------------------------------------------------------------------------------------

    def hear(self, name: str, pose: Pose, edge: int) -> Literal["taken", "duplicate", "late", "nobody"]:
        """Put a pose of a carrier into its place; one from before an edge (ns) is late, a second of its time a duplicate."""
        if name not in self.poses:
            return "nobody"
        if pose.time < edge:
            return "late"
        poses = self.poses[name]
        at = bisect_left(poses, pose.time, key=lambda one: one.time)
        if at < len(poses) and poses[at].time == pose.time:
            return "duplicate"
        self.poses[name] = (*poses[:at], pose, *poses[at:])[-MOST:]
        return "taken"

    def touched(self, scan: Scan, name: str, time: int) -> bool:
        """Tell whether a pose of a carrier at a time (ns) may say whence a scan was."""
        if self.carriers.get(scan.sensor) != name:
            return False
        poses = self.poses[name]
        at = bisect_left(poses, time, key=lambda one: one.time)
        since = poses[at - 1].time if at else 0
        return max((scan.time, *(one.time for one in scan.detections))) > since

    def forget(self, edge: int) -> None:
        """Let go of poses from before an edge (ns), but for each platform's last two."""
        for name, poses in self.poses.items():
            if len(poses) > 2 and poses[0].time < edge:
                self.poses[name] = poses[min(bisect_left(poses, edge, key=lambda one: one.time), len(poses) - 2) :]

    def places(self, scan: Scan) -> Standing | None:
        """Give where a scan was seen from; None where nobody knows, or how what measured its directions was turned."""
        platform = self.sensors[scan.sensor].config.platform
        if platform is None:
            return None
        whence = standing(self.poses[self.carriers[scan.sensor]], _moment(scan), platform)
        return None if whence is None or (whence.attitude is None and platform.directions == "body") else whence

    def _turns(self, sensor: str) -> bool:
        """Tell whether a sensor's directions turn with its platform."""
        platform = self.sensors[sensor].config.platform
        return platform is not None and platform.directions == "body"

    def told(self, now: int) -> dict[str, SensorPose]:
        """Say where each sensor that moves was last, at a time (ns)."""
        return {name: self._told(name, now) for name in self.carriers}

    def _told(self, name: str, now: int) -> SensorPose:
        poses, platform, lost = self.poses[self.carriers[name]], self.sensors[name].config.platform, self.stood[name].lost
        if not poses or platform is None:
            nowhere = dict.fromkeys(("latitude_deg", "longitude_deg", "altitude_hae_m", "heading_deg", "age_s"))
            return SensorPose(**nowhere, stale=True, refused=lost)
        last = poses[-1]
        age = max((now - last.time) / SECOND, 0.0)
        return SensorPose(
            latitude_deg=round(math.degrees(last.latitude), 8),
            longitude_deg=round(math.degrees(last.longitude), 8),
            altitude_hae_m=round(last.altitude, 2),
            heading_deg=None if last.attitude is None else round(math.degrees(last.attitude[0]) % 360.0, 1),
            age_s=round(age, 3),
            stale=age > platform.stale_s,
            refused=lost,
        )

    # --- Looks ----------------------------------------------------------------------------------------------------

    def look(self, scan: Scan, store: TrackStore, time: int) -> Scan | None:
        """Stand where a scan was seen from, and give it as it counts; None where nothing of it does. store: at a time (ns)."""
        whence = self.places(scan)
        if whence is None:
            return self._unplaced(scan)
        name = scan.sensor
        self.stood[name] = replace_record(self.stood[name], last=whence)
        sensor = self.sensors[name] = self._model(name, whence)
        told = self.readings.of(scan)
        there = replace_record(scan)  # a value of its own: the same scan may be read anew, from elsewhere
        if told.n_direction:
            told = self._seen(told, sensor, whence, self._apart(scan, told, whence), store, (scan.time - time) / SECOND)
        self.readings.know(there, told)
        return there

    def _unplaced(self, scan: Scan) -> Scan | None:
        """Keep the places of a scan whose directions are worth nothing; its silence says nothing either."""
        places = tuple(one for one in scan.detections if isinstance(one, Position))
        before = self.stood[scan.sensor]
        self.stood[scan.sensor] = replace_record(before, lost=before.lost + len(scan.detections) - len(places))
        if not places or self.sensors[scan.sensor].looks:
            return None
        return replace_record(scan, detections=places)

    def _model(self, name: str, whence: Standing) -> SensorModel:
        """Give a sensor where it stood: with the horizon of its cell, from its place."""
        (turn, step), cell = CELL, (whence.latitude, whence.longitude, whence.altitude)
        latitude, longitude = (round(angle / turn) * turn for angle in cell[:2])
        horizon = self.frame.horizon(latitude, longitude, round(whence.altitude / step) * step)
        origin = self.frame.grid_from_wgs84(*cell)
        return replace(
            self.sensors[name],
            horizon=Horizon(origin, horizon.coefficients),
            spread=(whence.horizontal, whence.vertical),
        )

    def _apart(self, scan: Scan, told: Reading, whence: Standing) -> Floats:
        """Give how far on (D, 3), m east, north, up, the platform was at each detection's own time: along its velocity."""
        late = told.own - (whence.time - scan.time) / SECOND
        return np.asarray(late[:, None] * np.array(whence.velocity))

    def _seen(self, told: Reading, sensor: SensorModel, whence: Standing, apart: Floats, store: TrackStore, dt: float) -> Reading:
        """Give a reading's directions against north and the horizontal where the sensor stood, as unsure as they are then."""
        rows = (told.kind == DIRECTION).nonzero()[0]
        z, variance, coverage = told.told[rows], told.stated[rows], told.coverage
        if whence.attitude is not None and self._turns(sensor.config.id):
            turn(z, variance, whence.attitude, whence.heading, whence.tilt)
            coverage = coverage.copy()
            coverage[0] = (coverage[0] + whence.attitude[0]) % math.tau
        ranged = np.isfinite(variance[:, 0])
        shift(z, variance, apart[rows])
        drive(z, variance, whence.velocity, whence.speed)
        level = whence.horizontal + np.where(ranged, 0.0, (apart[rows] ** 2).sum(axis=1))
        reach = np.where(ranged, z[:, 0], nearest(z, variance, level, sensor.horizon, float(coverage[4]), store, dt))
        unsure(z, variance, reach, level, whence.vertical)
        whole, stated = told.told.copy(), told.stated.copy()
        whole[rows], stated[rows] = z, variance
        return told._replace(told=whole, stated=stated, coverage=coverage)


def _moment(scan: Scan) -> int:
    """Give the time (ns) of a look: that of its detections where all share one, else the scan's."""
    times = {one.time for one in scan.detections}
    return times.pop() if len(times) == 1 else scan.time
