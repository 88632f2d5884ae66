"""Malformed, oversized, dripping and flooding peers at every socket: memory is bounded, good peers get through, `status` names it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets

from fusion.config_file import load
from fusion.console.people import People
from fusion.journal import Journal
from fusion.journal.accounts import Accounts
from fusion.journal.database import site_url
from fusion.messages import Position, Scan
from tests.adapters.stations import Ear
from tests.brokers import Mosquitto, free_port, started
from tests.e2e.besiegers import (
    BOMB,
    GARBAGE,
    MEBI,
    NOTHING,
    PING,
    TEXT,
    Server,
    answers,
    babbles,
    crowd,
    crowd_of_streams,
    datagrams,
    deaf,
    drip,
    drips,
    frame,
    framed,
    handshake,
    on_stream,
    pour,
    says,
)
from tests.e2e.processes import Command
from tests.e2e.stage import SITE, write
from tests.e2e.witness import witness
from tests.sapient_nodes import Peer, content, registration, seen, status

pytestmark = pytest.mark.slow

GROWTH_BYTES = 96 * MEBI
"""What an attack may cost: what waits for the core (64 MiB), and what is on its way through the buffers of some peers."""

HEARD = """
[[sensor]]
id = "{id}"
kind = "{kind}"
reports = "detections-only"
accuracy = {{ horizontal_m = 10.0, vertical_m = 15.0, velocity_mps = 1.0 }}
[sensor.source]
url = "{url}"
format = "{format}"
{more}
"""

REST = """
[sapient]
listen = "127.0.0.1:{sapient}"
peers = 8

[console]
port = {console}

[[output]]
name = "tak"
kind = "cot"
url = "tcp://127.0.0.1:{tak}"

[[output]]
name = "good"
kind = "cot"
url = "tcp://127.0.0.1:{good}"

[[output]]
name = "higher"
kind = "sapient"
url = "tcp://127.0.0.1:{higher}"
"""


def told(format_: str, number: int) -> bytes:
    """Say as a well-behaved peer where an aircraft is now."""
    now = time.time_ns()
    one = Position(
        time=now, id=f"{0x390000 + number:06x}", latitude=math.radians(48.86 + number * 1e-4), longitude=math.radians(2.30), altitude=300.0,
        velocity=(20.0, 0.0, 0.0), sigma_horizontal=10.0, sigma_vertical=15.0, sigma_velocity=1.0,
    )  # fmt: skip
    ear = Ear(format_)
    return ear.adapter.encode(ear.station, Scan(sensor="s", time=now, received=now, sequence=number, detections=(one,)))


class Besieged:
    """A service with every kind of socket, who stands at the other ends, and what it says of them."""

    def __init__(self, directory: Path, broker) -> None:
        self.directory, self.broker = directory, broker
        self.number = 0
        self.ports = {name: free_port() for name in ("udp", "listen", "sapient", "console")}
        self.stack = contextlib.AsyncExitStack()

    async def __aenter__(self):
        enter = self.stack.enter_async_context
        self.servers = {
            "tcp": await enter(Server(self._line)),
            "http": await enter(Server(self._document)),
            "tak": await enter(Server(self._reads)),
            "good": await enter(Server(self._reads)),
            "higher": await enter(Server(self._acknowledges)),
        }
        urls = {
            "udp": (f"udp://127.0.0.1:{self.ports['udp']}", "remote_id", "odid", "frames_hz = 50"),
            "listen": (f"tcp-listen://127.0.0.1:{self.ports['listen']}", "adsb", "sbs", "peers = 4"),
            "tcp": (f"tcp://127.0.0.1:{self.servers['tcp'].port}", "adsb", "sbs", ""),
            "http": (f"http://127.0.0.1:{self.servers['http'].port}/aircraft.json", "adsb", "readsb", "period_s = 0.2"),
        }
        heard = "".join(
            HEARD.format(id=name, url=url, kind=kind, format=form, more=more) for name, (url, kind, form, more) in urls.items()
        )
        rest = REST.format(**self.ports, **{name: server.port for name, server in self.servers.items()})
        write(self.directory, site=SITE + heard + rest)
        self.token = self._token()
        self.seen = await enter(witness(self.broker))
        self.service = await enter(Command("run", self.directory / "site.toml", broker=self.broker))
        await self.seen.serving()
        await self.until("it hears everything", lambda said: all(said["feeds"][name]["state"] != "waiting" for name in urls))
        return self

    async def __aexit__(self, *_):
        await self.stack.aclose()

    def _token(self) -> str:
        (self.directory / "state").mkdir()
        journal = Journal(site_url(load(self.directory / "site.toml", {}).state, self.directory))
        try:
            return People(Accounts(journal.database), 0).issue("wall", ["read"], 1.0, "the test", time.time_ns())[1]
        finally:
            journal.close()

    # --- Who means well -------------------------------------------------------------------------------------------

    def next(self) -> int:
        self.number += 1
        return self.number

    async def _line(self, reader, writer):
        while not reader.at_eof():
            writer.write(told("sbs", self.next()))
            await writer.drain()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(reader.read(1), 0.25)

    async def _document(self, reader, writer):
        await answers(told("readsb", self.next()))(reader, writer)

    async def _reads(self, reader, _writer):
        while await reader.read(65_536):
            pass

    async def _acknowledges(self, reader, writer):
        length = int.from_bytes(await reader.readexactly(4), "little")
        await reader.readexactly(length)
        writer.write(framed(content(registrationAck={"acceptance": True}).SerializeToString()))
        await self._reads(reader, writer)

    async def by_udp(self):
        datagrams(self.ports["udp"], told("odid", self.next()))

    async def by_listen(self):
        await pour(self.ports["listen"], told("sbs", self.next()))

    async def by_waiting(self):
        """Servers say what they have by themselves."""

    async def by_sapient(self):
        async with Peer(self.ports["sapient"]) as node:
            for one in ({"registration": registration()}, {"statusReport": status()}):
                node.say(content(**one))
            assert (await node.next()).registration_ack.acceptance
            node.say(content(detectionReport=seen()))
            await asyncio.sleep(0.2)

    async def by_console(self):
        async with httpx.AsyncClient(trust_env=False, timeout=5.0) as client:
            assert (await client.get(f"http://127.0.0.1:{self.ports['console']}/health")).status_code == 200

    async def by_stream(self):
        url = f"ws://127.0.0.1:{self.ports['console']}/api/v1/stream"
        async with websockets.connect(url, additional_headers={"Authorization": f"Bearer {self.token}"}, proxy=None) as page:
            heard = [json.loads(await page.recv())["type"]]
            await page.send('{"type": "resume", "epoch": null, "alerts": 0}')
            async with asyncio.timeout(10):
                while "frame" not in heard:
                    heard.append(json.loads(await page.recv())["type"])

    # --- What is seen of it ---------------------------------------------------------------------------------------

    @property
    def resident(self) -> int:
        pages = int(Path(f"/proc/{self.service.pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGESIZE")

    @property
    def said(self) -> dict[str, Any]:
        return self.seen.statuses()[-1]

    async def until(self, what: str, condition, after: int = 0) -> None:
        await self.seen.until(lambda w: any(condition(said) for said in w.statuses(after)[-1:]), what)


@pytest.fixture(scope="module")
def runner():
    with asyncio.Runner() as running:
        yield running


@pytest.fixture(scope="module")
def besieged(runner, tmp_path_factory):
    directory = tmp_path_factory.mktemp("besieged")
    with started(Mosquitto(directory)) as broker:
        siege = Besieged(directory / "site", broker)
        runner.run(siege.__aenter__())
        yield siege
        runner.run(siege.__aexit__())


HTTP_GET = b"GET /health HTTP/1.1\r\nhost: x\r\n"

ATTACKS = {
    # socket: attack: (what is done, what `status` says of it)
    "udp": {
        "malformed": (lambda b: datagrams(b.ports["udp"], *[GARBAGE[:25]] * 20), None),
        "oversized": (lambda b: datagrams(b.ports["udp"], *[GARBAGE * 15] * 20), None),
        "flooding": (lambda b: datagrams(b.ports["udp"], *[GARBAGE[:25]] * 20_000), "more than 50 frames a second"),
    },
    "listen": {
        "malformed": (lambda b: pour(b.ports["listen"], (GARBAGE + b"\n") * 20), None),
        "oversized": (lambda b: pour(b.ports["listen"], *[b"x" * MEBI] * 64), "a line of more than 1048576 bytes"),
        "dripping": (lambda b: drip(b.ports["listen"]), "did not come within 10 s"),
        "flooding": (lambda b: pour(b.ports["listen"], *[(b"x" * 1000 + b"\n") * 1000] * 100), None),
        "crowding": (lambda b: crowd(b.ports["listen"], 100), "sent away"),
    },
    "tcp": {
        "malformed": (says((GARBAGE + b"\n") * 20), None),
        "oversized": (babbles(b"x"), "a line of more than 1048576 bytes"),
        "dripping": (drips(b"MSG"), "did not come within 10 s"),
        "flooding": (babbles(b"x" * 1000 + b"\n"), None),
    },
    "http": {
        "malformed": (says(GARBAGE), "no answer"),
        "oversized": (answers(bytes(64 * MEBI)), "at most 1048576 are read"),
        "bombing": (answers(BOMB, "content-encoding: gzip"), "at most 1048576 are read"),
        "dripping": (drips(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n"), "no answer"),
        "flooding": (babbles(b"HTTP/1.1 200 OK\r\nx: y\r\n"), "no answer"),
    },
    "sapient": {
        "malformed": (lambda b: pour(b.ports["sapient"], *[framed(GARBAGE)] * 20), "is no SapientMessage"),
        "oversized": (lambda b: pour(b.ports["sapient"], b"\xff\xff\xff\x7f", *[GARBAGE * 256] * 64), "bytes was announced"),
        "dripping": (lambda b: drip(b.ports["sapient"], b"\x00\x10\x00\x00"), "no whole message"),
        "flooding": (lambda b: pour(b.ports["sapient"], *[framed(GARBAGE) * 100] * 100), "reads nothing"),
        "crowding": (lambda b: crowd(b.ports["sapient"], 100), "sent away"),
    },
    "tak": {
        "malformed": (says(GARBAGE), None),
        "oversized": (babbles(b"x", 8), None),
        "deaf": (deaf, None),
    },
    "higher": {
        "malformed": (says(*[framed(GARBAGE)] * 200), "could not be read"),
        "oversized": (says(b"\xff\xff\xff\x7f", GARBAGE), "bytes was announced"),
        "dripping": (drips(b"\x00\x10\x00\x00"), "TimeoutError"),
        "flooding": (babbles(framed(GARBAGE), 4), "could not be read"),
    },
    "console": {
        "malformed": (lambda b: pour(b.ports["console"], GARBAGE + b"\r\n\r\n"), "Invalid HTTP request"),
        "oversized": (lambda b: pour(b.ports["console"], HTTP_GET, *[b"x: " + b"y" * MEBI] * 16), "Invalid HTTP request"),
        "dripping": (lambda b: drip(b.ports["console"], HTTP_GET, b"x", 1.0), "sent no whole request within 30 s"),
        "flooding": (lambda b: pour(b.ports["console"], *[(HTTP_GET + b"\r\n") * 1000] * 20), None),
        "crowding": (lambda b: crowd(b.ports["console"], 400), "connections already"),
    },
}
ACK = frame(TEXT, b'{"type": "ack", "seq": 1}')


def streaming(*pieces: bytes, reads: bool = True):
    return lambda b: on_stream(b.ports["console"], b.token, *pieces, reads=reads)


ATTACKS["stream"] = {
    "malformed": (streaming(frame(NOTHING, b"x")), "invalid opcode"),
    "unmasked": (streaming(frame(TEXT, b"{}", masked=False)), "incorrect masking"),
    "hasty": (lambda b: pour(b.ports["console"], handshake(b.token), frame(NOTHING, b"y") * 20), None),
    "no text": (streaming(frame(TEXT, b"\xff\xfe")), "text that is not UTF-8"),
    "oversized": (streaming(frame(TEXT, b"", announced=1 << 40), *[GARBAGE * 256] * 64), "exceeds limit"),
    "in pieces": (streaming(frame(TEXT, b"x" * 60_000, more=True), frame(0, b"x" * 60_000, more=True)), "exceeds limit"),
    "empty pieces": (streaming(frame(TEXT, b"", more=True), *[frame(0, b"", more=True) * 1000] * 100), "more than 200 frames"),
    "credits": (streaming(frame(TEXT, b'{"type": "resume", "epoch": null, "alerts": 0}'), *[ACK * 1000] * 100), "more than 200 frames"),
    "pings": (streaming(*[frame(PING, b"x" * 125) * 1000] * 500, reads=False), "more than 200 frames"),
    "crowding": (lambda b: crowd_of_streams(b.ports["console"], b.token, 400), "connections already"),
}  # fmt: skip
SERVED = {"tcp", "http", "tak", "higher"}
"""Sockets that the service connects to: there the attack is how the other end behaves."""


CASES = [
    # who drips is waited for, 10 s and at the console 30: one of them does for every day
    pytest.param(socket, attack, marks=[pytest.mark.deep] if attack == "dripping" and socket != "http" else [])
    for socket, attacks in ATTACKS.items()
    for attack in attacks
]


@pytest.mark.parametrize(("socket", "attack"), CASES)
def test_a_bad_peer_costs_little_hurts_nobody_and_is_named(besieged, runner, socket, attack):
    done, named = ATTACKS[socket][attack]
    runner.run(asyncio.wait_for(_attacked(besieged, socket, done, named), 120))


async def _attacked(besieged: Besieged, socket: str, done, named: str | None) -> None:
    before, highest, start = besieged.resident, 0, len(besieged.seen.heard)

    async def watch() -> None:
        nonlocal highest
        while True:
            highest = max(highest, besieged.resident)
            await asyncio.sleep(0.02)

    watching = asyncio.create_task(watch())
    try:
        await _attack(besieged, socket, done, named, start)
        await good(besieged, socket)
    finally:
        watching.cancel()
    assert highest - before < GROWTH_BYTES
    assert "Traceback" not in besieged.service.text


async def _attack(besieged: Besieged, socket: str, done, named: str | None, start: int) -> None:
    if socket in SERVED:
        server = besieged.servers[socket]
        came = server.came
        with server.behaving(done):
            await besieged.until("an attack", lambda _: server.came > came, start)
            if named:
                await besieged.until(
                    f"{named!r} of {socket}", lambda said: named in (health(besieged, said, socket)["trouble"] or ""), start
                )
    else:
        refused = refusals(besieged, socket)
        attacking = done(besieged)
        if attacking is not None:
            beside = asyncio.ensure_future(attacking)
            await good(besieged, socket)  # while it goes on
            await beside
        if named:
            await besieged.until(
                f"{named!r} of {socket}", lambda said: named in (health(besieged, said, socket)["trouble"] or ""), start
            )
            assert refusals(besieged, socket) > refused  # the word is of this one, not of the one before


def refusals(besieged: Besieged, socket: str) -> int:
    """Count who and what was refused or dropped at a socket of ours, as the newest status says."""
    now = health(besieged, besieged.said, socket)
    return now["refused"] + now["dropped"]


def health(besieged: Besieged, said: dict[str, Any], socket: str) -> dict[str, Any]:
    """Give what a status says of a socket."""
    names = {
        "sapient": f"sapient://127.0.0.1:{besieged.ports['sapient']}",
        "console": f"http://127.0.0.1:{besieged.ports['console']}",
        "stream": f"http://127.0.0.1:{besieged.ports['console']}",
    }
    return said["outputs"][socket] if socket in {"tak", "higher"} else said["feeds"][names.get(socket, socket)]


async def good(besieged: Besieged, socket: str) -> None:
    """Speak as a good peer until the service has taken it; to the neighbours of an output it tells everything all the while."""
    start, said = len(besieged.seen.heard), besieged.said
    match socket:
        case "console":
            await besieged.by_console()
        case "stream":
            await besieged.by_stream()
        case "tak" | "higher":
            sent = said["outputs"]["good"]["sent"]
            await besieged.until("the other output", lambda now: now["outputs"]["good"]["sent"] > sent, start)
        case "sapient":
            await besieged.by_sapient()
        case _:
            scans = said["sensors"][socket]["scans"]
            speak = {"udp": besieged.by_udp, "listen": besieged.by_listen}.get(socket, besieged.by_waiting)
            async with asyncio.timeout(40):
                while besieged.said["sensors"][socket]["scans"] <= scans:
                    await speak()
                    await asyncio.sleep(0.2)
