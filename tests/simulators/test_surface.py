"""How boats and road vehicles move: on their route, within their limits."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators import rotorcraft, surface
from simulators.surface import LIMITS
from simulators.trajectory import STEP, Leg, Route

points = st.tuples(st.floats(-800, 800), st.floats(-800, 800), st.just(35.0)).map(np.array)
legs = st.lists(st.builds(Leg, points, st.floats(2, 30), st.just(0.0)), min_size=2, max_size=6)


def driven(kind, legs, seconds=2000.0, *, from_rest=True):
    return surface.move(Route(legs, from_rest, False), LIMITS[kind], seconds, np.random.default_rng(0))


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(LIMITS)), legs)
def test_no_route_makes_it_exceed_its_speed_push_or_jerk(kind, legs):
    path = driven(kind, legs)
    limits = LIMITS[kind]
    assert max(rotorcraft.used(path, limits)) <= 1.0 + 1e-6
    assert np.linalg.norm(np.diff(path, axis=0), axis=1).max() / STEP <= min(max(leg.speed for leg in legs), limits.speed) + 1e-6
    assert path[:, 2] == pytest.approx(np.full(len(path), 35.0), abs=1e-6)


@pytest.mark.parametrize("kind", sorted(LIMITS))
def test_it_stays_on_its_road_round_every_sharp_corner(kind):
    corners = [(0, 0), (400, 0), (400, 300), (100, 320), (100, 0)]
    path = driven(kind, [Leg(np.array([x, y, 35.0]), 12.0, 0.0) for x, y in corners])
    road = shapely.LineString(corners)
    assert shapely.distance(shapely.points(path[:, :2]), road).max() < 0.2
    for corner in corners:
        assert np.hypot(*(path[:, :2] - corner).T).min() < 0.2
    assert path[-1, :2] == pytest.approx(corners[-1], abs=0.01)
