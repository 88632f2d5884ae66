"""How a balloon flies: up at its rate, across with the wind."""

import math

import numpy as np
import pytest
from scipy.integrate import quad

from simulators import flight
from simulators.balloon import LAG
from simulators.scenario import Wind
from simulators.trajectory import STEP, Leg, Route


def risen(told, hover=0.0, seconds=120.0, seed=0):
    order = flight.Order(
        Route([Leg(np.array([0.0, 0.0, 50.0]), 5.0, hover)], True, False),
        np.random.default_rng(0),
        lambda: np.random.default_rng(seed),
    )
    (path,) = flight.fly("balloon", [order], flight.Sky(told, 50.0), seconds)
    return path


def test_in_still_air_it_rises_straight_at_its_rate():
    path = risen(None, hover=10.0)
    assert path[round(10.0 / STEP)] == pytest.approx([0.0, 0.0, 50.0])
    assert path[-1] == pytest.approx([0.0, 0.0, 50.0 + 5.0 * (110.0 - LAG)], abs=0.2)


def test_it_drifts_by_the_integral_of_the_wind_at_its_heights():
    told = Wind(speed_mps=6.0, from_deg=270.0, gusts=0.0, roughness_m=0.1)
    path = risen(told, seconds=50.0)
    heights = np.clip(5.0 * (np.arange(0.0, 50.0, 0.01) - LAG), 0.9144, 304.8)
    expected = quad(lambda t: 6.0 * math.log(min(max(5.0 * t, 0.9144), 304.8) / 0.1) / math.log(100.0), 0.0, 50.0)[0]
    assert len(heights)
    assert path[-1, 0] == pytest.approx(expected, rel=0.02)
    assert abs(path[-1, 1]) < 1e-6


def test_gusts_shake_it_by_their_own_strength():
    told = Wind(speed_mps=8.0, from_deg=0.0)
    swings = np.stack([np.diff(risen(told, seconds=60.0, seed=seed), axis=0)[-1] / STEP for seed in range(300)])
    from simulators import wind

    assert swings[:, 0].std() == pytest.approx(wind.law(told, 150.0).sigma[0], rel=0.15)
