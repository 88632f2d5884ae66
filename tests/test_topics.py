"""The topic tree, both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from fusion.topics import ID, TOPICS, TopicTree, matches
from fusion.transport.listen import INWARD

names = st.from_regex(f"^{ID}$", fullmatch=True)


@given(st.sampled_from(sorted(TOPICS)), st.data())
def test_every_topic_reads_back_as_what_it_was_made_from(name, data):
    tree = TopicTree("paris")
    parts = {
        part: data.draw(names)
        for part in ("sensor", "format", "permit", "zone", "alert", "track")
        if f"{{{part}}}" in TOPICS[name].path
    }
    address = tree.parse(tree.path(name, **parts))
    assert address == (name, parts, False)
    assert tree.parse(tree.path(name, **parts) + "/msgpack") == (name, parts, True)


@pytest.mark.parametrize(
    "topic",
    [
        "vigie/v1/lyon/sensor/a/scan",
        "vigie/v1/paris/sensor/a/b/scan",
        "vigie/v1/paris/sensor//scan",
        "vigie/v2/paris/tracks",
        "",
        "vigie/v1/paris/",
    ],
)
def test_a_topic_of_another_site_or_shape_is_none_of_ours(topic):
    assert TopicTree("paris").parse(topic) is None


def test_a_root_of_its_own_keeps_two_services_apart():
    assert TopicTree("paris", "test/7f").path("scan", sensor="radar-1") == "test/7f/paris/sensor/radar-1/scan"


def test_subscriptions_cover_both_encodings_of_a_scan():
    assert TopicTree("paris").filters("scan") == ["vigie/v1/paris/sensor/+/scan", "vigie/v1/paris/sensor/+/scan/msgpack"]


levels = st.lists(st.sampled_from(["a", "b", "", "+", "#", "scan"]), min_size=1, max_size=4)


@given(levels, st.lists(st.sampled_from(["a", "b", "", "scan"]), min_size=1, max_size=4))
def test_filters_match_as_paho_says(filter_, topic):
    if "#" in filter_[:-1]:
        filter_ = [level for level in filter_ if level != "#"] or ["a"]
    assert matches("/".join(filter_), "/".join(topic)) == topic_matches_sub("/".join(filter_), "/".join(topic))


def test_the_service_subscribes_to_every_inward_topic_that_it_reads():
    assert {*INWARD} == {name for name, row in TOPICS.items() if row.direction == "in"}
