"""The test range's earth against PROJ's own topocentric computation and geodesics."""

import math

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.earth import Chart, Place, ecef_from_wgs84, enu_from_ecef_matrix, wgs84_from_ecef

GEOD = pyproj.Geod(ellps="WGS84")


@given(
    st.floats(-89.0, 89.0), st.floats(-180.0, 180.0), st.floats(0.1, 30_000.0), st.floats(0.0, 360.0), st.floats(-100.0, 9000.0)
)
def test_east_north_up_is_projs_topocentric(latitude, longitude, distance, azimuth, height):
    there = GEOD.fwd(longitude, latitude, azimuth, distance)
    point = ecef_from_wgs84(math.radians(there[1]), math.radians(there[0]), height)
    proj = pyproj.Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=cart +ellps=WGS84 "
        f"+step +proj=topocentric +ellps=WGS84 +lat_0={latitude!r} +lon_0={longitude!r} +h_0=50"
    )
    place = Place(math.radians(latitude), math.radians(longitude), 50.0)
    assert place.enu(point) == pytest.approx(proj.transform(there[0], there[1], height), abs=1e-7)


@given(st.floats(-89.0, 89.0), st.floats(-180.0, 180.0), st.floats(-500.0, 20_000.0))
def test_earth_centred_points_go_back_to_where_they_came_from(latitude, longitude, height):
    there = wgs84_from_ecef(ecef_from_wgs84(math.radians(latitude), math.radians(longitude), height))
    assert np.degrees(there[0]) == pytest.approx(latitude, abs=1e-10)
    assert math.remainder(float(np.degrees(there[1])) - longitude, 360.0) == pytest.approx(0.0, abs=1e-10)
    assert there[2] == pytest.approx(height, abs=1e-4)  # PROJ's inverse is one step of Bowring's


def test_rotations_keep_lengths_and_handedness():
    turn = enu_from_ecef_matrix(np.array([0.1, -1.2, 0.85]), np.array([3.0, -2.0, 0.04]))
    assert turn @ np.swapaxes(turn, 1, 2) == pytest.approx(np.broadcast_to(np.eye(3), (3, 3, 3)), abs=1e-15)
    assert np.linalg.det(turn) == pytest.approx(1.0)


@given(st.floats(1.0, 9000.0), st.floats(0.0, 360.0))
def test_distances_on_the_chart_are_true_to_a_part_in_a_million(distance, azimuth):
    chart = Chart(48.8582, 2.2945, 77.6, 44.6)
    longitude, latitude, _ = GEOD.fwd(2.2945, 48.8582, azimuth, distance)
    point = chart.point(latitude, longitude, 120.0)
    assert math.hypot(point[0], point[1]) == pytest.approx(distance, rel=1e-6, abs=1e-6)
    back = wgs84_from_ecef(chart.ecef(point[None]))
    assert (np.degrees(back[0][0]), np.degrees(back[1][0]), back[2][0]) == pytest.approx((latitude, longitude, 120.0), abs=1e-7)
