"""Cameras on drones: where they are, what they say of it, and what they see; for tests and measurements."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from fusion.config import Accuracy, Config, CoverageTable, Platform, Sensor
from fusion.messages import SECOND, Bearing, Polar, Pose, Scan
from fusion.tracking.aboard import rotation
from fusion.tracking.timeline import Timeline
from fusion.tracking.tracker import Tracker
from tests.scene import FRAME, RADAR, SITE, START

CENTRE = FRAME.grid_from_wgs84(math.radians(48.8582), math.radians(2.2945), 180.0)
Path = Callable[[float], np.ndarray]


def camera(name: str, sigma_deg: float = 0.2, **more) -> Sensor:
    told = {"horizontal_m": 1.5, "vertical_m": 2.5, "heading_deg": 1.0, "tilt_deg": 0.3} | more.pop("platform", {})
    return Sensor(
        id=name, kind="camera", period_s=0.2, false_alarms_per_scan=0.05, reports="detections-only",
        accuracy=Accuracy(azimuth_deg=sigma_deg, elevation_deg=sigma_deg),
        coverage=CoverageTable(elevation_deg=(-80.0, 60.0), range_m=(20.0, 2000.0)), platform=Platform(**told), **more,
    )  # fmt: skip


def circle(radius: float, speed: float, height: float, east: float = 0.0, north: float = 0.0, phase: float = 0.0) -> Path:
    def place(t: float) -> np.ndarray:
        turn = phase + speed / radius * t
        return CENTRE + [east + radius * math.sin(turn), north + radius * math.cos(turn), height]

    return place


def straight(start: tuple[float, float, float], velocity: tuple[float, float, float]) -> Path:
    return lambda t: CENTRE + np.array(start) + t * np.array(velocity)


def horizon_at(grid: np.ndarray):
    return FRAME.horizon(*(float(x) for x in FRAME.wgs84_from_grid(grid)))


def velocity_of(path: Path, t: float) -> tuple[float, float, float]:
    at = path(t)
    rate = (path(t + 0.01) - path(t - 0.01)) / 0.02
    return tuple((FRAME.enu_from_grid_matrix(at) @ rate).tolist())


def pose(path: Path, t: float, off=(0.0, 0.0, 0.0), *, velocity=True, attitude=None, **more) -> Pose:
    latitude, longitude, height = (float(x) for x in FRAME.wgs84_from_grid(path(t) + np.array(off)))
    return Pose(
        time=START + round(t * SECOND), latitude=latitude, longitude=longitude, altitude=height,
        velocity=velocity_of(path, t) if velocity else None, attitude=attitude, **more,
    )  # fmt: skip


def direction(path: Path, target: Path, t: float) -> tuple[float, float, float]:
    """True azimuth, elevation, range."""
    e = horizon_at(path(t)).enu_from_grid(target(t))
    rho = math.hypot(e[0], e[1])
    return math.atan2(e[0], e[1]), math.atan2(e[2], rho), math.hypot(rho, e[2])


def look(sensor: Sensor, path: Path, target: Path, t: float, number: int, error=(0.0, 0.0), attitude=None) -> Scan:
    """A bearing, by the sensor's stated accuracy; against nose and deck where an attitude is given."""
    azimuth, elevation, _ = direction(path, target, t)
    azimuth, elevation = azimuth + float(error[0]), elevation + float(error[1])
    if attitude is not None:
        level = math.cos(elevation)
        n = np.array([level * math.cos(azimuth), level * math.sin(azimuth), -math.sin(elevation)])
        forward, right, down = rotation(*attitude).T @ n
        azimuth, elevation = math.atan2(right, forward), -math.asin(down)
    sigma = math.radians(sensor.accuracy.azimuth_deg)
    time = START + round(t * SECOND)
    seen = Bearing(time=time, azimuth=azimuth % math.tau, elevation=elevation, sigma_azimuth=sigma, sigma_elevation=sigma)
    return Scan(sensor=sensor.id, time=time, received=time, sequence=number, boot="b", detections=(seen,))


def plot(target: Path, t: float, number: int, rng: np.random.Generator) -> Scan:
    """The fixed radar's look."""
    horizon = FRAME.horizon(math.radians(RADAR.latitude_deg), math.radians(RADAR.longitude_deg), RADAR.altitude_hae_m)
    e = horizon.enu_from_grid(target(t))
    rho = math.hypot(e[0], e[1])
    sigma = np.array(
        [RADAR.accuracy.range_m, math.radians(RADAR.accuracy.azimuth_deg), math.radians(RADAR.accuracy.elevation_deg)]
    )
    z = np.array([math.hypot(rho, e[2]), math.atan2(e[0], e[1]), math.atan2(e[2], rho)]) + sigma * rng.standard_normal(3)
    time = START + round(t * SECOND)
    seen = Polar(
        time=time, range=float(z[0]), azimuth=float(z[1]) % math.tau, elevation=float(z[2]), sigma_range=float(sigma[0]),
        sigma_azimuth=float(sigma[1]), sigma_elevation=float(sigma[2]),
    )  # fmt: skip
    return Scan(sensor=RADAR.id, time=time, received=time, sequence=number, boot="b", detections=(seen,))


def timeline(*sensors: Sensor, window: float = 3.0) -> Timeline:
    return Timeline(Tracker(Config(site=SITE, sensor=sensors), FRAME), window)


class Wander(NamedTuple):
    """A first-order Gauss–Markov error of some sigmas and time constant, s, as it is at each step."""

    sigma: np.ndarray
    tau: float

    def run(self, times: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        error = rng.standard_normal(len(self.sigma))
        found = [error]
        for dt in np.diff(times):
            rho = math.exp(-dt / self.tau) if self.tau else 0.0
            error = rho * error + math.sqrt(1.0 - rho * rho) * rng.standard_normal(len(self.sigma))
            found.append(error)
        return np.array(found) * self.sigma
