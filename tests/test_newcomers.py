"""Sensors that appear by themselves: from then on as if the site's file had named them, over a restart and in a replay."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

import sensors
from fusion import payload
from fusion.config import Accuracy, BiasSigma, Config, Sensor, Site
from fusion.config_edge import Sapient
from fusion.messages import SECOND, Polar, RawMessage, Rejected, Scan, StatusMessage, Tick, TracksMessage
from fusion.pipeline import Pipeline
from fusion.zones.permits import Register
from fusion.zones.zones import ZoneSet
from sensors import Station
from tests.adapters.stations import NOW

SITE = Site(name="paris", latitude_deg=48.8582, longitude_deg=2.2945, ground_amsl_m=33.0, geoid_undulation_m=44.6)
ACCURACY = Accuracy(range_m=5.0, azimuth_deg=0.5, elevation_deg=0.7)
FIRST = Sensor(
    id="a",
    kind="radar",
    latitude_deg=48.8611,
    longitude_deg=2.2890,
    altitude_hae_m=110.0,
    accuracy=ACCURACY,
    bias_sigma=BiasSigma(azimuth_deg=1.0),
)
OTHER = Sensor(
    id="b", kind="radar", latitude_deg=48.8521, longitude_deg=2.3035, altitude_hae_m=105.0, accuracy=ACCURACY, reports="detections-only", output="tracks",
    false_alarms_per_scan=0.1,
)  # fmt: skip
CONFIG = Config(site=SITE, sensor=(FIRST,), sapient=Sapient(listen="127.0.0.1:0"))
FRAME = SITE.frame()


def pipeline(config=CONFIG) -> Pipeline:
    return Pipeline(config, sensors.load(list), ZoneSet.of([], FRAME), Register())


def announced(sensor=OTHER, at=NOW, **changed) -> RawMessage:
    told = replace(sensor, **changed)
    return RawMessage(topic=f"vigie/v1/paris/sensor/{sensor.id}/registration", payload=msgspec.json.encode(told), received=at)


def flight(appears=5.0, seconds=15.0, late=0.0) -> list:
    """A drone that flies east past two radars; `b` appears on the way. Seeded noise of the stated size, ticks ten times a second."""
    rng, inputs = np.random.default_rng(7), [(NOW + round(appears * SECOND), announced(at=NOW + round(appears * SECOND)))]
    horizons = {
        one.id: FRAME.horizon(math.radians(one.latitude_deg), math.radians(one.longitude_deg), one.altitude_hae_m)
        for one in (FIRST, OTHER)
    }
    start = FRAME.grid_from_wgs84(math.radians(48.857), math.radians(2.290), 160.0)
    for sensor, period, first, delay in ((FIRST, 1.0, 0.0, 0.1), (OTHER, 0.5, appears + 0.2, 0.1 + late)):
        for i in range(int((seconds - first) / period)):
            at = first + i * period
            east, north, up = horizons[sensor.id].enu_from_grid(start + np.array([12.0, 2.0, 0.0]) * at)
            level = math.hypot(east, north)
            seen = Polar(
                time=NOW + round(at * SECOND), range=math.hypot(level, up) + rng.normal(0, 5.0), azimuth=(math.atan2(east, north) + rng.normal(0, 0.0087)) % math.tau,
                elevation=math.atan2(up, level) + rng.normal(0, 0.0122), sigma_range=5.0, sigma_azimuth=math.radians(0.5), sigma_elevation=math.radians(0.7), id="t-1",
            )  # fmt: skip
            received = seen.time + round(delay * SECOND)
            scan = Scan(sensor=sensor.id, time=seen.time, received=received, sequence=i, detections=(seen,))
            format_ = "sapient" if sensor is OTHER else "radar"
            body = sensors.BUILT_IN[format_].encode(Station(sensor, FRAME), scan)
            inputs.append(
                (received, RawMessage(topic=f"vigie/v1/paris/sensor/{sensor.id}/raw/{format_}", payload=body, received=received))
            )
    inputs += [(NOW + round(0.1 * i * SECOND), Tick(time=NOW + round(0.1 * i * SECOND))) for i in range(int(seconds * 10) + 1)]
    return [item for _, item in sorted(inputs, key=lambda pair: pair[0])]


def said(core: Pipeline, inputs: list) -> list[bytes]:
    return [payload.payload(output) for item in inputs for output in core.feed(item)]


def tracks(core: Pipeline, inputs: list) -> list:
    return [
        track for item in inputs for output in core.feed(item) if isinstance(output, TracksMessage) for track in output.tracks
    ]


@pytest.mark.slow
def test_a_sensor_that_appears_is_seen_with_and_in_the_status():
    core = pipeline()
    outputs = [output for item in flight() for output in core.feed(item)]
    assert not [output for output in outputs if isinstance(output, Rejected)]
    last = [track for output in outputs if isinstance(output, TracksMessage) for track in output.tracks][-1]
    assert set(last.sensors) == {"a", "b"}
    status = [output for output in outputs if isinstance(output, StatusMessage)][-1]
    assert status.sensors["b"].state == "online"
    assert status.sensors["b"].detections > 10


@pytest.mark.slow
@pytest.mark.parametrize("late", [0.0, 0.9])
def test_it_is_then_as_if_the_file_had_named_it_from_the_beginning(late):
    """But for the file's own digest, the tracker's state is the same to the last bit."""
    appeared, named = pipeline(), pipeline(replace(CONFIG, sensor=(FIRST, OTHER)))
    inputs = flight(late=late)
    for item in inputs:
        appeared.feed(item)
        if not (isinstance(item, RawMessage) and item.topic.endswith("/registration")):
            named.feed(item)
    one, other = (msgspec.msgpack.encode(core.timeline.snapshot()) for core in (appeared, named))
    assert one == other


@pytest.mark.slow
@pytest.mark.parametrize("late", [0.0, 0.9])
@pytest.mark.parametrize("cut", [0.3, 0.36, 0.5, 0.9])
def test_a_restart_at_any_time_says_what_would_have_been_said(cut, late):
    inputs = flight(late=late)
    at = int(cut * len(inputs))
    whole, before, after = pipeline(), pipeline(), pipeline()
    expected = said(whole, inputs)
    begun = said(before, inputs[:at])
    after.restore(before.snapshot())
    assert begun + said(after, inputs[at:]) == expected


def test_a_core_that_knew_others_becomes_what_a_snapshot_says():
    empty, full = pipeline(), pipeline()
    full.feed(announced())
    full.feed(announced(replace(OTHER, id="c", kind="camera")))
    full.restore(empty.snapshot())
    assert full.snapshot() == empty.snapshot()
    assert set(full.intake.stations) == {"a"}


def test_what_has_changed_of_a_newcomer_counts_from_then_on():
    core, inputs = pipeline(), flight()
    for item in inputs[: len(inputs) // 2]:
        core.feed(item)
    held = len(core.timeline.tracker.store)
    assert core.feed(announced(latitude_deg=48.8531, output="plots")) == []
    assert core.intake.stations["b"].sensor.latitude_deg == 48.8531
    assert len(core.timeline.tracker.store) == held > 0
    other = pipeline()
    other.restore(core.snapshot())
    assert other.snapshot() == core.snapshot()


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (announced(FIRST, reports="detections-only"), "sensor 'a' stands in the site's file, which counts"),
        (announced(kind="sonar"), "kind: 'sonar' is not known"),
        (announced(bias_sigma=BiasSigma(azimuth_deg=1.0)), "bias_sigma and source: are the site's to say"),
        (announced(reports="scans"), "reports: is 'scans'; expected 'detections-only'"),
        (announced(longitude_deg=None), "latitude_deg and longitude_deg belong together"),
        (RawMessage(topic=announced().topic, payload=b"{", received=NOW), "truncated"),
        (RawMessage(topic=announced().topic, payload=b'{"id":"b","kind":"radar","secret":1}', received=NOW), "unknown field `secret`"),
        (replace(announced(), topic="vigie/v1/paris/sensor/z/registration"), "id: the payload says 'b', its topic 'z'"),
    ],
)  # fmt: skip
def test_what_is_no_newcomer_is_refused_and_nothing_is_changed(message, why):
    core = pipeline()
    before = core.snapshot()
    (refusal,) = core.feed(message)
    assert why in refusal.reason
    core.now = 0
    assert core.snapshot() == before


def test_newcomers_are_taken_only_where_the_site_says_so_and_not_without_end():
    (refusal,) = pipeline(replace(CONFIG, sapient=None)).feed(announced())
    assert "sensors do not appear by themselves here" in refusal.reason
    core = pipeline()
    for i in range(100):
        assert core.feed(announced(replace(OTHER, id=f"n{i}", output="plots"))) == []
    (refusal,) = core.feed(announced())
    assert "100 sensors have appeared already" in refusal.reason
