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
    asked = [max(limits.least, min(leg.speed, limits.speed)) for leg in legs[1:]]
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


def test_its_circle_at_full_bank_has_the_radius_v_squared_over_g_tan_bank():
    legs = [Leg(np.array(p, float), 20.0, 0.0) for p in ((0, 0, 100), (600, 0, 100), (0, 30, 100))]
    limits = LIMITS["fixed_wing"]
    path = fixed_wing.fly(legs, limits, 60.0)[:, :2]
    velocity = np.diff(path, axis=0) / STEP
    rate = np.diff(np.unwrap(np.arctan2(velocity[:, 1], velocity[:, 0]))) / STEP
    turning = np.flatnonzero(np.abs(rate) > 0.999 * np.abs(rate).max())
    arc = path[turning[0] : turning[-1]]
    assert len(arc) * STEP > 2.0
    middle = np.linalg.lstsq(np.column_stack([2.0 * arc, np.ones(len(arc))]), (arc**2).sum(axis=1), rcond=None)[0]  # Kåsa's fit
    radius = math.sqrt(middle[2] + middle[0] ** 2 + middle[1] ** 2)
    assert radius == pytest.approx(20.0**2 / (GRAVITY * math.tan(limits.bank)), rel=1e-3)


def test_in_wind_it_keeps_to_its_leg_and_its_airspeed_and_the_ground_sees_the_triangle():
    legs = [Leg(np.array(p, float), 20.0, 0.0) for p in ((0, 0, 100), (3000, 0, 100))]
    count = round(100.0 / STEP) + 1
    path = fixed_wing.fly(legs, LIMITS["fixed_wing"], 100.0, np.tile([3.0, 8.0, 0.0], (count, 1)))
    velocity = np.diff(path, axis=0) / STEP
    air = velocity - [3.0, 8.0, 0.0]
    assert np.hypot(air[:, 0], air[:, 1]) == pytest.approx(np.full(count - 1, 20.0), abs=0.01)
    assert path[-500:, 1] == pytest.approx(np.zeros(500), abs=0.5)
    assert velocity[-1] == pytest.approx([3.0 + math.sqrt(20.0**2 - 8.0**2), 0.0, 0.0], abs=0.02)


@pytest.mark.parametrize("kind", sorted(LIMITS))
def test_it_never_turns_tighter_than_its_wings_carry(kind):
    limits = LIMITS[kind]
    legs = [Leg(np.array(p, float), limits.least, 0.0) for p in ((0, 0, 100), (2000, 0, 100), (2000, 2000, 100), (0, 0, 100))]
    velocity = np.diff(fixed_wing.fly(legs, limits, 120.0), axis=0) / STEP
    speed, course = np.hypot(velocity[:, 0], velocity[:, 1]), np.unwrap(np.arctan2(velocity[:, 1], velocity[:, 0]))
    load = np.sqrt(1.0 + (speed[1:] * np.diff(course) / STEP / GRAVITY) ** 2)
    stall = limits.least / fixed_wing.STALL
    assert (stall * np.sqrt(load)).max() <= speed.min() * (1.0 + 1e-3)
