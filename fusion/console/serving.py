"""Serves the application in the loop of whoever runs it; what goes wrong with one request is that request's alone."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from fusion.config_console import Console
from fusion.console.doorkeeper import Doorkeeper
from fusion.errors import ConfigError

logger = logging.getLogger(__name__)

STOP_S = 1
"""s that open connections are given when the server stops; a stalled socket would otherwise hold it for ever."""

CROWD = 1_000
"""Connections at once; who comes then is told to come again."""


class _Server(uvicorn.Server):
    """A server that leaves the process's signals to the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signal."""
        yield


def bound(console: Console) -> socket.socket:
    """Open the door; raise ConfigError where that is not possible."""
    try:
        return socket.create_server((console.host, console.port), family=_family(console.host), backlog=256)
    except OSError as error:
        raise ConfigError(f"console.port: cannot listen on {console.host}:{console.port}: {error.strerror}") from error


def address_of(door: socket.socket, console: Console) -> str:
    """Give the address for a browser."""
    host = f"[{console.host}]" if ":" in console.host else console.host
    return f"{'https' if console.tls_certificate else 'http'}://{host}:{door.getsockname()[1]}"


async def serve(
    app: ASGIApp, door: socket.socket, keeper: Doorkeeper, console: Console, base: Path, stopping: asyncio.Event
) -> None:
    """Serve until cancelled; then tell everyone (`stopping`), and wait a second for who is slow."""
    server = _Server(_settings(app, keeper, console, base))
    serving = asyncio.create_task(server.serve(sockets=[door]), name="uvicorn")
    try:
        await asyncio.shield(serving)
    finally:
        stopping.set()
        server.should_exit = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2 * STOP_S + 1):
                await asyncio.shield(serving)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


def _settings(app: ASGIApp, keeper: Doorkeeper, console: Console, base: Path) -> uvicorn.Config:
    certificate, key = (None if name is None else base / name for name in (console.tls_certificate, console.tls_key))
    settings = uvicorn.Config(
        app,
        http=keeper.protocol(),
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws=keeper.stream_protocol(),
        ws_per_message_deflate=False,  # it takes 43 % of a core for twenty browsers, without it 2 %
        ws_max_size=65_536,
        ws_ping_interval=20.0,
        ws_ping_timeout=20.0,
        timeout_graceful_shutdown=STOP_S,
        limit_concurrency=CROWD,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )
    try:
        settings.load()
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"console.tls_certificate: {certificate}, console.tls_key: {key}: cannot be used: {error}") from error
    return settings


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
