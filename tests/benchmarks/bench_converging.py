"""Close together: sixty targets that converge in clutter, and formations that cross; GOSPA, missed, false, identity switches.

    python tests/benchmarks/bench_converging.py [seeds of each formation] [seeds of the converging sky]

One three-dimensional radar: 5 m, 0.5°, 0.7°, one look a second. GOSPA with c = 50 m, p = 2, α = 2 (Rahmathullah et al. 2017).
Wanted of sixty that meet: missed at most 1.2 %, false at most 0.025 a scan, switches at most 0.03 a target and minute. Beside the
tracker's own association stands the global nearest neighbour, with the same filters, births and existence.
"""

from __future__ import annotations

import math
import sys

import numpy as np
from scipy.optimize import linear_sum_assignment

from fusion.config import Accuracy, Config, CoverageTable, Sensor, Site
from fusion.messages import SECOND, Polar, Scan
from fusion.tracking import kernels
from fusion.tracking.store import TrackStore
from fusion.tracking.tracker import Tracker
from tests.benchmarks.scoring import Result, Score

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


def passing(rng, seconds: int, count: int = 60, q: float = 1.0, aim: float = 100.0, height: float = 50.0) -> np.ndarray:
    """Targets from 600 to 1,200 m all round that fly to about one place and on, each at its own speed: (seconds, count, 3).

    They are blown about by a white acceleration of q (m²/s³; a tenth of that in height).
    """
    turn, speed, away = rng.uniform(0, math.tau, count), rng.uniform(10, 20, count), rng.uniform(600, 1200, count)
    way = np.column_stack([np.sin(turn), np.cos(turn), np.zeros(count)])
    middle = np.column_stack([rng.normal(0, aim, (count, 2)), rng.uniform(-height, height, count)])
    gusts = rng.standard_normal((seconds, count, 3)) * np.sqrt([q, q, q / 10.0])
    velocity = np.cumsum(gusts, axis=0)
    blown = np.cumsum(velocity - gusts / 2.0, axis=0)
    return CENTRE + middle + blown + way * (speed[:, None] * np.arange(seconds)[:, None, None] - away[:, None])


def meeting(rng, seconds: int, count: int = 60) -> np.ndarray:
    """Targets from all round that meet in the middle at one moment and fly on: places (seconds, count, 3)."""
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


class Nearest(TrackStore):
    """The same tracks with a plain rule of association: of all ways to give each track at most one detection the likeliest."""

    def associate(self, gated, seen, intensity, numbers):
        """Give the global nearest neighbours: of the pairs the assignment with the largest Π w, and w/(1 + w) for its pairs."""
        found = super().associate(gated, seen, intensity, numbers)
        w, p, p_new = np.empty(len(gated.pair)), np.zeros(len(gated.pair)), np.ones(len(seen.kind))
        kappa = (intensity.false + intensity.born) * seen.density
        kernels.weigh(self.mu, self.r, len(self), gated.start, gated.pair, gated.logl, gated.pd_hit, gated.pd_miss, kappa, w)
        rows = np.repeat(np.arange(len(self)), np.diff(gated.start))
        gain = np.zeros((len(self), len(seen.kind)))
        gain[rows, gated.pair] = np.log1p(w)
        partner = np.full(len(self), -1)
        chosen, theirs = linear_sum_assignment(-gain)
        partner[chosen] = theirs
        taken = partner[rows] == gated.pair
        p[taken] = w[taken] / (1.0 + w[taken])
        p_new[gated.pair[taken]] = 1.0 - p[taken]
        return found._replace(p=p, p_new=p_new)


def tracker_of(false: float, store: type[TrackStore]) -> Tracker:
    tracker = Tracker(Config(site=SITE, sensor=(radar(false),)), FRAME)
    tracker.store = store.for_sensors(1)
    return tracker


def run(rng, truth: np.ndarray, false: float, stores: tuple[type[TrackStore], ...], pd: float = 0.9) -> list[Result]:
    """Track one sky with each rule of association."""
    trackers = [tracker_of(false, store) for store in stores]
    scores = [Score(CUT) for _ in stores]
    for second, places in enumerate(truth):
        scan = look(rng, places, second, false, pd)
        for tracker, score in zip(trackers, scores, strict=True):
            tracker.step(scan)
            if second >= SETTLED:
                table = tracker.table(scan.time)
                score.add(places, table.state, table.tracks)
    return [score.result() for score in scores]


RULES = {"belief propagation": TrackStore, "nearest neighbour": Nearest}


def main(formation_seeds: int, sky_seeds: int) -> None:
    for name, sky in {"passing": passing, "meeting": meeting}.items():
        found = []
        for seed in range(sky_seeds):
            rng = np.random.default_rng([seed, 60])
            found.append(run(rng, sky(rng, 120), 200.0, tuple(RULES.values())))
        report(f"60 {name}, 200 false alarms a scan", found)
    for spacing in (5.0, 10.0, 20.0):
        found = []
        for seed in range(formation_seeds):
            rng = np.random.default_rng([seed, round(spacing)])
            found.append(run(rng, formations(rng, 90, spacing), 2.0, tuple(RULES.values())))
        report(f"formations at {spacing:g} m", found)


def report(name: str, found: list[list[Result]]) -> None:
    if not found:
        return
    for rule, results in zip(RULES, zip(*found, strict=True), strict=True):
        mean = Result(*np.mean(results, axis=0))
        print(
            f"{name}, {rule}: GOSPA {mean.gospa:.2f}, missed {100 * mean.missed:.2f} %, false {mean.false:.4f} a scan, "
            f"switches {mean.switches:.3f} a target and minute",
            flush=True,
        )


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:3]) if len(sys.argv) > 2 else (10, 2))
