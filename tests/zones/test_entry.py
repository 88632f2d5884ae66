"""Entries against Shapely's intersections and against flying in small steps."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.zones.geometry import circle, joined, polygon
from fusion.zones.kernels import entry_times
from tests.zones.zone_scenes import star

HORIZON = 60.0


def fly(prisms, which, place, velocity):
    """Ask for flights (m, s, 3)."""
    flights = np.moveaxis(np.concatenate([place, velocity], axis=-1), -1, 1)
    return np.array(
        [entry_times(prisms.columns, v, np.ascontiguousarray(own), HORIZON) for v, own in zip(which, flights, strict=True)]
    )


def one(prism, place, velocity=(0, 0, 0)):
    return float(fly(prism, np.zeros(1, int), np.array(place, float)[None, None], np.array(velocity, float)[None, None])[0, 0])


@given(st.integers(0, 2**32), st.integers(3, 25))
@settings(max_examples=60)
def test_level_flights_enter_polygons_where_shapely_says(seed, corners):
    rng = np.random.default_rng(seed)
    outer, hole = star(rng, corners, 300.0), star(rng, 4, 60.0)
    holes = [hole] if shapely.Polygon(outer).contains(shapely.Polygon(hole)) else []
    shape = shapely.Polygon(outer, holes)
    place = np.concatenate([rng.uniform(-500, 500, (60, 2)), np.full((60, 1), 50.0)], axis=1)
    velocity = np.concatenate([rng.normal(0, 10, (60, 2)), np.zeros((60, 1))], axis=1)
    found = fly(polygon([outer, *holes], 0, 100), np.zeros(1, int), place[None], velocity[None])[0]
    for start, speed, time in zip(place, velocity, found, strict=True):
        here = shapely.Point(start[:2])
        inside = shapely.LineString([start[:2], (start + HORIZON * speed)[:2]]).intersection(shape)
        expected = here.distance(inside) / np.hypot(*speed[:2]) if not inside.is_empty else np.inf
        assert time == pytest.approx(expected, abs=1e-6)


@given(st.integers(0, 2**32))
@settings(max_examples=20)
def test_slanting_flights_enter_as_when_flown_in_small_steps(seed):
    rng = np.random.default_rng(seed)
    ring = star(rng, 8, 200.0)
    prisms = joined([polygon([ring], 40, 90), circle(np.array([20.0, -30.0, 150.0]), 40, 90)])
    place = rng.uniform([-400, -400, 0], [400, 400, 150], (2, 20, 3))
    velocity = rng.normal(0, [8, 8, 2], (2, 20, 3))
    found = fly(prisms, np.array([0, 1]), place, velocity)
    shapes = [shapely.Polygon(ring), shapely.Point(20, -30).buffer(150, quad_segs=1000)]
    shapely.prepare(shapes)
    steps = np.linspace(0, HORIZON, 1201)
    for k, s in np.ndindex(found.shape):
        time = found[k, s]
        flown = place[k, s] + steps[:, None] * velocity[k, s]
        within = (flown[:, 2] >= 40) & (flown[:, 2] <= 90) & shapely.covers(shapes[k], shapely.points(flown[:, :2]))
        assert not within[steps < time - 1e-6].any()
        if np.isfinite(time):
            there = place[k, s] + time * velocity[k, s]
            assert shapely.distance(shapes[k], shapely.Point(there[:2])) < 1e-3
            assert 40 - 1e-6 <= there[2] <= 90 + 1e-6


SQUARE = polygon([np.array([[0, 0], [100, 0], [100, 100], [0, 100]], float)], 50, 120)
ROUND = circle(np.array([50.0, 50.0, 50.0]), 50, 120)


@pytest.mark.parametrize("prism", [SQUARE, ROUND])
@pytest.mark.parametrize(
    ("place", "velocity", "time"),
    [
        ((-100, 50, 80), (10, 0, 0), 10.0),  # straight in
        ((-100, 50, 80), (-10, 0, 0), np.inf),  # away
        ((-100, 50, 80), (1, 0, 0), np.inf),  # beyond the horizon
        ((50, 50, 80), (0, 0, 0), 0.0),  # hovers inside
        ((50, 50, 80), (10, 0, 0), 0.0),  # inside, on its way out
        ((150, 50, 80), (0, 0, 0), np.inf),  # hovers outside
        ((50, 50, 20), (0, 0, 3), 10.0),  # climbs in from below
        ((50, 50, 180), (0, 0, -3), 20.0),  # sinks in from above
        ((50, 50, 20), (0, 0, 0), np.inf),  # stays below
        ((-100, 50, 20), (10, 0, 3), 10.0),  # reaches the height and the edge together
        ((-100, 50, 20), (10, 0, 1.5), 20.0),  # over the edge first, then up into the band
        ((-100, 50, 20), (10, 0, 1), np.inf),  # passes below: at the far side when the band begins
        ((-100, 50, 80), (10, 0, 5), np.inf),  # climbs out of the band before the edge
    ],
)
def test_entries_that_can_be_told_by_heart(prism, place, velocity, time):
    assert one(prism, place, velocity) == pytest.approx(time)


def test_without_limits_only_the_outline_counts():
    endless = circle(np.array([0.0, 0.0, 10.0]), -np.inf, np.inf)
    assert one(endless, (0, 0, -5000), (0, 0, 90)) == 0.0
    assert one(endless, (20, 0, 9000), (-1, 0, -500)) == pytest.approx(10.0)


def test_a_hole_is_entered_from_within():
    ring = polygon(
        [np.array([[-100, -100], [100, -100], [100, 100], [-100, 100]], float), star(np.random.default_rng(1), 12, 50.0)], 0, 100
    )
    assert one(ring, (0, 0, 50)) == np.inf
    assert 1.0 < one(ring, (0, 0, 50), (10, 0, 0)) < 6.0
