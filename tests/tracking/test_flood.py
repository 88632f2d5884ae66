"""A look that a jammed radar floods shows nothing and is told; a swarm that appears at once is tracked."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from scipy.stats import poisson

from fusion.config import Config
from fusion.messages import SECOND, Polar, Scan
from fusion.tracking.tracker import Tracker
from fusion.tracking.undetected import FLOOD, FULLER, SURPRISE, WIDEST, flooding
from tests.scene import FRAME, HORIZONS, RADAR, SITE, START, targets
from tests.tracking import hearing_scene as hearing
from tests.tracking.test_hostile import believe

SIGMAS = np.array([5.0, math.radians(0.5), math.radians(0.7)])


def plot(time, z):
    sigmas = {"sigma_range": SIGMAS[0], "sigma_azimuth": SIGMAS[1], "sigma_elevation": SIGMAS[2]}
    return Polar(time=time, range=max(float(z[0]), 1.0), azimuth=float(z[1]) % math.tau, elevation=float(z[2]), **sigmas)


def false(rng, time):
    return plot(time, (rng.uniform(50, 6000), rng.uniform(0, math.tau), math.radians(rng.uniform(-5, 70))))


def seen(rng, time, place):
    e = HORIZONS["radar-1"].enu_from_grid(place)
    return plot(time, np.array([np.linalg.norm(e), math.atan2(e[0], e[1]), math.atan2(e[2], math.hypot(e[0], e[1]))]) + SIGMAS * rng.standard_normal(3))  # fmt: skip


def looks(seed, *, flood=0, at=(), swarm=0, seconds=20):
    """Eight drones, three false alarms a look; more at some looks, and a swarm from the tenth on."""
    rng = np.random.default_rng(seed)
    truth = targets(rng, 8 + swarm)
    for k in range(seconds):
        time, here = START + k * SECOND, truth[: 8 + swarm * (k >= 10)]
        plots = [seen(rng, time, state[:3] + k * state[3:]) for state in here if rng.random() < 0.9]
        plots += [false(rng, time) for _ in range(rng.poisson(3) + flood * (k in at))]
        yield Scan(sensor="radar-1", time=time, received=time, sequence=k, boot="b", detections=tuple(plots))


def confirmed(scans):
    """Give the tracks shown after each look, and the tracker."""
    core, shown = Tracker(Config(site=SITE, sensor=(RADAR,)), FRAME), []
    for scan in scans:
        core.step(scan)
        shown.append(int(core.store.confirmed.sum()))
    return np.array(shown), core


@pytest.mark.parametrize(("flood", "at"), [(5000, (10,)), (5000, (0,)), (1000, (10, 11, 12)), (300, (10,)), (150, (10,)), (60, (10, 11))])  # fmt: skip
def test_a_flood_of_false_plots_shows_next_to_nothing_and_loses_nothing(flood, at):
    shown, core = confirmed(looks(3, flood=flood, at=at))
    assert shown.max() <= 12
    assert shown[5:].min() >= 7
    told, count = core.floods()["radar-1"]
    assert not told
    assert count == (len(at) if flood >= 300 else 0)


@pytest.mark.parametrize("swarm", [20, 50])
def test_a_swarm_that_appears_at_once_is_tracked_in_seconds(swarm):
    shown, core = confirmed(looks(4, swarm=swarm))
    assert shown[9] <= 9
    assert shown[12] >= 8 + 0.8 * swarm
    assert 8 + 0.9 * swarm <= shown[15] <= 10 + swarm
    assert core.floods()["radar-1"] == (False, 0)


def test_a_thousand_among_as_many_false_plots_are_no_flood_at_the_second_look():
    """At the first look each may be either; those met again where they began are targets, and nothing is lost of them."""
    radar, rng = replace(RADAR, false_alarms_per_scan=1000.0), np.random.default_rng(6)
    truth, core = targets(rng, 1600), Tracker(Config(site=SITE, sensor=(radar,)), FRAME)
    for k in range(8):
        time, here = START + k * SECOND, truth[: 1500 + 10 * k]
        plots = [seen(rng, time, state[:3] + k * state[3:]) for state in here if rng.random() < 0.9]
        plots += [false(rng, time) for _ in range(rng.poisson(1000))]
        core.step(Scan(sensor=radar.id, time=time, received=time, sequence=k, boot="b", detections=tuple(plots)))
    assert core.floods()["radar-1"] == (False, 0)
    assert 1450 <= int(core.store.confirmed.sum()) <= 1620


def test_a_jammed_radar_does_not_spoil_what_it_learns_of_its_own_false_alarms():
    _, jammed = confirmed(looks(5, flood=2000, at=(8, 9, 10, 11)))
    _, quiet = confirmed(looks(5))
    assert (
        sum(jammed.expecting.undetected["radar-1"].clutter.cells) < sum(quiet.expecting.undetected["radar-1"].clutter.cells) + 15
    )


@given(count=st.integers(24, 5000), false_alarms=st.floats(0.01, 500.0), pd=st.floats(0.1, 0.99))
def test_the_odds_of_a_flood_are_those_of_scipy_s_poisson(count, false_alarms, pd):
    told = flooding(float(count), false_alarms, pd, 0.0, flooded=False, away=False)
    assert 0.0 <= told <= 1.0
    if told in {0.0, 1.0}:
        return
    grid = np.geomspace(1e-3, 1e4, 71)
    many = (grid >= 0.5) & (grid <= FULLER)
    none = np.zeros(len(grid))
    none[0] = 1.0
    prior = (1 - SURPRISE) * none + SURPRISE * many / many.sum()
    came = prior @ poisson.pmf(count, false_alarms + pd * grid)
    fails = np.mean(poisson.pmf(count, np.geomspace(max(false_alarms, 1.0), WIDEST, 400)))
    if came > 1e-200:
        assert told == pytest.approx(FLOOD * fails / (FLOOD * fails + (1 - FLOOD) * came), rel=0.3, abs=0.02)


@pytest.mark.parametrize("rays", [200, 1000])
@pytest.mark.parametrize("kind", ["camera", "rf"])
def test_a_sensor_without_ranges_may_flood_us_too(kind, rays):
    """Its false rays wait for nobody else's, and what is followed goes on."""
    one, other = (hearing.camera(1), hearing.camera(2)) if kind == "camera" else (hearing.finder(1), hearing.finder(2))
    rng, core = np.random.default_rng(7), Tracker(Config(site=hearing.SITE, sensor=(one, other)), hearing.FRAME)
    for k in range(30):
        for sensor, at in ((one, k * 500), (other, k * 500 + 90)):
            time = START + at * SECOND // 1000
            drone = hearing.MIDDLE + np.array([200.0 + 2.0 * k, 300.0, 80.0])
            reports = [hearing.report(rng, sensor, hearing.horizon(sensor), drone, time, 0.0)]
            reports += [hearing.false(rng, sensor, time) for _ in range(rays * (sensor is one and k in {20, 21}))]
            core.step(Scan(sensor=sensor.id, time=time, received=time, sequence=k, detections=tuple(reports)))
            believe(core)
    assert core.floods() == {one.id: (False, 2), other.id: (False, 0)}
    assert len(core.table(core.time).tracks) + len(core.table(core.time).bearings) <= 2
