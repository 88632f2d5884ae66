"""What the journal keeps of changes to zones: who ordered which plan or window, and why, where it was taken."""

import pytest

from fusion.messages import RawMessage, Rejected, utc
from fusion.noting import noted
from fusion.topics import TopicTree

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
    assert noted(RawMessage(topic=TREE.path("zone_plan"), payload=BODY, received=7), [refusal], TREE) == []
