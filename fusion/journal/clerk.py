"""The service's clerk: brings what happens into the journal, in order and off the loop, and holds what it cannot write.

An alert is posted once it is written, never before. While the journal cannot be written, alerts wait here, the core goes on, and
`status` says so; what waits goes into the state directory with each snapshot, so that a kill loses none of it.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import NoReturn, TypeVar

from msgspec.structs import replace

from fusion.config import Retention
from fusion.errors import JournalError, JournalUnavailableError
from fusion.journal.journal import Journal
from fusion.journal.purging import retain
from fusion.journal.records import Entry, Item, Note
from fusion.messages import AlertMessage, StoreHealth
from fusion.stores import Store

Post = Callable[[Entry, AlertMessage | None], None]
"""Posts an alert that is written; with its message, where it is of this run."""

T = TypeVar("T")

BATCH = 500
"""Items in one transaction: a storm's, committed in some tens of ms."""

MOST = 100_000
"""Items that wait for a journal that cannot be written: hours of a storm, some hundred MB. Then the oldest go, counted."""

FORGET_S = 3_600.0
"""Between two looks for what is kept no longer: a day is kept for an hour more at most."""

RETENTION = "the site's retention"
"""Who orders what is forgotten by itself."""

RETRY_S = 1.0
"""Between two attempts to write what could not be written."""


class Clerk:
    """One journal's clerk. `open_journal` goes there; it may fail for now, but not for good."""

    def __init__(self, open_journal: Callable[[], Journal], post: Post, clock: Callable[[], int] = time.time_ns) -> None:
        self._open = open_journal
        self._post = post
        self._clock = clock
        self.store = Store("journal", clock)
        self.journal: Journal | None = None
        self.lost = 0
        self._waiting: deque[Item] = deque()
        self._in_hand: list[Item] = []  # being written
        self._caught_up = False  # what an earlier run left unpublished is posted
        self._confirmed: list[int] = []  # rows that the broker has, to be marked
        self._posted: set[int] = set()  # rows of which it is not marked yet that the broker has them
        self._head = ""
        self._stirred = asyncio.Event()
        self._at_the_book = asyncio.Lock()
        try:
            self.journal = open_journal()
        except JournalUnavailableError as error:
            self.store.failed(str(error))

    def take(self, items: Iterable[Item]) -> None:
        """Take what is to be written, in order; never waits."""
        for item in items:
            if len(self._waiting) >= MOST:
                self._waiting.popleft()
                self.lost += 1
            self._waiting.append(item)
            self._stirred.set()

    def confirmed(self, sequence: int) -> None:
        """Take that the broker has a row; it is marked at the next beat."""
        self._confirmed.append(sequence)

    def beat(self) -> None:
        """Mark what the broker has confirmed."""
        if self._confirmed:
            self._stirred.set()

    async def write(self) -> NoReturn:
        """Write for ever what is taken."""
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            await self.flush()
            if self.store.degraded:
                await asyncio.sleep(RETRY_S)
                self._stirred.set()

    async def open_alerts(self) -> list[Entry]:
        """Give the latest revision of every open alert; none where the journal is away."""
        return await self._asked(Journal.open_alerts)

    async def notes(self, kind: str) -> list[Note]:
        """Give what was noted of one kind, in order; nothing where the journal is away."""
        return await self._asked(lambda journal: journal.notes(kind))

    async def _asked(self, question: Callable[[Journal], list[T]]) -> list[T]:
        async with self._at_the_book:
            try:
                return [] if self.journal is None else await asyncio.to_thread(question, self.journal)
            except JournalError as error:
                self.store.failed(str(error))
                return []

    async def flush(self) -> None:
        """Write everything that waits, if the journal can be written."""
        async with self._at_the_book:
            try:
                await self._catch_up()
                while self._waiting or self._confirmed:
                    await self._write_some()
            except JournalError as error:
                self.store.failed(str(error))
            else:
                self.store.wrote()

    async def forget(self, retention: Retention) -> NoReturn:
        """Take out for ever, hour by hour, what a site keeps no longer; at once at first, as a restart may come late."""
        while True:
            await self.forget_once(retention)
            await asyncio.sleep(FORGET_S)

    async def forget_once(self, retention: Retention) -> None:
        """Take out what a site keeps no longer."""
        await self._asked(lambda journal: retain(journal, retention, RETENTION, self._clock()))

    def held(self) -> list[Item]:
        """Give what waits, for a restart."""
        return [*self._in_hand, *self._waiting]

    def health(self) -> StoreHealth:
        """Say how the journal is."""
        return replace(self.store.health, waiting=len(self.held()), head=self._head or None)

    async def close(self) -> None:
        """Write what can be written, and close."""
        await self.flush()
        if self.journal is not None:
            self.journal.close()

    async def _catch_up(self) -> None:
        """Post what no broker has confirmed of an earlier run, before anything of this one."""
        if self.journal is None:
            self.journal = await asyncio.to_thread(self._open)
        if not self._caught_up:
            for entry in await asyncio.to_thread(self.journal.unpublished):
                self._post_once(entry, None)
            self._head = str(await asyncio.to_thread(self.journal.head))
            self._caught_up = True

    async def _write_some(self) -> None:
        self._in_hand = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
        marked = self._confirmed[:BATCH]
        try:
            entries = await asyncio.to_thread(self._in_the_book, self._in_hand, marked)
        except BaseException:
            self._waiting.extendleft(reversed(self._in_hand))
            self._in_hand = []
            raise
        alerts = [item for item in self._in_hand if isinstance(item, AlertMessage)]
        self._in_hand = []
        del self._confirmed[: len(marked)]
        self._posted.difference_update(marked)
        for message, entry in zip(alerts, entries, strict=True):
            self._post_once(entry, message)

    def _in_the_book(self, items: list[Item], marked: list[int]) -> list[Entry]:
        journal = self.journal
        assert journal is not None  # noqa: S101 - `_catch_up` has opened it
        if marked:
            journal.mark_published(marked)
        entries = journal.write(items)
        if items:
            self._head = str(journal.head())
        return entries

    def _post_once(self, entry: Entry, message: AlertMessage | None) -> None:
        if not entry.published and entry.sequence not in self._posted:
            self._posted.add(entry.sequence)
            self._post(entry, message)
