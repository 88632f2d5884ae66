"""Takes out of the journal for good what is older than a site may keep; what was taken stands in the chain."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import msgspec
from sqlalchemy import Connection, and_, func, or_, select, update

from fusion.config import Retention
from fusion.journal.journal import Journal
from fusion.journal.records import PLAN, Note, PermitNoted, Purged
from fusion.journal.schema import ENTRIES
from fusion.messages import SECOND, utc
from fusion.zones.tokens import Claims, said_by

CASE = ("alert", "command")
"""Kinds that belong to an alert: they stay until it is over, and go together."""

HOUR, DAY = 3_600 * SECOND, 86_400 * SECOND

_permit = msgspec.json.Decoder(PermitNoted)

Chooser = Callable[[Connection, int], list[int]]
"""Finds the entries that are to go, of those written before a time (ns)."""

AT_ONCE = 500
"""Rows changed by one statement: SQLite takes some ten thousand values in one, older ones 999."""


def purge(journal: Journal, before: int, who: str, now: int) -> Purged | None:
    """Take the content of what was last written before a time (ns); None where there is nothing. Open alerts stay whole."""
    purged = _take(journal, functools.partial(_chosen, now=now), before, who, now)
    if purged is not None:
        journal.database.compact()
    return purged


def retain(journal: Journal, retention: Retention, who: str, now: int) -> list[Purged]:
    """Take what a site's retention says is kept no longer, while its service goes on writing."""
    taken = [_take(journal, _claims, now - round(retention.claims_h * HOUR), who, now)]
    if retention.incident_days is not None:
        taken.append(_take(journal, functools.partial(_chosen, now=now), now - round(retention.incident_days * DAY), who, now))
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


def _chosen(connection: Connection, before: int, now: int) -> list[int]:
    """Find what is old: cases that are over as a whole, everything else by itself.

    Purges stay: they are the proof. So does what became of a permit until that permit has ended, and the last word on plans.
    """
    e = ENTRIES.c
    last = select(e.subject, func.max(e.written).label("last")).where(e.kind.in_(CASE)).group_by(e.subject).subquery()
    over = select(e.subject).where(e.kind == "alert", e.archived)
    alerts = select(e.subject).where(e.kind == "alert")
    old = select(last.c.subject).where(last.c.last < before)
    case = and_(e.kind.in_(CASE), e.subject.in_(old), or_(e.subject.in_(over), e.subject.not_in(alerts)))
    other = and_(e.kind.not_in([*CASE, "purge"]), e.written < before)
    found = connection.scalars(select(e.sequence).where(e.body.is_not(None), or_(case, other)).order_by(e.sequence))
    standing = _standing(connection, now)
    return [sequence for sequence in found if sequence not in standing]


def _standing(connection: Connection, now: int) -> set[int]:
    """Give the entries of permits that have not ended: a core that has lost its state learns of a revocation from nowhere else.

    When a permit ends, only its own token says: of a number that was revoked and never issued here nobody knows, so what revokes
    it stays. It names no drone. What was refused is not of a permit that stands.
    """
    e = ENTRIES.c
    rows = connection.execute(select(e.sequence, e.subject, e.body).where(e.kind == "permit", e.body.is_not(None)))
    notes = [(sequence, subject, _permit.decode(body)) for sequence, subject, body in rows]
    ends: dict[str, float] = {}
    revoked: dict[str, set[str]] = {}
    issued: dict[str, set[str]] = {}
    for _, number, note in notes:
        match said_by(note.token.encode()) if note.token else None:
            case Claims(iss=issuer, exp=end):
                issued.setdefault(number, set()).add(issuer)
                ends[number] = max(ends.get(number, 0.0), end * SECOND)
            case None:
                pass
            case undoing:
                revoked.setdefault(number, set()).add(undoing.iss)
    ends |= {number: math.inf for number, by in revoked.items() if not by <= issued.get(number, set())}
    plans = connection.execute(
        select(e.sequence, e.body).where(e.kind == "zone", e.subject == PLAN, e.body.is_not(None)).order_by(e.sequence.desc())
    )
    plan = next((sequence for sequence, body in plans if b'"refused"' not in body), None)
    held = {sequence for sequence, number, note in notes if note.what != "refused" and ends.get(number, 0.0) > now}
    return held | ({plan} if plan is not None else set())


def _runs(sequences: list[int]) -> list[tuple[int, int]]:
    """Join neighbouring numbers: 1, 2, 3, 7 becomes 1–3, 7–7."""
    runs: list[tuple[int, int]] = []
    for sequence in sequences:
        if runs and sequence == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], sequence)
        else:
            runs.append((sequence, sequence))
    return runs
