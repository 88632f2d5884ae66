"""The Eiffel Tower's scenario flown to services that hear its sensors natively, each over the socket of its format, in real time."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import aiomqtt
import msgspec
from msgspec.structs import replace

import sensors
from fusion import config_file, recording
from fusion.messages import SECOND, Alert, Measurement, RawMessage
from fusion.topics import TopicTree
from sensors import Station
from sensors.sapient.writing import node_id
from simulators import scenario_file
from simulators.case import write_site
from simulators.outcomes import Raised, raised
from simulators.publish import messages, play
from simulators.scenario_file import Stage
from simulators.targets import Target, targets
from simulators.wire import natively
from tests.brokers import free_port
from tests.e2e.books import RECORDED, journalled
from tests.e2e.processes import DEADLINE_S, Command
from tests.e2e.witness import is_serving

SAPIENT = {"radar-1": "sapient", "radar-2": "sapient", "camera-1": "sapient", "camera-2": "sapient"}

RUNS: dict[str, dict[str, str]] = {
    "json": {},
    "json, silence says nothing": {},
    "sapient": SAPIENT,
    "a": {"remote-id-1": "odid_wifi", "adsb-1": "readsb", "rf-1": "asterix"},
    "b": {"remote-id-1": "odid_ble", "adsb-1": "sbs", "radar-1": "asterix"},
    "c": {"remote-id-1": "odid", "adsb-1": "cot"},
    "d": {"remote-id-1": "mavlink", "adsb-1": "asterix"},
    "e": {"remote-id-1": "dronescout", "adsb-1": "misb"},
    "f": {"remote-id-1": "dragonsync", "adsb-1": "readsb_file"},
}
"""Which sensors speak which format in each run; every other speaks the scan contract over MQTT."""

RUNS_BY_NUMBER = {run: number for number, run in enumerate(RUNS)}

QUIET = {"json, silence says nothing", "sapient"}
"""Runs whose radars report detections only: SAPIENT has no word for a look that saw nothing."""

SOURCES = {
    "odid": "udp://127.0.0.1:{port}",
    "odid_ble": "udp://127.0.0.1:{port}",
    "odid_wifi": "udp://239.255.77.9:{port}",
    "mavlink": "udp://127.0.0.1:{port}",
    "misb": "udp://127.0.0.1:{port}",
    "asterix": "udp://127.0.0.1:{port}",
    "sbs": "tcp://127.0.0.1:{port}",
    "cot": "tcp-listen://127.0.0.1:{port}",
    "readsb": "http://127.0.0.1:{port}/data/aircraft.json",
    "readsb_file": "file://{directory}/aircraft.json",
}
"""Where each format is heard; DroneScout's and DragonSync's receivers publish on MQTT themselves."""

ALSO = '\n[[permit]]\ncallsign = "SAMU31"\nfriendly = true\nissued_by = "the SAMU of Paris"\n'
"""By which name a format without ICAO addresses (MISB) may know the rescue helicopter."""


class Flown(NamedTuple):
    """What came of a run."""

    alerts: list[Raised]
    heard: dict[tuple[str, str], list[Measurement]]  # by sensor and format, in the order of arrival; times since the start
    late_s: float  # how much later than in the scenario a message came at most: what the machine was slow
    status: dict


def stage_of(run: str, directory: Path, root: str) -> Stage:
    """Write a run's site and give its scenario there."""
    stage = scenario_file.load(scenario_file.find("eiffel_tower"))
    directory.mkdir(parents=True)
    path, formats = write_site(stage, directory), RUNS[run]
    register = directory / "register_eiffel_tower.toml"
    register.write_text(register.read_text("utf-8") + ALSO, "utf-8")
    head, *blocks = path.read_text("utf-8").split("[[sensor]]")
    text = head + "".join(_block(block, formats, directory, quiet=run in QUIET) for block in blocks)
    if "sapient" in formats.values():
        nodes = ", ".join(f'"{name}" = "{node_id("sensor", name)}"' for name, form in formats.items() if form == "sapient")
        text += f'\n[sapient]\nlisten = "127.0.0.1:{free_port()}"\nnodes = {{ {nodes} }}\n'
    path.write_text(text + RECORDED, "utf-8")
    told = {name: form for name, form in formats.items() if form in {"dronescout", "dragonsync"}}
    behaviours = tuple(replace(one, format=told.get(one.id)) for one in stage.scenario.sensor)
    site = config_file.load(path, {"VIGIE_MQTT__ROOT": root})
    return stage._replace(scenario=replace(stage.scenario, sensor=behaviours), site=site, site_path=path)


def _block(block: str, formats: dict[str, str], directory: Path, *, quiet: bool) -> str:
    """Write one sensor's table of the site, with where it is heard."""
    name = block.split('id = "', 1)[1].split('"', 1)[0]
    if quiet and 'kind = "radar"' in block:
        block = block.replace("false_alarms_per_scan = 10", "false_alarms_per_scan = 1").replace("per_scan = 4", "per_scan = 1")
        block = block.rstrip() + '\nreports = "detections-only"\n'
    form = formats.get(name)
    if form in SOURCES:
        url = SOURCES[form].format(port=free_port(), directory=directory)
        framing = 'framing = "cot"\n' if form == "cot" else ""
        group = 'interface = "127.0.0.1"\n' if "239." in url else ""
        source = f'[sensor.source]\nurl = "{url}"\nformat = "{form.removesuffix("_file")}"\nperiod_s = 0.25\n{framing}{group}'
        block = block.rstrip() + "\n" + source
    return "[[sensor]]" + block + "\n"


AHEAD = 6.0, 0.2
"""s that flights begin after the services are there: to reckon them, at least and a second of flight, three abreast."""

ABREAST = 3
"""Services at once: each takes some 15 % of a core, and their start more."""


async def fly(runs: list[str], directory: Path, broker, seconds: float) -> dict[str, Flown]:
    """Fly the scenario's first seconds to a service for each run, some abreast; give what came of each."""
    flown: dict[str, Flown] = {}
    for begin in range(0, len(runs), ABREAST):
        wave = runs[begin : begin + ABREAST]
        async with asyncio.timeout((1.0 + AHEAD[1]) * seconds + 4 * DEADLINE_S), asyncio.TaskGroup() as tasks:
            meeting = _Meeting(len(wave))
            stages = [stage_of(run, directory / str(RUNS_BY_NUMBER[run]), f"native/{RUNS_BY_NUMBER[run]}") for run in wave]
            flights = [tasks.create_task(_flight(stage, broker, seconds, meeting)) for stage in stages]
        flown |= {run: flight.result() for run, flight in zip(wave, flights, strict=True)}
    return flown


class _Meeting:
    """Agrees on when the scenario begins: when every service is there and every flight is reckoned."""

    def __init__(self, count: int) -> None:
        self._missing, self._begun = count, asyncio.Event()
        self.start = datetime.now(UTC)

    async def come(self, ahead_s: float) -> datetime:
        self._missing -= 1
        if not self._missing:
            self.start = datetime.now(UTC) + timedelta(seconds=ahead_s)
            self._begun.set()
        await self._begun.wait()
        return self.start


async def _flight(stage: Stage, broker, seconds: float, meeting: _Meeting) -> Flown:
    directory, root = stage.site_path.parent, stage.site.mqtt.root
    scenario = replace(stage.scenario, duration_s=min(seconds, stage.scenario.duration_s))
    stage = stage._replace(scenario=scenario)
    async with (
        Command(
            "run", stage.site_path, broker=broker, VIGIE_MQTT__ROOT=root, VIGIE_MQTT__CLIENT_ID=root.replace("/", "-")
        ) as service,
        aiomqtt.Client(broker.host, broker.port, timeout=DEADLINE_S) as client,
    ):
        statuses = _Statuses(client)
        await client.subscribe(f"{root}/{stage.site.site.name}/status", qos=1)
        listening = asyncio.create_task(statuses.listen())
        await statuses.until(is_serving)
        live = stage.starting(await meeting.come(ahead_s=max(AHEAD[0], AHEAD[1] * seconds)))
        flown = await asyncio.to_thread(targets, live)
        stream = await asyncio.to_thread(lambda: list(messages(live, flown)))
        assert time.time_ns() < live.start, "the machine was too slow to reckon the flights in time"
        async with natively(live.site, client.publish) as publish:
            await play(stream, publish, live.site, qos=1, now=time.time_ns())
            await asyncio.sleep(1.5)  # the last of it is on its way, and the core's lag
        status = statuses.last
        listening.cancel()
        code, _ = await service.stop()
        assert code == 0, service.text
    path, due = directory / "state" / "recording.jsonl", {one.payload: one.received for one in stream}
    came = [
        (one.received - due[one.payload]) / SECOND
        for one in recording.read(path)
        if isinstance(one, RawMessage) and one.payload in due
    ]
    return Flown(_alerts(directory, live, flown), heard(path, live), max(came), status)


class _Statuses:
    def __init__(self, client: aiomqtt.Client) -> None:
        self.last: dict = {}
        self._client, self._stirred = client, asyncio.Condition()

    async def listen(self) -> None:
        async for message in self._client.messages:
            async with self._stirred:
                self.last = msgspec.json.decode(message.payload)
                self._stirred.notify_all()

    async def until(self, condition) -> None:
        async with asyncio.timeout(DEADLINE_S), self._stirred:
            await self._stirred.wait_for(lambda: self.last and condition(self.last))


def _alerts(directory: Path, live: Stage, flown: tuple[Target, ...]) -> list[Raised]:
    return raised([msgspec.json.decode(payload, type=Alert) for payload in journalled(directory)], live, flown)


def heard(path: Path, stage: Stage) -> dict[tuple[str, str], list[Measurement]]:
    """Read what each sensor told a service, as its adapter reads it."""
    tree, frame = TopicTree(stage.site.site.name, stage.site.mqtt.root), stage.site.site.frame()
    stations: dict[tuple[str, str], Station] = {}
    found: dict[tuple[str, str], list[Measurement]] = {}
    for item in recording.read(path):
        address = tree.parse(item.topic) if isinstance(item, RawMessage) else None
        if address is None or address.name not in {"scan", "raw"}:
            continue
        (sensor,) = [one for one in stage.site.sensor if one.id == address.parts["sensor"]]
        form = address.parts.get("format", "scan")
        adapter = sensors.BUILT_IN[sensor.kind if form == "scan" else form]
        if (sensor.id, form) not in stations:
            stations[sensor.id, form] = Station(sensor, frame, memory=adapter.memory() if adapter.memory else None)
        found.setdefault((sensor.id, form), []).extend(
            replace(one, time=one.time - stage.start) for one in adapter.decode(stations[sensor.id, form], item, False).detections
        )
    return found
