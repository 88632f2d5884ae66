"""The service: the pure core between the edge's tasks, and what must survive it on the disk."""

from __future__ import annotations

import asyncio
import functools
import logging
import secrets
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec.structs import replace

from fusion import __version__, biases, recording
from fusion.assembly import assemble
from fusion.config import Config
from fusion.console.beside import Beside, console_of
from fusion.delivering import Courier
from fusion.errors import ConfigError, RecordingError, SnapshotError
from fusion.journal import Entry, Journal
from fusion.journal.clerk import Clerk
from fusion.journal.database import Database, site_url
from fusion.journal.deliveries import Deliveries
from fusion.journal.records import Item, decode_held, encode_held
from fusion.keeper import Keeper
from fusion.messages import SECOND, Alert, AlertMessage, Input, Output, RawMessage, StatusMessage, Tick, TrackMessage
from fusion.metrics import Latencies
from fusion.noting import noted, revocations, surroundings, switches
from fusion.stores import Store
from fusion.topics import TopicTree
from fusion.tracking.registration import Learnt
from fusion.transport.counters import totals
from fusion.transport.feeds import feeds_of, hear
from fusion.transport.inbox import Inbox
from fusion.transport.link import Link
from fusion.transport.listen import inward, listen
from fusion.transport.outbox import Outbox, once_all
from fusion.transport.outgoing import Publication, numbers, presence
from fusion.transport.outputs import outlets_of
from fusion.transport.publish import publish
from fusion.transport.sapient import FusionNode
from fusion.transport.webhook import Receiver
from fusion.transport.withholding import Withholding

if TYPE_CHECKING:
    from fusion.console.rehearsing import RangeOpener

logger = logging.getLogger(__name__)

_alert = msgspec.json.Decoder(Alert)

BEAT_S = recording.BEAT / SECOND
"""s between two ticks, live as in a replay."""


class Service:
    """One site's service. `run` returns when it was told to stop, with everything written down."""

    def __init__(self, config: Config, base: Path, test_range: RangeOpener | None = None) -> None:
        """Build everything; files are relative to `base`. Raises a FusionError where that cannot be."""
        directory = base / config.state.directory
        self.config = config
        self.biases = directory / biases.NAME
        self.pipeline = assemble(config, base)
        self.keeper = Keeper(directory)
        self.clerk = Clerk(functools.partial(Journal, site_url(config.state, base)), self._post_alert)
        self.snapshots, self.recording = Store("snapshots", time.time_ns), Store("recording", time.time_ns)
        self.recorder = recording.go_on_in(directory / config.state.record) if config.state.record else None
        self.tree = TopicTree(config.site.name, config.mqtt.root)
        name = config.mqtt.client_id or f"vigie-{config.site.name}"
        self.ear, self.mouth = Link(config.mqtt, name), Link(config.mqtt, f"{name}-out")
        self.inbox, self.outbox = Inbox(config.mqtt.inbox), Outbox()
        self.latencies = Latencies()
        self.feeds = feeds_of(config, self.tree, self.inbox)
        self.sapient = None if config.sapient is None else FusionNode(config.sapient, config, base, self.inbox)
        mouth = Beside(self.inbox, self.outbox, self.tree)
        self.console = console_of(config, base, mouth, self.pipeline, test_range)
        self._begun = time.time_ns()  # what was learnt before is of an earlier run, which died with it
        self.withholding = Withholding(config.publish, self.tree)
        self._numbers = numbers(secrets.token_hex(6))
        self._unwritten = {"inputs_unwritten": 0, "inputs_unrecorded": 0}
        self.deliveries = Deliveries(Database(site_url(config.state, base)))
        self.outlets = outlets_of(config, base, lambda: self.pipeline.zones.zones, self._hear_command)
        self.couriers = [Courier(Receiver(one, base), self.deliveries, self._begun) for one in config.webhook]

    async def run(self, stop: asyncio.Event) -> None:
        """Resume where the last run ended, serve until told to stop, then leave everything in order."""
        await self._resume()
        try:
            async with asyncio.TaskGroup() as edge:
                publishing = edge.create_task(self._publish(), name="publish")
                writing = edge.create_task(self.clerk.write(), name="write")
                forgetting = edge.create_task(self.clerk.forget(self.config.retention), name="forget")
                showing = None if self.console is None else edge.create_task(self.console.run(), name="console")
                telling = [edge.create_task(one.deliver(), name=f"deliver {one.name}") for one in self.couriers]
                telling += [edge.create_task(one.run(), name=f"output {one.name}") for one in self.outlets]
                async with asyncio.TaskGroup() as core:
                    hearing = core.create_task(self._listen(), name="listen")
                    beating = core.create_task(self._beat(), name="beat")
                    feeding = [core.create_task(hear(feed), name=f"feed {feed.sensor}") for feed in self.feeds]
                    if self.sapient is not None:
                        feeding.append(core.create_task(self.sapient.run(), name="sapient"))
                    await self._reason(stop)
                    for task in (hearing, beating, *feeding):
                        task.cancel()
                if showing is not None:
                    showing.cancel()
                writing.cancel()
                forgetting.cancel()
                await self.clerk.flush()
                publishing.cancel()
                for task in telling:
                    task.cancel()
        finally:
            await self._close()

    # --- The tasks ------------------------------------------------------------------------------------------------

    async def _publish(self) -> None:
        await publish(self.mouth, self.outbox, presence=self._presence, tree=self.tree, expected=self._expected)

    async def _listen(self) -> None:
        await listen(self.ear, inward(self.tree, self.config.mqtt.delivery), self.inbox, self.tree)

    async def _beat(self) -> None:
        """Put a tick into the inbox ten times a second; what a stalled machine missed is not made up for."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            self.inbox.tick(Tick(time=time.time_ns()))
            due = max(due + BEAT_S, loop.time())
            await asyncio.sleep(due - loop.time())

    async def _reason(self, stop: asyncio.Event) -> None:
        """Feed the core with what comes, in order; each input is on the disk before, each alert after, it."""
        saved = time.time_ns()
        while not stop.is_set():
            item = await self.inbox.get()
            self._write_down(item.input)
            outputs = self.pipeline.feed(item.input)
            item.done()
            self.clerk.take(self._for_the_book(item.input, outputs))
            self._put(output for output in outputs if not isinstance(output, AlertMessage))
            if self.console is not None and isinstance(item.input, RawMessage):
                self.console.heard(item.input, outputs)
            if isinstance(item.input, Tick):
                self.clerk.beat()
                if self.console is not None:
                    self.console.beat(item.input.time)
                if item.input.time - saved >= self.config.state.snapshot_s * SECOND:
                    saved = item.input.time
                    await self._keep()

    # --- What they are made of ------------------------------------------------------------------------------------

    async def _resume(self) -> None:
        """Bring the core to where it was, write what it said on the way, and post what nobody has confirmed."""
        doubts = self._adopt_biases()
        fed, troubles = self.keeper.restore(self.pipeline)
        for trouble in [*doubts, *troubles]:
            logger.warning("the state of the last run cannot be used: %s", trouble)
        if fed and isinstance(self.recorder, recording.LinesWriter):
            self.recorder.catch_up(fed[-1][0])
        self.clerk.take([*self._held(), *(one for pair in fed for one in self._for_the_book(*pair))])
        await self.clerk.flush()
        told = await self.clerk.open_alerts()
        self.pipeline.alerts.adopt((_alert.decode(entry.payload) for entry in told if entry.payload), time.time_ns())
        outputs = [output for _, said in fed for output in said]
        self._put(one for one in outputs if isinstance(one, TrackMessage) and one.state is None)
        await self._keep()
        for message in revocations(await self.clerk.notes("permit"), self.pipeline.permits.revoked, self.tree, time.time_ns()):
            self.inbox.put(message, _nobody_waits, scan=False)  # the core's state was lost, and with it what is for good
        for message in switches(await self.clerk.notes("zone"), self.pipeline.airspace.plans, self.tree):
            self.inbox.put(message, _nobody_waits, scan=False)

    def _held(self) -> list[Item]:
        """Give what the journal had not taken when the snapshot was made."""
        try:
            return decode_held(self.keeper.held) if self.keeper.held else []
        except SnapshotError as error:
            logger.warning("the state of the last run cannot be used: %s", error)
            return []

    def _adopt_biases(self) -> list[str]:
        """Begin with the biases of the last run, for where its snapshot cannot be used; give in words what is not ours."""
        if not self.biases.exists():
            return []
        try:
            fitting = biases.read(self.biases, self.config)
        except ConfigError as error:
            return [str(error)]
        self.pipeline.adopt(fitting.learnt)
        return fitting.left_out

    async def _keep(self) -> None:
        """Write down what a restart wants to know, all of it of one moment; where that fails, say so and go on."""
        moment = self.pipeline.snapshot(), encode_held(self.clerk.held()), self.pipeline.learnt()
        try:
            await asyncio.to_thread(self._save, *moment)
        except (OSError, RecordingError) as error:
            self.snapshots.failed(str(error))
        else:
            self.snapshots.wrote()
        if self.recording.degraded:
            self._record_again()

    def _save(self, snapshot: bytes, held: bytes, learnt: Learnt) -> None:
        self.keeper.save(snapshot, held)
        biases.write(self.biases, self.config, learnt)

    def _for_the_book(self, item: Input, outputs: list[Output]) -> list[Item]:
        """Give what of one input and its outputs goes into the journal."""
        said = noted(item, outputs, self.tree) if isinstance(item, RawMessage) else []
        near = [] if self.clerk.store.degraded else surroundings(outputs, self.pipeline.alerts.open)
        return [*(output for output in outputs if isinstance(output, AlertMessage)), *said, *near]

    def _put(self, outputs: Iterable[Output]) -> None:
        for output in outputs:
            told = self._with_ours(output) if isinstance(output, StatusMessage) else output
            if self.console is not None:
                self.console.feed.take(told)
            for outlet in self.outlets:
                outlet.take(told)
            for publication in self.withholding.publications(told, next(self._numbers)):
                self.outbox.put(publication)

    def _with_ours(self, status: StatusMessage) -> StatusMessage:
        """Add to the core's word on itself that of the edge."""
        stores = {"journal": self.clerk.health(), "snapshots": self.snapshots.health}
        if self.recorder is not None:
            stores["recording"] = self.recording.health
        broker = min((link.health() for link in (self.ear, self.mouth)), key=lambda one: one.state == "connected")
        degraded = broker.state == "lost" or any(store.state == "degraded" for store in stores.values())
        webhooks = {courier.name: courier.health() for courier in self.couriers}
        feeds = {feed.sensor: feed.health() for feed in self.feeds}
        if self.sapient is not None:
            feeds[self.sapient.name] = self.sapient.health()
        if self.console is not None:
            feeds[self.console.address] = self.console.keeper.health()
        outputs = {outlet.name: outlet.health() for outlet in self.outlets}
        state: Literal["online", "degraded"] = "degraded" if degraded else "online"
        edge = {"broker": broker, "stores": stores, "webhooks": webhooks, "feeds": feeds, "outputs": outputs}
        return replace(status, state=state, counters=self.counters(), **edge)

    def _hear_command(self, message: RawMessage) -> None:
        """Take what an output's receiver says of an alert."""
        self.inbox.put(message, None, scan=False)

    def _post_alert(self, entry: Entry, message: AlertMessage | None) -> None:
        told = self.withholding.of_alert(entry.alert, entry.payload)
        delivered = once_all(len(told), functools.partial(self._delivered, entry, message))
        for publication in told:
            self.outbox.put(publication, delivered)
        if self.console is not None:
            self.console.written(entry, message)
        for outlet in self.outlets if message is not None or entry.payload else ():
            outlet.take(message or AlertMessage(alert=_alert.decode(entry.payload), cause=0))
        for courier in self.couriers:
            courier.stir()

    def _delivered(self, entry: Entry, message: AlertMessage | None) -> None:
        """Note that the broker has an alert; of a fresh one, how long that took."""
        self.clerk.confirmed(entry.sequence)
        if message is not None and message.alert.state == "raised" and message.cause >= self._begun:
            self.latencies.note(message.cause, time.time_ns())

    def _write_down(self, item: Input) -> None:
        """Write an input down, for a restart and into the recording; what cannot be is counted, and fed all the same."""
        try:
            self._unwritten["inputs_unwritten"] += not self.keeper.append(item)
        except RecordingError as error:
            self._unwritten["inputs_unwritten"] += 1
            self.snapshots.failed(str(error))
        if self.recorder is None:
            return
        if self.recording.degraded:
            self._unwritten["inputs_unrecorded"] += 1
            return
        try:
            self.recorder.append(item)
        except RecordingError as error:
            self._unwritten["inputs_unrecorded"] += 1
            self.recording.failed(str(error))

    def _record_again(self) -> None:
        """Go on with a recording that could not be written; what is missing in it was counted."""
        if self.recorder is None or self.config.state.record is None:
            return
        try:
            self.recorder.close()
            self.recorder = recording.go_on_in(self.keeper.directory / self.config.state.record)
        except (OSError, RecordingError) as error:
            self.recording.failed(str(error))
        else:
            self.recording.wrote()

    async def _close(self) -> None:
        """Leave the disk as a restart wants it."""
        await self.clerk.close()
        self.deliveries.database.close()
        await self._keep()
        self.keeper.close()
        if self.recorder is not None:
            self.recorder.close()

    async def _expected(self) -> list[Publication]:
        """Give what the broker should retain of our alerts."""
        known = await self.clerk.open_alerts()
        return [one for entry in known for one in self.withholding.of_alert(entry.alert, entry.payload)]

    def _presence(self, state: Literal["online", "offline"]) -> Publication:
        return presence(state, self.config.site.name, __version__, time.time_ns(), self.tree, next(self._numbers))

    def counters(self) -> dict[str, int]:
        """Give everything that the edge has counted."""
        parts = (part.counters() for part in (self.inbox, self.outbox, self.ear, self.mouth))
        edge = totals(*parts, self._unwritten, {"journal_lost": self.clerk.lost})
        return edge | self.latencies.counters()


def _nobody_waits() -> None:
    """Acknowledge to nobody: no broker gave this message."""
