"""How multirotors and helicopters hold to their path in wind: closed forms of equilibrium, and limits by numerical derivatives."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators import blown, flight, rotorcraft
from simulators.rotorcraft import LIMITS
from simulators.scenario import Wind
from simulators.trajectory import GRAVITY, STEP, Leg, Route


def held(kind, wind, seconds=60.0):
    """Have one hover in a steady wind; give where it is."""
    count = round(seconds / STEP)
    return blown.follow(np.zeros((count, 1, 3)), LIMITS[kind], np.tile(np.array(wind, float), (count, 1, 1)))[:, 0]


def thrust(path, wind, limits):
    """Reconstruct the thrust (n − 2, 3) that a path took: v̇ + g + k |v − w| (v − w), by differences."""
    velocity = (path[2:] - path[:-2]) / (2.0 * STEP)
    air = velocity - wind[1:-1]
    return np.diff(path, 2, axis=0) / STEP**2 + [0, 0, GRAVITY] + limits.drag * np.linalg.norm(air, axis=1)[:, None] * air


def tilt(thrust):
    return np.arctan2(np.hypot(thrust[:, 0], thrust[:, 1]), thrust[:, 2])


@pytest.mark.parametrize(("kind", "speed"), [("multirotor", 6.0), ("multirotor", 12.0), ("fpv", 20.0), ("helicopter", 20.0)])
def test_a_hover_in_steady_wind_leans_as_drag_over_weight(kind, speed):
    limits = LIMITS[kind]
    path = held(kind, (speed, 0.0, 0.0))
    assert np.linalg.norm(path[-1] - path[0]) < 0.01
    leaning = tilt(thrust(path, np.tile([speed, 0.0, 0.0], (len(path), 1)), limits))[-1]
    assert math.tan(leaning) == pytest.approx(limits.drag * speed**2 / GRAVITY, rel=1e-3)


@pytest.mark.parametrize("kind", ["multirotor", "fpv"])
def test_beyond_its_wind_it_drifts_by_what_the_wind_has_more_than_its_top_airspeed(kind):
    limits = LIMITS[kind]
    path = held(kind, (0.0, limits.speed + 4.0, 0.0), seconds=200.0)
    drift = (path[-1] - path[-201]) / 10.0
    assert drift == pytest.approx([0.0, 4.0, 0.0], abs=0.05)


def test_a_mavic_holds_its_place_in_the_wind_that_its_maker_allows_with_gusts():
    told = Wind(speed_mps=12.0, from_deg=300.0)
    sky = flight.Sky(told, 0.0)
    route = Route([Leg(np.array([0.0, 0.0, 10.0]), 10.0, 0.0)], True, False)
    order = flight.Order(route, np.random.default_rng(1), lambda: np.random.default_rng(2))
    (path,) = flight.fly("multirotor", [order], sky, 120.0)
    assert np.linalg.norm(path - [0.0, 0.0, 10.0], axis=1).max() < 6.0


points = st.tuples(st.floats(-500, 500), st.floats(-500, 500), st.floats(20, 120)).map(np.array)
legs = st.lists(st.builds(Leg, points, st.floats(2, 40), st.sampled_from([0.0, 6.0])), min_size=1, max_size=4)
winds = st.builds(Wind, speed_mps=st.floats(0, 20), from_deg=st.floats(0, 360), gusts=st.sampled_from([0.0, 1.0, 2.0]))


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(LIMITS)), legs, winds, st.integers(0, 99))
def test_no_wind_makes_it_lean_further_push_harder_or_turn_its_thrust_faster_than_it_can(kind, legs, told, seed):
    limits, sky = LIMITS[kind], flight.Sky(told, 0.0)
    path = rotorcraft.fly(Route(legs, True, False), limits, 60.0, np.random.default_rng(seed))
    air = flight._met(told, sky, path, np.random.default_rng(seed))
    true = blown.follow(path[:, None], limits, air[:, None])[:, 0]
    pushed = thrust(true, air, limits)
    slack = 0.05 * GRAVITY  # differences see the mean of two steps' thrust, and drag at a speed half a step off
    assert np.abs(pushed[:, 2] - GRAVITY).max() <= limits.lift + slack
    assert (np.hypot(pushed[:, 0], pushed[:, 1]) - pushed[:, 2] * math.tan(limits.tilt)).max() <= slack
    gust_rate = 2.0 * limits.drag * (np.linalg.norm(air, axis=1).max() + limits.speed) * np.abs(np.diff(air, axis=0)).max() / STEP
    assert np.linalg.norm(np.diff(pushed, axis=0), axis=1).max() / STEP <= limits.jerk * 1.01 + 2.0 * gust_rate + 0.5


def test_against_the_wind_it_asks_for_no_more_speed_than_the_air_leaves():
    way = [Leg(np.array(p, float), 18.0, 0.0) for p in ((0, 0, 50), (300, 0, 50), (0, 0, 50), (0, 300, 50))]
    into, along, across = blown.slowed(way, LIMITS["multirotor"], np.tile([-10.0, 0.0, 0.0], (4, 1)))[1:]
    top = 0.85 * 21.0
    assert (into.speed, along.speed) == pytest.approx((top - 10.0, 18.0))
    assert across.speed == pytest.approx(math.sqrt(top**2 - 100.0))


def test_many_fly_as_each_alone():
    random = np.random.default_rng(0)
    paths, air = np.cumsum(random.normal(0, 0.1, (200, 3, 3)), axis=0), random.normal(5, 2, (200, 3, 3))
    together = blown.follow(paths, LIMITS["multirotor"], air)
    for i in range(3):
        assert together[:, i] == pytest.approx(blown.follow(paths[:, i : i + 1], LIMITS["multirotor"], air[:, i : i + 1])[:, 0])


def test_what_lands_in_wind_lands_on_the_ground():
    sky = flight.Sky(Wind(speed_mps=8.0, from_deg=90.0), 30.0)
    route = Route([Leg(np.array([0.0, 0.0, 90.0]), 10.0, 0.0), Leg(np.array([200.0, 0.0, 30.0]), 10.0, 0.0)], True, True)
    (path,) = flight.fly(
        "multirotor", [flight.Order(route, np.random.default_rng(1), lambda: np.random.default_rng(2))], sky, 400.0
    )
    assert len(path) < 400.0 / STEP
    assert path[-1] == pytest.approx([200.0, 0.0, 30.0], abs=2.0)
    assert path[:, 2].min() >= 30.0
