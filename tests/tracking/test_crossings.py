"""Which rays are asked whether they meet, against asking every pair."""

import math

import numpy as np
import pytest
from msgspec.structs import replace

from fusion.config import Config
from fusion.messages import SECOND
from fusion.tracking.initiation import Ray, _lines, _near, cross
from fusion.tracking.tracker import Tracker
from tests.tracking.hearing_scene import FRAME, MIDDLE, SITE, START, camera, direction_of

CAMERAS = (camera(1), camera(2), replace(camera(3), accuracy=replace(camera(3).accuracy, azimuth_deg=2.0, elevation_deg=2.0)))
SENSORS = Tracker(Config(site=SITE, sensor=CAMERAS), FRAME).sensors
HEIGHT = (100.0, 40.0)


def rays(rng, count: int) -> list[Ray]:
    """Rays of three cameras in the last second: to some twenty places with errors of any size, near and far, and to nowhere."""
    places = MIDDLE + rng.normal(0.0, [600.0, 600.0, 60.0], (20, 3))
    found = []
    for _ in range(count):
        sensor = CAMERAS[int(rng.integers(3))]
        place = places[int(rng.integers(20))] + rng.normal(0.0, 10.0 ** rng.uniform(-1, 1.5), 3)
        azimuth, elevation, _ = direction_of(sensor, SENSORS[sensor.id].horizon, place)
        if rng.random() < 0.3:
            azimuth, elevation = rng.uniform(0, math.tau), rng.uniform(-0.5, 1.5)
        sigma = math.radians(sensor.accuracy.azimuth_deg) * 10.0 ** rng.uniform(-0.5, 0.5)
        time = START + int(rng.uniform(0, 1.0) * SECOND)
        found.append(Ray(time, sensor.id, azimuth % math.tau, elevation, sigma**2, sigma**2, 0))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_no_rays_that_meet_are_passed_over_and_most_others_are(seed):
    some = rays(np.random.default_rng(seed), 40)
    lines, asked, met = _lines(tuple(some), SENSORS), 0, 0
    for one in some:
        near = {id(other) for other in _near(one, tuple(some), lines, SENSORS)}
        for other in some:
            if other.sensor != one.sensor:
                asked += id(other) in near
                if cross(one, other, SENSORS, HEIGHT) is not None:
                    met += 1
                    assert id(other) in near
    assert met > 40
    assert asked < 0.6 * len(some) ** 2
