"""A track begins where its detection says, and as uncertain as that leaves it."""

import math

import numpy as np
import pytest

from fusion.messages import SECOND, Polar, Position, Scan
from fusion.tracking.measurements import measure
from fusion.tracking.models import MODES
from fusion.tracking.sensors import SensorModel
from fusion.tracking.store import TrackStore, begin
from fusion.tracking.tracker import Tracker
from tests.scene import CONFIG, FRAME

RADAR = SensorModel.of(next(one for one in CONFIG.sensor if one.id == "radar-2"), FRAME)
HEIGHT = (FRAME.ground + 80.0, 60.0)


def births(places: np.ndarray, rates: np.ndarray | None, rng, sigma_azimuth: float) -> tuple[np.ndarray, np.ndarray]:
    """Begin a track at one plot of each place (n, 3); the first mode's state and covariance."""
    plots = []
    for i, place in enumerate(places):
        e = RADAR.horizon.enu_from_grid(place)
        rate = {} if rates is None else {"range_rate": float(rates[i]), "sigma_range_rate": 0.5}
        azimuth = math.atan2(e[0], e[1]) + rng.normal(0, sigma_azimuth)
        distance = max(np.linalg.norm(e) + rng.normal(0, 5), 1.0)
        plots.append(Polar(time=SECOND, range=distance, azimuth=azimuth % math.tau, sigma_range=5.0, sigma_azimuth=sigma_azimuth, **rate))  # fmt: skip
    scan = Scan(sensor="radar-2", time=SECOND, received=SECOND, sequence=1, detections=tuple(plots))
    rows = begin(measure(scan, RADAR, FRAME), RADAR, np.arange(len(places)), HEIGHT, TrackStore.for_sensors(1))
    return rows.x[:, 0], rows.P[:, 0]


def normalised(error: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    return np.einsum("ni,ni->n", error, np.linalg.solve(covariance, error[..., None])[..., 0]) / error.shape[1]


def sky(rng, near: float, far: float, count: int = 4000) -> np.ndarray:
    """Give places as they are believed to be: heights N(80, 60) above ground, but none below it."""
    turn, level = rng.uniform(0, math.tau, count), rng.uniform(near, far, count)
    height = np.abs(rng.normal(*HEIGHT, count) - FRAME.ground) + FRAME.ground
    return np.column_stack(
        [RADAR.horizon.origin[0] + level * np.sin(turn), RADAR.horizon.origin[1] + level * np.cos(turn), height]
    )


@pytest.mark.parametrize(("near", "far", "most"), [(150, 300, 1.6), (300, 1000, 1.2), (2000, 4000, 1.1)])
def test_a_birth_without_an_elevation_is_as_uncertain_as_its_height_leaves_it(near, far, most):
    rng = np.random.default_rng(5)
    places = sky(rng, near, far)
    x, P = births(places, None, rng, math.radians(1.0))
    assert 0.8 < normalised(places - x[:, :3], P[:, :3, :3]).mean() < most


def test_a_birth_close_by_does_not_take_its_range_rate_for_more_than_it_says():
    """Near a sensor a range rate is of one direction, and that is known badly: 0.5 m/s is no 0.5 m/s along the line seen."""
    rng = np.random.default_rng(6)
    places = sky(rng, 150, 300)
    speeds = [MODES[0].speed_sigma, MODES[0].speed_sigma, MODES[0].climb_sigma]
    velocity = rng.normal(0, speeds, (len(places), 3))
    e = RADAR.horizon.enu_from_grid(places)
    rates = (e * velocity).sum(axis=1) / np.linalg.norm(e, axis=1) + rng.normal(0, 0.5, len(places))
    x, P = births(places, rates, rng, math.radians(3.0))
    assert 0.8 < normalised(velocity - x[:, 3:], P[:, 3:, 3:]).mean() < 1.2


def test_two_receivers_under_one_name_begin_tracks_of_their_own():
    """Both booted together, so that sequence, time and place in the scan are the same."""
    tracker = Tracker(CONFIG, FRAME)
    for boot, latitude in (("a", 48.8582), ("b", 48.8700)):
        report = Position(time=SECOND, latitude=math.radians(latitude), longitude=0.04, altitude=200.0, sigma_horizontal=5.0, sigma_vertical=5.0)  # fmt: skip
        tracker.step(Scan(sensor="adsb", time=SECOND, received=SECOND, sequence=0, boot=boot, detections=(report,)))
    table = tracker.table(SECOND, tentative=True)
    assert len(set(table.tracks)) == len(table.existence) == 2


@pytest.mark.parametrize("distance", [1_000.0, 5_000.0, 20_000.0])
def test_a_birth_without_an_elevation_stands_at_the_believed_height_though_the_earth_falls_away(distance):
    plot = Polar(time=SECOND, range=distance, azimuth=1.0, sigma_range=5.0, sigma_azimuth=0.01)
    scan = Scan(sensor="radar-2", time=SECOND, received=SECOND, sequence=1, detections=(plot,))
    rows = begin(measure(scan, RADAR, FRAME), RADAR, np.arange(1), HEIGHT, TrackStore.for_sensors(1))
    assert rows.x[0, 0, 2] == pytest.approx(HEIGHT[0], abs=0.5)
