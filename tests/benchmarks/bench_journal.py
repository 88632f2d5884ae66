"""What the journal costs: `vigie bench journal`. Alerts a second and the time of a commit, beside sqlite3 alone doing the least.

The least is one synced INSERT of what is published, without chain, marks or SQLAlchemy. Both in one run, in turns, on one disk.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from fusion.journal import Journal
from fusion.journal.database import PRAGMAS
from fusion.messages import AlertMessage
from fusion.payload import payload
from tests.databases import PostgreSQL, programs
from tests.journal.writer import message

COMMITS = 400
BATCHES = (1, 20)
"""Alerts of one beat: one now and then, or a storm."""

Write = Callable[[list[AlertMessage]], object]


def plain(path: Path) -> Write:
    """Give sqlite3 alone, with the same promises to the disk."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in PRAGMAS:
        connection.execute(pragma)
    connection.execute(
        "CREATE TABLE a (alert TEXT, revision INT, archived INT, payload BLOB, UNIQUE (alert, revision, archived))"
    )

    def write(messages: list[AlertMessage]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        rows = [(one.alert.alert, one.alert.revision, one.archived, payload(one)) for one in messages]
        connection.executemany("INSERT INTO a VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", rows)
        connection.execute("COMMIT")

    return write


def batches(size: int) -> list[list[AlertMessage]]:
    """Give storms of alerts of the usual size, 1.5 kB."""
    return [
        [message(f"01K1J40A2M5B7C8D9E0F1{k:05}", number + 1, reasons=("x" * 1200,)) for k in range(size)]
        for number in range(COMMITS)
    ]


def measure(writers: dict[str, Write], size: int) -> None:
    """Write every storm with each in turn; print one line each."""
    took: dict[str, list[float]] = {name: [] for name in writers}
    for batch in batches(size):
        for name, write in writers.items():
            begun = time.perf_counter()
            write(batch)
            took[name].append(time.perf_counter() - begun)
    for name, times in took.items():
        p50, p99 = np.quantile(times, [0.5, 0.99]) * 1e3
        print(
            f"{name:20} {size:3} alerts a commit: {size * COMMITS / sum(times):7.0f} alerts/s, p50 {p50:6.2f} ms, p99 {p99:6.2f} ms"
        )


def bench() -> None:
    where = programs()
    server = PostgreSQL(where, quick=False).start() if where else None
    try:
        for size in BATCHES:
            with tempfile.TemporaryDirectory() as directory:
                home = Path(directory)
                writers = {"sqlite3 alone": plain(home / "plain.sqlite")}
                writers["journal, SQLite"] = Journal(Journal.url(home / "journal.sqlite")).write
                if server:
                    writers["journal, PostgreSQL"] = Journal(server.fresh()).write
                measure(writers, size)
    finally:
        if server:
            server.stop()


if __name__ == "__main__":
    sys.exit(bench())
