"""Where a sensor errs is learnt while it runs: fewer tracks of nothing, and no target lost for it."""

import math

import numpy as np
import pytest
from msgspec.structs import replace

from fusion.config import Config
from fusion.messages import SECOND, Coverage, Polar, Scan
from fusion.tracking import clutter
from fusion.tracking.clutter import LEAST, MEMORY, RINGS, SECTORS, STRENGTH, Clutter
from fusion.tracking.measurements import measure
from fusion.tracking.sensors import SensorModel
from fusion.tracking.tracker import Tracker
from tests.scene import FRAME, HORIZONS, RADAR, SITE, START

FALSE = 2.0
SENSOR = replace(RADAR, false_alarms_per_scan=FALSE)
MODEL = SensorModel.of(SENSOR, FRAME)
FIRST, WIDTH, LOW, HIGH, NEAR, FAR = MODEL.coverage


def plot(time: int, r: float, azimuth: float, elevation: float) -> Polar:
    sigma = {"sigma_range": 5.0, "sigma_azimuth": 0.009, "sigma_elevation": 0.012}
    return Polar(time=time, range=r, azimuth=azimuth % math.tau, elevation=elevation, **sigma)


def scan(second: int, plots: list[tuple[float, float, float]]) -> Scan:
    time = START + second * SECOND
    return Scan(
        sensor=SENSOR.id, time=time, received=time, sequence=second, boot="b", detections=tuple(plot(time, *one) for one in plots)
    )


def even(rng, count: int) -> list[tuple[float, float, float]]:
    """Give false alarms as they are taken to be: even in range, azimuth and elevation."""
    return [(rng.uniform(NEAR, FAR), FIRST + rng.uniform(0, WIDTH), rng.uniform(LOW, HIGH)) for _ in range(count)]


def test_even_false_alarms_fill_all_cells_alike():
    cells, share = clutter.cells_of(measure(scan(0, even(np.random.default_rng(1), 100 * SECTORS * RINGS)), MODEL, FRAME), MODEL)
    counts = np.bincount(cells, minlength=SECTORS * RINGS)
    np.testing.assert_allclose(share, 1.0 / len(counts))
    assert ((counts - 100) ** 2 / 100).sum() < 513  # χ² of 431 degrees of freedom at 0.996


@pytest.mark.parametrize("rate", [0.0, 0.02, 1.0])
def test_a_rate_is_the_mean_of_its_gamma_distribution(rate):
    """Against the integral over every rate: prior Gamma(k, k/λs), looks Poisson, forgotten by what has faded."""
    rng, known, even_rate, log = np.random.default_rng(2), Clutter(), FALSE / (SECTORS * RINGS), 0.0
    grid = np.linspace(1e-6, 4.0, 400_001)
    fade = math.exp(-1.0 / MEMORY)
    for _ in range(200):
        count = rng.poisson(rate)
        known = clutter.learn(known, np.full(count, 7), np.ones(count), 1.0)
        log = fade * log + count * np.log(grid) - grid
    density = log + (STRENGTH - 1.0) * np.log(grid) - STRENGTH / even_rate * grid
    weight = np.exp(density - density.max())
    mean = float((weight * grid).sum() / weight.sum()) / even_rate
    ours = clutter.relative(known, np.array([7]), np.array([1.0 / (SECTORS * RINGS)]), FALSE)[0]
    assert ours == pytest.approx(max(mean, LEAST), rel=1e-3)


def sky(seed: int, monkeypatch=None) -> tuple[float, float]:
    """Give false tracks a scan and the share of looks without the target: one flies by, a wood sends ten false alarms a look."""
    rng, tracker = np.random.default_rng(seed), Tracker(Config(site=SITE, sensor=(SENSOR,)), FRAME)
    if monkeypatch:
        monkeypatch.setattr(clutter, "learn", lambda known, *_: known)
    middle = FRAME.grid_from_wgs84(FRAME.latitude, FRAME.longitude, FRAME.ground + 120.0)
    false, missed = 0, 0
    wood = FIRST + rng.uniform(0.2, 0.8) * WIDTH
    for second in range(90):
        place = middle + np.array([8.0, 5.0, 0.0]) * (second - 45)
        e = HORIZONS[SENSOR.id].enu_from_grid(place)
        plots = even(rng, rng.poisson(FALSE))
        plots += [(rng.uniform(800, 1600), wood + rng.uniform(-0.2, 0.2), rng.uniform(LOW, HIGH)) for _ in range(rng.poisson(10))]
        if rng.random() < SENSOR.detection_probability:
            noise = rng.standard_normal(3) * [5.0, 0.009, 0.012]
            plots.append(tuple(noise + [np.linalg.norm(e), math.atan2(e[0], e[1]), math.atan2(e[2], math.hypot(e[0], e[1]))]))
        tracker.step(scan(second, plots))
        if second < 30:
            continue
        near = np.linalg.norm(tracker.table(tracker.time).state[:, :3] - place, axis=1) < 100.0
        missed, false = missed + (not near.any()), false + int((~near).sum())
    return false / 60, missed / 60


def test_a_wood_makes_fewer_tracks_once_it_is_known_and_the_target_stays(monkeypatch):
    knows = np.mean([sky(seed) for seed in range(3)], axis=0)
    does_not = np.mean([sky(seed, monkeypatch) for seed in range(3)], axis=0)
    assert knows[0] < 0.4 * does_not[0]
    assert knows[1] <= does_not[1] + 0.01


def test_a_look_at_a_part_of_the_coverage_says_nothing_of_the_rest():
    tracker = Tracker(Config(site=SITE, sensor=(SENSOR,)), FRAME)
    for second in range(3):
        tracker.step(replace(scan(second, []), coverage=Coverage(azimuth=(0.0, 0.5))))
    assert tracker.expecting.undetected[SENSOR.id].clutter == Clutter()
