"""What the journal keeps of changes to zones: who ordered which plan or window, and why, where it was taken."""

import hashlib
import json

import pytest

from fusion.messages import RawMessage, Rejected, utc
from fusion.noting import noted, revocations
from fusion.topics import TopicTree
from tests.zones.permit_scenes import CITY, revocation, token

TREE = TopicTree("paris")
BODY = b'{"plan": "B", "who": "m.durand", "why": "storm"}'


@pytest.mark.parametrize(
    ("topic", "subject"),
    [
        (TREE.path("zone_plan"), "zones/plan"),
        (TREE.path("zone_window", zone="FLO-1"), "FLO-1/window"),
        (TREE.path("zone", zone="FLO-1"), "FLO-1"),
    ],
)
def test_a_change_of_zones_is_kept_as_it_came_under_what_it_is_about(topic, subject):
    (note,) = noted(RawMessage(topic=topic, payload=BODY, received=7), [], TREE)
    assert tuple(note)[:4] == ("zone", subject, 7, BODY)


def test_what_was_refused_is_not_kept():
    refusal = Rejected(topic="", reason="no such plan", time=utc(7))
    assert noted(RawMessage(topic=TREE.path("zone_window", zone="FLO-1"), payload=BODY, received=7), [refusal], TREE) == []


def permit_noted(payload, *outputs):
    (note,) = noted(RawMessage(topic=TREE.path("permit", permit="P-417"), payload=payload, received=7), outputs, TREE)
    assert tuple(note)[:3] == ("permit", "P-417", 7)
    return json.loads(note.body)


def test_a_permit_is_kept_with_what_became_of_it():
    assert permit_noted(token()) == {"what": "issued", "token": token().decode()}
    assert permit_noted(revocation()) == {"what": "revoked", "token": revocation().decode()}
    assert permit_noted(b"") == {"what": "withdrawn"}


def test_of_a_permit_that_was_refused_it_is_kept_why_and_what_tells_it_again():
    refusal = Rejected(topic="", reason="forged", time=utc(7))
    assert permit_noted(b"\xff.x", refusal) == {
        "what": "refused",
        "why": "forged",
        "sha256": hashlib.sha256(b"\xff.x").hexdigest(),
    }


def test_what_was_revoked_is_said_again_to_a_core_that_has_forgotten_it_and_nothing_else_is():
    came = [
        ("P-3", revocation("P-3", "city", CITY)),
        ("P-1", token()),
        ("P-2", revocation("P-2")),
        ("P-3", revocation("P-3")),
        ("P-3", b""),
    ]
    notes = [
        note
        for number, payload in came
        for note in noted(RawMessage(topic=TREE.path("permit", permit=number), payload=payload, received=7), [], TREE)
    ]
    said = revocations(notes, {"police/P-2"}, TREE, 9)
    both = revocation("P-3", "city", CITY), revocation("P-3")  # two issuers may use one number
    assert said == [RawMessage(topic=TREE.path("permit", permit="P-3"), payload=payload, received=9) for payload in both]
