"""What a whole tracker step costs for a detection, where that goes, and how it grows.

    vigie bench speed [TARGETS ...]      (or PYTHONPATH=. python tests/benchmarks/bench_speed.py)

3-D radars, false alarms half as many as targets, the sky as dense at every size: the median of fifteen scans after ten of
warm-up, in CPU time of the one thread that does it all, so that others on the machine disturb it little; and its ratio to one
predict and update of a filterpy KalmanFilter (six states by three), timed the same way in the same run. Then, for 2,000
targets, the parts, each with what it calls; and two radars whose biases are to be found, through the Timeline with its
snapshots for late data. And what is small: a look at one target and at ten among four false alarms.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import msgspec
import numpy as np
from filterpy.kalman import KalmanFilter

from fusion.config import Accuracy, BiasSigma, Config, CoverageTable, Sensor, Site
from fusion.messages import SECOND, Polar, Scan
from fusion.tracking import kernels, tracker, weighing
from fusion.tracking.expecting import Expecting
from fusion.tracking.initiation import Crossings
from fusion.tracking.merging import Merging
from fusion.tracking.registration import Registration
from fusion.tracking.store import TrackStore
from fusion.tracking.timeline import Timeline
from fusion.tracking.tracker import Tracker
from fusion.warming import warm_up

SITE = Site(name="bench", latitude_deg=48.8582, longitude_deg=2.2945, ground_amsl_m=33.0, geoid_undulation_m=44.6)
ACCURACY = Accuracy(range_m=5.0, azimuth_deg=0.5, elevation_deg=0.7)
START = 1_785_000_000 * SECOND
WARM, MEASURED = 10, 15
"""Looks before anything is measured, once all fly, and looks that are."""

AT_FIRST, MORE = 1_500, 150
"""Targets of the first look, and that come with each other one: 5,000 from nothing at once the tracker takes for a jammed radar."""

DENSITY_KM2 = 6.4  # targets on a square kilometre: 2,000 within 10 km

PARTS = (
    (Tracker, "_predict", "prediction"),
    (tracker, "freed", "scan to arrays"),
    (TrackStore, "gate", "gate"),
    (Expecting, "of", "targets not seen yet"),
    (TrackStore, "associate", "association"),
    (kernels, "marginals", "  of it belief propagation"),
    (Registration, "learn", "registration"),
    (TrackStore, "update", "update"),
    (TrackStore, "learn_motion", "how it moves"),
    (weighing, "compare", "claims"),
    (Tracker, "_note", "who saw whom"),
    (Merging, "learn", "duplicates: evidence"),
    (Merging, "merge", "duplicates: search"),
    (Tracker, "_judge", "confirmation and deletion"),
    (Tracker, "_initiate", "births"),
    (Crossings, "find", "  of it crossings"),
    (TrackStore, "append", "  of it joining the store"),
    (Tracker, "snapshot", "snapshots for late data"),
)


class Cost(NamedTuple):
    """What was measured."""

    detection: float  # µs, median over scans
    tracks: int  # confirmed in the end
    rows: int
    parts: dict[str, float]  # µs a detection, mean over scans


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


def scans(targets: int, sensors: tuple[Sensor, ...], reach: float) -> Iterator[Scan]:
    """Give the looks of radars that stand in one place, turned against each other, until all fly and as long as is measured."""
    rng = np.random.default_rng(targets)
    distance, course = 0.98 * reach * np.sqrt(rng.uniform(0.01, 1, targets)), rng.uniform(0, math.tau, targets)
    place = np.column_stack([distance * np.cos(course), distance * np.sin(course), rng.uniform(20, 150, targets)])
    velocity = rng.normal(0, 8, (targets, 3)) * [1, 1, 0.1]
    for k in range((before(targets) + MEASURED) * len(sensors)):
        sensor, at = sensors[k % len(sensors)], k / len(sensors)
        flies = slice(AT_FIRST + MORE * (k // len(sensors)))
        scan = look(rng, (place + velocity * at)[flies], reach, START + round(at * SECOND), k // len(sensors))
        yield msgspec.structs.replace(scan, sensor=sensor.id)


def before(targets: int) -> int:
    """Give how many looks pass before anything is measured."""
    return WARM + max(0, -(-(targets - AT_FIRST) // MORE))


def measure(targets: int, *, radars: int = 1, biased: bool = False, late: bool = False) -> Cost:
    """Run every look through a tracker, late: through a Timeline, which keeps snapshots."""
    sensor, reach = radar(targets)
    bias = BiasSigma(range_m=5.0, azimuth_deg=1.0) if biased else BiasSigma()
    sensors = tuple(msgspec.structs.replace(sensor, id=f"radar-{k}", bias_sigma=bias) for k in range(radars))
    ours = Tracker(Config(site=SITE, sensor=sensors), SITE.frame())
    line, costs, told = Timeline(ours, 3.0), [], 0
    warm = before(targets) * radars
    with timed() as parts:
        for k, scan in enumerate(scans(targets, sensors, reach)):
            if k == warm:
                parts.clear()
            began = time.thread_time()
            if late:
                line.insert(scan)
                line.advance()
            else:
                ours.step(scan)
            costs.append(1e6 * (time.thread_time() - began) / len(scan.detections))
            told += len(scan.detections) if k >= warm else 0
    shares = {name: 1e6 * seconds / told for name, seconds in parts.items()}
    return Cost(float(np.median(costs[warm:])), int(ours.store.confirmed.sum()), len(ours.store), shares)


@contextmanager
def timed() -> Iterator[dict[str, float]]:
    """Count the seconds that each of PARTS takes; a microsecond a call."""
    spent: dict[str, float] = {}

    def clocked(function, label):
        def run(*args, **options):
            before = time.thread_time()
            try:
                return function(*args, **options)
            finally:
                spent[label] = spent.get(label, 0.0) + time.thread_time() - before

        return run

    whole = [(owner, name, getattr(owner, name)) for owner, name, _ in PARTS]
    for owner, name, label in PARTS:
        setattr(owner, name, clocked(getattr(owner, name), label))
    try:
        yield spent
    finally:
        for owner, name, function in whole:
            setattr(owner, name, function)


def reference() -> float:
    """Give µs of one filterpy predict and update: the best of twenty times a hundred."""
    kalman, costs = KalmanFilter(dim_x=6, dim_z=3), []
    kalman.F, kalman.H = np.eye(6) + np.diag(np.ones(3), 3), np.eye(3, 6)
    for _ in range(20):
        before = time.thread_time()
        for _ in range(100):
            kalman.predict()
            kalman.update(np.zeros((3, 1)))
        costs.append(1e4 * (time.thread_time() - before))
    return min(costs)


def small(targets: int, false: int) -> float:
    """Give µs of a step with so few detections: the median of 300 looks."""
    sensor, reach = radar(1_000)
    sensor = msgspec.structs.replace(sensor, false_alarms_per_scan=float(false), detection_probability=0.9)
    rng, ours, costs = np.random.default_rng(targets), Tracker(Config(site=SITE, sensor=(sensor,)), SITE.frame()), []
    place = np.column_stack([np.linspace(-1500.0, 1550.0, targets), np.full(targets, 800.0), np.full(targets, 80.0)])
    velocity = rng.normal(0, 8, (targets, 3)) * [1, 1, 0.1]
    for k in range(300):
        scan = look(rng, place + velocity * k, reach, START + k * SECOND, k)
        scan = msgspec.structs.replace(scan, detections=scan.detections[: targets + false])
        before = time.thread_time()
        ours.step(scan)
        costs.append(1e6 * (time.thread_time() - before))
    return float(np.median(costs))


def little(step: float) -> None:
    """Print what small scans cost."""
    for targets, false in ((1, 0), (10, 4)):
        cost = small(targets, false)
        print(
            f"small scans, {targets} targets, {targets + false} detections: {cost:.0f} µs a step ({cost / step:.1f} filterpy steps)"
        )


def main(sizes: list[int]) -> None:
    warm_up()
    step = reference()
    print(f"one filterpy predict and update: {step:.1f} µs")
    little(step)
    found = {}
    for targets in sizes or (100, 500, 1_000, 2_000, 5_000):
        found[targets] = one = measure(targets)
        print(f"{targets:5} targets, {targets // 2:4} false alarms a scan: {one.detection:5.2f} µs a detection ({one.detection / step:.2f} of a "
              f"filterpy step), {one.tracks} confirmed tracks of {one.rows}", flush=True)  # fmt: skip
    if {500, 5_000} <= set(found):
        print(f"growth from 500 to 5,000 targets: {found[5_000].detection / found[500].detection:.2f}")
    if 2_000 in found:
        profile("one radar, 2,000 targets", found[2_000], step)
        profile("two radars with bias_sigma, 2,000 targets, snapshots", measure(2_000, radars=2, biased=True, late=True), step)


def profile(title: str, one: Cost, step: float) -> None:
    """Print where the time goes."""
    print(
        f"{title}: {one.detection:.2f} µs a detection ({one.detection / step:.2f} of a filterpy step); of it, mean of all scans:"
    )
    for _, _, label in PARTS:
        if one.parts.get(label, 0.0) >= 0.005:
            print(f"    {label:28} {one.parts[label]:6.2f}")


if __name__ == "__main__":
    sys.exit(main([int(word) for word in sys.argv[1:]]))
