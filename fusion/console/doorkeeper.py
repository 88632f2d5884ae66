"""Who may stand in the console's door, and how long: slow, greedy and babbling peers are sent away, counted and named.

uvicorn bounds how many connect and how large a request's head may be. It knows no time in which a request must be whole or an
answer taken: a thousand peers that drip a byte a minute, all from one address, would leave no place for anybody else.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections import Counter
from typing import ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from fusion.console.stream_door import KeptStream
from fusion.messages import FeedHealth
from fusion.transport.feeds.feed import Trouble

logger = logging.getLogger(__name__)

WHOLE_S = 30.0
"""s that a request may take from its first byte, or from the connection, to its last: 1 MiB over a patrol's worst mobile link."""

TAKEN_S = 30.0
"""s in which a browser must take something of an answer that waits."""

MOST_OF_ONE = 250
"""Connections of one address, of the thousand that there may be: forty browsers behind one router. A proxy of ours is one
address for all, and bounds them itself."""


class Doorkeeper:
    """Counts who comes, and says of whom it had enough."""

    def __init__(self, address: str, *, proxy: bool) -> None:
        self._most = None if proxy else MOST_OF_ONE
        self._inside: Counter[str] = Counter()
        self._trouble = Trouble(logger, address)
        self._requests = self._refused = 0

    def enter(self, host: str) -> bool:
        """Let a peer in; False where there are too many of its address."""
        self._inside[host] += 1
        if self._most is None or self._inside[host] <= self._most:
            return True
        self.refuse(f"{host}: has {self._most} connections already: another one was sent away")
        return False

    def leave(self, host: str) -> None:
        """Note that a peer has gone."""
        self._inside[host] -= 1
        if self._inside[host] <= 0:
            del self._inside[host]

    def answered(self) -> None:
        """Count a request."""
        self._requests += 1

    def refuse(self, reason: str) -> None:
        """Count what could not be taken, and say why."""
        self._refused += 1
        self._trouble.note(reason)

    def health(self) -> FeedHealth:
        """Say how it goes: `frames` are requests."""
        peers = sum(self._inside.values())
        return FeedHealth(
            state="listening",
            peers=peers,
            frames=self._requests,
            bytes=0,
            dropped=0,
            refused=self._refused,
            trouble=self._trouble.last,
        )

    def protocol(self) -> type[H11Protocol]:
        """Give uvicorn's HTTP with this keeper in its door."""
        return type("Kept", (_Kept,), {"keeper": self})

    def stream_protocol(self) -> type[KeptStream]:
        """Give uvicorn's WebSocket with this keeper in its door."""
        return type("KeptStream", (KeptStream,), {"keeper": self})


class _Kept(H11Protocol):
    keeper: ClassVar[Doorkeeper]
    _spoke = False
    _whole: asyncio.TimerHandle | None = None
    _taken: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Let a peer in, and begin to wait for its request."""
        super().connection_made(transport)
        if self.keeper.enter(self._host):
            self._wait()
        else:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let it go."""
        self._rest()
        self.resume_writing()
        self.keeper.leave(self._host)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take a piece; wait as long as it is no whole request."""
        self._spoke = True
        super().data_received(data)
        ours = self.transport.get_protocol() is self  # a stream's handshake is handed on before h11 takes it for whole
        if ours and self.conn.their_state in {h11.IDLE, h11.SEND_BODY}:  # a request that is not whole
            self._wait()
        else:
            self._rest()

    def on_response_complete(self) -> None:
        """Count a request that was answered."""
        self.keeper.answered()
        super().on_response_complete()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Hand the connection on with its place in the door: from here on the stream has its own patience."""
        self._rest()
        if len(self.connections) > (self.limit_concurrency or math.inf):  # uvicorn looks at requests alone
            self._send_away(f"there are {self.limit_concurrency} connections already: a stream was sent away")
            return
        super().handle_websocket_upgrade(event)

    def send_400_response(self, msg: str) -> None:
        """Say that it is no HTTP."""
        self.keeper.refuse(f"{self._host}: {msg}")
        super().send_400_response(msg)

    def pause_writing(self) -> None:
        """Wait until some of an answer is taken."""
        super().pause_writing()
        self._taken = self.loop.call_later(TAKEN_S, self._send_away, f"takes nothing of its answer for {TAKEN_S:g} s")

    def resume_writing(self) -> None:
        """Note that some was taken."""
        if self._taken is not None:
            self._taken.cancel()
            self._taken = None
        super().resume_writing()

    @property
    def _host(self) -> str:
        return self.client[0] if self.client else "?"

    def _wait(self) -> None:
        if self._whole is None:
            self._whole = self.loop.call_later(WHOLE_S, self._give_up)

    def _rest(self) -> None:
        if self._whole is not None:
            self._whole.cancel()
            self._whole = None

    def _give_up(self) -> None:
        if self._spoke:
            self._send_away(f"sent no whole request within {WHOLE_S:g} s")
        else:  # browsers open connections in store, and use not all of them: that is nobody's fault
            self.transport.abort()

    def _send_away(self, reason: str) -> None:
        self.keeper.refuse(f"{self._host}: {reason}")
        self.transport.abort()
