"""Documents that a receiver writes again and again, by HTTP(S) or in a file: each that is new is a frame."""

from __future__ import annotations

import asyncio
import ssl
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from fusion import __version__
from fusion.errors import ConfigError
from fusion.transport.feeds.feed import MOST_BYTES, Feed

if TYPE_CHECKING:
    import httpx

READ_BYTES = 65_536

ANSWER_S = 5.0
"""s that one answer may take: it is out of date by then."""


async def look(feed: Feed) -> None:
    """Look at a file for ever; one that is not there yet may come."""
    path, known = Path(feed.place.path), b""
    while True:
        try:
            content = await asyncio.to_thread(_read, path)
        except OSError as error:
            feed.state = "failing"
            feed.note(f"cannot be read: {error.strerror or error}")
        else:
            feed.well("connected")
            if content != known:
                known = content
                feed.hear(content)
        await asyncio.sleep(feed.source.period_s)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


async def ask(feed: Feed) -> None:
    """Ask for a document for ever; raise ConfigError where HTTP cannot be spoken."""
    try:
        import httpx  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise ConfigError(
            f"sensor {feed.sensor!r}: source.url: {feed.source.url}: needs httpx: pip install 'vigie[feeds]'"
        ) from error
    known = b""
    headers = {"user-agent": f"vigie/{__version__}", "accept-encoding": "gzip"}
    async with httpx.AsyncClient(
        headers=headers, timeout=ANSWER_S, trust_env=False, verify=ssl.create_default_context()
    ) as client:
        while True:
            try:
                async with asyncio.timeout(ANSWER_S):
                    content = await _fetch(client, feed)
            except (httpx.HTTPError, TimeoutError) as error:
                feed.state = "failing"
                feed.note(f"no answer: {error or type(error).__name__}")
            else:
                if content is not None and content != known:
                    known = content
                    feed.hear(content)
            await asyncio.sleep(feed.source.period_s)


async def _fetch(client: httpx.AsyncClient, feed: Feed) -> bytes | None:
    """Give the document; None where there is none, which is told."""
    async with client.stream("GET", feed.source.url) as response:
        if response.status_code != 200:
            feed.state = "failing"
            feed.note(f"answers {response.status_code}")
            return None
        content = bytearray()
        async for piece in response.aiter_raw(READ_BYTES):
            content += piece
            if len(content) > MOST_BYTES:
                break
        coding = response.headers.get("content-encoding", "identity")
    feed.well("connected")
    return _unpacked(feed, bytes(content), coding)


def _unpacked(feed: Feed, content: bytes, coding: str) -> bytes | None:
    """Undo the content coding to a byte beyond what is read at most: a bomb of a few kilobytes would unpack to gigabytes."""
    if coding.lower() in {"identity", ""} or len(content) > MOST_BYTES:
        return content
    if coding.lower() not in {"gzip", "x-gzip"}:
        feed.refuse(f"answers in the coding {coding[:40]!r}; expected gzip, or none")
        return None
    unpacking = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        plain = unpacking.decompress(content, MOST_BYTES + 1)
    except zlib.error as error:
        feed.refuse(f"its answer is no gzip: {error}")
        return None
    if not unpacking.eof and len(plain) <= MOST_BYTES:
        feed.refuse("its answer is a gzip that is cut")
        return None
    return plain
