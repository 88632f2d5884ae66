"""Hears some rows of the topic tree for ever, as any integrator does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import NoReturn

from fusion.messages import RawMessage
from fusion.topics import Address, TopicTree
from fusion.transport.inbox import Inbox
from fusion.transport.link import Link
from fusion.transport.listen import listen
from fusion.transport.mqtt import Subscription

ROOM = 100_000
"""Messages that may wait to be looked at."""


async def hear(link: Link, tree: TopicTree, rows: Iterable[str], take: Callable[[Address, RawMessage], None]) -> NoReturn:
    """Hear some rows of `TOPICS` for ever; `take` is given what each message's topic says, and the message."""
    inbox = Inbox(ROOM)
    wishes = [Subscription(filter_, 1) for row in rows for filter_ in tree.filters(row)]
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(listen(link, wishes, inbox, tree), name="listen")
        while True:
            item = await inbox.get()
            if isinstance(item.input, RawMessage) and (address := tree.parse(item.input.topic)):
                take(address, item.input)
            item.done()
