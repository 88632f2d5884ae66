"""Birds and cars that are nobody's concern move as such, give radars plots that no truth explains, and obey their figures."""

import math

import numpy as np
import pytest
from scipy import stats

from fusion.errors import ConfigError
from simulators.case import write_case
from simulators.clutter import clutter
from simulators.earth import wgs84_from_ecef
from simulators.sensing import detections, view
from simulators.targets import chart, targets
from tests.simulators.scenes import CAMERA, DRONE, RADAR

SURE = 1e-3
"""A seed is fixed: a right model fails for one seed in a thousand."""

BIRDS = '[[birds]]\nid = "gulls"\ncount = 150\nradius_m = 900\n'
ROAD = '[[road]]\nid = "quai"\nline_deg = [[48.8600, 2.2800], [48.8600, 2.2900], [48.8640, 2.2950]]\ncars_per_minute = 30\n'


def at_work(stage):
    return view(stage, stage.site.sensor[0], targets(stage), clutter(stage))


def speeds(things, time):
    return np.array([np.linalg.norm(thing.trajectory.velocity(time)) for thing in things])


def test_birds_fly_level_at_the_speeds_of_birds_and_stay_about_their_circle(staged):
    stage = staged(RADAR, BIRDS, duration=300.0)
    birds = clutter(stage)
    assert len(birds) == 150
    for time in (20.0, 150.0, 280.0):
        pace = speeds(birds, time)
        assert stats.kstest((pace - 8.0) / 12.0, "uniform").pvalue > SURE
        place = chart(stage.site.site).middle.enu(np.array([bird.trajectory.position(time) for bird in birds]))
        assert np.hypot(*place[:, :2].T).max() < 900.0 + 150.0  # 20 m/s turns back in a circle of 40 m, from any course
        assert place[:, 2].min() > 9.0
        assert place[:, 2].max() < 121.0
    rcs = np.array([bird.rcs_dbsm for bird in birds])
    assert stats.kstest((rcs + 25.0) / 5.0, "norm").pvalue > SURE


def test_where_birds_begin_is_uniform_over_their_circle(staged):
    stage = staged(RADAR, BIRDS, duration=2.0)
    place = chart(stage.site.site).middle.enu(np.array([bird.trajectory.position(0.0) for bird in clutter(stage)]))
    assert stats.kstest(np.hypot(*place[:, :2].T) ** 2 / 900.0**2, "uniform").pvalue > SURE


def test_birds_wander_they_do_not_fly_straight(staged):
    birds = clutter(staged(RADAR, BIRDS, duration=120.0))
    turned = []
    for bird in birds:
        courses = bird.trajectory.velocity(np.array([30.0, 60.0]))
        turned.append(courses[0] @ courses[1] / np.linalg.norm(courses, axis=1).prod())
    assert abs(np.mean(turned)) < 0.4  # after 30 s, of courses that forget: σ²·2·τ·30 s = 5.4 rad²


def test_the_number_of_cars_on_a_road_is_poisson_with_the_mean_of_its_traffic(staged):
    stage = staged(RADAR, ROAD, duration=60.0)
    line = chart(stage.site.site)
    corners = np.array([line.point(latitude, longitude, 0.0) for latitude, longitude in stage.scenario.road[0].line_deg])
    length = np.linalg.norm(np.diff(corners, axis=0), axis=1).sum()
    mean = 30.0 / 60.0 * length * math.log(14.0 / 8.0) / (14.0 - 8.0)  # rate × E[L / v], v uniform
    days = [clutter(stage.seeded(seed)) for seed in range(60)]
    counts = np.array([[sum(car.trajectory.flying(t) for car in cars) for t in (0.5, 59.5)] for cars in days])
    for column in counts.T:  # at the start as full as ever
        low, high = stats.poisson.ppf([SURE / 2, 1 - SURE / 2], mean * len(column))
        assert low <= column.sum() <= high
        low, high = stats.chi2.ppf([SURE / 2, 1 - SURE / 2], len(column))
        assert low < ((column - mean) ** 2 / mean).sum() < high


def test_cars_keep_to_their_road_at_their_speeds(staged):
    stage = staged(RADAR, ROAD, duration=400.0)
    cars = clutter(stage)
    middle = [(car.trajectory.start + car.trajectory.end) / 2.0 for car in cars]
    pace = np.array([np.linalg.norm(car.trajectory.velocity(t)) for car, t in zip(cars, middle, strict=True)])
    early = np.array([car.trajectory.start for car in cars]) > 0.0  # of all that enter; the slow stay longer
    assert stats.kstest((pace[early] - 8.0) / 6.0, "uniform").pvalue > SURE
    latitude, longitude, height = wgs84_from_ecef(np.array([c.trajectory.position(t) for c, t in zip(cars, middle, strict=True)]))
    assert np.degrees(latitude).min() > 48.85999
    assert np.degrees(latitude).max() < 48.8641
    assert 2.2799 < np.degrees(longitude).min() < np.degrees(longitude).max() < 2.2951
    assert height == pytest.approx(33.0 + 44.6 + 0.75, abs=0.3)


def test_a_radar_has_plots_of_them_as_of_anything_that_flies(staged):
    radar = at_work(staged(RADAR, BIRDS.replace("150", "12"), duration=300.0))
    hits = detections(radar)
    assert (hits.source < 0).all()
    away, rate = [], []
    for i, bird in enumerate(radar.clutter):
        mine = hits.source == -2 - i
        seen = radar.directions(bird.trajectory.position(hits.time[mine]), bird.trajectory.velocity(hits.time[mine]))
        away.append((hits.values[mine, 0] - seen.range) / 5.0)
        rate.append((hits.values[mine, 3] - seen.range_rate) / 0.4)
    plots = np.concatenate(away)
    assert stats.binomtest(len(plots), 12 * len(radar.looks.time), 0.8).pvalue > SURE
    assert stats.kstest(plots, "norm").pvalue > SURE
    assert stats.kstest(np.concatenate(rate), "norm").pvalue > SURE


def test_an_echo_sees_each_by_its_own_cross_section(staged):
    told = '[[sensor]]\nid = "radar"\necho = { range_m = 1000, snr_db = 13, rcs_dbsm = -20, false_alarm = 1e-6 }\n'
    radar = at_work(staged(RADAR, BIRDS.replace("150", "20") + told, duration=300.0))
    hits = detections(radar)
    for i, bird in enumerate(radar.clutter):
        seen = radar.directions(bird.trajectory.position(radar.looks.time), bird.trajectory.velocity(radar.looks.time))
        snr = 10.0 ** ((13.0 + bird.rcs_dbsm + 20.0) / 10.0) * (1000.0 / seen.range) ** 4
        p = 1e-6 ** (1.0 / (1.0 + snr))
        count = int((hits.source == -2 - i).sum())
        assert abs(count - p.sum()) < 4.0 * math.sqrt((p * (1.0 - p)).sum()) + 1.0


def test_the_truth_tells_of_none_and_those_who_fly_are_seen_as_before(staged, tmp_path):
    alone, among = at_work(staged(RADAR, DRONE)), at_work(staged(RADAR, DRONE + BIRDS + ROAD))
    before, after = detections(alone), detections(among)
    assert np.array_equal(before.values, after.values[after.source >= -1])
    write_case(staged(RADAR, DRONE + BIRDS + ROAD, duration=20.0), tmp_path / "out")
    told = (tmp_path / "out" / "truth.csv").read_text()
    assert "drone" in told
    assert "gulls" not in told
    assert "quai" not in told


def test_a_camera_sees_birds_and_no_cars(staged):
    camera = at_work(staged(CAMERA, BIRDS + ROAD, duration=30.0))
    seen = {camera.clutter[-2 - source].kind for source in set(detections(camera).source.tolist()) if source < -1}
    assert seen == {"bird"}


def test_birds_that_are_called_as_an_actor_are_refused(staged):
    with pytest.raises(ConfigError, match=r"birds\[0\].id: 'drone' is called so already"):
        staged(RADAR, DRONE + BIRDS.replace("gulls", "drone"))
