"""Whatever is lost on the way, a reader of the news has the true picture once a picture has come."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from fusion.client.known import Known
from fusion.messages import PictureMessage
from fusion.payload import payload
from fusion.topics import Address
from tests.transport.wire_samples import NOON, OUTPUTS, alert, status, track

NAMES = ("A", "B", "C")


def said(name: str, record: object, **parts: str) -> tuple[Address, bytes]:
    return Address(name, parts, msgpack=False), b"" if record is None else msgspec.json.encode(record)


def tracks(*records) -> tuple[Address, bytes]:
    return said("tracks", records)


def picture(beat: int, *records) -> tuple[Address, bytes]:
    return Address("picture", {}, msgpack=False), payload(PictureMessage(site="paris", time=at(beat), tracks=records))


def at(beat: int):
    return NOON + timedelta(seconds=beat)


def test_a_track_s_state_is_news_once():
    known, first = Known(), track("A")
    assert known.hear(*tracks(first)) == [first]
    assert known.hear(*tracks(first)) == []
    later = track("A", time=at(1))
    assert known.hear(*tracks(later)) == [later]
    assert known.hear(*tracks(first)) == []


def test_the_end_of_a_track_is_news_of_one_that_is_known_alone():
    known, over = Known(), track("A", status="deleted", time=at(1))
    assert known.hear(*tracks(over)) == []
    known.hear(*tracks(track("B")))
    ended = track("B", status="deleted", time=at(1))
    assert known.hear(*tracks(ended)) == [ended]
    assert not known.tracks


def test_the_picture_that_the_broker_kept_does_not_bring_back_what_has_ended_since():
    known = Known()
    known.hear(*tracks(track("A")))
    known.hear(*tracks(track("A", status="deleted", time=at(2))))
    assert known.hear(*picture(1, track("A", time=at(1)))) == []
    assert not known.tracks


def test_a_track_that_a_newer_picture_lacks_has_ended():
    known = Known()
    known.hear(*tracks(track("A"), track("B", time=at(5))))
    (ended,) = known.hear(*picture(5))
    assert (ended.track, ended.status, ended.existence, ended.time) == ("A", "deleted", 0.0, at(5))
    assert known.tracks.keys() == {"B"}  # of the picture's own time: it may have come just after


def test_an_alert_s_revision_is_news_once_and_an_empty_topic_archives_it():
    known, first, second = Known(), alert("E"), alert("E", revision=2, state="closed")
    assert known.hear(*said("alert", first, alert="E")) == [first]
    assert known.hear(*said("alert", first, alert="E")) == []
    assert known.hear(*said("alert", second, alert="E")) == [second]
    assert known.hear(*said("alert", first, alert="E")) == []
    assert known.hear(*said("alert", None, alert="E")) == []
    assert not known.alerts


def test_the_newest_status_is_kept():
    known = Known()
    assert known.hear(Address("status", {}, msgpack=False), payload(OUTPUTS["status"])) == []
    assert known.status == status()


@st.composite
def evenings(draw):
    """A service's beats: which tracks are there at each, the last of them with a picture, and what is lost on the way."""
    beats = draw(st.lists(st.sets(st.sampled_from(NAMES)), min_size=1, max_size=12))
    lost = draw(st.lists(st.booleans(), min_size=len(beats), max_size=len(beats)))
    pictured = draw(st.lists(st.booleans(), min_size=len(beats), max_size=len(beats)))
    return beats, lost, pictured


@given(evenings())
def test_a_reader_s_table_is_the_service_s_after_a_picture_whatever_was_lost(evening):
    known, table, before = Known(), {}, set()

    def hear(message):
        for news in known.hear(*message):
            if news.status == "deleted":
                assert news.track in table, "only what was told can end"
                del table[news.track]
            else:
                table[news.track] = news

    for beat, (there, lost, pictured) in enumerate(zip(*evening, strict=True)):
        states = [track(name, time=at(beat)) for name in sorted(there)]
        over = [track(name, time=at(beat), status="deleted", existence=0.0) for name in sorted(before - there)]
        if not lost:
            hear(tracks(*states, *over))
        if pictured:
            hear(picture(beat, *states))
        if pictured or not any(evening[1][: beat + 1]):
            assert {name: news.time for name, news in table.items()} == dict.fromkeys(there, at(beat))
        before = there
