"""The fusion node: a TCP or TLS server that SAPIENT's sensors register with; each peer bounded, none in another's way."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fusion.config import Config
from fusion.config_edge import Sapient
from fusion.errors import ConfigError
from fusion.messages import FeedHealth
from fusion.topics import TopicTree
from fusion.transport.feeds.feed import Allowance, Trouble
from fusion.transport.feeds.framing import TooLongError, cutter
from fusion.transport.inbox import Inbox
from fusion.transport.sapient.session import Heard, House, Session
from sensors.sapient import schema, writing

logger = logging.getLogger(__name__)

READ_BYTES = 65_536

WHOLE_S = 10.0
"""s that one message may take to come."""

REGISTER_S = 30.0
"""s after which a peer is sent away that has not registered."""

SILENT_S = 120.0
"""s after which a peer is sent away that says nothing: nodes send a status report every few seconds."""

MOST_UNREAD = 1 << 20
"""Bytes of answers that may wait for a peer that does not read; beyond, it is sent away."""


class FusionNode:
    """The site's SAPIENT server."""

    def __init__(
        self, settings: Sapient, config: Config, base: Path, inbox: Inbox, clock: Callable[[], int] = time.time_ns
    ) -> None:
        """Raise ConfigError where the extra is missing or TLS's files cannot be used."""
        try:
            schema.types("sapient_message")
        except ImportError as error:
            raise ConfigError(f"sapient: {schema.MISSING}") from error
        self._settings, self._inbox, self._clock = settings, inbox, clock
        sensors = {sensor.id: sensor for sensor in config.sensor}
        known = {node: sensors[name] for name, node in settings.nodes.items()}
        node = settings.node or writing.node_id("fusion", config.site.name)
        tree = TopicTree(config.site.name, config.mqtt.root)
        self._house = House(node, config.site.frame(), tree, known, settings.newcomers)
        self._tls = _tls(settings, base)
        self._sessions: dict[Session, asyncio.StreamWriter] = {}
        self._counts = {"frames": 0, "bytes": 0, "dropped": 0, "refused": 0}
        self._trouble = Trouble(logger, "SAPIENT")
        self.port: int | None = None
        self.listening = asyncio.Event()

    @property
    def name(self) -> str:
        """What it is called in `status`."""
        return f"sapient://{self._settings.listen}"

    async def run(self) -> None:
        """Serve for ever; raise ConfigError where the address cannot be had."""
        host, _, port = self._settings.listen.rpartition(":")
        serving: set[asyncio.Task[None]] = set()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if (task := asyncio.current_task()) is not None:
                serving.add(task)
                task.add_done_callback(serving.discard)
            with contextlib.suppress(asyncio.CancelledError):  # asyncio's streams would call a peer that we leave an error
                await self._serve(reader, writer)

        try:
            server = await asyncio.start_server(
                serve,
                host.strip("[]"),
                int(port),
                limit=READ_BYTES,
                ssl=self._tls,
                ssl_handshake_timeout=None if self._tls is None else WHOLE_S,
            )
        except OSError as error:
            raise ConfigError(
                f"sapient.listen: {self._settings.listen} cannot be listened on: {error.strerror or error}"
            ) from error
        self.port = server.sockets[0].getsockname()[1]
        self.listening.set()
        logger.info("SAPIENT: listening on %s", self._settings.listen)
        try:
            async with server:
                await server.serve_forever()
        finally:
            for task in serving:
                task.cancel()
            await asyncio.gather(*serving, return_exceptions=True)

    def task(self, sensor: str, **command: Any) -> str:
        """Send a task (`Session.task`) to a sensor's node and give its id; KeyError where it is not connected."""
        for session, writer in self._sessions.items():
            for node, known in session.nodes.items():
                if known.sensor.id == sensor:
                    message = session.task(node, self._clock(), **command)
                    _send(writer, message)
                    return str(message.task.task_id)
        raise KeyError(sensor)

    def health(self) -> FeedHealth:
        """Say how it goes."""
        state = "connected" if self._sessions else "listening" if self.port is not None else "waiting"
        return FeedHealth(state=state, peers=len(self._sessions), trouble=self._trouble.last, **self._counts)  # type: ignore[arg-type]

    # --- One peer -------------------------------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = "{}:{}".format(*(writer.get_extra_info("peername") or ("?", "?"))[:2])
        if len(self._sessions) >= self._settings.peers:
            self._refuse(peer, f"{self._settings.peers} peers are connected already: another one was sent away")
            writer.close()
            return
        session = Session(self._house)
        self._sessions[session] = writer
        try:
            await self._follow(session, peer, reader, writer)
        except (TooLongError, TimeoutError, OSError) as error:
            self._refuse(peer, str(error) or "went away")
        finally:
            del self._sessions[session]
            elsewhere = {node.sensor.id for other in self._sessions for node in other.nodes.values()}
            for message in session.gone(self._clock()):
                if (address := self._house.tree.parse(message.topic)) and address.parts["sensor"] not in elsewhere:
                    self._inbox.put(message, None, scan=False)
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(1.0):
                    await writer.wait_closed()

    async def _follow(self, session: Session, peer: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hear a peer to its end; one that comes too fast waits, as does its sender; who drips or is silent is a TimeoutError."""
        clock, stream = asyncio.get_running_loop().time, cutter("length-le32")
        allowance, begun, since, entered = Allowance(self._settings.messages_hz, clock()), None, clock(), clock()
        while True:
            piece = await _read(reader, _deadline(session, begun, since, entered))
            if not piece:
                if stream.begun:
                    self._refuse(peer, "the stream ended in the middle of a message")
                return
            frames = stream.cut(piece)
            for frame in frames:
                if (wait := allowance.take(clock())) > 0.0:
                    await asyncio.sleep(wait)
                self._hear(session, peer, frame, writer)
            since = clock() if frames else since
            begun = None if not stream.begun else clock() if begun is None or frames else begun

    def _hear(self, session: Session, peer: str, frame: bytes, writer: asyncio.StreamWriter) -> None:
        self._counts["frames"] += 1
        self._counts["bytes"] += len(frame)
        heard = session.hear(frame, self._clock())
        self._answer(heard, writer)
        if heard.faults:
            self._refuse(peer, "; ".join(heard.faults)[:500])
        for message in heard.inputs:
            scan = message.topic.endswith("/raw/sapient")
            self._inbox.put(message, None, scan=scan)

    def _answer(self, heard: Heard, writer: asyncio.StreamWriter) -> None:
        """Answer a peer; raise OSError where it leaves too much unread."""
        if writer.transport.get_write_buffer_size() > MOST_UNREAD:
            raise OSError(f"reads nothing: more than {MOST_UNREAD} bytes of answers wait")
        for message in heard.answers:
            _send(writer, message)

    def _refuse(self, peer: str, reason: str) -> None:
        """Count what could not be taken, and say why."""
        self._counts["refused"] += 1
        self._trouble.note(f"{peer}: {reason}")


def _deadline(session: Session, begun: float | None, since: float, entered: float) -> float:
    limits = [since + SILENT_S]
    if begun is not None:
        limits.append(begun + WHOLE_S)
    if not session.nodes:
        limits.append(entered + REGISTER_S)
    return min(limits)


async def _read(reader: asyncio.StreamReader, deadline: float) -> bytes:
    try:
        async with asyncio.timeout_at(deadline):
            return await reader.read(READ_BYTES)
    except TimeoutError as error:
        raise TimeoutError("no whole message, or no registration, came in time") from error


def _send(writer: asyncio.StreamWriter, message: Any) -> None:
    writer.write(framed(message))


def framed(message: Any) -> bytes:
    """Write a message with its length before it."""
    content = message.SerializeToString()
    return len(content).to_bytes(4, "little") + bytes(content)


def _tls(settings: Sapient, base: Path) -> ssl.SSLContext | None:
    if settings.tls_certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(base / settings.tls_certificate, settings.tls_key and base / settings.tls_key)
        if settings.tls_ca is not None:
            context.load_verify_locations(base / settings.tls_ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except OSError as error:
        raise ConfigError(f"sapient: tls_certificate, tls_key or tls_ca cannot be used: {error.strerror or error}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
