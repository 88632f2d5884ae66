"""The truth between its samples."""

import math

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from simulators.targets import targets
from simulators.trajectory import Trajectory
from tests.simulators.scenes import DRONE, RADAR

CIRCLE = Trajectory(
    5.0,
    0.05,
    np.stack([6.4e6 + 100.0 * np.cos(0.1 * (t := np.arange(0.0, 60.0, 0.05))), 100.0 * np.sin(0.1 * t), 2.0 * t], axis=-1),
)


def test_position_and_velocity_between_samples_are_those_of_the_motion():
    time = np.random.default_rng(0).uniform(10.0, 60.0, 500)
    t = time - 5.0
    there = np.stack([6.4e6 + 100.0 * np.cos(0.1 * t), 100.0 * np.sin(0.1 * t), 2.0 * t], axis=-1)
    assert CIRCLE.position(time) == pytest.approx(there, abs=1e-6)
    assert CIRCLE.velocity(time) == pytest.approx(
        np.stack([-10 * np.sin(0.1 * t), 10 * np.cos(0.1 * t), np.full(500, 2.0)], -1), abs=1e-5
    )


@pytest.mark.parametrize("count", [2, 3, 4, 5, 400])
def test_between_samples_it_is_scipys_cubic_spline(count):
    random = np.random.default_rng(count)
    samples = 4.2e6 + np.cumsum(np.cumsum(random.standard_normal((count, 3)), axis=0), axis=0)
    track, judge = Trajectory(2.0, 0.1, samples), CubicSpline(0.1 * np.arange(count), samples)
    time = random.uniform(0.0, 0.1 * (count - 1), 1000)
    assert track.position(2.0 + time) == pytest.approx(judge(time), rel=0.0, abs=1e-7)
    assert track.velocity(2.0 + time) == pytest.approx(judge(time, 1), rel=0.0, abs=1e-6)


def test_it_flies_from_its_first_sample_to_its_last():
    assert CIRCLE.flying([4.99, 5.0, CIRCLE.end, CIRCLE.end + 0.01]).tolist() == [False, True, True, False]
    assert CIRCLE.position(0.0) == pytest.approx(CIRCLE.samples[0])


def test_a_drone_above_the_ground_is_that_high_above_the_ellipsoid(staged):
    stage = staged(RADAR, DRONE.replace("height_agl_m = 80", "altitude_amsl_m = 113"))
    from simulators.earth import wgs84_from_ecef

    (drone,) = targets(stage)
    latitude, longitude, height = wgs84_from_ecef(drone.trajectory.position(0.0))
    assert height == pytest.approx(33.0 + 44.6 + 80.0, abs=0.01)
    assert (math.degrees(latitude), math.degrees(longitude)) == pytest.approx((48.8582, 2.2845), abs=1e-5)


def test_the_members_of_a_swarm_fly_beside_each_other_and_say_their_own_serials(staged):
    swarm = DRONE.replace(
        "speed_mps = 10", 'speed_mps = 10\ncount = 20\nspread_m = 50\nidentity = { serial = "1581F45T7229DMK001AB" }'
    )
    flown = targets(staged(RADAR, swarm))
    assert [target.id for target in flown] == [f"drone-{i}" for i in range(1, 21)]
    assert len({target.identity.serial for target in flown}) == 20
    begin = np.stack([target.trajectory.position(0.0) for target in flown])
    assert 1.0 < np.linalg.norm(begin - begin[0], axis=1)[1:].min() < np.linalg.norm(begin - begin[0], axis=1).max() < 51.0


def test_traffic_stays_in_its_circle_and_between_its_heights(staged):
    traffic = '[[traffic]]\nid = "t"\ncount = 30\nradius_m = 2000\nheight_agl_m = [50, 120]\nspeed_mps = [5, 15]\n'
    from simulators.targets import chart

    stage = staged(RADAR, traffic)
    middle = chart(stage.site.site).middle
    for target in targets(stage):
        enu = middle.enu(target.trajectory.position(np.arange(0.0, 60.0, 1.0)))
        assert np.hypot(enu[:, 0], enu[:, 1]).max() < 2010.0
        assert 38.0 < enu[:, 2].min() < enu[:, 2].max() < 132.0
