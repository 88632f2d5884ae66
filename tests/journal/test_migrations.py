"""A journal of any earlier version opens, with all that is in it; one of a later version is left alone."""

from __future__ import annotations

import msgspec
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from fusion.errors import JournalError
from fusion.journal import Command, Journal
from fusion.journal.migrating import NEWEST
from fusion.journal.schema import METADATA
from fusion.journal.verifying import verify
from fusion.payload import payload
from tests.journal.writer import message

BEFORE = (
    """CREATE TABLE alert_revision (
    sequence {serial}, alert VARCHAR(64) NOT NULL, revision INTEGER NOT NULL, archived BOOLEAN NOT NULL, state VARCHAR(16) NOT NULL,
    payload {bytes} NOT NULL, written BIGINT NOT NULL, published BIGINT, UNIQUE (alert, revision, archived))""",
    "CREATE INDEX alert_unpublished ON alert_revision (sequence) WHERE published IS NULL",
    """CREATE TABLE command (
    sequence {serial}, time BIGINT NOT NULL, who VARCHAR(128) NOT NULL, alert VARCHAR(64) NOT NULL, command VARCHAR(32) NOT NULL,
    why VARCHAR NOT NULL)""",
    "CREATE INDEX ix_command_alert ON command (alert)",
)
"""The tables as the version without migrations made them."""

TYPES = {
    "sqlite": {"serial": "INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT", "bytes": "BLOB"},
    "postgresql": {"serial": "BIGSERIAL PRIMARY KEY", "bytes": "BYTEA"},
}

REVISIONS = [message("A", 1), message("A", 2, state="acknowledged"), message("B", 1), message("A", 3, state="closed")]


@pytest.fixture
def old(place):
    """Give a place with a journal of before: four revisions, an archived alert and two orders."""
    place.execute(*(statement.format(**TYPES[place.url.split(":")[0]]) for statement in BEFORE))
    rows = [*REVISIONS, message("A", 3, archived=True)]
    for written, one in enumerate(rows, 1):
        values = f"'{one.alert.alert}', {one.alert.revision}, {one.archived}, '{one.alert.state}', {place.literal(payload(one))}"
        marked = "NULL" if written == 3 else 100 + written
        columns = "alert, revision, archived, state, payload, written, published"
        place.execute(f"INSERT INTO alert_revision ({columns}) VALUES ({values}, {10 * written}, {marked})")  # noqa: S608
    place.execute(
        "INSERT INTO command (time, who, alert, command, why) VALUES (15, 'a.martin', 'A', 'acknowledge', 'it''s ours')",
        "INSERT INTO command (time, who, alert, command, why) VALUES (35, 'b.durand', 'B', 'annotate', 'é')",
    )
    return place


def test_a_journal_of_before_is_taken_over_whole_and_in_order(old):
    journal = Journal(old.url)
    assert [entry.payload for entry in journal.unpublished()] == [payload(REVISIONS[2])]
    assert [(entry.alert, entry.revision) for entry in journal.open_alerts()] == [("B", 1)]
    assert journal.commands() == [
        Command(15, "a.martin", "A", "acknowledge", "it's ours"),
        Command(35, "b.durand", "B", "annotate", "é"),
    ]
    rows = old.execute("SELECT kind, subject, revision, body FROM entry ORDER BY sequence")
    alerts = [bytes(body) for kind, _, _, body in rows if kind == "alert"]
    assert alerts == [*map(payload, REVISIONS), b""]
    assert [kind for kind, *_ in rows] == ["alert", "command", "alert", "alert", "command", "alert", "alert"]
    assert verify(journal) == []
    (again,) = journal.write([REVISIONS[0]])
    assert (again.sequence, again.published) == (1, True)
    journal.write([message("C", 1)])
    assert verify(journal) == []
    journal.close()


def test_a_migration_that_is_interrupted_leaves_the_journal_as_it_was(old, monkeypatch):
    def fails(*_):
        raise RuntimeError("the machine stops")

    monkeypatch.setattr("fusion.journal.chain.hash_of", fails)
    with pytest.raises(RuntimeError):
        Journal(old.url)
    monkeypatch.undo()
    assert old.execute("SELECT COUNT(*) FROM alert_revision") == [(5,)]
    journal = Journal(old.url)
    assert len(journal.commands()) == 2
    assert verify(journal) == []
    journal.close()


def test_migrations_end_where_the_code_begins(journal):
    config = Config()
    config.set_main_option("script_location", "fusion.journal:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [NEWEST]
    with journal.database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_opening_again_writes_nothing(journal, place):
    journal.write([message("A", 1)])
    journal.close()
    again = Journal(place.url)
    assert msgspec.json.decode(again.open_alerts()[0].payload)["alert"] == "A"
    again.close()


def test_a_journal_of_a_later_version_is_not_touched(journal, place):
    journal.close()
    place.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(JournalError, match="newer version .migration 9999.; this one knows up to " + NEWEST):
        Journal(place.url)
