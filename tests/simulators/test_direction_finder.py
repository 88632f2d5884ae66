"""A simulated direction finder hears links, aircraft and controllers alike, roughly."""

import math

import numpy as np
import pytest
from scipy import stats

import sensors
from fusion.errors import ConfigError
from fusion.messages import Bearing, Position, RawMessage
from simulators.earth import Place, ecef_from_wgs84
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


DECODER = FINDER.replace("azimuth_deg = 5.0", "azimuth_deg = 5.0, horizontal_m = 4.0, vertical_m = 6.0, velocity_mps = 0.5")
READS = '[[sensor]]\nid = "finder"\ndecodes = ["OcuSync"]\n'
NAMED = SENDER.replace(
    'emitter = "OcuSync"', 'emitter = "OcuSync"\nidentity = { serial = "1581F45T7229DMK001AB", operator = "FRA1" }'
)


def read(finder, hits):
    reports = [report for scan in scans(finder, hits, 0) for report in scan.detections]
    return [report for report in reports if isinstance(report, Position)]


def test_a_link_that_is_read_tells_the_serial_the_place_and_the_pilots(staged):
    finder, hits = heard(staged(DECODER, NAMED, duration=1200.0, behaviour=READS))
    told = read(finder, hits)
    assert {(one.identity.serial, one.identity.operator) for one in told} == {("1581F45T7229DMK001AB", None)}
    assert {one.emitter for one in told} == {"OcuSync"}
    assert math.degrees(told[0].pilot.latitude) == pytest.approx(48.852, abs=3e-6)
    rows = ~np.isnan(hits.values[:, 3])
    place = Place(*hits.values[rows][0, 3:6])
    said, true = ecef_from_wgs84(*hits.values[rows, 3:6].T), finder.targets[0].trajectory.position(hits.time[rows])
    for error, sigma in zip((place.enu(said) - place.enu(true)).T, (4.0, 4.0, 6.0), strict=True):
        assert stats.kstest(error / sigma, "norm").pvalue > 1e-3


def test_what_is_read_counts_in_the_formats_steps(staged):
    _, hits = heard(staged(DECODER, NAMED, behaviour=READS))
    told = hits.values[~np.isnan(hits.values[:, 3]), 3:]
    for column, step in zip(told.T, (1e-7, 1e-7, 0.3048, 0.01, 0.01, 0.01), strict=True):
        assert np.abs(column / step - np.round(column / step)).max() < 1e-4


def test_a_frame_is_told_once_and_is_no_older_than_a_frames_period(staged):
    finder, hits = heard(staged(DECODER, NAMED, duration=1200.0, behaviour=READS))
    frames = ~np.isnan(hits.values[:, 3])
    begun = hits.time[frames]
    assert len(np.unique(begun)) == len(begun)
    age = finder.looks.time[hits.look[frames]] - begun
    assert age.min() >= 0.0
    assert age.max() < 0.64
    looks = np.floor((finder.looks.time - begun[0]) / 0.64)  # a look of 0.5 s has a new frame with 0.5/0.64
    new = int((np.diff(looks) > 0).sum())
    assert stats.binomtest(len(begun), new + 1, 0.7).pvalue > 1e-3


def test_who_says_no_serial_or_sends_by_another_link_is_not_read(staged):
    assert not read(*heard(staged(DECODER, SENDER, behaviour=READS)))
    assert not read(*heard(staged(DECODER, NAMED, behaviour=READS.replace("OcuSync", "Lightbridge"))))


def test_bearings_are_the_same_with_and_without_reading(staged):
    plain, reading = heard(staged(DECODER, NAMED))[1], heard(staged(DECODER, NAMED, behaviour=READS))[1]
    bearings = np.isnan(reading.values[:, 3])
    assert np.array_equal(plain.values[:, :3], reading.values[bearings, :3])


def test_one_that_only_reads_needs_no_accuracy_of_bearings_but_one_of_places(staged):
    only = DECODER.replace("azimuth_deg = 5.0, ", "")
    stage = staged(only, NAMED, behaviour=READS)
    finder, hits = heard(stage)
    assert len(read(finder, hits)) == len(hits.look) > 10
    with pytest.raises(ConfigError, match=r"needs accuracy.horizontal_m, accuracy.vertical_m, accuracy.velocity_mps to err by"):
        staged(FINDER, NAMED, behaviour=READS)
    station = sensors.Station(stage.site.sensor[0], stage.site.site.frame())
    one = next(scan for scan in scans(finder, hits, stage.start) if scan.detections)
    wire = RawMessage(topic="", payload=sensors.BUILT_IN["rf"].encode(station, one), received=one.received)
    again = sensors.BUILT_IN["rf"].decode(station, wire, False).detections[0]
    assert (again.identity, again.emitter, again.snr_db) == (one.detections[0].identity, "OcuSync", one.detections[0].snr_db)


def test_several_links_of_one_drone_are_heard_each_for_itself_and_the_controller_sends_by_the_first(staged):
    two = SENDER.replace('emitter = "OcuSync"', 'emitter = ["OcuSync", "video 5.8 GHz"]')
    finder, hits = heard(staged(FINDER, two, duration=1200.0))
    reports = [report for scan in scans(finder, hits, 0) for report in scan.detections]
    assert {report.emitter for report in reports} == {"OcuSync", "OcuSync controller", "video 5.8 GHz", None}
    for number in (0.0, 1.0, 2.0):
        assert (
            stats.binomtest(int(((hits.source == 0) & (hits.values[:, 2] == number)).sum()), len(finder.looks.time), 0.7).pvalue
            > 1e-3
        )
    both = np.intersect1d(*(hits.look[(hits.source == 0) & (hits.values[:, 2] == number)] for number in (0.0, 2.0)))
    assert stats.binomtest(len(both), len(finder.looks.time), 0.49).pvalue > 1e-3
    alone = heard(staged(FINDER, SENDER, duration=1200.0))[1]
    assert np.array_equal(alone.values, hits.values[hits.values[:, 2] != 2.0], equal_nan=True)


def test_a_controller_is_heard_before_take_off_for_as_long_as_told(staged):
    late = SENDER.replace("speed_mps = 10\n", "speed_mps = 10\ntake_off_s = 40\ncontroller_on_s = 25\n")
    finder, hits = heard(staged(FINDER, late, duration=60.0))
    controller, aircraft = (hits.time[(hits.source == 0) & (hits.values[:, 2] == number)] for number in (1.0, 0.0))
    assert 15.0 <= controller.min() < 17.0
    assert aircraft.min() >= 40.0
    quiet = late.replace("pilot = { latitude_deg = 48.852, longitude_deg = 2.30 }", "")
    with pytest.raises(ConfigError, match=r"actor\[0\].controller_on_s: needs a pilot and an emitter"):
        staged(FINDER, quiet)
