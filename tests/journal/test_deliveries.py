"""The webhooks' outbox loses nothing, doubles nothing, and lets no revision overtake the one before it."""

from __future__ import annotations

import pytest

from fusion.journal import Note
from fusion.journal.deliveries import Deliveries, Outcome
from fusion.messages import SECOND
from tests.journal.writer import message


class Hand:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def hand():
    return Hand()


@pytest.fixture
def outbox(journal, hand):
    return Deliveries(journal.database, hand)


def names(due):
    return [(one.alert, one.revision) for one in due]


def delivered(due, state="delivered", at=0, reason=None):
    return [Outcome(one.sequence, state, at, reason) for one in due]


def test_each_alert_goes_in_order_and_none_waits_for_another(journal, outbox):
    journal.write([message("A", 1), Note("zone", "Z", 3, b"{}"), message("A", 2), message("B", 1)])
    assert outbox.take("police", "advisory", 0) == 3
    assert outbox.take("police", "advisory", 0) == 0
    due, _ = outbox.due("police", 8)
    assert names(due) == [("A", 1), ("B", 1)]
    outbox.settle("police", delivered(due[:1], "waiting", 10_000, "HTTP 500"))
    assert names(outbox.due("police", 8)[0]) == [("B", 1)]  # A's second waits for its first
    outbox.settle("police", delivered(due[1:]))
    assert outbox.due("police", 8) == ([], 10_000)


def test_what_waits_is_tried_when_it_is_due(journal, outbox, hand):
    journal.write([message("A", 1)])
    outbox.take("police", "advisory", 0)
    due, _ = outbox.due("police", 8)
    outbox.settle("police", delivered(due, "waiting", 5000, "x" * 999))
    hand.now = 5000
    (again,), _ = outbox.due("police", 8)
    assert (again.attempts, again.body) == (1, due[0].body)


def test_a_receiver_that_is_away_is_not_asked_once_for_each_alert(journal, outbox):
    journal.write([message("A", 1), message("B", 1), message("C", 1)])
    outbox.take("police", "advisory", 0)
    due, _ = outbox.due("police", 1)
    outbox.settle("police", delivered(due, "waiting", 5000, "nobody there"), not_before=5000)
    assert outbox.due("police", 8) == ([], 5000)


def test_only_what_is_severe_is_told_and_of_that_all_that_follows(journal, outbox):
    journal.write(
        [message("A", 1, severity="advisory"), message("A", 2, severity="critical"), message("B", 1, severity="advisory")]
    )
    journal.write([message("A", 3, severity="advisory"), message("A", 3, severity="advisory", archived=True)])
    assert outbox.take("police", "warning", 0) == 2
    due, _ = outbox.due("police", 8)
    assert names(due) == [("A", 2)]
    outbox.settle("police", delivered(due))
    assert names(outbox.due("police", 8)[0]) == [("A", 3)]


def test_a_new_receiver_is_told_what_is_written_from_its_first_start_on_whenever_that_is_looked_at(journal, outbox):
    journal.write([message("OLD", 1)])  # written at 1
    journal.write([message("NEW", 1)])  # written at 2
    assert outbox.take("police", "advisory", 2) == 1
    assert outbox.take("fire", "advisory", 1) == 2
    assert names(outbox.due("police", 8)[0]) == [("NEW", 1)]


def test_thousands_of_entries_are_taken_in_some_transactions(journal, outbox):
    journal.write([message(f"A{number}", 1) for number in range(1203)])
    assert outbox.take("police", "advisory", 0) == 1203
    assert outbox.standing("police").waiting == 1203


def test_what_was_given_up_is_told_and_can_be_tried_again_for_as_long(journal, outbox, hand):
    journal.write([message("A", 1), message("A", 2), message("B", 1)])
    outbox.take("police", "advisory", 0)
    due, _ = outbox.due("police", 8)
    outbox.settle("police", delivered(due, "dead", 0, "HTTP 410"))
    assert names(outbox.due("police", 8)[0]) == [("A", 2)]
    assert [(letter.alert, letter.revision, letter.reason) for letter in outbox.dead()] == [
        ("A", 1, "HTTP 410"),
        ("B", 1, "HTTP 410"),
    ]
    assert outbox.dead("fire") == []
    standing = outbox.standing("police")
    assert (standing.waiting, standing.dead, standing.delivered, standing.oldest) == (1, 2, 0, 1)
    hand.now = 60 * SECOND
    assert outbox.try_again("fire") == 0
    assert outbox.try_again("police") == 2
    due, _ = outbox.due("police", 8)
    assert names(due) == [("A", 1), ("B", 1)]
    assert {(one.attempts, one.since) for one in due} == {(0, 60 * SECOND)}
