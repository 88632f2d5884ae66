"""The stream of messages of a scenario in the order of arrival, and its publication in real time or faster.

The stream is a function of the scenario alone: the same seed gives the same bytes, at any speed and in any process.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import partial
from operator import attrgetter

import msgspec
from msgspec.structs import replace

import sensors
from fusion.config import Config, Sensor
from fusion.messages import SECOND, RawMessage, Record, Scan, Time, utc
from fusion.topics import TOPICS, TopicTree
from sensors import Station
from sensors.pose import encode_pose
from simulators.chance import stream
from simulators.clutter import clutter
from simulators.crowds import counts
from simulators.riding import poses
from simulators.scenario_file import Stage
from simulators.sensing import detections, scans, trajectory_of, view
from simulators.targets import Target, targets
from simulators.wire import Publish, format_of

STATUS_PERIOD = 10.0
"""s between a sensor's words about its health: a service that starts late has them all soon."""

NAP = 0.5
"""s: the longest wait at a time; after it, the clock is read again."""


class Status(Record, kw_only=True):
    """What a sensor says of its health (design §3)."""

    state: str
    time: Time


def messages(stage: Stage, flown: tuple[Target, ...] | None = None) -> Iterator[RawMessage]:
    """Give everything that the sensors of a scenario send, in the order of arrival."""
    flown = targets(stage) if flown is None else flown
    topics = TopicTree(stage.site.site.name, stage.site.mqtt.root)
    moving = clutter(stage)
    streams = [_scans(stage, sensor, flown, moving, topics) for sensor in stage.site.sensor]
    streams += [_poses(stage, sensor, flown, topics) for sensor in stage.site.sensor]
    streams += [_statuses(stage, sensor, topics) for sensor in stage.site.sensor]
    streams += [_crowds(stage, sensor, flown, topics) for sensor in stage.site.sensor]
    yield from heapq.merge(*streams, key=attrgetter("received", "topic"))


def _scans(
    stage: Stage, sensor: Sensor, flown: tuple[Target, ...], moving: tuple[Target, ...], topics: TopicTree
) -> Iterator[RawMessage]:
    native, station = stage.behaviour(sensor.id).format or format_of(sensor, stage.site), Station(sensor, stage.site.site.frame())
    adapter = sensors.BUILT_IN[native or sensor.kind]
    at_work = view(stage, sensor, flown, moving)
    topic = topics.path("raw", sensor=sensor.id, format=native) if native else topics.path("scan", sensor=sensor.id)
    arrived = 0
    for scan in scans(at_work, detections(at_work), stage.start):
        for part in split(scan) if adapter.single else (scan,):
            if payload := adapter.encode(station, part):  # some formats have no word for having heard nothing
                arrived = max(arrived, part.received)  # nothing overtakes on one line
                yield RawMessage(topic=topic, payload=payload, received=arrived)


def _poses(stage: Stage, sensor: Sensor, flown: tuple[Target, ...], topics: TopicTree) -> Iterator[RawMessage]:
    """Say where a sensor is that an actor carries."""
    told = stage.behaviour(sensor.id)
    if told.carried is not None and sensor.platform is not None:
        way, chance = trajectory_of(told.carried, flown), partial(stream, stage.scenario.seed, "sensor", sensor.id)
        ahead = round(told.bias.time_s * SECOND)
        for received, pose in poses(told.carried, sensor.platform, way, stage.scenario.duration_s, stage.start + ahead, chance):
            topic = topics.path("pose", sensor=sensor.id)
            yield RawMessage(topic=topic, payload=encode_pose(pose), received=received - ahead)


def split(scan: Scan) -> tuple[Scan, ...]:
    """Give a scan's detections one by one, for formats whose payloads hold one: each leaves once it is made."""
    ordered = sorted(scan.detections, key=attrgetter("time"))
    end = max(scan.time, ordered[-1].time) if ordered else scan.time
    return tuple(replace(scan, time=one.time, received=scan.received - (end - one.time), detections=(one,)) for one in ordered)


def _crowds(stage: Stage, sensor: Sensor, flown: tuple[Target, ...], topics: TopicTree) -> Iterator[RawMessage]:
    """Say how many people a camera counts."""
    told, topic = stage.behaviour(sensor.id).counts, topics.path("crowd", sensor=sensor.id)
    if told is not None:
        for received, crowd in counts(view(stage, sensor, flown), told, stage.scenario.crowd, stage.start):
            yield RawMessage(topic=topic, payload=msgspec.json.encode(crowd), received=received)


def _statuses(stage: Stage, sensor: Sensor, topics: TopicTree) -> Iterator[RawMessage]:
    """Say `online` at the start, at every period and after an outage, and `offline` when one begins, as a Will does."""
    outages, duration = sorted(stage.behaviour(sensor.id).outages), stage.scenario.duration_s
    beats = [i * STATUS_PERIOD for i in range(int(duration / STATUS_PERIOD) + 1)]
    words = [(beat, "online") for beat in beats if not any(begin <= beat < end for begin, end in outages)]
    words += [(at, state) for begin, end in outages for at, state in ((begin, "offline"), (end, "online")) if at < duration]
    for at, state in sorted(set(words)):
        received = stage.start + round(at * SECOND)
        payload = msgspec.json.encode(Status(state=state, time=utc(received)))
        yield RawMessage(topic=topics.path("sensor_status", sensor=sensor.id), payload=payload, received=received)


async def play(
    stream: Iterable[RawMessage],
    publish: Publish,
    site: Config,
    *,
    speed: float = 1.0,
    qos: int = 0,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    clock: Callable[[], float] | None = None,
    now: int | None = None,
) -> int:
    """Publish messages at the times they were received at, `speed` times as fast; give their number.

    The first goes at once or, where it is told what time it is now (ns UTC), at its own time.
    Scans go at `qos`; what the contract retains goes at QoS 1 and retained. A broker that is slow delays, and nothing is
    left out.
    """
    clock = clock or asyncio.get_running_loop().time
    topics = TopicTree(site.site.name, site.mqtt.root)
    count, begun, first = 0, clock(), now
    for message in stream:
        first = message.received if first is None else first
        due = begun + (message.received - first) / SECOND / speed
        while (wait := due - clock()) > 0.0:
            await sleep(min(wait, NAP))
        address = topics.parse(message.topic)
        retained = address is not None and TOPICS[address.name].retained
        await publish(message.topic, message.payload, 1 if retained else qos, retained)
        count += 1
    return count
