"""A stream with a clock: a recording played by a core of its own, in a thread of its own, as its page asks."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from starlette.websockets import WebSocket

from fusion.console.columns import MILLISECOND
from fusion.console.desk import Desk
from fusion.console.feed import Feed
from fusion.console.permissions import Caller
from fusion.console.recordings import Abandoned, Found, Opened
from fusion.console.spoken import SAID_OF_CLOCK, Jump, Pause, Play, Seek
from fusion.console.stream import RESTART, Client, hello, refuse, serve
from fusion.errors import FusionError
from fusion.messages import AlertMessage, Output, Rejected, StatusMessage, Track, TracksMessage, ZoneStateMessage
from fusion.playback import Playback
from fusion.recording_index import Index

STEP_S = 0.1
"""s between two steps of a clock that runs: twice as often as tracks are told by default."""

LONGEST_S = 0.25
"""s of a step at most. Where a core is slower than that it is the clock that slows down, not the step that grows."""

LEAD_MS = 5_000
"""ms before an alert was raised at which a jump to it stands."""

TOLD_MS = 1_000
"""ms between two words on the clock while it runs."""


class Clock:
    """What a page has asked of the clock, and where it stands. Times are ms since 1970."""

    def __init__(self, first: int, last: int, raised: dict[str, int]) -> None:
        self.first, self.last, self.raised = first, last, raised
        self.t = first
        self.speed = 1.0
        self.playing = False
        self.wanted: int | None = None  # where it is to stand next
        self.turned = asyncio.Event()
        self.changed = True  # since it was told

    def take(self, said: Play | Pause | Seek | Jump) -> str | None:
        """Take what the page asks; give in words what is not possible of it."""
        match said:
            case Play(speed=speed):
                self.speed, self.playing = speed, self.t < self.last or self.wanted is not None
            case Pause():
                self.playing = False
            case Seek(time=time):
                self.wanted = self._within(time)
            case Jump(alert=alert):
                if alert not in self.raised:
                    return f"alert {alert}: is not one of this recording"
                self.wanted = self._within(self.raised[alert] - LEAD_MS)
        self.changed = True
        self.turned.set()
        return None

    def stand(self, t: int) -> None:
        """Stand at a time; at the end it stops."""
        self.t = t
        self.playing = self.playing and t < self.last

    def after(self, seconds: float) -> int:
        """Give where it stands after so many seconds more."""
        return min(self.t + max(round(min(seconds, LONGEST_S) * 1000 * self.speed), 1), self.last)

    def message(self) -> dict[str, Any]:
        """Say how it stands."""
        return {"type": "clock", "t": self.t, "speed": self.speed, "playing": self.playing, "ended": self.t >= self.last}

    def _within(self, time: int) -> int:
        return min(max(time, self.first), self.last)


class Replay:
    """One page's replay: its core, its picture, its clock."""

    def __init__(self, playback: Playback, clock: Clock, client: Client, thread: ThreadPoolExecutor) -> None:
        self.playback, self.clock, self.client, self.feed = playback, clock, client, client.feed
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
        present = await self._off_loop(self._present, t)
        if self.clock.wanted != t or present is None:
            return
        self.clock.wanted = None
        self.clock.stand(t)
        self.feed.stand(present, t * MILLISECOND)
        self.client.begin_anew()
        self._tell_clock()

    async def _advance(self, t: int) -> None:
        """Go on to a time, and show what came of that, unless another place was asked for meanwhile."""
        outputs = await self._off_loop(self._until, t)
        if self.clock.wanted is not None or outputs is None:
            return
        self.clock.stand(t)
        take(self.feed, outputs, t)
        if self.clock.changed or not self.clock.playing or self.feed.now - self._told >= TOLD_MS:
            self._tell_clock()

    async def _off_loop(self, work: Callable[[int], list[Output]], t: int) -> list[Output] | None:
        """Let the core work; where the recording cannot be read any further, say so and stop."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work, t)
        except FusionError as error:
            self.client.complain(str(error))
            self.clock.playing, self.clock.wanted = False, None
            self._tell_clock()
            return None

    def _present(self, t: int) -> list[Output]:
        self.playback.seek(t * MILLISECOND)
        return self.playback.present()

    def _until(self, t: int) -> list[Output]:
        return newest(output for _, outputs in self.playback.play(t * MILLISECOND) for output in outputs)

    def _tell_clock(self) -> None:
        self._told, self.clock.changed = self.feed.now, False
        self.client.news("clock", self.clock.message())

    async def _pause(self, seconds: float | None) -> None:
        """Wait for the next step, or until the page asks for something."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None if seconds is None else max(seconds, 0.0)):
                await self.clock.turned.wait()
        self.clock.turned.clear()


def clock_of(index: Index) -> Clock:
    """Give the clock of a recording: at its last ms all that is in it was heard."""
    raised = {one.alert: one.raised // MILLISECOND for one in index.alerts}
    return Clock(index.first // MILLISECOND, index.last // MILLISECOND + 1, raised)


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


def take(feed: Feed, outputs: Iterable[Output], t: int) -> None:
    """Let a picture take what a core said up to a time (ms)."""
    for output in outputs:
        if isinstance(output, AlertMessage):
            feed.take_alert(output.alert, archived=output.archived)
        else:
            feed.take(output)
    feed.beat(t * MILLISECOND)


async def replay(socket: WebSocket, desk: Desk, caller: Caller, found: Found) -> None:
    """Serve one browser a recording until it leaves; one that has no index is indexed first."""
    await socket.accept()
    async with desk.replaying:
        await _replay(socket, desk, caller, found)


async def _replay(socket: WebSocket, desk: Desk, caller: Caller, found: Found) -> None:
    thread = ThreadPoolExecutor(1, thread_name_prefix="replay")
    try:
        opening = asyncio.get_running_loop().run_in_executor(thread, desk.recordings.playback, found, _heed(desk.stopping))
        opened = await opening
    except Abandoned:
        await refuse(socket, "the console stops", RESTART)
    except FusionError as error:
        await refuse(socket, desk.recordings.told(error))
    else:
        if opened.made:
            desk.feed.changed("recordings")
        await _play(socket, desk, caller, opened, thread)
    finally:
        thread.shutdown(wait=False, cancel_futures=True)


async def _play(socket: WebSocket, desk: Desk, caller: Caller, opened: Opened, thread: ThreadPoolExecutor) -> None:
    index = opened.index
    clock = clock_of(index)
    feed = Feed(desk.config, desk.clock, secrets.token_hex(8), t0=clock.first)
    feed.beat(clock.first * MILLISECOND)
    playing = Replay(opened.playback, clock, Client(socket, feed, caller), thread)
    alerts = [
        {"alert": one.alert, "raised": clock.raised[one.alert]}
        | {"severity": one.severity, "rule": one.rule, "zone": one.zone, "track": one.track}
        for one in index.alerts
    ]
    told = {"first": clock.first, "last": clock.last, "alerts": alerts}
    await serve(playing.client, desk, hello(feed, caller, "replay", told), playing.hear, playing.run)


def _heed(stopping: asyncio.Event) -> Callable[[], None]:
    def heed() -> None:
        if stopping.is_set():
            raise Abandoned

    return heed
