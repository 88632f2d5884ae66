"""The embedded broker: there at once, for this machine alone, quiet, and gone without a trace."""

from __future__ import annotations

import asyncio
import builtins
import contextlib
import logging
import os
import socket
import time
from pathlib import Path

import aiomqtt
import pytest

from fusion.errors import ConfigError
from fusion.transport.access import HELLO_5
from fusion.transport.broker import embedded_broker
from tests.transport.edge import run


def test_it_listens_on_loopback_and_nowhere_else():
    async def body():
        async with embedded_broker() as (host, port):
            assert host == "127.0.0.1"
            elsewhere = {address[4][0] for address in socket.getaddrinfo(socket.gethostname(), None)} - {"127.0.0.1"}
            for address in (*elsewhere, "127.0.0.2"):
                with pytest.raises(OSError, match=r"refused|not available|[Cc]onnect call failed|Multiple exceptions"):
                    await asyncio.open_connection(address, port)

    run(body())


def test_it_starts_and_stops_quickly():
    async def body():
        before = time.monotonic()
        async with embedded_broker():
            pass
        return time.monotonic() - before

    assert run(body()) < 1.0


def test_it_says_one_line_that_it_is_for_trying_out_and_no_more(caplog):
    caplog.set_level(logging.DEBUG)

    async def body():
        async with embedded_broker() as (host, port):
            for _ in range(3):  # visitors that would make amqtt grumble
                _, writer = await asyncio.open_connection(host, port)
                writer.write(b"GET / HTTP/1.1\r\n\r\n")
                await writer.drain()
                writer.close()
                await writer.wait_closed()

    run(body())
    said = [record for record in caplog.records if record.name != "asyncio"]
    assert len(said) == 1
    assert "for trying out only" in said[0].getMessage()


@pytest.mark.parametrize("hello", [b"", HELLO_5[:5], b"\x10\xff\xff\xff\x7f", b"\xff" * 40, b"GET / HTTP/1.1\r\n\r\n"])
def test_it_stops_cleanly_with_a_visitor_that_never_finishes_saying_hello(hello, caplog):
    async def body():
        async with embedded_broker() as (host, port):
            _, writer = await asyncio.open_connection(host, port)
            writer.write(hello)
            await writer.drain()
        writer.close()
        return {task.get_name() for task in asyncio.all_tasks()} - {asyncio.current_task().get_name()}

    assert run(body()) == set()
    assert not [record for record in caplog.records if record.name == "asyncio"]


def test_a_port_that_is_taken_is_said_to_be():
    async def body():
        async with embedded_broker() as (_, port), embedded_broker(port):
            pass

    with pytest.raises(ConfigError, match=r"mqtt\.port: the embedded broker cannot have port \d+: Address already in use"):
        run(body())


def test_without_amqtt_it_says_what_to_install(monkeypatch):
    ordinary = builtins.__import__

    def without(name, *arguments, **options):
        if name.startswith("amqtt"):
            raise ImportError(name)
        return ordinary(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without)

    async def body():
        async with embedded_broker():
            pass

    with pytest.raises(ConfigError, match=r"vigie\[broker\]"):
        run(body())


def test_log_levels_are_put_back():
    before = logging.getLogger("amqtt").level

    async def body():
        async with embedded_broker():
            return logging.getLogger("amqtt").level

    assert run(body()) == logging.CRITICAL
    assert logging.getLogger("amqtt").level == before


def connect_packet(name: bytes) -> bytes:
    """Write an MQTT 3.1.1 CONNECT, as the standard lays it out."""
    content = b"\x00\x04MQTT\x04\x02\x00\x3c" + len(name).to_bytes(2, "big") + name
    return b"\x10" + bytes([len(content)]) + content


HUGE = b"\x30\xff\xff\xff\x7f"
"""PUBLISH that announces 256 MiB."""


@pytest.mark.parametrize(
    ("said", "more"),
    [
        pytest.param(b"\xff" * 1000, b"\xff" * 65_536, id="malformed"),
        pytest.param(b"\x10\xff\xff\xff\x7f", bytes(65_536), id="oversized hello"),
        pytest.param(connect_packet(b"greedy") + HUGE + b"\x00\x01t", bytes(65_536), id="oversized"),
        pytest.param(connect_packet(b"slow") + b"\x30\x10\x00\x01t", b"", id="dripping"),
        pytest.param(b"", b"", id="silent"),
    ],
)
def test_a_bad_client_costs_little_and_is_sent_away_and_others_go_on(said, more, monkeypatch):
    monkeypatch.setattr("fusion.transport.broker.HELLO_S", 0.5)

    async def body():
        async with embedded_broker() as (host, port), aiomqtt.Client(host, port) as good:
            await good.subscribe("good")
            before = resident()
            reader, writer = await asyncio.open_connection(host, port)
            ended = asyncio.ensure_future(reader.read())
            with contextlib.suppress(OSError):
                writer.write(said)
                for _ in range(500 if more else 0):  # 32 MiB
                    writer.write(more)
                    await asyncio.wait_for(writer.drain(), 5.0)
                    if ended.done():
                        break
            await good.publish("good", b"word", qos=1)
            message = await asyncio.wait_for(anext(aiter(good.messages)), 10.0)
            assert message.payload == b"word"
            with contextlib.suppress(OSError):
                await asyncio.wait_for(ended, 10.0)
            writer.transport.abort()
            ended.cancel()
            return resident() - before

    assert run(body()) < 64 << 20


def resident() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGESIZE")
