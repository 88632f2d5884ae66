"""A simulated direction finder hears links, aircraft and controllers alike, roughly."""

import math

import numpy as np
from scipy import stats

from fusion.messages import Bearing
from simulators.sensing import detections, scans, view
from simulators.targets import targets
from tests.simulators.scenes import DRONE, FINDER

SENDER = DRONE.replace(
    "speed_mps = 10", 'speed_mps = 10\nemitter = "OcuSync"\npilot = { latitude_deg = 48.852, longitude_deg = 2.30 }'
)


def heard(stage):
    finder = view(stage, stage.site.sensor[0], targets(stage))
    return finder, detections(finder)


def bearing_errors(finder, hits, controller):
    rows = (hits.source == 0) & (hits.values[:, 2] == controller)
    target = finder.targets[0]
    position = np.broadcast_to(target.controller, (rows.sum(), 3)) if controller else target.trajectory.position(hits.time[rows])
    azimuth = finder.directions(position, np.zeros_like(position)).azimuth
    return np.degrees([math.remainder(a, math.tau) for a in hits.values[rows, 0] - azimuth])


def test_bearings_to_the_aircraft_and_to_its_controller_scatter_as_configured(staged):
    finder, hits = heard(staged(FINDER, SENDER, duration=1200.0))
    for controller in (0.0, 1.0):
        errors = bearing_errors(finder, hits, controller)
        assert stats.kstest(errors / 5.0, "norm").pvalue > 1e-3
        assert stats.binomtest(len(errors), len(finder.looks.time), 0.7).pvalue > 1e-3


def test_some_bearings_point_the_opposite_way(staged):
    finder, hits = heard(staged(FINDER, SENDER, duration=1200.0, behaviour='[[sensor]]\nid = "finder"\nfolds = 0.1\n'))
    errors = bearing_errors(finder, hits, 0.0)
    assert stats.binomtest(int((np.abs(errors) > 90.0).sum()), len(errors), 0.1).pvalue > 1e-3


def test_correlated_errors_forget_with_their_time_constant_and_keep_their_size(staged):
    behaviour = '[[sensor]]\nid = "finder"\ncorrelation_s = 4.0\n'
    found = [
        bearing_errors(*heard(staged(FINDER, SENDER, duration=400.0, seed=seed, behaviour=behaviour)), 0.0) for seed in range(12)
    ]
    assert abs(np.std(np.concatenate(found)) / 5.0 - 1.0) < 0.1
    noise = heard(staged(FINDER, SENDER, duration=40_000.0, behaviour=behaviour))[0].noise("anyone", 1)[:, 0]
    assert abs(np.corrcoef(noise[8:], noise[:-8])[0, 1] - math.exp(-1.0)) < 0.05


def test_a_controller_on_the_ground_is_not_heard_from_afar(staged):
    _, hits = heard(staged(FINDER, SENDER, behaviour='[[sensor]]\nid = "finder"\nground_reach_m = 500\n'))
    assert set(hits.values[hits.source == 0, 2]) == {0.0}


def test_a_drone_that_sends_nothing_is_not_heard(staged):
    assert (heard(staged(FINDER, DRONE))[1].source < 0).all()


def test_reports_name_the_link_and_false_ones_do_not(staged):
    finder, hits = heard(staged(FINDER, SENDER))
    reports = [report for scan in scans(finder, hits, 0) for report in scan.detections]
    assert {report.emitter for report in reports} == {"OcuSync", "OcuSync controller", None}
    assert all(isinstance(report, Bearing) and report.elevation is None for report in reports)
