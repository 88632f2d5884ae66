"""Cameras that nobody calibrated: their noise, their clocks and how long they err are learnt from what they agree on."""

import math

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from fusion.config import BiasSigma, Config
from fusion.messages import SECOND, Bearing, Scan
from fusion.tracking.state import TrackerRecord, read, write
from fusion.tracking.tracker import Tracker
from tests.scene import FRAME, RADAR, SITE, START, sensor

CENTRE = FRAME.grid_from_wgs84(math.radians(48.8582), math.radians(2.2945), 100.0)
STATED = 0.15


def several(count=4, **more):
    """Cameras on a circle of 70 m."""
    found = []
    for k in range(count):
        angle = k * math.tau / count + 0.3
        lat, lon, height = FRAME.wgs84_from_grid(CENTRE + [70 * math.sin(angle), 70 * math.cos(angle), -20.0])
        one = sensor(f"camera-{k}", "camera", math.degrees(lat), math.degrees(lon), float(height), period_s=0.1, **more)
        accuracy = replace(RADAR.accuracy, range_m=None, azimuth_deg=STATED, elevation_deg=STATED)
        coverage = replace(RADAR.coverage, elevation_deg=(-30.0, 90.0), range_m=(1.0, 500.0))
        found.append(replace(one, accuracy=accuracy, coverage=coverage, false_alarms_per_scan=0.01, reports="detections-only"))
    return tuple(found)


def circling(t: float) -> np.ndarray:
    """Where a drone is that circles at 6 m/s."""
    return CENTRE + [20 * math.sin(0.3 * t), 20 * math.cos(0.3 * t), 3 * math.sin(0.2 * t)]


def watch(rng, sensors, seconds, sigmas, clocks, tau=0.0, alone=math.inf, path=circling):
    """Scans of a drone, in order; from `alone` on, s, the first camera's only."""
    found = []
    for number, (one, sigma, clock) in enumerate(zip(sensors, sigmas, clocks, strict=True)):
        horizon = FRAME.horizon(math.radians(one.latitude_deg), math.radians(one.longitude_deg), one.altitude_hae_m)
        error, rho = rng.standard_normal(2), math.exp(-one.period_s / tau) if tau else 0.0
        for k in range(round(seconds / one.period_s)):
            true = 1.0 + k * one.period_s + 0.013 * number
            error = rho * error + math.sqrt(1 - rho * rho) * rng.standard_normal(2)
            if number and true > alone:
                continue
            e, told = horizon.enu_from_grid(path(true)), math.radians(STATED)
            azimuth = math.atan2(e[0], e[1]) + math.radians(sigma) * error[0]
            elevation = math.atan2(e[2], math.hypot(e[0], e[1])) + math.radians(sigma) * error[1]
            time = START + round((true + clock) * SECOND)
            seen = Bearing(time=time, azimuth=azimuth % math.tau, sigma_azimuth=told, elevation=elevation, sigma_elevation=told)
            found.append(Scan(sensor=one.id, time=time, received=time, sequence=k, boot="b", detections=(seen,)))
    return sorted(found, key=lambda scan: scan.order)


def run(scans, sensors) -> Tracker:
    tracker = Tracker(Config(site=SITE, sensor=sensors), FRAME)
    for scan in scans:
        tracker.step(scan)
    return tracker


@pytest.fixture(scope="module")
def settled():
    """Sixty seconds of six cameras: one is three times better than stated, one twice as bad, one 0.15 s ahead."""
    sensors = several(6)
    rng = np.random.default_rng(3)
    return run(watch(rng, sensors, 60.0, [0.05, 0.3, 0.1, 0.1, 0.1, 0.1], [0.0, 0.0, 0.15, 0.0, 0.0, 0.0], tau=2.0), sensors)


def test_a_clock_is_told_from_the_others(settled):
    ahead = [settled.cameras.ahead(settled.sensors[name]) for name in settled.ids]
    np.testing.assert_allclose(ahead, [0.0, 0.0, 0.15, 0.0, 0.0, 0.0], atol=0.05)  # 2.5 of the sigmas that it claims


def test_a_good_camera_is_told_from_a_bad_one(settled):
    good, bad, *_ = (STATED * math.sqrt(settled.cameras.scale(name)) for name in settled.ids)
    assert good < 0.12
    assert bad > 0.2


def test_errors_that_last_are_told_from_white_ones(settled):
    sensors = several()
    white = run(watch(np.random.default_rng(4), sensors, 30.0, [STATED] * 4, [0.0] * 4), sensors)
    assert all(white.cameras.correlation(white.sensors[name]) < 0.3 for name in white.ids)
    assert all(settled.cameras.correlation(settled.sensors[name]) > 0.5 for name in settled.ids)


def test_what_is_configured_is_not_learnt():
    sensors = several(correlation_s=0.5, bias_sigma=BiasSigma(time_s=0.1))
    tracker = run(watch(np.random.default_rng(5), sensors, 20.0, [0.1] * 4, [0.0, 0.0, 0.15, 0.0]), sensors)
    assert all(tracker.cameras.correlation(tracker.sensors[name]) == 0.5 for name in tracker.ids)
    assert all(tracker.cameras.ahead(tracker.sensors[name]) == 0.0 for name in tracker.ids)


def test_what_is_learnt_is_part_of_a_snapshot(settled):
    record = msgspec.msgpack.decode(msgspec.msgpack.encode(write(settled.snapshot())), type=TrackerRecord)
    other = Tracker(settled.config, FRAME)
    other.restore(read(record))
    assert other.cameras.learnt == settled.cameras.learnt
    assert msgspec.msgpack.encode(write(other.snapshot())) == msgspec.msgpack.encode(write(settled.snapshot()))


@pytest.mark.parametrize("seed", range(3))
def test_with_one_camera_alone_the_covariance_grows_and_nothing_diverges(seed):
    """A drone that flies straight on: from 20 s on one camera sees it, which knows where it is but not how far."""

    def straight(t):
        return CENTRE + [-25 + 1.5 * t, 10.0, 5.0]

    sensors, rng = several(), np.random.default_rng(seed)
    scans = watch(rng, sensors, 34.0, [0.1] * 4, [0.0] * 4, tau=2.0, alone=20.0, path=straight)
    tracker, sigmas, before = Tracker(Config(site=SITE, sensor=sensors), FRAME), [], 0.0
    for scan in scans:
        tracker.step(scan)
        now = (scan.time - START) / SECOND
        if now > 10.0 and now - before > 1.0:
            before = now
            table = tracker.table(tracker.time)
            assert len(table.tracks) == 1
            error, P = table.state[0, :3] - straight(now), table.covariance[0, :3, :3]
            assert error @ np.linalg.solve(P, error) < 30.0
            sigmas.append(math.sqrt(np.trace(P)))
    assert sigmas[-1] > 4.0 * sigmas[5]
    assert all(later > 0.8 * sooner for sooner, later in zip(sigmas[-12:], sigmas[-11:], strict=False))


def landing(t: float) -> np.ndarray:
    """Where a drone is that circles, comes in, stands still from 26 s on, and from 36 s sinks by a metre a second."""
    way = circling(min(t, 20.0)) - CENTRE
    left = max(0.0, min(1.0, (26.0 - t) / 6.0)) ** 2
    return CENTRE + way * left - [0.0, 0.0, max(0.0, min(t, 56.0) - 36.0)]


@pytest.mark.parametrize("seed", range(3))
def test_a_drone_that_lands_before_one_camera_alone_is_not_lost_in_depth(seed):
    """For thirty seconds one camera alone sees it stand and sink. What moves so slowly hovers, and goes nowhere."""
    sensors, rng = several(), np.random.default_rng(seed)
    scans = watch(rng, sensors, 56.0, [0.1] * 4, [0.0] * 4, tau=1.0, alone=27.0, path=landing)
    table = run(scans, sensors).table(scans[-1].time)
    (state,) = table.state
    assert np.linalg.norm(state[:3] - landing((table.time - START) / SECOND)) < 5.0
    assert table.covariance[0, :3, :3].trace() > 1.0  # and it knows that it does not know
