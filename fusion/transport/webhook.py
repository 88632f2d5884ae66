"""One receiver of alerts over HTTP(S): a signed POST after Standard Webhooks, no redirect followed, no answer believed at length.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from fusion import __version__, personal
from fusion.config_edge import Webhook
from fusion.errors import WebhookError
from fusion.messages import SECOND, utc
from fusion.transport.trust import trusting

if TYPE_CHECKING:
    import httpx

PREFIX = "whsec_"
SECRET_BYTES = (24, 64)
"""Bytes of a secret, at least and at most (Standard Webhooks)."""

MOST_SECRETS = 5
"""Secrets of one receiver at once: more are no rotation but a heap."""

ENOUGH = 4_096
"""Bytes of an answer that are read: its status is all that counts."""

MOST_RETRY_AFTER_S = 3_600.0
"""The longest wait that a receiver may ask for."""

GONE, TOO_MANY = 410, 429
UNAVAILABLE = (TOO_MANY, 502, 503, 504)
"""Statuses that say nothing of the message: nobody is there, or too much came."""


class Answer(NamedTuple):
    """What came of one attempt."""

    delivered: bool
    reason: str = ""
    gone: bool = False  # it wants no more of it
    away: bool = False  # nobody is there, or it is too much: others of the same receiver would fare alike
    retry_after_s: float = 0.0


class Receiver:
    """One webhook, open: what it is sent, how it is signed, and how it answers."""

    def __init__(self, settings: Webhook, base: Path) -> None:
        """Read what the configuration points at; raise WebhookError, naming the key, for what cannot be used."""
        self.settings = settings
        self.secret_file = base / settings.secret_file
        read_secrets(self.secret_file)
        self._client = _client(settings, base)

    async def send(self, name: str, body: bytes, now: int) -> Answer:
        """Post one message, `name` its id for every attempt, `now` in ns."""
        try:
            headers = signed(name, now // SECOND, body, read_secrets(self.secret_file))
        except WebhookError as error:
            return Answer(False, str(error))
        return await self._post(headers, body)

    async def close(self) -> None:
        """Let go of every connection."""
        await self._client.aclose()

    async def _post(self, headers: dict[str, str], body: bytes) -> Answer:
        import httpx  # noqa: PLC0415 - the extra that `_client` asked for

        try:
            async with (
                asyncio.timeout(self.settings.timeout_s),
                self._client.stream("POST", self.settings.url, content=body, headers=headers) as response,
            ):
                answer = _answer(response)
                await _skim(response)
                return answer
        except TimeoutError:
            return Answer(False, f"no answer within {self.settings.timeout_s:g} s", away=True)
        except (httpx.HTTPError, httpx.StreamError) as error:
            return Answer(False, f"{type(error).__name__}: {error}", away=True)


def message(kind: str, alert: bytes, written: int, withhold: Sequence[str]) -> bytes:
    """Write what a receiver is sent, `{"type": "alert.raised", "timestamp": …, "data": {…}}`, without what is withheld."""
    told = personal.withheld(msgspec.json.decode(alert), withhold)
    return msgspec.json.encode({"type": kind, "timestamp": utc(written), "data": told})


def signed(name: str, timestamp: int, body: bytes, keys: Sequence[bytes]) -> dict[str, str]:
    """Give a message's headers: v1 = base64(HMAC-SHA256(secret, id.timestamp.body)), one for each secret. `timestamp` in s."""
    content = f"{name}.{timestamp}.".encode() + body
    signatures = (f"v1,{base64.b64encode(hmac.digest(key, content, 'sha256')).decode()}" for key in keys)
    return {
        "webhook-id": name,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
        "content-type": "application/json",
        "user-agent": f"vigie/{__version__}",
    }


def fresh_secret() -> str:
    """Make a secret of 32 random bytes."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def read_secrets(path: Path) -> list[bytes]:
    """Read the secrets that sign, the newest first; raise WebhookError saying what is wrong, without what they are."""
    try:
        text = path.read_text(encoding="ascii")
    except OSError as error:
        raise WebhookError(f"webhook.secret_file: {path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise WebhookError(f"webhook.secret_file: {path}: is not ASCII text") from error
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not 1 <= len(lines) <= MOST_SECRETS:
        raise WebhookError(f"webhook.secret_file: {path}: has {len(lines)} secrets; expected 1 to {MOST_SECRETS}, one a line")
    return [_secret(f"webhook.secret_file: {path}, line {number}", line) for number, line in lines]


def _secret(where: str, line: str) -> bytes:
    least, most = SECRET_BYTES
    try:
        key = base64.b64decode(line.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise WebhookError(f"{where}: is not base64; expected {PREFIX} and base64") from error
    if not line.startswith(PREFIX) or not least <= len(key) <= most:
        raise WebhookError(f"{where}: expected {PREFIX} and the base64 of {least} to {most} bytes, not of {len(key)}")
    return key


def _client(settings: Webhook, base: Path) -> httpx.AsyncClient:
    try:
        import httpx  # noqa: PLC0415 - an extra: a site without webhooks does not need it
    except ImportError as error:
        raise WebhookError('webhook: needs a package that is not there: pip install "vigie[webhooks]"') from error
    try:
        trusted = trusting(None if settings.tls_ca is None else base / settings.tls_ca)
    except OSError as error:  # an SSLError is one
        raise WebhookError(f"webhook.tls_ca: {base / str(settings.tls_ca)}: cannot be used: {error}") from error
    return httpx.AsyncClient(verify=trusted, follow_redirects=False, trust_env=False, timeout=settings.timeout_s)


def _answer(response: httpx.Response) -> Answer:
    status = response.status_code
    if response.is_success:
        return Answer(True)
    said = f"HTTP {status} {response.reason_phrase}".rstrip()
    if response.is_redirect:
        return Answer(False, f"{said}: redirects are not followed; mend the url")
    wait = _retry_after(response.headers.get("retry-after")) if status in UNAVAILABLE else 0.0
    return Answer(False, said, gone=status == GONE, away=status in UNAVAILABLE, retry_after_s=wait)


def _retry_after(text: str | None) -> float:
    """Read how many seconds a receiver asks us to wait (RFC 9110, 10.2.3); a date is by its own clock, and says nothing here."""
    said = (text or "").strip()
    return min(float(said), MOST_RETRY_AFTER_S) if said.isdecimal() and said.isascii() else 0.0


async def _skim(response: httpx.Response) -> None:
    """Read a short answer to its end, so that the connection serves again; a long one is hung up on."""
    read = 0
    async for chunk in response.aiter_raw():
        read += len(chunk)
        if read > ENOUGH:
            return
