"""How multirotors and helicopters fly: within their limits, and to where they were sent."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators import rotorcraft
from simulators.rotorcraft import LIMITS
from simulators.trajectory import GRAVITY, STEP, Leg, Route

points = st.tuples(st.floats(-800, 800), st.floats(-800, 800), st.floats(20, 200)).map(np.array)
legs = st.lists(st.builds(Leg, points, st.floats(2, 60), st.sampled_from([0.0, 0.0, 6.0])), min_size=1, max_size=6)


def flown(kind, route, duration=400.0, seed=0):
    return rotorcraft.fly(route, LIMITS[kind], duration, np.random.default_rng(seed))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(LIMITS)), legs, st.booleans(), st.booleans(), st.integers(0, 99))
def test_no_route_makes_it_exceed_its_acceleration_lift_or_jerk(kind, legs, from_rest, landing, seed):
    path = flown(kind, Route(legs, from_rest or len(legs) == 1, landing), seed=seed)
    assert max(rotorcraft.used(path, LIMITS[kind])) <= 1.0 + 1e-6


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(LIMITS)), legs)
def test_it_is_never_faster_than_its_route_and_its_wander(kind, legs):
    velocity = np.diff(flown(kind, Route(legs, True, True)), axis=0) / STEP
    asked = min(max(leg.speed for leg in legs), LIMITS[kind].speed)
    wander = 4 * 0.4 * math.sqrt(0.5) * (math.tau / 8 + math.pi / 20) * math.sqrt(2)  # four sines at their fastest, at once
    assert np.hypot(velocity[:, 0], velocity[:, 1]).max() <= asked + wander
    assert velocity[:, 2].max() <= LIMITS[kind].climb + wander
    assert -velocity[:, 2].min() <= LIMITS[kind].descent + wander


@settings(max_examples=30, deadline=None)
@given(legs, st.integers(0, 99))
def test_it_begins_and_lands_exactly_where_it_was_sent(legs, seed):
    path = flown("multirotor", Route(legs, True, True), 4000.0, seed)
    assert path[0] == pytest.approx(legs[0].point, abs=1e-6)
    assert path[-1] == pytest.approx(legs[-1].point, abs=1e-6)


def test_a_multirotor_never_leans_further_than_its_autopilot_allows():
    route = Route(
        [Leg(np.array(p, float), 20.0, 0.0) for p in ((0, 0, 50), (300, 0, 50), (0, 10, 80), (300, 300, 50))], True, False
    )
    acceleration = np.diff(flown("multirotor", route), 2, axis=0) / STEP**2
    tilt = np.arctan2(np.hypot(acceleration[:, 0], acceleration[:, 1]), GRAVITY + acceleration[:, 2])
    assert math.degrees(tilt.max()) < 45.0  # PX4's MPC_TILTMAX_AIR


def test_it_hovers_at_a_waypoint_within_the_wander_for_as_long_as_asked():
    there = np.array([200.0, 0.0, 60.0])
    route = Route(
        [Leg(np.array([0.0, 0.0, 60.0]), 10.0, 5.0), Leg(there, 10.0, 30.0), Leg(np.array([0.0, 0.0, 60.0]), 10.0, 0.0)],
        True,
        False,
    )
    near = np.linalg.norm(flown("multirotor", route) - there, axis=1) < 2.0
    assert 30.0 - 10.0 < near.sum() * STEP < 30.0 + 10.0


def test_it_stays_at_its_last_point_until_the_end():
    path = flown(
        "multirotor",
        Route([Leg(np.array([0.0, 0.0, 60.0]), 10.0, 0.0), Leg(np.array([90.0, 0.0, 60.0]), 10.0, 0.0)], False, False),
        120.0,
    )
    assert len(path) == round(120.0 / STEP) + 1
    assert np.abs(path[-200:] - [90.0, 0.0, 60.0]).max() < 2.5


def test_the_wander_is_as_wide_as_it_is_said_to_be():
    places = np.stack(
        [flown("multirotor", Route([Leg(np.zeros(3), 10.0, 0.0)], True, False), 60.0, seed)[-1] for seed in range(400)]
    )
    assert places.std(axis=0) == pytest.approx(rotorcraft.WANDER, rel=0.15)
