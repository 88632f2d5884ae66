"""Skies of a peer's families, and what a Kalman filter reaches that knows whose detection is whose and how its target moves.

    vigie bench families        (or PYTHONPATH=. python tests/benchmarks/bench_families.py [seeds] [family ...])

easy      ten targets, white acceleration of 0.1 m²/s³, places to 10 m, 5 false alarms a scan, 150 s
crossing  six on planned legs, some in formation 20 m apart, all meet in the middle; one turns twice; places to 5 m, 130 s
dense     two hundred that come and go, 0.5 m²/s³, places to 8 m, 100 false alarms a scan, 40 s
turning   twenty that switch between straight flight (0.5 m²/s³) and turns of ±0.2 rad/s, a 3-D radar (10 m, 0.5°, 0.5°) each 0.5 s,
          20 false alarms a look, pD 0.85, 60 s; without a filter that knows: none is linear

pD is 0.9 elsewhere, one look a second. GOSPA with c = 50 m (turning: 100 m), p = 2, α = 2, from the first look on. The filter that
knows shows a target from its second detection on, with velocity's prior 10 m/s each axis.
"""

from __future__ import annotations

import math
import sys
from typing import NamedTuple

import numpy as np

from fusion.config import Accuracy, Config, CoverageTable, Sensor, Site
from fusion.messages import SECOND, Polar, Position, Scan
from fusion.tracking.models import step
from fusion.tracking.tracker import Tracker
from tests.benchmarks.scoring import Result, Score

START = 1_785_000_000 * SECOND
SITE = Site(name="bench", latitude_deg=48.8582, longitude_deg=2.2945, ground_amsl_m=35.4, geoid_undulation_m=44.6)
FRAME = SITE.frame()
CENTRE = FRAME.grid_from_wgs84(FRAME.latitude, FRAME.longitude, FRAME.ground)
TURN = 0.2  # rad/s


class Family(NamedTuple):
    """One family of skies."""

    sigma: float  # m, each axis; 0: a 3-D radar
    q: tuple[float, float]  # m²/s³, horizontal and vertical: what the filter that knows is told
    false: float
    reach: float  # m
    seconds: int
    period: float = 1.0
    pd: float = 0.9
    cut: float = 50.0


FAMILIES = {
    "easy": Family(10.0, (0.1, 0.001), 5.0, 4260.0, 150),
    "crossing": Family(5.0, (0.01, 0.001), 5.0, 1704.0, 131),
    "dense": Family(8.0, (0.5, 0.001), 100.0, 1775.0, 40),
    "turning": Family(0.0, (0.5, 0.001), 20.0, 5000.0, 60, 0.5, 0.85, 100.0),
}
POLAR = (10.0, math.radians(0.5), math.radians(0.5))


def walk(rng, state: np.ndarray, q, dt: float) -> np.ndarray:
    """Move states (n, 6) on by Δt with white acceleration."""
    s = step(math.inf, dt)
    root = np.linalg.cholesky(np.array([[s.pp, s.pv], [s.pv, s.vv]]))
    noise = np.einsum("ab,nbk->nak", root, rng.standard_normal((len(state), 2, 3))) * np.sqrt([q[0], q[0], q[1]])
    return np.hstack([state[:, :3] + dt * state[:, 3:] + noise[:, 0], state[:, 3:] + noise[:, 1]])


def drawn(rng, count: int, spread: float) -> np.ndarray:
    """Draw first states (count, 6)."""
    place = np.column_stack([rng.normal(0, spread, (count, 2)), rng.uniform(50, 300, count)])
    return np.hstack([place, rng.normal(0, 8, (count, 2)), rng.normal(0, 0.1, (count, 1))])


def easy(rng, family: Family) -> np.ndarray:
    """Give states (looks, n, 6); NaN where a target is not there."""
    state, states = drawn(rng, 10, 1000.0), []
    for _ in range(family.seconds):
        states.append(state)
        state = walk(rng, state, family.q, 1.0)
    return np.array(states)


def dense(rng, family: Family) -> np.ndarray:
    """The same of two hundred, of which one in five hundred leaves each second, while another comes."""
    state, states = drawn(rng, 200, 700.0), []
    for _ in range(family.seconds):
        states.append(state)
        state = walk(rng, state, family.q, 1.0)
        gone = np.flatnonzero(rng.random(len(state)) < 0.002)
        fresh = drawn(rng, len(gone), 700.0)
        state[gone] = np.nan
        state = np.vstack([state, fresh])
    whole = np.full((len(states), len(states[-1]), 6), np.nan)
    for k, one in enumerate(states):
        whole[k, : len(one)] = one
    return whole


def crossing(rng, family: Family) -> np.ndarray:
    """The same of a flight of three, one against them, one across, one that joins them for a while; all but straight."""
    gap, speed = rng.uniform(15, 25), rng.uniform(10, 14)
    half = speed * family.seconds / 2
    first = [[-half, (k - 1) * gap, 100, speed, 0, 0] for k in range(3)]
    first += [[half, 0.5 * gap, 100, -speed, 0, 0], [0, -half, 100, 0, speed, 0]]
    drop = math.radians(rng.uniform(15, 30))
    a, b = rng.uniform(0.28, 0.36), rng.uniform(0.65, 0.75)  # when it joins and leaves
    first.append([-half, 1.7 * gap + math.tan(drop) * speed * a * family.seconds, 100, speed, -speed * math.tan(drop), 0])
    course, state, states = rng.uniform(0, math.tau), np.array(first, float), []
    for k in range(family.seconds):
        states.append(state)
        joins, leaves = k == round(a * family.seconds), k == round(b * family.seconds)
        state = walk(rng, state, (5e-5, 1e-5), 1.0)
        if joins or leaves:
            state[5, 4] += speed * math.tan(drop) * (1.0 if joins else -1.0)
    turn = np.array([[math.cos(course), -math.sin(course)], [math.sin(course), math.cos(course)]])
    states = np.array(states)
    states[..., :2], states[..., 3:5] = states[..., :2] @ turn.T, states[..., 3:5] @ turn.T
    return states


def turning(rng, family: Family) -> np.ndarray:
    """The same of targets that switch, on average each 10 s, between straight flight and turns to either side."""
    state, states = drawn(rng, 20, 1800.0), []
    rate = np.zeros(len(state))
    for _ in range(round(family.seconds / family.period)):
        states.append(state)
        switch = rng.random(len(state)) < family.period / 10.0
        rate = np.where(switch, rng.choice([-TURN, 0.0, TURN], len(state)), rate)
        angle = rate * family.period
        state = state.copy()
        east, north = state[:, 3].copy(), state[:, 4].copy()
        state[:, 3], state[:, 4] = east * np.cos(angle) - north * np.sin(angle), east * np.sin(angle) + north * np.cos(angle)
        state = walk(rng, state, family.q, family.period)
    return np.array(states)


SKIES = {"easy": easy, "crossing": crossing, "dense": dense, "turning": turning}


def sensor(family: Family) -> Sensor:
    accuracy = Accuracy(horizontal_m=family.sigma, vertical_m=family.sigma)
    coverage = CoverageTable(range_m=(0.0, family.reach))
    if not family.sigma:
        accuracy = Accuracy(range_m=POLAR[0], azimuth_deg=0.5, elevation_deg=0.5)
        coverage = CoverageTable(range_m=(200.0, family.reach), elevation_deg=(-1.0, 15.0))
    return Sensor(
        id="radar", kind="radar", latitude_deg=SITE.latitude_deg, longitude_deg=SITE.longitude_deg, altitude_hae_m=80.0,
        period_s=family.period, accuracy=accuracy, detection_probability=family.pd, false_alarms_per_scan=family.false,
        coverage=coverage,
    )  # fmt: skip


HORIZON = FRAME.horizon(FRAME.latitude, FRAME.longitude, 80.0)


def covered(family: Family, state: np.ndarray) -> np.ndarray:
    """Say which targets (n, 6) are there, and where the radar looks; only those are judged."""
    e = state[:, :3] - [0.0, 0.0, 80.0 - FRAME.ground]
    level = np.hypot(e[:, 0], e[:, 1])
    near, far = sensor(family).coverage.range_m
    inside = (np.hypot(level, e[:, 2]) > near) & (np.hypot(level, e[:, 2]) < far)  # false where NaN
    if family.sigma:
        return inside
    elevation = np.degrees(np.arctan2(e[:, 2], level))
    return inside & (elevation > -1.0) & (elevation < 15.0)


def look(rng, family: Family, state: np.ndarray, k: int) -> tuple[Scan, np.ndarray, np.ndarray]:
    """Give a look at states (n, 6), which targets it reports (n), and the reported places (n, 3) in the grid."""
    time = START + round(k * family.period * SECOND)
    seen = covered(family, state) & (rng.random(len(state)) < family.pd)
    count = rng.poisson(family.false)
    if not family.sigma:
        e = np.array([HORIZON.enu_from_grid(CENTRE + one) for one in state[seen, :3]]).reshape(-1, 3)
        true = np.column_stack(
            [np.linalg.norm(e, axis=1), np.arctan2(e[:, 0], e[:, 1]), np.arctan2(e[:, 2], np.hypot(*e[:, :2].T))]
        )
        told = true + rng.standard_normal(true.shape) * POLAR
        low, high = np.radians(-1.0), np.radians(15.0)
        fake = np.column_stack(
            [rng.uniform(200, family.reach, count), rng.uniform(0, math.tau, count), rng.uniform(low, high, count)]
        )
        sigma = {"sigma_range": POLAR[0], "sigma_azimuth": POLAR[1], "sigma_elevation": POLAR[2]}
        plots = [
            Polar(time=time, range=max(float(r), 1.0), azimuth=float(a % math.tau), elevation=float(b), **sigma)
            for r, a, b in np.vstack([told, fake])
        ]
        place = state[:, :3] * np.nan
    else:
        place = state[:, :3] + family.sigma * rng.standard_normal((len(state), 3))
        radius, turn = family.reach * np.sqrt(rng.random(count)), rng.uniform(0, math.tau, count)
        fake = np.column_stack([radius * np.sin(turn), radius * np.cos(turn), rng.uniform(0, 400, count)])
        told = FRAME.wgs84_from_grid(CENTRE + np.vstack([place[seen], fake]))
        plots = [
            Position(time=time, latitude=float(a), longitude=float(b), altitude=float(h), sigma_horizontal=family.sigma, sigma_vertical=family.sigma)
            for a, b, h in zip(*told, strict=True)
        ]  # fmt: skip
    order = rng.permutation(len(plots))
    scan = Scan(sensor="radar", time=time, received=time, sequence=k, detections=tuple(plots[i] for i in order))
    return scan, seen, place


class Knows:
    """A Kalman filter for each target, which knows which detection is whose and how its target moves."""

    def __init__(self, count: int, family: Family) -> None:
        s = step(math.inf, family.period)
        q = np.array([family.q[0], family.q[0], family.q[1]])
        self.F = np.block([[np.eye(3), s.a * np.eye(3)], [np.zeros((3, 3)), np.eye(3)]])
        self.Q = np.block([[np.diag(s.pp * q), np.diag(s.pv * q)], [np.diag(s.pv * q), np.diag(s.vv * q)]])
        self.R = family.sigma**2 * np.eye(3)
        self.x, self.P, self.hits = np.zeros((count, 6)), np.zeros((count, 6, 6)), np.zeros(count, int)

    def step(self, present, seen, place) -> None:
        self.x, self.P = self.x @ self.F.T, self.F @ self.P @ self.F.T + self.Q
        for i in np.flatnonzero(seen):
            if not self.hits[i]:
                self.x[i] = [*place[i], 0, 0, 0]
                self.P[i] = np.diag([*np.diag(self.R), 100, 100, 1])
            else:
                K = self.P[i][:, :3] @ np.linalg.inv(self.P[i][:3, :3] + self.R)
                self.x[i] = self.x[i] + K @ (place[i] - self.x[i, :3])
                self.P[i] = self.P[i] - K @ self.P[i][:3]
            self.hits[i] += 1
        self.hits[~present] = 0

    def shown(self) -> np.ndarray:
        return np.flatnonzero(self.hits >= 2)


def run(rng, name: str) -> tuple[Result, Result | None]:
    """Track one sky; give what the tracker is worth, and the filter that knows."""
    family = FAMILIES[name]
    truth = SKIES[name](rng, family)
    tracker = Tracker(Config(site=SITE, sensor=(sensor(family),)), FRAME)
    knows = Knows(truth.shape[1], family)
    ours, theirs = Score(family.cut, family.period), Score(family.cut, family.period)
    for k, state in enumerate(truth):
        scan, seen, place = look(rng, family, state, k)
        tracker.step(scan)
        present = covered(family, state)
        there = np.flatnonzero(present)
        if family.sigma:
            knows.step(present, seen, place)
        table = tracker.table(scan.time)
        ours.add(state[there, :3] + CENTRE, table.state, table.tracks, there)
        shown = knows.shown()
        theirs.add(state[there, :3], knows.x[shown], shown, there)
    return ours.result(), theirs.result() if family.sigma else None


def told(name: str, who: str, results: list[Result]) -> str:
    mean = Result(*np.mean(results, axis=0))
    spread = np.std([one.gospa for one in results]) / math.sqrt(len(results))
    return (
        f"{name:9} {who:8} GOSPA {mean.gospa:6.2f} ± {spread:.2f}, RMSE {mean.rmse:5.2f} m, missed {100 * mean.missed:.2f} %, "
        f"false {mean.false:.3f} a scan, switches {mean.switches:.3f}"
    )


def main(seeds: int, names: list[str]) -> None:
    for name in names:
        found = [run(np.random.default_rng([seed, 3]), name) for seed in range(seeds)]
        print(told(name, "tracker", [ours for ours, _ in found]), flush=True)
        if FAMILIES[name].sigma:
            print(told(name, "knows", [theirs for _, theirs in found if theirs]), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 4, sys.argv[2:] or list(FAMILIES))
