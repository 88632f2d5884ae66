"""What late data costs: sensors 0.3, 0.3, 2 and 0.5 s late, put into their true place, against the same in order.

    vigie bench late        (or PYTHONPATH=. python tests/benchmarks/bench_late.py [runs])

Two radars, a direction finder and a camera see one target each run (tests/benchmarks/bench_accuracy.py). The track is judged once
everything has arrived. Beside it, what treating late data as current makes of it.
"""

from __future__ import annotations

import sys

import numpy as np
from msgspec.structs import replace

from fusion.config import Config
from fusion.messages import SECOND, Scan
from fusion.tracking.timeline import Timeline
from fusion.tracking.tracker import Tracker
from tests.benchmarks.bench_accuracy import FRAME, LOOKS, SITE, START, World, begin, detect, fly, mode_sequence

LATENCY = {"radar-1": 0.3, "radar-2": 0.3, "rf-1": 2.0, "camera-1": 0.5}
WORLD = World(0.9, 5.0)
NAMES = ("in order", "late, in its true place", "late, as if current")
RUNS = 60
"""Flights: ANEES of six at one time of each is good to √(2/(6 · 60)) = 0.07."""


def scans(rng):
    """Give one flight's scans in true order, and its states (looks, 6)."""
    states = fly(rng, mode_sequence(rng), begin(rng))
    found = []
    for k, (at, one) in enumerate(LOOKS):
        time = START + round(at * SECOND)
        received = time + round(LATENCY[one.id] * SECOND)
        found.append(
            Scan(sensor=one.id, time=time, received=received, sequence=k, detections=detect(rng, one, states[k], time, WORLD))
        )
    return found, states


def judged(arrivals, truth):
    """Feed scans as they come; give squared position error and NEES of six once everything has arrived."""
    line = Timeline(Tracker(Config(site=SITE, sensor=WORLD.sensors()), FRAME), window=3.0)
    for scan in arrivals:
        line.insert(scan)
        line.advance()
    table = line.tracker.table(line.newest)
    if not table.tracks:
        return np.nan, np.nan
    errors = table.state - truth
    row = int(np.argmin((errors[:, :3] ** 2).sum(axis=1)))
    nees = errors[row] @ np.linalg.solve(table.covariance[row], errors[row]) / 6.0
    return (errors[row, :3] ** 2).sum(), nees


def measure(runs: int) -> dict[str, tuple[float, float, float]]:
    """Give position RMSE (m), ANEES of six and that figure's own sigma, of each way to treat what is late."""
    rng = np.random.default_rng(7)
    squares, nees = {name: [] for name in NAMES}, {name: [] for name in NAMES}
    for _ in range(runs):
        found, states = scans(rng)
        last = max(scan.time for scan in found)
        late = sorted(found, key=lambda scan: (scan.received, scan.sensor, scan.sequence))
        current = [
            replace(scan, time=scan.received, detections=tuple(replace(one, time=scan.received) for one in scan.detections))
            for scan in late
        ]
        shifted = np.concatenate(
            [states[-1][:3] + states[-1][3:] * (max(s.time for s in current) - last) / SECOND, states[-1][3:]]
        )
        for name, arrivals, truth in zip(NAMES, (found, late, current), (states[-1], states[-1], shifted), strict=True):
            square, one = judged(arrivals, truth)
            squares[name].append(square)
            nees[name].append(one)
    return {
        name: (float(np.sqrt(np.nanmean(squares[name]))), float(np.nanmean(nees[name])), float(np.nanstd(nees[name]) / runs**0.5))
        for name in NAMES
    }


def bounds():
    """Give (what, figure, bound, relation) of the must-hold."""
    found = measure(RUNS)
    base, (rmse, nees, sigma) = found[NAMES[0]], found[NAMES[1]]
    return [
        ("late data: RMSE over in order", rmse / base[0], 1.03, "<="),
        (f"late data: ANEES (± {sigma:.2f})", nees, 1.1, "<="),
    ]


def main(runs: int) -> None:
    found = measure(runs)
    base = found[NAMES[0]][0]
    for name, (rmse, nees, sigma) in found.items():
        print(f"{name:24} position RMSE {rmse:6.2f} m ({rmse / base:.3f} of in order), ANEES/6 {nees:.2f} ± {sigma:.2f}")
    rmse, nees, _ = found[NAMES[1]]
    print(f"bounds: {rmse / base:.3f} <= 1.03 {rmse / base <= 1.03}, {nees:.2f} <= 1.1 {nees <= 1.1}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS)
