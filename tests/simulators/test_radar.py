"""A simulated radar errs as it is configured to: noise, detection, false alarms, bias, and the time of each plot."""

import math

import numpy as np
import pyproj
import pytest
from scipy import stats

from simulators.earth import wgs84_from_ecef
from simulators.sensing import detections, scans, view
from simulators.targets import targets
from simulators.view import Directions
from tests.simulators.scenes import DRONE, RADAR

GEOD = pyproj.Geod(ellps="WGS84")
LONG = 1500.0
SURE = 1e-3
"""A seed is fixed, so a test either always fails or never; a right model fails for one seed in a thousand."""


def at_work(stage, flown=None):
    return view(stage, stage.site.sensor[0], targets(stage) if flown is None else flown)


def truth(at_work, hits):
    """Give the true directions of detections, by PROJ's topocentric pipeline rather than by the simulator's."""
    latitude, longitude, height = wgs84_from_ecef(at_work.targets[0].trajectory.position(hits.time))
    place = at_work.place
    proj = pyproj.Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=cart +ellps=WGS84 +step +proj=topocentric "
        f"+ellps=WGS84 +lat_0={math.degrees(place.latitude)} +lon_0={math.degrees(place.longitude)} +h_0={place.height}"
    )
    east, north, up = proj.transform(np.degrees(longitude), np.degrees(latitude), height)
    distance = np.sqrt(east**2 + north**2 + up**2)
    return distance, np.arctan2(east, north) % math.tau, np.arcsin(up / distance)


def errors(at_work):
    """Give the errors of range (m), azimuth and elevation (degrees) of every true detection."""
    hits = detections(at_work)
    hits = type(hits)(*(column[hits.source == 0] for column in hits))
    distance, azimuth, elevation = truth(at_work, hits)
    aside = np.degrees(np.array([math.remainder(a, math.tau) for a in hits.values[:, 1] - azimuth]))
    return np.stack([hits.values[:, 0] - distance, aside, np.degrees(hits.values[:, 2] - elevation)])


def test_noise_is_gaussian_with_the_configured_accuracy_in_the_sensors_true_geometry(staged):
    for error, sigma in zip(errors(at_work(staged(RADAR, DRONE, duration=LONG))), (5.0, 0.5, 0.7), strict=True):
        assert stats.kstest(error / sigma, "norm").pvalue > SURE
        low, high = stats.chi2.ppf([SURE / 2, 1 - SURE / 2], len(error))
        assert low < ((error / sigma) ** 2).sum() < high


def test_errors_of_two_looks_have_nothing_to_do_with_each_other(staged):
    for error in errors(at_work(staged(RADAR, DRONE, duration=LONG))):
        assert abs(np.corrcoef(error[1:], error[:-1])[0, 1]) < 4.0 / math.sqrt(len(error))


def test_a_bias_is_added_as_told(staged):
    behaviour = '[[sensor]]\nid = "radar"\nbias = { range_m = 8.0, azimuth_deg = -2.0, elevation_deg = 0.5 }\n'
    found = errors(at_work(staged(RADAR, DRONE, duration=LONG, behaviour=behaviour)))
    for error, bias, sigma in zip(found, (8.0, -2.0, 0.5), (5.0, 0.5, 0.7), strict=True):
        assert error.mean() == pytest.approx(bias, abs=4.0 * sigma / math.sqrt(len(error)))


def test_a_target_is_detected_as_often_as_configured(staged):
    radar = at_work(staged(RADAR, DRONE, duration=LONG))
    looks, seen = len(radar.looks.time), int((detections(radar).source == 0).sum())
    assert stats.binomtest(seen, looks, 0.8).pvalue > SURE


def test_a_target_outside_the_coverage_is_never_detected(staged):
    radar = at_work(staged(RADAR.replace("range_m = [50, 6000]", "range_m = [50, 1300]"), DRONE, duration=LONG))
    hits = detections(radar)
    distance = truth(radar, type(hits)(*(column[hits.source == 0] for column in hits)))[0]
    assert 100 < len(distance) < 1000
    assert distance.max() <= 1300.0


@pytest.mark.parametrize(
    ("sector", "inside"), [("[350, 40]", True), ("[40, 350]", False), ("[-10, 40]", True), ("[0, 360]", True)]
)
def test_a_sector_goes_clockwise_from_its_first_azimuth_to_its_second(staged, sector, inside):
    north = DRONE.replace("48.8582, longitude_deg = 2.2845", "48.8600, longitude_deg = 2.2950").replace("2.3045", "2.2955")
    hits = detections(at_work(staged(RADAR.replace("[0, 360]", sector), north)))
    assert bool((hits.source == 0).any()) is inside


def test_the_coverage_ends_where_it_is_configured_to(staged):
    radar = at_work(staged(RADAR.replace("[0, 360]", "[300, 60]"), ""))
    azimuth = np.radians([299.9, 300.1, 59.9, 60.1, 0.0, 0.0, 0.0, 0.0])
    elevation = np.radians([0.0, 0.0, 0.0, 0.0, -5.1, -4.9, 39.9, 40.1])
    distance = np.full(8, 1000.0)
    inside = radar.covers(Directions(distance, azimuth, elevation, 0 * distance))
    assert inside.tolist() == [False, True, True, False, False, True, True, False]
    edges = np.array([49.9, 50.1, 5999.9, 6000.1])
    assert radar.covers(Directions(edges, 0 * edges, 0 * edges, 0 * edges)).tolist() == [False, True, True, False]


def test_false_alarms_are_poisson_in_number_and_uniform_in_the_measurement_space(staged):
    radar = at_work(staged(RADAR.replace("[0, 360]", "[300, 60]"), "", duration=LONG))
    hits = detections(radar)
    counts = np.bincount(hits.look, minlength=len(radar.looks.time))
    observed = np.bincount(np.minimum(counts, 14), minlength=15)
    expected = stats.poisson.pmf(np.arange(15), 6.0)
    expected[14] += stats.poisson.sf(14, 6.0)
    assert stats.chisquare(observed, expected * len(counts)).pvalue > SURE
    distance, azimuth, elevation = hits.values[:, 0], np.degrees(hits.values[:, 1]), np.degrees(hits.values[:, 2])
    for share in ((distance - 50.0) / 5950.0, ((azimuth - 300.0) % 360.0) / 120.0, (elevation + 5.0) / 45.0):
        assert stats.kstest(share, "uniform").pvalue > SURE


def test_range_rate_is_the_change_of_the_true_range(staged):
    radar = at_work(staged(RADAR, DRONE, duration=LONG))
    hits = detections(radar)
    hits = type(hits)(*(column[hits.source == 0] for column in hits))
    later, sooner = hits._replace(time=hits.time + 0.01), hits._replace(time=hits.time - 0.01)
    rate = (truth(radar, later)[0] - truth(radar, sooner)[0]) / 0.02
    assert stats.kstest((hits.values[:, 3] - rate) / 0.4, "norm").pvalue > SURE


def test_each_plot_of_a_turning_antenna_is_from_when_the_beam_was_there(staged):
    radar = at_work(staged(RADAR, DRONE, duration=LONG, behaviour='[[sensor]]\nid = "radar"\nrotating = true\n'))
    hits = detections(radar)
    offset = hits.time - radar.looks.time[hits.look]
    assert ((offset > -0.5) & (offset <= 0.0)).all()
    true = hits.source == 0
    azimuth = truth(radar, type(hits)(*(column[true] for column in hits)))[1]
    assert offset[true] == pytest.approx(-0.5 * (1.0 - azimuth / math.tau), abs=1e-5)
    assert offset[~true] == pytest.approx(-0.5 * (1.0 - hits.values[~true, 1] / math.tau), abs=1e-12)


def test_detection_can_fall_off_with_range_as_it_was_measured(staged):
    steps = "[[900, 0.9], [1150, 0.5], [1300, 0.1]]"
    radar = at_work(staged(RADAR, DRONE, duration=LONG, behaviour=f'[[sensor]]\nid = "radar"\ndetection_by_range = {steps}\n'))
    assert radar.probability(np.array([100.0, 900.0, 901.0, 1200.0, 1301.0])).tolist() == [0.9, 0.9, 0.5, 0.1, 0.0]
    seen = radar.directions(radar.targets[0].trajectory.position(radar.looks.time), np.zeros((len(radar.looks.time), 3)))
    probability = radar.probability(seen.range)
    hits = detections(radar)
    for share in (0.5, 0.1):
        looks = np.flatnonzero(probability == share)
        assert stats.binomtest(int(np.isin(hits.look[hits.source == 0], looks).sum()), len(looks), share).pvalue > SURE


def test_a_two_dimensional_radar_without_doppler_reports_neither_elevation_nor_radial_speed(staged):
    flat = RADAR.replace(", elevation_deg = 0.7, radial_speed_mps = 0.4", "")
    radar = at_work(staged(flat, DRONE))
    for scan in scans(radar, detections(radar), 0):
        assert all(plot.elevation is None and plot.range_rate is None for plot in scan.detections)


def test_classes_are_right_as_often_as_told_and_say_so(staged):
    radar = at_work(staged(RADAR, DRONE, duration=LONG, behaviour='[[sensor]]\nid = "radar"\nclass_accuracy = 0.7\n'))
    hits = detections(radar)
    right = hits.values[hits.source == 0, -1] == 0.0
    assert stats.binomtest(int(right.sum()), len(right), 0.7).pvalue > SURE
    assert radar.classes(2.0) == {"multirotor": 0.075, "fixed_wing": 0.075, "bird": 0.7, "manned": 0.075, "other": 0.075}


def test_a_new_sensor_or_actor_changes_nobody_elses_luck(staged):
    alone = detections(at_work(staged(RADAR, DRONE)))
    other = RADAR.replace('"radar"\n', '"radar-2"\n', 1)
    birds = DRONE.replace('"drone"', '"second"')
    both = detections(at_work(staged(RADAR + other, DRONE + birds)))
    assert np.array_equal(both.values[both.source <= 0], alone.values)


def test_an_echo_fades_with_the_fourth_power_of_range_and_fluctuates(staged):
    radar = at_work(staged(RADAR, DRONE, duration=LONG))
    hits = detections(radar)
    snr = hits.values[hits.source == 0, 4]
    assert snr.min() >= 13.0
    distance = hits.values[hits.source == 0, 0].mean()
    assert np.median(snr) == pytest.approx(
        13.0 + 40.0 * math.log10(6000.0 / distance) + 10.0 * math.log10(math.log(2.0)), abs=1.5
    )


def test_detection_follows_the_radar_equation_and_a_fluctuating_echo(staged):
    """Judged by drawing echoes: complex Gaussian signal and noise against a threshold, as Swerling 1 is defined."""
    behaviour = '[[sensor]]\nid = "radar"\necho = { range_m = 1000, snr_db = 12, rcs_dbsm = -20, false_alarm = 1e-4 }\n'
    radar = at_work(staged(RADAR, DRONE, behaviour=behaviour))
    random, count = np.random.default_rng(5), 200_000
    for distance, rcs in ((700.0, -20.0), (1000.0, -20.0), (1000.0, -10.0), (1800.0, -20.0)):
        ratio = 10.0 ** ((12.0 + rcs + 20.0) / 10.0) * (1000.0 / distance) ** 4
        power = (
            (math.sqrt(ratio / 2) * random.standard_normal((2, count)) + random.normal(0, math.sqrt(0.5), (2, count))) ** 2
        ).sum(0)
        seen = int((power > -math.log(1e-4)).sum())
        assert stats.binomtest(seen, count, float(radar.probability(np.array([distance]), rcs)[0])).pvalue > SURE


def test_plots_by_range_are_as_many_as_the_echo_allows_and_as_strong(staged):
    behaviour = '[[sensor]]\nid = "radar"\necho = { range_m = 1200, snr_db = 12 }\n'
    radar = at_work(staged(RADAR, DRONE, duration=LONG, behaviour=behaviour))
    hits = detections(radar)
    plots = hits.look[hits.source == 0]
    position = radar.targets[0].trajectory.position(radar.looks.time)
    distance = radar.directions(position, np.zeros_like(position)).range
    chance = radar.probability(distance, -20.0)
    for near, far in ((0.0, 1150.0), (1150.0, 1250.0), (1250.0, 9000.0)):
        looks = np.flatnonzero((distance > near) & (distance <= far))
        p = chance[looks]
        spread = math.sqrt((p * (1 - p)).sum())
        assert abs(np.isin(plots, looks).sum() - p.sum()) < stats.norm.isf(SURE / 2) * max(spread, 1.0)
    mean = 1.0 + 10.0**1.2 * (1200.0 / distance[plots]) ** 4
    excess = (10.0 ** (hits.values[hits.source == 0, 4] / 10.0) + math.log(1e-6)) / mean
    assert stats.kstest(excess, "expon").pvalue > SURE
