"""How the test range speaks: to a broker by the edge's own means, and to a sensor's own socket where the site hears it there."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Protocol, Self

from fusion.config import Config, Sensor
from fusion.config_edge import Framing, Place, Source, place_of
from fusion.topics import TopicTree
from fusion.transport.outbox import Outbox
from fusion.transport.outgoing import Publication
from fusion.transport.outputs.wires import Datagrams, Stream
from simulators.sapient_node import NodeWire

Publish = Callable[[str, bytes, int, bool], Awaitable[None]]
"""What publishing needs of an MQTT client: topic, payload, QoS, and whether the broker retains it."""


def onto(outbox: Outbox) -> Publish:
    """Give what publishes by an outbox: it waits until the broker has each message, so a slow broker delays and loses none."""

    async def post(topic: str, payload: bytes, qos: int, retained: bool) -> None:  # noqa: FBT001 - `play` says it so
        await outbox.deliver(Publication(topic, payload, qos, retained))

    return post


class Wire(Protocol):
    """The sensor's end of a source: it opens as a context, and sends."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_: object) -> None: ...

    async def send(self, frame: bytes) -> None:
        """Send one payload."""


@contextlib.asynccontextmanager
async def natively(site: Config, otherwise: Publish) -> AsyncIterator[Publish]:
    """Give what publishes a simulated sensor's payloads on the socket where the site hears it, and all else `otherwise`."""
    topics = TopicTree(site.site.name, site.mqtt.root)
    async with contextlib.AsyncExitStack() as stack:
        wires = {
            topics.path("raw", sensor=sensor.id, format=told): await stack.enter_async_context(wire_of(sensor, site))
            for sensor in site.sensor
            if (told := format_of(sensor, site)) is not None
        }

        async def publish(topic: str, payload: bytes, qos: int, retained: bool) -> None:  # noqa: FBT001 - `play` says it so
            if topic in wires:
                await wires[topic].send(payload)
            else:
                await otherwise(topic, payload, qos, retained)

        yield publish


def format_of(sensor: Sensor, site: Config) -> str | None:
    """Give the native format that a site hears a sensor in beside MQTT; None where it does not."""
    if _is_node(sensor, site):
        return "sapient"
    return None if sensor.source is None else sensor.source.format or sensor.kind


def _is_node(sensor: Sensor, site: Config) -> bool:
    return site.sapient is not None and sensor.id in site.sapient.nodes


def wire_of(sensor: Sensor, site: Config) -> Wire:
    """Give the sensor's end of what the site hears it by beside MQTT."""
    if site.sapient is not None and _is_node(sensor, site):
        return NodeWire(sensor, site.sapient)
    assert sensor.source is not None  # noqa: S101 - `format_of` says so
    return WAYS[place_of(sensor.source.url).scheme](sensor.source, place_of(sensor.source.url))


class Framed:
    """A stream that we connect, with each payload framed as the site cuts it."""

    def __init__(self, source: Source, stream: Stream) -> None:
        self._cut: Framing = source.cut
        self._stream = stream

    async def __aenter__(self) -> Self:
        await self._stream.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stream.__aexit__()

    async def send(self, frame: bytes) -> None:
        """Send one payload."""
        await self._stream.send(framed(self._cut, frame))


class _Server:
    """A door of ours that the site comes to; it stands until the context ends."""

    def __init__(self, source: Source) -> None:
        self._place, self._cut = place_of(source.url), source.cut
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self._place.host, self._place.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise NotImplementedError


class Spoken(_Server):
    """A receiver that the site connects to: it says everything to whoever is connected."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._listeners: set[asyncio.StreamWriter] = set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._listeners.add(writer)
        with contextlib.suppress(OSError):
            await reader.read()
        self._listeners.discard(writer)
        writer.close()

    async def send(self, frame: bytes) -> None:
        """Say one payload."""
        for writer in list(self._listeners):
            with contextlib.suppress(OSError):
                writer.write(framed(self._cut, frame))
                await writer.drain()


class Served(_Server):
    """A receiver that the site asks by HTTP: it answers with its newest document."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._document = b""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            await reader.readuntil(b"\r\n\r\n")
            known = b"200 OK" if self._document else b"503 Service Unavailable"
            head = b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
            writer.write(head % (known, len(self._document)) + self._document)
            await writer.drain()
        writer.close()

    async def send(self, frame: bytes) -> None:
        """Keep a document until there is a newer one."""
        self._document = frame


class Written:
    """A document in a file: written anew and renamed into place."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Leave it where it is."""

    async def send(self, frame: bytes) -> None:
        """Write one document."""
        fresh = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        await asyncio.to_thread(fresh.write_bytes, frame)
        await asyncio.to_thread(fresh.replace, self._path)


def framed(framing: Framing, payload: bytes) -> bytes:
    """Write a payload as a stream of this framing carries it; where the format frames itself there is nothing to do."""
    if framing == "length-le32":
        return len(payload).to_bytes(4, "little") + payload
    if framing == "length-be32":
        return len(payload).to_bytes(4, "big") + payload
    return payload


WAYS: dict[str, Callable[[Source, Place], Wire]] = {
    "udp": lambda source, place: Datagrams(place.host, place.port, source.interface),
    "tcp-listen": lambda source, place: Framed(source, Stream(place.host, place.port, None)),
    "tcp": lambda source, _: Spoken(source),
    "http": lambda source, _: Served(source),
    "file": lambda _, place: Written(Path(place.path)),
}
"""The sensor's end of each way of hearing one (`fusion.transport.feeds.WAYS`) but https, which needs a certificate."""
