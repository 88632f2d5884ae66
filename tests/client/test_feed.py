"""A slow reader gets the newest state of each, and the end of what it believes in; never more than there is room for."""

from __future__ import annotations

import asyncio

import pytest

from fusion.client.feed import Feed
from fusion.errors import BrokerError
from fusion.messages import Alert, Track
from tests.transport.edge import run
from tests.transport.wire_samples import alert, track


def read(feed) -> list:
    """Read what there is, to the end."""

    async def body():
        feed.end()
        return [news async for news in feed]

    return run(body())


def test_a_newer_state_takes_the_place_of_one_that_waits():
    feed = Feed(Track)
    for existence in (0.5, 0.6, 0.7):
        feed.put(track("A", existence=existence))
        feed.put(track("B", existence=existence))
    assert [(news.track, news.existence) for news in read(feed)] == [("A", 0.7), ("B", 0.7)]


def test_the_end_of_a_track_is_told_to_who_knew_it():
    async def body():
        feed = Feed(Track)
        feed.put(track("A"))
        assert (await anext(feed)).status == "confirmed"
        feed.put(track("A", status="deleted"))
        feed.put(track("B"))
        feed.put(track("B", status="deleted"))
        feed.end()
        return [(news.track, news.status) async for news in feed]

    assert run(body()) == [("A", "deleted")]


def test_an_alert_that_came_and_went_is_told():
    feed = Feed(Alert)
    feed.put(alert("E"))
    feed.put(alert("E", revision=2, state="closed"))
    assert [news.state for news in read(feed)] == ["closed"]


def test_only_the_kinds_that_were_asked_for_come():
    feeds = Feed(Track), Feed(Alert), Feed(Track, Alert)
    for feed in feeds:
        feed.put(track("A"))
        feed.put(alert("A"))
    assert [len(read(feed)) for feed in feeds] == [1, 1, 2]


def test_what_there_is_no_room_for_is_dropped_oldest_first_and_counted():
    feed = Feed(Track, room=3)
    for name in "ABCDE":
        feed.put(track(name))
    assert [news.track for news in read(feed)] == ["C", "D", "E"]
    assert feed.dropped == 2


def test_a_reader_that_waits_is_woken_by_news_and_by_an_error_after_what_waits():
    async def body():
        feed = Feed(Track)
        reading = asyncio.ensure_future(anext(feed))
        await asyncio.sleep(0)
        assert not reading.done()
        feed.put(track("A"))
        assert (await reading).track == "A"
        feed.put(track("B"))
        feed.end(BrokerError("no"))
        assert (await anext(feed)).track == "B"
        await anext(feed)

    with pytest.raises(BrokerError, match="no"):
        run(body())
