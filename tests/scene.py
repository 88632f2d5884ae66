"""A small scene for tests: sensors around the Tower, targets on straight legs, what the sensors would report of them."""

from __future__ import annotations

import math

import numpy as np

from fusion.config import Accuracy, Config, CoverageTable, Sensor, Site
from fusion.messages import SECOND, Bearing, Identity, Polar, Position, Scan

START = 1_785_000_000 * SECOND
SITE = Site(name="paris", latitude_deg=48.8582, longitude_deg=2.2945, crs="auto", ground_amsl_m=33.0, geoid_undulation_m=44.6)


def sensor(name: str, kind: str, lat: float, lon: float, height: float, **more) -> Sensor:
    return Sensor(id=name, kind=kind, latitude_deg=lat, longitude_deg=lon, altitude_hae_m=height, **more)


RADAR = sensor(
    "radar-1", "radar", 48.8611, 2.2890, 110.0, period_s=1.0, false_alarms_per_scan=3.0,
    accuracy=Accuracy(range_m=5.0, azimuth_deg=0.5, elevation_deg=0.7), coverage=CoverageTable(elevation_deg=(-5.0, 70.0), range_m=(50.0, 6000.0)),
)  # fmt: skip
FLAT = sensor(
    "radar-2", "radar", 48.8520, 2.3050, 95.0, period_s=1.3, false_alarms_per_scan=2.0,
    accuracy=Accuracy(range_m=9.0, azimuth_deg=1.0), coverage=CoverageTable(elevation_deg=(-5.0, 60.0), range_m=(50.0, 5000.0)),
)  # fmt: skip
RF = sensor("rf-1", "rf", 48.8660, 2.2990, 120.0, period_s=1.0, accuracy=Accuracy(azimuth_deg=3.0), reports="detections-only")
CAMERA = sensor(
    "camera-1", "camera", 48.8570, 2.2880, 100.0, period_s=0.2, false_alarms_per_scan=0.1,
    accuracy=Accuracy(azimuth_deg=0.1, elevation_deg=0.1), coverage=CoverageTable(elevation_deg=(-20.0, 60.0), range_m=(10.0, 3000.0)),
)  # fmt: skip
ADSB = Sensor(
    id="adsb", kind="adsb", accuracy=Accuracy(horizontal_m=10.0, vertical_m=15.0, velocity_mps=1.0), reports="detections-only",
    false_alarms_per_scan=0.001, coverage=CoverageTable(range_m=(0.0, 20_000.0)),
)  # fmt: skip
CONFIG = Config(site=SITE, sensor=(RADAR, FLAT, RF, CAMERA, ADSB))
FRAME = SITE.frame()
HORIZONS = {
    s.id: FRAME.horizon(
        math.radians(s.latitude_deg or 48.8582), math.radians(s.longitude_deg or 2.2945), s.altitude_hae_m or 77.6
    )
    for s in CONFIG.sensor
}


def targets(rng: np.random.Generator, count: int) -> np.ndarray:
    """Give states (count, 6): places within 1.5 km, up to 15 m/s, in the grid."""
    centre = FRAME.grid_from_wgs84(math.radians(48.8582), math.radians(2.2945), 180.0)
    place = centre + np.column_stack([rng.uniform(-1500, 1500, (count, 2)), rng.uniform(-60, 120, count)])
    return np.column_stack([place, rng.uniform(-15, 15, (count, 2)), rng.uniform(-1, 1, count)])


def scans(rng: np.random.Generator, truth: np.ndarray, seconds: float, sensors=CONFIG.sensor) -> list[Scan]:
    """Give what the sensors report over some seconds, in true order."""
    found = []
    for s in sensors:
        period = s.period_s or 1.0
        for sequence, at in enumerate(np.arange(rng.uniform(0, period), seconds, period)):
            time = START + round(at * 1000) * 1_000_000
            place = truth[:, :3] + truth[:, 3:] * (time - START) / SECOND
            seen = [i for i in range(len(truth)) if rng.random() < s.detection_probability]
            detections = [_detection(rng, s, place[i], truth[i, 3:], i, time) for i in seen]
            detections += [_false(rng, s, time) for _ in range(rng.poisson(s.false_alarms_per_scan))]
            latency = int(rng.uniform(0.02, 0.3) * SECOND)
            found.append(
                Scan(sensor=s.id, time=time, received=time + latency, sequence=sequence, boot="b", detections=tuple(detections))
            )
    return sorted(found, key=lambda scan: scan.order)


def _detection(rng, s: Sensor, place, velocity, i: int, time: int):
    if s.kind == "adsb":
        lat, lon, height = FRAME.wgs84_from_grid(place + rng.normal(0, [10, 10, 15]))
        return Position(
            time=time, latitude=float(lat), longitude=float(lon), altitude=float(height), velocity=tuple((velocity + rng.normal(0, 1, 3)).tolist()),
            sigma_horizontal=10.0, sigma_vertical=15.0, sigma_velocity=1.0, identity=Identity(icao24=f"39ac{i:02x}"),
        )  # fmt: skip
    e = HORIZONS[s.id].enu_from_grid(place)
    az, el, r = math.atan2(e[0], e[1]), math.atan2(e[2], math.hypot(e[0], e[1])), float(np.linalg.norm(e))
    return _measured(rng, s, r, az, el, time)


def _false(rng, s: Sensor, time: int):
    if s.kind == "adsb":
        return _detection(rng, s, targets(rng, 1)[0, :3], np.zeros(3), 99, time)
    reach, heights = s.coverage.range_m, s.coverage.elevation_deg or (-5.0, 60.0)
    return _measured(rng, s, rng.uniform(*reach), rng.uniform(0, math.tau), math.radians(rng.uniform(*heights)), time, noise=0.0)


def _measured(rng, s: Sensor, r: float, az: float, el: float, time: int, noise: float = 1.0):
    a = s.accuracy
    az_sigma, el_sigma = math.radians(a.azimuth_deg), math.radians(a.elevation_deg or 0.0)
    direction = {"azimuth": float((az + noise * rng.normal(0, az_sigma)) % math.tau), "sigma_azimuth": az_sigma}
    if a.elevation_deg:
        direction |= {"elevation": float(el + noise * rng.normal(0, el_sigma)), "sigma_elevation": el_sigma}
    if s.kind == "radar":
        return Polar(time=time, range=float(max(r + noise * rng.normal(0, a.range_m), 1.0)), sigma_range=a.range_m, **direction)
    return Bearing(time=time, **direction)
