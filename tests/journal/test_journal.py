"""The journal: written before it is heard of, never twice, and still there after a power cut."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fusion.errors import JournalError
from fusion.journal import Command, Journal, Note
from fusion.journal.verifying import verify
from fusion.messages import Alert
from fusion.payload import payload
from tests.brokers import die_with_parent
from tests.journal.writer import message

WRITER = Path(__file__).with_name("writer.py")
ROOT = Path(__file__).parents[2]


def reopened(journal, place) -> Journal:
    journal.close()
    return Journal(place.url)


def test_what_is_written_is_there_after_a_restart_byte_for_byte(journal, place):
    written = journal.write([message("A", 1), message("B", 1, track="T2")])
    after = reopened(journal, place)
    assert after.unpublished() == written
    assert [entry.payload for entry in written] == [payload(message("A", 1)), payload(message("B", 1, track="T2"))]
    assert msgspec.json.decode(written[0].payload, type=Alert) == message("A", 1).alert
    after.close()


def test_sequence_numbers_grow_with_every_row_and_are_never_used_again(journal, place):
    first = journal.write([message("A", 1), message("A", 2)])
    place.execute("DELETE FROM entry WHERE revision = 2")
    second = journal.write([message("A", 3)])
    assert first[0].sequence < first[1].sequence < second[0].sequence


def test_writing_the_same_revision_again_changes_nothing_and_gives_what_was_written(journal):
    (first,) = journal.write([message("A", 1)])
    journal.mark_published([first.sequence])
    (again,) = journal.write([message("A", 1, state="updated")])
    assert again == first._replace(published=True)
    assert journal.unpublished() == []


def test_an_alert_is_archived_under_the_revision_that_closed_it(journal):
    closed, archived = journal.write([message("A", 3, state="closed"), message("A", 3, archived=True)])
    assert (archived.payload, archived.sequence > closed.sequence) == (b"", True)
    assert journal.open_alerts() == []
    assert journal.unpublished() == [closed, archived]


def test_open_alerts_are_the_latest_revision_of_each_that_is_not_archived(journal):
    journal.write([message("A", 1), message("B", 1), message("A", 2), message("C", 1)])
    journal.write([message("B", 2, archived=True), message("A", 3, state="closed")])
    assert [(entry.alert, entry.revision) for entry in journal.open_alerts()] == [("C", 1), ("A", 3)]


def test_only_what_was_confirmed_counts_as_published(journal):
    a, b, c = journal.write([message("A", 1), message("A", 2), message("B", 1)])
    journal.mark_published([a.sequence, c.sequence])
    journal.mark_published([])
    assert journal.unpublished() == [b]


def test_the_first_confirmation_is_the_one_that_is_kept(journal, place):
    (entry,) = journal.write([message("A", 1)])
    journal.mark_published([entry.sequence])
    journal.mark_published([entry.sequence])
    assert place.execute("SELECT written, published FROM entry") == [(1, 2)]


def test_a_message_that_cannot_be_written_takes_its_whole_transaction_with_it(journal):
    with pytest.raises(ValueError, match="not finite"):
        journal.write([message("A", 1), message("B", 1, probability=float("nan"))])
    assert journal.unpublished() == []


def test_who_ordered_what_and_why_is_written_down_once(journal, place):
    orders = [
        Command(time=1, who="a.martin", alert="A", command="acknowledge", why="seen from the roof"),
        Command(time=2, who="b.durand", alert="B", command="shelve", why="television"),
        Command(time=3, who="a.martin", alert="A", command="reject", why="it is a pigeon"),
    ]
    for order in (*orders, orders[1]):
        said = {"command": order.command, "who": order.who, "why": order.why}
        journal.write([Note("command", order.alert, order.time, msgspec.json.encode(said))])
    after = reopened(journal, place)
    assert after.commands() == orders
    assert after.commands("A") == [orders[0], orders[2]]
    after.close()


def test_alerts_and_notes_that_come_together_are_written_in_their_order(journal):
    note = Note("zone", "TOWER", 7, b"{}")
    (first, second) = journal.write([message("A", 1), note, message("A", 2), note])
    assert (first.sequence, second.sequence, journal.head().sequence) == (1, 3, 3)
    assert journal.notes("zone") == journal.notes("zone", "TOWER") == [note]
    assert journal.notes("zone", "GATE") == journal.commands() == []


MESSAGES = st.builds(message, st.sampled_from("AB"), st.integers(1, 4), archived=st.booleans())


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(MESSAGES, max_size=4), max_size=6), marked=st.sets(st.integers(1, 12)))
def test_however_often_and_in_whatever_batches_it_is_written_a_revision_is_one_row(journal, place, batches, marked):
    place.clear()
    model: dict[tuple[str, int, bool], bytes] = {}
    for batch in batches:
        for written, entry in zip(batch, journal.write(batch), strict=True):
            key = (written.alert.alert, written.alert.revision, written.archived)
            assert entry.payload == model.setdefault(key, payload(written))
    rows = journal.unpublished()
    assert {(row.alert, row.revision, row.archived): row.payload for row in rows} == model
    assert len(rows) == len(model)
    journal.mark_published(marked)
    assert [row for row in rows if row.sequence not in marked] == journal.unpublished()
    archived = {alert for alert, _, is_archived in model if is_archived}
    newest = {alert: max(r for a, r, _ in model if a == alert) for alert, _, _ in model if alert not in archived}
    assert {entry.alert: entry.revision for entry in journal.open_alerts()} == newest


# --- When things go wrong --------------------------------------------------------------------------------------------


KILLS = [*range(4), *(pytest.param(seed, marks=pytest.mark.deep) for seed in range(4, 100))]


@pytest.mark.parametrize("seed", KILLS)
def test_after_a_kill_at_any_moment_everything_acknowledged_is_there(place, seed):
    count = random.Random(seed).randrange(1, 400)
    with subprocess.Popen(
        [sys.executable, WRITER, place.url],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=die_with_parent,  # noqa: PLW1509 - one system call, and no lock is taken
    ) as process:
        acknowledged = [process.stdout.readline() for _ in range(count)]
        process.kill()
        acknowledged += [line for line in process.stdout if line.endswith("\n")]
    journal = Journal(place.url)
    assert verify(journal) == []
    found = {f"{entry.sequence} {entry.alert} {entry.revision}\n" for entry in journal.unpublished()}
    journal.close()
    assert set(acknowledged) <= found
    assert len(found) <= len(acknowledged) + 3, "at most the transaction that was not said, and half a line"
    assert len(found) % 2 == 0, "a transaction is there whole or not at all"
    if place.url.startswith("sqlite"):
        assert place.execute("PRAGMA integrity_check") == [("ok",)]


def test_commits_are_on_the_disk_before_they_are_said_to_be(journal):
    with journal.database.reading() as connection:
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        else:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from fusion.errors import JournalError
from fusion.journal import Journal
from tests.journal.writer import message

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = Journal(Journal.url(Path(sys.argv[1])))
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
written = []
try:
    for number in range(10_000):
        written += journal.write([message("A", number)])
except JournalError as error:
    print(len(written), error)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.sqlite"


def test_a_full_disk_is_said_to_be_the_reason_and_what_was_acknowledged_stays(path):
    ended = subprocess.run([sys.executable, "-c", FULL_DISK, path], cwd=ROOT, capture_output=True, text=True, check=True)
    count, reason = ended.stdout.split(" ", 1)
    assert "journal.sqlite: " in reason
    assert "disk" in reason
    journal = Journal(Journal.url(path))
    assert len(journal.unpublished()) == int(count) > 0
    journal.close()


def test_a_journal_that_cannot_be_written_says_so(path):
    Journal(Journal.url(path)).close()
    journal = Journal(f"sqlite:///file:{path}?mode=ro&uri=true")
    with pytest.raises(JournalError, match="readonly"):
        journal.write([message("A", 1)])
    journal.close()


def test_a_file_that_is_no_journal_says_so(path):
    path.write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(JournalError, match=r"journal\.sqlite.*not a database"):
        Journal(Journal.url(path))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("sqlite:////nowhere/at/all.sqlite", "unable to open"),
        ("not a url", "URL"),
        ("mysql+pymysql://u:secret@h/d", "kept in postgresql or sqlite, not mysql"),
        ("postgresql+nonsense://u:secret@h/d", "nonsense"),
    ],
)
def test_a_url_that_leads_nowhere_says_so_and_keeps_its_password(url, reason):
    with pytest.raises(JournalError, match=reason) as failure:
        Journal(url)
    assert "secret" not in str(failure.value)
