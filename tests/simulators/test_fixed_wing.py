"""How fixed wings fly: never slower than they can, never banked further than allowed, along their route."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators import fixed_wing
from simulators.fixed_wing import LIMITS
from simulators.trajectory import GRAVITY, STEP, Leg

points = st.tuples(st.floats(-3000, 3000), st.floats(-3000, 3000), st.floats(50, 300)).map(np.array)
legs = st.lists(
    st.builds(Leg, points, st.floats(15, 120), st.just(0.0)), min_size=2, max_size=5, unique_by=lambda leg: tuple(leg.point[:2])
)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(LIMITS)), legs)
def test_no_route_makes_it_exceed_its_speed_bank_or_climb(kind, legs):
    limits = LIMITS[kind]
    path = fixed_wing.fly(legs, limits, 120.0)
    velocity = np.diff(path, axis=0) / STEP
    speed, course = np.hypot(velocity[:, 0], velocity[:, 1]), np.unwrap(np.arctan2(velocity[:, 1], velocity[:, 0]))
    asked = [min(leg.speed, limits.speed) for leg in legs[1:]]
    assert min(asked) - 1e-6 <= speed.min() <= speed.max() <= max(asked) + 1e-6
    assert np.abs(np.diff(speed) / STEP).max() <= limits.push + 1e-6
    lateral = (speed[1:] + speed[:-1]) / 2.0 * np.diff(course) / STEP
    assert np.abs(np.arctan(lateral / GRAVITY)).max() <= limits.bank + 0.01
    assert velocity[:, 2].max() <= limits.climb + 1e-6
    assert -velocity[:, 2].min() <= limits.descent + 1e-6
    assert np.abs(np.diff(velocity[:, 2]) / STEP).max() <= limits.lift + 1e-6


def test_it_follows_its_legs_and_cuts_the_corner_by_its_turning_circle():
    legs = [Leg(np.array(p, float), 20.0, 0.0) for p in ((0, 0, 100), (1000, 0, 100), (1000, 1000, 130))]
    path = fixed_wing.fly(legs, LIMITS["fixed_wing"], 100.0)
    radius = 20.0**2 / (GRAVITY * math.tan(math.radians(45.0)))
    assert np.linalg.norm(path - legs[1].point, axis=1).min() < radius
    assert np.abs(path[(path[:, 0] > 200) & (path[:, 0] < 900) & (path[:, 1] < 500), 1]).max() < 1.0
    assert np.linalg.norm(path - legs[2].point, axis=1).min() < 10.0


def test_after_its_last_waypoint_it_goes_straight_on():
    path = fixed_wing.fly(
        [Leg(np.array([0.0, 0.0, 80.0]), 20.0, 0.0), Leg(np.array([200.0, 0.0, 80.0]), 20.0, 0.0)], LIMITS["fixed_wing"], 60.0
    )
    assert path[-1] == pytest.approx([1200.0, 0.0, 80.0], abs=1e-6)
