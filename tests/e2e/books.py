"""What a run leaves on the disk: its recording, replayed, and its journal."""

from __future__ import annotations

import contextlib

from fusion.journal import Journal
from tests.e2e.processes import command

RECORDED = '\n[state]\nrecord = "recording.jsonl"\n'


async def replayed(directory, recording="state/recording.jsonl", out="out") -> list[list[bytes]]:
    """Replay a recording with the site beside it; give the lines of its tracks and of its alerts."""
    code, text = await command("replay", directory / recording, "--config", directory / "site.toml", "--out", directory / out)
    assert code == 0, text
    return [(directory / out / name).read_bytes().splitlines() for name in ("tracks.jsonl", "alerts.jsonl")]


@contextlib.contextmanager
def journal(directory):
    """Open the journal of a service that has ended."""
    book = Journal(Journal.url(directory / "state" / "journal.sqlite"))
    try:
        yield book
    finally:
        book.close()


def journalled(directory) -> list[bytes]:
    """Give every alert's payload in the order in which they were written."""
    with journal(directory) as book, book.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT body FROM entry WHERE kind = 'alert' AND NOT archived ORDER BY sequence")
        return [row[0] for row in rows]
