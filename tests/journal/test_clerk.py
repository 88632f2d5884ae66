"""While the journal cannot be written nothing is claimed, nothing stops, and nothing is lost."""

from __future__ import annotations

import asyncio
import functools
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import event

from fusion.errors import JournalError
from fusion.journal import Journal, Note
from fusion.journal import clerk as clerks
from fusion.journal.clerk import Clerk
from fusion.journal.records import decode_held, encode_held
from fusion.journal.verifying import verify
from tests.journal.writer import message

ROOT = Path(__file__).parents[2]


class Posts(list):
    """What was posted: alert and revision."""

    def __call__(self, entry, message):
        self.append((entry.alert, entry.revision))


def clerk_of(place, posts) -> Clerk:
    return Clerk(functools.partial(Journal, place.url), posts)


def shut(journal: Journal, says: str = "the disk is full"):
    """Let no transaction be committed from now on; give what lets them again."""

    def refuse(*_):
        raise JournalError(says)

    event.listen(journal.database.engine, "commit", refuse)
    return lambda: event.remove(journal.database.engine, "commit", refuse)


def test_an_alert_is_posted_once_it_is_written_and_once_only(place):
    posts = Posts()
    clerk = clerk_of(place, posts)

    async def body():
        clerk.take([message("A", 1), Note("zone", "Z", 3, b"{}"), message("B", 1)])
        assert posts == []
        await clerk.flush()
        assert posts == [("A", 1), ("B", 1)]
        clerk.take([message("A", 1), message("A", 2)])
        await clerk.flush()
        clerk.confirmed(1)
        await clerk.close()

    asyncio.run(body())
    assert posts == [("A", 1), ("B", 1), ("A", 2)]
    again, other = clerk_of(place, posts_again := Posts()), Journal(place.url)
    asyncio.run(again.flush())
    assert posts_again == [("B", 1), ("A", 2)]  # what nobody has confirmed
    assert verify(other) == []
    other.close()
    again.journal.close()


def test_what_cannot_be_written_is_held_in_order_and_not_posted_until_it_can(place):
    posts = Posts()
    clerk = clerk_of(place, posts)

    async def body():
        clerk.take([message("A", 1)])
        await clerk.flush()
        mend = shut(clerk.journal)
        clerk.take([message("A", 2), message("B", 1)])
        await clerk.flush()
        health = clerk.health()
        assert (health.state, health.reason, health.waiting) == ("degraded", "the disk is full", 2)
        assert health.since is not None
        assert posts == [("A", 1)]
        clerk.take([message("B", 2)])
        await clerk.flush()
        assert [item.alert.revision for item in clerk.held()] == [2, 1, 2]
        mend()
        await clerk.flush()
        assert (clerk.health().state, clerk.held()) == ("writing", [])
        assert posts == [("A", 1), ("A", 2), ("B", 1), ("B", 2)]
        await clerk.close()

    asyncio.run(body())


def test_the_writer_tries_again_by_itself(place, monkeypatch):
    monkeypatch.setattr(clerks, "RETRY_S", 0.01)
    posts = Posts()
    clerk = clerk_of(place, posts)

    async def body():
        await clerk.flush()
        mend = shut(clerk.journal)
        writing = asyncio.create_task(clerk.write())
        clerk.take([message("A", 1)])
        while not clerk.store.degraded:  # noqa: ASYNC110 - the clerk tells nobody
            await asyncio.sleep(0.005)
        assert posts == []
        mend()
        while not posts:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        writing.cancel()
        await clerk.close()

    asyncio.run(body())
    assert posts == [("A", 1)]


def test_what_was_held_when_the_service_was_killed_is_written_by_the_next(place):
    clerk = clerk_of(place, Posts())

    async def dies():
        shut(clerk.journal)
        clerk.take([message("A", 1), Note("command", "A", 5, b'{"command":"reject","who":"x","why":"y"}')])
        await clerk.flush()
        return encode_held(clerk.held())

    held = asyncio.run(dies())
    clerk.journal.close()
    following = clerk_of(place, posts := Posts())
    following.take(decode_held(held))
    asyncio.run(following.flush())
    assert posts == [("A", 1)]
    assert [one.who for one in following.journal.commands()] == ["x"]
    following.journal.close()


def test_a_journal_that_is_away_at_the_start_is_waited_for(tmp_path):
    posts, away = Posts(), tmp_path / "away"
    clerk = Clerk(lambda: Journal(Journal.url(away / "journal.sqlite")), posts)
    assert clerk.store.degraded

    async def body():
        clerk.take([message("A", 1)])
        await clerk.flush()
        assert (posts, await clerk.open_alerts()) == ([], [])
        away.mkdir()
        await clerk.flush()
        await clerk.close()

    asyncio.run(body())
    assert posts == [("A", 1)]
    assert not clerk.store.degraded


def test_what_is_held_is_bounded_and_what_goes_is_counted(place, monkeypatch):
    monkeypatch.setattr(clerks, "MOST", 3)
    clerk = clerk_of(place, Posts())
    clerk.take([message("A", number) for number in range(1, 6)])
    assert [item.alert.revision for item in clerk.held()] == [3, 4, 5]
    assert clerk.lost == 2
    clerk.journal.close()


def test_a_storm_goes_in_transactions_of_a_bounded_size_and_keeps_its_order(place):
    count = 2 * clerks.BATCH + 7
    posts = Posts()
    clerk = clerk_of(place, posts)
    clerk.take([message(f"A{number}", 1) for number in range(count)])
    asyncio.run(clerk.flush())
    assert posts == [(f"A{number}", 1) for number in range(count)]
    asyncio.run(clerk.close())


PAGES = "PRAGMA max_page_count = {}"


def test_a_disk_that_is_full_and_then_has_room_again(tmp_path):
    """SQLite's own limit on pages is its full disk: the same error, at the same places."""
    posts = Posts()
    clerk = Clerk(lambda: Journal(Journal.url(tmp_path / "journal.sqlite")), posts)

    def limit(pages):
        event.listen(clerk.journal.database.engine, "checkout", lambda raw, *_: raw.execute(PAGES.format(pages)))

    async def body():
        limit(30)
        for number in range(1, 400):
            clerk.take([message("A", number)])
            await clerk.flush()
        assert clerk.store.degraded
        assert "full" in clerk.health().reason
        assert 0 < len(posts) < 399
        assert len(posts) + len(clerk.held()) == 399
        written = [entry.revision for entry in clerk.journal.unpublished()]
        assert written == [revision for _, revision in posts]  # claimed is what is written, no more and no less
        limit(100_000)
        await clerk.flush()
        assert posts == [("A", number) for number in range(1, 400)]
        assert verify(clerk.journal) == []
        await clerk.close()

    asyncio.run(body())


READ_ONLY = """
import asyncio, concurrent.futures.thread, os, sys  # the thread now: whom we become may not read the library
from pathlib import Path
from fusion.journal import Journal
from fusion.journal.clerk import Clerk
from tests.journal.writer import message

path, posts = Path(sys.argv[1]), []
if os.geteuid() == 0:  # root may write everywhere
    os.setegid(65534)
    os.seteuid(65534)

async def body():
    clerk = Clerk(lambda: Journal(Journal.url(path)), lambda entry, _: posts.append(entry.revision))
    clerk.take([message("A", 2)])
    await clerk.flush()
    print(clerk.health().state, posts, len(clerk.held()), clerk.health().reason)

asyncio.run(body())
"""


@pytest.mark.parametrize("mode", [0o555, 0o755], ids=["directory", "file"])
def test_a_journal_without_the_right_to_write_is_degraded(tmp_path, mode):
    home = tmp_path / "state"
    home.mkdir()
    path = home / "journal.sqlite"
    book = Journal(Journal.url(path))
    book.write([message("A", 1)])
    book.close()
    path.chmod(0o444)
    home.chmod(mode)
    for parent in tmp_path.parents:  # where we are root, nobody must find the way
        if parent.stat().st_uid == os.geteuid() and parent.name.startswith("pytest-"):
            parent.chmod(parent.stat().st_mode | 0o011)
    tmp_path.chmod(0o755)
    try:
        said = subprocess.run(
            [sys.executable, "-c", READ_ONLY, path],
            check=False,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )
    finally:
        home.chmod(0o755)
    assert said.stdout.startswith("degraded [] 1 "), said
    assert "readonly" in said.stdout or "unable to open" in said.stdout
