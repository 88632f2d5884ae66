"""One alert's life: the table, what is news, and what a person may do."""

import re
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest
from msgspec.structs import replace

from fusion.errors import DecodeError
from fusion.messages import SECOND, AlertState, utc
from fusion.zones.commands import Acknowledge, Annotate, Reject, Shelve
from fusion.zones.findings import Finding
from fusion.zones.life import NEXT, Event, advanced, commanded, drafted, ended, judged, raised
from fusion.zones.reasons import reason
from tests.zones.zone_scenes import NOW

COMING = Finding(
    track="T1",
    zone="CORE",
    rule="predicted_entry",
    severity="warning",
    holds=True,
    probability=0.7,
    time_to_entry_s=30.0,
    reasons=(reason("no_identity"),),
    cause=NOW,
)
INSIDE = replace(COMING, rule="intrusion", severity="critical", probability=0.9, time_to_entry_s=0.0)
ALERT = raised("paris", COMING, NOW)
LATER = NOW + 5 * SECOND


def at(state, **fields):
    return replace(ALERT, state=state, **fields)


def test_every_state_but_the_last_is_left_and_every_state_is_reached():
    assert {state for state, _ in NEXT} == set(get_args(AlertState)) - {"closed"}
    assert set(NEXT.values()) == set(get_args(AlertState)) - {"raised"}
    assert {event for _, event in NEXT} == set(get_args(Event))


def test_the_documentation_draws_this_table():
    text = (Path(__file__).parents[2] / "docs" / "zones.md").read_text(encoding="utf-8")
    head, *rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if re.match(rf"\| (state|{'|'.join(get_args(AlertState))}) \|", line)
    ]
    drawn = {(row[0], event): after for row in rows for event, after in zip(head[1:], row[1:], strict=True) if after}
    assert drawn == NEXT


def test_a_new_alert_tells_its_finding():
    assert (ALERT.state, ALERT.rule, ALERT.severity, ALERT.probability) == ("raised", "predicted_entry", "warning", 0.7)
    assert (ALERT.raised, ALERT.reasons, ALERT.time_to_entry_s) == (utc(NOW), ("no identity received",), 30.0)


def test_its_id_comes_from_what_it_is():
    assert ALERT.alert == raised("paris", COMING, NOW).alert
    others = [
        raised("paris", COMING, NOW + 1),
        raised("lyon", COMING, NOW),
        raised("paris", replace(COMING, track="T2"), NOW),
        raised("paris", replace(COMING, zone="RING"), NOW),
    ]
    assert len({ALERT.alert, *(other.alert for other in others)}) == 5
    assert raised("paris", COMING, NOW + SECOND).alert > ALERT.alert


@pytest.mark.parametrize(
    ("changes", "seconds", "event"),
    [
        ({}, 1, None),  # the moment of entry has moved by 1 s, 3 s, …
        ({}, 5, None),
        ({}, 7, "changed"),
        ({"time_to_entry_s": 25.0}, 5, None),  # it has not moved
        ({"time_to_entry_s": 23.5}, 5, None),
        ({"time_to_entry_s": 15.1}, 15, None),
        ({"time_to_entry_s": 15.0}, 15, "changed"),
        ({"time_to_entry_s": 18.0}, 5, "changed"),
        ({"time_to_entry_s": 18.0}, 0.9, None),
        ({"time_to_entry_s": None}, 5, "changed"),
        ({"probability": 0.61, "time_to_entry_s": 25.0}, 5, None),
        ({"probability": 0.8, "time_to_entry_s": 25.0}, 5, "changed"),
        ({"probability": 0.95, "time_to_entry_s": 29.1}, 0.9, None),
        ({"severity": "critical"}, 0.1, "worse"),
        ({"severity": "advisory"}, 0.1, "changed"),
        ({"rule": "intrusion"}, 0.1, "worse"),
        ({"reasons": ("other",), "time_to_entry_s": 25.0}, 5, None),
    ],
)
def test_only_what_a_person_must_know_is_news(changes, seconds, event):
    time = NOW + round(seconds * SECOND)
    assert judged(ALERT, replace(ALERT, **changes), time) == event


def test_a_short_time_to_entry_does_not_flutter():
    short = replace(ALERT, time_to_entry_s=1.5)
    assert judged(short, replace(short, time_to_entry_s=0.4), NOW + round(1.1 * SECOND)) is None
    assert judged(short, replace(short, time_to_entry_s=3.9), NOW + SECOND) == "changed"


def test_an_intrusion_steps_down_only_when_it_has_long_been_over():
    alert = raised("paris", INSIDE, NOW)
    steady = drafted(alert, COMING, steady=True)
    assert (steady.rule, steady.severity, steady.probability) == ("intrusion", "critical", 0.7)
    down = drafted(alert, COMING, steady=False)
    assert (down.rule, down.severity) == ("predicted_entry", "warning")
    assert drafted(ALERT, INSIDE, steady=True).rule == "intrusion"


def test_what_ended_keeps_its_reasons_and_no_figures():
    over = ended(ALERT)
    assert (over.reasons, over.probability, over.time_to_entry_s) == (ALERT.reasons, None, None)


def test_what_gets_worse_asks_for_a_person_anew():
    taken = at("acknowledged", acknowledged_by="Ana")
    assert advanced(taken, "changed", taken).acknowledged_by == "Ana"
    worse = advanced(taken, "worse", taken)
    assert (worse.state, worse.acknowledged_by) == ("updated", None)
    shelved = at("shelved", shelved_until=utc(LATER))
    assert advanced(shelved, "changed", shelved) is None
    assert advanced(shelved, "worse", shelved).shelved_until is None


@pytest.mark.parametrize("state", ["raised", "updated", "shelved"])
def test_acknowledging_takes_it(state):
    taken = commanded(at(state), Acknowledge(who="Ana", why="seen"), LATER)
    assert (taken.state, taken.acknowledged_by) == ("acknowledged", "Ana")
    assert taken.notes == ("2026-07-14T03:33:25Z Ana: acknowledged – seen",)
    assert commanded(taken, Acknowledge(who="Ana", why="seen"), LATER) is None
    assert commanded(taken, Acknowledge(who="Bob"), LATER) is None


def test_acknowledging_what_ended_closes_it():
    assert commanded(at("cleared"), Acknowledge(who="Ana"), LATER).state == "closed"


def test_shelving_has_an_end_to_come():
    until = utc(LATER) + timedelta(minutes=10)
    shelved = commanded(at("raised"), Shelve(who="Ana", why="filming", until=until), LATER)
    assert (shelved.state, shelved.shelved_until) == ("shelved", until)
    assert commanded(shelved, Shelve(who="Ana", why="filming", until=until), LATER) is None
    longer = commanded(shelved, Shelve(who="Ana", why="more", until=until + timedelta(hours=1)), LATER)
    assert longer.shelved_until == until + timedelta(hours=1)
    assert commanded(longer, Acknowledge(who="Ana"), LATER).shelved_until is None
    with pytest.raises(DecodeError, match=r"until 2026-07-14T03:33:25\+00:00 is past; expected a time to come"):
        commanded(at("raised"), Shelve(who="Ana", why="late", until=utc(LATER)), LATER)


@pytest.mark.parametrize("state", ["raised", "updated", "acknowledged", "shelved", "cleared"])
def test_rejecting_closes(state):
    assert commanded(at(state), Reject(who="Ana", why="a kite"), LATER).state == "closed"


def test_annotating_writes_beside_it_and_changes_nothing_else():
    for state in get_args(AlertState):
        noted = commanded(at(state), Annotate(who="Ana", why="patrol sent"), LATER)
        assert noted == at(state, notes=("2026-07-14T03:33:25Z Ana: patrol sent",))
        assert commanded(noted, Annotate(who="Ana", why="patrol sent"), LATER + SECOND) is None
        assert len(commanded(noted, Annotate(who="Bob", why="patrol sent"), LATER).notes) == 2


def test_a_command_without_meaning_is_refused_and_one_already_done_is_not():
    with pytest.raises(DecodeError, match="is cleared; shelve has no meaning then"):
        commanded(at("cleared"), Shelve(who="Ana", why="x", until=utc(LATER + SECOND)), LATER)
    assert commanded(at("closed"), Reject(who="Ana", why="x"), LATER) is None
    assert commanded(at("closed"), Acknowledge(who="Ana"), LATER) is None
