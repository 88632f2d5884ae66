"""Noise that rises costs a radar detections and gives it false alarms by the law of its threshold, and a receiver its reach."""

import math

import numpy as np
import pytest
from scipy import stats

from fusion.errors import ConfigError
from simulators.sensing import detections, view
from simulators.targets import targets
from tests.simulators.scenes import CAMERA, DRONE, FINDER, RADAR, RECEIVERS

SURE = 1e-3
"""A seed is fixed: a right model fails for one seed in a thousand."""

R = 10.0**0.1
"""The threshold stays 1 dB behind."""

ECHO = "echo = { range_m = 1000, snr_db = 20, rcs_dbsm = -20, false_alarm = 1e-6 }\n"
SENDER = DRONE.replace("speed_mps = 10", 'speed_mps = 10\nemitter = ["OcuSync", "video"]')


def told(sensor, noise_db=10.0, more="", links="", between="[500, 1000]"):
    keys = f"between_s = {between}, noise_db = {noise_db}{f', links = {links}' if links else ''}"
    return f'[[sensor]]\nid = "{sensor}"\n{more}interference = [{{ {keys} }}]\n'


def at_work(stage, index=0):
    sensor = view(stage, stage.site.sensor[index], targets(stage))
    return sensor, detections(sensor)


def crossed(threshold, noise, signal):
    """Give how often noise and a Swerling 1 echo, complex Gaussian both, pass a threshold: their power is exponential."""
    return stats.expon.sf(threshold, scale=noise + signal)


@pytest.mark.parametrize("noise_db", [3.0, 10.0, 20.0])
def test_a_radar_detects_as_often_as_its_threshold_is_crossed_in_noise(staged, noise_db):
    radar, hits = at_work(staged(RADAR, DRONE, duration=1500.0, behaviour=told("radar", noise_db)))
    k, threshold = 10.0 ** (noise_db / 10.0), -math.log(1e-6)
    signal = threshold / -math.log(0.8) - 1.0  # what is detected with 0.8 in quiet: exp(−T/(1 + S)) = 0.8
    loud = (radar.looks.time >= 500.0) & (radar.looks.time < 1000.0)
    seen = np.isin(np.arange(len(loud)), hits.look[hits.source == 0])
    expected = crossed(threshold * k / R, k, signal)
    assert stats.binomtest(int(seen[loud].sum()), int(loud.sum()), expected).pvalue > SURE
    assert stats.binomtest(int(seen[~loud].sum()), int((~loud).sum()), 0.8).pvalue > SURE


def test_false_alarms_rise_by_what_the_threshold_stays_behind(staged):
    radar, hits = at_work(staged(RADAR, "", duration=1500.0, behaviour=told("radar")))
    counts = np.bincount(hits.look, minlength=len(radar.looks.time))
    loud = (radar.looks.time >= 500.0) & (radar.looks.time < 1000.0)
    more = crossed(-math.log(1e-6) / R, 1.0, 0.0) / 1e-6
    assert 15.0 < more < 20.0
    for chosen, rate in ((loud, 6.0 * more), (~loud, 6.0)):
        n = int(chosen.sum())
        low, high = stats.poisson.ppf([SURE / 2, 1 - SURE / 2], rate * n)
        assert low <= counts[chosen].sum() <= high
        dispersion = ((counts[chosen] - rate) ** 2 / rate).sum()  # of Poisson counts it is χ²
        low, high = stats.chi2.ppf([SURE / 2, 1 - SURE / 2], n)
        assert low < dispersion < high


def test_what_a_plot_says_of_its_echo_is_exponential_above_the_lower_threshold(staged):
    still = DRONE.replace("2.2845", "2.2945").replace("2.3045", "2.2950").replace("48.8682", "48.8585")
    radar, hits = at_work(staged(RADAR, still, duration=1500.0, behaviour=told("radar", 10.0, ECHO)))
    mine = (hits.source == 0) & (hits.time >= 500.0) & (hits.time < 1000.0)
    flown = radar.targets[0].trajectory
    distance = radar.directions(flown.position(hits.time[mine]), flown.velocity(hits.time[mine])).range
    mean = 1.0 + 10.0 ** (2.0 - 4.0 * np.log10(distance / 1000.0)) / 10.0
    above = (10.0 ** (hits.values[mine, 4] / 10.0) + math.log(1e-6) / R) / mean
    assert mine.sum() > 100
    assert stats.kstest(above, "expon").pvalue > SURE


def test_a_finder_is_blind_in_the_band_beyond_what_is_left_of_its_reach(staged):
    finder, hits = at_work(staged(FINDER, SENDER, duration=1500.0, behaviour=told("finder", 14.0, links='["OcuSync"]')))
    flown = finder.targets[0].trajectory
    distance = finder.directions(flown.position(finder.looks.time), flown.velocity(finder.looks.time)).range
    loud = (finder.looks.time >= 500.0) & (finder.looks.time < 1000.0)
    near = distance <= 6000.0 / 10.0 ** (14.0 / 20.0)
    assert (near & ~loud).sum() > 0
    heard = np.isin(np.arange(len(loud)), hits.look[(hits.source == 0) & (hits.values[:, 2] == 0.0)])
    assert not heard[loud & ~near].any()
    assert stats.binomtest(int(heard[~loud].sum()), int((~loud).sum()), 0.7).pvalue > SURE
    other = np.isin(np.arange(len(loud)), hits.look[(hits.source == 0) & (hits.values[:, 2] == 2.0)])
    assert stats.binomtest(int(other[loud].sum()), int(loud.sum()), 0.7).pvalue > SURE


def test_a_near_sender_is_still_heard_and_says_how_much_worse(staged):
    behaviour = told("finder", 6.0, between="[0, 1000]")
    quiet, loud = at_work(staged(FINDER, SENDER))[1], at_work(staged(FINDER, SENDER, behaviour=behaviour))[1]
    mine = [hits.values[(hits.source == 0) & (hits.values[:, 2] == 0.0)] for hits in (quiet, loud)]
    assert len(mine[0]) == len(mine[1]) > 50
    assert mine[0][:, 1] - mine[1][:, 1] == pytest.approx(6.0)


def test_a_receiver_of_broadcasts_hears_nothing_from_afar(staged):
    telling = DRONE.replace(
        "speed_mps = 10", 'speed_mps = 10\nidentity = { serial = "1581F45T7229DMK001AB" }\nbroadcasts = ["remote_id"]'
    )
    stage = staged(RECEIVERS, telling, behaviour=told("remote-id", 40.0, between="[20, 40]"))
    receiver, hits = at_work(stage, 1)
    told_at = receiver.looks.time[hits.look]
    assert not ((told_at >= 20.0) & (told_at < 40.0)).any()
    assert (told_at < 20.0).any()
    assert (told_at >= 40.0).any()


def test_what_cannot_be_interfered_with_is_refused(staged):
    with pytest.raises(ConfigError, match=r"sensor\[0\].interference: is for a sensor of kind 'radar' or"):
        staged(CAMERA, DRONE, behaviour=told("camera"))
    with pytest.raises(ConfigError, match=r"sensor\[0\].interference\[0\].links: are for a sensor of kind 'rf' or 'tdoa'"):
        staged(RADAR, DRONE, behaviour=told("radar", links='["OcuSync"]'))
    with pytest.raises(ConfigError, match=r"sensor\[0\].interference\[0\].between_s: \[40, 20\] is empty"):
        staged(RADAR, DRONE, behaviour=told("radar", between="[40, 20]"))
