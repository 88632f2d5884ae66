"""Tells receivers of alerts: takes what is written from the journal, sends it, and keeps what could not be sent for later.

At least once, and of each alert in order: its next revision goes once the one before it was taken, or given up.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Callable, Sequence
from typing import NoReturn, TypeVar

import msgspec

from fusion.errors import JournalError
from fusion.journal.deliveries import Deliveries, Due, Outcome, Standing
from fusion.messages import SECOND, Record, WebhookHealth, utc
from fusion.transport.webhook import Answer, Receiver, message

logger = logging.getLogger(__name__)

AT_ONCE = 8
"""Messages of one receiver on the way at once, each of another alert: a slow one holds up no other alert."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 600.0
"""After the first failure; doubling up to the longest."""

LOOK_AGAIN_S = 15.0
"""The journal is looked at so often without a word: another process may have put something back."""


T = TypeVar("T")

_chance = random.SystemRandom()


class _State(Record):
    """What of an alert is in its message's type."""

    state: str


_state = msgspec.json.Decoder(_State)


class Courier:
    """One receiver's courier."""

    def __init__(
        self,
        receiver: Receiver,
        deliveries: Deliveries,
        since: int,
        *,
        clock: Callable[[], int] = time.time_ns,
        chance: Callable[[float, float], float] = _chance.uniform,
        pauses: tuple[float, float] = (FIRST_PAUSE_S, LONGEST_PAUSE_S),
    ) -> None:
        """`since` (ns): what was written before is no news for a receiver that is new."""
        self.receiver = receiver
        self.name = receiver.settings.name
        self._deliveries = deliveries
        self._since = since
        self._clock, self._chance, self._pauses = clock, chance, pauses
        self._standing = Standing(0, 0, 0, None)
        self._trouble: str | None = None
        self._stirred = asyncio.Event()

    def stir(self) -> None:
        """Say that something was written."""
        self._stirred.set()

    async def deliver(self) -> NoReturn:
        """Deliver for ever what is written."""
        try:
            while True:
                self._stirred.clear()
                pause = await self._round()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._stirred.wait()
        finally:
            await self.receiver.close()

    def health(self) -> WebhookHealth:
        """Say how it goes."""
        known = self._standing
        return WebhookHealth(
            state="failing" if self._trouble else "delivering",
            waiting=known.waiting,
            dead=known.dead,
            delivered=known.delivered,
            oldest=None if known.oldest is None else utc(known.oldest),
            reason=self._trouble,
        )

    async def _round(self) -> float:
        """Take what is new and send what is due; give the seconds until there is more to do."""
        try:
            await self._book(self._deliveries.take, self.name, self.receiver.settings.least_severity, self._since)
            due, following = await self._book(self._deliveries.due, self.name, AT_ONCE)
            if due:
                await self._send(due)
            self._standing = await self._book(self._deliveries.standing, self.name)
        except JournalError as error:
            self._note(f"the journal: {error}")
            return self._pauses[0]
        if due:
            return 0.0
        if following is None:
            self._note(None)
            return LOOK_AGAIN_S
        return min(max(following - self._clock(), 0) / SECOND, LOOK_AGAIN_S)

    async def _send(self, due: Sequence[Due]) -> None:
        async with asyncio.TaskGroup() as sending:
            posts = [sending.create_task(self._post(one), name=f"post {one.alert}") for one in due]
        answers = [post.result() for post in posts]
        outcomes = [self._outcome(one, answer) for one, answer in zip(due, answers, strict=True)]
        away = all(answer.away for answer in answers)
        not_before = min(outcome.due for outcome in outcomes) if away else 0
        await self._book(self._deliveries.settle, self.name, outcomes, not_before)
        self._note(next((answer.reason for answer in answers if not answer.delivered), None))
        for one, outcome in zip(due, outcomes, strict=True):
            if outcome.state == "dead":
                logger.error(
                    "webhook %s: alert %s, revision %s: given up: %s", self.name, one.alert, one.revision, outcome.reason
                )

    async def _book(self, do: Callable[..., T], *arguments: object) -> T:
        """Do something with the journal in a thread; who is cancelled meanwhile waits for it: a transaction has no half."""
        doing = asyncio.ensure_future(asyncio.to_thread(do, *arguments))
        try:
            return await asyncio.shield(doing)
        except asyncio.CancelledError:
            await asyncio.wait([doing])
            raise

    async def _post(self, due: Due) -> Answer:
        kind = f"alert.{_state.decode(due.body).state}" if due.body else ""
        if not kind:
            return Answer(False, "its content was purged", gone=True)
        body = message(kind, due.body, due.written, self.receiver.settings.withhold)
        return await self.receiver.send(f"{due.alert}_{due.revision}", body, self._clock())

    def _outcome(self, due: Due, answer: Answer) -> Outcome:
        now = self._clock()
        if answer.delivered:
            return Outcome(due.sequence, "delivered", now)
        if answer.gone or now - due.since >= self.receiver.settings.give_up_h * 3600 * SECOND:
            return Outcome(due.sequence, "dead", now, answer.reason)
        first, longest = self._pauses
        pause = min(first * 2.0 ** min(due.attempts, 30), longest) * self._chance(0.5, 1.0)
        return Outcome(due.sequence, "waiting", now + round(max(pause, answer.retry_after_s) * SECOND), answer.reason)

    def _note(self, trouble: str | None) -> None:
        """Keep why nothing arrives; that it begins and that it ends is logged, once each."""
        if trouble and not self._trouble:
            logger.warning("webhook %s: failing: %s", self.name, trouble)
        elif self._trouble and not trouble:
            logger.warning("webhook %s: delivering again", self.name)
        self._trouble = trouble
