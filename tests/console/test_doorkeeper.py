"""Who says nothing at the console's door is let go without a word; who says a part and no more is named."""

from __future__ import annotations

import asyncio
import contextlib
import re

import pytest

from fusion.console import doorkeeper
from tests.console.stage import Viewer, operating, run

PART = b"GET / HTTP/1.1\r\nhost: x\r\n"


@pytest.mark.parametrize(("said", "refused"), [(b"", 0), (PART, 1), (PART[:1], 1)])
def test_only_who_sent_a_part_of_a_request_is_named_and_neither_stays(tmp_path, monkeypatch, caplog, said, refused):
    async def body():
        async with operating(tmp_path) as stage:
            monkeypatch.setattr(doorkeeper, "WHOLE_S", 0.2)
            host, port = stage.console.door.getsockname()
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(said)
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""  # until it is closed
            writer.close()
            return stage.console.keeper.health()

    health = run(body())
    assert health.refused == refused
    assert health.peers == 0
    assert ("sent no whole request" in (health.trouble or "")) == bool(refused)
    assert ("sent no whole request" in caplog.text) == bool(refused)


def test_a_stream_is_no_request_that_is_not_whole(tmp_path, monkeypatch):
    async def body():
        async with operating(tmp_path) as stage:
            monkeypatch.setattr(doorkeeper, "WHOLE_S", 0.2)
            async with stage.stream() as socket:
                viewer = await Viewer(socket).begin()
                reader, writer = await asyncio.open_connection(*stage.console.door.getsockname())
                writer.write(PART)  # who comes later and is sent away, so that the stream's own time is surely over
                with contextlib.suppress(ConnectionResetError):
                    assert await reader.read() == b""
                writer.close()
                await viewer.say(type="ping", id=2)
                await viewer.until(lambda one: one.heard and one.heard[-1]["type"] == "pong")
            return stage.console.keeper.health().refused

    assert run(body()) == 1


def test_who_was_answered_and_then_sends_a_part_is_named(tmp_path, monkeypatch):
    async def body():
        async with operating(tmp_path) as stage:
            monkeypatch.setattr(doorkeeper, "WHOLE_S", 0.2)
            reader, writer = await asyncio.open_connection(*stage.console.door.getsockname())
            writer.write(PART + b"\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(re.search(rb"content-length: (\d+)", head).group(1)))
            writer.write(PART)
            with contextlib.suppress(ConnectionResetError):
                await reader.read()
            writer.close()
            return stage.console.keeper.health()

    assert run(body()).refused == 1
