"""Outlines in the grid against geodesics of the ellipsoid, and the zone against distances along the ground."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from fusion.frame import SiteFrame
from fusion.zones.outline import CIRCLE_SHARE, TOLERANCE, circle_in_grid, ring_in_grid

GEOD = Geod(ellps="WGS84")
PARIS = (48.8582, 2.2945)
FRAMES = {crs: SiteFrame.at(*PARIS, crs) for crs in ("auto", "EPSG:2154", "EPSG:32631")}


def grid(frame, latitude_deg, longitude_deg):
    return frame.grid_from_wgs84(np.radians(latitude_deg), np.radians(longitude_deg), 0.0)[..., :2]


@pytest.mark.parametrize("crs", FRAMES)
@given(st.tuples(*[st.floats(-3, 3)] * 4))
@settings(max_examples=25)
def test_an_edge_in_the_grid_stays_on_its_geodesic(crs, where):
    frame = FRAMES[crs]
    start, stop, aside = (PARIS[0] + where[0], PARIS[1] + where[1]), (PARIS[0] + where[2], PARIS[1] + where[3]), (55.0, 10.0)
    ring = ring_in_grid(frame, np.radians([start, stop, aside, start]))
    between = np.array(GEOD.npts(start[1], start[0], stop[1], stop[0], 301, initial_idx=0, terminus_idx=0))
    edges = shapely.LinearRing(ring)
    away = shapely.distance(edges, shapely.points(grid(frame, between[:, 1], between[:, 0])))
    assert away.max() <= TOLERANCE


def test_a_straight_line_in_the_grid_would_not_do():
    """Why edges are cut: of 100 km west of Paris the middle is 8 m off in Lambert-93, and 226 m in longitude and latitude."""
    frame = FRAMES["EPSG:2154"]
    ends = np.array([[PARIS[0], PARIS[1] - 1.37], [PARIS[0], PARIS[1]]])
    middle = np.array(GEOD.npts(*ends[0, ::-1], *ends[1, ::-1], 1))[0]
    straight = grid(frame, *ends.T).mean(axis=0)
    assert np.hypot(*(grid(frame, middle[1], middle[0]) - straight)) > 8.0
    assert GEOD.inv(*ends.mean(axis=0)[::-1], *middle)[2] == pytest.approx(226, abs=1)
    assert len(ring_in_grid(frame, np.radians([*ends, [48.0, 2.0], ends[0]]))) > 3


def test_a_city_block_keeps_its_own_corners():
    block = [[48.858, 2.294], [48.859, 2.294], [48.859, 2.296], [48.858, 2.296], [48.858, 2.294]]
    for frame in FRAMES.values():
        assert ring_in_grid(frame, np.radians(block)) == pytest.approx(grid(frame, *np.array(block[:-1]).T), abs=1e-9)


@pytest.mark.parametrize("crs", FRAMES)
@pytest.mark.parametrize("radius", [50.0, 1250.0, 8_000.0, 40_000.0, 150_000.0])
def test_a_circle_ends_where_the_distance_along_the_ground_is_its_radius(crs, radius):
    frame, notre_dame = FRAMES[crs], (48.8530, 2.3499)
    around, ring = circle_in_grid(frame, *np.radians(notre_dame), radius)
    rng = np.random.default_rng(3)
    azimuth, away = rng.uniform(0, 360, 500), radius + rng.uniform(-3, 3, 500) * TOLERANCE
    longitude, latitude, _ = GEOD.fwd(*[np.full(500, angle) for angle in notre_dame[::-1]], azimuth, away)
    points = grid(frame, latitude, longitude)
    if ring is None:
        found = np.hypot(*(points - around[:2]).T) - around[2]
    else:
        shape = shapely.Polygon(ring)
        found = shapely.distance(shape.boundary, shapely.points(points))
        found = np.where(shapely.contains(shape, shapely.points(points)), -found, found)
    # 0.04 % is what grid metres differ from true ones
    assert np.abs(found - (away - radius)).max() <= max(TOLERANCE, CIRCLE_SHARE * radius) + 4e-4 * 3 * TOLERANCE


@pytest.mark.parametrize(
    ("site", "middle"), [((89.9, 30.0), (89.95, -120.0)), ((-17.0, 179.99), (-17.0, -179.95)), ((0.0, -180.0), (0.02, 179.98))]
)
def test_circles_over_a_pole_or_the_antimeridian_are_like_any_other(site, middle):
    frame, radius = SiteFrame.at(*site), 12_000.0
    around, ring = circle_in_grid(frame, *np.radians(middle), radius)
    azimuth = np.linspace(0, 360, 200)
    longitude, latitude, _ = GEOD.fwd(*[np.full(200, angle) for angle in middle[::-1]], azimuth, np.full(200, radius))
    assert ring is None
    assert np.abs(np.hypot(*(grid(frame, latitude, longitude) - around[:2]).T) - around[2]).max() <= TOLERANCE


def test_a_polygon_over_the_antimeridian_takes_the_short_way():
    frame = SiteFrame.at(-17.0, 180.0)
    corners = [[-17.1, 179.9], [-17.1, -179.9], [-16.9, -179.9], [-16.9, 179.9], [-17.1, 179.9]]
    shape = shapely.Polygon(ring_in_grid(frame, np.radians(corners)))
    assert shape.area == pytest.approx(21_300 * 22_130, rel=0.01)
    assert shape.contains(shapely.Point(grid(frame, -17.0, 180.0)))
