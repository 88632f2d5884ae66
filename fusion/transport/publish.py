"""Gives the broker what is in the outbox, and believes that it has it only when it says so."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
from collections.abc import Awaitable, Callable
from typing import Literal, NoReturn

from fusion.topics import PRIVATE, TopicTree
from fusion.transport.access import Lost
from fusion.transport.link import Link, ignore
from fusion.transport.mqtt import Wire, read_back
from fusion.transport.outbox import Outbox, Parcel
from fusion.transport.outgoing import Publication

logger = logging.getLogger(__name__)

AT_ONCE = 10
"""Publications on the way at once: enough to fill the pipe, few enough to keep their order and to send again."""

CONFIRM_WITHIN_S = 30.0
"""A broker that answers pings but confirms nothing for this long is sick: connect anew."""

FAREWELL_S = 0.3
"""How long the rest of the outbox, and then the last word, may each take when the service stops (within 2 s)."""

Presence = Callable[[Literal["online", "offline"]], Publication]
"""Gives what says that we are there, or no longer are: first word, Will and last word."""

Expected = Callable[[], Awaitable[list[Publication]]]
"""Gives what the broker should be retaining for us."""


async def publish(
    link: Link,
    outbox: Outbox,
    *,
    presence: Presence | None = None,
    tree: TopicTree | None = None,
    expected: Expected | None = None,
) -> NoReturn:
    """Publish for ever what is put into the outbox; when cancelled, empty it if that is quick, and say that we are gone.

    With `tree`, alerts that are in doubt after a restart or a lost connection are compared with what the broker retains, so
    that none is repeated; with `expected` too, what the broker has forgotten is given to it again.
    """
    sender = _Sender(link, outbox, presence, tree, expected)
    will = functools.partial(presence, "offline") if presence else None
    await link.hold(sender.use, deliver=ignore, will=will, farewell=sender.farewell)


class _Sender:
    """Knows which publications the broker has not answered yet."""

    def __init__(
        self, link: Link, outbox: Outbox, presence: Presence | None, tree: TopicTree | None, expected: Expected | None
    ) -> None:
        self.link = link
        self.outbox = outbox
        self.presence = presence
        self.tree = tree
        self.expected = expected
        self.unanswered: set[asyncio.Future[str]] = set()

    async def use(self, wire: Wire) -> None:
        """Announce ourselves, settle what is in doubt, and send what is posted."""
        self.unanswered.clear()
        self.outbox.take_back()
        if self.presence:
            await wire.send(self.presence("online"))
        await self._settle_doubts()
        self.link.ready()
        while True:
            await self._send_next(wire)

    async def farewell(self, wire: Wire) -> None:
        """Send what is left, and the last word."""
        with contextlib.suppress(TimeoutError, Lost):
            async with asyncio.timeout(FAREWELL_S):
                await self._empty(wire)
        if self.presence:
            with contextlib.suppress(TimeoutError, Lost):
                async with asyncio.timeout(FAREWELL_S):
                    await wire.send(self.presence("offline"))

    async def _settle_doubts(self) -> None:
        if self.tree and (self.expected or self.outbox.in_doubt):
            retained = {
                topic: said
                for row in ("alert", f"{PRIVATE}alert")
                for topic, said in (await read_back(self.link.access, self.tree, row)).items()
            }
            self.outbox.settle(retained)
            if self.expected:
                self.outbox.restore(await self.expected(), retained)

    async def _send_next(self, wire: Wire) -> None:
        if len(self.unanswered) >= AT_ONCE:
            await self._wait_for_answers(asyncio.FIRST_COMPLETED)
        parcel = await self.outbox.get()
        answer = wire.send(parcel.publication)
        self.unanswered.add(answer)
        answer.add_done_callback(functools.partial(self._answered, parcel))

    async def _empty(self, wire: Wire) -> None:
        while self.outbox.waiting:
            await self._send_next(wire)
        if self.unanswered:
            await self._wait_for_answers(asyncio.ALL_COMPLETED)

    async def _wait_for_answers(self, how_many: str) -> None:
        done, _ = await asyncio.wait(self.unanswered, timeout=CONFIRM_WITHIN_S, return_when=how_many)
        if not done:
            raise Lost(f"the broker has confirmed nothing for {CONFIRM_WITHIN_S:.0f} s")

    def _answered(self, parcel: Parcel, answer: asyncio.Future[str]) -> None:
        self.unanswered.discard(answer)
        if reason := answer.result():
            logger.warning("the broker refuses %s: %s", parcel.publication.topic, reason)
            self.outbox.refuse(parcel)
        else:
            self.outbox.confirm(parcel)
