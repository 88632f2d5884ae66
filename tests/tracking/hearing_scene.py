"""Direction finders, cameras and a radar around the Tower, what they report of drones on straight legs, and a tracker that hears it."""

import math

import numpy as np

from fusion.config import Accuracy, Config, CoverageTable, Sensor, Site
from fusion.messages import SECOND, Bearing, Polar, Scan
from fusion.tracking.tracker import Tracker

START = 1_785_000_000 * SECOND
SITE = Site(name="paris", latitude_deg=48.8582, longitude_deg=2.2945, ground_amsl_m=33.0, geoid_undulation_m=44.6)
FRAME = SITE.frame()
MIDDLE = FRAME.grid_from_wgs84(FRAME.latitude, FRAME.longitude, FRAME.ground)
PLACES = ((48.8738, 2.2950), (48.8566, 2.3125), (48.8497, 2.2833))


def finder(number: int, sigma: float = 5.0, **more) -> Sensor:
    told = {"detection_probability": 0.7, "false_alarms_per_scan": 0.2, "coverage": CoverageTable(range_m=(0.0, 4000.0))} | more
    return Sensor(
        id=f"rf-{number}", kind="rf", latitude_deg=PLACES[number - 1][0], longitude_deg=PLACES[number - 1][1], altitude_hae_m=120.0,
        period_s=1.0, accuracy=Accuracy(azimuth_deg=sigma), reports="detections-only", **told,
    )  # fmt: skip


def camera(number: int) -> Sensor:
    return Sensor(
        id=f"camera-{number}", kind="camera", latitude_deg=PLACES[number - 1][0], longitude_deg=PLACES[number - 1][1],
        altitude_hae_m=120.0, period_s=0.2, accuracy=Accuracy(azimuth_deg=0.2, elevation_deg=0.2), detection_probability=0.8,
        false_alarms_per_scan=0.05, reports="detections-only", coverage=CoverageTable(elevation_deg=(-30, 60), range_m=(20.0, 4000.0)),
    )  # fmt: skip


RADAR = Sensor(
    id="radar", kind="radar", altitude_hae_m=110.0, period_s=1.0, accuracy=Accuracy(range_m=5.0, azimuth_deg=0.5, elevation_deg=0.7),
    false_alarms_per_scan=2.0, coverage=CoverageTable(elevation_deg=(-10.0, 70.0), range_m=(50.0, 5000.0)),
)  # fmt: skip


def horizon(sensor: Sensor):
    latitude = FRAME.latitude if sensor.latitude_deg is None else math.radians(sensor.latitude_deg)
    longitude = FRAME.longitude if sensor.longitude_deg is None else math.radians(sensor.longitude_deg)
    return FRAME.horizon(latitude, longitude, sensor.altitude_hae_m)


def drones(rng: np.random.Generator, count: int) -> np.ndarray:
    """Give states (count, 6): within 1.2 km, up to 8 m/s each axis, 40 to 120 m above the ground."""
    place = MIDDLE + np.column_stack([rng.uniform(-1200, 1200, (count, 2)), rng.uniform(40, 120, count)])
    return np.column_stack([place, rng.uniform(-8, 8, (count, 2)), np.zeros(count)])


def direction_of(sensor: Sensor, here, place) -> tuple[float, float, float]:
    e = here.enu_from_grid(place)
    return math.atan2(e[0], e[1]) % math.tau, math.atan2(e[2], math.hypot(e[0], e[1])), float(np.linalg.norm(e))


def report(rng, sensor: Sensor, here, place, time: int, folds: float):
    azimuth, elevation, distance = direction_of(sensor, here, place)
    a, one = sensor.accuracy, {"time": time}
    one["sigma_azimuth"] = math.radians(a.azimuth_deg)
    one["azimuth"] = (azimuth + one["sigma_azimuth"] * rng.standard_normal() + math.pi * (rng.random() < folds)) % math.tau
    if a.elevation_deg is not None:
        one["sigma_elevation"] = math.radians(a.elevation_deg)
        one["elevation"] = elevation + one["sigma_elevation"] * rng.standard_normal()
    if a.range_m is None:
        return Bearing(**one)
    return Polar(range=distance + a.range_m * rng.standard_normal(), sigma_range=a.range_m, **one)


def false(rng, sensor: Sensor, time: int):
    """Report something that is not there, anywhere round the sensor."""
    here, azimuth, reach = horizon(sensor), rng.uniform(0.0, math.tau), rng.uniform(500.0, 4000.0)
    place = here.grid_from_enu([reach * math.sin(azimuth), reach * math.cos(azimuth), rng.uniform(-50.0, 500.0)])
    return report(rng, sensor, here, place, time, 0.0)


def scans(rng, sensors, truth, seconds: float, *, folds: float = 0.0, quiet: dict | None = None) -> list[Scan]:
    """Give what sensors report of drones in states `truth` at START; `quiet` gives from when on (s) a sensor is silent."""
    found = []
    for sensor in sensors:
        here = horizon(sensor)
        times = np.arange(rng.uniform(0.0, sensor.period_s), min(seconds, (quiet or {}).get(sensor.id, seconds)), sensor.period_s)
        for sequence, at in enumerate(times):
            time = START + round(at * 1000) * 1_000_000
            heard = [state for state in truth if rng.random() < sensor.detection_probability]
            seen = [report(rng, sensor, here, s[:3] + at * s[3:], time, folds * (sensor.kind == "rf")) for s in heard]
            seen += [false(rng, sensor, time) for _ in range(rng.poisson(sensor.false_alarms_per_scan))]
            if seen or sensor.reports == "scans":
                found.append(Scan(sensor=sensor.id, time=time, received=time, sequence=sequence, detections=tuple(seen)))
    return sorted(found, key=lambda scan: scan.order)


def tracker(*sensors: Sensor) -> Tracker:
    return Tracker(Config(site=SITE, sensor=sensors), FRAME)


def tables(core: Tracker, looks, every: float = 1.0):
    """Let a tracker hear all looks; give its table each so many seconds."""
    due, found = START + round(every * SECOND), []
    for scan in looks:
        while scan.time >= due:
            found.append(core.table(max(due, core.time)))
            due += round(every * SECOND)
        core.step(scan)
    return found
