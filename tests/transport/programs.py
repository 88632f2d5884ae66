"""Programs that tests start in order to kill them: `python programs.py NAME SETTINGS TREE …`, settings as JSON.

speak     announces itself, says "up", and waits to be killed
consume   says "up", hears scans without loss, says each payload once it has dealt with it, and only then acknowledges it
"""

from __future__ import annotations

import asyncio
import sys
import time

import msgspec

from fusion.config import Mqtt
from fusion.topics import TopicTree
from fusion.transport.inbox import Inbox
from fusion.transport.link import Link
from fusion.transport.listen import inward, listen
from fusion.transport.outbox import Outbox
from fusion.transport.outgoing import presence
from fusion.transport.publish import publish


def say(word: str) -> None:
    print(word, flush=True)  # noqa: T201 - the test reads it


async def speak(settings: Mqtt, tree: TopicTree) -> None:
    link = Link(settings, "vigie-paris-out")
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(
            publish(link, Outbox(), presence=lambda state: presence(state, "paris", "test", time.time_ns(), tree, state))
        )
        await link.up.wait()
        say("up")


async def consume(settings: Mqtt, tree: TopicTree) -> None:
    inbox, link = Inbox(settings.inbox), Link(settings, "vigie-paris")
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(listen(link, inward(tree, "no-loss"), inbox, tree))
        await link.up.wait()
        say("up")
        while True:
            item = await inbox.get()
            say(item.input.payload.decode())
            item.done()


if __name__ == "__main__":
    _, name, settings, root = sys.argv
    work = {"speak": speak, "consume": consume}[name]
    asyncio.run(work(msgspec.json.decode(settings, type=Mqtt), TopicTree("paris", root)))
