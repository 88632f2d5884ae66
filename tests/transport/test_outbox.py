"""The outbox: alerts last, states are replaced, streams give way, and nothing goes missing uncounted."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion.transport.counters import COUNTERS, totals
from fusion.transport.outbox import Outbox
from fusion.transport.outgoing import Publication

CAPACITY = 3

POSTS = st.tuples(st.sampled_from(["every", "latest", "some"]), st.sampled_from("ab"))
STEPS = st.lists(st.one_of(POSTS, st.sampled_from(["get", "confirm", "refuse", "lose"])), max_size=60)


def publication(keep: str, topic: str, number: int) -> Publication:
    return Publication(f"{keep}/{topic}", b"%d" % number, qos=1, retained=keep != "some", keep=keep)


class Play:
    """Drives an outbox and keeps the books beside it."""

    def __init__(self) -> None:
        self.outbox = Outbox(CAPACITY)
        self.posted: list[Publication] = []
        self.sent: list[Publication] = []
        self.delivered: list[Publication] = []
        self.on_the_way: list = []

    async def step(self, step) -> None:
        match step:
            case "get" if self.outbox.waiting:
                self.on_the_way.append(await self.outbox.get())
                self.sent.append(self.on_the_way[-1].publication)
            case "confirm" if self.on_the_way:
                self.outbox.confirm(self.on_the_way.pop(0))
            case "refuse" if self.on_the_way:
                self.outbox.refuse(self.on_the_way.pop(0))
            case "lose":
                self.on_the_way.clear()
                self.outbox.take_back()
            case (keep, topic):
                posted = publication(keep, topic, len(self.posted))
                self.posted.append(posted)
                self.outbox.put(posted, lambda: self.delivered.append(posted))

    async def finish(self) -> None:
        await self.step("lose")
        while self.outbox.waiting:
            await self.step("get")
        while self.on_the_way:
            await self.step("confirm")


def play(steps) -> Play:
    async def body():
        game = Play()
        for step in steps:
            await game.step(step)
        await game.finish()
        return game

    return asyncio.run(body())


@given(STEPS)
def test_what_must_arrive_arrives_whatever_happens_to_the_connection(steps):
    game = play(steps)
    must = [posted for posted in game.posted if posted.keep == "every"]
    assert Counter(p for p in game.delivered if p.keep == "every") == Counter(must)


@given(STEPS)
def test_on_every_connection_revisions_of_one_alert_leave_in_the_order_they_were_posted(steps):
    async def body():
        game = Play()
        for step in [*steps, "lose"]:
            if step == "lose":
                for topic in ("every/a", "every/b"):
                    numbers = [int(p.payload) for p in game.sent if p.topic == topic]
                    assert numbers == sorted(numbers)
                game.sent.clear()
            await game.step(step)

    asyncio.run(body())


@given(STEPS)
def test_the_newest_state_of_a_topic_is_the_last_to_be_delivered(steps):
    game = play([step for step in steps if step != "refuse"])
    for topic in ("latest/a", "latest/b"):
        posted = [p for p in game.posted if p.topic == topic]
        assert not posted or [p for p in game.delivered if p.topic == topic][-1] == posted[-1]


@given(STEPS)
def test_what_is_posted_is_delivered_or_counted(steps):
    game = play(steps)
    counters = game.outbox.counters()
    refused_for_good = len(game.posted) - len(game.delivered) - counters["outbox_dropped"] - counters["outbox_replaced"]
    assert 0 <= refused_for_good <= counters["publish_refused"]
    assert counters["published"] == len(game.delivered)
    assert counters["outbox_waiting"] == 0


@given(st.lists(POSTS, max_size=200))
def test_while_the_broker_is_away_only_what_must_arrive_piles_up(posts):
    async def body():
        game = Play()
        for post in posts:
            await game.step(post)
        return game

    game = asyncio.run(body())
    must = sum(posted.keep == "every" for posted in game.posted)
    assert game.outbox.counters()["outbox_waiting"] <= must + 2 + 2 * CAPACITY


def test_alerts_overtake_everything_else():
    async def body():
        outbox = Outbox()
        for i, keep in enumerate(("some", "latest", "every")):
            outbox.put(publication(keep, "a", i))
        return [(await outbox.get()).publication.keep for _ in range(3)]

    assert asyncio.run(body()) == ["every", "some", "latest"]


def test_a_topic_that_is_emptied_is_not_filled_again_by_what_waited():
    async def body():
        outbox = Outbox()
        outbox.put(Publication("track/a", b"state", retained=True, keep="latest"))
        outbox.put(Publication("track/a", b"", retained=True, keep="every"))
        return [(await outbox.get()).publication.payload for _ in range(outbox.waiting)]

    assert asyncio.run(body()) == [b""]


def test_what_the_broker_retains_counts_as_delivered_and_so_does_what_came_before_it():
    async def body():
        game = Play()
        for topic in "aaab":
            await game.step(("every", topic))
        game.outbox.settle({"every/a": b"1", "every/b": b"something older"})
        return game

    game = asyncio.run(body())
    assert [p.payload for p in game.delivered] == [b"0", b"1"]
    assert game.outbox.counters()["already_retained"] == 2
    assert game.outbox.waiting == 2


def test_what_the_broker_forgot_is_posted_again_unless_something_newer_waits():
    async def body():
        outbox = Outbox()
        outbox.put(publication("every", "b", 9))
        forgotten, older, known = (publication("every", topic, 1) for topic in "abc")
        outbox.restore([forgotten, older, known], {"every/c": b"1"})
        return [(await outbox.get()).publication for _ in range(outbox.waiting)]

    assert asyncio.run(body()) == [publication("every", "b", 9), publication("every", "a", 1)]


def test_deliver_returns_once_the_broker_has_it():
    async def body():
        outbox = Outbox()
        posting = asyncio.create_task(outbox.deliver(publication("every", "a", 1)))
        parcel = await outbox.get()
        assert not posting.done()
        outbox.confirm(parcel)
        await posting

    asyncio.run(body())


@pytest.mark.parametrize("counter", Outbox().counters())
def test_every_counter_is_explained(counter):
    assert counter in COUNTERS


def test_totals_add_up_and_refuse_what_the_table_does_not_explain():
    assert totals({"received": 1}, {"received": 2, "published": 3}) == dict.fromkeys(COUNTERS, 0) | {
        "received": 3,
        "published": 3,
    }
    with pytest.raises(KeyError, match="mystery"):
        totals({"mystery": 1})
