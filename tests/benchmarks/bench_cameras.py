"""How well cameras alone place a drone whose figures nobody calibrated: six that are not synchronised, err for seconds, and lose it.

    vigie bench cameras        (or PYTHONPATH=. python tests/benchmarks/bench_cameras.py [flights])

Each camera looks at 10 to 30 Hz and is told to be good to 0.15°; in fact it is good to 0.05 to 0.3°, and errs the same way for two
seconds (first-order Gauss–Markov). Its clock is off by 0.1 s and drifts by up to 0.7 ms a second. It loses the drone now and
then, for seconds; for fifteen seconds all but one do. The drone flies from place to place at up to 8 m/s within a hundred metres, climbs, and
stops. Judged at 4 Hz: as long as two cameras saw it in the last half second, and while one does.
"""

from __future__ import annotations

import math
import sys
from typing import NamedTuple

import numpy as np

from fusion.config import Accuracy, Config, CoverageTable, Sensor, Site
from fusion.messages import SECOND, Bearing, Floats, Scan
from fusion.tracking.tracker import Tracker

START = 1_785_000_000 * SECOND
SITE = Site(name="bench", latitude_deg=48.8582, longitude_deg=2.2945, ground_amsl_m=33.0, geoid_undulation_m=44.6)
FRAME = SITE.frame()
CENTRE = FRAME.grid_from_wgs84(math.radians(48.8582), math.radians(2.2945), 77.6)
SECONDS, SETTLED, ALONE, STATED = 150.0, 20.0, (100.0, 115.0), 0.15
DIVERGED = 5.0
"""Sigmas that a track's place is off by when it is called diverged, and more than ten metres besides."""


class Camera(NamedTuple):
    """One camera as it is."""

    config: Sensor
    sigma: float  # rad
    clock: float  # s ahead at the start
    drift: float  # s/s
    lost: tuple[tuple[float, float], ...]  # when it does not see the drone, s


class Sample(NamedTuple):
    """One judgement."""

    cameras: int  # that saw the drone in the last half second
    error: float  # m, NaN without a track
    sigma: float  # m
    nees: float  # of three


def flight(rng, step=0.02) -> Floats:
    """Give states (T, 6) of a drone that flies from place to place and stops at each: at most 8 m/s and 4 m/s²."""
    state, goal, rest, states = np.array([*CENTRE + [0, 0, 15], 0, 0, 0]), CENTRE + [30.0, 0.0, 20.0], 0.0, []
    for _ in range(round((SECONDS + 1.0) / step)):
        states.append(state)
        away = goal - state[:3]
        if np.linalg.norm(away) < 0.5:
            rest = rest or rng.exponential(2.0)
            rest -= step
            if rest <= 0.0:
                goal, rest = CENTRE + np.array([*rng.uniform(-45, 45, 2), rng.uniform(5, 40)]), 0.0
        wanted = away / max(float(np.linalg.norm(away)), 1e-9) * min(8.0, float(np.linalg.norm(away)))
        push = (wanted - state[3:]) * 2.0
        push *= min(1.0, 4.0 / max(float(np.linalg.norm(push)), 1e-9))
        speed = state[3:] + push * step
        state = np.concatenate([state[:3] + speed * step, speed])
    return np.array(states)


def cameras(rng) -> list[Camera]:
    """Six cameras about the place, each as good as chance has it; the first is the one that never loses the drone for long."""
    found = []
    for k in range(6):
        place = (
            CENTRE
            + 70.0 * np.array([math.sin(k * math.tau / 6 + 0.2), math.cos(k * math.tau / 6 + 0.2), 0.0])
            + [0, 0, rng.uniform(1, 7)]
        )
        lat, lon, height = FRAME.wgs84_from_grid(place)
        config = Sensor(
            id=f"camera-{k}", kind="camera", latitude_deg=math.degrees(lat), longitude_deg=math.degrees(lon), altitude_hae_m=float(height),
            period_s=float(rng.choice([0.1, 0.1, 0.04, 1 / 30])), accuracy=Accuracy(azimuth_deg=STATED, elevation_deg=STATED),
            false_alarms_per_scan=0.01, coverage=CoverageTable(elevation_deg=(-30.0, 90.0), range_m=(1.0, 500.0)), reports="detections-only",
        )  # fmt: skip
        lost = [ALONE] if k else []
        at = rng.exponential(15.0)
        while at < SECONDS:
            for_ = rng.exponential(4.0) if k else 0.5
            lost.append((at, at + for_))
            at += for_ + rng.exponential(15.0)
        sigma = math.radians(math.exp(rng.uniform(math.log(0.05), math.log(0.3))))
        found.append(
            Camera(config, sigma, rng.normal(0.0, 0.1) if k % 2 else 0.0, rng.uniform(-7e-4, 7e-4) if k % 2 else 0.0, tuple(lost))
        )
    return found


def looks(rng, camera: Camera, states: Floats, step=0.02) -> list[Scan]:
    """Give what a camera reports of a flight."""
    period, horizon = camera.config.period_s, FRAME.horizon(
        math.radians(camera.config.latitude_deg), math.radians(camera.config.longitude_deg), camera.config.altitude_hae_m
    )  # fmt: skip
    error, rho, found = rng.standard_normal(2), math.exp(-period / 2.0), []
    for k, true in enumerate(np.arange(rng.uniform(0.4, 0.5), SECONDS, period).tolist()):
        error = rho * error + math.sqrt(1.0 - rho * rho) * rng.standard_normal(2)
        if rng.random() > 0.95 or any(a <= true < b for a, b in camera.lost):
            continue
        row = states[int(true / step)]
        e = horizon.enu_from_grid(row[:3] + row[3:] * (true % step))
        azimuth, elevation = (
            math.atan2(e[0], e[1]) + camera.sigma * error[0] / math.cos(math.atan2(e[2], math.hypot(e[0], e[1]))),
            math.atan2(e[2], math.hypot(e[0], e[1])) + camera.sigma * error[1],
        )
        time = START + round((true + camera.clock + camera.drift * true) * SECOND)
        told = math.radians(STATED)
        one = Bearing(time=time, azimuth=azimuth % math.tau, sigma_azimuth=told, elevation=elevation, sigma_elevation=told)
        found.append(Scan(sensor=camera.config.id, time=time, received=time, sequence=k, boot="b", detections=(one,)))
    return found


def judge(tracker: Tracker, states: Floats, at: float, recent: int, step=0.02) -> Sample:
    """Judge the track nearest to the truth at a time, s."""
    if not tracker.time:
        return Sample(recent, math.nan, math.nan, math.nan)
    table = tracker.table(max(tracker.time, START + round(at * SECOND)))
    if not table.tracks:
        return Sample(recent, math.nan, math.nan, math.nan)
    errors = table.state[:, :3] - states[int((table.time - START) / SECOND / step)][:3]
    row = int(np.argmin((errors**2).sum(axis=1)))
    P = table.covariance[row, :3, :3]
    nees = float(errors[row] @ np.linalg.solve(P, errors[row])) / 3.0
    return Sample(recent, float(np.linalg.norm(errors[row])), math.sqrt(np.trace(P)), nees)


def fly(seed: int) -> tuple[list[Sample], int]:
    """Fly once; give what was judged once settled, and how many tracks there were."""
    rng = np.random.default_rng(seed)
    states, several = flight(rng), cameras(rng)
    scans = sorted((scan for camera in several for scan in looks(rng, camera, states)), key=lambda scan: scan.order)
    tracker, found, due = Tracker(Config(site=SITE, sensor=tuple(one.config for one in several)), FRAME), [], SETTLED
    last, names = {}, set()
    for scan in scans:
        while due <= (scan.time - START) / SECOND:
            recent = sum(due - seen < 0.5 for seen in last.values())
            found.append(judge(tracker, states, due, recent))
            names.update(tracker.table(tracker.time).tracks)
            due += 0.25
        tracker.step(scan)
        last[scan.sensor] = (scan.time - START) / SECOND
    return found, len(names)


def summary(samples: list[Sample]) -> str:
    """Say how good the samples are."""
    error, nees = np.array([one.error for one in samples]), np.array([one.nees for one in samples])
    ok = np.isfinite(error)
    if not ok.any():
        return "nothing tracked"
    off = sum(one.error > max(10.0, DIVERGED * one.sigma) for one in samples if math.isfinite(one.error))
    return (
        f"median {np.median(error[ok]):.2f} m, p95 {np.percentile(error[ok], 95):.2f} m, NEES/3 {nees[ok].mean():.2f} "
        f"(median {np.median(nees[ok]):.2f}), untracked {1 - ok.mean():.3f}, diverged {off} of {len(samples)}"
    )


def main(flights: int) -> None:
    several, single, tracks = [], [], []
    for seed in range(flights):
        found, count = fly(seed)
        several += [one for one in found if one.cameras >= 2]
        single += [one for one in found if one.cameras == 1]
        tracks.append(count)
    print(f"two cameras or more   {summary(several)}")
    print(f"one camera alone      {summary(single)}")
    print(f"tracks a flight       {np.mean(tracks):.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8)
