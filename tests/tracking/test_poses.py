"""Where a platform was between its poses and after them, judged by scipy's spline and PROJ's horizon."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import CubicHermiteSpline

from fusion.config import Platform
from fusion.messages import SECOND, Pose
from fusion.tracking.poses import ACCELERATION, SPEED, TURNING, standing
from tests.scene import FRAME, START

SETTINGS = Platform(stale_s=2.0, horizontal_m=2.0, vertical_m=3.0, velocity_mps=0.5, heading_deg=2.0, tilt_deg=1.0)
HERE = FRAME.horizon(math.radians(48.86), math.radians(2.29), 120.0)


def pose(t, enu, velocity=None, attitude=None, **more):
    """A pose at t s, where a place east, north, up of HERE is."""
    latitude, longitude, height = (float(x) for x in FRAME.wgs84_from_grid(HERE.grid_from_enu(enu)))
    time = START + round(t * SECOND)
    return Pose(time=time, latitude=latitude, longitude=longitude, altitude=height, velocity=velocity, attitude=attitude, **more)


def enu(found):
    return HERE.enu_from_grid(FRAME.grid_from_wgs84(found.latitude, found.longitude, found.altitude))


def at(poses, t, settings=SETTINGS):
    return standing(poses, START + round(t * SECOND), settings)


def test_between_two_poses_with_velocities_lies_the_cubic_that_has_them():
    poses = [pose(0.0, [0, 0, 0], (10.0, 2.0, 0.5)), pose(1.0, [12, 1, 1], (13.0, -3.0, 1.0))]
    spline = CubicHermiteSpline([0.0, 1.0], [[0, 0, 0], [12, 1, 1]], [[10.0, 2.0, 0.5], [13.0, -3.0, 1.0]])
    for t in (0.0, 0.1, 0.4, 0.75, 0.999):
        found = at(poses, t)
        np.testing.assert_allclose(enu(found), spline(t), atol=1e-3)
        np.testing.assert_allclose(found.velocity, spline(t, 1), atol=1e-3)


def test_without_velocities_lies_a_straight_line_and_it_is_as_far_off_as_what_accelerates_between():
    poses = [pose(0.0, [0, 0, 0]), pose(1.0, [20, 0, 0])]
    found = at(poses, 0.5)
    np.testing.assert_allclose(enu(found), [10, 0, 0], atol=1e-3)
    bent = 0.5 * ACCELERATION * 0.5**2  # of x = ½ a t (T − t) in the middle
    assert found.horizontal == pytest.approx(2.0**2 + bent**2)
    assert found.vertical == pytest.approx(3.0**2 + bent**2)


def test_after_the_newest_it_goes_straight_on_and_grows_less_sure():
    poses = [pose(-1.0, [-10, 0, 0], (10.0, 0.0, 0.0)), pose(0.0, [0, 0, 0], (10.0, 0.0, 0.0), (1.0, 0.0, 0.0))]
    found = at(poses, 1.5)
    np.testing.assert_allclose(enu(found), [15, 0, 0], atol=1e-3)
    assert found.horizontal == pytest.approx(2.0**2 + (0.5 * 1.5) ** 2 + (0.5 * ACCELERATION * 1.5**2) ** 2)
    assert found.heading == pytest.approx(math.radians(2.0) ** 2 + (1.5 * TURNING) ** 2)
    assert found.attitude == (1.0, 0.0, 0.0)


def test_one_pose_without_a_velocity_may_go_anywhere():
    assert at([pose(0.0, [0, 0, 0])], 1.0).horizontal > SPEED**2


def test_nobody_knows_where_it_was_long_after_or_before_all_poses_or_in_a_hole():
    poses = [pose(0.0, [0, 0, 0]), pose(10.0, [0, 100, 0])]
    assert at(poses, 1.9) is not None
    assert [at(poses, t) for t in (-0.1, 2.1, 5.0, 9.9, 12.1)] == [None] * 5
    assert at([], 0.0) is None


def test_a_heading_goes_the_short_way_round():
    poses = [
        pose(0.0, [0, 0, 0], attitude=(math.radians(350), 0.0, 0.0)),
        pose(1.0, [0, 0, 0], attitude=(math.radians(20), 0.2, -0.1)),
    ]
    heading, pitch, roll = at(poses, 0.5).attitude
    assert math.degrees(heading) % 360.0 == pytest.approx(5.0)
    assert (pitch, roll) == pytest.approx((0.1, -0.05))


def test_a_pose_s_own_accuracy_goes_before_the_configured_and_the_less_sure_of_two_counts():
    sure, unsure = pose(0.0, [0, 0, 0], sigma_horizontal=0.02, sigma_vertical=0.03), pose(1.0, [0, 0, 0], sigma_horizontal=8.0)
    assert at([sure], 0.0).horizontal == pytest.approx(0.02**2)
    assert at([sure, unsure], 0.0001).horizontal == pytest.approx(8.0**2, rel=1e-3)


@given(st.lists(st.floats(0.0, 3.0), min_size=1, max_size=6, unique=True), st.floats(0.0, 4.0))
def test_what_a_time_needs_is_the_two_poses_around_it_and_the_one_before(times, t):
    poses = [pose(one, [10 * math.sin(one), 10 * one, 0]) for one in sorted(round(time, 3) for time in set(times))]
    poses = [one for i, one in enumerate(poses) if not i or one.time > poses[i - 1].time]
    now = START + round(t * SECOND)
    before = [one for one in poses if one.time <= now][-2:]
    after = [one for one in poses if one.time > now][:1]
    assert at(poses, t) == at([*before, *after], t)
