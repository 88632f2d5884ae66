"""The tracker is as sure as it may be of sensors whose errors last: NEES of six is about 1."""

import math

import numpy as np
import pytest
from msgspec.structs import replace
from scipy.linalg import expm

from fusion.config import Config
from fusion.messages import SECOND, Bearing, Polar, Position, Scan
from fusion.tracking.measurements import measure
from fusion.tracking.modes import INITIAL, MODES, Mode, matrices
from fusion.tracking.tracker import Tracker
from fusion.tracking.undetected import Intensity
from tests.scene import CAMERA, FRAME, HORIZONS, RADAR, SITE, START, sensor

CENTRE = FRAME.grid_from_wgs84(math.radians(48.8582), math.radians(2.2945), 180.0)
CLEAN = {"false_alarms_per_scan": 0.01, "detection_probability": 0.95}
HERE = replace(CAMERA, **CLEAN)
THERE = replace(sensor("camera-2", "camera", 48.8560, 2.3010, 100.0, period_s=0.2), accuracy=CAMERA.accuracy, coverage=CAMERA.coverage, **CLEAN)  # fmt: skip
PLOTS = replace(RADAR, period_s=0.5, **CLEAN)
ALL = HORIZONS | {"camera-2": FRAME.horizon(math.radians(48.8560), math.radians(2.3010), 100.0)}


FLOWN = (*MODES[:3], Mode("hover", 2.0, 0.8, 0.2, speed_sigma=1.0, climb_sigma=0.5, tau_vertical=2.0))
RATES = np.array(
    [[-0.012, 0.008, 0.003, 0.001], [0.007, -0.019, 0.010, 0.002], [0.02, 0.17, -0.22, 0.03], [0.01, 0.01, 0.03, -0.05]]
)
"""How flights are drawn: it stays when the tracker's own modes are mended, lest the judge move with what it judges."""


def fly(rng, seconds: float, step: float) -> np.ndarray:
    """A flight that jumps between modes (T, 6): legs, turns, and hovers that sway in the wind."""
    mode, states = int(rng.choice(len(FLOWN), p=INITIAL)), []
    state = np.concatenate([CENTRE + rng.uniform(-200, 200, 3) * [1, 1, 0.1], rng.normal(0, [8, 8, 1])])
    if FLOWN[mode].name == "hover":
        state[3:] = rng.normal(0, [0.9, 0.9, 0.4])
    Pi = expm(RATES * step)
    for _ in range(round(seconds / step)):
        states.append(state)
        mode = int(rng.choice(len(FLOWN), p=Pi[mode] / Pi[mode].sum()))
        F, Q = matrices(FLOWN[mode], step)
        state = F @ state + np.linalg.cholesky(Q + 1e-12 * np.eye(6)) @ rng.standard_normal(6)
    return np.array(states)


def markov(rng, count: int, step: float, tau: float) -> np.ndarray:
    """First-order Gauss–Markov errors of unit variance (T, 3)."""
    rho = math.exp(-step / tau) if tau else 0.0
    errors = [rng.standard_normal(3)]
    for _ in range(count - 1):
        errors.append(rho * errors[-1] + math.sqrt(1 - rho * rho) * rng.standard_normal(3))
    return np.array(errors)


def seen(one, state, error, time: int):
    e = ALL[one.id].enu_from_grid(state[:3])
    a = one.accuracy
    az, el = math.radians(a.azimuth_deg), math.radians(a.elevation_deg)
    way = {
        "azimuth": (math.atan2(e[0], e[1]) + az * error[1]) % math.tau, "sigma_azimuth": az,
        "elevation": math.atan2(e[2], math.hypot(e[0], e[1])) + el * error[2], "sigma_elevation": el,
    }  # fmt: skip
    if one.kind == "radar":
        return Polar(time=time, range=float(np.linalg.norm(e)) + a.range_m * error[0], sigma_range=a.range_m, **way)
    return Bearing(time=time, **way)


def looks(rng, states, step, sensors, tau):
    """Each sensor's scans of a flight, in order, with errors that last tau seconds; and the truth's index."""
    found = []
    for one in sensors:
        every = round(one.period_s / step)
        places = range(int(rng.integers(every)), len(states), every)
        errors = markov(rng, len(places), one.period_s, tau)
        for k, (i, error) in enumerate(zip(places, errors, strict=True)):
            time = START + round(i * step * SECOND)
            detections = (seen(one, states[i], error, time),) if rng.random() < 0.95 else ()
            found.append((i, Scan(sensor=one.id, time=time, received=time, sequence=k, boot="b", detections=detections)))
    return sorted(found, key=lambda pair: pair[1].order)


def nees(tracker, state) -> float:
    """NEES of six of the track nearest to the truth; NaN without one."""
    table = tracker.table(tracker.time)
    if not len(table.tracks):
        return math.nan
    errors = table.state - state
    k = int(np.argmin((errors[:, :3] ** 2).sum(axis=1)))
    return float(errors[k] @ np.linalg.solve(table.covariance[k], errors[k]) / 6.0)


def honesty(sensors, tau, told, runs, seconds=30.0, seed=4) -> tuple[float, float]:
    """Mean NEES and mean squared position error, settled, where the sensors' errors last tau and the tracker is told so."""
    rng, found = np.random.default_rng(seed), []
    sensors = tuple(replace(one, correlation_s=told) for one in sensors)
    for _ in range(runs):
        states = fly(rng, seconds, 0.1)
        tracker = Tracker(Config(site=SITE, sensor=sensors), FRAME)
        for i, scan in looks(rng, states, 0.1, sensors, tau):
            tracker.step(scan)
            if i * 0.1 > 8.0:
                found.append(nees(tracker, states[i]))
    return float(np.nanmean(found)), float(np.isnan(found).mean())


@pytest.mark.slow
@pytest.mark.parametrize("tau", [0.0, 0.3, 1.0, 3.0])
@pytest.mark.parametrize("sensors", [(PLOTS,), (HERE, THERE)], ids=["radar", "cameras"])
def test_errors_that_last_are_believed_as_far_as_they_go(sensors, tau):
    """Forty flights: turns are rare, and a mean over flights without one says that the filter is too careful."""
    mean, untracked = honesty(sensors, tau, tau, 40, seed=9)
    assert 0.85 < mean < 1.25
    assert untracked < 0.02


@pytest.mark.slow
@pytest.mark.parametrize(("told", "low", "high"), [(1.0, 0.7, 1.4), (0.0, 1.4, 5.0)])
def test_a_radar_whose_errors_last_is_trusted_too_much_unless_the_tracker_is_told(told, low, high):
    mean, _ = honesty((PLOTS,), 1.0, told, 40, seed=9)
    assert low < mean < high


class Upstream:
    """A sensor's own tracker: a Kalman filter of nearly constant velocity on positions, as a smart radar has one."""

    def __init__(self, rng, q: float, sigma: float, period: float) -> None:
        self.rng, self.sigma, self.period = rng, np.array([sigma, sigma, 0.6 * sigma]), period
        one = replace_q(q)
        self.F, self.Q = matrices(one, period)
        self.x: np.ndarray | None = None
        self.P = np.diag([*self.sigma**2, 225.0, 225.0, 16.0])

    def see(self, state) -> tuple[np.ndarray, np.ndarray]:
        """Give the filter's state and covariance after a plot of the truth."""
        z = state[:3] + self.sigma * self.rng.standard_normal(3)
        if self.x is None:
            self.x = np.concatenate([z, np.zeros(3)])
            return self.x, self.P
        x, P = self.F @ self.x, self.F @ self.P @ self.F.T + self.Q
        H = np.eye(3, 6)
        K = P @ H.T @ np.linalg.inv(H @ P @ H.T + np.diag(self.sigma**2))
        self.x, self.P = x + K @ (z - H @ x), (np.eye(6) - K @ H) @ P
        return self.x, self.P


def replace_q(q: float):
    return MODES[0]._replace(q_horizontal=q, q_vertical=q / 10.0)


def report(x, P, time: int, name: str) -> Position:
    """What a smart sensor sends: its filtered place and how sure it is of it."""
    lat, lon, height = FRAME.wgs84_from_grid(x[:3])
    return Position(
        time=time, latitude=float(lat), longitude=float(lon), altitude=float(height), id=name,
        sigma_horizontal=math.sqrt((P[0, 0] + P[1, 1]) / 2.0), sigma_vertical=math.sqrt(P[2, 2]),
    )  # fmt: skip


SMART = replace(
    sensor("smart", "radar", 48.8611, 2.2890, 110.0), period_s=0.5, output="tracks", coverage=RADAR.coverage,
    detection_probability=0.95, false_alarms_per_scan=0.01,
)  # fmt: skip


def smart_honesty(output: str, runs: int, q: float = 4.0, seed: int = 6) -> float:
    """Mean NEES of six of a tracker fed by a sensor's own tracker."""
    rng, found = np.random.default_rng(seed), []
    config = Config(site=SITE, sensor=(replace(SMART, output=output),))
    for _ in range(runs):
        states, tracker, upstream = fly(rng, 30.0, 0.5), Tracker(config, FRAME), Upstream(rng, q, 8.0, 0.5)
        for k, state in enumerate(states):
            time = START + k * SECOND // 2
            one = report(*upstream.see(state), time, "17")
            tracker.step(Scan(sensor="smart", time=time, received=time, sequence=k, boot="b", detections=(one,)))
            if k > 16:
                found.append(nees(tracker, state))
    return float(np.nanmean(found))


def test_a_smart_sensor_is_not_counted_again_with_each_report():
    assert smart_honesty("tracks", 8) < 0.85 * smart_honesty("plots", 8)


@pytest.mark.slow
def test_reports_of_a_sensors_own_tracker_are_believed_as_far_as_they_go():
    assert 0.85 < smart_honesty("tracks", 40) < 1.25


def test_a_sensor_s_own_track_number_tips_the_scales_and_no_more():
    """A report between two tracks goes to the one that its number was given to; one far from it does not."""
    config = Config(site=SITE, sensor=(SMART,))
    tracker, P = Tracker(config, FRAME), np.diag([25.0] * 6)
    left, right = np.array([*CENTRE, 0, 0, 0]), np.array([*CENTRE + [30, 0, 0], 0, 0, 0])
    for k in range(6):
        time = START + k * SECOND
        both = tuple(report(x, P, time, name) for x, name in ((left, "1"), (right, "2")))
        tracker.step(Scan(sensor="smart", time=time, received=time, sequence=k, boot="b", detections=both))
    assert tracker.store.confirmed.sum() == 2

    def share(place: float, name: str) -> float:
        """How much of a report is the left track's, of what is either's."""
        other = Tracker(config, FRAME)
        other.restore(tracker.snapshot())
        time = START + 6 * SECOND
        scan = Scan(sensor="smart", time=time, received=time, sequence=6, boot="b", detections=(report(left + [place, 0, 0, 0, 0, 0], P, time, name),))  # fmt: skip
        seen = measure(scan, other.sensors["smart"], FRAME)
        other.store.predict(1.0, np.array([other.sensors[name].correlation for name in other.lasting]))
        gated = other.store.gate(seen, other.sensors["smart"])
        found = other.store.associate(gated, seen, Intensity(0.01, 0.01), other.store.numbers[:, 0])
        return float(found.p[gated.start[0] : gated.start[1]].sum() / max(found.p.sum(), 1e-9))

    assert share(15.0, "1") > 0.8
    assert 0.3 < share(15.0, "3") < 0.7
    assert share(15.0, "2") < 0.2
    assert share(28.0, "1") < 0.5
