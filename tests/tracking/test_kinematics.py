"""How a track moves says what it is: by physics, no louder than its covariance allows, and never to the end."""

import math

import numpy as np
import pytest
from scipy.stats import rice

from fusion.config import Accuracy, Config, CoverageTable
from fusion.messages import CLASSES, SECOND, Polar, Scan
from fusion.tracking import kernels
from fusion.tracking.kinematics import CORRELATION, FIRST, LEG, SUREST, TABLE, WAYS, _rice, evidence, legs
from fusion.tracking.tracker import Tracker
from tests.scene import FRAME, SITE, START, sensor

BIRD, MULTIROTOR, FIXED_WING, MANNED = (CLASSES.index(kind) for kind in ("bird", "multirotor", "fixed_wing", "manned"))
SIGMA = np.array([5.0, math.radians(0.5), math.radians(0.7)])


def radar(azimuth_deg=0.5, elevation_deg: float | None = 0.7):
    return sensor(
        "radar", "radar", 48.8582, 2.2945, 110.0, period_s=1.0, false_alarms_per_scan=2.0,
        accuracy=Accuracy(range_m=5.0, azimuth_deg=azimuth_deg, elevation_deg=elevation_deg),
        coverage=CoverageTable(elevation_deg=(-10.0, 70.0), range_m=(50.0, 4000.0)),
    )  # fmt: skip


def classed(path, one=None, seed=0):
    """Let a radar see a path (n, 3), m about a place 1 km away, once a second; give the classes of its track at the end."""
    one, rng = one or radar(), np.random.default_rng(seed)
    tracker = Tracker(Config(site=SITE, sensor=(one,)), FRAME)
    horizon, middle = tracker.sensors["radar"].horizon, FRAME.grid_from_wgs84(FRAME.latitude, FRAME.longitude, FRAME.ground + 90)
    flat = one.accuracy.elevation_deg is None
    for k, place in enumerate(path + middle + [0.0, 1000.0, 0.0]):
        time, e = START + k * SECOND, horizon.enu_from_grid(place)
        sigma = [5.0, math.radians(one.accuracy.azimuth_deg), math.radians(one.accuracy.elevation_deg or 0.0)]
        z = [np.linalg.norm(e), math.atan2(e[0], e[1]), math.atan2(e[2], math.hypot(e[0], e[1]))] + sigma * rng.standard_normal(3)
        seen = Polar(
            time=time, range=float(z[0]), azimuth=float(z[1] % math.tau), elevation=None if flat else float(z[2]),
            sigma_range=5.0, sigma_azimuth=sigma[1], sigma_elevation=sigma[2],
        )  # fmt: skip
        tracker.step(Scan(sensor="radar", time=time, received=time, sequence=k, detections=(seen,)))
    table = tracker.table(time)
    return table.classes[np.linalg.norm(table.state[:, :3] - (path[-1] + middle + [0.0, 1000.0, 0.0]), axis=1).argmin()]


AT = np.arange(26.0)
NOUGHT = 0.0 * AT


def circling(speed, radius):
    turned = speed / radius * AT
    return np.stack([radius * np.cos(turned), radius * np.sin(turned), 0.5 * np.sin(0.7 * AT)], axis=1)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (np.stack([NOUGHT, NOUGHT, NOUGHT], axis=1), MULTIROTOR),  # hovering
        (np.stack([NOUGHT, NOUGHT, 3.0 * AT], axis=1), MULTIROTOR),  # straight up
        (np.stack([4.0 * AT, NOUGHT, NOUGHT], axis=1), MULTIROTOR),  # at a run
        (circling(11.5, 50.0), BIRD),
        (circling(20.0, 90.0), FIXED_WING),
        (np.stack([55.0 * AT - 700.0, NOUGHT, NOUGHT], axis=1), MANNED),
    ],
    ids=["hover", "climb", "slow", "circling", "loiter", "helicopter"],
)
def test_what_moves_like_something_is_taken_for_it(path, kind, seed):
    assert classed(path, seed=seed).argmax() == kind


@pytest.mark.parametrize("speed", [8.0, 12.0, 16.0])
def test_a_drone_on_its_way_straight_on_is_not_taken_for_a_bird(speed):
    path = np.stack([speed * AT - 150.0, NOUGHT, NOUGHT], axis=1)
    assert np.mean([classed(path, seed=seed)[BIRD] > 0.5 for seed in range(10)]) <= 0.1


def test_a_noisy_flat_track_is_nothing_that_it_was_not_before():
    """A 2-D radar with 4° of azimuth, 70 m at 1 km, teaches next to nothing: a hovering drone is no bird by its noise."""
    path = np.stack([NOUGHT, NOUGHT, NOUGHT], axis=1)
    assert max(classed(path, radar(4.0, None), seed)[BIRD] for seed in range(8)) < 0.4


def one_leg(speed, sigma):
    now, places = np.array([[LEG * speed, 0.0, 0.0]]), np.zeros((1, 2, 3))
    places[0, 1, 0] = -LEG * speed
    spread, spreads = np.full((1, 2), sigma**2), np.full((1, 2, 2), sigma**2)
    return legs(now, places, spread, spreads, np.array([LEG]), np.array([LEG]))


def test_evidence_vanishes_as_the_covariance_grows():
    width = [np.ptp(evidence(one_leg(12.0, sigma), np.array([LEG]))) for sigma in (3.0, 10.0, 100.0, 1000.0, 1e5)]
    assert width == sorted(width, reverse=True)
    assert width[-1] < 1e-3


def test_a_circle_s_legs_have_its_centripetal_acceleration_and_a_straight_line_s_none():
    speed, radius, at = 12.0, 60.0, np.array([0.0, LEG, 2 * LEG])
    turned = speed / radius * at
    place = radius * np.stack([np.cos(turned), np.sin(turned), 0 * at], axis=1)
    nothing = np.zeros((1, 2)), np.zeros((1, 2, 2)), np.array([LEG]), np.array([LEG])
    seen = legs(place[2:], np.stack([place[1], place[0]])[None], *nothing)
    shrinks = np.sinc(speed / radius * LEG / 2 / math.pi)  # a chord is shorter than its arc
    assert seen.across[0] == pytest.approx(speed**2 / radius * shrinks**2, rel=1e-9)
    assert seen.along[0] == pytest.approx(0.0, abs=1e-9)
    assert one_leg(12.0, 5.0).across[0] == pytest.approx(0.0, abs=1e-12)
    assert one_leg(12.0, 5.0).speed_variance[0] == pytest.approx(2 * 25.0 / LEG**2)


def test_a_first_leg_says_nothing_of_turning():
    seen = legs(np.array([[40.0, 0, 0]]), np.zeros((1, 2, 3)), np.ones((1, 2)), np.ones((1, 2, 2)), np.array([LEG]), np.zeros(1))
    assert np.isinf(seen.acceleration_variance[0])
    assert np.isfinite(evidence(seen, np.array([LEG]))).all()


def test_the_speed_s_density_is_rice_s():
    s, m, sigma = np.array([0.1, 1.0, 8.0, 40.0]), 7.0, 2.0
    np.testing.assert_allclose(_rice(s, m, np.array(sigma**2)) + np.log(s), rice.logpdf(s, m / sigma, scale=sigma), rtol=1e-6)
    far = _rice(np.array([300.0]), 290.0, np.array(4.0)) + np.log(300.0)
    np.testing.assert_allclose(far, rice.logpdf(300.0, 145.0, scale=2.0), rtol=1e-4)


def test_every_class_s_ways_fill_its_time():
    for kind in CLASSES:
        assert sum(way.share for way in WAYS if way.of == kind) == pytest.approx(1.0)


def test_a_longer_leg_counts_for_more_until_it_is_one_independent_piece():
    seen = one_leg(12.0, 5.0)
    once, twice, capped = (np.ptp(evidence(seen, np.array([took]))) for took in (LEG, 2 * LEG, 10.0))
    assert twice == pytest.approx(2 * once)
    assert capped == pytest.approx(twice * min(10.0, CORRELATION) / (2 * LEG))


@pytest.mark.parametrize("pace", [1.0, 12.0, 60.0])
def test_the_kernel_says_what_the_specification_says(pace):
    rng = np.random.default_rng(1)
    now, places = rng.normal(0, 4 * pace, (200, 3)), rng.normal(0, 4 * pace, (200, 2, 3))
    spread, spreads = rng.uniform(1, 50, (200, 2)), rng.uniform(1, 50, (200, 2, 2))
    took, before, logs = rng.uniform(4, 9, 200), rng.choice([0.0, 5.0], 200), np.empty((200, len(CLASSES)))
    expected = evidence(legs(now, places, spread, spreads, took, before), took)
    for row in range(len(now)):
        of = (now[row], places[row], spread[row], spreads[row], took[row], before[row])
        kernels.weigh_leg(*of, TABLE, FIRST, CORRELATION, SUREST, logs[row])
    np.testing.assert_allclose(logs, expected, atol=1e-4)
