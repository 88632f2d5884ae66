"""How the test range speaks to a broker and hears the service: by the edge's own means."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import NoReturn

from fusion.config import Mqtt
from fusion.messages import RawMessage
from fusion.topics import TopicTree
from fusion.transport.inbox import Inbox
from fusion.transport.link import Link
from fusion.transport.listen import listen
from fusion.transport.mqtt import Subscription
from fusion.transport.outbox import Outbox
from fusion.transport.outgoing import Publication

ROOM = 100_000
"""Messages that may wait to be looked at."""


def onto(outbox: Outbox) -> Callable[[str, bytes, int, bool], Awaitable[None]]:
    """Give what publishes by an outbox: it waits until the broker has each message, so a slow broker delays and loses none."""

    async def post(topic: str, payload: bytes, qos: int, retained: bool) -> None:  # noqa: FBT001 - `play` says it so
        await outbox.deliver(Publication(topic, payload, qos, retained))

    return post


async def hear(
    settings: Mqtt, client_id: str, tree: TopicTree, rows: Iterable[str], take: Callable[[str, RawMessage], None]
) -> NoReturn:
    """Hear some rows of `TOPICS` for ever; `take` is given each row's name and message."""
    inbox = Inbox(ROOM)
    wishes = [Subscription(filter_, 1) for row in rows for filter_ in tree.filters(row)]
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(listen(Link(settings, client_id), wishes, inbox, tree), name="listen")
        while True:
            item = await inbox.get()
            if isinstance(item.input, RawMessage) and (address := tree.parse(item.input.topic)):
                take(address.name, item.input)
            item.done()
