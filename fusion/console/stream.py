"""The WebSocket: hello, then alerts in order, the newest of everything else, and frames for as long as they are acknowledged.

Nothing waits for a browser: what it has not taken is a place in the alerts, a version of the sky and the newest of each other
message. So a stalled one costs some hundred bytes, and when it comes back it is told the present, not the past.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from fusion.console.alert_log import shown_item
from fusion.console.columns import RAYS, STATUSES, TRACKS, VERDICTS
from fusion.console.desk import Desk
from fusion.console.feed import Feed
from fusion.console.permissions import Caller, Sight
from fusion.console.problems import Problem
from fusion.console.sessions import session_of
from fusion.console.spoken import SAID, Ack, Ping, Resume, Said, Watch
from fusion.messages import CLASSES

WINDOW = 2
"""Frames on the way: with one, a frame waits for the way there and back; with three, a slow browser shows the past."""

PATIENCE_S = 20.0
"""A browser that takes nothing off its socket for this long is gone."""

AT_ONCE = 200
"""Alerts in one message."""

CHECK_S = 5.0
"""s between two looks whether the session still holds."""

PROTOCOL = 1

ENDED, SLOW, RESTART, BROKEN = 4401, 4408, 1012, 1011

Take = Callable[[str], None]
Work = Callable[[], Coroutine[Any, Any, None]]

_encode = msgspec.json.Encoder().encode


class Client:
    """One browser: what it has been sent, and what it is to be sent next."""

    def __init__(self, socket: WebSocket, feed: Feed, caller: Caller) -> None:
        self.socket, self.feed, self.caller = socket, feed, caller
        self.sight = Sight.of(caller)
        self.stirred = asyncio.Event()
        self.ended: int | None = None  # why it is to be closed
        self._news: dict[str, dict[str, Any]] = {}
        self._answers: deque[dict[str, Any]] = deque(maxlen=20)
        self._version = 0  # of the sky, as sent
        self._keyed = False
        self._sent = self._acknowledged = 0  # frames
        self._alerts = 0
        self._watched: str | None = None
        self._watched_version = -1

    def news(self, key: str, message: dict[str, Any] | None) -> None:
        """Take that something changed."""
        if message is not None:
            self._news[key] = message
        self.stirred.set()

    def hear(self, said: Said) -> None:
        """Take what the browser says."""
        match said:
            case Ack(seq=seq):
                self._acknowledged = max(self._acknowledged, min(seq, self._sent))
            case Watch(track=track):
                self._watched, self._watched_version = track, -1
            case Ping(id=number):
                self._answers.append({"type": "pong", "id": number, "time": self.feed.now})
            case Resume():
                self.complain("resume comes once, first")
        self.stirred.set()

    def complain(self, detail: str) -> None:
        """Say what was not understood."""
        self._answers.append({"type": "problem", "detail": detail})
        self.stirred.set()

    def close(self, code: int) -> None:
        """Let it be closed."""
        self.ended = self.ended or code
        self.stirred.set()

    def begin_anew(self) -> None:
        """Let the next frame be the whole picture: what was sent is of another time."""
        self._keyed, self._watched_version = False, -1
        self.stirred.set()

    def resume(self, said: Resume) -> bytes:
        """Begin with the alerts that it has not."""
        alerts = self.feed.alerts
        missed = alerts.after(said.epoch, said.alerts)
        self._alerts = alerts.last
        self._news |= self.feed.standing()
        return self._alert_message(missed.items, reset=missed.reset, last=alerts.last)

    def due(self) -> list[bytes]:
        """Give what is to be sent now, the alerts first."""
        messages = self._due_alerts()
        messages += [_encode(self._answers.popleft()) for _ in range(len(self._answers))]
        news, self._news = self._news, {}
        messages += [_encode(one) for one in news.values()]
        if self._sent - self._acknowledged < WINDOW and (not self._keyed or self.feed.sky.version > self._version):
            messages += self._frame()
        return messages

    def _due_alerts(self) -> list[bytes]:
        alerts = self.feed.alerts
        if self._alerts == alerts.last:
            return []
        missed = alerts.after(alerts.epoch, self._alerts)
        self._alerts = alerts.last
        parts = [missed.items[start : start + AT_ONCE] for start in range(0, len(missed.items), AT_ONCE)] or [[]]
        if missed.reset:
            return [self._alert_message(missed.items, reset=True, last=alerts.last)]
        return [self._alert_message(part, reset=False, last=part[-1].seq if part else alerts.last) for part in parts]

    def _alert_message(self, items: list[Any], *, reset: bool, last: int) -> bytes:
        told = [shown_item(one, self.sight) for one in items]
        return _encode({"type": "alerts", "epoch": self.feed.alerts.epoch, "reset": reset, "last": last, "items": told})

    def _frame(self) -> list[bytes]:
        sky = self.feed.sky
        self._version, told = sky.told(self._version if self._keyed else 0, self.sight)
        self._keyed = True
        self._sent += 1
        head = {"type": "frame", "seq": self._sent, "time": self.feed.now, "t": sky.t}
        return [_encode(head)[:-1] + b"," + told[1:], *self._watched_track()]

    def _watched_track(self) -> list[bytes]:
        name, sky = self._watched, self.feed.sky
        if name is None or sky.changed(name) <= self._watched_version:
            return []
        self._watched_version = sky.version
        track = sky.track(name, self.sight)
        if track is None:
            self._watched = None
        return [_encode({"type": "track", "track": track})]


def hello(feed: Feed, caller: Caller, mode: str, clock: dict[str, Any] | None = None) -> dict[str, Any]:
    """Give the first message: what the numbers of all that follow mean."""
    told: dict[str, Any] = {
        "type": "hello",
        "protocol": PROTOCOL,
        "mode": mode,
        "site": feed.config.site.name,
        "time": feed.now,
        "t0": feed.sky.t0,
        "epoch": feed.alerts.epoch,
        "window": WINDOW,
        "columns": {"tracks": TRACKS, "rays": RAYS},
        "status": STATUSES,
        "class": CLASSES,
        "verdict": VERDICTS,
        "sensors": list(feed.sky.sensors),
        "session": session_of(caller),
    }
    return told if clock is None else told | {"clock": clock}


async def live(socket: WebSocket, desk: Desk, caller: Caller) -> None:
    """Serve one browser the live picture until it leaves, its session ends, or the server stops."""
    client = Client(socket, desk.feed, caller)
    await socket.accept()
    await serve(client, desk, hello(desk.feed, caller, "live"), lambda text: client.hear(SAID.decode(text)))


async def serve(client: Client, desk: Desk, first: dict[str, Any], take: Take, *works: Work) -> None:
    """Serve one browser that was accepted until one of its ends is over; `take` is given what it says, `works` go on beside."""
    socket = client.socket
    try:
        await _send(socket, _encode(first))
        async with asyncio.timeout(PATIENCE_S):
            resume = await _resume(socket)
        with client.feed.listening(client.news):
            await _send(socket, client.resume(resume))
            client.stirred.set()
            ends = [_hear(client, take), _tell(client), _check(client, desk), _stop(client, desk.stopping)]
            await _until_one_ends(*ends, *(work() for work in works))
    except WebSocketDisconnect:
        return
    except TimeoutError:
        client.close(SLOW)
    except msgspec.DecodeError as error:
        await _send(socket, _encode({"type": "problem", "detail": f"expected resume first: {error}"}))
    if socket.application_state is not WebSocketState.DISCONNECTED:
        with contextlib.suppress(RuntimeError, TimeoutError, WebSocketDisconnect):
            async with asyncio.timeout(1.0):
                await socket.close(client.ended or 1008)


async def refuse(socket: WebSocket, detail: str, code: int = BROKEN) -> None:
    """Say to a browser that was accepted why there is no stream after all, and close."""
    with contextlib.suppress(RuntimeError, TimeoutError, WebSocketDisconnect):
        await _send(socket, _encode({"type": "problem", "detail": detail}))
        await socket.close(code)


async def _resume(socket: WebSocket) -> Resume:
    return msgspec.json.decode(await _text(socket), type=Resume)


async def _hear(client: Client, take: Take) -> None:
    while True:
        text = await _text(client.socket)
        try:
            take(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            client.complain(str(error))


async def _text(socket: WebSocket) -> str:
    message = await socket.receive()
    if message["type"] != "websocket.receive":
        raise WebSocketDisconnect(message.get("code", 1000))
    return message.get("text") or (message.get("bytes") or b"").decode("utf-8", "replace")


async def _tell(client: Client) -> None:
    while client.ended is None:
        await client.stirred.wait()
        client.stirred.clear()
        for message in client.due():
            await _send(client.socket, message)


async def _send(socket: WebSocket, message: bytes) -> None:
    async with asyncio.timeout(PATIENCE_S):
        await socket.send({"type": "websocket.send", "text": message.decode()})


async def _check(client: Client, desk: Desk) -> None:
    """End it when its session has ended: asked for every few seconds, for another process may have taken it away."""
    while True:
        await asyncio.sleep(CHECK_S)
        if not await still_holds(client.caller, desk):
            client.close(ENDED)


async def still_holds(caller: Caller, desk: Desk) -> bool:
    """Tell whether a caller may still all that it may; a journal that is away takes nothing from anyone."""
    if desk.clock() >= caller.expires:
        return False
    if not caller.digest:
        return True
    try:
        now = await desk.off_loop(desk.people.caller_of, caller.digest, desk.clock())
    except Problem:
        return True
    return now is not None and now.permissions == caller.permissions


async def _stop(client: Client, stopping: asyncio.Event) -> None:
    await stopping.wait()
    client.close(RESTART)
    await asyncio.sleep(1.0)


async def _until_one_ends(*works: Any) -> None:
    tasks: list[asyncio.Task[None]] = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
