"""A change, a removal, a gap or a missing end shows, whoever made it; and what is whole is called whole."""

from __future__ import annotations

import hashlib
import json
import random

import pytest

from fusion.errors import JournalError
from fusion.journal import Note
from fusion.journal.chain import Head
from fusion.journal.purging import purge
from fusion.journal.verifying import parse_head, verify
from tests.journal.writer import message

COUNT = 12


@pytest.fixture
def book(journal):
    """Give a journal of twelve entries of all kinds."""
    journal.write([message("A", 1), Note("command", "A", 5, b'{"command":"annotate","who":"x","why":"y"}')])
    journal.write([message("A", number) for number in range(2, 8)])
    journal.write(
        [Note("zone", "TOWER", 9, b"{}"), Note("tracks", "", 9, b"[]"), message("B", 1), message("B", 2, archived=True)]
    )
    return journal


def test_a_journal_as_it_was_written_is_whole(book, journal):
    assert book.head().sequence == COUNT
    assert verify(book, [book.head(), Head()]) == []


def test_an_empty_journal_is_whole(journal):
    assert verify(journal) == []


def test_marking_as_published_is_no_change(book):
    book.mark_published(range(1, COUNT + 1))
    assert verify(book) == []


def test_the_chain_is_what_the_documentation_says(book, place):
    """Reckoned again with the standard library alone."""
    columns = "sequence, kind, subject, revision, archived, time, written, body, salt, digest, hash"
    before = bytes(32)
    for row in place.execute(f"SELECT {columns} FROM entry ORDER BY sequence"):  # noqa: S608
        sequence, kind, subject, revision, archived, time, written, body, salt, digest, told = row
        assert hashlib.sha256(bytes(salt) + bytes(body)).digest() == bytes(digest)
        header = [sequence, kind, subject, revision, bool(archived), time, written, bytes(digest).hex()]
        before = hashlib.sha256(before + json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()).digest()
        assert before == bytes(told)


CHANGES = {
    "kind": "'zone'", "subject": "'Z'", "revision": "99", "archived": "NOT archived", "time": "time + 1", "written": "written - 1",
    "body": "{bytes}", "salt": "{bytes}", "digest": "{bytes}", "hash": "{bytes}",
}  # fmt: skip


@pytest.mark.parametrize("column", CHANGES)
@pytest.mark.parametrize("sequence", [1, 5, COUNT])
def test_whatever_is_changed_of_an_entry_shows_and_is_named(book, place, column, sequence):
    value = CHANGES[column].format(bytes=place.literal(b"0" * 32))
    place.execute(f"UPDATE entry SET {column} = {value} WHERE sequence = {sequence}")  # noqa: S608
    faults = verify(book)
    assert any(f"entry {sequence} " in fault or f"entry {sequence + 1} " in fault or "head" in fault for fault in faults), faults


@pytest.mark.parametrize(("first", "last", "says"), [(1, 1, "entry 1 is missing"), (4, 6, "entries 4 to 6 are missing")])
def test_a_gap_shows(book, place, first, last, says):
    place.execute(f"DELETE FROM entry WHERE sequence BETWEEN {first} AND {last}")  # noqa: S608
    assert verify(book) == [says]


def test_a_missing_end_shows(book, place):
    place.execute("DELETE FROM entry WHERE sequence > 9")
    assert verify(book) == ["entries 10 to 12 are missing at the end"]


def test_a_missing_end_shows_though_the_head_was_mended_to_fit_where_a_later_head_was_noted(book, place):
    noted = book.head()
    place.execute(
        "DELETE FROM entry WHERE sequence > 9", "UPDATE head SET sequence = 9, hash = (SELECT hash FROM entry WHERE sequence = 9)"
    )
    assert verify(book) == []  # nothing inside can tell
    assert verify(book, [noted]) == ["entries 10 to 12 are missing at the end"]


def test_a_book_that_was_written_anew_shows_where_a_head_was_noted(book, place):
    noted = book.head()
    place.clear()
    book.write([message("A", number) for number in range(1, COUNT + 1)])
    assert verify(book) == []
    (fault,) = verify(book, [noted])
    assert "written anew" in fault


def test_two_entries_that_changed_places_show(book, place):
    place.execute(
        "UPDATE entry SET sequence = -1 WHERE sequence = 4",
        "UPDATE entry SET sequence = 4 WHERE sequence = 5",
        "UPDATE entry SET sequence = 5 WHERE sequence = -1",
    )
    assert verify(book)


def test_a_head_that_was_taken_away_shows(book, place):
    place.execute("DELETE FROM head")
    assert verify(book) == ["the book has 0 heads; expected one"]
    with pytest.raises(JournalError, match="no head"):
        book.write([message("Z", 1)])


def test_one_bit_anywhere_in_a_body_shows(book, place):
    chance = random.Random(0)
    rows = place.execute("SELECT sequence, body FROM entry WHERE LENGTH(body) > 0")
    for sequence, body in chance.sample(rows, 4):
        turned = bytearray(body)
        turned[chance.randrange(len(turned))] ^= 1 << chance.randrange(8)
        place.execute(f"UPDATE entry SET body = {place.literal(bytes(turned))} WHERE sequence = {sequence}")  # noqa: S608
        assert [fault for fault in verify(book) if f"entry {sequence} " in fault]
        place.execute(f"UPDATE entry SET body = {place.literal(bytes(body))} WHERE sequence = {sequence}")  # noqa: S608
        assert verify(book) == []


def test_a_head_is_read_as_it_is_written(book):
    assert parse_head(str(book.head())) == book.head()
    for wrong in ("", "12", "12:xyz", "x:00", "12:00", f"-1:{'00' * 32}"):
        with pytest.raises(JournalError, match="no head; expected number:hash"):
            parse_head(wrong)


# --- Purging -----------------------------------------------------------------------------------------------------------


def test_a_purge_takes_what_is_over_and_leaves_a_chain_that_is_whole(book, place):
    purged = purge(book, 10_000_000, "dpo", now=77)
    # A is still open; B is archived; the zone and the tracks are old
    assert purged.entries == ((9, 12),)
    assert place.execute("SELECT sequence FROM entry WHERE body IS NULL OR salt IS NULL") == [(9,), (10,), (11,), (12,)]
    assert verify(book) == []
    assert [entry.alert for entry in book.open_alerts()] == ["A"]
    assert len(book.commands()) == 1
    assert purge(book, 10_000_000, "dpo", now=78) is None


def test_what_is_younger_stays(book):
    assert purge(book, 1, "dpo", now=77) is None


def test_a_body_that_somebody_took_without_a_purge_shows(book, place):
    place.execute("UPDATE entry SET body = NULL, salt = NULL WHERE sequence = 3")
    assert verify(book) == ["entry 3 (alert A): its content is missing, and no purge says so"]


def test_after_a_purge_no_byte_is_left_in_the_file(book, place):
    if not place.url.startswith("sqlite"):
        pytest.skip("a server's files are the server's")
    path = book.database.url.database
    book.write([message("C", 1, reasons=("a very secret place",)), message("C", 1, archived=True)])
    purge(book, 10_000_000, "dpo", now=77)
    book.close()
    from pathlib import Path

    left = b"".join(file.read_bytes() for file in Path(path).parent.iterdir())
    assert b"A" in left
    assert b"a very secret place" not in left
