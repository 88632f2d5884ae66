"""The embedded broker under floods: who takes nothing, acknowledges nothing or keeps everything costs little, and others go on."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import aiomqtt
import pytest

from fusion.transport.broker import embedded_broker
from tests.transport.edge import run
from tests.transport.test_broker import connect_packet, resident

MEBI = 1 << 20


def packet(kind: int, body: bytes) -> bytes:
    """Write a packet of MQTT 3.1.1: kind and flags, the length in sevens of bits, the rest."""
    length, left = b"", len(body)
    while True:
        length += bytes([left % 128 | (0x80 if left > 127 else 0)])
        left //= 128
        if not left:
            return bytes([kind]) + length + body


def subscribe(topic: bytes, qos: int) -> bytes:
    return packet(0x82, b"\x00\x01" + len(topic).to_bytes(2, "big") + topic + bytes([qos]))


def publish(topic: bytes, content: bytes) -> bytes:
    return packet(0x30, len(topic).to_bytes(2, "big") + topic + content)


@contextlib.asynccontextmanager
async def client(host: str, port: int, name: bytes, *said: bytes, deaf: bool = False):
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(connect_packet(name))
    assert (await reader.readexactly(4))[3] == 0
    if deaf:
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader._transport.pause_reading()
    for one in said:
        writer.write(one)
        await writer.drain()
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def ended(reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(OSError):
        while await reader.read(65_536):
            pass


async def word(good: aiomqtt.Client) -> None:
    """Let a good client say something to itself, which it must hear within 10 s."""
    await good.publish("good", b"word", qos=1)
    assert (await asyncio.wait_for(anext(aiter(good.messages)), 10.0)).payload == b"word"


def test_a_flood_past_a_client_that_takes_nothing_waits_until_that_is_sent_away(monkeypatch, caplog):
    monkeypatch.setattr("fusion.transport.broker_bounds.PATIENCE_S", 1.0)

    async def body():
        async with (
            embedded_broker() as (host, port),
            aiomqtt.Client(host, port) as good,
            client(host, port, b"deaf", subscribe(b"t", 0), deaf=True),
            client(host, port, b"flood") as (_, writer),
        ):
            await good.subscribe("good")
            before, highest = resident(), 0
            flooding = asyncio.create_task(flood(writer))
            while not flooding.done():
                await word(good)  # while others wait
                highest = max(highest, resident())
            await flooding
            return highest - before

    async def flood(writer: asyncio.StreamWriter) -> None:
        for _ in range(2048):  # 128 MiB
            writer.write(publish(b"t", bytes(65_536)))
            await writer.drain()

    assert run(body()) < 48 * MEBI
    assert "has taken nothing" in caplog.text


def test_a_client_that_acknowledges_nothing_is_sent_away(monkeypatch, caplog):
    monkeypatch.setattr("fusion.transport.broker_bounds.MOST_UNACKNOWLEDGED", 50)
    monkeypatch.setattr("fusion.transport.broker_bounds.LOOK_S", 0.0)

    async def body():
        async with (
            embedded_broker() as (host, port),
            client(host, port, b"mute", subscribe(b"t", 1)) as (reader, _),
            client(host, port, b"speaker") as (_, writer),
            aiomqtt.Client(host, port) as good,
        ):
            gone = asyncio.create_task(ended(reader))
            await good.subscribe("good")
            while not gone.done():
                writer.write(publish(b"t", b"x") * 20)
                await writer.drain()
                await word(good)

    run(body())
    assert "'mute' has acknowledged none of" in caplog.text


def test_one_delivery_that_is_never_acknowledged_keeps_no_others(monkeypatch):
    monkeypatch.setattr("fusion.transport.broker_bounds.LOOK_S", 0.0)
    monkeypatch.setattr("fusion.transport.broker_bounds.MOST_FINISHED", 20)
    kept = []
    monkeypatch.setattr("fusion.transport.broker_bounds.bounded_broker", watched(kept))

    async def body():
        async with (
            embedded_broker() as (host, port),
            client(host, port, b"mute", subscribe(b"once", 1)),
            aiomqtt.Client(host, port) as good,
        ):
            await good.subscribe("good")
            await good.publish("once", b"x")
            for _ in range(40):
                await word(good)
            return len(kept[0]._tasks_queue)

    assert 1 <= run(body()) <= 25


def watched(kept: list):
    from fusion.transport import broker_bounds  # before it is replaced

    bounded = broker_bounds.bounded_broker

    def made(broker):
        kind = bounded(broker)

        def build(config):
            kept.append(kind(config))
            return kept[-1]

        return build

    return made


@pytest.mark.parametrize(("name", "most", "count"), [("MOST_RETAINED", 5, 5), ("MOST_RETAINED_BYTES", 700, 7)])
def test_what_is_retained_is_bounded_and_room_is_made_by_taking_back(monkeypatch, name, most, count):
    monkeypatch.setattr(f"fusion.transport.broker_bounds.{name}", most)

    async def body():
        async with embedded_broker() as (host, port), aiomqtt.Client(host, port) as good:
            for i in range(20):
                await good.publish(f"r/{i}", bytes(100), qos=1, retain=True)
            first = await retained(host, port)
            await good.publish("r/0", b"", qos=1, retain=True)
            await good.publish("r/19", bytes(100), qos=1, retain=True)
            await good.publish("r/1", bytes(100), qos=1, retain=True)  # changed, which needs no room
            return first, await retained(host, port)

    async def retained(host, port):
        async with aiomqtt.Client(host, port) as late:
            await late.subscribe("r/#")
            await late.subscribe("good")
            await late.publish("good", b"word", qos=1)
            found = set()
            while (topic := str((await anext(aiter(late.messages))).topic)) != "good":
                found.add(topic)
            return found

    first, then = run(body())
    assert first == {f"r/{i}" for i in range(count)}
    assert then == first - {"r/0"} | {"r/19"}


def test_subscriptions_and_clients_to_be_remembered_are_bounded(monkeypatch):
    monkeypatch.setattr("fusion.transport.broker_bounds.MOST_FILTERS", 3)
    monkeypatch.setattr("fusion.transport.broker_bounds.MOST_SESSIONS", 4)
    kept = []
    monkeypatch.setattr("fusion.transport.broker_bounds.bounded_broker", watched(kept))

    async def body():
        async with embedded_broker() as (host, port), aiomqtt.Client(host, port) as good:
            await good.subscribe("good")
            granted = [(await good.subscribe(f"t/{i}"))[0] for i in range(4)]
            for i in range(20):
                async with aiomqtt.Client(host, port, identifier=f"once-{i}", clean_session=False):
                    pass
            await word(good)
            return granted, len(kept[0].sessions)

    granted, sessions = run(body())
    assert [int(getattr(code, "value", code)) for code in granted] == [0, 0, 128, 128]
    assert sessions <= 5
