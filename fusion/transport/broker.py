"""The embedded broker: amqtt on this machine alone, for trying Vigie out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Iterator

from fusion.errors import ConfigError

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"

CONFIG = {
    "listeners": {"default": {"type": "external", "bind": f"{HOST}:0"}},
    "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
}
"""Our own: amqtt's binds every address without a password. "external": this module opens the door, on loopback, and amqtt
serves who comes through it. Without further plug-ins it keeps no log of packets and no $SYS tree."""

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
            await broker.external_connected(StreamReaderAdapter(reader), StreamWriterAdapter(writer), "default")
        except RuntimeError as error:  # amqtt 0.12 stumbles over a subscription that comes while it greets another client
            logger.info("the embedded broker lost a client, which will come again: %s", error)
        finally:
            writer.close()

    def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visitor = asyncio.create_task(serve(reader, writer))
        visitors.add(visitor)
        visitor.add_done_callback(visitors.discard)

    with _listening(port) as door, _hushed():
        broker = Broker(CONFIG)
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
