"""How the test range speaks to a broker: by the edge's own means."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fusion.transport.outbox import Outbox
from fusion.transport.outgoing import Publication


def onto(outbox: Outbox) -> Callable[[str, bytes, int, bool], Awaitable[None]]:
    """Give what publishes by an outbox: it waits until the broker has each message, so a slow broker delays and loses none."""

    async def post(topic: str, payload: bytes, qos: int, retained: bool) -> None:  # noqa: FBT001 - `play` says it so
        await outbox.deliver(Publication(topic, payload, qos, retained))

    return post
