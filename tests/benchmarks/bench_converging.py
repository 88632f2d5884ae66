"""Close together: formations that cross, and sixty targets that converge in clutter; GOSPA, missed, false, identity switches.

    python tests/benchmarks/bench_converging.py [seeds of each formation] [seeds of the converging sky]

One three-dimensional radar: 5 m, 0.5°, 0.7°, one look a second. GOSPA with c = 50 m, p = 2, α = 2 (Rahmathullah et al. 2017).
Wanted of the converging sky: missed at most 1.2 %, false at most 0.025 a scan, switches at most 0.03 a target and minute.
"""

from __future__ import annotations

import math
import sys
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from fusion.config import Accuracy, Config, CoverageTable, Sensor, Site
from fusion.messages import SECOND, Polar, Scan
from fusion.tracking.tracker import Tracker

START = 1_785_000_000 * SECOND
SITE = Site(name="bench", latitude_deg=48.8582, longitude_deg=2.2945, ground_amsl_m=33.0, geoid_undulation_m=44.6)
FRAME = SITE.frame()
CENTRE = FRAME.grid_from_wgs84(FRAME.latitude, FRAME.longitude, FRAME.ground + 100.0)
CUT = 50.0  # m, GOSPA's c
SETTLED = 5  # s
RANGE, AZIMUTH, ELEVATION = 5.0, math.radians(0.5), math.radians(0.7)
REACH, HEIGHTS = (50.0, 5000.0), (-5.0, 60.0)


def radar(false: float) -> Sensor:
    return Sensor(
        id="radar", kind="radar", latitude_deg=48.8490, longitude_deg=2.2860, altitude_hae_m=100.0, period_s=1.0, false_alarms_per_scan=false,
        accuracy=Accuracy(range_m=RANGE, azimuth_deg=0.5, elevation_deg=0.7), coverage=CoverageTable(elevation_deg=HEIGHTS, range_m=REACH),
    )  # fmt: skip


HORIZON = FRAME.horizon(math.radians(48.8490), math.radians(2.2860), 100.0)


def formations(rng, seconds: int, spacing: float) -> np.ndarray:
    """Two flights of three, side by side, that cross each other's way in the middle: places (seconds, 6, 3)."""
    course, across = rng.uniform(0, math.tau), rng.uniform(math.radians(20), math.radians(90))
    places = []
    for turn in (0.0, across):
        way = np.array([math.sin(course + turn), math.cos(course + turn), 0.0])
        side = np.array([way[1], -way[0], 0.0])
        speed, lag = rng.uniform(8, 15), rng.normal(0, 1.0)
        for k in (-1, 0, 1):
            t = np.arange(seconds)[:, None] - seconds / 2 - lag
            places.append(CENTRE + way * speed * t + side * spacing * k)
    return np.stack(places, axis=1)


def converging(rng, seconds: int, count: int = 60) -> np.ndarray:
    """Targets from all round that meet in the middle and fly on: places (seconds, count, 3)."""
    turn, speed = rng.uniform(0, math.tau, count), rng.uniform(10, 15, count)
    way = np.column_stack([np.sin(turn), np.cos(turn), np.zeros(count)])
    miss = np.column_stack([rng.normal(0, 100, (count, 2)), rng.uniform(-50, 100, count)])
    t = np.arange(seconds)[:, None, None] - seconds / 2
    return CENTRE + miss + way * speed[:, None] * t


def look(rng, places: np.ndarray, second: int, false: float, pd: float = 0.9) -> Scan:
    """What the radar reports of places (n, 3), and of nothing."""
    time = START + second * SECOND
    rows = []
    for place in places[rng.random(len(places)) < pd]:
        e = HORIZON.enu_from_grid(place)
        true = np.array([np.linalg.norm(e), math.atan2(e[0], e[1]), math.atan2(e[2], math.hypot(e[0], e[1]))])
        rows.append(true + rng.standard_normal(3) * [RANGE, AZIMUTH, ELEVATION])
    rows += [
        np.array([rng.uniform(*REACH), rng.uniform(0, math.tau), math.radians(rng.uniform(*HEIGHTS))])
        for _ in range(rng.poisson(false))
    ]
    sigma = {"sigma_range": RANGE, "sigma_azimuth": AZIMUTH, "sigma_elevation": ELEVATION}
    plots = [Polar(time=time, range=float(r), azimuth=float(a % math.tau), elevation=float(e), **sigma) for r, a, e in rows]
    order = rng.permutation(len(plots))
    return Scan(sensor="radar", time=time, received=time, sequence=second, detections=tuple(plots[i] for i in order))


class Result(NamedTuple):
    """Means over a run after the first seconds."""

    gospa: float
    missed: float  # share of targets
    false: float  # a scan
    switches: float  # a target and minute


def run(rng, truth: np.ndarray, false: float, pd: float = 0.9) -> Result:
    """Track one sky."""
    tracker = Tracker(Config(site=SITE, sensor=(radar(false),)), FRAME)
    gospa, missed, extra, switches, last = [], 0, 0, 0, {}
    for second, places in enumerate(truth):
        scan = look(rng, places, second, false, pd)
        tracker.step(scan)
        if second < SETTLED:
            continue
        table = tracker.table(scan.time)
        distance = np.linalg.norm(places[:, None] - table.state[None, :, :3], axis=2)
        paired = [
            (i, j) for i, j in zip(*linear_sum_assignment(np.minimum(distance, CUT) ** 2), strict=True) if distance[i, j] < CUT
        ]
        for i, j in paired:
            switches += last.get(i, table.tracks[j]) != table.tracks[j]
            last[i] = table.tracks[j]
        missed, extra = missed + len(places) - len(paired), extra + len(table.tracks) - len(paired)
        alone = len(places) + len(table.tracks) - 2 * len(paired)
        gospa.append(math.sqrt(sum(distance[i, j] ** 2 for i, j in paired) + CUT**2 / 2 * alone))
    looks, targets = len(gospa), truth.shape[1]
    return Result(float(np.mean(gospa)), missed / looks / targets, extra / looks, switches / (looks * targets / 60))


def main(formation_seeds: int, sky_seeds: int) -> None:
    for spacing in (5.0, 10.0, 20.0):
        results = []
        for seed in range(formation_seeds):
            rng = np.random.default_rng([seed, round(spacing)])
            results.append(run(rng, formations(rng, 90, spacing), 2.0))
        report(f"formations at {spacing:g} m", results)
    results = []
    for seed in range(sky_seeds):
        rng = np.random.default_rng([seed, 60])
        results.append(run(rng, converging(rng, 120), 200.0))
    if results:
        report("60 converging, 200 false alarms a scan", results)


def report(name: str, results: list[Result]) -> None:
    mean = Result(*np.mean(results, axis=0))
    print(
        f"{name}: GOSPA {mean.gospa:.2f}, missed {100 * mean.missed:.2f} %, false {mean.false:.4f} a scan, "
        f"switches {mean.switches:.3f} a target and minute",
        flush=True,
    )


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:3]) if len(sys.argv) > 2 else (10, 2))
