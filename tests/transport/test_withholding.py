"""What is withheld from many leaves whole for few: told apart by topic, so that a broker's rules can tell readers apart."""

from __future__ import annotations

import json

import msgspec
import pytest
from msgspec.structs import replace

from fusion.config import Publish
from fusion.messages import AlertMessage, LastPilot, PictureMessage, TrackMessage, TracksMessage, WireIdentity, WirePilot
from fusion.payload import payload
from fusion.personal import withheld
from fusion.topics import TopicTree
from fusion.transport.outbox import once_all
from fusion.transport.withholding import Withholding
from tests.console.stage import alert, track

TREE = TopicTree("paris")
SERIAL, OPERATOR = "1581F45T7229DMK001AB", "FRA87astrdge12k8"
CLAIM = WireIdentity(serial=SERIAL, operator=OPERATOR, strength="claimed")
SAID = (f"{SERIAL} has no permit", f"{OPERATOR.lower()} is not known")
NAMED = replace(
    track("T1", identity="x"), identity=CLAIM, pilot=WirePilot(latitude_deg=48.85123, longitude_deg=2.29456), reasons=SAID
)
SILENT = track("T2")
FRIEND = track("T3", verdict="friendly")
ALARM = replace(
    alert(), track_state=NAMED, reasons=SAID, reasons_in={"fr": SAID}, notes=SAID,
    pilot=LastPilot(latitude_deg=48.85123, longitude_deg=2.29456, time=NAMED.time),
)  # fmt: skip
EVERY = [
    TracksMessage(tracks=(NAMED, SILENT, FRIEND)),
    PictureMessage(site="paris", time=NAMED.time, tracks=(NAMED, SILENT, FRIEND)),
    TrackMessage(track="T1", state=NAMED),
    AlertMessage(alert=ALARM, cause=0),
]


def told(output, **settings):
    """Give the payloads by what stands behind the site's head in their topics."""
    by = Withholding(Publish(**settings), TREE)
    return {one.topic.removeprefix(TREE.prefix): one.payload for one in by.publications(output, "run.1")}


@pytest.mark.parametrize("output", EVERY)
def test_the_open_topic_has_no_pilot_and_no_operator_and_the_private_one_is_whole(output):
    (name, shown), (private, whole) = told(output).items()
    assert private == f"private/{name}"
    assert whole == payload(output)
    for word in ("48.85123", OPERATOR, OPERATOR.lower()):
        assert word.encode() not in shown
        assert word.encode() in whole
    assert SERIAL.encode() in shown  # the drone's own name is part of a track (design §3)


@pytest.mark.parametrize("output", EVERY)
def test_all_that_drones_say_they_are_can_be_withheld_also_of_sentences(output):
    shown, whole = told(output, withhold=("pilot", "identity")).values()
    for word in (SERIAL, OPERATOR, OPERATOR.lower(), "48.85123", "identity"):
        assert word.encode() not in shown
    assert b"has no permit" in shown
    assert whole == payload(output)


@pytest.mark.parametrize(
    "kinds", [("pilot",), ("identity",), ("pilot", "identity"), ("friendly",), ("pilot", "identity", "friendly")]
)
@pytest.mark.parametrize("output", EVERY)
def test_it_is_what_webhooks_and_outputs_withhold_by_the_same_words(output, kinds):
    shown, _ = told(output, withhold=kinds).values()
    assert json.loads(shown) == withheld(json.loads(payload(output)), kinds)


def test_where_friends_are_is_told_to_few_and_that_they_are_there_to_all():
    shown, whole = (json.loads(one) for one in told(EVERY[0]).values())
    friend = next(one for one in shown if one["track"] == "T3")
    assert friend["verdict"] == "friendly"
    assert not {"position", "grid", "velocity", "covariance", "speed_mps", "course_deg", "sensors"} & friend.keys()
    assert "position" in next(one for one in whole if one["track"] == "T3")


@pytest.mark.parametrize("output", EVERY)
def test_nothing_withheld_is_nothing_changed_and_without_private_topics_none_of_it_leaves(output):
    assert set(told(output, withhold=()).values()) == {payload(output)}
    (only,) = told(output, private=False)
    assert not only.startswith("private/")


def test_a_track_that_says_nothing_is_not_written_anew():
    assert Withholding(Publish(), TREE).track(SILENT) is SILENT


@pytest.mark.parametrize("gone", [TrackMessage(track="T1"), AlertMessage(alert=ALARM, cause=0, archived=True)])
def test_what_is_over_is_emptied_on_both(gone):
    assert set(told(gone).values()) == {b""}
    assert len(told(gone)) == 2


def test_an_alert_as_the_journal_holds_it_is_told_as_one_that_is_fresh():
    by = Withholding(Publish(), TREE)
    fresh = by.publications(AlertMessage(alert=ALARM, cause=0), "run.1")
    assert by.of_alert(ALARM.alert, payload(AlertMessage(alert=ALARM, cause=0))) == fresh
    assert [one.payload for one in by.of_alert(ALARM.alert, b"")] == [b"", b""]
    assert fresh[0].event.source != fresh[1].event.source  # one id, and yet unique with its source
    plain = msgspec.json.encode(replace(ALARM, track_state=SILENT, pilot=None))
    assert {one.payload for one in by.of_alert(ALARM.alert, plain)} == {plain}


def test_an_alert_is_delivered_once_both_have_arrived():
    calls = []
    each = once_all(2, lambda: calls.append(1))
    each()
    assert calls == []
    each()
    assert calls == [1]
