"""Drone or bird by how it moves alone: balanced accuracy over real flights, seen by a simulated radar through the real tracker.

    python tests/benchmarks/bench_kinds.py [DIRECTORY of evaluation data] [--seeds N]

Real GPS tracks of pigeon flocks (`birds_pigeon/ff*.csv.gz`: Nagy et al. 2010) and drone flights (`uav_traj/`: ETH RTK and total
station, UZH-FPV) are cut into stretches of 20 s, set down 0.5–1.5 km from a drone radar (5 m, 0.5°, 0.7°, 1 Hz, Pd 0.9; with
false alarms) and tracked without a label. A track is called a bird where P(bird) > 0.5 at the end, as the rules do. A stretch
without a confirmed track within 60 m is told, and counts as not called a bird. Each file counts alike.

What is hard stands below, and is not counted: made flights that drones and birds have in common, or nearly.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import math
import sys
from pathlib import Path

import numpy as np

from fusion.config import Accuracy, Config, CoverageTable, Sensor, Site
from fusion.messages import CLASSES, SECOND, Polar, Scan
from fusion.tracking.tracker import Tracker

START = 1_785_000_000 * SECOND
SECONDS = 20
SITE = Site(name="bench", latitude_deg=48.8582, longitude_deg=2.2945, ground_amsl_m=33.0, geoid_undulation_m=44.6)
FRAME = SITE.frame()
RADAR = Sensor(
    id="radar", kind="radar", altitude_hae_m=90.0, period_s=1.0, detection_probability=0.9, false_alarms_per_scan=3.0,
    accuracy=Accuracy(range_m=5.0, azimuth_deg=0.5, elevation_deg=0.7),
    coverage=CoverageTable(elevation_deg=(-10.0, 60.0), range_m=(50.0, 3000.0)),
)  # fmt: skip
SIGMA = np.array([5.0, math.radians(0.5), math.radians(0.7)])
HORIZON = FRAME.horizon(FRAME.latitude, FRAME.longitude, RADAR.altitude_hae_m)
DATA = Path(__file__).parents[3] / "shared" / "data"
RTK_HZ = 5.0
"""The RTK file has no times. At 5 Hz, a usual RTK rate, its 95 % acceleration is 2.6 m/s² and its top speed 7 m/s."""


def birds(path):
    """Give the flights (n, 4: s, m east, north, up) of one flock's file: by bird and by unbroken stretch."""
    found = {}
    with gzip.open(path, "rt") as file:
        for row in csv.DictReader(file):
            found.setdefault((row["bird"], row["seg"]), []).append([float(row[key]) for key in "txyz"])
    return [np.array(flight) for flight in found.values()]


def drones(path):
    """Give the one flight of a drone's file, the same columns."""
    if path.suffix == ".csv":
        return [np.genfromtxt(path, delimiter=",", skip_header=1)[:, :4]]
    if path.name.startswith("eth"):
        places = np.loadtxt(path)
        return [np.column_stack([np.arange(len(places)) / RTK_HZ, places])]
    return [np.genfromtxt(path, delimiter=",", skip_header=1)[:, :4]]


def stretches(flights):
    """Cut flights into stretches of SECONDS: (21, 3) m at each whole second; what is shorter is left out, gaps are not bridged."""
    found = []
    for whole in flights:
        flight = whole[np.append(True, np.diff(whole[:, 0]) > 0.0)]
        begin = flight[0, 0]
        while begin + SECONDS <= flight[-1, 0] + 1.0:
            at = np.minimum(begin + np.arange(SECONDS + 1.0), flight[-1, 0])
            inside = flight[(flight[:, 0] >= begin) & (flight[:, 0] <= begin + SECONDS), 0]
            if len(inside) > 1 and np.diff(inside).max() < 1.5:
                found.append(np.stack([np.interp(at, flight[:, 0], column) for column in flight[:, 1:].T], axis=1))
            begin += SECONDS
    return found


def placed(rng, path):
    """Set a stretch down 0.5–1.5 km from the radar, its middle 40–120 m above the ground, turned anyhow."""
    turn, azimuth, reach = rng.uniform(0.0, math.tau), rng.uniform(0.0, math.tau), rng.uniform(500.0, 1500.0)
    c, s = math.cos(turn), math.sin(turn)
    around = (path - path.mean(axis=0)) @ np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
    middle = FRAME.grid_from_wgs84(FRAME.latitude, FRAME.longitude, FRAME.ground + rng.uniform(40.0, 120.0))
    return around + middle + [reach * math.cos(azimuth), reach * math.sin(azimuth), 0.0]


def looked(rng, place, time):
    """Give what the radar reports of a place, and of nothing."""
    found = []
    if rng.random() < RADAR.detection_probability:
        e = HORIZON.enu_from_grid(place)
        true = np.array([np.linalg.norm(e), math.atan2(e[0], e[1]), math.atan2(e[2], math.hypot(e[0], e[1]))])
        found.append(true + SIGMA * rng.standard_normal(3))
    low, high = np.array([50.0, 0.0, math.radians(-10.0)]), np.array([3000.0, math.tau, math.radians(60.0)])
    found += list(rng.uniform(low, high, (rng.poisson(RADAR.false_alarms_per_scan), 3)))
    return tuple(
        Polar(time=time, range=z[0], azimuth=z[1] % math.tau, elevation=z[2], sigma_range=SIGMA[0], sigma_azimuth=SIGMA[1],
              sigma_elevation=SIGMA[2]) for z in (one.tolist() for one in found)
    )  # fmt: skip


def classed(rng, path):
    """Let the tracker see a stretch; give the probability of each class of the nearest track at the end, or None."""
    tracker = Tracker(Config(site=SITE, sensor=(RADAR,)), FRAME)
    for k, place in enumerate(path):
        time = START + k * SECOND
        tracker.step(Scan(sensor="radar", time=time, received=time, sequence=k, detections=looked(rng, place, time)))
    table = tracker.table(time)
    if not table.tracks:
        return None
    away = np.linalg.norm(table.state[:, :3] - path[-1], axis=1)
    return table.classes[away.argmin()] if away.min() < 60.0 else None


def measure(files, read, seeds, most):
    """Give the answers of each file: a list of class probabilities or None."""
    answers = {}
    for number, path in enumerate(files):
        cut = stretches(read(path))
        cut = cut[:: max(1, math.ceil(len(cut) / most))]
        rng = np.random.default_rng([20261123, number])
        answers[path.name.split(".")[0]] = [classed(rng, placed(rng, one)) for one in cut for _ in range(seeds)]
    return answers


def made():
    """Give flights that are hard to tell, as a drone would fly them: name and stretch (21, 3)."""
    at = np.arange(SECONDS + 1.0)
    still = 0.0 * at
    for speed in (8.0, 12.0, 16.0):
        yield f"drone straight on at {speed:g} m/s", np.stack([speed * at, still, still], axis=1)
    for speed, radius in ((5.0, 30.0), (8.0, 50.0), (10.0, 50.0), (12.0, 150.0)):
        turned = speed / radius * at
        yield (
            f"drone round a point, {radius:g} m at {speed:g} m/s",
            radius * np.stack([np.cos(turned), np.sin(turned), still], axis=1),
        )


def told(name, answers):
    """Print one file's confusion; give the share called bird, and the share not tracked."""
    tracked = [one for one in answers if one is not None]
    likeliest = [CLASSES[int(one.argmax())] for one in tracked]
    bird = [bool(one[CLASSES.index("bird")] > 0.5) for one in tracked]
    called = ", ".join(f"{kind} {likeliest.count(kind)}" for kind in CLASSES if kind in likeliest)
    mean = np.mean([one[CLASSES.index("bird")] for one in tracked])
    print(
        f"  {name}: {len(answers)} stretches, P(bird) > 0.5 in {sum(bird)}, mean P(bird) {mean:.2f}; "
        f"likeliest: {called}; no track {len(answers) - len(tracked)}",
        flush=True,
    )
    return sum(bird) / len(answers)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?", default=DATA)
    parser.add_argument("--seeds", type=int, default=3, help="noises and places of each drone stretch")
    parser.add_argument("--most", type=int, default=80, help="stretches of a file at most")
    chosen = parser.parse_args()
    bird_files = sorted((chosen.data / "birds_pigeon").glob("ff*.csv.gz"))
    drone_files = sorted(one for one in (chosen.data / "uav_traj").glob("*") if one.suffix in {".txt", ".csv"})
    if not bird_files or not drone_files:
        print(f"{chosen.data}: no birds_pigeon/ff*.csv.gz or no uav_traj/*: the evaluation data is not part of the project")
        return 0
    print("birds (should be P(bird) > 0.5):")
    right = [told(*item) for item in measure(bird_files, birds, 1, chosen.most).items()]
    print("drones (should not):")
    wrong = [told(*item) for item in measure(drone_files, drones, chosen.seeds, chosen.most).items()]
    hit, miss = float(np.mean(right)), float(np.mean(wrong))
    print(f"birds called so {hit:.3f}; drones called birds {miss:.3f}; balanced accuracy {(hit + 1.0 - miss) / 2.0:.3f}")
    print("not counted, made (should not):")
    for number, (name, path) in enumerate(made()):
        rng = np.random.default_rng([20261123, 100, number])
        told(name, [classed(rng, placed(rng, path)) for _ in range(10 * chosen.seeds)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
