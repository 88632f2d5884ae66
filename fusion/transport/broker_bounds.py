"""What the embedded broker holds at most: amqtt bounds neither what waits for a client, nor what is retained, nor who once came.

Who sends much waits (TCP makes it) while more than `MOST_HELD` bytes that came or are to go have not gone; who sends little goes
on up to four times as many. A client that takes nothing is sent away after `PATIENCE_S`; so is one that acknowledges nothing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from fusion.transport.feeds.feed import Trouble

logger = logging.getLogger(__name__)

MOST_HELD = 16 << 20
"""Bytes that came or are to go: of any one packet as much is taken."""

LITTLE, MOST_OF_ALL = 1 << 20, 4 * MOST_HELD
"""Bytes of one client that do not wait for a flood of others, up to so many of all."""

OVERHEAD = 512
"""Bytes that a packet costs beside its own, twice at least: one for each byte of its head that is read."""

MOST_BEHIND = 1 << 20
"""Bytes that may wait for one client for as long as it likes."""

PATIENCE_S = 10.0

MOST_UNACKNOWLEDGED = 1_000
"""Messages of QoS 1 and 2 on the way to one client."""

MOST_FINISHED = 1_000
"""Deliveries that amqtt remembers: it forgets them in order, so that one which is not acknowledged keeps all that follow."""

MOST_RETAINED, MOST_RETAINED_BYTES = 20_000, 64 << 20
MOST_FILTERS = 2_000
"""Different topics that are subscribed to: amqtt compares each message with each of them."""

MOST_SESSIONS = 2_000
"""Clients that are there or wanted to be remembered (`clean_session` false)."""

LOOK_S = 1.0


class Pressure:
    """How much the broker holds, and for whom."""

    def __init__(self, broker: Any) -> None:
        """`broker`: amqtt's."""
        self._broker = broker
        self._held = 0  # bytes since there was nothing to do
        self._of: WeakKeyDictionary[Any, int] = WeakKeyDictionary()  # bytes of each client since then
        self._looked = 0.0  # s, when it was last looked who acknowledges nothing
        self._trouble = Trouble(logger, "the embedded broker")
        self.behind: set[Any] = set()  # the writers of clients for which much waits

    def take(self, size: int, of: Any = None) -> None:
        """Count what came of a client, or is to go."""
        self._held += size
        if of is not None:
            self._of[of] = self._of.get(of, 0) + size

    async def room(self, of: Any) -> None:
        """Wait until there is room for one more packet of a client."""
        self._look()
        while self._held > (MOST_HELD if self._of.get(of, 0) > LITTLE else MOST_OF_ALL):
            if self._idle():
                self._held = 0
                self._of.clear()
                return
            await asyncio.sleep(0.01)
            self._look()

    def note(self, trouble: str) -> None:
        """Say who was sent away, and why."""
        self._trouble.note(trouble)

    def _idle(self) -> bool:
        waiting = any(not session.delivered_message_queue.empty() for session, _ in self._broker.sessions.values())
        return not self.behind and not waiting and self._broker._broadcast_queue.empty()  # noqa: SLF001 - it has no other word for it

    def _look(self) -> None:
        """Forget what has been delivered, and send away who acknowledges nothing; not at each packet."""
        if time.monotonic() - self._looked < LOOK_S:
            return
        self._looked = time.monotonic()
        deliveries = self._broker._tasks_queue  # noqa: SLF001
        if len(deliveries) > MOST_FINISHED:
            for _ in range(len(deliveries)):
                one = deliveries.popleft()
                if not one.done():
                    deliveries.append(one)
                elif not one.cancelled():
                    one.exception()  # it was looked at
        for session, handler in self._broker.sessions.values():
            if len(session.inflight_out) > MOST_UNACKNOWLEDGED and handler.writer is not None:
                self.note(f"{session.client_id!r:.80} has acknowledged none of {len(session.inflight_out)} messages")
                handler.writer.abort()


def bounded_writer(adapter: type[Any], pressure: Pressure) -> Callable[[asyncio.StreamWriter], Any]:
    """Give amqtt's writer with an end for who takes nothing."""

    class Bounded(adapter):  # type: ignore[misc] # amqtt is not typed
        _timer: asyncio.TimerHandle | None = None

        def write(self, data: bytes) -> None:
            pressure.take(len(data))
            super().write(data)
            if self._timer is None and self._is_behind():
                pressure.behind.add(self)
                self._timer = asyncio.get_running_loop().call_later(0.1, self._look, asyncio.get_running_loop().time())

        async def drain(self) -> None:
            """Wait for nobody: amqtt would keep all that is to follow as tasks, where it is not seen how much that is."""

        def abort(self) -> None:
            """End it without a last word."""
            self._writer.transport.abort()

        def _is_behind(self) -> bool:
            transport = self._writer.transport
            return not self.is_closed and not transport.is_closing() and transport.get_write_buffer_size() > MOST_BEHIND

        def _look(self, since: float) -> None:
            loop = asyncio.get_running_loop()
            self._timer = None
            if self._is_behind() and loop.time() - since > PATIENCE_S:
                pressure.note(f"{self.get_peer_info()} has taken nothing, or too little, for {PATIENCE_S:g} s")
                self.abort()
            if self._is_behind():
                self._timer = loop.call_later(0.1, self._look, since)
            else:
                pressure.behind.discard(self)

    return Bounded


def bounded_broker(broker: type[Any]) -> type[Any]:
    """Give amqtt's broker with a bound of what it keeps."""

    class Bounded(broker):  # type: ignore[misc]
        _bytes = 0  # that are retained

        async def retain_message(self, source_session: Any, topic_name: str, data: bytes | None, qos: int | None = None) -> None:
            old = self._retained_messages.get(topic_name)
            more = len(data or b"") - (0 if old is None else len(old.data))
            full = old is None and len(self._retained_messages) >= MOST_RETAINED
            if data and (full or self._bytes + more > MOST_RETAINED_BYTES):
                return  # told to who listens, and to nobody who comes later
            await super().retain_message(source_session, topic_name, data, qos)
            self._bytes += more

        async def add_subscription(self, subscription: tuple[str, int], session: Any) -> int:
            if subscription[0] not in self._subscriptions and len(self._subscriptions) >= MOST_FILTERS:
                return 0x80
            return int(await super().add_subscription(subscription, session))

        async def forget(self) -> None:
            """Forget who is not there, the longest first, where too many wanted to be remembered."""
            for name in list(self.sessions):
                if len(self.sessions) <= MOST_SESSIONS:
                    return
                if self.sessions[name][0].transitions.state != "connected":
                    await self._delete_session(name)

    return Bounded
