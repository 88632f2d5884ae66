"""What the console asks of the journal: alerts as lists, an alert's life, the access log, a page at a time. It all blocks."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Select, and_, exists, func, select

from fusion.journal.journal import Journal
from fusion.journal.records import Note
from fusion.journal.schema import ENTRIES
from fusion.messages import Alert

_alert = msgspec.json.Decoder(Alert)


class Told(NamedTuple):
    """One revision of one alert, and its place in the journal."""

    seq: int
    archived: bool
    alert: Alert


class Page(NamedTuple):
    """Notes, the newest first, each with its place."""

    notes: list[tuple[int, Note]]
    more: bool


def first_hash(journal: Journal) -> bytes | None:
    """Give the hash of the first entry, which no other journal has; None before there is one."""
    with journal.database.reading() as connection:
        return connection.scalar(select(ENTRIES.c.hash).where(ENTRIES.c.sequence == 1))


def last_revisions(journal: Journal, most: int) -> tuple[list[Told], int]:
    """Give the last revisions of alerts, in order, and the number after which they are all; open alerts from before too."""
    e = ENTRIES.c
    with journal.database.reading() as connection:
        chosen = select(e.sequence, e.subject, e.archived, e.body).where(e.kind == "alert", e.body.is_not(None))
        rows = list(connection.execute(chosen.order_by(e.sequence.desc()).limit(most)))[::-1]
        floor = rows[0].sequence - 1 if len(rows) == most else 0
        before = list(connection.execute(chosen.where(_is_open(), e.sequence <= floor, _is_newest()).order_by(e.sequence)))
    told: list[Told] = []
    known: dict[str, Alert] = {}
    for row in [*before, *rows]:
        if row.body:
            known[row.subject] = _alert.decode(row.body)
        if row.subject in known:
            told.append(Told(row.sequence, row.archived, known[row.subject]))
    return told, floor


def latest(
    journal: Journal, *, most: int, before: int | None = None, begin: int | None = None, end: int | None = None
) -> list[Told]:
    """Give the last revision of each alert, the newest first; `before` a place, and of a time (ns) between two."""
    e, over = ENTRIES.c, ENTRIES.alias()
    newest = func.max(e.sequence).label("sequence")
    chosen = select(newest).where(e.kind == "alert", e.body.is_not(None), func.length(e.body) > 0).group_by(e.subject)
    bounds = [
        bound
        for bound in (
            None if before is None else e.sequence < before,
            None if begin is None else e.time >= begin,
            None if end is None else e.time < end,
        )
        if bound is not None
    ]
    archived = exists().where(over.c.kind == "alert", over.c.subject == e.subject, over.c.archived).label("over")
    rows = select(e.sequence, archived, e.body).where(e.sequence.in_(chosen), *bounds).order_by(e.sequence.desc()).limit(most)
    with journal.database.reading() as connection:
        return [Told(row.sequence, row.over, _alert.decode(row.body)) for row in connection.execute(rows)]


def latest_of(journal: Journal, alert: str) -> Alert | None:
    """Give the last revision of one alert; None where there is none, or it was purged."""
    e = ENTRIES.c
    own = select(e.body).where(e.kind == "alert", e.subject == alert, e.body.is_not(None), func.length(e.body) > 0)
    with journal.database.reading() as connection:
        body = connection.scalar(own.order_by(e.sequence.desc()).limit(1))
    return None if body is None else _alert.decode(body)


def life(journal: Journal, alert: str) -> list[tuple[int, Alert | None, Note | None]]:
    """Give all that was written of an alert, in order: when (ns), and its revision or what was ordered."""
    e = ENTRIES.c
    chosen = select(e.kind, e.subject, e.time, e.body).where(
        e.subject == alert, e.kind.in_(["alert", "command"]), e.body.is_not(None)
    )
    with journal.database.reading() as connection:
        rows = list(connection.execute(chosen.order_by(e.sequence)))
    return [
        (row.time, _alert.decode(row.body), None) if row.kind == "alert" else (row.time, None, Note(*row))
        for row in rows
        if row.body
    ]


def raised_between(journal: Journal, begin: int, end: int) -> list[tuple[int, str]]:
    """Give when (ns) each alert was raised in a time, and how grave it was then."""
    e = ENTRIES.c
    chosen = select(e.time, e.body).where(e.kind == "alert", e.revision == 1, e.time.between(begin, end), e.body.is_not(None))
    with journal.database.reading() as connection:
        return [(row.time, _alert.decode(row.body).severity) for row in connection.execute(chosen) if row.body]


def page(journal: Journal, kind: str, *, most: int, before: int | None = None) -> Page:
    """Give notes of one kind, the newest first, before a place."""
    e = ENTRIES.c
    chosen: Select[tuple[int, str, str, int, bytes]] = select(e.sequence, e.kind, e.subject, e.time, e.body).where(
        e.kind == kind, e.body.is_not(None)
    )
    if before is not None:
        chosen = chosen.where(e.sequence < before)
    with journal.database.reading() as connection:
        rows = list(connection.execute(chosen.order_by(e.sequence.desc()).limit(most + 1)))
    return Page([(row.sequence, Note(row.kind, row.subject, row.time, row.body)) for row in rows[:most]], len(rows) > most)


def _is_open() -> ColumnElement[bool]:
    other = ENTRIES.alias()
    return ~exists().where(other.c.kind == "alert", other.c.subject == ENTRIES.c.subject, other.c.archived)


def _is_newest() -> ColumnElement[bool]:
    other = ENTRIES.alias()
    same = and_(other.c.kind == "alert", other.c.subject == ENTRIES.c.subject)
    newest = select(func.max(other.c.revision)).where(same).scalar_subquery()
    return ENTRIES.c.revision == newest
