"""Writes alerts and all that belongs to them so that a power cut loses none, and tells afterwards which the world has heard.

Everything here blocks: the service calls it in a thread (`asyncio.to_thread`), from one task.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    func,
    select,
    tuple_,
    update,
)

from fusion.errors import JournalError
from fusion.journal import chain
from fusion.journal.chain import Head, Header
from fusion.journal.database import Database, sqlite_url
from fusion.journal.migrating import migrate
from fusion.journal.records import Command, Entry, Item, Note
from fusion.journal.schema import ENTRIES, HEAD, NOT_PUBLISHED
from fusion.messages import nanoseconds
from fusion.payload import payload


class Journal:
    """One journal, open. `url` is SQLAlchemy's: `Journal.url(path)` for a file of its own, or a PostgreSQL database."""

    def __init__(self, url: str, clock: Callable[[], int] = time.time_ns) -> None:
        self._clock = clock
        self.database = Database(url)
        try:
            migrate(self.database)
        except BaseException:
            self.database.close()
            raise

    @staticmethod
    def url(path: Path) -> str:
        """Give the URL of a SQLite file."""
        return sqlite_url(path)

    def write(self, items: Iterable[Item]) -> list[Entry]:
        """Write everything in one transaction and give the row of each alert; what was written before stays as it was."""
        with self.database.writing() as connection:
            return self.write_in(connection, items)

    def write_in(self, connection: Connection, items: Iterable[Item]) -> list[Entry]:
        """Write everything in a transaction that somebody else ends."""
        drafts = [_draft(item) for item in items]
        if not drafts:
            return []
        head = _locked_head(connection)
        known = _known(connection, drafts)
        rows = self._append(connection, head, _fresh(drafts, known))
        known |= {_mark(row): _entry_of(row) for row in rows}
        return [known[_mark(draft)] for draft in drafts if draft["kind"] == "alert"]

    def mark_published(self, sequences: Iterable[int]) -> None:
        """Note that the broker has confirmed these rows."""
        marked = update(ENTRIES).where(ENTRIES.c.sequence.in_(list(sequences)), NOT_PUBLISHED)
        with self.database.writing() as connection:
            connection.execute(marked.values(published=self._clock()))

    def unpublished(self) -> list[Entry]:
        """Give every alert's row that the broker has not confirmed, in the order in which they were written."""
        return self._alerts(NOT_PUBLISHED)

    def open_alerts(self) -> list[Entry]:
        """Give the latest revision of every alert that is not archived, in the order in which they were written."""
        other = ENTRIES.alias()
        same = and_(other.c.kind == "alert", other.c.subject == ENTRIES.c.subject)
        over = exists().where(same, other.c.archived)
        newest = select(func.max(other.c.revision)).where(same).scalar_subquery()
        return self._alerts(ENTRIES.c.kind == "alert", ~over, ENTRIES.c.revision == newest)

    def notes(self, kind: str, subject: str | None = None) -> list[Note]:
        """Give what was noted of one kind, about one subject or all, in the order in which it was written; not what is purged."""
        chosen = select(*_NOTE).where(ENTRIES.c.kind == kind, ENTRIES.c.body.is_not(None))
        if subject is not None:
            chosen = chosen.where(ENTRIES.c.subject == subject)
        with self.database.reading() as connection:
            return [Note(*row) for row in connection.execute(chosen.order_by(ENTRIES.c.sequence))]

    def commands(self, alert: str | None = None) -> list[Command]:
        """Give what was ordered, about one alert or all, in the order in which it was written."""
        return [Command.of(note) for note in self.notes("command", alert)]

    def head(self) -> Head:
        """Give the number and the hash of the last entry."""
        with self.database.reading() as connection:
            return Head(*connection.execute(_READ_HEAD).one())

    def close(self) -> None:
        """Close the journal; nothing is pending, for every call has committed what it wrote."""
        self.database.close()

    def _append(self, connection: Connection, head: Head, drafts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Chain fresh rows to the last one."""
        if not drafts:
            return []
        rows, written = [], self._clock()
        for draft in drafts:
            salt = secrets.token_bytes(chain.SALT)
            digest = chain.digest_of(salt, draft["body"])
            header = Header(head.sequence + 1, written=written, digest=digest.hex(), **{name: draft[name] for name in _SAID})
            head = Head(header.sequence, chain.hash_of(head.hash, header))
            rows.append(
                draft | {"sequence": head.sequence, "written": written, "salt": salt, "digest": digest, "hash": head.hash}
            )
        connection.execute(_INSERT, rows)
        connection.execute(_SET_HEAD, {"last": head.sequence, "its_hash": head.hash})
        return rows

    def _alerts(self, *where: ColumnElement[bool]) -> list[Entry]:
        chosen = select(*_ENTRY).where(*where).order_by(ENTRIES.c.sequence)
        with self.database.reading() as connection:
            return [_entry(row) for row in connection.execute(chosen)]


STANDING = ("zone", "permit")
"""Kinds whose word stands until the next."""

_SAID = ("kind", "subject", "revision", "archived", "time")
_NOTE: list[ColumnElement[Any]] = [ENTRIES.c[name] for name in Note._fields]
_ENTRY: list[ColumnElement[Any]] = [
    ENTRIES.c[name] for name in ("sequence", "subject", "revision", "archived", "body", "published")
]


def _draft(item: Item) -> dict[str, Any]:
    if isinstance(item, Note):
        return item._asdict() | {"revision": None, "archived": False}
    alert = item.alert
    said = {"kind": "alert", "subject": alert.alert, "revision": alert.revision, "archived": item.archived}
    return said | {"time": nanoseconds(alert.updated), "body": payload(item)}


def _mark(draft: dict[str, Any]) -> tuple[Any, ...]:
    """Give what tells whether a row is there already: an alert's revision, or all that a note says."""
    match draft["kind"]:
        case "alert":
            return "alert", draft["subject"], draft["revision"], draft["archived"]
        case kind if kind in STANDING:  # a broker that repeats it at each connection says nothing new
            return kind, draft["subject"], draft["body"]
        case kind:
            return kind, draft["subject"], draft["time"], draft["body"]


def _fresh(drafts: Sequence[dict[str, Any]], known: Iterable[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Leave out of drafts what is there already, in the journal or further up."""
    seen = {mark[:-1] if mark[0] in STANDING else mark: mark for mark in known}
    fresh = []
    for draft in drafts:
        mark = _mark(draft)
        place = mark[:-1] if draft["kind"] in STANDING else mark
        if seen.get(place) != mark:
            seen[place] = mark
            fresh.append(draft)
    return fresh


def _known(connection: Connection, drafts: Sequence[dict[str, Any]]) -> dict[tuple[Any, ...], Entry]:
    """Find the rows among drafts that are there already, by their marks."""
    asked: dict[str, set[tuple[Any, ...]]] = {}
    for draft in drafts:
        if draft["kind"] == "alert":
            asked.setdefault("alert", set()).add((draft["subject"], draft["revision"]))
        elif draft["kind"] in STANDING:
            asked.setdefault("standing", set()).add((draft["kind"], draft["subject"]))
        else:
            asked.setdefault("note", set()).add((draft["kind"], draft["subject"], draft["time"]))
    found = (row for name, keys in asked.items() for row in connection.execute(_KNOWN[name], {"keys": list(keys)}))
    return {_mark(row._asdict()): _entry(row) for row in found}


def _statements() -> dict[str, Select[*tuple[Any, ...]]]:
    """Make the questions after what is known, once: making them takes longer than their answers."""
    e = ENTRIES.c
    keys: BindParameter[Any] = bindparam("keys", expanding=True)
    chosen = select(*_ENTRY, e.kind, e.time)
    newest = select(func.max(e.sequence)).where(tuple_(e.kind, e.subject).in_(keys)).group_by(e.kind, e.subject)
    return {
        "alert": chosen.where(e.kind == "alert", tuple_(e.subject, e.revision).in_(keys)),
        "standing": chosen.where(e.sequence.in_(newest)),
        "note": chosen.where(tuple_(e.kind, e.subject, e.time).in_(keys)),
    }


_KNOWN = _statements()
_READ_HEAD = select(HEAD.c.sequence, HEAD.c.hash)
_LOCK_HEAD = _READ_HEAD.with_for_update()
_SET_HEAD = update(HEAD).values(sequence=bindparam("last"), hash=bindparam("its_hash"))
_INSERT = ENTRIES.insert()


def _locked_head(connection: Connection) -> Head:
    """Give the end of the chain, and keep every other writer away from it."""
    found = connection.execute(_LOCK_HEAD).one_or_none()
    if found is None:
        raise JournalError("the journal has no head: its table was emptied; `vigie journal verify` says what is left")
    return Head(*found)


def _entry(row: Row[*tuple[Any, ...]]) -> Entry:
    return Entry(row.sequence, row.subject, row.revision, row.archived, row.body or b"", row.published is not None)


def _entry_of(row: dict[str, Any]) -> Entry:
    return Entry(row["sequence"], row["subject"], row["revision"], row["archived"], row["body"], published=False)
