"""The frame against exact geodesics and topocentric coordinates."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from fusion.errors import ConfigError
from fusion.frame import SiteFrame

TOWER = (48.8582, 2.2945)
SENSOR = (48.8611, 2.2890, 110.0)
CRSS = ["auto", "EPSG:2154", "EPSG:32631"]
WGS84 = Geod(ellps="WGS84")


def frame(crs: str) -> SiteFrame:
    return SiteFrame.at(*TOWER, crs, ground_amsl=33.0, undulation=44.6)


def horizon(crs: str):
    return frame(crs).horizon(math.radians(SENSOR[0]), math.radians(SENSOR[1]), SENSOR[2])


def topocentric(lat, lon, height):
    """The exact east, north, up at the sensor, by geocentric coordinates."""
    exact = Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=cart +ellps=WGS84 "
        f"+step +proj=topocentric +ellps=WGS84 +lat_0={SENSOR[0]} +lon_0={SENSOR[1]} +h_0={SENSOR[2]}"
    )
    return np.stack(exact.transform(lon, lat, height), axis=-1)


def around(distance: float, height: float):
    """Places at a geodesic distance from the sensor, all the way round."""
    azimuths = np.arange(0.0, 360.0, 15.0)
    n = len(azimuths)
    lon, lat, _ = WGS84.fwd(np.full(n, SENSOR[1]), np.full(n, SENSOR[0]), azimuths, np.full(n, distance))
    return azimuths, lat, lon, np.full(n, height)


@pytest.mark.parametrize("crs", CRSS)
@pytest.mark.parametrize(("distance", "bound"), [(1_000.0, 0.02), (5_000.0, 0.05), (20_000.0, 0.1)])
def test_a_horizon_agrees_with_the_exact_topocentric_computation(crs, distance, bound):
    for height in (40.0, 200.0, 1_500.0):
        _, lat, lon, h = around(distance, height)
        grid = frame(crs).grid_from_wgs84(np.radians(lat), np.radians(lon), h)
        assert np.abs(horizon(crs).enu_from_grid(grid) - topocentric(lat, lon, h)).max() < bound


@pytest.mark.parametrize("crs", CRSS)
@pytest.mark.parametrize(("distance", "bound"), [(1_000.0, 0.01), (5_000.0, 0.05), (20_000.0, 0.5)])
def test_azimuths_are_those_of_the_geodesic(crs, distance, bound):
    azimuths, lat, lon, h = around(distance, SENSOR[2])
    enu = horizon(crs).enu_from_grid(frame(crs).grid_from_wgs84(np.radians(lat), np.radians(lon), h))
    seen = np.degrees(np.arctan2(enu[:, 0], enu[:, 1]))
    across = np.radians((seen - azimuths + 180) % 360 - 180) * distance
    assert np.abs(across).max() < bound


@pytest.mark.parametrize("crs", CRSS)
def test_a_range_and_direction_lead_back_to_the_place(crs):
    at = horizon(crs)
    for enu in ([3000.0, -2000.0, 150.0], [-40.0, 10.0, 5.0], [12_000.0, 15_000.0, 900.0]):
        np.testing.assert_allclose(at.enu_from_grid(at.grid_from_enu(enu)), enu, atol=1e-6)


@pytest.mark.parametrize("crs", CRSS)
def test_the_slope_of_a_horizon_is_its_derivative(crs):
    at, grid = horizon(crs), horizon(crs).origin + np.array([2_500.0, -4_000.0, 120.0])
    numeric = np.stack([(at.enu_from_grid(grid + d) - at.enu_from_grid(grid - d)) / 2.0 for d in np.eye(3)], axis=1)
    np.testing.assert_allclose(at.jacobian(grid), numeric, atol=1e-8)


def test_places_agree_between_frames_to_a_tenth_of_a_metre_at_five_kilometres():
    _, lat, lon, h = around(5_000.0, 150.0)
    seen = [horizon(crs).enu_from_grid(frame(crs).grid_from_wgs84(np.radians(lat), np.radians(lon), h)) for crs in CRSS]
    assert np.ptp(seen, axis=0).max() < 0.1


def test_convergence_and_scale_over_paris_are_the_published_ones():
    lambert, utm = frame("EPSG:2154"), frame("EPSG:32631")
    at = (math.radians(48.8583), math.radians(2.2944))
    assert math.degrees(lambert.convergence(*at)) == pytest.approx(-0.51, abs=0.005)
    assert math.degrees(utm.convergence(*at)) == pytest.approx(-0.53, abs=0.005)
    assert lambert.scale(*at) - 1 == pytest.approx(-108e-6, abs=5e-6)
    assert utm.scale(*at) - 1 == pytest.approx(-370e-6, abs=5e-6)
    assert frame("auto").scale(*at) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("crs", CRSS)
def test_grid_vectors_turn_into_true_east_and_north(crs):
    at = frame(crs)
    grid = at.grid_from_wgs84(math.radians(48.88), math.radians(2.35), 100.0)
    lat, lon, _ = (np.degrees(v) for v in at.wgs84_from_grid(np.stack([grid, grid + [30.0, 40.0, 0.0]]))[:3])
    azimuth, _, distance = WGS84.inv(lon[0], lat[0], lon[1], lat[1])
    east, north, _ = at.enu_from_grid_matrix(grid) @ [30.0, 40.0, 0.0]
    assert math.degrees(math.atan2(east, north)) == pytest.approx(azimuth % 360, abs=1e-3)
    assert math.hypot(east, north) == pytest.approx(distance, rel=1e-5)


@given(st.floats(-60, 60), st.floats(-179, 179), st.floats(-0.05, 0.05), st.floats(-0.05, 0.05))
def test_the_automatic_frame_is_true_anywhere(lat, lon, dlat, dlon):
    at = SiteFrame.at(lat, lon)
    grid = at.grid_from_wgs84(math.radians(lat + dlat), math.radians(lon + dlon), 0.0)
    azimuth, _, distance = WGS84.inv(lon, lat, lon + dlon, lat + dlat)
    assert math.hypot(*grid[:2]) == pytest.approx(distance, rel=1e-5, abs=1e-3)
    back = at.wgs84_from_grid(grid)
    np.testing.assert_allclose(np.degrees(back[:2]), [lat + dlat, lon + dlon], atol=1e-9)


@pytest.mark.parametrize(
    ("crs", "reason"),
    [
        ("EPSG:3857", "stretches lengths by +5"),
        ("EPSG:4326", "not projected"),
        ("EPSG:4979", "not projected"),
        ("EPSG:2263", "not in metres"),
        ("EPSG:99999", "not a CRS that PROJ knows"),
        ("EPSG:32601", "the site is not there"),
    ],
)
def test_a_crs_that_a_tracker_cannot_reckon_in_is_refused_with_the_reason(crs, reason):
    with pytest.raises(ConfigError, match="site.crs") as refused:
        frame(crs)
    assert reason in str(refused.value)
    assert '"auto"' in str(refused.value)


@pytest.mark.parametrize(
    ("datum", "height"), [("hae", 120.0), ("amsl", 164.6), ("agl", 197.6), ("takeoff", 197.6), ("pressure", 164.6)]
)
def test_every_height_datum_becomes_a_height_above_the_ellipsoid(datum, height):
    assert frame("auto").height(120.0, datum) == pytest.approx(height)
