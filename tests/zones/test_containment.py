"""Who is inside, against Shapely and the geodesic truth: at edges, in holes, over the antimeridian and around a pole."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from fusion.frame import SiteFrame
from fusion.zones.zones import CircleOutline, GridZone, PolygonOutline
from tests.zones.zone_scenes import FRAME, place, star, zone

GEOD = Geod(ellps="WGS84")
ORIGIN = FRAME.grid_from_wgs84(FRAME.latitude, FRAME.longitude, 0.0)[:2]

SITES = {
    "Paris": (48.8582, 2.2945),
    "Fiji, on the antimeridian": (-16.8, 179.999),
    "Fiji, beyond it": (-16.8, -179.95),
    "the north pole": (89.99, 10.0),
    "the south pole": (-89.95, -120.0),
    "the equator": (0.001, -0.001),
}


def near(latitude_deg, longitude_deg, bearing, distance):
    lon, lat, _ = GEOD.fwd(longitude_deg, latitude_deg, bearing, distance)
    return math.radians(lat), math.radians(lon)


@pytest.mark.parametrize("site", SITES)
@given(st.floats(0, 360), st.floats(0, 4000), st.floats(50, 5000), st.integers(0, 2**32))
@settings(max_examples=25, deadline=None)
def test_a_circle_holds_what_is_nearer_than_its_radius_wherever_it_lies(site, bearing, off, radius, seed):
    frame, middle = SiteFrame.at(*SITES[site]), near(*SITES[site], bearing, off)
    laid = GridZone.of(zone("C", CircleOutline(latitude=middle[0], longitude=middle[1], radius=radius)), frame)
    rng = np.random.default_rng(seed)
    share = np.concatenate([rng.uniform(0, 2, 40), 1 + rng.uniform(-1, 1, 40) * 0.5 / radius])  # anywhere, and at the edge
    azimuth = rng.uniform(0, 360, 80)
    lon, lat, _ = GEOD.fwd(np.full(80, math.degrees(middle[1])), np.full(80, math.degrees(middle[0])), azimuth, share * radius)
    away = radius * (share - 1)
    found = laid.distance(frame.grid_from_wgs84(np.radians(lat), np.radians(lon), 0.0)[:, :2])
    assert (np.abs(found - away) <= 0.12 + 1e-6 * np.abs(away)).all()
    sure = np.abs(away) > 0.12
    assert ((found <= 0) == (away <= 0))[sure].all()


def gnomonic(middle, points):
    """Project (latitude, longitude) in degrees around a middle so that geodesics are straight (Karney, "Algorithms for geodesics", §8)."""
    flat = []
    for lat, lon in points:
        azimuth, _, length = GEOD.inv(middle[1], middle[0], lon, lat)
        # on a sphere of the local radius; within 20 km the ellipsoid's part in it is below a centimetre
        radius = 6_371_000.0
        out = radius * math.tan(length / radius)
        flat.append((out * math.sin(math.radians(azimuth)), out * math.cos(math.radians(azimuth))))
    return np.array(flat)


@pytest.mark.parametrize("site", SITES)
@given(st.integers(3, 14), st.floats(200, 8000), st.integers(0, 2**32))
@settings(max_examples=15, deadline=None)
def test_a_polygon_with_a_hole_holds_what_shapely_says_between_its_geodesics(site, corners, size, seed):
    rng, middle, frame = np.random.default_rng(seed), SITES[site], SiteFrame.at(*SITES[site])
    outer = star(rng, corners, size)
    hole = outer[::-1] * 0.3

    def ring(shape):
        found = [near(*middle, math.degrees(math.atan2(x, y)), math.hypot(x, y)) for x, y in shape]
        return (*found, found[0])

    rings = (ring(outer), ring(hole))
    laid = GridZone.of(zone("P", PolygonOutline(rings=rings)), frame)
    judge = shapely.Polygon(gnomonic(middle, np.degrees(rings[0])), [gnomonic(middle, np.degrees(rings[1]))])
    asked = rng.uniform(-1.2, 1.2, (120, 2)) * size
    there = np.array([near(*middle, math.degrees(math.atan2(x, y)), math.hypot(x, y)) for x, y in asked])
    points = shapely.points(gnomonic(middle, np.degrees(there)))
    away = shapely.distance(judge.boundary, points)
    found = laid.distance(frame.grid_from_wgs84(there[:, 0], there[:, 1], 0.0)[:, :2])
    sure = away > 0.2
    assert ((found <= 0) == shapely.contains(judge, points))[sure].all()


@given(st.integers(3, 20), st.integers(0, 2**32))
@settings(max_examples=100, deadline=None)
def test_a_polygons_own_edges_and_corners_belong_to_it(corners, seed):
    rng = np.random.default_rng(seed)
    shape = star(rng, corners, 700.0)
    ring = tuple(place(*corner) for corner in (*shape, shape[0]))
    laid = GridZone.of(zone("P", PolygonOutline(rings=(ring,))), FRAME)
    (edges,) = [laid.prisms.edges]
    share = rng.uniform(0, 1, (len(edges), 1))
    on = edges[:, :2] * (1 - share) + edges[:, 2:] * share
    assert (np.abs(laid.distance(np.concatenate([edges[:, :2], on]))) <= 1e-9 * 1e3).all()


@given(st.floats(-60, 300), st.floats(0, 100), st.sampled_from(["agl", "amsl", "hae"]), st.sampled_from(["agl", "amsl", "hae"]))
def test_a_height_is_the_same_against_every_datum(height, undulation, one, other):
    frame = SiteFrame.at(48.8582, 2.2945, "auto", 33.0, undulation)
    above = {"agl": 33.0 + undulation, "amsl": undulation, "hae": 0.0}
    assert frame.height(height - above[one], one) == pytest.approx(frame.height(height - above[other], other), abs=1e-9)
