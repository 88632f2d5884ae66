"""The service: the pure core between the edge's tasks, and what must survive it on the disk."""

from __future__ import annotations

import asyncio
import functools
import logging
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import msgspec
from msgspec.structs import replace

from fusion import __version__, biases, recording
from fusion.assembly import assemble
from fusion.config import Config
from fusion.errors import ConfigError
from fusion.journal import Journal
from fusion.journal.journal import Command, Entry
from fusion.keeper import Fed, Keeper
from fusion.messages import SECOND, Alert, AlertMessage, Input, Output, RawMessage, Rejected, StatusMessage, Tick, TrackMessage
from fusion.metrics import Latencies
from fusion.topics import TopicTree
from fusion.tracking.registration import Learnt
from fusion.transport.counters import totals
from fusion.transport.inbox import Inbox
from fusion.transport.link import Link
from fusion.transport.listen import inward, listen
from fusion.transport.outbox import Outbox
from fusion.transport.outgoing import Publication, alert_publication, presence, publications
from fusion.transport.publish import publish
from fusion.zones.commands import decode_command

logger = logging.getLogger(__name__)

_alert = msgspec.json.Decoder(Alert)

BEAT_S = recording.BEAT / SECOND
"""s between two ticks, live as in a replay."""


class Service:
    """One site's service. `run` returns when it was told to stop, with everything written down."""

    def __init__(self, config: Config, base: Path) -> None:
        """Build everything; files are relative to `base`. Raises a FusionError where that cannot be."""
        directory = base / config.state.directory
        self.config = config
        self.biases = directory / biases.NAME
        self.pipeline = assemble(config, base)
        self.keeper = Keeper(directory)
        self.journal = Journal(Journal.url(directory / "journal.sqlite"))
        self.recorder = recording.go_on_in(directory / config.state.record) if config.state.record else None
        self.tree = TopicTree(config.site.name, config.mqtt.root)
        name = config.mqtt.client_id or f"vigie-{config.site.name}"
        self.ear, self.mouth = Link(config.mqtt, name), Link(config.mqtt, f"{name}-out")
        self.inbox, self.outbox = Inbox(config.mqtt.inbox), Outbox()
        self.latencies = Latencies()
        self._confirmed: list[int] = []  # journal rows that the broker has confirmed, to be marked at the next beat
        self._at_the_book = asyncio.Lock()

    async def run(self, stop: asyncio.Event) -> None:
        """Resume where the last run ended, serve until told to stop, then leave everything in order."""
        await self._resume()
        try:
            async with asyncio.TaskGroup() as edge:
                publishing = edge.create_task(self._publish(), name="publish")
                async with asyncio.TaskGroup() as core:
                    hearing = core.create_task(self._listen(), name="listen")
                    beating = core.create_task(self._beat(), name="beat")
                    await self._reason(stop)
                    hearing.cancel()
                    beating.cancel()
                publishing.cancel()
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
            await self._post(outputs)
            if isinstance(item.input, RawMessage):
                await self._note_command(item.input, outputs)
            else:
                await self._mark_confirmed()
                if item.input.time - saved >= self.config.state.snapshot_s * SECOND:
                    saved = item.input.time
                    await asyncio.to_thread(self._keep, self.pipeline.snapshot(), self.pipeline.learnt())

    # --- What they are made of ------------------------------------------------------------------------------------

    async def _resume(self) -> None:
        """Bring the core to where it was, write what it said on the way, and post what nobody has confirmed."""
        doubts = self._adopt_biases()
        fed, troubles = self.keeper.restore(self.pipeline)
        for trouble in [*doubts, *troubles]:
            logger.warning("the state of the last run cannot be used: %s", trouble)
        if fed and isinstance(self.recorder, recording.LinesWriter):
            self.recorder.catch_up(fed[-1][0])
        outputs = [output for _, said in fed for output in said]
        async with self._at_the_book:
            await asyncio.to_thread(self.journal.write, [one for one in outputs if isinstance(one, AlertMessage)])
            await asyncio.to_thread(self._note_commands_again, fed)
            told = await asyncio.to_thread(self.journal.open_alerts)
            unpublished = await asyncio.to_thread(self.journal.unpublished)
        self.pipeline.alerts.adopt((_alert.decode(entry.payload) for entry in told if entry.payload), time.time_ns())
        for entry in unpublished:
            self._post_alert(entry)
        self._put(one for one in outputs if isinstance(one, TrackMessage) and one.state is None)
        await asyncio.to_thread(self._keep, self.pipeline.snapshot(), self.pipeline.learnt())

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

    def _keep(self, snapshot: bytes, learnt: Learnt) -> None:
        """Write down what a restart wants to know."""
        self.keeper.save(snapshot)
        biases.write(self.biases, self.config, learnt)

    async def _post(self, outputs: Sequence[Output]) -> None:
        """Write alerts into the journal, and only then give them and everything else to the outbox."""
        alerts = [output for output in outputs if isinstance(output, AlertMessage)]
        if alerts:
            async with self._at_the_book:
                entries = await asyncio.to_thread(self.journal.write, alerts)
            for message, entry in zip(alerts, entries, strict=True):
                self._post_alert(entry, message)
        self._put(output for output in outputs if not isinstance(output, AlertMessage))

    def _put(self, outputs: Iterable[Output]) -> None:
        for output in outputs:
            told = replace(output, counters=self.counters()) if isinstance(output, StatusMessage) else output
            for publication in publications(told, self.tree):
                self.outbox.put(publication)

    def _post_alert(self, entry: Entry, message: AlertMessage | None = None) -> None:
        publication = alert_publication(entry.alert, entry.payload, self.tree)
        self.outbox.put(publication, functools.partial(self._delivered, entry, message))

    def _delivered(self, entry: Entry, message: AlertMessage | None) -> None:
        """Note that the broker has an alert; of a fresh one, how long that took."""
        self._confirmed.append(entry.sequence)
        if message is not None and message.alert.state == "raised":
            self.latencies.note(message.cause, time.time_ns())

    async def _mark_confirmed(self) -> None:
        if self._confirmed:
            confirmed, self._confirmed = self._confirmed, []
            async with self._at_the_book:
                await asyncio.to_thread(self.journal.mark_published, confirmed)

    async def _note_command(self, message: RawMessage, outputs: Sequence[Output]) -> None:
        """Write down who ordered what, unless it was refused."""
        if (command := self._command(message, outputs)) is not None:
            async with self._at_the_book:
                await asyncio.to_thread(self.journal.write_command, command)

    def _note_commands_again(self, fed: Fed) -> None:
        """Write down what was ordered in the moment before the service died, if there was no time for it."""
        noted = set(self.journal.commands())
        for item, outputs in fed:
            command = self._command(item, outputs) if isinstance(item, RawMessage) else None
            if command is not None and command not in noted:
                self.journal.write_command(command)

    def _command(self, message: RawMessage, outputs: Sequence[Output]) -> Command | None:
        """Read an order as the journal keeps it; None for what is no order, or was refused."""
        address = self.tree.parse(message.topic)
        if address is None or address.name != "command" or any(isinstance(output, Rejected) for output in outputs):
            return None
        order = decode_command(message.payload)
        name = type(order).__struct_config__.tag
        return Command(message.received, order.who, address.parts["alert"], str(name), order.why or "")

    def _write_down(self, item: Input) -> None:
        self.keeper.append(item)
        if self.recorder is not None:
            self.recorder.append(item)

    async def _close(self) -> None:
        """Leave the disk as a restart wants it."""
        await self._mark_confirmed()
        self._keep(self.pipeline.snapshot(), self.pipeline.learnt())
        self.keeper.close()
        self.journal.close()
        if self.recorder is not None:
            self.recorder.close()

    async def _expected(self) -> list[Publication]:
        """Give what the broker should retain of our alerts."""
        async with self._at_the_book:
            entries = await asyncio.to_thread(self.journal.open_alerts)
        return [alert_publication(entry.alert, entry.payload, self.tree) for entry in entries]

    def _presence(self, state: Literal["online", "offline"]) -> Publication:
        return presence(state, self.config.site.name, __version__, time.time_ns(), self.tree)

    def counters(self) -> dict[str, int]:
        """Give everything that the edge has counted."""
        edge = totals(*(part.counters() for part in (self.inbox, self.outbox, self.ear, self.mouth)))
        return edge | self.latencies.counters()
