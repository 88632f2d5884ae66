"""The embedded broker: amqtt on this machine alone, for trying Vigie out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from fusion.errors import ConfigError
from fusion.transport import broker_bounds
from fusion.transport.broker_bounds import Pressure

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"

CONFIG = {
    "listeners": {"default": {"type": "external", "bind": f"{HOST}:0"}},
    "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
}
"""Our own: amqtt's binds every address without a password. "external": this module opens the door, on loopback, and amqtt
serves who comes through it. Without further plug-ins it keeps no log of packets and no $SYS tree."""

MOST_BYTES = 16 << 20
"""Of one packet: as of the service's own connection. MQTT allows 256 MiB, and amqtt would wait for them."""

MOST_VISITORS = 1_000
HELLO_S = 10.0
"""s in which who connects must begin to say who it is, and in which a packet that was begun must be whole."""

TURN = 32
"""Reads of one client, some ten packets, after which the others have theirs."""

NOISY = ("amqtt", "transitions")


@contextlib.asynccontextmanager
async def embedded_broker(port: int = 0) -> AsyncIterator[tuple[str, int]]:
    """Run a broker on loopback for as long as the context lasts; give its host and port (0: any free one).

    Raises ConfigError when amqtt is not installed or the port is taken.
    """
    try:
        from amqtt.adapters import StreamReaderAdapter, StreamWriterAdapter  # noqa: PLC0415 - an optional extra
        from amqtt.broker import Broker  # noqa: PLC0415
    except ImportError as error:
        raise ConfigError(
            "the embedded broker needs amqtt: pip install 'vigie[broker]', or name a broker in mqtt.host"
        ) from error

    visitors: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await broker.forget()
            await broker.external_connected(reading(reader, writer), writing(writer), "default")
        except RuntimeError as error:  # amqtt 0.12 stumbles over a subscription that comes while it greets another client
            logger.info("the embedded broker lost a client, which will come again: %s", error)
        except (OSError, EOFError, TimeoutError) as error:
            logger.info("the embedded broker sent a client away: %s", error or type(error).__name__)
        finally:
            writer.close()
            asyncio.get_running_loop().call_later(broker_bounds.PATIENCE_S, writer.transport.abort)

    def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(visitors) >= MOST_VISITORS:
            writer.close()
            return
        visitor = asyncio.create_task(serve(reader, writer))
        visitors.add(visitor)
        visitor.add_done_callback(visitors.discard)

    with _listening(port) as door, _hushed():
        broker = broker_bounds.bounded_broker(Broker)(CONFIG)
        pressure = Pressure(broker)
        reading = _bounded(StreamReaderAdapter, pressure)
        writing = broker_bounds.bounded_writer(StreamWriterAdapter, pressure)
        await broker.start()
        server = await asyncio.start_server(welcome, sock=door)
        host, port = door.getsockname()
        logger.info("embedded MQTT broker at %s:%d: for trying out only, open to every user of this machine", host, port)
        try:
            yield host, port
        finally:
            server.close()
            await broker.shutdown()
            await _dismiss(visitors)


def _bounded(adapter: type[Any], pressure: Pressure) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]:
    """Give amqtt's reader with an end for who announces too much, or is silent in the middle of something; who floods waits."""

    class Bounded(adapter):  # type: ignore[misc] # amqtt is not typed
        def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            super().__init__(reader)
            self._writer, self._reads, self._over = writer, 0, False

        async def read(self, n: int = -1) -> bytes:
            self._reads += 1
            if self._over or n > MOST_BYTES:
                raise self._end(n)
            if n == 1:
                await pressure.room(self)
            pressure.take(max(n, 0) + (broker_bounds.OVERHEAD if n == 1 else 0), self)
            if self._reads % TURN == 0:
                await asyncio.sleep(0)  # what lies in the buffer is read without ever waiting
            try:
                async with asyncio.timeout(HELLO_S if self._reads == 1 or n > 1 else None):
                    return bytes(await super().read(n))
            except TimeoutError:
                raise self._end(n) from None

        def _end(self, n: int) -> asyncio.IncompleteReadError:
            """Close, and say it in the words that amqtt knows for that."""
            self._over = True  # what it sent before lies in the buffer still
            self._writer.transport.abort()
            return asyncio.IncompleteReadError(b"", n)

    return Bounded


@contextlib.contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    door = socket.socket()
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # else a restart must wait for the last run's connections
    with door:
        try:
            door.bind((HOST, port))
        except OSError as error:
            raise ConfigError(f"mqtt.port: the embedded broker cannot have port {port}: {error.strerror}") from error
        yield door


@contextlib.contextmanager
def _hushed() -> Iterator[None]:
    """Keep amqtt's running commentary out of our log: it warns of every client that leaves."""
    levels = {name: logging.getLogger(name).level for name in NOISY}
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


async def _dismiss(visitors: set[asyncio.Task[None]]) -> None:
    """End what amqtt's shutdown forgets: clients that never finished saying hello."""
    for visitor in (leaving := list(visitors)):
        visitor.cancel()
    await asyncio.gather(*leaving, return_exceptions=True)
