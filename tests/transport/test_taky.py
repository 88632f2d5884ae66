"""A real TAK server, taky, between us and a client: a thousand tracks for a minute, none missing, none late."""

import asyncio
import re
import socket
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from fusion.config import Config
from fusion.config_edge import Outlet as Settings
from fusion.messages import TrackMessage
from fusion.transport.outputs import outlets_of
from tests.brokers import die_with_parent
from tests.scene import CONFIG
from tests.transport.test_cot import TRACK

TAKY = Path(__file__).parents[2] / ".judges" / "taky" / "bin" / "taky"
"""In an environment of its own, for it wants older libraries; `make test-deep` makes it."""

TRACKS, SECONDS, LATE_S = 1000, 60, 1.0

EVENT = re.compile(rb'uid="vigie\.paris\.(T\d+)"[^>]* time="([^"]+)"')


def configuration(directory: Path, port: int) -> Path:
    path = directory / "taky.conf"
    path.write_text(f"[taky]\nbind_ip = 127.0.0.1\nroot_dir = {directory}\n[cot_server]\nport = {port}\n", encoding="ascii")
    return path


async def connected(port: int):
    async with asyncio.timeout(20):
        while True:
            try:
                return await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)


async def told(outlet) -> None:
    """Tell of every track once a second, spread over it, as the service does."""
    begun = time.monotonic()
    for second in range(SECONDS):
        for part in range(10):
            await asyncio.sleep(max(begun + second + part / 10.0 - time.monotonic(), 0.0))
            for number in range(part, TRACKS, 10):
                name = f"T{number}"
                outlet.take(TrackMessage(track=name, state=replace(TRACK, track=name, time=datetime.now(UTC))))


async def heard(reader, until: int) -> list[tuple[bytes, float]]:
    """Give who was heard of, and how late; to the last of so many."""
    found, rest = [], b""
    while len(found) < until:
        async with asyncio.timeout(20):
            piece = await reader.read(1 << 16)
        assert piece, "the server has closed the connection"
        *events, rest = (rest + piece).split(b"</event>")
        now = datetime.now(UTC)
        told = [match.groups() for event in events if (match := EVENT.search(event))]
        found += [(name, (now - datetime.fromisoformat(when.decode())) / timedelta(seconds=1)) for name, when in told]
    return found


@pytest.mark.deep
def test_a_thousand_tracks_for_a_minute_reach_a_client_of_taky(tmp_path):
    assert TAKY.exists(), "taky is not there: `make test-deep` installs it"

    async def body():
        with socket.create_server(("127.0.0.1", 0)) as door:
            port = door.getsockname()[1]
        server = await asyncio.create_subprocess_exec(
            TAKY, "-l", "error", "-c", configuration(tmp_path, port), preexec_fn=die_with_parent, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )  # fmt: skip
        try:
            reader, client = await connected(port)
            settings = Settings(name="tak", kind="cot", url=f"tcp://127.0.0.1:{port}", withhold=())
            (outlet,) = outlets_of(Config(site=CONFIG.site, output=(settings,)), tmp_path, lambda: ())
            running = asyncio.create_task(outlet.run())
            hearing = asyncio.create_task(heard(reader, TRACKS * SECONDS))
            await told(outlet)
            found = await hearing
            running.cancel()
            client.close()
            return found, outlet.health()
        finally:
            server.kill()
            await server.wait()

    found, health = asyncio.run(body())
    counts: dict[bytes, int] = {}
    for name, _ in found:
        counts[name] = counts.get(name, 0) + 1
    assert (len(counts), set(counts.values())) == (TRACKS, {SECONDS})
    assert (health.dropped, health.replaced) == (0, 0)
    latest = sorted(late for _, late in found)
    assert latest[-1] <= LATE_S
