"""A stream with a clock: a core of its own plays, in a thread of its own, as its page asks."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, Protocol, TypeVar

from starlette.websockets import WebSocket

from fusion.config import Config
from fusion.console.clock import Clock
from fusion.console.columns import MILLISECOND
from fusion.console.desk import Desk
from fusion.console.feed import Feed
from fusion.console.permissions import Caller
from fusion.console.spoken import SAID_OF_CLOCK, Jump, Pause, Play, Seek
from fusion.console.stream import Client, hello, serve
from fusion.errors import FusionError
from fusion.messages import AlertMessage, Output, Rejected, StatusMessage, Track, TracksMessage, ZoneStateMessage

T = TypeVar("T")

STEP_S = 0.1
"""s between two steps of a clock that runs: twice as often as tracks are told by default."""

TOLD_MS = 1_000
"""ms between two words on the clock while it runs."""


Asides = dict[str, dict[str, Any]]
"""Messages that stand beside what a core says, the newest of each type."""


class Source(Protocol):
    """What is played, in its thread: a core, and what it is fed. Times are ns."""

    def present(self, time: int) -> list[Output]:
        """Stand at a time, and say what stands there."""

    def advance(self, time: int) -> tuple[list[Output], Asides]:
        """Go on to a time, and say what came of that."""


class Piece(NamedTuple):
    """What is played, and how it is announced."""

    config: Config
    source: Source
    clock: Clock
    alerts: list[dict[str, Any]]


class Playing:
    """One page's play: its source, its picture, its clock."""

    def __init__(self, source: Source, clock: Clock, client: Client, thread: ThreadPoolExecutor) -> None:
        self.source, self.clock, self.client, self.feed = source, clock, client, client.feed
        self._thread = thread
        self._told = 0

    def hear(self, text: str) -> None:
        """Take what the page says."""
        said = SAID_OF_CLOCK.decode(text)
        if not isinstance(said, Play | Pause | Seek | Jump):
            self.client.hear(said)
        elif (problem := self.clock.take(said)) is not None:
            self.client.complain(problem)

    async def run(self) -> None:
        """Do what the page asks of the clock, and let it run while it is to."""
        loop, clock = asyncio.get_running_loop(), self.clock
        ran = 0.0  # s since the step before
        while True:
            now = loop.time()
            if clock.wanted is not None:
                await self._seek(clock.wanted)
            elif clock.playing:
                await self._advance(clock.after(ran))
            else:
                self._tell_clock()
            runs = clock.playing
            await self._pause(STEP_S - (loop.time() - now) if runs else None)
            ran = loop.time() - now if runs else 0.0

    async def _seek(self, t: int) -> None:
        """Stand elsewhere, unless another place was asked for meanwhile."""
        present = await self._off_loop(self.source.present, t)
        if self.clock.wanted != t or present is None:
            return
        self.clock.wanted = None
        self.clock.stand(t)
        self.feed.stand(present, t * MILLISECOND)
        self.client.begin_anew()
        self._tell_clock()

    async def _advance(self, t: int) -> None:
        """Go on to a time, and show what came of that, unless another place was asked for meanwhile."""
        said = await self._off_loop(self.source.advance, t)
        if self.clock.wanted is not None or said is None:
            return
        outputs, asides = said
        self.clock.stand(t)
        _take(self.feed, newest(outputs), t)
        for kind, message in asides.items():
            self.client.news(kind, {"type": kind, "t": t, **message})
        if self.clock.changed or not self.clock.playing or self.feed.now - self._told >= TOLD_MS:
            self._tell_clock()

    async def _off_loop(self, work: Callable[[int], T], t: int) -> T | None:
        """Let the source work; where it cannot go on, say so and stop."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work, t * MILLISECOND)
        except FusionError as error:
            self.client.complain(str(error))
            self.clock.playing, self.clock.wanted = False, None
            self._tell_clock()
            return None

    def _tell_clock(self) -> None:
        self._told, self.clock.changed = self.feed.now, False
        self.client.news("clock", self.clock.message())

    async def _pause(self, seconds: float | None) -> None:
        """Wait for the next step, or until the page asks for something."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None if seconds is None else max(seconds, 0.0)):
                await self.clock.turned.wait()
        self.clock.turned.clear()


def newest(outputs: Iterable[Output]) -> list[Output]:
    """Leave out what a later output of the same step says again; alerts and refusals stay, all of them, in order."""
    tracks, kept, latest = dict[str, Track](), list[Output](), dict[str, Output]()
    for output in outputs:
        match output:
            case TracksMessage():
                tracks |= {track.track: track for track in output.tracks}
            case AlertMessage() | Rejected():
                kept.append(output)
            case ZoneStateMessage():
                latest[f"zone {output.zone}"] = output
            case StatusMessage():
                latest["status"] = output
    return [TracksMessage(tracks=tuple(tracks.values())), *kept, *latest.values()]


def _take(feed: Feed, outputs: Iterable[Output], t: int) -> None:
    """Let a picture take what a core said up to a time (ms)."""
    for output in outputs:
        if isinstance(output, AlertMessage):
            feed.take_alert(output.alert, archived=output.archived)
        else:
            feed.take(output)
    feed.beat(t * MILLISECOND)


async def play(socket: WebSocket, desk: Desk, caller: Caller, mode: str, piece: Piece, thread: ThreadPoolExecutor) -> None:
    """Serve one browser that was accepted a piece until it leaves."""
    clock = piece.clock
    feed = Feed(piece.config, desk.clock, secrets.token_hex(8), t0=clock.first)
    feed.beat(clock.first * MILLISECOND)
    playing = Playing(piece.source, clock, Client(socket, feed, caller), thread)
    told = {"first": clock.first, "last": clock.last, "alerts": piece.alerts}
    await serve(playing.client, desk, hello(feed, caller, mode, told), playing.hear, playing.run)
