"""Who says nothing at the console's door is let go without a word; who says a part and no more is named."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from fusion.console import doorkeeper
from tests.console.stage import operating, run

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
