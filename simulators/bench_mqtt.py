"""The edge under load: detections in over MQTT, tracks out, the service a process of its own beside a real broker."""

from __future__ import annotations

import asyncio
import bisect
import contextlib
import math
import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from fusion.config import Mqtt
from fusion.messages import SECOND, RawMessage, Track, nanoseconds
from fusion.topics import Address, TopicTree
from fusion.transport.broker import embedded_broker
from fusion.transport.hearing import hear
from fusion.transport.link import Link
from fusion.transport.outbox import Outbox
from fusion.transport.outgoing import Publication
from fusion.transport.publish import publish
from simulators.case import write_site
from simulators.publish import messages, play
from simulators.scenario_file import Stage
from simulators.wire import onto

CROWDS = (100, 500, 1_000)
LIVE_S = 20.0
FLOOD_TARGETS, FLOOD_S = 500, 60.0
SETTLED_S = 5.0
"""s at the start that are not judged: tracks begin there."""

_tracks = msgspec.json.Decoder(tuple[Track, ...])
_status = msgspec.json.Decoder(dict)


class Room(NamedTuple):
    """What a run takes place in: an outbox to the broker, and what the service says."""

    outbox: Outbox
    tree: TopicTree
    heard: Heard


class Heard:
    """Times each track from the publication of the scan that moved it, and keeps the service's newest counters."""

    def __init__(self) -> None:
        self.scans: dict[str, list[tuple[int, int]]] = {}  # by sensor: time of the look, of its publication (ns)
        self.latencies: list[float] = []  # s
        self.tracks = 0
        self.status: dict[str, Any] = {}
        self.taken = asyncio.Event()  # a status came
        self._moved: dict[str, datetime] = {}

    def note_scan(self, sensor: str, payload: bytes) -> None:
        """Note that a scan is being published."""
        look = nanoseconds(datetime.fromisoformat(msgspec.json.decode(payload)["time"]))
        self.scans.setdefault(sensor, []).append((look, time.time_ns()))

    def hear(self, address: Address, message: RawMessage) -> None:
        """Take a message of the service."""
        if address.name == "status":
            status = _status.decode(message.payload)
            if status["sensors"]:
                self.status = status
                self.taken.set()
            return
        for track in _tracks.decode(message.payload):
            self.tracks += 1
            if self._moved.get(track.track) != track.updated:
                self._moved[track.track] = track.updated
                self._time(track, message.received)

    def _time(self, track: Track, received: int) -> None:
        """Find the look that the track's newest detection was in: the first that ended after it."""
        sensor, updated = max(track.sensors.items(), key=lambda seen: seen[1])
        scans = self.scans.get(sensor, [])
        place = bisect.bisect_left(scans, (nanoseconds(updated), 0))
        if place < len(scans) and scans[place][0] - scans[0][0] > SETTLED_S * SECOND:
            self.latencies.append((received - scans[place][1]) / SECOND)

    async def until(self, scans: int) -> None:
        """Wait until the service says that it has dealt with so many scans."""
        while sum(sensor["scans"] for sensor in self.status.get("sensors", {"": {"scans": -1}}).values()) < scans:
            self.taken.clear()
            await self.taken.wait()


def bench_mqtt(crowd: Callable[[int, float], Stage]) -> None:
    """Measure and print; `crowd` gives the sky with so many targets for so many seconds."""
    print("MQTT in, tracks out (broker, service and sensors as processes of their own on this machine):")
    for targets in CROWDS:
        asyncio.run(_live(crowd(targets, LIVE_S), targets))
    asyncio.run(_flood(crowd(FLOOD_TARGETS, FLOOD_S)))


async def _live(stage: Stage, targets: int) -> None:
    """Play a crowd in real time, at QoS 0."""
    async with _room(stage, {"VIGIE_PUBLISH__TRACKS_HZ": "10"}) as room:
        stage = stage.starting(datetime.now(UTC) + timedelta(seconds=1))
        stream = list(messages(stage))
        post = onto(room.outbox)

        async def send(topic: str, payload: bytes, qos: int, retained: bool) -> None:  # noqa: FBT001 - `play` says it so
            if (address := room.tree.parse(topic)) and address.name == "scan":
                room.heard.note_scan(address.parts["sensor"], payload)
            await post(topic, payload, qos, retained)

        await play(stream, send, stage.site)
        await asyncio.sleep(1.0)
    p50, p99 = 1e3 * np.quantile(room.heard.latencies or [math.nan], [0.5, 0.99])
    rate_in, rate_out = _detections(stream) / LIVE_S, room.heard.tracks / LIVE_S
    dropped = room.heard.status["counters"]["dropped_scans"]
    print(f"  {targets:5} targets live: {rate_in:6.0f} detections/s in, {rate_out:6.0f} tracks/s out; ", end="")
    print(f"from a scan to its tracks p50 {p50:.0f} ms, p99 {p99:.0f} ms; {dropped} scans dropped", flush=True)


async def _flood(stage: Stage) -> None:
    """Send what was recorded as fast as the service takes it, without loss."""
    async with _room(stage, {"VIGIE_MQTT__DELIVERY": "no-loss", "VIGIE_PUBLISH__STATUS_S": "0.2"}) as room:
        stage = stage.starting(datetime.now(UTC) - timedelta(seconds=FLOOD_S + 1.0))
        stream = [message for message in messages(stage) if message.topic.endswith("/scan")]
        before = time.perf_counter()
        for message in stream:
            room.outbox.put(Publication(message.topic, message.payload, qos=1, keep="every"))
        await room.heard.until(len(stream))
        taken = time.perf_counter() - before
    rate = _detections(stream) / taken
    print(f"  {FLOOD_TARGETS:5} targets at once, without loss: {rate:.0f} detections/s in {len(stream)} scans")


def _detections(stream: Iterable[RawMessage]) -> int:
    return sum(len(msgspec.json.decode(message.payload).get("detections", ())) for message in stream)


@contextlib.asynccontextmanager
async def _room(stage: Stage, environment: dict[str, str]) -> AsyncIterator[Room]:
    """Run a broker and the service, and hear what it says."""
    with tempfile.TemporaryDirectory() as name:
        site = write_site(stage, Path(name))
        async with _broker(Path(name)) as settings:
            tree, outbox, heard = TopicTree(stage.site.site.name), Outbox(), Heard()
            environment = {
                **os.environ,
                "VIGIE_MQTT__HOST": str(settings.host),
                "VIGIE_MQTT__PORT": str(settings.port),
                **environment,
            }
            service = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "fusion", "--log", "ERROR", "run", str(site), env=environment
            )
            async with asyncio.TaskGroup() as tasks:
                working = [
                    tasks.create_task(publish(Link(settings, "bench-sensors"), outbox)),
                    tasks.create_task(hear(Link(settings, "bench-view"), tree, ("tracks", "status"), heard.hear)),
                ]
                await heard.until(0)
                yield Room(outbox, tree, heard)
                service.terminate()
                await service.wait()
                for task in working:
                    task.cancel()


@contextlib.asynccontextmanager
async def _broker(directory: Path) -> AsyncIterator[Mqtt]:
    """Run a Mosquitto on a free port of loopback; the embedded broker where there is none."""
    program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if program is None:
        print("  (no Mosquitto here: with the embedded broker, which is several times slower)")
        async with embedded_broker() as (host, port):
            yield Mqtt(host=host, port=port)
        return
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = int(door.getsockname()[1])
    conf = directory / "mosquitto.conf"
    conf.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nlog_type error\n", encoding="utf-8")
    process = await asyncio.create_subprocess_exec(program, "-c", str(conf))
    try:
        yield Mqtt(host="127.0.0.1", port=port)
    finally:
        process.terminate()
        await process.wait()
