"""The webhooks' outbox: which alert's revision goes to which receiver, how often that was tried, and how it ended.

The journal is what there is to send; here stands how far each receiver is. To look at an entry for a receiver and what comes of
it are one transaction, so a kill neither loses nor doubles a message. Everything here blocks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, func, select, update

from fusion.journal.database import Database
from fusion.journal.schema import DELIVERIES, ENTRIES, WEBHOOKS
from fusion.messages import Record, Severity

RANK: dict[Severity, int] = {"advisory": 0, "warning": 1, "critical": 2}

AT_ONCE = 500
"""Entries looked at in one transaction."""


class Due(NamedTuple):
    """One message that is to be sent now."""

    sequence: int
    alert: str
    revision: int
    attempts: int
    since: int  # ns, from when on it is tried
    written: int  # ns
    body: bytes


class Outcome(NamedTuple):
    """How one attempt ended."""

    sequence: int
    state: Literal["waiting", "delivered", "dead"]
    due: int  # ns, of the next attempt
    reason: str | None = None


class Standing(NamedTuple):
    """How far one receiver is."""

    waiting: int
    dead: int
    delivered: int
    oldest: int | None  # ns, when the entry that waits longest was written


class Letter(NamedTuple):
    """One message that was given up."""

    webhook: str
    sequence: int
    alert: str
    revision: int
    attempts: int
    settled: int  # ns
    reason: str


class _Severe(Record):
    """What of an alert decides whether it is sent."""

    severity: Severity


_severe = msgspec.json.Decoder(_Severe)
_d, _e = DELIVERIES.c, ENTRIES.c
_JOINED = DELIVERIES.join(ENTRIES, _d.sequence == _e.sequence)


class Deliveries:
    """The outbox in one journal's database."""

    def __init__(self, database: Database, clock: Callable[[], int] = time.time_ns) -> None:
        self.database = database
        self._clock = clock

    def take(self, webhook: str, least: Severity, since: int) -> int:
        """Take what was written since the last time into a receiver's outbox; a new one begins at a time (ns). Give how many."""
        taken = 0
        while True:
            with self.database.writing() as connection:
                after = _cursor(connection, webhook, since)
                rows = connection.execute(
                    select(_e.sequence, _e.kind, _e.subject, _e.archived, _e.body)
                    .where(_e.sequence > after)
                    .order_by(_e.sequence)
                    .limit(AT_ONCE)
                ).all()
                if not rows:
                    return taken
                chosen = self._chosen(connection, webhook, least, rows)
                if chosen:
                    connection.execute(DELIVERIES.insert(), chosen)
                connection.execute(update(WEBHOOKS).where(WEBHOOKS.c.name == webhook).values(sequence=rows[-1].sequence))
                taken += len(chosen)

    def due(self, webhook: str, most: int) -> tuple[list[Due], int | None]:
        """Give what is to be sent now, of each alert the first that waits; and when the next is due (ns), None without one."""
        first = select(func.min(_d.sequence)).where(_of(webhook, "waiting")).group_by(_d.subject)
        heads = and_(_d.webhook == webhook, _d.sequence.in_(first))
        with self.database.reading() as connection:
            rows = connection.execute(
                select(_d.sequence, _d.subject, _e.revision, _d.attempts, _d.since, _e.written, _e.body)
                .select_from(_JOINED)
                .where(heads, _d.due <= self._clock())
                .order_by(_d.sequence)
                .limit(most)
            )
            found = [Due(*row[:-1], row.body or b"") for row in rows]
            following = connection.execute(select(func.min(_d.due)).where(heads)).scalar()
        return found, following

    def settle(self, webhook: str, outcomes: Iterable[Outcome], not_before: int = 0) -> None:
        """Write down how attempts ended; whatever else waits is not tried before a time (ns)."""
        with self.database.writing() as connection:
            for outcome in outcomes:
                ended = None if outcome.state == "waiting" else self._clock()
                connection.execute(
                    update(DELIVERIES)
                    .where(_d.webhook == webhook, _d.sequence == outcome.sequence)
                    .values(
                        state=outcome.state,
                        attempts=_d.attempts + 1,
                        due=outcome.due,
                        settled=ended,
                        reason=outcome.reason and outcome.reason[:256],
                    )
                )
            if not_before:
                connection.execute(update(DELIVERIES).where(_of(webhook, "waiting"), _d.due < not_before).values(due=not_before))

    def standing(self, webhook: str) -> Standing:
        """Say how far a receiver is."""
        with self.database.reading() as connection:
            counted = select(_d.state, func.count()).where(_d.webhook == webhook).group_by(_d.state)
            counts: dict[str, int] = {row[0]: row[1] for row in connection.execute(counted)}
            oldest = connection.execute(select(func.min(_e.written)).select_from(_JOINED).where(_of(webhook, "waiting"))).scalar()
        return Standing(counts.get("waiting", 0), counts.get("dead", 0), counts.get("delivered", 0), oldest)

    def dead(self, webhook: str | None = None) -> list[Letter]:
        """Give what was given up, of one receiver or all, in the order in which it was written."""
        chosen = (
            select(_d.webhook, _d.sequence, _d.subject, _e.revision, _d.attempts, _d.settled, _d.reason)
            .select_from(_JOINED)
            .where(_d.state == "dead", *_only(webhook))
            .order_by(_d.sequence, _d.webhook)
        )
        with self.database.reading() as connection:
            return [Letter(*row) for row in connection.execute(chosen)]

    def try_again(self, webhook: str | None = None) -> int:
        """Put what was given up back among what waits, for as long again; give how many."""
        now = self._clock()
        with self.database.writing() as connection:
            again = update(DELIVERIES).where(_d.state == "dead", *_only(webhook))
            return connection.execute(
                again.values(state="waiting", attempts=0, since=now, due=now, settled=None, reason=None)
            ).rowcount

    def _chosen(self, connection: Connection, webhook: str, least: Severity, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Choose what a receiver is told: alerts that are severe enough, and from then on all of their life."""
        alerts = [row for row in rows if row.kind == "alert" and not row.archived and row.body]
        subjects = {row.subject for row in alerts}
        known = select(_d.subject).where(_d.webhook == webhook, _d.subject.in_(subjects)).distinct()
        told = set(connection.scalars(known))
        chosen, now = [], self._clock()
        for row in alerts:
            if row.subject in told or RANK[_severe.decode(row.body).severity] >= RANK[least]:
                told.add(row.subject)
                chosen.append(
                    {"webhook": webhook, "sequence": row.sequence, "subject": row.subject, "state": "waiting", "attempts": 0}
                    | {"since": now, "due": 0, "settled": None, "reason": None}
                )
        return chosen


def _cursor(connection: Connection, webhook: str, since: int) -> int:
    """Give the last entry that was looked at for a receiver; one that is new begins with what is written from a time on."""
    found = connection.execute(select(WEBHOOKS.c.sequence).where(WEBHOOKS.c.name == webhook)).scalar()
    if found is None:
        found = connection.execute(select(func.max(_e.sequence)).where(_e.written < since)).scalar() or 0
        connection.execute(WEBHOOKS.insert().values(name=webhook, sequence=found))
    return found


def _of(webhook: str, state: str) -> ColumnElement[bool]:
    return and_(_d.webhook == webhook, _d.state == state)


def _only(webhook: str | None) -> list[ColumnElement[bool]]:
    return [] if webhook is None else [_d.webhook == webhook]
