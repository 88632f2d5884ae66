"""A connection that comes back by itself: connect, use, and when it is lost wait a little and connect again."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, NoReturn

from fusion.config import Mqtt
from fusion.errors import BrokerError
from fusion.messages import BrokerHealth, utc
from fusion.transport.access import Lost, access
from fusion.transport.inbox import Ack
from fusion.transport.mqtt import Deliver, Wire, connect
from fusion.transport.outgoing import Publication

logger = logging.getLogger(__name__)

COUNTED = ("connections", "connections_lost", "connection_failures", "dropped_malformed", "dropped_foreign")

_chance = random.SystemRandom()


class Link:
    """One client of the broker under one fixed name, and what it has been through.

    A broker that refuses us the first time (wrong password, certificate, permission) raises BrokerError: a person is there to
    mend it. One that refuses us later may be in the middle of being mended: that is logged, counted and tried again.
    """

    def __init__(self, settings: Mqtt, client_id: str, *, first_pause_s: float = 0.5, longest_pause_s: float = 30.0) -> None:
        self.access = access(settings, client_id)
        self.up = asyncio.Event()  # connected, and in use
        self._pauses = (first_pause_s, longest_pause_s)
        self._proven = False
        self._trouble: tuple[int, str] | None = None  # since when (ns) it is not connected, and why it came to that
        self._counts = dict.fromkeys(COUNTED, 0)

    async def hold(
        self,
        use: Callable[[Wire], Coroutine[Any, Any, None]],
        *,
        deliver: Deliver,
        will: Callable[[], Publication] | None = None,
        farewell: Callable[[Wire], Awaitable[None]] | None = None,
    ) -> NoReturn:
        """Connect and use, for ever; when cancelled, say farewell if there is somebody to say it to."""
        pauses = self._backing_off()
        while True:
            try:
                async with connect(self.access, deliver, will=will and will()) as wire:
                    self.count("connections")
                    await self._serve(wire, use, farewell)
            except (Lost, BrokerError) as error:
                self._note(error)
            if self.up.is_set():
                pauses = self._backing_off()
                self.up.clear()
            await asyncio.sleep(next(pauses))

    def ready(self) -> None:
        """Note that the connection is in use: subscribed, or announced."""
        self._proven, self._trouble = True, None
        self.up.set()

    def count(self, what: str, times: int = 1) -> None:
        """Count something that happened on this link."""
        self._counts[what] += times

    def health(self) -> BrokerHealth:
        """Say whether it is connected, else since when not, and why."""
        if self._trouble is None:
            return BrokerHealth(state="connected")
        since, reason = self._trouble
        return BrokerHealth(state="lost", since=utc(since), reason=reason)

    def counters(self) -> dict[str, int]:
        """Say how connecting went; the names stand in `fusion.transport.counters`."""
        return dict(self._counts)

    async def _serve(
        self,
        wire: Wire,
        use: Callable[[Wire], Coroutine[Any, Any, None]],
        farewell: Callable[[Wire], Awaitable[None]] | None,
    ) -> None:
        try:
            await wire.carry(use(wire))
        except asyncio.CancelledError:
            if farewell:
                await farewell(wire)
            raise
        finally:
            self.count("dropped_malformed", wire.malformed)

    def _note(self, error: Lost | BrokerError) -> None:
        if isinstance(error, BrokerError) and not self._proven:
            raise error
        self.count("connections_lost" if self.up.is_set() else "connection_failures")
        self._trouble = self._trouble or (time.time_ns(), str(error))
        logger.warning("%s: %s", self.access.client_id, error)

    def _backing_off(self) -> Iterator[float]:
        """Give pauses that double up to the longest, each cut by chance, so that a crowd does not come back at once."""
        pause, longest = self._pauses
        while True:
            yield pause * _chance.uniform(0.5, 1.0)
            pause = min(2 * pause, longest)


def ignore(_topic: str, _payload: bytes, ack: Ack | None) -> None:
    """Take a message that nobody waits for."""
    if ack:
        ack()
