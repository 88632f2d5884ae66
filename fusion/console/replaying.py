"""The stream of a recording: opened with its index, played from anywhere in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from starlette.websockets import WebSocket

from fusion.console.clock import Clock
from fusion.console.columns import MILLISECOND
from fusion.console.desk import Desk
from fusion.console.permissions import Caller
from fusion.console.playing import Asides, Piece, play
from fusion.console.recordings import Abandoned, Found, Opened
from fusion.console.stream import RESTART, refuse
from fusion.errors import FusionError
from fusion.messages import Output
from fusion.playback import Playback


class Recorded:
    """A recording as a source."""

    def __init__(self, playback: Playback) -> None:
        self.playback = playback

    def present(self, time: int) -> list[Output]:
        """Stand at a time (ns), and say what stands there."""
        self.playback.seek(time)
        return self.playback.present()

    def advance(self, time: int) -> tuple[list[Output], Asides]:
        """Go on to a time (ns), and say what came of that."""
        return [output for _, outputs in self.playback.play(time) for output in outputs], {}


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
        await play(socket, desk, caller, "replay", _piece(desk, opened), thread)
    finally:
        thread.shutdown(wait=False, cancel_futures=True)


def _piece(desk: Desk, opened: Opened) -> Piece:
    """Give a recording as what is played: at its last ms all that is in it was heard."""
    index = opened.index
    raised = {one.alert: one.raised // MILLISECOND for one in index.alerts}
    alerts = [
        {"alert": one.alert, "raised": raised[one.alert]}
        | {"severity": one.severity, "rule": one.rule, "zone": one.zone, "track": one.track}
        for one in index.alerts
    ]
    clock = Clock(index.first // MILLISECOND, index.last // MILLISECOND + 1, raised)
    return Piece(desk.config, Recorded(opened.playback), clock, alerts)


def _heed(stopping: asyncio.Event) -> Callable[[], None]:
    def heed() -> None:
        if stopping.is_set():
            raise Abandoned

    return heed
