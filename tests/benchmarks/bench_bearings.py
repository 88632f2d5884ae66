"""Bearings alone: how soon targets are heard, placed and how honestly; how many ghosts. Seeds fixed.

    python tests/benchmarks/bench_bearings.py [RUNS of each case]

Direction finders (Pd 0.7, a look a second, a false bearing each five seconds, reports of what they hear only) and cameras around the
Tower; 1 to 4 drones within 1.2 km fly straight on for a minute. Each second every track with a place is given to the nearest drone
that has none; further from it than 3.5 sigmas and 150 m it is a ghost, as is a second one of the same drone.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.tracking.hearing_scene import camera, drones, finder, scans, tables, tracker

SECONDS = 60.0


class Case(NamedTuple):
    """Who listens, to how many."""

    finders: int
    sigma: float  # °
    cameras: int
    drones: int
    folds: float = 0.0


CASES = [
    Case(0, 0.0, 2, 4), Case(1, 5.0, 0, 3),
    Case(2, 5.0, 0, 1), Case(2, 5.0, 0, 2), Case(2, 10.0, 0, 1),
    Case(3, 5.0, 0, 1), Case(3, 5.0, 0, 2), Case(3, 5.0, 0, 4), Case(3, 10.0, 0, 2), Case(3, 15.0, 0, 2), Case(3, 5.0, 0, 2, 0.3),
    Case(1, 5.0, 1, 2), Case(0, 0.0, 2, 1), Case(0, 0.0, 2, 4),
]  # fmt: skip


def measure(case: Case, seed: int) -> dict[str, list[float]]:
    """Run one case once."""
    rng = np.random.default_rng(seed)
    sensors = [finder(n + 1, case.sigma, fold_probability=case.folds or 0.02) for n in range(case.finders)]
    sensors += [camera(n + 1) for n in range(case.cameras)]
    truth = drones(rng, case.drones)
    told = tables(tracker(*sensors), scans(rng, sensors, truth, SECONDS, folds=case.folds or 0.02), every=0.5)
    found: dict[str, list[float]] = {key: [] for key in ("heard", "placed", "error2", "nees", "ghost", "bearings")}
    known: set[int] = set()
    for number, table in enumerate(told, 1):
        at, used = number / 2.0, set()
        if table.bearings and not found["heard"]:
            found["heard"].append(at)
        found["bearings"].append(len(table.bearings))
        ghosts = 0
        for state, covariance in zip(table.state, table.covariance, strict=True):
            error = truth[:, :2] + at * truth[:, 3:5] - state[:2]
            away = np.linalg.norm(error, axis=1)
            i = int(away.argmin())
            if i in used or away[i] > max(150.0, 3.5 * math.sqrt(np.trace(covariance[:2, :2]) / 2.0)):
                ghosts += 1
                continue
            used.add(i)
            found["error2"].append(float(away[i] ** 2))
            found["nees"].append(float(error[i] @ np.linalg.solve(covariance[:2, :2], error[i]) / 2.0))
        found["placed"] += [at] * len(used - known)
        known |= used
        found["ghost"].append(ghosts)
    return found


def main() -> int:
    """Print a row a case."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    print("finders cameras drones  heard s  placed   after s  RMSE m  NEES  ghosts a table  bearings a table")
    for case in CASES:
        total: Counter[str] = Counter()
        all_of: dict[str, list[float]] = {}
        for seed in range(runs):
            for key, values in measure(case, 1000 + seed).items():
                all_of.setdefault(key, []).extend(values)
        total["of"] = runs * case.drones
        figures = [
            f"{np.median(all_of['heard'] or [math.nan]):7.1f}",
            f"{len(all_of['placed']):4d}/{total['of']:<3d}",
            f"{np.median(all_of['placed'] or [math.nan]):7.1f}",
            f"{math.sqrt(np.mean(all_of['error2'] or [math.nan])):7.1f}",
            f"{np.mean(all_of['nees'] or [math.nan]):6.2f}",
            f"{np.mean(all_of['ghost']):10.3f}",
            f"{np.mean(all_of['bearings']):14.2f}",
        ]
        who = f"{case.finders} × {case.sigma:g}°" + (", 30 % folded" if case.folds else "")
        print(f"{who:18s} {case.cameras} {case.drones:6d}", *figures, flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
