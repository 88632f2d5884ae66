"""`vigie demo`: a broker, simulated sensors, the real service and a view of it, for a bounded time; then what came of it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from fusion.config import Mqtt, State
from fusion.journal.database import site_url
from fusion.messages import SECOND, Alert, Track, nanoseconds
from fusion.topics import TopicTree
from fusion.transport.broker import embedded_broker
from fusion.transport.hearing import hear
from fusion.transport.link import Link
from fusion.transport.outbox import Outbox
from fusion.transport.publish import publish
from simulators import scenario_file
from simulators.case import write_site, write_truth
from simulators.demo_view import OUTWARD, Picture, shown
from simulators.live import Live, beginning_now
from simulators.publish import play
from simulators.scenario_file import Stage
from simulators.targets import Target
from simulators.wire import onto

SCENARIO = "eiffel_tower"

SETTLE_S = 1.0
"""s after the last message until the summary: the sensors' longest delay, and the service's next words."""

STOP_S = 5.0
"""s that the service is given to end; it takes less than two."""

HOST, PORT = "127.0.0.1", 8080
"""Where the console is; where the port is taken, at any free one."""


def demo(*, headless: bool, seconds: float | None, keep: Path | None) -> int:
    """Run the demo; give the exit code. Ctrl-C ends it early, with the summary."""
    with contextlib.ExitStack() as rooms:
        directory = keep or Path(rooms.enter_context(tempfile.TemporaryDirectory(prefix="vigie-demo-")))
        directory.mkdir(parents=True, exist_ok=True)
        return asyncio.run(_demo(scenario_file.load(scenario_file.find(SCENARIO)), directory, seconds, headless=headless))


async def _demo(stage: Stage, directory: Path, seconds: float | None, *, headless: bool) -> int:
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    print("Vigie demo: half a minute of preparation the first time, then an evening at the Eiffel Tower. Ctrl-C ends it.")
    async with embedded_broker() as (host, port), asyncio.TaskGroup() as tasks:
        settings, picture = Mqtt(host=host, port=port), Picture(stage.site.site)
        site, tree = write_site(stage, directory), TopicTree(stage.site.site.name, stage.site.mqtt.root)
        posts, way = Outbox(), _way_in(directory)
        working = [
            tasks.create_task(publish(Link(settings, "vigie-demo-sensors"), posts), name="sensors"),
            tasks.create_task(hear(Link(settings, "vigie-demo-view"), tree, OUTWARD, picture.hear), name="watch"),
            tasks.create_task(_keep_alive(site, directory, settings, picture, way), name="service"),
        ]
        flown: tuple[Target, ...] = ()
        flying = tasks.create_task(
            asyncio.to_thread(beginning_now, stage)
        )  # while the service starts: what it imports takes seconds
        if await _first(ended, picture.online):
            if way is not None:
                picture.link = way.link
                print(f"In a browser: {way.link} (works once, and for an hour)", flush=True)
            live = await asyncio.to_thread(beginning_now, stage, flown=(await flying).flown)
            stage, flown = live.stage, live.flown
            async with shown(picture, headless=headless):
                await _fly(live, posts, seconds, ended)
        for task in working:
            task.cancel()
    if not flown:
        return 0
    write_truth(directory / "truth.csv", _as_far_as(stage, picture), flown)
    return _summary(stage, flown, picture, directory)


async def _fly(live: Live, posts: Outbox, seconds: float | None, ended: asyncio.Event) -> None:
    """Let the scenario play until it is over, its time is up, or somebody has had enough."""
    flying = asyncio.create_task(play(live.messages, onto(posts), live.stage.site, now=time.time_ns()))
    enough = asyncio.create_task(ended.wait())
    await asyncio.wait({flying, enough}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    if not ended.is_set():
        await asyncio.wait({enough}, timeout=SETTLE_S)
    for task in (flying, enough):
        task.cancel()


async def _first(ended: asyncio.Event, wanted: asyncio.Event) -> bool:
    """Wait for what is wanted; tell whether it came before the end."""
    waiting = [asyncio.create_task(event.wait()) for event in (ended, wanted)]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    return wanted.is_set()


async def _keep_alive(site: Path, directory: Path, settings: Mqtt, picture: Picture, way: _Way | None) -> None:
    """Run the service as a process of its own, and start it again when it dies: it resumes where it was."""
    environment = {**os.environ, "VIGIE_MQTT__HOST": str(settings.host), "VIGIE_MQTT__PORT": str(settings.port)}
    if way is not None:
        environment |= {"VIGIE_CONSOLE__HOST": HOST, "VIGIE_CONSOLE__PORT": str(way.port)}
        environment["VIGIE_CONSOLE__RECORDINGS"] = "."  # beside the site: what was just seen can be replayed
    environment["VIGIE_STATE__RECORD"] = str((directory / "recording.jsonl").resolve())
    with (directory / "service.log").open("ab") as log:
        while True:
            service = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "fusion", "run", str(site), env=environment, stdout=log, stderr=log, start_new_session=True
            )
            picture.note(f"the service runs as process {service.pid}")
            try:
                code = await service.wait()
            except asyncio.CancelledError:
                await _end(service)
                raise
            picture.note(f"the service ended with {code} and is started again; its log: {log.name}")
            picture.restarts += 1
            await asyncio.sleep(1.0 if code == 0 or code < 0 else 2.0 ** min(picture.restarts, 5))


class _Way(NamedTuple):
    """How a newcomer gets into the console."""

    port: int
    code: str

    @property
    def link(self) -> str:
        """The address that logs in, once."""
        return f"http://{HOST}:{self.port}/enter/{self.code}"


def _way_in(directory: Path) -> _Way | None:
    """Find a free port for the console, and make a link that logs in; None where the console is not installed."""
    try:
        from fusion.peoplework import one_time_code  # noqa: PLC0415 - an optional extra
    except ImportError:
        return None
    state = State()
    (directory / state.directory).mkdir(parents=True, exist_ok=True)
    code = one_time_code(site_url(state, directory), "demo", "supervisor")
    for port in (PORT, 0):
        with contextlib.suppress(OSError), socket.create_server((HOST, port)) as door:
            return _Way(int(door.getsockname()[1]), code)
    return None


async def _end(service: asyncio.subprocess.Process) -> None:
    service.terminate()
    try:
        async with asyncio.timeout(STOP_S):
            await service.wait()
    except TimeoutError:
        service.kill()
        await service.wait()


def _as_far_as(stage: Stage, picture: Picture) -> Stage:
    """Give the scenario cut where the last track was told: what was not watched is not judged."""
    told = max((nanoseconds(track.time) for track in picture.reports), default=stage.start)
    watched = min(max((told - stage.start) / SECOND, 1.0), stage.scenario.duration_s)
    return stage._replace(scenario=replace(stage.scenario, duration_s=watched))


def _summary(stage: Stage, flown: tuple[Target, ...], picture: Picture, directory: Path) -> int:
    """Say what came of it."""
    counters = picture.counters
    seen = sum(sensor.detections for sensor in picture.sensors.values())
    print(f"\n{seen} detections, {len(picture.tracks_seen)} tracks, {len(picture.alerts)} alerts.")
    if "alert_latency_p50_ms" in counters:
        p50, p99 = counters["alert_latency_p50_ms"], counters["alert_latency_p99_ms"]
        print(f"From a detection's arrival to its alert with the broker: p50 {p50} ms, p99 {p99} ms.")
    _write_lines(directory / "tracks.jsonl", picture.reports)
    _write_lines(directory / "alerts.jsonl", picture.alert_reports)
    if picture.reports:
        birds = {actor.id for actor in stage.scenario.actor if actor.kind == "bird_flock"}
        members = {target.id for target in flown if target.actor in birds}
        from simulators.scoring.words import score_files  # noqa: PLC0415 - scipy.stats, a second that no start need wait for

        print("Against the truth (birds neither missed nor false):")
        print(score_files(directory / "tracks.jsonl", directory / "truth.csv", directory / "site.toml", indifferent=members))
    return 0


def _write_lines(path: Path, told: Sequence[Track | Alert]) -> None:
    path.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in told))
