"""Simulated broadcasts say where their aircraft is, in the steps of their formats, with the errors of satellites."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from simulators.cooperative import STEPS, longitude_zones, quantised
from simulators.earth import Place, ecef_from_wgs84
from simulators.sensing import detections, scans, view
from simulators.targets import targets
from tests.simulators.scenes import DRONE, RECEIVERS

HELICOPTER = (
    DRONE.replace("multirotor", "helicopter")
    .replace("48.8682, longitude_deg = 2.3045", "49.1682, longitude_deg = 2.5045")
    .replace("speed_mps = 10", 'speed_mps = 30\nidentity = { icao24 = "39ac45", callsign = "SAMU31" }\nbroadcasts = ["adsb"]')
)
TELLING = DRONE.replace(
    "speed_mps = 10",
    'speed_mps = 10\nidentity = { serial = "1581F45T7229DMK001AB" }\nbroadcasts = ["remote_id"]\n'
    "pilot = { latitude_deg = 48.858, longitude_deg = 2.30 }",
)


def received(stage, index):
    receiver = view(stage, stage.site.sensor[index], targets(stage))
    return receiver, detections(receiver)


@pytest.mark.parametrize(("index", "actor", "sigmas"), [(0, HELICOPTER, (12.0, 12.0, 15.0)), (1, TELLING, (4.0, 4.0, 6.0))])
def test_positions_scatter_around_the_truth_as_configured(staged, index, actor, sigmas):
    receiver, hits = received(staged(RECEIVERS, actor, duration=1500.0), index)
    latitude, longitude, height = hits.values[:, :3].T
    said, true = ecef_from_wgs84(latitude, longitude, height), receiver.targets[0].trajectory.position(hits.time)
    errors = Place(latitude[0], longitude[0], height[0]).enu(said) - Place(latitude[0], longitude[0], height[0]).enu(true)
    for error, sigma in zip(errors.T, sigmas, strict=True):
        assert stats.kstest(error / sigma, "norm").pvalue > 1e-3


def test_velocities_are_those_of_the_truth(staged):
    receiver, hits = received(staged(RECEIVERS, TELLING, duration=1500.0), 1)
    there = Place(*hits.values[0, :3])
    errors = hits.values[:, 3:] - there.turned(receiver.targets[0].trajectory.velocity(hits.time))
    assert errors.std(axis=0) == pytest.approx([0.5, 0.5, 0.5], rel=0.15)
    assert np.abs(errors.mean(axis=0)).max() < 0.06


reports = st.tuples(
    st.floats(-1.4, 1.4), st.floats(-3.1, 3.1), st.floats(0, 5000), st.floats(-50, 50), st.floats(-50, 50), st.floats(-9, 9)
).map(lambda row: np.array([row]))


@given(reports)
def test_remote_id_counts_in_its_own_steps(report):
    latitude, longitude, height, east, north, up = quantised(report, STEPS["remote_id"])[0]
    for value, step in ((math.degrees(latitude), 1e-7), (math.degrees(longitude), 1e-7), (height, 0.5), (up, 0.5)):
        assert value / step == pytest.approx(round(value / step), abs=1e-4)
    assert math.hypot(east, north) / 0.25 == pytest.approx(round(math.hypot(east, north) / 0.25), abs=1e-6)
    assert np.abs(quantised(report, STEPS["remote_id"]) - report)[0, 2] <= 0.25 + 1e-9


@pytest.mark.parametrize(("speed", "told"), [(63.6, 63.5), (63.7, 63.75), (64.0, 63.75), (64.2, 64.5), (100.0, 99.75)])
def test_remote_id_counts_speeds_above_63_75_in_coarser_steps(speed, told):
    report = np.array([[0.85, 0.04, 100.0, 0.0, speed, 0.0]])
    assert quantised(report, STEPS["remote_id"])[0, 4] == pytest.approx(told)


def test_the_error_of_rounding_is_uniform_over_a_step(staged):
    receiver, hits = received(staged(RECEIVERS, TELLING, duration=1500.0), 1)
    exact = np.random.default_rng(1).uniform(0.0, 300.0, (4000, 6)) * [1e-3, 1e-3, 1.0, 0.1, 0.1, 0.1]
    off = quantised(exact, STEPS["remote_id"]) - exact
    assert stats.kstest(off[:, 2] / 0.5 + 0.5, "uniform").pvalue > 1e-3
    assert stats.kstest(np.degrees(off[:, 0]) / 1e-7 + 0.5, "uniform").pvalue > 1e-3
    assert np.abs(hits.time * 10.0 - np.round(hits.time * 10.0)).max() < 1e-6
    assert receiver.sensor.kind == "remote_id"


@given(reports)
def test_adsb_counts_in_feet_knots_and_the_bits_of_its_zones(report):
    latitude, longitude, height, east, north, up = quantised(report, STEPS["adsb"])[0]
    zones = float(longitude_zones(report[:, 0])[0])
    for value, step in (
        (math.degrees(latitude), 6.0 / 2**17),
        (math.degrees(longitude), 360.0 / zones / 2**17),
        (height, 7.62),
        (east, 0.514444),
        (north, 0.514444),
        (up, 0.32512),
    ):
        assert value / step == pytest.approx(round(value / step), abs=1e-3)


@pytest.mark.parametrize(("latitude", "zones"), [(0.0, 59), (10.0, 59), (11.0, 58), (48.86, 39), (86.9, 2), (-48.86, 39)])
def test_longitude_zones_are_those_of_the_standards_table(latitude, zones):
    assert longitude_zones(np.radians([latitude]))[0] == zones


def test_only_the_receiver_of_a_broadcast_hears_it_and_says_who_it_is(staged):
    stage = staged(RECEIVERS, TELLING)
    assert len(received(stage, 0)[1].look) == 0
    receiver, hits = received(stage, 1)
    told = [report for scan in scans(receiver, hits, 0) for report in scan.detections]
    assert {report.identity.serial for report in told} == {"1581F45T7229DMK001AB"}
    assert math.degrees(told[0].pilot.longitude) == pytest.approx(2.30)
    assert all(-1.06 < hits.time[i] - receiver.looks.time[hits.look[i]] <= 0.06 for i in range(len(hits.look)))
