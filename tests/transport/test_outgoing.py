"""What leaves says what the contract says, and nothing of the inside."""

from __future__ import annotations

import json
import math

import msgspec
import pytest

from fusion.messages import Alert, Output, PictureMessage, Rejected, StatusMessage, Track, TrackMessage, TracksMessage
from fusion.payload import payload
from fusion.topics import PRIVATE, TOPICS, TopicTree
from fusion.transport.outgoing import alert_publication, presence, publications
from tests.transport.wire_samples import NOON, OUTPUTS, alert, alert_message, track

TREE = TopicTree("paris")


def keys(tree) -> set[str]:
    if isinstance(tree, dict):
        return tree.keys() | {key for value in tree.values() for key in keys(value)}
    return {key for value in tree for key in keys(value)} if isinstance(tree, list) else set()


@pytest.mark.parametrize("name", OUTPUTS)
def test_every_output_is_published_as_the_table_of_topics_says(name):
    (publication,) = publications(OUTPUTS[name], TREE, "run.1")
    address = TREE.parse(publication.topic)
    assert (address.name, address.msgpack) == (name, False)
    assert (publication.qos, publication.retained) == (TOPICS[name].qos, TOPICS[name].retained)


def test_no_kind_of_output_is_forgotten():
    assert {type(output) for output in OUTPUTS.values()} == set(Output.__args__)
    assert OUTPUTS.keys() == {name for name, row in TOPICS.items() if row.direction == "out" and not name.startswith(PRIVATE)}


@pytest.mark.parametrize("name", OUTPUTS)
def test_the_tag_that_tells_outputs_apart_inside_does_not_leave(name):
    said = json.loads(payload(OUTPUTS[name]))
    if name == "zone_state":
        assert said.pop("geometry")["type"] == "Point"  # GeoJSON's own
    assert "type" not in keys(said)


def test_tracks_are_an_array_and_everything_else_an_object():
    assert {name: type(json.loads(payload(output))) for name, output in OUTPUTS.items()} == {
        name: list if name == "tracks" else dict for name in OUTPUTS
    }


def test_what_is_read_back_is_what_was_said():
    decode = msgspec.json.decode
    assert decode(payload(OUTPUTS["tracks"]), type=tuple[Track, ...]) == OUTPUTS["tracks"].tracks
    assert decode(payload(OUTPUTS["track"]), type=Track) == OUTPUTS["track"].state
    assert decode(payload(OUTPUTS["alert"]), type=Alert) == OUTPUTS["alert"].alert
    for name, kind, tag in (
        ("picture", PictureMessage, "picture"),
        ("rejected", Rejected, "rejected"),
        ("status", StatusMessage, "status"),
    ):
        said = json.loads(payload(OUTPUTS[name])) | {"type": tag}
        assert msgspec.convert(said, kind, strict=False) == OUTPUTS[name]


def test_times_on_the_wire_are_rfc_3339_in_utc():
    assert json.loads(payload(OUTPUTS["picture"]))["time"] == "2026-07-26T12:00:00.250000Z"


@pytest.mark.parametrize("output", [TrackMessage(track="A"), alert_message(archived=True)])
def test_what_is_over_empties_its_retained_topic_and_is_never_dropped_on_the_way(output):
    (publication,) = publications(output, TREE, "run.1")
    assert (publication.payload, publication.retained, publication.keep) == (b"", True, "every")


def test_alerts_are_kept_pictures_and_states_replaced_and_streams_dropped():
    kept = {name: publications(output, TREE, "run.1")[0].keep for name, output in OUTPUTS.items()}
    assert kept == {
        "tracks": "some",
        "picture": "latest",
        "track": "latest",
        "alert": "every",
        "zone_state": "latest",
        "rejected": "some",
        "status": "latest",
    }


def test_a_journalled_payload_is_published_as_the_alert_itself_was():
    message = alert_message("E")
    assert [alert_publication("E", payload(message), TREE)] == publications(message, TREE, "run.1")


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("wrap", [lambda bad: TracksMessage(tracks=(bad,)), lambda bad: TrackMessage(track="A", state=bad)])
def test_a_number_that_is_not_finite_does_not_become_null_on_the_wire(number, wrap):
    with pytest.raises(ValueError, match="not finite"):
        payload(wrap(track(existence=number)))


def test_the_word_null_in_a_text_is_only_a_word():
    assert json.loads(payload(alert_message(notes=("null",), probability=None)))["notes"] == ["null"]


def test_presence_is_a_status_that_a_client_of_the_contract_can_read():
    publication = presence("offline", "paris", "0.1.0", 1_785_067_200_250_000_000, TREE, "run.1")
    said = msgspec.convert(json.loads(publication.payload) | {"type": "status"}, StatusMessage, strict=False)
    assert (said.state, said.time, said.version) == ("offline", NOON, "0.1.0")
    assert (publication.topic, publication.qos, publication.retained) == ("vigie/v1/paris/status", 1, True)


def test_an_alert_without_a_null_is_encoded_once_and_the_same_every_time():
    assert payload(alert_message()) == payload(alert_message()) == msgspec.json.encode(alert())
