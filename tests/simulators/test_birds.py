"""How a flock flies: like the pigeons that it was measured on."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators import birds
from simulators.birds import STEP
from simulators.trajectory import Leg

ROUTE = [Leg(np.array(p, float), 12.0, 0.0) for p in ((0, 0, 60), (800, 300, 80), (0, 600, 50))]


def flock(count=12, duration=120.0, seed=0, route=ROUTE):
    return birds.fly(route, count, 8.0, duration, np.random.default_rng(seed))


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 30), st.integers(0, 1000), st.floats(1.0, 40.0))
def test_no_bird_exceeds_what_wings_allow(count, seed, speed):
    path = flock(count, 30.0, seed, [leg._replace(speed=speed) for leg in ROUTE])
    velocity = np.diff(path, axis=1) / STEP
    fastest = np.hypot(velocity[..., 0], velocity[..., 1]).max()
    assert fastest <= birds.SPEED[1] + 1e-9
    assert np.abs(velocity[..., 2]).max() <= birds.CLIMB + 1e-9
    acceleration = np.diff(velocity, axis=1) / STEP
    assert np.linalg.norm(acceleration, axis=-1).max() <= np.sqrt(birds.PUSH**2 + birds.TURN**2 + birds.LIFT**2) * 1.01


def test_it_flies_as_fast_and_as_close_as_real_pigeons():
    path = flock()[:, 100:]
    speed = np.linalg.norm(np.diff(path, axis=1)[..., :2], axis=-1) / STEP
    assert np.median(speed) == pytest.approx(12.0, abs=1.0)
    apart = np.linalg.norm(path[:, None] - path[None], axis=-1)
    apart[np.arange(12), np.arange(12)] = np.inf
    assert 2.0 < np.median(apart.min(axis=0)) < 5.0
    assert 3.0 < np.linalg.norm(path - path.mean(axis=0), axis=-1).mean() < 8.0


def test_it_visits_its_waypoints_and_stays_together():
    path = flock(duration=240.0)
    middle = path.mean(axis=0)
    for leg in ROUTE:
        assert np.linalg.norm((middle - leg.point)[:, :2], axis=1).min() < birds.NEXT
    assert np.linalg.norm(path - middle, axis=-1).max() < 60.0
