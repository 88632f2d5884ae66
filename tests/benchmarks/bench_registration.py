"""Registration: how well biases are found, how honest their sigmas are, and what that does to the tracks.

    python tests/benchmarks/bench_registration.py [runs]

Two 3-D radars (5 m, 0.5°, 0.7°, once a second) watch targets 0.5 to 2.5 km away that fly the tracker's quiet mode. A bias is
found when its residual's standard deviation over the runs is small, and its sigma is honest when the squared residual over the
variance (NEES) is about 1. RMSE is that of the nearest track's position, over the looks after settling.
"""

from __future__ import annotations

import math
import sys
import time
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from fusion.config import Accuracy, BiasSigma, Config, CoverageTable, Sensor, Site
from fusion.messages import SECOND, Identity, Polar, Position, Scan
from fusion.tracking import kernels, registration
from fusion.tracking.models import MODES, direction, matrices
from fusion.tracking.tracker import Tracker
from tests.tracking import separate_bias

START = 1_785_000_000 * SECOND
SITE = Site(name="bench", latitude_deg=48.8582, longitude_deg=2.2945, ground_amsl_m=33.0, geoid_undulation_m=44.6)
FRAME = SITE.frame()
PLACES = {"radar-1": (48.8650, 2.2850, 110.0), "radar-2": (48.8520, 2.3050, 100.0)}
PHASE = {"radar-1": 0.0, "radar-2": 0.37, "rid": 0.61}
HORIZONS = {name: FRAME.horizon(math.radians(lat), math.radians(lon), h) for name, (lat, lon, h) in PLACES.items()}
SIGMA = np.array([5.0, math.radians(0.5), math.radians(0.7)])
SURVEYED = BiasSigma(range_m=0.5, azimuth_deg=0.02, elevation_deg=0.02, place_m=0.0)
PD = 0.95
RID = 4.0
"""m, each axis, of what the cooperative drone reports."""


class Case(NamedTuple):
    """Who is off by what (range m, azimuth deg, elevation deg, time s, east m, north m; drawn if left out), and what is admitted."""

    bias: dict[str, tuple[float, ...]]
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
    shifted = state + np.array([*bias[4:], 0.0, 0.0, 0.0, 0.0])
    z = direction(HORIZONS[name], shifted, np.zeros((6, 6))).h[:3] + SIGMA * rng.standard_normal(3) + bias[:3]
    return polar(z, time + round(bias[3] * SECOND))


def polar(z, time):
    return Polar(time=time, range=float(z[0]), azimuth=float(z[1]) % math.tau, elevation=float(z[2]), sigma_range=SIGMA[0],
                 sigma_azimuth=SIGMA[1], sigma_elevation=SIGMA[2])  # fmt: skip


def false(rng, time):
    return polar(np.array([rng.uniform(50, 5000), rng.uniform(0, math.tau), rng.uniform(-0.1, 1.0)]), time)


def of_sigma(sigma):
    place = sigma.range_m if sigma.place_m is None else sigma.place_m
    return (sigma.range_m, sigma.azimuth_deg, sigma.elevation_deg, sigma.time_s, place, place)


def radians(bias):
    """Give a bias in the order and units of `sensors.PARTS`; no place left out is wrong."""
    return np.array(
        [bias[0], math.radians(bias[1]), math.radians(bias[2]), bias[3], *(bias[4:] if len(bias) > 4 else (0.0, 0.0))]
    )


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


def bound(case, seed):
    """Give the covariance of every bias that nobody can better, knowing who is who, q, and where to linearise.

    One Kalman filter over all targets and both radars' biases, along the flights of `run` with this seed: what a smoother
    would know of a constant at the end, it knows too.
    """
    rng, names, targets = np.random.default_rng(seed), list(PLACES), 6 * case.targets
    prior = np.concatenate([np.maximum(radians(of_sigma(case.sigma[name])), 1e-9) for name in names])
    P = np.diag(np.concatenate([np.tile([1e4, 1e4, 1e4, 100.0, 100.0, 15.0], case.targets), prior]) ** 2)
    states, last = [begin(rng) for _ in range(case.targets)], 0.0
    for at, name in sorted((PHASE[name] + k, name) for name in names for k in range(int(case.seconds))):
        F, Q = (np.kron(np.eye(case.targets), one) for one in matrices(MODES[0], at - last))
        P[:targets] = F @ P[:targets]
        P[:, :targets] = P[:, :targets] @ F.T
        P[:targets, :targets] += Q
        states, last = [fly(rng, state, at - last) for state in states], at
        biases = targets + 6 * names.index(name)
        for i, state in enumerate(states):
            if rng.random() < PD:
                slopes = direction(HORIZONS[name], state, np.zeros((6, 6))).H[:3]
                H = np.zeros((3, len(P)))
                H[:, 6 * i : 6 * i + 6], H[:, biases : biases + 3] = slopes, np.eye(3)
                H[:, biases + 3], H[:, biases + 4 : biases + 6] = -slopes[:, :3] @ state[3:], slopes[:, :2]
                K = np.linalg.solve(H @ P @ H.T + np.diag(SIGMA**2), H @ P).T
                P = P - K @ H @ P
                P = 0.5 * (P + P.T)
    return P[targets:, targets:]


UNITS = (1.0, math.degrees(1.0), math.degrees(1.0), 1.0, 1.0, 1.0)
NAMES = ("range m", "azimuth °", "elevation °", "time s", "east m", "north m")


def show(title, case, runs):
    """Print what registration finds in a case, and the tracks with and without it."""
    of = Tracker(Config(site=SITE, sensor=tuple(radar(name, case.sigma[name]) for name in PLACES)), FRAME).registration
    found = [run(case, 100 + seed) for seed in range(runs)]
    residuals = np.array([one.residual for one in found])
    nees = np.mean([one.residual @ np.linalg.solve(one.covariance, one.residual) for one in found]) / residuals.shape[1]
    print(f"{title}: NEES of all biases {nees:.2f}")
    least = np.mean([bound(case, 100 + seed) for seed in range(runs)], axis=0) if not case.cooperative else None
    for number, name in enumerate(PLACES):
        for place, part in zip(of.places[name], of.parts[name], strict=True):
            off, unit = residuals[:, place], UNITS[part]
            claimed = np.array([one.covariance[place, place] for one in found])
            print(f"  {name} {NAMES[part]}: residual {off.mean() * unit:+.3f} ± {off.std() * unit:.3f}, claimed "
                  f"{math.sqrt(claimed.mean()) * unit:.3f}, NEES {np.mean(off**2 / claimed):.2f}" + ("" if least is None else
                  f", bound {math.sqrt(least[6 * number + part, 6 * number + part]) * unit:.3f}"))  # fmt: skip
    without = [run(case, 100 + seed, learning=False) for seed in range(runs)]
    surveyed = case._replace(bias=dict.fromkeys(PLACES, NONE), sigma=dict.fromkeys(PLACES, BiasSigma()))
    ideal = [run(surveyed, 100 + seed) for seed in range(runs)]
    for label, some in (("registration", found), ("without", without), ("no bias at all", ideal)):
        squares, nees = (np.concatenate([getattr(one, key) for one in some]) for key in ("squares", "nees"))
        print(f"  {label}: RMSE {math.sqrt(squares.mean()):.2f} m, NEES {nees.mean():.2f}", flush=True)


NONE = (0.0, 0.0, 0.0, 0.0)
ONE = {"radar-1": BiasSigma(azimuth_deg=2.0), "radar-2": SURVEYED}
BOTH = dict.fromkeys(PLACES, BiasSigma(range_m=5.0, azimuth_deg=2.0, elevation_deg=0.5, place_m=0.0))
PLACED = dict.fromkeys(PLACES, BiasSigma(range_m=5.0, azimuth_deg=2.0, elevation_deg=0.5, place_m=5.0))
CASES = {
    "2° on one, 1 target": Case({"radar-1": (0, 2.0, 0, 0)}, ONE),
    "2° on one, 5 targets": Case({"radar-1": (0, 2.0, 0, 0)}, ONE, targets=5),
    "both, 5 targets, one cooperative": Case(
        {"radar-1": (4, 2.0, 0.4, 0), "radar-2": (-3, -1.5, -0.3, 0)}, BOTH, targets=5, cooperative=1
    ),
    "both, 5 targets, none cooperative": Case({"radar-1": (4, 2.0, 0.4, 0), "radar-2": (-3, -1.5, -0.3, 0)}, BOTH, targets=5),
    "both drawn, 5 targets, one cooperative": Case({}, BOTH, targets=5, cooperative=1),
    "both drawn, their places too, 5 targets, one cooperative": Case({}, PLACED, targets=5, cooperative=1),
    "no bias, but admitted, 5 targets": Case(dict.fromkeys(PLACES, NONE), BOTH, targets=5),
    "no bias, admitted on one, 1 target": Case(dict.fromkeys(PLACES, NONE), ONE),
    "clock 0.5 s ahead, 5 targets": Case(
        {"radar-1": (0, 0, 0, 0.5)}, {"radar-1": BiasSigma(time_s=0.5), "radar-2": SURVEYED}, targets=5
    ),
}


def cost():
    """Print what learning costs a look of five targets, by the kernel and by the same in numpy, on the same looks."""
    case = CASES["both, 5 targets, none cooperative"]
    seconds = {}
    for label, way in (("numpy", separate_bias.register), ("kernel", kernels.register)):
        taken = []

        def timed(*arguments, way=way, taken=taken):
            begun = time.perf_counter()
            way(*arguments)
            taken.append((time.perf_counter() - begun) / max(len(arguments[0]), 1))

        registration.kernels = SimpleNamespace(**{**vars(kernels), "register": timed})
        run(case, 100)
        registration.kernels = kernels
        seconds[label] = float(np.median(taken))
    print(f"learning from a detection: {seconds['kernel'] * 1e6:.1f} µs by the kernel, {seconds['numpy'] * 1e6:.0f} µs in numpy, "
          f"ratio {seconds['numpy'] / seconds['kernel']:.0f}")  # fmt: skip


def main(runs):
    """Print every case, the first two with eight times the runs: their figures are held to a bound 4 % away."""
    cost()
    for number, (title, case) in enumerate(CASES.items()):
        show(title, case, runs * (8 if number < 2 else 1))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 24)
