"""The embedded broker: there at once, for this machine alone, quiet, and gone without a trace."""

from __future__ import annotations

import asyncio
import builtins
import logging
import socket
import time

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
