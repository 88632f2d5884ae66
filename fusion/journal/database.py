"""The database under the journal: SQLite or PostgreSQL, opened so that what was committed is on the disk."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

from fusion.config import State
from fusion.errors import JournalError, JournalUnavailableError

PRAGMAS = (
    "PRAGMA journal_mode = WAL",  # readers do not wait for the writer
    "PRAGMA synchronous = FULL",  # a commit is on the disk, or the next power cut takes it back
    "PRAGMA secure_delete = ON",  # what is taken out is overwritten, not only let go of
    "PRAGMA busy_timeout = 5000",  # ms: someone may be looking at the file with another program
)

POSTGRESQL: dict[str, Any] = {
    "pool_pre_ping": True,  # a server that was started again is found again
    "connect_args": {
        "connect_timeout": 5,  # s
        "application_name": "vigie",
        # ms: a statement of ours takes milliseconds; one that hangs must not keep alerts waiting for ever
        "options": "-c synchronous_commit=on -c statement_timeout=10000 -c lock_timeout=5000",
    },
}
"""How a server is met; `synchronous_commit` may be off there, and a commit would then not be on the disk."""

BACKENDS: dict[str, dict[str, Any]] = {"sqlite": {}, "postgresql": POSTGRESQL}


class Database:
    """One database; a transaction is all on the disk, or none of it. `url` is SQLAlchemy's."""

    def __init__(self, url: str) -> None:
        """Read the URL, without going there yet; raise JournalError where no journal can be kept."""
        with in_our_words("the journal's URL"):
            self.url = make_url(url)
        with in_our_words(self.url):
            self.engine = _engine(self.url)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one state of everything."""
        with in_our_words(self.url), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection whose work is committed at the end, or not at all where anything is raised."""
        with in_our_words(self.url), self.engine.connect() as connection:
            writer = connection.execution_options(writes=True)
            with writer.begin():
                yield writer

    def compact(self) -> None:
        """Give the room of what was taken out back to the disk, so that no byte of it is left in the files."""
        with in_our_words(self.url), self.engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                plain = connection.execution_options(plain=True)
                plain.exec_driver_sql("VACUUM")
                plain.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            else:
                connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM FULL entry")

    def scrub(self) -> None:
        """Leave nothing of what was taken out in the write-ahead log, without standing in a writer's way for long.

        SQLite has overwritten it in its pages (`secure_delete`). PostgreSQL's own vacuum gives the room to what comes next; only
        `compact` rewrites the table.
        """
        with in_our_words(self.url), self.engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.execution_options(plain=True).exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            else:
                connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM entry")

    def close(self) -> None:
        """Let go of every connection."""
        with in_our_words(self.url):
            self.engine.dispose()


def sqlite_url(path: Path) -> str:
    """Give the URL of a SQLite file."""
    return URL.create("sqlite", database=str(path)).render_as_string()


def site_url(state: State, base: Path) -> str:
    """Give the URL of the journal of a site; its file is relative to `base`."""
    return state.journal or sqlite_url(base / state.directory / "journal.sqlite")


def _engine(url: URL) -> Engine:
    backend = url.get_backend_name()
    if backend not in BACKENDS:
        raise JournalError(f"{url!r}: a journal is kept in {' or '.join(sorted(BACKENDS))}, not {backend}")
    engine = create_engine(url, **BACKENDS[backend])
    if backend == "sqlite":
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # `_begin` says when a transaction begins, also before reading and before DDL
    for pragma in PRAGMAS:
        connection.execute(pragma)


def _begin(connection: Connection) -> None:
    """Begin; who will write takes the lock at once, or two who have read could both not go on."""
    options = connection.get_execution_options()
    if not options.get("plain"):  # what cannot stand in a transaction
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")


@contextlib.contextmanager
def in_our_words(url: URL | str) -> Iterator[None]:
    """Say which journal cannot do it, and why; a URL's own repr hides its password."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, ImportError) as error:
        passing = isinstance(error, OperationalError | InterfaceError | sqlite3.OperationalError)
        kind = (
            JournalUnavailableError
            if passing or (isinstance(error, DBAPIError) and error.connection_invalidated)
            else JournalError
        )
        raise kind(f"{url!r}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    return " ".join(str(getattr(error, "orig", None) or error).split())
