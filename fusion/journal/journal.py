"""Writes alerts and commands so that a power cut loses none, and tells afterwards which of them the world has heard.

Everything here blocks: the service calls it in a thread (`asyncio.to_thread`), from one task.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import URL, Connection, Engine, Row, create_engine, event, exists, func, make_url, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from fusion.errors import JournalError
from fusion.journal.schema import ALERTS, COMMANDS, METADATA
from fusion.messages import AlertMessage
from fusion.payload import payload

INSERTS: dict[str, Callable[..., Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
"""Databases whose INSERT knows ON CONFLICT DO NOTHING, which makes writing twice harmless."""

PRAGMAS = (
    "PRAGMA journal_mode = WAL",  # readers do not wait for the writer
    "PRAGMA synchronous = FULL",  # a commit is on the disk, or the next power cut takes it back
    "PRAGMA busy_timeout = 5000",  # ms: someone may be looking at the file with another program
)


class Entry(NamedTuple):
    """One revision of one alert, as it is written."""

    sequence: int
    alert: str
    revision: int
    archived: bool
    payload: bytes
    published: bool


class Command(NamedTuple):
    """What a person ordered about an alert, and why."""

    time: int  # ns
    who: str
    alert: str
    command: str
    why: str


class Journal:
    """One journal, open. `url` is SQLAlchemy's: `Journal.url(path)` for a file of its own, or a PostgreSQL database."""

    def __init__(self, url: str, clock: Callable[[], int] = time.time_ns) -> None:
        self._clock = clock
        with _in_our_words("the journal's URL"):
            self._url = make_url(url)
        with _in_our_words(self._url):
            self._engine = _engine(self._url)
            METADATA.create_all(self._engine)

    @staticmethod
    def url(path: Path) -> str:
        """Give the URL of a SQLite file."""
        return f"sqlite:///{path}"

    def write(self, messages: Iterable[AlertMessage]) -> list[Entry]:
        """Write every message in one transaction and give its row; what was written before stays as it was written."""
        with self._transaction() as connection:
            return [self._write(connection, message) for message in messages]

    def mark_published(self, sequences: Iterable[int]) -> None:
        """Note that the broker has confirmed these rows."""
        marked = update(ALERTS).where(ALERTS.c.sequence.in_(list(sequences)), ALERTS.c.published.is_(None))
        with self._transaction() as connection:
            connection.execute(marked.values(published=self._clock()))

    def unpublished(self) -> list[Entry]:
        """Give every row that the broker has not confirmed, in the order in which they were written."""
        return self._read(select(ALERTS).where(ALERTS.c.published.is_(None)).order_by(ALERTS.c.sequence))

    def open_alerts(self) -> list[Entry]:
        """Give the latest revision of every alert that is not archived, in the order in which they were written."""
        other = ALERTS.alias()
        same = other.c.alert == ALERTS.c.alert
        over = exists().where(same, other.c.archived)
        newest = select(func.max(other.c.revision)).where(same).scalar_subquery()
        return self._read(select(ALERTS).where(~over, ALERTS.c.revision == newest).order_by(ALERTS.c.sequence))

    def write_command(self, command: Command) -> None:
        """Write down what a person ordered."""
        with self._transaction() as connection:
            connection.execute(COMMANDS.insert().values(command._asdict()))

    def commands(self, alert: str | None = None) -> list[Command]:
        """Give what was ordered, about one alert or all, in the order in which it was written."""
        chosen = select(*(COMMANDS.c[name] for name in Command._fields)).order_by(COMMANDS.c.sequence)
        with self._transaction() as connection:
            return [
                Command(*row) for row in connection.execute(chosen if alert is None else chosen.where(COMMANDS.c.alert == alert))
            ]

    def close(self) -> None:
        """Close the journal; nothing is pending, for every call has committed what it wrote."""
        with _in_our_words(self._url):
            self._engine.dispose()

    def _write(self, connection: Connection, message: AlertMessage) -> Entry:
        alert, insert = message.alert, INSERTS[connection.dialect.name]
        key = {"alert": alert.alert, "revision": alert.revision, "archived": message.archived}
        values = key | {"state": alert.state, "payload": payload(message), "written": self._clock()}
        connection.execute(insert(ALERTS).values(values).on_conflict_do_nothing())
        return _entry(connection.execute(select(ALERTS).filter_by(**key)).one())

    def _read(self, query: Any) -> list[Entry]:
        with self._transaction() as connection:
            return [_entry(row) for row in connection.execute(query)]

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with _in_our_words(self._url), self._engine.begin() as connection:
            yield connection


def _entry(row: Row[Any]) -> Entry:
    return Entry(row.sequence, row.alert, row.revision, row.archived, row.payload, row.published is not None)


def _engine(url: URL) -> Engine:
    if url.get_backend_name() not in INSERTS:
        raise JournalError(f"{url!r}: a journal is kept in {' or '.join(sorted(INSERTS))}, not {url.get_backend_name()}")
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    for pragma in PRAGMAS:
        connection.execute(pragma)


@contextlib.contextmanager
def _in_our_words(url: URL | str) -> Iterator[None]:
    """Say which journal cannot do it, and why; a URL's own repr hides its password."""
    try:
        yield
    except (SQLAlchemyError, ImportError) as error:
        raise JournalError(f"{url!r}: {getattr(error, 'orig', None) or error}") from error
