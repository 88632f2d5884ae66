"""Corridors: all that is within half a width of a line of geodesics."""

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from scipy.optimize import minimize_scalar

from fusion.errors import ConfigError
from fusion.frame import SiteFrame
from fusion.messages import SECOND
from fusion.zones.ed318 import parse_zones
from fusion.zones.ed318_written import geometry_of
from fusion.zones.moving import Anchor, Fix, Moving
from fusion.zones.placing import placed
from fusion.zones.zones import CorridorOutline, GridZone
from tests.zones.zone_scenes import FRAME, NOW, place, zone

GEOD = Geod(ellps="WGS84")
SEINE = [(0, 0), (1500, 300), (1800, 1500), (4000, 1700), (4000, 1700), (4300, 900)]
LAYER = {"uom": "m", "lower": 0, "lowerReference": "AGL", "upper": 120, "upperReference": "AGL"}


def corridor(corners, reach, **fields):
    return zone("COR-1", CorridorOutline(line=tuple(place(*corner) for corner in corners), reach=reach), **fields)


def test_a_corridor_is_what_shapely_makes_of_its_line():
    laid = GridZone.of(corridor(SEINE, 200.0), FRAME)
    judge = shapely.LineString(SEINE).buffer(200.0, quad_segs=256)
    points = np.random.default_rng(4).uniform([-500, -500], [4800, 2300], (5000, 2))
    away = np.where(shapely.contains(judge, shapely.points(points)), -1, 1) * shapely.distance(
        judge.boundary, shapely.points(points)
    )
    sure = np.abs(away) > 0.05
    origin = FRAME.grid_from_wgs84(FRAME.latitude, FRAME.longitude, 0.0)[:2]
    distance = laid.distance(points + origin)
    assert ((distance <= 0) == (away <= 0))[sure].all()
    outside = away > 0.05
    assert distance[outside] == pytest.approx(away[outside], abs=0.05)
    assert (distance[~outside] >= away[~outside] - 0.05).all()  # never deeper than in truth


def geodesic_distance(line, point):
    """Give how far (m) a point is from a line of geodesics, by looking along each edge for the nearest place."""
    best = np.inf
    for (lat, lon), (lat2, lon2) in itertools.pairwise(line):
        azimuth, _, length = GEOD.inv(lon, lat, lon2, lat2, radians=True)

        def away(along, lat=lat, lon=lon, azimuth=azimuth):
            there = GEOD.fwd(lon, lat, azimuth, along, radians=True)
            return GEOD.inv(there[0], there[1], point[1], point[0], radians=True)[2]

        best = min(best, minimize_scalar(away, bounds=(0.0, length), method="bounded", options={"xatol": 1e-3}).fun)
    return best


@pytest.mark.parametrize("crs", ["auto", "EPSG:2154", "EPSG:32631"])
@given(st.integers(0, 2**32), st.floats(50, 5000))
@settings(max_examples=12, deadline=None)
def test_its_edge_lies_within_a_decimetre_of_the_geodesic_truth(crs, seed, reach):
    rng, frame = np.random.default_rng(seed), SiteFrame.at(48.8582, 2.2945, crs, 33.0, 44.6)
    line = [place(*rng.uniform(-15_000, 15_000, 2)) for _ in range(3)]
    laid = GridZone.of(zone("COR-1", CorridorOutline(line=tuple(line), reach=reach)), frame)
    for _ in range(3):
        point = place(*rng.uniform(-18_000, 18_000, 2))
        distance = float(laid.distance(frame.grid_from_wgs84(*point, 0.0)[None, :2])[0])
        truth = geodesic_distance(line, point) - reach
        if abs(truth) < 2000 and truth > 0:  # near its edge; inside, the depth may be less
            assert distance == pytest.approx(truth, abs=0.1 + 4e-4 * truth)
        assert (distance <= 0) == (truth <= 0) or abs(truth) < 0.15


def test_a_corridor_moves_with_its_anchor_and_grows():
    moving = Moving(anchor=Anchor(), origin=place(0, 0), course=np.pi / 2, speed=2.0, fresh=0, stale=60 * SECOND)
    drawn = corridor([(-100, 0), (300, 0)], 50.0, moving=moving)
    north = placed(drawn, moving, Fix(time=NOW, place=place(1000, 0), course=0.0), NOW + 20 * SECOND, FRAME)[0]
    origin = FRAME.grid_from_wgs84(FRAME.latitude, FRAME.longitude, 0.0)[:2]
    points = np.array([(1089, 200), (1091, 200), (1000, 389), (1000, 391), (1000, -189), (1000, -191)]) + origin
    assert north.contains(points).tolist() == [True, False, True, False, True, False]


def feature(**geometry):
    properties = {"identifier": "COR-1", "country": "FRA", "type": "PROHIBITED"}
    return {"type": "Feature", "properties": properties, "geometry": {"type": "LineString", "layer": LAYER} | geometry}


def test_a_corridor_is_read_and_written():
    line = [[2.30, 48.86], [2.35, 48.85]]
    (read,) = parse_zones(feature(coordinates=line, extent={"subType": "Corridor", "width": 400}), "f")
    assert read.volumes[0].outline.reach == 200.0
    written = geometry_of(read.volumes)
    assert (written["coordinates"], written["extent"]) == (line, {"subType": "Corridor", "width": 400.0})
    assert parse_zones(feature() | {"geometry": written}, "f")[0].volumes == read.volumes


@pytest.mark.parametrize(
    ("geometry", "why"),
    [
        ({"coordinates": [[2.3, 48.86], [2.35, 48.85]]}, "extent"),
        ({"coordinates": [[2.3, 48.86], [2.35, 48.85]], "extent": {"subType": "Corridor", "width": 0}}, "width"),
        ({"coordinates": [[2.3, 48.86], [2.35, 48.85]], "extent": {"subType": "Circle", "width": 9}}, "subType"),
        ({"coordinates": [[2.3, 48.86], [2.3, 48.86]], "extent": {"subType": "Corridor", "width": 9}}, "is one place"),
        ({"coordinates": [[2.3, 48.86]], "extent": {"subType": "Corridor", "width": 9}}, "coordinates"),
    ],
)
def test_a_corridor_that_makes_no_sense_is_refused_by_field(geometry, why):
    with pytest.raises(ConfigError, match=why):
        parse_zones(feature(**geometry), "f")
