"""The wire to an OpenID provider: one bounded question at a time, no redirect followed, no answer believed at length."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec

from fusion import __version__
from fusion.config_console import Oidc
from fusion.errors import ConfigError, SignOnError
from fusion.transport.trust import trusting

ENOUGH = 1 << 18
"""Bytes of an answer that are read: a JWK set of fifty keys with their certificates."""

AT_ONCE = 8
"""Conversations with the provider at a time; who comes then waits, within the same `timeout_s`."""

T = TypeVar("T")


class Line:
    """A client of one provider."""

    def __init__(self, settings: Oidc, base: Path) -> None:
        """Read the CA that is trusted; raise ConfigError, naming the key, for one that cannot be used."""
        self._timeout_s = settings.timeout_s
        self._client = httpx.AsyncClient(
            verify=_trusted(settings, base),
            follow_redirects=False,
            trust_env=False,
            timeout=settings.timeout_s,
            headers={"accept": "application/json", "accept-encoding": "identity", "user-agent": f"vigie/{__version__}"},
        )
        self._talking = asyncio.Semaphore(AT_ONCE)

    async def close(self) -> None:
        """Let go of every connection."""
        await self._client.aclose()

    async def ask(self, method: str, url: str, **more: Any) -> bytes:
        """Ask within `timeout_s`; raise SignOnError where no answer comes (`away`), or a no (`said_no`)."""
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._talking,
                self._client.stream(method, url, **more) as response,
            ):
                content = bytearray()
                async for piece in response.aiter_bytes():
                    content += piece
                    if len(content) > ENOUGH:
                        raise SignOnError("away", f"{url}: the answer has more than {ENOUGH} bytes")
        except TimeoutError as error:
            raise SignOnError("away", f"{url}: no answer within {self._timeout_s:g} s") from error
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as error:
            raise SignOnError("away", f"{url}: {type(error).__name__}: {error}") from error
        if response.status_code == 200:
            return bytes(content)
        raise SignOnError(
            "said_no" if method == "POST" and response.status_code in {400, 401} else "away",
            f"{url}: HTTP {response.status_code}{_error_of(bytes(content))}",
        )


def _error_of(content: bytes) -> str:
    """Give the error code of a refusal (RFC 6749, 5.2), if it is one; the provider's prose stays out of our books."""
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    code = said.get("error") if isinstance(said, dict) else None
    return f" {code}" if isinstance(code, str) and re.fullmatch(r"[A-Za-z_]{1,64}", code) else ""


def read(content: bytes, kind: type[T], what: str) -> T:
    """Read an answer; raise SignOnError (`away`) for what is none."""
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SignOnError("away", f"its {what} cannot be read: {error}") from error


def _trusted(settings: Oidc, base: Path) -> ssl.SSLContext:
    try:
        return trusting(None if settings.tls_ca is None else base / settings.tls_ca)
    except OSError as error:  # an SSLError is one
        raise ConfigError(f"console.oidc.tls_ca: {base / str(settings.tls_ca)}: cannot be used: {error}") from error
