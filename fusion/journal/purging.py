"""Takes out of the journal for good what is older than a site may keep; what was taken stands in the chain."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from sqlalchemy import Connection, and_, func, or_, select, update

from fusion.config import Retention
from fusion.journal.journal import Journal
from fusion.journal.records import Note, Purged
from fusion.journal.schema import ENTRIES
from fusion.messages import SECOND, utc

CASE = ("alert", "command")
"""Kinds that belong to an alert: they stay until it is over, and go together."""

HOUR, DAY = 3_600 * SECOND, 86_400 * SECOND

Chooser = Callable[[Connection, int], list[int]]
"""Finds the entries that are to go, of those written before a time (ns)."""

AT_ONCE = 500
"""Rows changed by one statement: SQLite takes some ten thousand values in one, older ones 999."""


def purge(journal: Journal, before: int, who: str, now: int) -> Purged | None:
    """Take the content of what was last written before a time (ns); None where there is nothing. Open alerts stay whole."""
    purged = _take(journal, _chosen, before, who, now)
    if purged is not None:
        journal.database.compact()
    return purged


def retain(journal: Journal, retention: Retention, who: str, now: int) -> list[Purged]:
    """Take what a site's retention says is kept no longer, while its service goes on writing."""
    taken = [_take(journal, _claims, now - round(retention.claims_h * HOUR), who, now)]
    if retention.incident_days is not None:
        taken.append(_take(journal, _chosen, now - round(retention.incident_days * DAY), who, now))
    purged = [one for one in taken if one is not None]
    if purged:
        journal.database.scrub()
    return purged


def _take(journal: Journal, chosen: Chooser, before: int, who: str, now: int) -> Purged | None:
    """Take the content of entries, and write down that it was taken; None where there is nothing."""
    with journal.database.writing() as connection:
        sequences = chosen(connection, before)
        if not sequences:
            return None
        for start in range(0, len(sequences), AT_ONCE):
            taken = ENTRIES.c.sequence.in_(sequences[start : start + AT_ONCE])
            connection.execute(update(ENTRIES).where(taken).values(body=None, salt=None))
        purged = Purged(who=who, before=utc(before), entries=tuple(_runs(sequences)))
        journal.write_in(connection, [Note("purge", "", now, msgspec.json.encode(purged))])
    return purged


def _claims(connection: Connection, before: int) -> list[int]:
    """Find what passers-by said of themselves."""
    e = ENTRIES.c
    old = select(e.sequence).where(e.kind == "claims", e.written < before, e.body.is_not(None))
    return list(connection.scalars(old.order_by(e.sequence)))


def _chosen(connection: Connection, before: int) -> list[int]:
    """Find what is old: cases that are over as a whole, everything else by itself. Purges stay: they are the proof."""
    e = ENTRIES.c
    last = select(e.subject, func.max(e.written).label("last")).where(e.kind.in_(CASE)).group_by(e.subject).subquery()
    over = select(e.subject).where(e.kind == "alert", e.archived)
    alerts = select(e.subject).where(e.kind == "alert")
    old = select(last.c.subject).where(last.c.last < before)
    case = and_(e.kind.in_(CASE), e.subject.in_(old), or_(e.subject.in_(over), e.subject.not_in(alerts)))
    other = and_(e.kind.not_in([*CASE, "purge"]), e.written < before)
    return list(connection.scalars(select(e.sequence).where(e.body.is_not(None), or_(case, other)).order_by(e.sequence)))


def _runs(sequences: list[int]) -> list[tuple[int, int]]:
    """Join neighbouring numbers: 1, 2, 3, 7 becomes 1–3, 7–7."""
    runs: list[tuple[int, int]] = []
    for sequence in sequences:
        if runs and sequence == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], sequence)
        else:
            runs.append((sequence, sequence))
    return runs
