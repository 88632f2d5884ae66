"""A higher SAPIENT node: what of ours it is told, and what it says of our alerts and asks of us."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

import msgspec

from fusion import config_edge
from fusion.config import Config
from fusion.errors import ConfigError, DecodeError
from fusion.messages import SECOND, Alert, AlertMessage, Output, RawMessage, StatusMessage, Track, TrackMessage, nanoseconds
from fusion.topics import TopicTree
from fusion.transport.feeds.feed import Allowance
from fusion.transport.feeds.framing import TooLongError, cutter
from fusion.transport.outputs import sapient_messages
from fusion.transport.outputs.hiding import Hiding
from fusion.transport.outputs.wires import PATIENCE_S
from sensors.sapient import schema, validating, writing

STALE_NS = 8 * SECOND // 10
"""ns after which a track is not told any more: at 0.9 s SAPIENT's nodes refuse it, and its next state is on its way."""

MOST_ALERTS = 10_000
"""Standing alerts that are told anew to a node that connects again."""

COMMANDS = {1: "acknowledge", 2: "reject", 3: "annotate"}
"""Of AlertAckStatus: ACCEPTED, REJECTED, CANCELLED."""

COMPLETED, TASK_REJECTED = 3, 2

MESSAGES_HZ = 100.0
"""Messages a second that are heard of a higher node; the rest waits, as does the node: people answer alerts more slowly."""

MOST_BAD = 100
"""Messages in a row that cannot be read; then it speaks something else, and the connection is begun anew."""

Hear = Callable[[RawMessage], None]


class Lost(NamedTuple):
    """A track that is told for the last time."""

    track: Track


Told = Track | Lost | Alert | StatusMessage


class SapientWriter:
    """What a higher node is told."""

    def __init__(self, settings: config_edge.Outlet, config: Config, clock: Callable[[], int] = time.time_ns) -> None:
        """Raise ConfigError where the extra is missing."""
        try:
            schema.types("sapient_message")
        except ImportError as error:
            raise ConfigError(f"output {settings.name!r}: {schema.MISSING}") from error
        given = config.sapient.node if config.sapient is not None else None
        self.node = given or writing.node_id("fusion", config.site.name)
        self.config, self.clock = config, clock
        self.tree = TopicTree(config.site.name, config.mqtt.root)
        self.alerts: dict[str, Alert] = {}
        self._hiding = Hiding(settings)
        self._shown: dict[str, Track] = {}
        self._status: StatusMessage | None = None

    def tell(self, message: Output) -> Iterator[tuple[str, Told]]:
        """Give what a message is to be told as, by what it is about; what has no place of its own cannot be told."""
        match message:
            case TrackMessage(track=name, state=None):
                yield from self._forget(name)
            case TrackMessage(track=name, state=Track() as state):
                if state.position is None or self._hiding.hides(state):
                    yield from self._forget(name)
                else:
                    self._shown[name] = state
                    yield name, state
            case AlertMessage(alert=alert, archived=False):
                self._keep(alert)
                yield alert.alert, alert
            case StatusMessage():
                self._status = message
                yield "status", message

    def _forget(self, name: str) -> Iterator[tuple[str, Told]]:
        if (last := self._shown.pop(name, None)) is not None:
            yield name, Lost(last)

    def _keep(self, alert: Alert) -> None:
        self.alerts.pop(alert.alert, None)
        if alert.state != "closed":
            self.alerts[alert.alert] = alert
        if len(self.alerts) > MOST_ALERTS:
            del self.alerts[next(iter(self.alerts))]

    def write(self, told: Told) -> bytes:
        """Write one thing, without what is withheld; nothing of a track that is too old to be told."""
        now = self.clock()
        match told:
            case Lost(track=track):
                message = sapient_messages.track(self.node, self._hiding.without(track), lost=True)
                message.timestamp.seconds, message.timestamp.nanos = divmod(now, SECOND)
            case Track():
                if now - nanoseconds(told.time) > STALE_NS:
                    return b""
                message = sapient_messages.track(self.node, self._hiding.without(told))
            case Alert():
                message = sapient_messages.alert(self.node, now, self._hiding.without(told))
            case StatusMessage():
                message = self.status()
        return framed(message)

    def registration(self) -> Any:
        """Say who we are."""
        return sapient_messages.registration(self.node, self.clock(), self.config)

    def status(self) -> Any:
        """Say how we are."""
        return sapient_messages.status(self.node, self.clock(), self.config, self._status)


class HigherNode:
    """The connection to a higher node: it opens once that has taken our registration."""

    def __init__(self, settings: config_edge.Outlet, writer: SapientWriter, tls: ssl.SSLContext | None, hear: Hear) -> None:
        place = urlsplit(settings.url)
        self._host, self._port, self._tls = place.hostname, place.port, tls
        self._name, self._ours, self._hear_command = settings.name, writer, hear
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._answer: asyncio.Future[Any] | None = None
        self._said: str | None = None

    async def __aenter__(self) -> Self:
        self._answer, self._said = asyncio.get_running_loop().create_future(), None
        async with asyncio.timeout(PATIENCE_S):
            reader, self._writer = await asyncio.open_connection(self._host, self._port, ssl=self._tls)
        self._reading = asyncio.create_task(self._read(reader))
        try:
            await self._register(self._answer)
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def _register(self, answer: asyncio.Future[Any]) -> None:
        """Say who we are and, once we are taken, how we are and which alerts stand."""
        await self.send(framed(self._ours.registration()))
        async with asyncio.timeout(PATIENCE_S):
            ack = await answer
        if not ack.acceptance:
            raise ConnectionRefusedError(f"our registration was refused: {'; '.join(ack.ack_response_reason)[:500]}")
        await self.send(framed(self._ours.status()))
        for alert in list(self._ours.alerts.values()):
            await self.send(self._ours.write(alert))

    async def __aexit__(self, *_: object) -> None:
        if self._reading is not None:
            self._reading.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await self._reading
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._writer.wait_closed()

    async def send(self, frame: bytes) -> None:
        """Send a frame."""
        assert self._writer is not None  # noqa: S101 - a wire is used as a context
        assert self._reading is not None  # noqa: S101
        if self._reading.done():
            raise ConnectionResetError(self._said or "the higher node has closed the connection")
        self._writer.write(frame)
        async with asyncio.timeout(PATIENCE_S):
            await self._writer.drain()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        """Take what the node says, to its end."""
        clock, stream = asyncio.get_running_loop().time, cutter("length-le32")
        allowance, bad = Allowance(MESSAGES_HZ, clock()), 0
        try:
            while piece := await reader.read(65_536):
                for frame in stream.cut(piece):
                    await asyncio.sleep(allowance.take(clock()))
                    bad = 0 if self._take(frame) else bad + 1
                    if bad >= MOST_BAD:
                        self._said = f"{bad} messages in a row could not be read, the last: {self._said}"
                        return
        except (TooLongError, OSError) as error:
            self._said = str(error)
        finally:
            if self._answer is not None and not self._answer.done():
                self._answer.set_exception(ConnectionResetError(self._said or "was closed before our registration was answered"))
                self._answer.exception()  # whoever waits still gets it; nobody may

    def _take(self, frame: bytes) -> bool:
        """Take a message; False where it is none."""
        try:
            message = schema.parse(frame)
            faults = validating.faults(message)
        except DecodeError as error:
            faults = [str(error)]
        if faults:
            self._said = "; ".join(faults)[:500]
            self._reply_error(frame, faults)
            return False
        match message.WhichOneof("content"):
            case "registration_ack":
                if self._answer is not None and not self._answer.done():
                    self._answer.set_result(message.registration_ack)
            case "alert_ack":
                self._acknowledged(message)
            case "task":
                self._task(message)
            case "error":
                self._said = "; ".join(message.error.error_message)[:500]
        return True

    def _acknowledged(self, message: Any) -> None:
        """Take what the node says of an alert as a command by it."""
        ack = message.alert_ack
        command = {"command": COMMANDS[ack.alert_ack_status], "who": f"{self._name} (SAPIENT node {message.node_id})"}
        command["why"] = "; ".join(ack.reason)[:900].strip() or "as its AlertAck says"
        topic = self._ours.tree.path("command", alert=ack.alert_id)
        self._hear_command(RawMessage(topic=topic, payload=msgspec.json.encode(command), received=self._ours.clock()))

    def _task(self, message: Any) -> None:
        """Do what is asked where we can: tell who or how we are. What else is asked is declined, with the reason."""
        asked = message.task.command.request if message.task.command.WhichOneof("command") == "request" else None
        answers = {"registration": self._ours.registration, "status": self._ours.status}
        known = answers.get((asked or "").strip().lower())
        reply = writing.envelope(self._ours.node, self._ours.clock(), message.node_id)
        reply.task_ack.task_id = message.task.task_id
        reply.task_ack.task_status = COMPLETED if known else TASK_REJECTED
        if known:
            self._write(known())
        else:
            reply.task_ack.reason.append("is not done here; expected the request Registration or Status")
        self._write(reply)

    def _reply_error(self, frame: bytes, faults: list[str]) -> None:
        reply = writing.envelope(self._ours.node, self._ours.clock())
        reply.error.packet = frame[:4096]
        reply.error.error_message.extend(faults)
        self._write(reply)

    def _write(self, message: Any) -> None:
        if self._writer is not None and self._writer.transport.get_write_buffer_size() < 1 << 20:
            self._writer.write(framed(message))


def framed(message: Any) -> bytes:
    """Write a message with its length before it."""
    content = message.SerializeToString()
    return len(content).to_bytes(4, "little") + bytes(content)
