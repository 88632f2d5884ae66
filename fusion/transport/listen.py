"""Hears what is said on the broker and puts it into the inbox."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import Callable, Iterable
from typing import Literal, NoReturn

from fusion.messages import RawMessage
from fusion.topics import TOPICS, TopicTree
from fusion.transport.access import Lost
from fusion.transport.inbox import Ack, Inbox
from fusion.transport.link import Link, ignore
from fusion.transport.mqtt import Subscription, Wire

SCANS = ("scan", "raw")
"""Rows of `TOPICS` of which, with "latest", only the newest matter."""

LEAVE_S = 1.0
"""A broker that is still there answers in milliseconds; who asked us to stop shall wait 2 s at most."""

QUIET_S = 0.2
"""After which a broker has no more for us: what waits behind its window comes within milliseconds of what we acknowledge."""

INWARD = (
    *SCANS,
    "sensor_status",
    "registration",
    "pose",
    "crowd",
    "command",
    "zone",
    "zone_position",
    "zone_window",
    "zone_plan",
    "permit",
)
"""Rows of `TOPICS` that the service hears."""


def inward(tree: TopicTree, delivery: Literal["latest", "no-loss"]) -> list[Subscription]:
    """List what the service subscribes to: with "latest", scans at QoS 0; everything else at the contract's."""
    return [
        Subscription(filter_, 0 if delivery == "latest" and name in SCANS else TOPICS[name].qos)
        for name in INWARD
        for filter_ in tree.filters(name)
    ]


async def listen(
    link: Link,
    subscriptions: Iterable[Subscription],
    inbox: Inbox,
    tree: TopicTree,
    clock: Callable[[], int] = time.time_ns,
    *,
    to_the_last: bool = False,
) -> NoReturn:
    """Hear the subscribed topics for ever; whoever empties the inbox calls each item's `done` once it has been dealt with.

    `to_the_last`: when cancelled, all that the broker has is heard first.
    """
    listener = _Listener(link, list(subscriptions), inbox, tree, clock)
    await link.hold(listener.use, deliver=listener.deliver, farewell=listener.leave if to_the_last else None)


class _Listener:
    """Knows which wire to leave alone while the inbox is full."""

    def __init__(
        self, link: Link, subscriptions: list[Subscription], inbox: Inbox, tree: TopicTree, clock: Callable[[], int]
    ) -> None:
        self.link = link
        self.subscriptions = subscriptions
        self.inbox = inbox
        self.tree = tree
        self.clock = clock
        self.wire: Wire | None = None
        self._came = asyncio.Event()
        self._asked_for = re.compile("|".join(_regex(wish.filter) for wish in subscriptions))

    async def use(self, wire: Wire) -> None:
        """Subscribe: after every connect, for a broker that came back may have forgotten."""
        self.wire = None
        await wire.subscribe(self.subscriptions)  # its answer must be read, so only now may the wire be left alone
        self.wire = wire
        self.inbox.on_room = wire.resume
        self._mind_the_inbox()
        self.link.ready()

    async def leave(self, wire: Wire) -> None:
        """Unsubscribe, then hear on until it is quiet: what waits behind a broker's window comes after its answer."""
        with contextlib.suppress(Lost, TimeoutError):
            async with asyncio.timeout(LEAVE_S):
                await wire.unsubscribe(self.subscriptions, LEAVE_S)
                while True:
                    self._came.clear()
                    async with asyncio.timeout(QUIET_S):
                        await self._came.wait()

    def deliver(self, topic: str, payload: bytes, ack: Ack | None) -> None:
        """Put a message into the inbox, and stop reading when that is full.

        Not every message was asked for: amqtt 0.12 greets each client with what is retained on everybody's subscriptions.
        """
        self._came.set()
        if self._asked_for.fullmatch(topic):
            message = RawMessage(topic=topic, payload=payload, received=self.clock())
            self.inbox.put(message, ack, scan=ack is None and self._is_scan(topic))
            self._mind_the_inbox()
        else:
            self.link.count("dropped_foreign")
            ignore(topic, payload, ack)

    def _mind_the_inbox(self) -> None:
        if self.inbox.full and self.wire is not None:
            self.wire.pause()

    def _is_scan(self, topic: str) -> bool:
        """Tell a scan, or a topic that means nothing to us, from what must not be pushed out by scans."""
        address = self.tree.parse(topic)
        return address is None or address.name in SCANS


def _regex(filter_: str) -> str:
    """Write a subscription filter as a regular expression."""
    return re.escape(filter_).replace(r"\+", "[^/]*").replace(r"\#", ".*")
