"""The door of a stream: who sends too much, too often or no frames at all, or takes nothing, is sent away, counted and named.

uvicorn bounds a message's bytes and waits for who reads slowly. It knows no bound of how many frames come: it answers each ping,
read or not; it keeps each piece of a message; and it leaves a connection that it has closed open until the last byte is taken.
"""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar, Protocol

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from fusion.transport.feeds.feed import Allowance

FRAMES_HZ = 200.0
"""Frames of one stream, and so many at once: a page acknowledges each picture, at 16 times the clock's speed eighty a second."""

MOST_PIECES = 1_000
"""Of one message: browsers send ours, of some hundred bytes, in one."""

PIECE = 4096
"""Bytes that are looked at together: no more than 700 frames, after which one that sends too many is gone."""

TAKEN_S = 30.0
"""s in which a browser must take something of what waits: `stream.PATIENCE_S` and time to say so."""

LEAVE_S = 2.0
"""s in which the last word may be taken by one that was sent away."""

Transport = asyncio.Transport


class Keeper(Protocol):
    """Who counts the connections of the console."""

    def leave(self, host: str) -> None: ...  # noqa: D102

    def refuse(self, reason: str) -> None: ...  # noqa: D102


class KeptStream(WebSocketsSansIOProtocol):
    """One stream; its place in the door it has of the request that began it."""

    keeper: ClassVar[Keeper]
    _taken: asyncio.TimerHandle | None = None
    _leaving: asyncio.TimerHandle | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._allowed = Allowance(FRAMES_HZ, self.loop.time())

    def connection_lost(self, exc: Exception | None) -> None:
        """Let it go."""
        for timer in (self._taken, self._leaving):
            if timer is not None:
                timer.cancel()
        self.keeper.leave(self._host)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came, as long as it is good."""
        for start in range(0, len(data), PIECE):
            if self.transport.is_closing():
                return
            super().data_received(data[start : start + PIECE])

    def handle_cont(self, event: Frame) -> None:
        """Take a further piece of a message."""
        if len(self.frames) >= MOST_PIECES:
            self._send_away(1009, f"a message in more than {MOST_PIECES} pieces")
        elif self._may():
            super().handle_cont(event)

    def handle_text(self, event: Frame) -> None:
        """Take a message, or its first piece."""
        if self._may():
            super().handle_text(event)

    def handle_bytes(self, event: Frame) -> None:
        """Take a message of bytes, or its first piece."""
        if self._may():
            super().handle_bytes(event)

    def handle_ping(self) -> None:
        """Answer."""
        if self._may():
            super().handle_ping()

    def handle_pong(self, event: Frame) -> None:
        """Take an answer, or what nobody asked for."""
        if self._may():
            super().handle_pong(event)

    def send_receive_event_to_app(self) -> None:
        """Hand a whole message on, where text is text: uvicorn would write a traceback for each that is not."""
        if self.curr_msg_data_type == "text":
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self._send_away(1007, "text that is not UTF-8")
                return
        super().send_receive_event_to_app()

    def handle_parser_exception(self) -> None:
        """Say that these are no frames, and close."""
        self.keeper.refuse(f"{self._host}: its stream: {self.conn.parser_exc}")
        if self.conn.close_sent is None:  # it did not wait for the answer to its handshake
            self.transport.abort()
            return
        super().handle_parser_exception()
        self._leave(LEAVE_S)

    def keepalive_timeout(self) -> None:
        """Close one that is not there any more."""
        super().keepalive_timeout()
        self._leave(LEAVE_S)

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        """Close what is over, even if the last word is never taken."""
        super().on_task_complete(task)
        self._leave(self.close_timeout + LEAVE_S)

    def pause_writing(self) -> None:
        """Wait until some is taken."""
        super().pause_writing()
        self._taken = self.loop.call_later(TAKEN_S, self._deaf)

    def resume_writing(self) -> None:
        """Note that some was taken."""
        if self._taken is not None:
            self._taken.cancel()
            self._taken = None
        super().resume_writing()

    async def send(self, message: Any) -> None:
        """Send; what follows our own last word is for nobody."""
        await self.writable.wait()
        if self.close_sent and message["type"] == "websocket.send":
            raise ClientDisconnected
        await super().send(message)

    @property
    def _host(self) -> str:
        return self.client[0] if self.client else "?"

    def _may(self) -> bool:
        if self.transport.is_closing():
            return False
        if self._allowed.take(self.loop.time()) <= 0.0:
            return True
        self._send_away(1008, f"more than {FRAMES_HZ:g} frames a second")
        return False

    def _send_away(self, code: int, reason: str) -> None:
        self.keeper.refuse(f"{self._host}: its stream: {reason}")
        self.conn.fail(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.transport.close()
        self._leave(LEAVE_S)

    def _deaf(self) -> None:
        self.keeper.refuse(f"{self._host}: its stream: takes nothing for {TAKEN_S:g} s")
        self.transport.abort()

    def _leave(self, within_s: float) -> None:
        if self._leaving is None and not self.disconnected:
            self._leaving = self.loop.call_later(within_s, self.transport.abort)
