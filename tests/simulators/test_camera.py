"""A simulated camera's errors and gaps last; its figures still hold."""

import numpy as np
from scipy import stats

from simulators.sensing import detections, view
from simulators.targets import targets
from tests.simulators.scenes import CAMERA, DRONE

NORTH = DRONE.replace("48.8582", "48.8682")
BEHAVIOUR = '[[sensor]]\nid = "camera"\ncorrelation_s = 2.0\ngap_s = 1.0\n'


def at_work(stage):
    return view(stage, stage.site.sensor[0], targets(stage))


def test_white_errors_are_gaussian_in_both_directions(staged):
    camera = at_work(staged(CAMERA, NORTH, duration=600.0))
    hits = detections(camera)
    rows = hits.source == 0
    position = camera.targets[0].trajectory.position(hits.time[rows])
    seen = camera.directions(position, np.zeros_like(position))
    azimuth = np.degrees((hits.values[rows, 0] - seen.azimuth + np.pi) % (2 * np.pi) - np.pi)
    assert stats.kstest(azimuth / 0.2, "norm").pvalue > 1e-3
    assert stats.kstest(np.degrees(hits.values[rows, 1] - seen.elevation) / 0.3, "norm").pvalue > 1e-3


def test_misses_come_in_gaps_and_yet_the_configured_probability_holds(staged):
    camera = at_work(staged(CAMERA, NORTH, duration=20_000.0, behaviour=BEHAVIOUR))
    seen = camera.detects("anyone", np.full(len(camera.looks.time), 1000.0))
    assert abs(seen.mean() - 0.8) < 0.01
    gaps = np.diff(np.flatnonzero(np.diff(seen.astype(int))))
    assert gaps.mean() * 0.2 > 2 * 0.2 * (1 / 0.2 + 1 / 0.8) / 2  # twice as long as runs of looks each for itself


def test_false_alarms_fill_the_picture(staged):
    camera = at_work(staged(CAMERA, "", duration=5000.0))
    hits = detections(camera)
    assert stats.kstest(((np.degrees(hits.values[:, 0]) - 300.0) % 360.0) / 120.0, "uniform").pvalue > 1e-3
    assert stats.kstest((np.degrees(hits.values[:, 1]) + 10.0) / 55.0, "uniform").pvalue > 1e-3
    assert abs(len(hits.look) - 5000) < 4 * 5000**0.5
