"""A simulated net hears by how much later a link arrives, with echoes in its tail."""

import math

import numpy as np
import pytest
from scipy import stats

import sensors
from fusion.errors import ConfigError
from fusion.messages import LIGHT, RawMessage, Tdoa
from simulators import scenario_file
from simulators.publish import messages
from simulators.sensing import detections, scans, view
from simulators.targets import targets
from tests.simulators.scenes import DRONE, HEAD, SITE


def receiver(name, latitude, longitude, height):
    return f"""\
[[sensor]]
id = "{name}"
kind = "tdoa"
latitude_deg = {latitude}
longitude_deg = {longitude}
altitude_hae_m = {height}
period_s = 0.5
accuracy = {{ tdoa_s = 1e-7 }}
detection_probability = 0.8
false_alarms_per_scan = 0.5
coverage = {{ range_m = [0, 6000] }}
"""


NET = "\n".join(
    receiver(*one)
    for one in (("a", 48.87, 2.28, 105.0), ("b", 48.869, 2.313, 140.0), ("c", 48.846, 2.31, 95.0), ("d", 48.845, 2.277, 120.0))
)
SENDER = DRONE.replace("speed_mps = 10", 'speed_mps = 10\nemitter = "OcuSync"')


def heard(stage, name="a"):
    at_work = view(stage, next(one for one in stage.site.sensor if one.id == name), targets(stage))
    return at_work, detections(at_work)


def errors(at_work, hits):
    rows = hits.source == 0
    position = at_work.targets[0].trajectory.position(hits.time[rows])
    here, there = (np.linalg.norm(place.enu(position), axis=1) for place in (at_work.place, at_work.reference.place))
    return hits.values[rows, 0] - (here - there) / LIGHT


def test_differences_scatter_as_configured_with_a_heavy_tail(staged):
    found = errors(*heard(staged(NET, SENDER, duration=3000.0))) / 1e-7
    mixture = lambda x: 0.9 * stats.norm.cdf(x) + 0.1 * stats.norm.cdf(x / 3.0)  # noqa: E731
    assert stats.kstest(found, mixture).pvalue > 1e-3
    assert stats.kurtosis(found) > 1.0


def test_a_net_is_a_ring_and_false_differences_fill_the_baseline(staged):
    stage = staged(NET, SENDER, duration=1200.0)
    assert [heard(stage, name)[0].reference.id for name in "abcd"] == ["b", "c", "d", "a"]
    at_work, hits = heard(stage)
    apart = np.linalg.norm(at_work.place.enu(at_work.reference.place.origin))
    false = hits.values[hits.source < 0, 0] * LIGHT / apart
    assert stats.kstest(false, "uniform", (-1.0, 2.0)).pvalue > 1e-3
    assert abs(len(false) / len(at_work.looks.time) - 0.5) < 0.1


def test_another_reference_and_wrong_clocks_are_the_scenario_s(staged):
    behaviour = (
        '[[sensor]]\nid = "a"\nreference = "d"\nbias = { time_s = 1e-6 }\n[[sensor]]\nid = "d"\nbias = { time_s = 3e-7 }\n'
    )
    at_work, hits = heard(staged(NET, SENDER, duration=1200.0, behaviour=behaviour))
    assert at_work.reference.id == "d"
    assert abs(np.median(errors(at_work, hits)) - 7e-7) < 2e-8


def test_what_a_net_sends_is_what_the_service_reads(staged):
    stage = staged(NET, SENDER, duration=30.0)
    others = {one.id: one for one in stage.site.sensor}
    read = []
    for message in messages(stage):
        name = message.topic.split("/")[-2]
        if message.topic.endswith("/scan"):
            station = sensors.Station(others[name], stage.site.site.frame(), others)
            raw = RawMessage(topic="t", payload=message.payload, received=message.received)
            read += sensors.BUILT_IN["tdoa"].decode(station, raw, False).detections
    assert len(read) > 100
    assert all(isinstance(one, Tdoa) and one.sigma_tdoa == 1e-7 for one in read)
    assert {one.emitter for one in read} == {"OcuSync", None}


def test_a_receiver_alone_cannot_be_simulated(tmp_path):
    (tmp_path / "site.toml").write_text(SITE + receiver("a", 48.87, 2.28, 105.0), encoding="utf-8")
    (tmp_path / "scene.toml").write_text(HEAD + "duration_s = 10\n" + SENDER, encoding="utf-8")
    with pytest.raises(ConfigError, match="has no other of kind 'tdoa'"):
        scenario_file.load(tmp_path / "scene.toml")


def test_scans_carry_the_differences(staged):
    at_work, hits = heard(staged(NET, SENDER, duration=20.0))
    reports = [one for scan in scans(at_work, hits, 0) for one in scan.detections]
    assert all(math.isfinite(one.tdoa) and one.reference == "b" for one in reports)
