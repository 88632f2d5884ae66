"""The wires of outputs: UDP to one or to a group, TCP, and TLS with a certificate of ours."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from pathlib import Path
from typing import Protocol, Self
from urllib.parse import urlsplit

from fusion.config_edge import Outlet
from fusion.errors import ConfigError
from fusion.transport.trust import trusting

PATIENCE_S = 10.0
"""s that a receiver may take to be connected to, or to take in what fills its window, before it is given up."""

READ_BYTES_S = 4 << 20
"""Bytes a second that are read of what a receiver says: a TAK server passes on 5,000 events a second in it, one that floods us
waits and takes no more of our time."""

HOPS = 8
"""Routers that a multicast datagram may pass: a site's network, not the world."""


class Wire(Protocol):
    """What a connection does: it opens as a context, sends, and raises OSError or TimeoutError where it cannot."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_: object) -> None: ...

    async def send(self, frame: bytes) -> None:
        """Send one frame, or wait until there is room."""


def wire_of(settings: Outlet, base: Path) -> Wire:
    """Make the wire that a URL asks for; ConfigError where its files cannot be used."""
    parts = urlsplit(settings.url)
    host, port = parts.hostname or "", parts.port or 0
    if parts.scheme == "udp":
        return Datagrams(host, port, settings.interface)
    return Stream(host, port, context_of(settings, base) if parts.scheme == "tls" else None)


class Datagrams:
    """UDP: a frame is a datagram."""

    def __init__(self, host: str, port: int, interface: str | None) -> None:
        self._address, self._interface = (host, port), interface
        self._mouth: socket.socket | None = None

    async def __aenter__(self) -> Self:
        self._mouth = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._mouth.setblocking(False)
        if _is_group(self._address[0]):
            self._mouth.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, HOPS)
            if self._interface is not None:
                self._mouth.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(self._interface))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._mouth is not None:
            self._mouth.close()

    async def send(self, frame: bytes) -> None:
        """Send one datagram; that nobody listens there is no fault."""
        assert self._mouth is not None  # noqa: S101 - a wire is used as a context
        with contextlib.suppress(ConnectionRefusedError):
            await asyncio.get_running_loop().sock_sendto(self._mouth, frame, self._address)


class Stream:
    """TCP or TLS. What the receiver says is read and goes no further, or it would not take in any more of ours."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        self._host, self._port, self._tls = host, port, tls
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        async with asyncio.timeout(PATIENCE_S):
            reader, self._writer = await asyncio.open_connection(self._host, self._port, ssl=self._tls)
        self._reading = asyncio.create_task(_read_away(reader))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._reading is not None:
            self._reading.cancel()
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._writer.wait_closed()

    async def send(self, frame: bytes) -> None:
        """Send one frame."""
        assert self._writer is not None  # noqa: S101 - a wire is used as a context
        assert self._reading is not None  # noqa: S101
        if self._reading.done():
            raise ConnectionResetError("the receiver has closed the connection")
        self._writer.write(frame)
        async with asyncio.timeout(PATIENCE_S):
            await self._writer.drain()


async def _read_away(reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(65_536):  # noqa: ASYNC110 - a pause between two reads is meant
            await asyncio.sleep(len(piece) / READ_BYTES_S)


def context_of(settings: Outlet, base: Path) -> ssl.SSLContext:
    """Give TLS as an output's files want it; ConfigError where they cannot be used."""
    try:
        context = trusting(None if settings.tls_ca is None else base / settings.tls_ca)
        if settings.tls_certificate is not None:
            key = None if settings.tls_key is None else base / settings.tls_key
            context.load_cert_chain(base / settings.tls_certificate, key)
    except OSError as error:
        raise ConfigError(
            f"output {settings.name!r}: tls_ca, tls_certificate or tls_key cannot be used: {error.strerror or error}"
        ) from error
    return context


def _is_group(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_multicast
    except ValueError:
        return False
