"""Records what sensors and people say on a site's topics, beside the service or without it."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
import time
from collections.abc import Callable
from pathlib import Path

from fusion import recording
from fusion.config import Config
from fusion.messages import SECOND, Tick
from fusion.topics import TopicTree
from fusion.transport.inbox import Inbox
from fusion.transport.link import Link
from fusion.transport.listen import inward, listen

ROOM = 100_000
"""Messages that may wait for the disk: a minute of a busy site."""


async def record(config: Config, path: Path, seconds: float | None, schemas: dict[str, bytes]) -> dict[str, int]:
    """Record until SIGINT, SIGTERM or so many seconds have passed; give what came and what was dropped.

    All that the broker had by then is recorded.
    """
    tree, inbox = TopicTree(config.site.name, config.mqtt.root), Inbox(ROOM)
    link = Link(config.mqtt, f"vigie-{config.site.name}-record-{secrets.token_hex(4)}")
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with contextlib.closing(recording.write_to(path, schemas)) as writer:
        async with asyncio.TaskGroup() as tasks:
            wanted = inward(tree, config.mqtt.delivery)
            hearing = tasks.create_task(listen(link, wanted, inbox, tree, to_the_last=True), name="listen")
            working = [
                tasks.create_task(_beat(inbox), name="beat"),
                tasks.create_task(_write(inbox, writer), name="write"),
            ]
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), seconds)
            hearing.cancel()
            await asyncio.wait([hearing])
            for task in working:
                task.cancel()
        while inbox.waiting:  # nothing that was heard is left unwritten
            await _write_one(inbox, writer)
    return inbox.counters()


async def _beat(inbox: Inbox, clock: Callable[[], int] = time.time_ns) -> None:
    while True:
        inbox.tick(Tick(time=clock()))
        await asyncio.sleep(recording.BEAT / SECOND)


async def _write(inbox: Inbox, writer: recording.Writer) -> None:
    while True:
        await _write_one(inbox, writer)


async def _write_one(inbox: Inbox, writer: recording.Writer) -> None:
    item = await inbox.get()
    writer.append(item.input)
    item.done()
