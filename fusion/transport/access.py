"""How to reach the broker: its address, the password and certificates, and which MQTT it speaks."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal, NamedTuple

from fusion.config import Mqtt
from fusion.errors import BrokerError, ConfigError
from fusion.transport.trust import trusting

Version = Literal["5", "3.1.1"]

PATIENCE_S = 5.0
"""How long the broker may take to answer. Ten times the slowest round trip over a satellite."""

HELLO_5 = b"\x10\x0d\x00\x04MQTT\x05\x02\x00\x0a\x00\x00\x00"
"""CONNECT of MQTT 5 without a name, a Will or properties: short enough for a 3.1.1 broker to read to its end and refuse."""

GOODBYE = b"\xe0\x00"

PERMANENT_TLS_FAULTS = ("CERTIFICATE_VERIFY_FAILED", "WRONG_VERSION_NUMBER", "_ALERT_")
"""TLS failures that trying again does not cure, as OpenSSL spells them."""


class Lost(Exception):  # noqa: N818 - it is what happened to the connection, not a fault of anyone
    """The connection is gone, or never came about; trying again may help."""


class Access(NamedTuple):
    """Everything needed to connect, read and checked once."""

    host: str
    port: int
    client_id: str
    protocol: Literal["auto", "5", "3.1.1"]
    keepalive_s: int
    username: str | None = None
    password: str | None = None
    tls: ssl.SSLContext | None = None

    def __str__(self) -> str:
        return f"the broker at {self.host}:{self.port}"


def access(settings: Mqtt, client_id: str) -> Access:
    """Read what the configuration points at; raise ConfigError, naming the key, for what cannot be used."""
    if settings.host is None:
        raise ConfigError("mqtt.host: is missing; name the broker's host, in the site's file or as VIGIE_MQTT__HOST")
    password = _password(settings)
    if password is not None and settings.username is None:
        raise ConfigError("mqtt.username: is missing; a password needs a name beside it")
    return Access(
        settings.host,
        settings.port,
        client_id,
        settings.protocol,
        settings.keepalive_s,
        settings.username,
        password,
        _tls(settings),
    )


async def version(access: Access) -> Version:
    """Tell which MQTT to speak; with "auto", by asking the broker.

    Some brokers (amqtt 0.12) do not refuse a full CONNECT of MQTT 5 but wait for ever for more of it: hence a short one first.
    Behind TLS somebody knocks in any case, for paho leaves its socket open when a handshake fails.
    Raises OSError when nobody answers the door, or not the one we trust.
    """
    if access.protocol != "auto" and access.tls is None:
        return access.protocol
    answered = await _knock(access)
    return answered if access.protocol == "auto" else access.protocol


async def _knock(access: Access) -> Version:
    """Say a short hello in MQTT 5, and tell from the answer which one the broker speaks."""
    async with _door(access) as (reader, writer):
        writer.write(HELLO_5)
        try:
            async with asyncio.timeout(PATIENCE_S):
                reply = await reader.readexactly(4)
        except (TimeoutError, asyncio.IncompleteReadError):
            return "3.1.1"
        writer.write(GOODBYE)
    return "5" if _is_reply_of_5(reply) else "3.1.1"


def unreachable(access: Access, reason: str) -> Lost | BrokerError:
    """Tell whether waiting may mend a failure to connect."""
    if access.tls is not None and any(fault in reason for fault in PERMANENT_TLS_FAULTS):
        return BrokerError(f"{access}: no TLS connection: {reason}; see mqtt.tls_ca, mqtt.tls_certificate and mqtt.port")
    return Lost(f"{access} cannot be reached: {reason}")


@contextlib.asynccontextmanager
async def _door(access: Access) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Open a plain connection for a moment."""
    async with asyncio.timeout(PATIENCE_S):
        reader, writer = await asyncio.open_connection(access.host, access.port, ssl=access.tls)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _is_reply_of_5(reply: bytes) -> bool:
    """Read a CONNACK: that of MQTT 5 is longer than two bytes, whatever it says, unless it says that 5 is not spoken."""
    return reply[0] == 0x20 and reply[1] > 2 and reply[3] != 0x84


def _password(settings: Mqtt) -> str | None:
    if settings.password is not None or settings.password_file is None:
        return settings.password
    try:
        lines = Path(settings.password_file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"mqtt.password_file: {settings.password_file} cannot be read: {error}") from error
    if not lines or not lines[0]:
        raise ConfigError(f"mqtt.password_file: {settings.password_file} has no password in its first line")
    return lines[0]


def _tls(settings: Mqtt) -> ssl.SSLContext | None:
    if settings.tls_ca is None:
        if settings.tls_certificate is not None:
            raise ConfigError("mqtt.tls_ca: is missing; a client certificate needs the broker's CA beside it")
        return None
    try:
        context = trusting(Path(settings.tls_ca))
    except OSError as error:
        raise ConfigError(f"mqtt.tls_ca: {settings.tls_ca} cannot be used: {error}") from error
    if settings.tls_certificate is not None:
        try:
            context.load_cert_chain(settings.tls_certificate, settings.tls_key)
        except OSError as error:
            raise ConfigError(f"mqtt.tls_certificate: {settings.tls_certificate} cannot be used: {error}") from error
    return context
