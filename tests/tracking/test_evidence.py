"""What a look of a sensor that reports only what it detects says of existence, against every hypothesis summed by hand."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fusion.config import Config
from fusion.messages import SECOND, Bearing, Polar, Scan
from fusion.tracking.evidence import weighed
from fusion.tracking.sensors import SensorModel
from fusion.tracking.store import TrackStore
from fusion.tracking.tracker import Tracker
from tests.tracking.hearing_scene import FRAME, RADAR, SITE, START, camera, direction_of, finder, horizon

RF = replace(finder(1), false_alarms_per_scan=0.1)
DRONE = horizon(RF).grid_from_enu([600.0, -1000.0, 30.0])


def summed(r, pd, L, kappa):
    """Sum every joint association of tracks (r, L (N, D)) and detections, a miss costing 1 − pD: P(each exists | the look)."""
    count, detections = L.shape
    total, there = 0.0, np.zeros(count)
    for alive in itertools.product((False, True), repeat=count):
        prior = np.prod(np.where(alive, r, 1.0 - r))
        for whose in itertools.product(range(-1, count), repeat=detections):
            causes = [t for t in whose if t >= 0]
            if len(set(causes)) < len(causes) or not all(alive[t] for t in causes):
                continue
            weight = prior * math.prod(kappa[j] if t < 0 else pd * L[t, j] for j, t in enumerate(whose))
            weight *= (1.0 - pd) ** (sum(alive) - len(causes))
            total, there = total + weight, there + weight * np.array(alive)
    return there / total


def plot(place, time):
    azimuth, elevation, distance = direction_of(RADAR, horizon(RADAR), place)
    sigmas = {"sigma_range": 5.0, "sigma_azimuth": math.radians(0.5), "sigma_elevation": math.radians(0.7)}
    return Polar(time=time, range=distance, azimuth=azimuth, elevation=elevation, **sigmas)


def bearing(place, time, off_deg=0.0):
    azimuth = direction_of(RF, horizon(RF), place)[0] + math.radians(off_deg)
    return Bearing(time=time, azimuth=azimuth % math.tau, sigma_azimuth=math.radians(5.0))


def seen_by_radar(rf, others, looks=6):
    """Give a tracker that knows a drone, which its radar saw at each look, and has seen once, just now, something at each place."""
    core = Tracker(Config(site=SITE, sensor=(RADAR, rf)), FRAME)
    for k in range(looks):
        time = START + k * SECOND
        plots = [plot(DRONE, time), *(plot(place, time) for place in (others if k == looks - 1 else ()))]
        core.step(Scan(sensor="radar", time=time, received=time, sequence=k, detections=tuple(plots)))
    return core, START + (looks - 1) * SECOND


def hear(core, time, bearings, sequence=0):
    core.step(Scan(sensor="rf-1", time=time, received=time, sequence=sequence, detections=tuple(bearings)))


def beside(metres):
    return DRONE + np.array([metres, metres / 2, 0.0])


@pytest.mark.parametrize("off_deg", [-9.0, 0.0, 4.0])
def test_a_message_says_of_existence_what_all_hypotheses_say_but_takes_nothing(monkeypatch, off_deg):
    core, time = seen_by_radar(RF, [beside(150.0)])
    asked, associate = [], TrackStore.associate

    def overheard(store, gated, seen, intensity, numbers):
        asked.append((store.r.copy(), store.mu.copy(), gated, (intensity.false + intensity.born) * seen.density))
        return associate(store, gated, seen, intensity, numbers)

    monkeypatch.setattr(TrackStore, "associate", overheard)
    hear(core, time + SECOND // 2, [bearing(DRONE, time + SECOND // 2, off_deg)])
    r, mu, gated, kappa = asked[0]
    L = np.zeros((len(r), 1))
    for t in range(len(r)):
        for k in range(gated.start[t], gated.start[t + 1]):
            L[t, gated.pair[k]] = mu[t] @ np.exp(gated.logl[k])
    assert len(r) == 2
    assert r[0] > 0.99
    assert r[1] < 0.5
    expected = np.maximum(r, summed(r, RF.detection_probability, L, kappa))
    assert core.store.r[:2] == pytest.approx(expected, rel=1e-9)


def test_bearings_to_a_known_drone_raise_nothing_that_stands_in_its_direction():
    middle = horizon(RF).origin + 0.5 * (DRONE - horizon(RF).origin)
    core, time = seen_by_radar(RF, [middle])
    before = core.store.r[1]
    for k in range(1, 12):
        hear(core, time + k * SECOND // 4, [bearing(DRONE, time + k * SECOND // 4)], k)
    assert core.store.r[1] <= before


def test_a_bearing_that_nothing_else_explains_raises_what_stands_there():
    other = horizon(RF).grid_from_enu([-900.0, -700.0, 40.0])
    core, time = seen_by_radar(RF, [other])
    before = core.store.r[1]
    hear(core, time + SECOND // 4, [bearing(other, time + SECOND // 4)])
    assert core.store.r[1] > 5.0 * before


@pytest.mark.parametrize(("both", "confirmed"), [(True, 1), (False, 0)])
def test_a_place_where_two_rays_met_once_is_not_confirmed_by_one_camera_alone(both, confirmed):
    """The second camera's one ray is a false one that meets the first's halfway to the drone, or all its rays are of the drone."""
    one, other = camera(1), camera(2)
    core = Tracker(Config(site=SITE, sensor=(one, other)), FRAME)
    halfway = horizon(one).origin + 0.5 * (DRONE - horizon(one).origin)
    for k in range(5 if both else 25):
        told = [(one, DRONE if both else halfway, k * 200)] + [(other, DRONE if both else halfway, k * 200 + 90)] * (
            both or k == 0
        )
        for sensor, place, at in told:
            azimuth, elevation, _ = direction_of(sensor, horizon(sensor), place)
            time, fine = START + at * SECOND // 1000, math.radians(0.2)
            ray = Bearing(time=time, azimuth=azimuth, elevation=elevation, sigma_azimuth=fine, sigma_elevation=fine)
            core.step(Scan(sensor=sensor.id, time=time, received=time, sequence=k, detections=(ray,)))
    assert int(core.store.confirmed.sum()) == confirmed


@given(
    r=st.floats(1e-5, 1 - 1e-9), gain=st.floats(1.0, 1e6), since=st.floats(0.0, 600.0), lasting=st.sampled_from([None, 0.5, 5.0, 60.0])
)  # fmt: skip
def test_existence_stays_a_probability_and_an_error_that_lasts_is_not_counted_twice(r, gain, since, lasting):
    sensor, time = SensorModel.of(replace(RF, correlation_s=lasting), FRAME), START + round(since * SECOND)
    store = TrackStore.for_sensors(2)
    store.claims.append(None)
    store.confirmed, before = np.ones(1, bool), np.array([r])
    store.r = before * gain / (1.0 - before + before * gain)
    raised = {}
    for last in (0, START):
        store.seen = np.array([[last, START]])
        raised[last] = float(weighed(before, store, 0, sensor, time)[0])
    assert r <= raised[START] * (1 + 1e-12)
    assert raised[START] <= raised[0] * (1 + 1e-12) <= 1.0 + 1e-12
    assert raised[0] == pytest.approx(store.r[0], rel=1e-6)
    if lasting and since < lasting / 10:
        said = math.log(max(raised[START] / r * (1 - r) / max(1 - raised[START], 1e-15), 1.0))
        assert said <= 0.06 * math.log(gain) + 1e-5
