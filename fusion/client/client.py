"""The client: one connection to a site's broker that comes back by itself, readers of it, and commands that are answered."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import secrets
import weakref
from collections.abc import AsyncIterator
from typing import Any, Literal, TypedDict, Unpack

import msgspec

from fusion.client.asked import Asked
from fusion.client.feed import Feed, T
from fusion.client.known import Known, News
from fusion.config import Mqtt
from fusion.config_file import Source, convert
from fusion.errors import CommandError, ConfigError
from fusion.messages import Alert, RawMessage, Rejected, StatusMessage, Track
from fusion.payload import untagged
from fusion.topics import ID, PRIVATE, TOPICS, TopicTree
from fusion.transport.giving import give
from fusion.transport.inbox import Inbox
from fusion.transport.link import Link
from fusion.transport.listen import listen
from fusion.transport.mqtt import Subscription
from fusion.transport.outgoing import Publication
from fusion.zones.commands import Acknowledge, Command

logger = logging.getLogger(__name__)

WISHES = {"tracks": 0, "picture": 0, "alert": 1, "status": 0, "rejected": 0}
"""Rows of `TOPICS` that are heard, each with its QoS: while we are away, the broker keeps alerts and nothing else."""

ROOM = 10_000
"""Messages that may wait to be read: half an hour of a site's, should the program not let the loop turn."""


class Options(TypedDict, total=False):
    """How to reach the broker, by the names of the `[mqtt]` table in docs/configuration.md."""

    port: int
    root: str
    client_id: str
    protocol: Literal["auto", "5", "3.1.1"]
    username: str
    password: str
    password_file: str
    tls_ca: str
    tls_certificate: str
    tls_key: str
    keepalive_s: int


@contextlib.asynccontextmanager
async def connect(site: str, host: str, *, private: bool = False, **options: Unpack[Options]) -> AsyncIterator[Client]:
    """Hear a site for as long as the context lasts; enter once the broker has been reached for the first time.

    With `private` what the site withholds from many is heard too: where pilots and friendly ones are, who drones say they are.
    The broker must let us read `private/…`; one that does not says so to nobody, and nothing is heard.

    Waits for a broker that is not there yet. Raises ConfigError naming the option that cannot be, and BrokerError where the
    broker refuses us: a wrong password, certificate or permission. With a `client_id` of your own the broker keeps alerts for
    an hour for when you come again; without one it forgets you when you leave.
    """
    if not re.fullmatch(ID, site):
        raise ConfigError(f"connect: site: {site!r} is refused; expected up to 64 letters, digits, `.`, `_`, `-`")
    settings = convert({"host": host, **options}, Mqtt, Source("connect"), lambda _: [])
    client = Client(site, settings, private=private)
    hearing = asyncio.create_task(client.hear(), name="vigie client")
    hearing.add_done_callback(client.end)
    up = asyncio.create_task(client.link.up.wait(), name="vigie client is up")
    try:
        await asyncio.wait([hearing, up], return_when=asyncio.FIRST_COMPLETED)
        if hearing.done():
            hearing.result()
        yield client
    finally:
        for task in (hearing, up):
            task.cancel()
        await asyncio.wait([hearing, up])


class Client:
    """What is known of one site, and what can be said to it. Made by `connect`."""

    def __init__(self, site: str, settings: Mqtt, *, private: bool = False) -> None:
        self.link = Link(settings, settings.client_id or f"vigie-client-{secrets.token_hex(6)}")
        self.unreadable = 0  # messages that this version cannot read
        self._settings = settings
        self._tree = TopicTree(site, settings.root)
        self._known = Known()
        self._wishes = {f"{PRIVATE}{row}" if private and f"{PRIVATE}{row}" in TOPICS else row: qos for row, qos in WISHES.items()}
        self._inbox = Inbox(ROOM)
        self._feeds: weakref.WeakSet[Feed[Any]] = weakref.WeakSet()
        self._asked: set[Asked] = set()
        self._untold: list[Alert] = []  # closed before anybody read alerts: what the broker kept comes at once

    # --- Hearing --------------------------------------------------------------------------------------------------

    def tracks(self) -> AsyncIterator[Track]:
        """Iterate over tracks: those that there are, then each new state. One that ends comes once more, as "deleted"."""
        return self._feed(Feed(Track))

    def alerts(self) -> AsyncIterator[Alert]:
        """Iterate over alerts: those that stand, then each new revision; of a closed one the last has state "closed"."""
        return self._feed(Feed(Alert))

    def news(self) -> AsyncIterator[News]:
        """Iterate over both, in one order."""
        return self._feed(Feed(Track, Alert))

    @property
    def picture(self) -> list[Track]:
        """Every track that there is now."""
        return list(self._known.tracks.values())

    @property
    def standing(self) -> list[Alert]:
        """Every alert that has not been archived."""
        return list(self._known.alerts.values())

    @property
    def status(self) -> StatusMessage | None:
        """The service's newest word on itself, "offline" from the broker where it has died; None: nothing was heard yet."""
        return self._known.status

    @property
    def connected(self) -> bool:
        """Whether the broker is there, so far as we know."""
        return self.link.up.is_set()

    # --- Saying ---------------------------------------------------------------------------------------------------

    async def acknowledge(self, alert: str, who: str, why: str | None = None, within_s: float = 10.0) -> Alert:
        """Say that somebody takes care of an alert; give it as it then stands."""
        return await self.command(alert, Acknowledge(who=who, why=why), within_s)

    async def command(self, alert: str, command: Command, within_s: float = 10.0) -> Alert:
        """Give a command about an alert, and wait for the service to obey; give the alert as it then stands.

        Raises DecodeError for a command that cannot be, CommandError where the service refuses it or does not answer in time,
        BrokerError where the broker does not take it.
        """
        asked = Asked(alert, command, self._tree.path("command", alert=alert))
        if (known := self._known.alerts.get(alert)) is not None and asked.is_done(known):
            return known
        self._asked.add(asked)
        try:
            async with asyncio.timeout(within_s):
                await give(self._settings, Publication(asked.topic, asked.payload, qos=1), "vigie-client")
                return await asked.answer
        except TimeoutError:
            raise CommandError(
                f"alert {alert}: the service has not answered within {within_s:g} s; is it online, and may we publish on "
                f"{asked.topic} and hear {self._tree.path('rejected')}?"
            ) from None
        finally:
            self._asked.discard(asked)

    # --- The task -------------------------------------------------------------------------------------------------

    async def hear(self) -> None:
        """Hear the site for ever. Raises BrokerError where the broker refuses us from the start."""
        wishes = [Subscription(filter_, qos) for row, qos in self._wishes.items() for filter_ in self._tree.filters(row)]
        passing = self._settings.client_id is None
        listening = asyncio.create_task(listen(self.link, wishes, self._inbox, self._tree, to_the_last=passing))
        reading = asyncio.create_task(self._read())
        try:
            await asyncio.wait([listening, reading], return_when=asyncio.FIRST_COMPLETED)
            (listening if listening.done() else reading).result()
        finally:
            for task in (listening, reading):
                task.cancel()
            await asyncio.wait([listening, reading])

    def end(self, hearing: asyncio.Task[None]) -> None:
        """Tell every reader that there will be no more, and why."""
        error = None if hearing.cancelled() else hearing.exception()
        for feed in self._feeds:
            feed.end(error if isinstance(error, Exception) else None)

    async def _read(self) -> None:
        while True:
            item = await self._inbox.get()
            if isinstance(item.input, RawMessage):
                self._take(item.input)
            item.done()

    def _take(self, message: RawMessage) -> None:
        """Take one message; one that this version cannot read is counted and left out."""
        if (address := self._tree.parse(message.topic)) is None:
            return
        try:
            if address.name == "rejected":
                self._hear_refusal(untagged(message.payload, Rejected))
            for news in self._known.hear(address, message.payload):
                self._tell(news)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            self.unreadable += 1
            logger.warning("%s: cannot be read: %s", message.topic, error)

    def _hear_refusal(self, refusal: Rejected) -> None:
        for asked in self._asked:
            asked.hear_refusal(refusal)

    def _tell(self, news: News) -> None:
        for feed in self._feeds:
            feed.put(news)
        if isinstance(news, Alert):
            for asked in self._asked:
                asked.hear(news)
            if news.state == "closed" and len(self._untold) < ROOM and not any(feed.takes(Alert) for feed in self._feeds):
                self._untold.append(news)

    def _feed(self, feed: Feed[T]) -> Feed[T]:
        """Begin a reader with what is known."""
        known: list[News] = [*self._known.tracks.values(), *self._untold, *self._known.alerts.values()]
        for one in known:
            feed.put(one)
        if feed.takes(Alert):
            self._untold.clear()
        self._feeds.add(feed)
        return feed
