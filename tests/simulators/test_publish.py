"""The stream of a scenario: complete, in the order of arrival, the same bytes every time, and on time."""

import asyncio
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

import sensors
from fusion.errors import ConfigError
from fusion.messages import SECOND, nanoseconds
from fusion.topics import TopicTree
from sensors import Station
from sensors.sapient import schema, validating
from simulators.live import HEAD_START, beginning_now
from simulators.publish import messages, play
from simulators.sensing import detections, scans, view
from simulators.targets import targets
from tests.simulators.scenes import CAMERA, DRONE, FINDER, RADAR, RECEIVERS

ALL = RADAR + FINDER + CAMERA + RECEIVERS
SAYING = DRONE.replace(
    "speed_mps = 10",
    'speed_mps = 10\nemitter = "OcuSync"\nidentity = { serial = "1581F45T7229DMK001AB", icao24 = "39ac45" }\n'
    'broadcasts = ["adsb", "remote_id"]',
)


def digest(stream):
    sha = hashlib.sha256()
    for message in stream:
        sha.update(f"{message.received} {message.topic} ".encode() + message.payload)
    return sha.hexdigest()


def test_the_stream_is_in_the_order_of_arrival_and_has_every_sensor(staged):
    stream = list(messages(staged(ALL, SAYING, duration=30.0)))
    assert [message.received for message in stream] == sorted(message.received for message in stream)
    spoken = {(address.name, address.parts["sensor"]) for m in stream if (address := TopicTree("test").parse(m.topic))}
    assert spoken == {
        (row, sensor) for row in ("scan", "sensor_status") for sensor in ("radar", "finder", "camera", "adsb", "remote-id")
    }


def test_every_payload_is_read_by_the_service_s_own_adapters_as_it_was_measured(staged):
    stage = staged(ALL, SAYING, duration=20.0)
    frame, flown, tree = stage.site.site.frame(), targets(stage), TopicTree("test")
    counts = dict.fromkeys([sensor.id for sensor in stage.site.sensor], 0)
    configured = {sensor.id: sensor for sensor in stage.site.sensor}
    for message in messages(stage, flown):
        address = tree.parse(message.topic)
        if address.name == "scan":
            sensor = configured[address.parts["sensor"]]
            scan = sensors.BUILT_IN[sensor.kind].decode(Station(sensor, frame), message, False)
            assert scan.time < message.received
            counts[sensor.id] += len(scan.detections)
    for sensor in stage.site.sensor:
        assert counts[sensor.id] == len(detections(view(stage, sensor, flown)).look) > 0


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(staged):
    first = digest(messages(staged(ALL, SAYING, duration=20.0)))
    assert digest(messages(staged(ALL, SAYING, duration=20.0))) == first
    assert digest(messages(staged(ALL, SAYING, duration=20.0, seed=2))) != first


def test_another_process_gives_the_same_bytes(staged, tmp_path):
    stage = staged(ALL, SAYING, duration=20.0)
    program = (
        "import sys, hashlib; from pathlib import Path\n"
        "from simulators.publish import messages; from simulators.scenario_file import load\n"
        "sha = hashlib.sha256()\n"
        "for m in messages(load(Path(sys.argv[1]))): sha.update(f'{m.received} {m.topic} '.encode() + m.payload)\n"
        "print(sha.hexdigest())"
    )
    command, here = [sys.executable, "-c", program, str(tmp_path / "scenario.toml")], Path(__file__).parents[2]
    run = subprocess.run(command, cwd=here, check=True, capture_output=True, text=True, timeout=60)
    assert run.stdout.strip() == digest(messages(stage))


def test_a_sensor_says_that_it_is_online_every_ten_seconds_and_offline_when_it_drops_out(staged):
    stage = staged(RADAR, "", duration=35.0, behaviour='[[sensor]]\nid = "radar"\noutages = [[12, 22]]\n')
    said = [
        ((message.received - stage.start) / SECOND, json.loads(message.payload)["state"])
        for message in messages(stage)
        if message.topic == "vigie/v1/test/sensor/radar/status"
    ]
    assert said == [(0, "online"), (10, "online"), (12, "offline"), (22, "online"), (30, "online")]


class Wire:
    """A broker and a clock that only moves when someone sleeps or publishes."""

    def __init__(self, cost=0.0):
        self.now, self.cost, self.published = 100.0, cost, []

    async def publish(self, topic, payload, qos, retained):
        self.published.append((self.now, topic, payload, qos, retained))
        self.now += self.cost

    async def sleep(self, seconds):
        self.now += seconds


@pytest.mark.parametrize("speed", [1.0, 10.0])
def test_messages_are_published_when_they_were_received_as_fast_as_asked(staged, speed):
    stage, wire = staged(ALL, SAYING, duration=20.0), Wire()
    stream = list(messages(stage))
    count = asyncio.run(play(stream, wire.publish, stage.site, speed=speed, sleep=wire.sleep, clock=lambda: wire.now))
    assert count == len(stream) == len(wire.published)
    assert [(topic, payload) for _, topic, payload, _, _ in wire.published] == [(m.topic, m.payload) for m in stream]
    for (at, *_), message in zip(wire.published, stream, strict=True):
        assert at - 100.0 == pytest.approx((message.received - stream[0].received) / SECOND / speed, abs=1e-6)


def test_a_stream_of_the_present_waits_for_its_own_time(staged):
    stage, wire = staged(RADAR, DRONE, duration=10.0), Wire()
    stream = list(messages(stage))
    now = stream[0].received - 3 * SECOND
    asyncio.run(play(stream, wire.publish, stage.site, sleep=wire.sleep, clock=lambda: wire.now, now=now))
    for (at, *_), message in zip(wire.published, stream, strict=True):
        assert at - 100.0 == pytest.approx((message.received - now) / SECOND, abs=1e-6)


@pytest.mark.parametrize("takes", [0.1, 2.0, 30.0])
def test_a_scenario_that_takes_long_to_reckon_begins_later_and_on_time(staged, takes):
    now = [1_785_087_000 * SECOND]

    def clock():  # each look at it, so much has been reckoned
        now[0] += round(takes * SECOND)
        return now[0]

    live = beginning_now(staged(RADAR, DRONE, duration=10.0), clock)
    first = next(live.messages)
    assert 0 < first.received - now[0] <= 1.5 * max(takes, HEAD_START) * SECOND
    assert first == next(messages(live.stage))


def test_flights_reckoned_before_are_those_of_a_scenario_that_begins_later(staged):
    stage = staged(RADAR, DRONE, duration=10.0)
    known, reckoned = (beginning_now(stage, lambda: 1_785_087_000 * SECOND, flown=flown) for flown in (targets(stage), None))
    assert list(known.messages) == list(reckoned.messages)
    assert known.stage == reckoned.stage


def test_health_is_retained_at_qos_1_and_scans_go_as_asked(staged):
    stage, wire = staged(RADAR, "", duration=12.0), Wire()
    asyncio.run(play(messages(stage), wire.publish, stage.site, sleep=wire.sleep, clock=lambda: wire.now))
    assert {(topic.rsplit("/", 1)[1], qos, retained) for _, topic, _, qos, retained in wire.published} == {
        ("scan", 0, False),
        ("status", 1, True),
    }


def test_a_slow_broker_delays_and_nothing_is_left_out(staged):
    stage, wire = staged(RADAR, "", duration=5.0), Wire(cost=1.0)
    assert asyncio.run(play(messages(stage), wire.publish, stage.site, sleep=wire.sleep, clock=lambda: wire.now)) == len(
        wire.published
    )


def test_a_scenario_that_begins_now_is_the_same_but_for_its_times(staged):
    stage = staged(RADAR, DRONE, duration=10.0)
    later = stage.starting(stage.scenario.start.replace(year=2027))
    shift = nanoseconds(later.scenario.start) - stage.start
    for then, now in zip(messages(stage), messages(later), strict=True):
        assert now.received - then.received == shift
        assert {**json.loads(now.payload), "time": 0} == {**json.loads(then.payload), "time": 0}


def test_who_tells_its_detections_one_by_one_sends_each_when_it_was_made_and_none_overtakes(staged):
    turning = 'rotating = true\ndelay_s = 0.2\njitter_s = 0.02\nformat = "sapient"\n'
    stage = staged(RADAR, DRONE, duration=20.0, behaviour=f'[[sensor]]\nid = "radar"\n{turning}')
    told = [message for message in messages(stage) if message.topic.endswith("/raw/sapient")]
    radar = view(stage, stage.site.sensor[0], targets(stage))
    whole = list(scans(radar, detections(radar), stage.start))
    assert len(told) == sum(len(scan.detections) for scan in whole) > 100
    delays = [message.received - validating.time_of(schema.parse(message.payload)) for message in told]
    assert min(delays) >= 0.2 * SECOND
    assert max(delays) <= max(scan.received - scan.time for scan in whole) < 0.4 * SECOND
    assert (
        max(scan.received - one.time for scan in whole for one in scan.detections) > 0.6 * SECOND
    )  # a scan's first, told with it
    assert [one.received for one in told] == sorted(one.received for one in told)


def test_a_sensor_with_a_native_format_publishes_one_detection_a_payload(staged):
    native = '[[sensor]]\nid = "remote-id"\nformat = "odid_wifi"\n'
    plain, frames = (
        [
            m
            for m in messages(staged(RECEIVERS, SAYING, duration=20.0, behaviour=how))
            if "/remote-id/" in m.topic and "status" not in m.topic
        ]
        for how in ("", native)
    )
    assert {m.topic for m in frames} == {"vigie/v1/test/sensor/remote-id/raw/odid_wifi"}
    assert len(frames) == sum(len(json.loads(m.payload)["detections"]) for m in plain)


def test_a_format_that_nobody_reads_is_named(staged):
    with pytest.raises(ConfigError, match="'semaphore' is no format; expected adsb, "):
        staged(RECEIVERS, DRONE, behaviour='[[sensor]]\nid = "remote-id"\nformat = "semaphore"\n')
