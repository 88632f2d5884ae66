"""`vigie console`: the operators' pages in a process of their own, for a service elsewhere, over its broker."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from pathlib import Path
from typing import NoReturn

import msgspec

from fusion.config import Config
from fusion.console.console import CHANGE_ROWS, Operating
from fusion.console.rehearsing import RangeOpener
from fusion.errors import ConfigError
from fusion.leaving import STOPPING, leave_at_once
from fusion.messages import (
    Alert,
    PictureMessage,
    RawMessage,
    Rejected,
    StatusMessage,
    Track,
    TracksMessage,
    ZoneState,
    ZoneStateMessage,
)
from fusion.payload import untagged
from fusion.topics import PRIVATE, Address, TopicTree
from fusion.transport.access import Lost
from fusion.transport.hearing import hear
from fusion.transport.link import Link
from fusion.transport.mqtt import read_back
from fusion.transport.outbox import Outbox
from fusion.transport.outgoing import Publication
from fusion.transport.publish import publish
from fusion.warming import prepare

logger = logging.getLogger(__name__)

TOLD = ("tracks", "picture", "alert")
"""Rows that are heard whole: the console gives each of its users what that one may know."""

ROWS = (*(f"{PRIVATE}{row}" for row in TOLD), "zone_state", "rejected", "status", *CHANGE_ROWS)

AGAIN_S = 30.0
"""s between two comparisons of the open alerts with what the broker retains: one that was archived while the line was down
says no more of itself."""

_tracks = msgspec.json.Decoder(tuple[Track, ...])
_alert = msgspec.json.Decoder(Alert)
_zone = msgspec.json.Decoder(ZoneState)


class Ear:
    """Gives a console what a broker says of its service."""

    def __init__(self, console: Operating) -> None:
        self.console = console

    def take(self, address: Address, message: RawMessage) -> None:
        """Take one message; what cannot be read is not the service's and is left out with a line in the log."""
        try:
            self._take(address, message)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            logger.warning("%s: cannot be read: %s", message.topic, error)

    def _take(self, address: Address, message: RawMessage) -> None:
        feed, payload = self.console.feed, message.payload
        match address.name.removeprefix(PRIVATE):
            case "tracks":
                feed.take(TracksMessage(tracks=_tracks.decode(payload)))
            case "picture":
                feed.take(untagged(payload, PictureMessage))
            case "status":
                status = untagged(payload, StatusMessage)
                feed.take(status)
                self.console.follow(status.plan)
            case "rejected":
                feed.take(untagged(payload, Rejected))
            case "zone_state":
                name = address.parts["zone"]
                feed.take(ZoneStateMessage(zone=name, state=_zone.decode(payload) if payload else None))
            case "alert" if payload:
                feed.take_alert(_alert.decode(payload), archived=False)
            case "alert":
                feed.archive(address.parts["alert"])
            case _:
                self.console.hear_change(message)


class Voice:
    """Says what the console says, over the broker."""

    def __init__(self, outbox: Outbox, tree: TopicTree) -> None:
        self.outbox, self.tree = outbox, tree

    def order(self, alert: str, payload: bytes) -> None:
        """Give the core a command about an alert."""
        self.outbox.put(Publication(self.tree.path("command", alert=alert), payload, qos=1, keep="every"))

    def retain(self, row: str, payload: bytes, **parts: str) -> None:
        """Publish what stands until it is said otherwise."""
        self.outbox.put(Publication(self.tree.path(row, **parts), payload, qos=1, retained=True, keep="every"))


def watch(config: Config, base: Path, test_range: RangeOpener | None = None) -> None:
    """Serve a site's console until SIGINT or SIGTERM; raise a FusionError where a person must mend something first."""
    if config.console is None:
        raise ConfigError("console: is missing; add a [console] table to the site")
    if config.mqtt.host is None:
        raise ConfigError("mqtt.host: is missing; name the broker of the service")
    if config.state.journal is None:
        (base / config.state.directory).mkdir(parents=True, exist_ok=True)
    leave_at_once()
    prepare()  # replays and scenarios are tracked in this process: the first one must not stand still for half a minute
    asyncio.run(_watch(config, base, test_range))


async def _watch(config: Config, base: Path, test_range: RangeOpener | None) -> None:
    stop = asyncio.Event()
    for number in STOPPING:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    tree, outbox = TopicTree(config.site.name, config.mqtt.root), Outbox()
    beat_s = min(config.publish.status_s, config.publish.picture_s)
    voice, patience_ms = Voice(outbox, tree), round(2000.0 * beat_s) + 1000
    console = Operating(config, base, voice, beside_service=False, test_range=test_range, patience_ms=patience_ms)
    name = f"vigie-{config.site.name}-console-{secrets.token_hex(4)}"
    ear = Link(config.mqtt, name)
    async with asyncio.TaskGroup() as tasks:
        working = [
            tasks.create_task(hear(ear, tree, ROWS, Ear(console).take), name="listen"),
            tasks.create_task(publish(Link(config.mqtt, f"{name}-out"), outbox), name="publish"),
            tasks.create_task(_compare(console, ear, tree), name="compare"),
            tasks.create_task(console.run(), name="console"),
        ]
        await stop.wait()
        for task in working:
            task.cancel()


async def _compare(console: Operating, ear: Link, tree: TopicTree) -> NoReturn:
    """Take alerts off the list that the broker no longer retains."""
    while True:
        await ear.up.wait()
        known = [item.alert.alert for item in console.feed.alerts.open()]
        with contextlib.suppress(Lost):
            retained = await read_back(ear.access, tree, f"{PRIVATE}alert")
            for name in known:
                if tree.path(f"{PRIVATE}alert", alert=name) not in retained:
                    console.feed.archive(name)
        await asyncio.sleep(AGAIN_S)
