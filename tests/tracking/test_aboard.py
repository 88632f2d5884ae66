"""What a platform does to the directions of a sensor aboard, judged by scipy's rotations, chance, and plain geometry."""

import math

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from fusion.messages import SECOND, Position, Scan
from fusion.tracking.aboard import drive, nearest, rays, rotation, shift, turn, unsure
from tests.scene import ADSB, FRAME, START
from tests.tracking.moving_scene import CENTRE, horizon_at, timeline

ATTITUDE = (math.radians(130.0), math.radians(12.0), math.radians(-20.0))


def row(reach=math.inf, azimuth=0.0, elevation=math.inf, rate=math.inf, noise=(1.0, 0.01, 0.01, 0.1)):
    told = [reach, azimuth, elevation, rate]
    z = np.array([[0.0 if math.isinf(value) else value for value in told] + [0.0, 0.0]])
    variance = np.array(
        [[math.inf if math.isinf(value) else sigma**2 for value, sigma in zip(told, noise, strict=True)] + [math.inf] * 2]
    )
    return z, variance


def test_the_rotation_is_scipys():
    np.testing.assert_allclose(rotation(*ATTITUDE), Rotation.from_euler("ZYX", ATTITUDE).as_matrix(), atol=1e-12)


def test_a_nose_that_points_east_turns_what_is_ahead_to_the_east():
    z, variance = row(azimuth=0.0, elevation=0.1)
    turn(z, variance, (math.pi / 2, 0.0, 0.0), 0.0, 0.0)
    assert z[0, 1:3] == pytest.approx([math.pi / 2, 0.1])
    z, variance = row(azimuth=math.pi / 2, elevation=0.0)  # to the right, of who leans to the right
    turn(z, variance, (0.0, 0.0, 0.3), 0.0, 0.0)
    assert z[0, 1:3] == pytest.approx([math.pi / 2, -0.3])


def test_turned_noise_is_what_chance_makes_of_it():
    rng = np.random.default_rng(5)
    n, sigma, heading, tilt = 200_000, (0.004, 0.002), 0.01, 0.003
    z, variance = row(azimuth=0.7, elevation=0.35, noise=(1.0, *sigma, 1.0))
    turn(z, variance, ATTITUDE, heading**2, tilt**2)
    azimuth, elevation = 0.7 + sigma[0] * rng.standard_normal(n), 0.35 + sigma[1] * rng.standard_normal(n)
    aboard = np.stack([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), -np.sin(elevation)], axis=1)
    level = Rotation.from_euler("ZYX", ATTITUDE).apply(aboard)
    # an attitude that is off: a small turn about the vertical, and two about level axes
    off = np.stack([tilt * rng.standard_normal(n), tilt * rng.standard_normal(n), heading * rng.standard_normal(n)], axis=1)
    north, east, down = Rotation.from_rotvec(off).apply(level).T
    assert z[0, 1] == pytest.approx(np.arctan2(east, north).mean() % math.tau, abs=1e-4)
    assert z[0, 2] == pytest.approx(np.arcsin(-down).mean(), abs=1e-4)
    assert variance[0, 1] == pytest.approx(np.arctan2(east, north).var(), rel=0.02)
    assert variance[0, 2] == pytest.approx(np.arcsin(-down).var(), rel=0.02)


def test_what_has_a_range_is_seen_from_elsewhere_as_geometry_says():
    z, variance = row(500.0, 1.0, 0.2)
    before, apart = 500.0 * rays(z, variance)[0], np.array([[12.0, -3.0, 1.0]])
    shift(z, variance, apart)
    np.testing.assert_allclose(z[0, 0] * rays(z, variance)[0], before + apart[0], atol=1e-9)
    z, variance = row(azimuth=1.0, elevation=0.2)
    shift(z, variance, apart)
    assert z[0, :3].tolist() == [0.0, 1.0, 0.2]  # whose range is not known stays


def test_a_target_that_stands_still_has_no_range_rate_left_of_who_drives_by():
    way = np.array([math.sin(0.8) * math.cos(0.1), math.cos(0.8) * math.cos(0.1), math.sin(0.1)])
    velocity = (15.0, 3.0, -1.0)
    z, variance = row(800.0, 0.8, 0.1, -float(way @ velocity))
    drive(z, variance, velocity, 0.25)
    assert z[0, 3] == pytest.approx(0.0, abs=1e-12)
    assert variance[0, 3] > 0.1**2 + 0.25


def test_a_place_that_is_not_known_counts_as_chance_says():
    rng = np.random.default_rng(6)
    target, sigma = np.array([300.0, 400.0, 150.0]), np.array([4.0, 4.0, 7.0])
    e = target + sigma * rng.standard_normal((200_000, 3))
    rho = np.hypot(e[:, 0], e[:, 1])
    reach = float(np.linalg.norm(target))
    z, variance = row(reach, math.atan2(300, 400), math.atan2(150, 500), noise=(1e-3, 1e-6, 1e-6, 1.0))
    unsure(z, variance, np.array([reach]), np.array([sigma[0] ** 2]), sigma[2] ** 2)
    assert variance[0, 0] == pytest.approx(np.hypot(rho, e[:, 2]).var(), rel=0.02)
    assert variance[0, 1] == pytest.approx(np.arctan2(e[:, 0], e[:, 1]).var(), rel=0.02)
    assert variance[0, 2] == pytest.approx(np.arctan2(e[:, 2], rho).var(), rel=0.02)


def test_the_nearest_track_in_a_direction_counts_and_never_the_platform_itself():
    line = timeline(ADSB)
    for k, (east, north) in enumerate([(4.0, -3.0), (200.0, 200.0), (700.0, 700.0), (-300.0, 0.0)]):
        latitude, longitude, height = (float(x) for x in FRAME.wgs84_from_grid(CENTRE + [east, north, 0.0]))
        place = Position(
            time=START, latitude=latitude, longitude=longitude, altitude=height, sigma_horizontal=5.0, sigma_vertical=5.0
        )
        line.insert(Scan(sensor="adsb", time=START, received=START, sequence=k, detections=(place,)))
    line.insert(Scan(sensor="adsb", time=START + SECOND // 10, received=START, sequence=9, detections=()))
    line.advance()
    z = np.concatenate([row(azimuth=azimuth, elevation=0.0)[0] for azimuth in (math.pi / 4, -math.pi / 2, math.pi)])
    variance = np.concatenate([row(azimuth=0.0, elevation=0.0, noise=(1, 0.01, 0.01, 1))[1]] * 3)
    found = nearest(z, variance, np.full(3, 4.0), horizon_at(CENTRE), 0.0, line.tracker.store, 0.0)
    assert found == pytest.approx([math.hypot(200, 200), 300.0, math.inf], rel=1e-3)
    found = nearest(z, variance, np.full(3, 4.0), horizon_at(CENTRE), 350.0, line.tracker.store, 0.0)
    assert found == pytest.approx([math.hypot(700, 700), math.inf, math.inf], rel=1e-3)
