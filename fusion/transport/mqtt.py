"""One connection to the broker: the only module that knows aiomqtt (asyncio-mqtt under its present name) and paho below it.

Why it reaches below aiomqtt (`_client` is the paho client, whose own interface is public): to acknowledge a message only once
it has been dealt with; to learn what the broker answers to a publication, which `aiomqtt.Client.publish` throws away; to hand
a message on without a task for each; and to leave the wire alone while nobody has room for more.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import secrets
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from typing import Any, NamedTuple, NoReturn, cast

import aiomqtt
from aiomqtt.exceptions import MqttConnectError
from paho.mqtt.client import Client as Paho
from paho.mqtt.client import MQTTMessage, error_string
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from fusion.errors import BrokerError
from fusion.topics import TopicTree
from fusion.transport.access import PATIENCE_S, Access, Lost, Version, unreachable, version
from fusion.transport.cloud_events import packed
from fusion.transport.inbox import Ack
from fusion.transport.outgoing import Publication

RECEIVE_MAXIMUM = 100
"""Unacknowledged messages that the broker may send ahead: several scans of every sensor, and little to send again."""

MOST_BYTES = 16 << 20
"""Of one message that a broker of MQTT 5 may send on: twice a picture of 5,000 tracks. MQTT 3.1.1 has no word for it."""

SESSION_EXPIRY_S = 3600
"""How long the broker keeps what came while we were away; longer ago, no track can use it."""

CONNECT_TIMEOUT_S = 1.5
"""One lost SYN (1 s) and a round trip. It runs in a thread that nothing can stop, and the service must stop within 2 s."""

AGAIN_S = 0.2
"""s after which who did not end when told to is told again."""

TRY_LATER = {0x88, 0x89, 0x97, 0x9C, 0x9D, 0x9F}
"""CONNACK: unavailable, busy, quota, use another, moved, too often. Every other refusal is for a person to mend."""

Deliver = Callable[[str, bytes, Ack | None], None]
"""Takes a message that came: its topic, payload, and at QoS 1 how to acknowledge it. Must not wait."""


class Subscription(NamedTuple):
    """A topic filter, and the best quality of service to have it with."""

    filter: str
    qos: int


class Wire:
    """One connection, from the broker's welcome to its loss."""

    def __init__(self, client: aiomqtt.Client, deliver: Deliver) -> None:
        self.malformed = 0
        self._client = client
        self._deliver = deliver
        self._unanswered: dict[int, asyncio.Future[str]] = {}
        self._paused = False
        self._loop = asyncio.get_running_loop()
        self._paho: Paho = client._client  # noqa: SLF001
        self._paho.connect_timeout = CONNECT_TIMEOUT_S
        self._paho.manual_ack_set(True)
        self._paho.on_message = self._on_message
        self._paho.on_publish = self._on_publish

    async def subscribe(self, subscriptions: Iterable[Subscription]) -> None:
        """Subscribe, all in one packet; raise BrokerError naming what the broker refuses."""
        wanted = list(subscriptions)
        try:
            answers = await self._client.subscribe([(wish.filter, wish.qos) for wish in wanted])
        except aiomqtt.MqttError as error:
            raise Lost(f"no answer to a subscription: {error}") from error
        refused = [wish.filter for wish, answer in zip(wanted, answers, strict=True) if _code(answer) >= 0x80]
        if refused:
            raise BrokerError(f"the broker refuses to let us hear {', '.join(refused)}; see its access control list")

    async def unsubscribe(self, subscriptions: Iterable[Subscription], within_s: float) -> None:
        """Unsubscribe, and hear what the broker sends before it says so; raise Lost where it does not in time."""
        try:
            await self._client.unsubscribe([wish.filter for wish in subscriptions], timeout=within_s)
        except aiomqtt.MqttError as error:
            raise Lost(f"no answer to the end of a subscription: {error}") from error

    def send(self, publication: Publication) -> asyncio.Future[str]:
        """Send; the future gives "" once the broker has it (QoS 0: once it has left), or why the broker will not have it.

        MQTT 3.1.1 has no word for a refusal: there, what was refused looks like what was taken.
        """
        said = (
            None if publication.event is None else cast("Properties", packed(publication.event))
        )  # all that paho asks is `pack`
        info = self._paho.publish(publication.topic, publication.payload, publication.qos, publication.retained, said)
        if info.rc:
            raise Lost(f"could not send: {error_string(info.rc)}")
        return self._unanswered.setdefault(info.mid, self._loop.create_future())

    async def lost(self) -> NoReturn:
        """Wait until the connection is gone, and raise Lost."""
        try:
            async for _ in self._client.messages:  # nothing is ever in there: `_on_message` hands it on
                pass
        except aiomqtt.MqttError as error:
            raise Lost(f"connection lost: {error.__cause__ or error}") from error
        raise Lost("connection lost")

    async def carry(self, work: Coroutine[Any, Any, None]) -> NoReturn:
        """Do some work, then wait; whatever happens, raise Lost as soon as the connection is gone."""
        tasks = [asyncio.create_task(work), asyncio.create_task(self.lost())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            left = set(tasks)
            while left:  # `asyncio.wait_for` of Python 3.11 may lose a cancellation: who goes on is told again
                for task in left:
                    task.cancel()
                _, left = await asyncio.wait(left, timeout=AGAIN_S)
        errors = [task.exception() for task in tasks if not task.cancelled()]
        raise next((error for error in errors if error), Lost("connection lost"))

    def pause(self) -> None:
        """Leave what comes in the socket: TCP then makes the broker wait."""
        self._paused = True
        if (open_socket := self._paho.socket()) is not None:
            self._loop.remove_reader(open_socket)

    def resume(self) -> None:
        """Read again."""
        self._paused = False
        if (open_socket := self._paho.socket()) is not None:
            self._loop.add_reader(open_socket, self._read)
            self._loop.call_soon(self._read)  # TLS may hold what the socket no longer announces

    def _read(self) -> None:
        in_order = False
        try:
            while not self._paused:
                self._paho.loop_read()
                if not self._holds_more():
                    break
            in_order = True
        finally:
            if not in_order:  # ours or the broker's mistake: asyncio reports it, and the connection is of no more use
                self._paho.disconnect()

    def _holds_more(self) -> bool:
        open_socket = self._paho.socket()
        return isinstance(open_socket, ssl.SSLSocket) and open_socket.pending() > 0

    def _on_message(self, paho: Paho, _userdata: object, message: MQTTMessage) -> None:
        ack = functools.partial(_acknowledge, paho, message.mid) if message.qos else None
        try:
            topic = message.topic
        except UnicodeDecodeError:
            self.malformed += 1
            if ack:
                ack()
        else:
            self._deliver(topic, bytes(message.payload), ack)

    def _on_publish(self, _paho: Paho, _userdata: object, mid: int, reason: ReasonCode, _properties: Properties) -> None:
        answer = self._unanswered.pop(mid, None)
        if answer is not None and not answer.done():
            answer.set_result(str(reason) if reason.is_failure else "")


@contextlib.asynccontextmanager
async def connect(
    access: Access, deliver: Deliver, *, will: Publication | None = None, session: bool = True
) -> AsyncIterator[Wire]:
    """Hold one connection; with `session`, the broker keeps our subscriptions and what comes on them while we are away.

    Raises Lost where trying again may help, BrokerError where only a person can.
    """
    try:
        spoken = await version(access)
    except OSError as error:
        raise unreachable(access, str(error) or type(error).__name__) from error
    client = _client(access, spoken, will, session=session)
    wire = Wire(client, deliver)
    await _enter(client, access)
    try:
        yield wire
    finally:
        with contextlib.suppress(aiomqtt.MqttError):
            await client.__aexit__(None, None, None)


async def read_back(access: Access, tree: TopicTree, name: str = "alert") -> dict[str, bytes]:
    """Give what the broker retains on every topic of a row of `TOPICS`: topic to payload.

    A sentinel of our own, sent once the subscription stands, comes back behind it. It is an empty payload, not retained, on a
    topic of the same row that nobody uses: to everybody else, something unknown that is no more.
    """
    (pattern,) = tree.filters(name)
    sentinel = pattern.replace("+", f"read-back-{secrets.token_hex(8)}")
    found: dict[str, bytes] = {}
    complete = asyncio.Event()

    def collect(topic: str, payload: bytes, ack: Ack | None) -> None:
        if (address := tree.parse(topic)) and address.name == name:  # amqtt also sends what others subscribed to
            found[topic] = payload
        if ack:
            ack()
        if topic == sentinel:
            complete.set()

    async with connect(access._replace(client_id=f"{access.client_id}-read-back"), collect, session=False) as wire:
        await wire.subscribe([Subscription(pattern, 1)])
        wire.send(Publication(sentinel, b"", qos=1))
        try:
            async with asyncio.timeout(PATIENCE_S):
                await complete.wait()
        except TimeoutError:
            raise Lost(f"{access} does not give back what it retains on {pattern}; may we read there?") from None
    return {topic: payload for topic, payload in found.items() if payload}


def _client(access: Access, spoken: Version, will: Publication | None, *, session: bool) -> aiomqtt.Client:
    return aiomqtt.Client(
        access.host,
        access.port,
        identifier=access.client_id,
        username=access.username,
        password=access.password,
        tls_context=access.tls,
        keepalive=access.keepalive_s,
        will=will and _testament(will, spoken),
        timeout=PATIENCE_S,
        max_concurrent_outgoing_calls=10,
        socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],  # else a QoS 1 round trip may take 44 ms
        **_session(spoken, session=session),
    )


def _testament(will: Publication, spoken: Version) -> aiomqtt.Will:
    said = None
    if will.event is not None and spoken == "5":
        said = Properties(PacketTypes.WILLMESSAGE)  # type: ignore[no-untyped-call]
        said.unpack(packed(will.event).pack())  # type: ignore[no-untyped-call] # paho takes nothing but its own here
    return aiomqtt.Will(will.topic, will.payload, will.qos, will.retained, said)


def _session(spoken: Version, *, session: bool) -> dict[str, Any]:
    if spoken == "3.1.1":
        return {"protocol": aiomqtt.ProtocolVersion.V311, "clean_session": not session}
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = SESSION_EXPIRY_S if session else 0
    properties.ReceiveMaximum = RECEIVE_MAXIMUM
    properties.MaximumPacketSize = MOST_BYTES
    return {"protocol": aiomqtt.ProtocolVersion.V5, "clean_start": not session, "properties": properties}


async def _enter(client: aiomqtt.Client, access: Access) -> None:
    """Connect. aiomqtt leaves the socket open when it is cancelled or not answered, so this closes it."""
    entering = asyncio.ensure_future(client.__aenter__())
    try:
        await asyncio.shield(entering)
    except asyncio.CancelledError:
        await asyncio.wait([entering], timeout=CONNECT_TIMEOUT_S)
        entering.cancel()
        _close(client)
        raise
    except MqttConnectError as error:
        raise _refusal(access, error) from error
    except aiomqtt.MqttError as error:
        _close(client)
        raise unreachable(access, str(error)) from error


def _acknowledge(paho: Paho, mid: int) -> None:
    """Acknowledge on the connection that a message came on; when that is gone, so is the need, and nothing happens."""
    paho.ack(mid, 1)


def _close(client: aiomqtt.Client) -> None:
    client._client.disconnect()  # noqa: SLF001


def _refusal(access: Access, error: MqttConnectError) -> Lost | BrokerError:
    """Say who must do what about a negative CONNACK."""
    if _code(error.rc) in TRY_LATER:
        return Lost(f"{access} is not ready: {error.rc}")
    who = f"user {access.username!r}" if access.username else "a client without a user name"
    return BrokerError(f"{access} refuses {who}: {error.rc}; see mqtt.username, mqtt.password_file, mqtt.tls_certificate")


def _code(reason: Any) -> int:
    """Give the number of a reason code, which paho wraps and aiomqtt may not."""
    return reason.value if isinstance(reason, ReasonCode) else int(reason or 0)
