"""Registration: how well biases are found, how honest their sigmas are, and what that does to the tracks.

    python tests/benchmarks/bench_registration.py [runs]

Two 3-D radars (5 m, 0.5°, 0.7°, once a second) watch targets 0.5 to 2.5 km away that fly the tracker's quiet mode. A bias is
found when its residual's standard deviation over the runs is small, and its sigma is honest when the squared residual over the
variance (NEES) is about 1. RMSE is that of the nearest track's position, over the looks after settling.
"""

from __future__ import annotations

import math
import sys
from typing import NamedTuple

import numpy as np

from fusion.config import Accuracy, BiasSigma, Config, CoverageTable, Sensor, Site
from fusion.messages import SECOND, Identity, Polar, Position, Scan
from fusion.tracking.models import MODES, direction, matrices
from fusion.tracking.tracker import Tracker

START = 1_785_000_000 * SECOND
SITE = Site(name="bench", latitude_deg=48.8582, longitude_deg=2.2945, ground_amsl_m=33.0, geoid_undulation_m=44.6)
FRAME = SITE.frame()
PLACES = {"radar-1": (48.8650, 2.2850, 110.0), "radar-2": (48.8520, 2.3050, 100.0)}
PHASE = {"radar-1": 0.0, "radar-2": 0.37, "rid": 0.61}
HORIZONS = {name: FRAME.horizon(math.radians(lat), math.radians(lon), h) for name, (lat, lon, h) in PLACES.items()}
SIGMA = np.array([5.0, math.radians(0.5), math.radians(0.7)])
SURVEYED = BiasSigma(range_m=0.5, azimuth_deg=0.02, elevation_deg=0.02)
PD = 0.95
RID = 4.0
"""m, each axis, of what the cooperative drone reports."""


class Case(NamedTuple):
    """Who is off by what (range m, azimuth deg, elevation deg, time s; drawn if left out), and what the configuration admits."""

    bias: dict[str, tuple[float, float, float, float]]
    sigma: dict[str, BiasSigma]
    targets: int = 1
    cooperative: int = 0
    seconds: float = 30.0


def radar(name, sigma):
    lat, lon, height = PLACES[name]
    return Sensor(id=name, kind="radar", latitude_deg=lat, longitude_deg=lon, altitude_hae_m=height, period_s=1.0,
                  accuracy=Accuracy(range_m=5.0, azimuth_deg=0.5, elevation_deg=0.7), detection_probability=PD, false_alarms_per_scan=3.0,
                  coverage=CoverageTable(elevation_deg=(-10.0, 70.0), range_m=(50.0, 5000.0)), bias_sigma=sigma)  # fmt: skip


REMOTE = Sensor(id="rid", kind="remote_id", period_s=1.0, accuracy=Accuracy(horizontal_m=RID, vertical_m=RID), reports="detections-only",
                detection_probability=PD, false_alarms_per_scan=0.001)  # fmt: skip


def begin(rng):
    """Draw a target 0.5 to 2.5 km from both radars, at a drone's speed."""
    while True:
        middle = FRAME.grid_from_wgs84(FRAME.latitude, FRAME.longitude, FRAME.ground + 90.0)
        place = middle + [*rng.uniform(-2000, 2000, 2), rng.uniform(-40, 80)]
        if all(600.0 < np.linalg.norm(horizon.enu_from_grid(place)[:2]) < 2400.0 for horizon in HORIZONS.values()):
            course, speed = rng.uniform(0, 2 * math.pi), rng.uniform(2, 15)
            return np.array([*place, speed * math.cos(course), speed * math.sin(course), 0.0])


def fly(rng, state, dt):
    F, Q = matrices(MODES[0], dt)
    return F @ state + np.linalg.cholesky(Q + 1e-12 * np.eye(6)) @ rng.standard_normal(6)


def report(rng, name, state, number, time, bias):
    """Give what a sensor says of a target; a clock that is ahead by b says b more than the time."""
    if name == "rid":
        lat, lon, height = FRAME.wgs84_from_grid(state[:3] + rng.normal(0, RID, 3))
        return Position(time=time, latitude=float(lat), longitude=float(lon), altitude=float(height), sigma_horizontal=RID,
                        sigma_vertical=RID, identity=Identity(serial=f"drone{number}"))  # fmt: skip
    z = direction(HORIZONS[name], state, np.zeros((6, 6))).h[:3] + SIGMA * rng.standard_normal(3) + bias[:3]
    return polar(z, time + round(bias[3] * SECOND))


def polar(z, time):
    return Polar(time=time, range=float(z[0]), azimuth=float(z[1]) % math.tau, elevation=float(z[2]), sigma_range=SIGMA[0],
                 sigma_azimuth=SIGMA[1], sigma_elevation=SIGMA[2])  # fmt: skip


def false(rng, time):
    return polar(np.array([rng.uniform(50, 5000), rng.uniform(0, math.tau), rng.uniform(-0.1, 1.0)]), time)


def of_sigma(sigma):
    return (sigma.range_m, sigma.azimuth_deg, sigma.elevation_deg, sigma.time_s)


def radians(bias):
    return np.array([bias[0], math.radians(bias[1]), math.radians(bias[2]), bias[3]])


class Run(NamedTuple):
    """One run's residuals of every estimated bias (in units of m, rad, s), their covariance, and squared position errors."""

    residual: np.ndarray
    covariance: np.ndarray
    squares: np.ndarray
    nees: np.ndarray


def run(case, seed, *, learning=True):
    """Let the tracker see one run."""
    rng = np.random.default_rng(seed)
    sensors = tuple(radar(name, case.sigma[name]) for name in PLACES) + ((REMOTE,) if case.cooperative else ())
    chance = np.random.default_rng([seed, 1])
    drawn = {one.id: chance.normal(0.0, of_sigma(one.bias_sigma)) for one in sensors}
    bias = {one.id: radians(case.bias.get(one.id, drawn[one.id])) for one in sensors}
    tracker = Tracker(Config(site=SITE, sensor=sensors), FRAME)
    if not learning:
        tracker.registration.learn = lambda *_: None
    states, last = [begin(rng) for _ in range(case.targets)], 0.0
    squares, nees = [], []
    looks = sorted((PHASE[one.id] + k, one.id) for one in sensors for k in range(int(case.seconds)))
    for k, (at, name) in enumerate(looks):
        states, last = [fly(rng, state, at - last) for state in states], at
        time = START + round(at * SECOND)
        seen = states[: case.cooperative] if name == "rid" else states
        found = [report(rng, name, state, i, time, bias[name]) for i, state in enumerate(seen) if rng.random() < PD]
        found += [] if name == "rid" else [false(rng, time) for _ in range(rng.poisson(3.0))]
        stated = time + round(bias[name][3] * SECOND)
        tracker.step(Scan(sensor=name, time=stated, received=stated, sequence=k, detections=tuple(found)))
        if at > case.seconds / 2:
            for e, P in errors(tracker.table(stated), states, (stated - time) / SECOND):
                squares.append(e[:3] @ e[:3])
                nees.append(e @ np.linalg.solve(P, e) / 6)
    of = tracker.registration
    true = np.concatenate([bias[name][of.parts[name]] for name in of.ids])
    return Run(of.state.b - true, of.state.B, np.array(squares), np.array(nees))


def errors(table, states, ahead):
    """Give the nearest track's error and covariance for each target that has one within 200 m."""
    for state in states:
        if len(table.tracks):
            found = table.state - (state + np.array([*(state[3:] * ahead), 0.0, 0.0, 0.0]))
            nearest = int(np.argmin((found[:, :3] ** 2).sum(axis=1)))
            if (found[nearest, :3] ** 2).sum() < 200.0**2:
                yield found[nearest], table.covariance[nearest]


UNITS = {0: 1.0, 1: math.degrees(1.0), 2: math.degrees(1.0), 3: 1.0}
NAMES = ("range m", "azimuth °", "elevation °", "time s")


def show(title, case, runs):
    """Print what registration finds in a case, and the tracks with and without it."""
    of = Tracker(Config(site=SITE, sensor=tuple(radar(name, case.sigma[name]) for name in PLACES)), FRAME).registration
    found = [run(case, 100 + seed) for seed in range(runs)]
    residuals = np.array([one.residual for one in found])
    nees = np.mean([one.residual @ np.linalg.solve(one.covariance, one.residual) for one in found]) / residuals.shape[1]
    print(f"{title}: NEES of all biases {nees:.2f}")
    for name in PLACES:
        for place, part in zip(of.places[name], of.parts[name], strict=True):
            off, unit = residuals[:, place], UNITS[part]
            claimed = np.array([one.covariance[place, place] for one in found])
            print(f"  {name} {NAMES[part]}: residual {off.mean() * unit:+.3f} ± {off.std() * unit:.3f}, claimed "
                  f"{math.sqrt(claimed.mean()) * unit:.3f}, NEES {np.mean(off**2 / claimed):.2f}")  # fmt: skip
    without = [run(case, 100 + seed, learning=False) for seed in range(runs)]
    surveyed = case._replace(bias=dict.fromkeys(PLACES, NONE), sigma=dict.fromkeys(PLACES, BiasSigma()))
    ideal = [run(surveyed, 100 + seed) for seed in range(runs)]
    for label, some in (("registration", found), ("without", without), ("no bias at all", ideal)):
        squares, nees = (np.concatenate([getattr(one, key) for one in some]) for key in ("squares", "nees"))
        print(f"  {label}: RMSE {math.sqrt(squares.mean()):.2f} m, NEES {nees.mean():.2f}", flush=True)


NONE = (0.0, 0.0, 0.0, 0.0)
ONE = {"radar-1": BiasSigma(azimuth_deg=2.0), "radar-2": SURVEYED}
BOTH = dict.fromkeys(PLACES, BiasSigma(range_m=5.0, azimuth_deg=2.0, elevation_deg=0.5))
CASES = {
    "2° on one, 1 target": Case({"radar-1": (0, 2.0, 0, 0)}, ONE),
    "2° on one, 5 targets": Case({"radar-1": (0, 2.0, 0, 0)}, ONE, targets=5),
    "both, 5 targets, one cooperative": Case(
        {"radar-1": (4, 2.0, 0.4, 0), "radar-2": (-3, -1.5, -0.3, 0)}, BOTH, targets=5, cooperative=1
    ),
    "both, 5 targets, none cooperative": Case({"radar-1": (4, 2.0, 0.4, 0), "radar-2": (-3, -1.5, -0.3, 0)}, BOTH, targets=5),
    "both drawn, 5 targets, one cooperative": Case({}, BOTH, targets=5, cooperative=1),
    "no bias, but admitted, 5 targets": Case(dict.fromkeys(PLACES, NONE), BOTH, targets=5),
    "no bias, admitted on one, 1 target": Case(dict.fromkeys(PLACES, NONE), ONE),
    "clock 0.5 s ahead, 5 targets": Case(
        {"radar-1": (0, 0, 0, 0.5)}, {"radar-1": BiasSigma(time_s=0.5), "radar-2": SURVEYED}, targets=5
    ),
}


def main(runs):
    for title, case in CASES.items():
        show(title, case, runs)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 24)
