"""Whose a detection is, and innovations that are as large as they should be."""

import math

import numpy as np
import pytest

from fusion.config import Accuracy, BiasSigma, Config, Sensor, Site
from simulators.scoring.eyes import Eye
from simulators.scoring.pairing import pairs_of
from simulators.scoring.reading import Reports, Truth
from simulators.scoring.residuals import POLAR, _nis, _Table, _whose
from simulators.scoring.scene import Scene

SITE = Site(name="test", latitude_deg=48.8582, longitude_deg=2.2945, ground_amsl_m=33.0, geoid_undulation_m=44.6)
SIGMA = np.array([5.0, math.radians(0.5), math.radians(0.7)])
TIME = np.arange(0.0, 1500.0)


def radar(**more):
    sensor = Sensor(id="radar", kind="radar", accuracy=Accuracy(range_m=5, azimuth_deg=0.5, elevation_deg=0.7), **more)
    return Eye.of(sensor, Config(site=SITE))


def still(*place):
    return Truth(TIME, np.tile(np.array(place, float), (len(TIME), 1)))


def detected(eye, rng, place, time):
    measured = eye.polar(np.tile(np.array(place, float), (len(time), 1))) + SIGMA * rng.standard_normal((len(time), 3))
    return _Table(time, measured, np.tile(SIGMA, (len(time), 1)))


def test_honest_tracks_have_honest_innovations():
    rng, eye, place = np.random.default_rng(0), radar(), np.array([600.0, 800.0, 90.0])
    P = np.array([[40.0, 10.0, 0.0], [10.0, 30.0, 5.0], [0.0, 5.0, 50.0]])
    said = place + rng.multivariate_normal(np.zeros(3), P, len(TIME))
    tracks = {"t": Reports(TIME.tolist(), said, np.zeros((len(TIME), 3)), [False] * len(TIME), [P] * len(TIME))}
    truths = {"a": still(*place)}
    scene = Scene.of(tracks, truths)
    table = detected(eye, rng, place, TIME[:-1] + 0.5)
    found = _nis(eye, table, np.zeros(len(table.time), int), POLAR, tracks, ("a",), scene, pairs_of(scene))
    assert found.samples == len(table.time)
    assert found.band[0] < found.mean < found.band[1]


@pytest.mark.parametrize(("apart", "clear"), [(200.0, True), (10.0, False)])
def test_a_detection_is_a_targets_where_no_other_explains_it(apart, clear):
    rng, eye = np.random.default_rng(1), radar()
    truths = {"a": still(600, 800, 90), "b": still(600 + apart, 800, 90)}
    whose = _whose(eye, detected(eye, rng, (600, 800, 90), TIME), truths, POLAR)
    assert (whose == 0).mean() > 0.99 if clear else (whose == 0).mean() < 0.2
    assert not (whose == 1).any() or not clear


def test_what_is_false_is_nobodys_and_a_bias_is_allowed_for():
    rng, truths = np.random.default_rng(2), {"a": still(600, 800, 90)}
    away = detected(radar(), rng, (600, 1000, 90), TIME)
    assert (_whose(radar(), away, truths, POLAR) == -1).all()
    turned = detected(radar(), rng, (600, 800, 90), TIME)
    turned = turned._replace(measured=turned.measured + np.array([0, math.radians(3.0), 0]))
    assert (_whose(radar(), turned, truths, POLAR) == -1).mean() > 0.9
    allowing = radar(bias_sigma=BiasSigma(azimuth_deg=3.0))
    assert (_whose(allowing, turned, truths, POLAR) == 0).mean() > 0.99
