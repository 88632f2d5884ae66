"""Drone or bird by how it moves alone: balanced accuracy over real flights, seen by a simulated radar through the real tracker.

    python tests/benchmarks/bench_kinds.py [DIRECTORY of evaluation data] [--seeds N]

Real GPS tracks of pigeon flocks (`birds_pigeon/ff*.csv.gz`: Nagy et al. 2010) and drone flights (`uav_traj/`: ETH RTK and total
station, UZH-FPV) are cut into stretches of 20 s, set down 0.5–1.5 km from a drone radar (5 m, 0.5°, 0.7°, 1 Hz, Pd 0.9; with
false alarms) and tracked without a label or a name. A track is called a bird where P(bird) > 0.5 at the end, as the rules do. A
stretch without a confirmed track within 60 m is told, and counts as not called a bird. Each file counts alike. The interval is a
bootstrap over birds and flights, not over stretches, which resemble each other.

Nothing is fitted, but whoever chose the densities had seen summaries of these files. What nobody looked at before stands below
and is not counted: the drone of a real trial (`recordings/nato*/truth.csv`), and flights of the test range (`simulators`), which
are made by other figures. What is hard stands last: made flights that drones and birds have in common, or nearly.
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
from simulators import birds as birds_of_the_range
from simulators import rotorcraft
from simulators.trajectory import STEP, Leg, Route

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


def stretches(flights, late=0.0):
    """Cut flights into stretches of SECONDS, from `late` s on: their flight, and (21, 3) m at each whole second.

    What is shorter is left out, gaps are not bridged.
    """
    found = []
    for number, whole in enumerate(flights):
        flight = whole[np.append(True, np.diff(whole[:, 0]) > 0.0)]
        begin = flight[0, 0] + late
        while begin + SECONDS <= flight[-1, 0] + 1.0:
            at = np.minimum(begin + np.arange(SECONDS + 1.0), flight[-1, 0])
            inside = flight[(flight[:, 0] >= begin) & (flight[:, 0] <= begin + SECONDS), 0]
            if len(inside) > 1 and np.diff(inside).max() < 1.5:
                path = np.stack([np.interp(at, flight[:, 0], column) for column in flight[:, 1:].T], axis=1)
                found.append((number, path))
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


def trial(path):
    """Give the flights of a real trial's drone while it is in the air, by unbroken stretch: what moves more than 5 m above its start."""
    with path.open() as file:
        rows = [
            [float(row[key]) for key in ("time_unix_s", "latitude_deg", "longitude_deg", "altitude_hae_m")]
            for row in csv.DictReader(file)
        ]
    flight = np.array(rows)
    radius = 6_378_137.0
    east = np.radians(flight[:, 2] - flight[0, 2]) * radius * math.cos(math.radians(flight[0, 1]))
    north = np.radians(flight[:, 1] - flight[0, 1]) * radius
    whole = np.column_stack([flight[:, 0], east, north, flight[:, 3]])
    flying = whole[whole[:, 3] > whole[0, 3] + 5.0]
    return np.split(flying, np.flatnonzero(np.diff(flying[:, 0]) > 1.5) + 1) if len(flying) else []


def ranged(kind, seed):
    """Give flights of the test range: three birds of a flock, or three multirotors on routes at random."""
    random = np.random.default_rng([20261125, seed])
    corners = random.uniform(-400.0, 400.0, (5, 2))
    legs = [
        Leg(np.array([*corner, random.uniform(40.0, 100.0)]), random.uniform(5.0, 15.0) if kind == "drone" else 12.0, 0.0)
        for corner in corners
    ]
    if kind == "bird":
        paths = birds_of_the_range.fly(legs, 3, 10.0, 120.0, random)
        return [np.column_stack([np.arange(path.shape[0]) * birds_of_the_range.STEP, path]) for path in paths]
    path = rotorcraft.fly(Route(legs, from_rest=False, landing=False), rotorcraft.LIMITS["multirotor"], 120.0, random)
    return [np.column_stack([np.arange(len(path)) * STEP, path])]


def measure(files, read, seeds, most):
    """Give the answers of each file: (flight, class probabilities or None), of windows that begin at 0 and at 10 s."""
    answers = {}
    for number, path in enumerate(files):
        flights = read(path)
        cut = stretches(flights) + stretches(flights, SECONDS / 2.0)
        cut = cut[:: max(1, math.ceil(len(cut) / most))]
        rng = np.random.default_rng([20261123, number])
        answers[path.parent.name if path.stem == "truth" else path.name.split(".")[0]] = [
            (flight, classed(rng, placed(rng, one))) for flight, one in cut for _ in range(seeds)
        ]
    return answers


def called(answer):
    """Tell whether an answer is a bird, as the rules do."""
    return answer is not None and bool(answer[CLASSES.index("bird")] > 0.5)


def interval(bird_answers, drone_answers, draws=2000):
    """Give the 95 % interval of the balanced accuracy: files as they are, their flights drawn anew."""
    rng = np.random.default_rng(20261123)

    def drawn(files):
        shares = []
        for answers in files.values():
            flights = {}
            for flight, answer in answers:
                flights.setdefault(flight, []).append(called(answer))
            groups = list(flights.values())
            chosen = rng.integers(0, len(groups), (draws, len(groups)))
            hits, sizes = np.array([sum(one) for one in groups]), np.array([len(one) for one in groups])
            shares.append(hits[chosen].sum(axis=1) / sizes[chosen].sum(axis=1))
        return np.mean(shares, axis=0)

    balanced = (drawn(bird_answers) + 1.0 - drawn(drone_answers)) / 2.0
    return np.quantile(balanced, [0.025, 0.975])


def made():
    """Give flights that are hard to tell, as a drone would fly them: name and stretch (seconds + 1, 3)."""
    for speed in (8.0, 12.0, 16.0):
        at = np.arange(SECONDS + 1.0)
        yield f"drone straight on at {speed:g} m/s", np.stack([speed * at, 0.0 * at, 0.0 * at], axis=1)
    for speed, radius in ((5.0, 30.0), (8.0, 50.0), (10.0, 50.0), (12.0, 80.0), (12.0, 150.0)):
        for seconds in (SECONDS, 3 * SECONDS):
            at = np.arange(seconds + 1.0)
            turned = speed / radius * at
            path = radius * np.stack([np.cos(turned), np.sin(turned), 0.0 * at], axis=1)
            yield f"drone round a point, {radius:g} m at {speed:g} m/s, {seconds} s", path


def told(name, answers):
    """Print one file's confusion; give the share called bird."""
    answers = [answer for _, answer in answers]
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


def unseen(chosen):
    """Print what nobody looked at when the densities were chosen."""
    print("not counted, never looked at: a real trial's drone, and the test range's (should not):")
    trials = sorted((chosen.data / "recordings").glob("nato*/truth.csv"))
    found = [told(*item) for item in measure(trials, trial, chosen.seeds, chosen.most).items() if item[1]]
    sets = {kind: [ranged(kind, seed) for seed in range(8)] for kind in ("drone", "bird")}
    for kind, flights in sets.items():
        rng = np.random.default_rng([20261123, 200])
        answers = [(n, classed(rng, placed(rng, path))) for n, one in enumerate(flights) for _, path in stretches(one)]
        found.append(told(f"test range, {kind}s (should {'not' if kind == 'drone' else 'be'})", answers))
    print(f"test range: balanced accuracy {(found[-1] + 1.0 - found[-2]) / 2.0:.3f}")


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
    bird_answers = measure(bird_files, birds, 1, chosen.most)
    right = [told(*item) for item in bird_answers.items()]
    print("drones (should not):")
    drone_answers = measure(drone_files, drones, chosen.seeds, chosen.most)
    wrong = [told(*item) for item in drone_answers.items()]
    hit, miss = float(np.mean(right)), float(np.mean(wrong))
    low, high = interval(bird_answers, drone_answers)
    print(
        f"birds called so {hit:.3f}; drones called birds {miss:.3f}; "
        f"balanced accuracy {(hit + 1.0 - miss) / 2.0:.3f} (95 % {low:.3f} to {high:.3f})"
    )
    unseen(chosen)
    print("not counted, made (should not):")
    for number, (name, path) in enumerate(made()):
        rng = np.random.default_rng([20261123, 100, number])
        told(name, [(0, classed(rng, placed(rng, path))) for _ in range(10 * chosen.seeds)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
