"""One console: opens the journal, begins with what it holds, and serves. The service feeds it, or who runs it alone."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

import msgspec

from fusion.assembly import read_permits, read_plans
from fusion.config import Config
from fusion.config_console import CALLBACK, Console
from fusion.console.alert_log import KEPT, Item
from fusion.console.application import application
from fusion.console.desk import Desk, Mouth
from fusion.console.doorkeeper import Doorkeeper
from fusion.console.feed import STALE_MS, Feed
from fusion.console.oidc_provider import OidcProvider
from fusion.console.people import People
from fusion.console.plan_signing import signer_of
from fusion.console.recordings import Recordings
from fusion.console.rehearsing import RangeOpener
from fusion.console.serving import address_of, bound, serve
from fusion.console.zone_book import ZoneBook
from fusion.errors import ConfigError, DecodeError, JournalUnavailableError
from fusion.journal import Entry, Journal, Note
from fusion.journal.accounts import Accounts
from fusion.journal.database import site_url
from fusion.journal.looking import Told, first_hash, last_revisions
from fusion.messages import SECOND, Alert, AlertMessage, Output, RawMessage, Rejected
from fusion.topics import TopicTree
from fusion.zones.issued import Issued
from fusion.zones.plans import Plans

logger = logging.getLogger(__name__)

THREADS = 4
RETRY_S = 1.0
HOUR_NS = 3_600 * SECOND

ZONE_ROWS = ("zone", "zone_window", "zone_plan")
"""Rows of `TOPICS` that say what the zones are."""

CHANGE_ROWS = (*ZONE_ROWS, "permit")
"""Rows of `TOPICS` that say who may fly where."""

_alert = msgspec.json.Decoder(Alert)


class Operating:
    """The console of one site. `run` serves until it is cancelled."""

    def __init__(
        self,
        config: Config,
        base: Path,
        mouth: Mouth,
        *,
        beside_service: bool,
        permits: Issued | None = None,
        plans: Plans | None = None,
        clock: Callable[[], int] = time.time_ns,
        test_range: RangeOpener | None = None,
        patience_ms: int = STALE_MS,
    ) -> None:
        """Open the door; raise ConfigError where that, or a file of zones or permits, is not possible.

        `permits` and `plans` are the core's own, where the service is at hand; else they are kept here by what is heard.
        """
        self.config, self.base, self.mouth, self.clock = config, base, mouth, clock
        self.settings = config.console or Console()
        self.beside_service, self.test_range = beside_service, test_range
        self.feed = Feed(config, clock, secrets.token_hex(8), patience_ms=patience_ms)
        self.zones = ZoneBook(config, base)
        self.permits = permits or read_permits(config, base)
        self._keeps_permits = permits is None
        self.plans = plans or read_plans(config, base)
        self.plan_signer = signer_of(config, base)
        self.tree = TopicTree(config.site.name, config.mqtt.root)
        self.door = bound(self.settings)
        self.address = address_of(self.door, self.settings)
        self.keeper = Doorkeeper(self.address, proxy=self.settings.proxy)
        try:
            self.provider = _provider(self.settings, base, self.address)
        except ConfigError:
            self.door.close()
            raise
        self.stopping = asyncio.Event()
        self._every = round(SECOND / config.publish.tracks_hz)
        self._beaten = 0

    # --- What comes -----------------------------------------------------------------------------------------------

    def beat(self, time: int) -> None:
        """Take the core's beat (ns): that it is there, though it may have nothing to say."""
        self.follow(self.plans.plan)
        if time - self._beaten >= self._every:
            self._beaten = time
            self.feed.beat(time)

    def heard(self, message: RawMessage, outputs: list[Output]) -> None:
        """Take what the core heard and did not refuse."""
        if not any(isinstance(output, Rejected) for output in outputs):
            self.hear_change(message)

    def hear_change(self, message: RawMessage) -> None:
        """Take what is said of zones and permits."""
        address = self.tree.parse(message.topic)
        if address is not None and address.name == "permit":
            self._hear_permit(address.parts["permit"], message)
        if address is None or address.name not in ZONE_ROWS:
            return
        if self.zones.hear(address.name, address.parts.get("zone", ""), message.payload):
            self.feed.changed("zones")

    def follow(self, plan: str | None) -> None:
        """Go by the plan that the service says is in force."""
        if self.zones.follow(plan):
            self.feed.changed("zones")

    def _hear_permit(self, number: str, message: RawMessage) -> None:
        if self._keeps_permits:
            try:
                self.permits.take(number, message.payload, message.received)
            except DecodeError:  # the service says why, on `rejected`
                return
        self.feed.changed("permits")

    def written(self, entry: Entry, message: AlertMessage | None) -> None:
        """Take an alert that is in the journal."""
        known = self.feed.alerts.alert(entry.alert)
        if message is not None:
            alert = message.alert
        elif entry.payload:
            alert = _alert.decode(entry.payload)
        elif known is not None:
            alert = known.alert
        else:
            return
        self.feed.take_alert(alert, archived=entry.archived, seq=entry.sequence)

    # --- The work -------------------------------------------------------------------------------------------------

    async def run(self) -> NoReturn:
        """Serve for ever."""
        threads = ThreadPoolExecutor(THREADS, thread_name_prefix="console")
        try:
            journal = await self._opened(threads)
            try:
                await self._serve(journal, threads)
            finally:
                journal.close()
        finally:
            if self.provider is not None:
                await self.provider.close()
            self.door.close()
            threads.shutdown(wait=False, cancel_futures=True)
        raise AssertionError("uvicorn ended by itself")

    async def _opened(self, threads: ThreadPoolExecutor) -> Journal:
        """Open the journal, when it can be: without it nobody could be known."""
        loop, said = asyncio.get_running_loop(), False
        url = site_url(self.config.state, self.base)
        while True:
            try:
                journal = await loop.run_in_executor(threads, Journal, url)
                epoch, told, floor = await loop.run_in_executor(threads, self._known, journal)
            except JournalUnavailableError as error:
                if not said:
                    logger.warning("the console waits for the journal: %s", error)
                said = True
                await asyncio.sleep(RETRY_S)
            else:
                if self.beside_service:
                    self.feed.alerts.begin(
                        epoch, [Item(seq=one.seq, archived=one.archived, alert=one.alert) for one in told], floor
                    )
                return journal

    def _known(self, journal: Journal) -> tuple[str, list[Told], int]:
        """Read what the journal holds, and by what it is told from others: the hash of its first entry."""
        said = msgspec.json.encode({"who": "vigie", "what": "console opened"})
        journal.write([Note("access", "", self.clock(), said)])
        if self.provider is None:
            Accounts(journal.database).end_all("openid")  # nobody vouches for them any more
        told, floor = last_revisions(journal, KEPT) if self.beside_service else ([], 0)
        return (first_hash(journal) or b"")[:8].hex(), told, floor

    async def _serve(self, journal: Journal, threads: ThreadPoolExecutor) -> None:
        people = People(Accounts(journal.database), round(self.settings.session_hours * HOUR_NS))
        desk = Desk(
            config=self.config,
            base=self.base,
            feed=self.feed,
            zones=self.zones,
            permits=self.permits,
            plans=self.plans,
            plan_signer=self.plan_signer,
            recordings=Recordings(self.config, self.base, self.base / self.settings.recordings),
            journal=journal,
            people=people,
            mouth=self.mouth,
            threads=threads,
            beside_service=self.beside_service,
            clock=self.clock,
            test_range=self.test_range,
            provider=self.provider,
            stopping=self.stopping,
        )
        logger.info("console at %s", self.address)
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(self._watch(), name="look up")
            await serve(application(desk), self.door, self.keeper, self.settings, self.base, self.stopping)
            watching.cancel()

    async def _watch(self) -> NoReturn:
        """Look once a second whether the core is still heard."""
        while True:
            await asyncio.sleep(1.0)
            self.feed.look_up()


def _provider(console: Console, base: Path, address: str) -> OidcProvider | None:
    """Open the provider that the site names; it is asked nothing yet, so that one that is away holds up no start."""
    if console.oidc is None:
        return None
    return OidcProvider(console.oidc, base, console.oidc.redirect_uri or f"{address}{CALLBACK}")
