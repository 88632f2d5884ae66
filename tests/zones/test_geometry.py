"""Prisms against Shapely, which shares no code with them."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.zones.geometry import circle, joined, polygon
from tests.zones.zone_scenes import star

OFFSET = np.array([652_000.0, 6_862_000.0])  # where Lambert-93 puts Paris: small figures would hide lost digits


def asked(prism, points):
    return prism.distance(points, np.zeros(len(points), int))


def judge(shape, points):
    """Give Shapely's signed distance."""
    dots = shapely.points(points)
    away = shapely.distance(shape.boundary, dots)
    return np.where(shapely.covers(shape, dots), -away, away)


@given(st.integers(0, 2**32), st.integers(3, 40), st.integers(0, 3))
@settings(max_examples=80)
def test_distance_to_a_polygon_with_holes_is_that_of_shapely(seed, corners, holes):
    rng = np.random.default_rng(seed)
    outer = star(rng, corners, 1000.0)
    inner = [star(rng, 5, 40.0) + np.array([70.0 * k - 70.0, 0.0]) for k in range(holes)]
    inner = [ring for ring in inner if shapely.Polygon(outer).contains(shapely.Polygon(ring))]
    points = rng.uniform(-1200, 1200, (200, 2))
    found = asked(polygon([ring + OFFSET for ring in (outer, *inner)], 0, 1), points + OFFSET)
    assert found == pytest.approx(judge(shapely.Polygon(outer, inner), points), abs=1e-6)


@given(st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), min_size=3, max_size=8, unique=True))
@settings(max_examples=200)
def test_points_level_with_corners_are_judged_as_by_shapely(corners):
    shape = shapely.Polygon(corners)
    if not shape.is_valid or shape.area == 0:
        return
    points = np.array([(x / 2, y / 2) for x in range(-10, 11) for y in range(-10, 11)])
    found = asked(polygon([np.array(corners, float)], 0, 1), points)
    assert found == pytest.approx(judge(shape, points), abs=1e-12)


def test_the_outline_belongs_to_the_polygon():
    square = polygon([np.array([[0, 0], [10, 0], [10, 10], [0, 10]], float)], 0, 1)
    assert (asked(square, np.array([[0, 0], [10, 10], [5, 0], [10, 5], [0, 3]], float)) <= 0).all()


def test_repeated_corners_change_nothing():
    ring = np.array([[0, 0], [10, 0], [10, 0], [10, 10], [0, 10], [0, 0]], float)
    assert asked(polygon([ring], 0, 1), np.array([[5.0, 4.0], [12.0, 5.0]])) == pytest.approx([-4.0, 2.0])


def test_distance_to_a_circle_is_that_to_its_middle_less_its_radius():
    points = np.array([[0.0, 0.0], [3.0, 4.0], [30.0, 40.0]])
    assert asked(circle(np.array([0.0, 0.0, 10.0]), 0, 1), points) == pytest.approx([-10.0, -5.0, 40.0])


def mixed(rng, count):
    shapes = []
    for _ in range(count):
        middle = rng.uniform(-2000, 2000, 2)
        ring = star(rng, int(rng.integers(3, 30)), 300.0) + middle
        shapes.append(polygon([ring], 0, 100) if rng.random() < 0.5 else circle(np.array([*middle, 100.0]), 0, 100))
    return joined(shapes)


def test_an_answer_does_not_depend_on_what_else_is_asked():
    rng = np.random.default_rng(7)
    prisms = mixed(rng, 40)
    points, which = rng.uniform(-2500, 2500, (500, 2)), rng.integers(0, 40, 500)
    together = prisms.distance(points, which)
    alone = [prisms.distance(points[i : i + 1], which[i : i + 1])[0] for i in range(500)]
    assert together.tolist() == alone


def test_height_outside_a_band_counts_from_the_nearer_limit():
    prisms = joined([circle(np.zeros(3), -np.inf, 100.0), circle(np.zeros(3), 50.0, np.inf)])
    found = prisms.outside_height(np.array([-20.0, 130.0, 60.0, 20.0]), np.array([0, 0, 1, 1]))
    assert found.tolist() == [-120.0, 30.0, -10.0, 30.0]


def test_no_prisms_answer_nothing():
    none = joined([])
    assert len(none) == 0
    assert none.distance(np.empty((0, 2)), np.empty(0, int)).tolist() == []
