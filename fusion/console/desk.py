"""What every route has at hand: the feed, the journal, the people, and a way to say something to the core."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, Protocol, TypeVar

import msgspec

from fusion.config import Config
from fusion.config_console import Console
from fusion.console.basemap import BaseMaps
from fusion.console.feed import Feed
from fusion.console.people import People
from fusion.console.permissions import Caller
from fusion.console.plan_signing import Signer
from fusion.console.problems import Problem
from fusion.console.recordings import Recordings
from fusion.console.throttle import Throttle
from fusion.console.zone_book import ZoneBook
from fusion.errors import JournalError
from fusion.journal import Journal, Note
from fusion.zones.issued import Issued
from fusion.zones.plans import Plans

if TYPE_CHECKING:
    from fusion.console.oidc_provider import OidcProvider
    from fusion.console.rehearsing import RangeOpener

REPLAYS = 6
"""Streams with a clock at once: each has a core of its own."""

P = ParamSpec("P")
T = TypeVar("T")


class Mouth(Protocol):
    """Says something to the core."""

    def order(self, alert: str, payload: bytes) -> None:
        """Give it a command about an alert."""

    def retain(self, row: str, payload: bytes, **parts: str) -> None:
        """Publish what stands until it is said otherwise: a zone, a window, a plan, a permit (a row of `TOPICS`)."""


@dataclass(frozen=True)
class Desk:
    """One console's tools."""

    config: Config
    base: Path
    feed: Feed
    zones: ZoneBook
    permits: Issued
    plans: Plans
    plan_signer: Signer | None
    """Who signs switches of plans for whoever is logged in; None: nobody does."""
    recordings: Recordings
    journal: Journal
    people: People
    mouth: Mouth
    threads: Executor
    """Threads of its own: who floods the console must not keep the journal's clerk waiting for one."""
    beside_service: bool
    """Whether the journal is the service's own, with every alert in it."""
    clock: Callable[[], int] = time.time_ns
    test_range: RangeOpener | None = None
    """None where nothing knows scenarios."""
    provider: OidcProvider | None = None
    """Who vouches for people besides their passwords; None where the site names nobody."""
    throttle: Throttle = field(default_factory=lambda: Throttle(time.monotonic))
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    ordering: dict[str, asyncio.Lock] = field(default_factory=dict)
    guessing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))
    """Passwords that are hashed at once: each takes 64 MiB for some 50 ms."""
    cutting: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    """Clips that are cut at once: a long recording takes a thread for seconds."""
    replaying: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(REPLAYS))

    @cached_property
    def basemaps(self) -> BaseMaps:
        """Give the site's own base map."""
        return BaseMaps(self.base / self.console.basemap)

    @property
    def console(self) -> Console:
        """The console's table of the configuration."""
        return self.config.console or Console()

    async def off_loop(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do what blocks in a thread; a journal that is away is a 503."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self.threads, partial(work, *args, **kwargs))
        except JournalError as error:
            raise Problem(503, f"the journal cannot be used now: {error}") from error

    async def note_access(self, who: str, what: str, subject: str = "", why: str = "", address: str = "") -> None:
        """Write who did what into the journal, before it is done: nobody does anything that the journal does not know."""
        said = {"who": who, "what": what, "why": why, "address": address}
        await self.off_loop(self.journal.write, [Note("access", subject[:128], self.clock(), msgspec.json.encode(said))])

    async def note_by(self, caller: Caller, what: str, subject: str = "", why: str = "") -> None:
        """Write what a caller did into the journal."""
        await self.note_access(caller.name, what, subject, why)
