"""Accuracy against the bound: the tracker's position error over the known-mode posterior Cramér–Rao bound.

    vigie bench accuracy        (or PYTHONPATH=. python tests/benchmarks/bench_accuracy.py [runs of each mode sequence])

Targets jump between the tracker's own modes (a jump-Markov system); two radars, a direction finder and a camera look. The bound
knows each run's modes: J ← (F J⁻¹ Fᵀ + Q)⁻¹ + pD Hᵀ R⁻¹ H (Tichavský, Muravchik & Nehorai 1998), H at the true state. The mean
of J⁻¹ over the runs is what a filter that knows the modes attains (it is run here too, and does). Taking the mean of H R⁻¹ H over
runs that share their modes before inverting, as the theorem has it, gives a lower bound that such runs drift too far apart to
reach; it is printed beside.
"""

from __future__ import annotations

import math
import sys
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from fusion.config import Accuracy, Config, CoverageTable, Sensor, Site
from fusion.messages import SECOND, Bearing, Polar, Scan
from fusion.tracking.models import GENERATOR, INITIAL, MODES, direction, matrices
from fusion.tracking.tracker import Tracker

START = 1_785_000_000 * SECOND
SITE = Site(name="bench", latitude_deg=48.8582, longitude_deg=2.2945, ground_amsl_m=33.0, geoid_undulation_m=44.6)
FRAME = SITE.frame()
SECONDS, SETTLED = 40.0, 10.0
SEQUENCES = 12


def sensor(name, kind, lat, lon, height, period, accuracy, **more):
    return Sensor(id=name, kind=kind, latitude_deg=lat, longitude_deg=lon, altitude_hae_m=height, period_s=period, accuracy=accuracy,
                  coverage=CoverageTable(elevation_deg=(-30.0, 80.0), range_m=(10.0, 8000.0)), **more)  # fmt: skip


POLAR = Accuracy(range_m=5.0, azimuth_deg=0.5, elevation_deg=0.7)
SENSORS = (
    sensor("radar-1", "radar", 48.8780, 2.2650, 110.0, 1.0, POLAR),
    sensor("radar-2", "radar", 48.8360, 2.3200, 100.0, 1.0, POLAR),
    sensor("rf-1", "rf", 48.8830, 2.3150, 120.0, 1.0, Accuracy(azimuth_deg=3.0)),
    sensor("camera-1", "camera", 48.8480, 2.2780, 90.0, 0.2, Accuracy(azimuth_deg=0.2, elevation_deg=0.2), correlation_s=0.0),
)
PHASE = {"radar-1": 0.0, "radar-2": 0.37, "rf-1": 0.71, "camera-1": 0.05}


class World(NamedTuple):
    """What the sensors do in one family of runs."""

    pd: float
    false: float  # expected in one look of a radar

    def sensors(self):
        return tuple(replace(one, detection_probability=self.pd, false_alarms_per_scan=self.alarms(one)) for one in SENSORS)

    def alarms(self, one):
        return self.false if one.kind == "radar" else min(self.false, 0.2)


def looks():
    """Give (time, sensor) in order."""
    times = [(PHASE[one.id] + k * one.period_s, one) for one in SENSORS for k in range(int(SECONDS / one.period_s))]
    return sorted(times, key=lambda look: (look[0], look[1].id))


LOOKS = looks()


def mode_sequence(rng):
    """Draw the mode over each interval between two looks, and at the first."""
    from scipy.linalg import expm

    mode, modes, last = int(rng.choice(len(MODES), p=INITIAL)), [], LOOKS[0][0]
    for time, _ in LOOKS:
        mode = int(rng.choice(len(MODES), p=expm(GENERATOR * (time - last))[mode]))
        modes.append(mode)
        last = time
    return modes


def begin(rng):
    """Draw where a target is when it is first seen, at a drone's speed."""
    middle = FRAME.grid_from_wgs84(FRAME.latitude, FRAME.longitude, FRAME.ground + 90.0)
    course, speed = rng.uniform(0, 2 * math.pi), rng.uniform(2, 15)
    return np.array(
        [*(middle + [*rng.uniform(-800, 800, 2), rng.uniform(-30, 30)]), speed * math.cos(course), speed * math.sin(course), 0.0]
    )


PRIOR = np.array([20.0, 20.0, 10.0, 3.0, 3.0, 0.5])
"""Sigmas of a target's first state about its sequence's: what the bound knows at the start."""


def fly(rng, modes, start):
    """Draw a trajectory (looks, 6) of a mode sequence from about a start."""
    state, last, states = start + PRIOR * rng.standard_normal(6), LOOKS[0][0], []
    for (time, _), mode in zip(LOOKS, modes, strict=True):
        if time > last:
            F, Q = matrices(MODES[mode], time - last)
            state = F @ state + np.linalg.cholesky(Q + 1e-12 * np.eye(6)) @ rng.standard_normal(6)
        states.append(state)
        last = time
    return np.array(states)


def noise(one):
    """Give R and which components a sensor measures: range, azimuth, elevation."""
    accuracy = one.accuracy
    parts = [(0, accuracy.range_m), (1, accuracy.azimuth_deg and math.radians(accuracy.azimuth_deg)),
             (2, accuracy.elevation_deg and math.radians(accuracy.elevation_deg))]  # fmt: skip
    parts = [(place, sigma) for place, sigma in parts if sigma]
    return [place for place, _ in parts], np.array([sigma for _, sigma in parts])


HORIZONS = {
    one.id: FRAME.horizon(math.radians(one.latitude_deg), math.radians(one.longitude_deg), one.altitude_hae_m) for one in SENSORS
}


def bound(modes, flights, pd):
    """Give the bound on the mean squared position error at each look (looks,), m²."""
    J, last, squares = np.diag(PRIOR**-2), LOOKS[0][0], []
    for k, ((time, one), mode) in enumerate(zip(LOOKS, modes, strict=True)):
        if time > last:
            F, Q = matrices(MODES[mode], time - last)
            J = np.linalg.inv(F @ np.linalg.inv(J) @ F.T + Q)
        places, sigma = noise(one)
        learnt = np.zeros((6, 6))
        for states in flights:
            H = direction(HORIZONS[one.id], states[k], np.zeros((6, 6))).H[places]
            learnt += H.T @ np.diag(sigma**-2) @ H
        J = J + pd * learnt / len(flights)
        squares.append(np.trace(np.linalg.inv(J)[:3, :3]))
        last = time
    return np.array(squares)


def detect(rng, one, state, time, world):
    """Give what a sensor reports of a target and of nothing."""
    places, sigma = noise(one)
    seen = direction(HORIZONS[one.id], state, np.zeros((6, 6))).h[places] + sigma * rng.standard_normal(len(places))
    found = [_detection(one, places, seen, sigma, time)] if rng.random() < world.pd else []
    alarms = world.alarms(one)
    low = {0: 10.0, 1: 0.0, 2: math.radians(-30)}
    high = {0: 8000.0, 1: 2 * math.pi, 2: math.radians(80)}
    false = rng.poisson(alarms) if alarms > 1e-3 else 0
    found += [
        _detection(one, places, np.array([rng.uniform(low[p], high[p]) for p in places]), sigma, time) for _ in range(false)
    ]
    return tuple(found[i] for i in rng.permutation(len(found)))


def _detection(one, places, values, sigma, time):
    named = dict(zip(places, values.tolist(), strict=True))
    azimuth = {"azimuth": named[1] % math.tau, "sigma_azimuth": float(sigma[places.index(1)])}
    if 2 in named:
        azimuth |= {"elevation": named[2], "sigma_elevation": float(sigma[places.index(2)])}
    if 0 in named:
        return Polar(time=time, range=max(named[0], 0.1), sigma_range=float(sigma[0]), **azimuth)
    return Bearing(time=time, **azimuth)


class Run(NamedTuple):
    """Errors of one run after each look: (looks,) squared position error, m² (NaN while untracked), and NEES of six."""

    squares: np.ndarray
    nees: np.ndarray


def track(rng, states, world):
    """Let the tracker see one flight; the nearest track within 50 m is the target's."""
    tracker = Tracker(Config(site=SITE, sensor=world.sensors()), FRAME)
    squares, nees = np.full(len(LOOKS), np.nan), np.full(len(LOOKS), np.nan)
    for k, (at, one) in enumerate(LOOKS):
        time = START + round(at * SECOND)
        scan = Scan(sensor=one.id, time=time, received=time, sequence=k, detections=detect(rng, one, states[k], time, world))
        tracker.step(scan)
        table = tracker.table(time)
        if not len(table.tracks):
            continue
        errors = table.state - states[k]
        nearest = int(np.argmin((errors[:, :3] ** 2).sum(axis=1)))
        error = errors[nearest]
        if (error[:3] ** 2).sum() < 2500.0:
            squares[k] = (error[:3] ** 2).sum()
            nees[k] = error @ np.linalg.solve(table.covariance[nearest], error) / 6.0
    return Run(squares, nees)


def genie(rng, states, modes, pd):
    """Run the filter that knows the modes and whose detection is whose; give its squared position errors (looks,), m²."""
    x, P, last, squares = states[0] + PRIOR * rng.standard_normal(6), np.diag(PRIOR**2), LOOKS[0][0], []
    for k, ((time, one), mode) in enumerate(zip(LOOKS, modes, strict=True)):
        F, Q = matrices(MODES[mode], time - last)
        x, P, last = F @ x, F @ P @ F.T + Q, time
        if rng.random() < pd:
            places, sigma = noise(one)
            z = direction(HORIZONS[one.id], states[k], np.zeros((6, 6))).h[places] + sigma * rng.standard_normal(len(places))
            expected = direction(HORIZONS[one.id], x, P)
            H, y = expected.H[places], z - expected.h[places]
            y[places.index(1)] = math.remainder(y[places.index(1)], math.tau)
            K = P @ H.T @ np.linalg.inv(H @ P @ H.T + np.diag(sigma**2))
            x, P = x + K @ y, (np.eye(6) - K @ H) @ P
        squares.append(((x - states[k])[:3] ** 2).sum())
    return np.array(squares)


class Result(NamedTuple):
    """Root mean squares over all runs after settling, m; ANEES per degree of freedom; the share of looks without a track."""

    rmse: float
    genie: float
    bound: float
    common: float  # the bound with the information averaged first
    nees: float
    untracked: float


def measure(world, runs):
    """Run the tracker, the filter that knows the modes, and the bounds."""
    rng = np.random.default_rng(20261123)
    settled = np.array([time >= SETTLED for time, _ in LOOKS])
    found = {name: [] for name in ("tracker", "genie", "bound", "common", "nees")}
    for _ in range(SEQUENCES):
        modes, start = mode_sequence(rng), begin(rng)
        flights = [fly(rng, modes, start) for _ in range(runs)]
        found["common"].append(bound(modes, flights, world.pd)[settled])
        for states in flights:
            run = track(rng, states, world)
            found["tracker"].append(run.squares[settled])
            found["nees"].append(run.nees[settled])
            found["genie"].append(genie(rng, states, modes, world.pd)[settled])
            found["bound"].append(bound(modes, [states], world.pd)[settled])
    roots = [math.sqrt(np.nanmean(found[name])) for name in ("tracker", "genie", "bound", "common")]
    return Result(*roots, float(np.nanmean(found["nees"])), float(np.isnan(found["tracker"]).mean()))


WORLDS = {"known association": World(0.999, 1e-6), "50 false alarms a scan, pD 0.9": World(0.9, 50.0)}
REACH = {"known association": 1.10, "50 false alarms a scan, pD 0.9": 1.20}


def bounds():
    """Give (what, figure, bound, relation) of the must-hold, from three runs of each mode sequence."""
    for name, world in WORLDS.items():
        r = measure(world, 3)
        yield f"accuracy, {name}: RMSE over the bound", r.rmse / r.bound, REACH[name], "<="
        yield f"accuracy, {name}: ANEES", r.nees, 0.85, ">="
        yield f"accuracy, {name}: ANEES", r.nees, 1.25, "<="


def main(runs):
    for name, world in WORLDS.items():
        r = measure(world, runs)
        print(
            f"{name}: position RMSE {r.rmse:.3f} m, bound {r.bound:.3f} m, ratio {r.rmse / r.bound:.3f} (the filter that knows the "
            f"modes: {r.genie / r.bound:.3f}; to the common bound {r.rmse / r.common:.3f}); ANEES/6 {r.nees:.3f}; "
            f"untracked {100 * r.untracked:.2f} %",
            flush=True,
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
