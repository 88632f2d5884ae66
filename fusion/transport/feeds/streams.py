"""TCP: a sensor that we connect to, or sensors that connect to us; each stream is cut into frames."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from fusion.transport.feeds.feed import Allowance, Feed
from fusion.transport.feeds.framing import TooLongError, cutter

READ_BYTES = 65_536

WHOLE_S = 10.0
"""s that one frame may take to come: the slowest radio link of a sensor, 9,600 baud, brings ten thousand bytes in it."""

CONNECT_S = 10.0

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
"""After a connection that did not come about, doubling: as for the broker."""


async def connect(feed: Feed) -> None:
    """Connect, follow the stream, and connect again when it ends."""
    pause = FIRST_PAUSE_S
    while True:
        try:
            async with asyncio.timeout(CONNECT_S):
                reader, writer = await asyncio.open_connection(feed.place.host, feed.place.port)
        except (OSError, TimeoutError) as error:
            feed.state = "failing"
            feed.note(f"no connection: {_why(error)}")
        else:
            feed.well("connected")
            if await _follow(feed, reader, writer):
                pause = FIRST_PAUSE_S
            feed.state = "waiting"
        await asyncio.sleep(pause)
        pause = min(2.0 * pause, LONGEST_PAUSE_S)


async def accept(feed: Feed) -> None:
    """Let sensors connect, as many as the site allows; raise ConfigError where the address cannot be had."""
    following: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if feed.peers >= feed.source.peers:
            feed.refuse(f"{feed.source.peers} peers are connected already: another one was sent away")
            writer.close()
            return
        if (task := asyncio.current_task()) is not None:
            following.add(task)
            task.add_done_callback(following.discard)
        await _follow(feed, reader, writer)

    try:
        server = await asyncio.start_server(serve, feed.place.host, feed.place.port, limit=READ_BYTES)
    except OSError as error:
        raise feed.cannot("cannot be listened on", error) from error
    feed.well("listening")
    try:
        async with server:
            await server.serve_forever()
    finally:
        for task in following:
            task.cancel()


async def _follow(feed: Feed, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Hear a stream to its end, or until it cannot be followed; tell whether anything came of it."""
    heard = False
    feed.peers += 1
    try:
        async for frame in _frames(feed, reader):
            feed.hear(frame)
            heard = True
    except (TooLongError, TimeoutError, OSError) as error:
        feed.refuse(_why(error))
    finally:
        feed.peers -= 1
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    return heard


async def _frames(feed: Feed, reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Give a stream's frames. One that takes too long is a TimeoutError; one that comes too fast waits, as does its sender."""
    clock, stream = asyncio.get_running_loop().time, cutter(feed.source.cut)
    allowance, begun = Allowance(feed.source.frames_hz, clock()), None
    while True:
        async with asyncio.timeout_at(None if begun is None else begun + WHOLE_S):
            piece = await reader.read(READ_BYTES)
        if not piece:
            if stream.begun:
                feed.refuse("the stream ended in the middle of a frame")
            return
        frames = stream.cut(piece)
        for frame in frames:
            if (wait := allowance.take(clock())) > 0.0:
                await asyncio.sleep(wait)
            yield frame
        if not stream.begun:
            begun = None
        elif begun is None or frames:
            begun = clock()


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"a frame or a connection did not come within {WHOLE_S:g} s"
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
