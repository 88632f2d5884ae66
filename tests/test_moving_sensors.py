"""Sensors that move, through the whole core: what is refused, what `status` says, and that a restart goes on alike."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from fusion.config import Config
from fusion.errors import DecodeError
from fusion.messages import SECOND, RawMessage, Rejected, StatusMessage, Tick
from fusion.pipeline import Pipeline
from fusion.topics import TopicTree
from fusion.zones.permits import Register
from fusion.zones.zones import ZoneSet
from sensors import BUILT_IN, Station
from sensors.pose import decode_pose, encode_pose
from tests.scene import CAMERA, FRAME, SITE, START
from tests.tracking.moving_scene import camera, look, pose, straight

EYE, OTHER = camera("eye-1"), camera("eye-2")
FLEET = replace(EYE, id="eye-3", platform=replace(EYE.platform, sensor="fleet", vehicle="7"))
TREE = TopicTree(SITE.name)
PATH, STILL = straight((200.0, 20.0, 60.0), (0.0, 12.0, 0.0)), straight((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
CONFIG = Config(site=SITE, sensor=(EYE, OTHER, FLEET, CAMERA))


def core() -> Pipeline:
    return Pipeline(CONFIG, dict(BUILT_IN), ZoneSet.of((), FRAME), Register())


def posed(t: float, sensor="eye-1", path=PATH, **more) -> RawMessage:
    one = pose(path, t, **({"sigma_horizontal": 1.0, "sigma_vertical": 2.0} | more))
    return RawMessage(topic=TREE.path("pose", sensor=sensor), payload=encode_pose(one), received=one.time)


def looked(t: float, number: int, sensor=EYE, path=PATH) -> RawMessage:
    scan = look(sensor, path, STILL, t, number)
    payload = BUILT_IN["camera"].encode(Station(sensor, FRAME), scan)
    return RawMessage(topic=TREE.path("scan", sensor=sensor.id), payload=payload, received=scan.time)


def beat(t: float) -> Tick:
    return Tick(time=START + round(t * SECOND))


def feed(pipeline: Pipeline, items) -> list:
    return [output for item in items for output in pipeline.feed(item)]


def reasons(outputs) -> list[str]:
    return [output.reason for output in outputs if isinstance(output, Rejected)]


def test_a_pose_reads_back_as_it_was_written():
    one = pose(
        PATH, 1.5, attitude=(3.0, -0.2, 0.1), sigma_horizontal=1.5, sigma_vertical=2.5, sigma_velocity=0.25, sigma_heading=0.01
    )
    message = RawMessage(topic="", payload=encode_pose(one), received=one.time)
    read = decode_pose(Station(EYE, FRAME), message)
    assert read.time == one.time
    for name in ("latitude", "longitude"):
        assert getattr(read, name) == pytest.approx(getattr(one, name), abs=1e-11)
    assert read.altitude == pytest.approx(one.altitude, abs=1e-3)
    assert read.velocity == pytest.approx(one.velocity, abs=1e-3)
    assert read.attitude == pytest.approx(one.attitude, abs=1e-7) or read.attitude[1:] == pytest.approx(
        one.attitude[1:], abs=1e-7
    )
    assert (read.sigma_horizontal, read.sigma_vertical, read.sigma_velocity) == (1.5, 2.5, 0.25)
    assert read.sigma_heading == pytest.approx(0.01, abs=1e-7)


@pytest.mark.parametrize(
    ("sensor", "change", "reason"),
    [
        ("eye-1", {"latitude_deg": 0, "longitude_deg": 0}, "means unknown"),
        ("eye-1", {"latitude_deg": 40.0}, "km from the site"),
        ("eye-1", {"altitude_m": None}, "altitude_m"),
        ("eye-1", {"time": "2030-01-01T00:00:00Z"}, "ahead of when it was received"),
        ("eye-1", {"pitch_deg": 120.0}, "pitch_deg"),
        ("camera-1", {}, "does not move"),
        ("eye-3", {}, "told by sensor 'fleet'"),
        ("nobody", {}, "is not configured"),
    ],
)
def test_a_pose_that_cannot_be_is_refused_with_its_reason(sensor, change, reason):
    whole, message = core(), posed(0.0)
    payload = json.dumps(json.loads(message.payload) | change).encode()
    told = reasons(whole.feed(RawMessage(topic=TREE.path("pose", sensor=sensor), payload=payload, received=message.received)))
    assert len(told) == 1
    assert reason in told[0]


def test_attitude_is_asked_for_where_directions_are_against_the_body():
    body = replace(EYE, platform=replace(EYE.platform, directions="body"))
    whole = Pipeline(Config(site=SITE, sensor=(body,)), dict(BUILT_IN), ZoneSet.of((), FRAME), Register())
    assert "heading_deg" in reasons(whole.feed(posed(0.0)))[0]
    assert not reasons(whole.feed(posed(0.1, attitude=(1.0, 0.0, 0.0))))


def test_directions_that_nobody_can_place_are_refused_and_the_sensor_is_named():
    whole = core()
    told = reasons(feed(whole, [looked(0.0, 0), beat(0.2)]))
    assert len(told) == 1
    assert "nobody knows where 'eye-1' was" in told[0]
    health = whole.status().sensors["eye-1"]
    assert (health.state, health.pose.stale, health.pose.refused, health.pose.age_s) == ("degraded", True, 1, None)
    assert not reasons(feed(whole, [posed(0.1), posed(0.3), looked(0.2, 1), beat(0.4)]))
    health = whole.status().sensors["eye-1"]
    assert (health.state, health.pose.stale, health.pose.refused) == ("online", False, 1)
    assert health.pose.age_s == pytest.approx(0.1)
    told = reasons(feed(whole, [beat(3.0), looked(2.9, 2), beat(3.1)]))
    assert len(told) == 1
    assert whole.status().sensors["eye-1"].pose.refused == 2
    assert whole.status().sensors["camera-1"].pose is None


def everything(seconds: float):
    """Two cameras that see one thing, with poses and ticks."""
    other = straight((-150.0, -200.0, 40.0), (10.0, 0.0, 0.0))
    found = []
    for k in range(round(seconds / 0.2)):
        t = 0.2 * k
        found += [posed(t), posed(t, "eye-2", other), looked(t + 0.05, k), looked(t + 0.05, k, OTHER, other), beat(t + 0.1)]
    return found


def test_a_core_that_is_written_down_goes_on_alike():
    items = everything(6.0)
    whole = core()
    feed(whole, items[:71])
    other = core()
    other.restore(whole.snapshot())
    assert feed(other, items[71:]) == feed(whole, items[71:])
    assert len(whole.timeline.tracker.store) == 1
    assert other.snapshot() == whole.snapshot()


def test_status_says_where_a_sensor_that_moves_is():
    whole = core()
    outputs = feed(whole, everything(2.0))
    said = [output for output in outputs if isinstance(output, StatusMessage)]
    assert said
    health = whole.status().sensors["eye-2"].pose
    assert health.altitude_hae_m == pytest.approx(FRAME.wgs84_from_grid(straight((0, 0, 40.0), (0, 0, 0))(0.0))[2], abs=0.01)
    assert not health.stale


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_nonsense_on_a_pose_s_topic_is_refused_or_read(data):
    payload = bytearray(posed(0.0, attitude=(1.0, 0.1, 0.0)).payload)
    for _ in range(data.draw(st.integers(0, 6))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    message = RawMessage(topic="", payload=bytes(payload), received=START)
    try:
        read = decode_pose(Station(EYE, FRAME), message)
    except DecodeError:
        return
    told = [read.latitude, read.longitude, read.altitude, *(read.velocity or ()), *(read.attitude or ()), read.sigma_horizontal]
    assert all(math.isfinite(figure) for figure in told)
    assert read.sigma_horizontal > 0.0
