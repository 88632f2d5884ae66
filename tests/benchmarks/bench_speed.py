"""What a whole tracker step costs for a detection, and how that grows.

    vigie bench speed        (or PYTHONPATH=. python tests/benchmarks/bench_speed.py)

One 3-D radar, false alarms half as many as targets, the sky as dense at every size; the median of fifteen scans after ten of
warm-up, and its ratio to one predict and update of a filterpy KalmanFilter (six states by three) timed in the same run.
"""

from __future__ import annotations

import math
import sys
import time

import numpy as np
from filterpy.kalman import KalmanFilter

from fusion.config import Accuracy, Config, CoverageTable, Sensor, Site
from fusion.messages import SECOND, Polar, Scan
from fusion.tracking.tracker import Tracker
from fusion.tracking.warm_up import warm_up

SITE = Site(name="bench", latitude_deg=48.8582, longitude_deg=2.2945, ground_amsl_m=33.0, geoid_undulation_m=44.6)
ACCURACY = Accuracy(range_m=5.0, azimuth_deg=0.5, elevation_deg=0.7)
START = 1_785_000_000 * SECOND
WARM, MEASURED = 10, 15
DENSITY_KM2 = 6.4  # targets on a square kilometre: 2,000 within 10 km


def radar(targets: int) -> tuple[Sensor, float]:
    reach = 1000.0 * math.sqrt(targets / DENSITY_KM2 / math.pi)
    sensor = Sensor(
        id="radar", kind="radar", latitude_deg=48.8582, longitude_deg=2.2945, altitude_hae_m=100.0, period_s=1.0, accuracy=ACCURACY,
        detection_probability=0.9, false_alarms_per_scan=targets / 2, coverage=CoverageTable(elevation_deg=(-5.0, 60.0), range_m=(50.0, reach)),
    )  # fmt: skip
    return sensor, reach


def look(rng, place, reach, time_ns, sequence):
    """Give one scan of places (n, 3) east, north, up of the radar."""
    r = np.linalg.norm(place, axis=1)
    seen = np.column_stack([r, np.arctan2(place[:, 0], place[:, 1]), np.arcsin(place[:, 2] / r)])
    seen = (seen + rng.normal(size=seen.shape) * [5.0, math.radians(0.5), math.radians(0.7)])[rng.random(len(r)) < 0.9]
    count = len(place) // 2
    false = np.column_stack(
        [rng.uniform(50, reach, count), rng.uniform(0, math.tau, count), np.radians(rng.uniform(-5, 60, count))]
    )
    every = rng.permutation(np.concatenate([seen, false]))
    sigmas = {"sigma_range": 5.0, "sigma_azimuth": math.radians(0.5), "sigma_elevation": math.radians(0.7)}
    plots = tuple(
        Polar(time=time_ns, range=max(a, 1.0), azimuth=b % math.tau, elevation=c, **sigmas) for a, b, c in every.tolist()
    )
    return Scan(sensor="radar", time=time_ns, received=time_ns, sequence=sequence, detections=plots)


def measure(targets: int) -> tuple[float, int]:
    """Give µs a detection, and how many tracks there are in the end."""
    rng = np.random.default_rng(targets)
    sensor, reach = radar(targets)
    distance, course = 0.98 * reach * np.sqrt(rng.uniform(0.01, 1, targets)), rng.uniform(0, math.tau, targets)
    place = np.column_stack([distance * np.cos(course), distance * np.sin(course), rng.uniform(20, 150, targets)])
    velocity = rng.normal(0, 8, (targets, 3)) * [1, 1, 0.1]
    tracker, costs = Tracker(Config(site=SITE, sensor=(sensor,)), SITE.frame()), []
    for k in range(WARM + MEASURED):
        scan = look(rng, place + velocity * k, reach, START + k * SECOND, k)
        before = time.perf_counter()
        tracker.step(scan)
        costs.append(1e6 * (time.perf_counter() - before) / len(scan.detections))
    return float(np.median(costs[WARM:])), int(tracker.store.confirmed.sum())


def reference() -> float:
    """Give µs of one filterpy predict and update: the median of five hundred."""
    kalman, costs = KalmanFilter(dim_x=6, dim_z=3), []
    kalman.F, kalman.H = np.eye(6) + np.diag(np.ones(3), 3), np.eye(3, 6)
    for _ in range(500):
        before = time.perf_counter()
        kalman.predict()
        kalman.update(np.zeros((3, 1)))
        costs.append(1e6 * (time.perf_counter() - before))
    return float(np.median(costs))


def main() -> None:
    warm_up()
    step = reference()
    print(f"one filterpy predict and update: {step:.1f} µs")
    figures = {}
    for targets in (100, 500, 1_000, 2_000, 5_000):
        figures[targets], tracks = measure(targets)
        print(f"{targets:5} targets, {targets // 2:4} false alarms a scan: {figures[targets]:5.2f} µs a detection "
              f"({figures[targets] / step:.2f} of a filterpy step), {tracks} confirmed tracks", flush=True)  # fmt: skip
    print(f"growth from 500 to 5,000 targets: {figures[5_000] / figures[500]:.2f}")


if __name__ == "__main__":
    sys.exit(main())
