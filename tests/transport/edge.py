"""Runs pieces of the edge for the length of a test, and speaks to the broker independently of them."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import sys
import time
from pathlib import Path

import aiomqtt
import msgspec

from fusion.transport.inbox import Inbox
from fusion.transport.link import Link
from fusion.transport.listen import inward, listen
from fusion.transport.outbox import Outbox
from fusion.transport.outgoing import Publication
from fusion.transport.outgoing import presence as presence_of
from fusion.transport.publish import publish
from tests.brokers import DEADLINE_S, die_with_parent


def run(test):
    """Run an asynchronous test under a deadline."""

    async def bounded():
        async with asyncio.timeout(DEADLINE_S):
            return await test

    return asyncio.run(bounded())


class Watched:
    """Lets a test wait for a condition of what it watches, without looking again and again."""

    def __init__(self, *arguments, **options) -> None:
        super().__init__(*arguments, **options)
        self._stirred = asyncio.Event()

    async def until(self, condition) -> None:
        while not condition(self):
            self._stirred.clear()
            await self._stirred.wait()


class WatchedInbox(Watched, Inbox):
    def put(self, *arguments, **options) -> None:
        super().put(*arguments, **options)
        self._stirred.set()


class WatchedOutbox(Watched, Outbox):
    def confirm(self, *parcel) -> None:
        super().confirm(*parcel)
        self._stirred.set()

    def refuse(self, *parcel) -> None:
        super().refuse(*parcel)
        self._stirred.set()


class WatchedLink(Watched, Link):
    def ready(self) -> None:
        super().ready()
        self._stirred.set()

    def count(self, *what) -> None:
        super().count(*what)
        self._stirred.set()


def link(broker, name: str | None = None, **settings) -> WatchedLink:
    """Make a link that is quick to try again."""
    return WatchedLink(
        broker.settings(**settings), name or f"test-{secrets.token_hex(4)}", first_pause_s=0.05, longest_pause_s=0.2
    )


@contextlib.asynccontextmanager
async def during(*works):
    """Do some work for as long as the context lasts; what goes wrong with it goes wrong with the test."""
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(work) for work in works]
        try:
            yield
        finally:
            for task in running:
                task.cancel()


@contextlib.asynccontextmanager
async def listening(broker, tree, *, delivery="latest", capacity=1000, name=None, **settings):
    """Give an inbox that hears the broker, and its link."""
    inbox, ear = WatchedInbox(capacity), link(broker, name, **settings)
    async with during(listen(ear, inward(tree, delivery), inbox, tree)):
        await ear.up.wait()
        yield inbox, ear


@contextlib.asynccontextmanager
async def publishing(broker, tree=None, *, outbox=None, announced=False, name=None, expected=None, **settings):
    """Give an outbox that the broker is given, and its link."""
    outbox, mouth = WatchedOutbox() if outbox is None else outbox, link(broker, name, **settings)

    def presence(state):
        return presence_of(state, "paris", "test", time.time_ns(), tree, secrets.token_hex(4))

    async with during(publish(mouth, outbox, presence=presence if announced else None, tree=tree, expected=expected)):
        await mouth.up.wait()
        yield outbox, mouth


@contextlib.asynccontextmanager
async def observer(broker, *filters, qos=1):
    """Give an independent client that hears some topics: an aiomqtt client as its own documentation has it."""
    async with aiomqtt.Client(broker.host, broker.port) as client:
        for filter_ in filters:
            await client.subscribe(filter_, qos)
        yield client


async def hear(client, wanted) -> aiomqtt.Message:
    """Wait for a message that satisfies."""
    async for message in client.messages:
        if wanted(message):
            return message
    raise AssertionError("the observer's connection ended")


async def take(inbox, count: int):
    """Take and acknowledge so many items."""
    items = []
    for _ in range(count):
        items.append(await inbox.get())
        items[-1].done()
    return items


def alert(tree, name: str, text: str) -> Publication:
    return Publication(tree.path("alert", alert=name), text.encode(), qos=1, retained=True, keep="every")


def scan(tree, number: int, sensor: str = "radar-1", qos: int = 0) -> Publication:
    return Publication(tree.path("scan", sensor=sensor), b"%d" % number, qos=qos, keep="every")


@contextlib.asynccontextmanager
async def program(name: str, broker, tree, **settings):
    """Run one of `programs.py` as a process of its own."""
    root = tree.prefix.removesuffix("/paris/")
    arguments = (name, msgspec.json.encode(broker.settings(**settings)).decode(), root)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        Path(__file__).with_name("programs.py"),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        preexec_fn=die_with_parent,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()
