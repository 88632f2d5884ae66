"""The inbox against a list that does the same slowly."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion.messages import RawMessage, Tick
from fusion.transport.counters import COUNTERS
from fusion.transport.inbox import MOST_BYTES, Inbox

CAPACITY = 4

STEPS = st.lists(st.sampled_from(["scan", "other", "kept", "tick", "get"]), max_size=60)


def message(number: int) -> RawMessage:
    return RawMessage(topic="t", payload=b"", received=number)


def number(item) -> int:
    return item.input.time if isinstance(item.input, Tick) else item.input.received


async def play(inbox: Inbox, steps: list[str]):
    """Do each step; give what came out, and what went in: (number, kind)."""
    out, put = [], []
    for i, step in enumerate(steps):
        if step == "get":
            out += [await inbox.get()] if inbox.waiting else []
            continue
        put.append((i, step))
        if step == "tick":
            inbox.tick(Tick(time=i))
        else:
            inbox.put(message(i), (lambda: None) if step == "kept" else None, scan=step == "scan")
    return out, put


async def drain(inbox: Inbox):
    return [await inbox.get() for _ in range(inbox.waiting)]


def run(steps: list[str], capacity: int = CAPACITY):
    async def body():
        inbox = Inbox(capacity)
        out, put = await play(inbox, steps)
        return inbox, out, await drain(inbox), put

    return asyncio.run(body())


@given(STEPS)
def test_what_comes_out_is_in_order_of_arrival_and_nothing_comes_twice(steps):
    _, out, rest, _ = run(steps)
    numbers = [number(item) for item in out + rest]
    assert numbers == sorted(set(numbers))


@given(STEPS)
def test_what_the_broker_waits_to_hear_about_is_never_dropped(steps):
    _, out, rest, put = run(steps)
    came = {number(item) for item in out + rest}
    assert {i for i, kind in put if kind == "kept"} <= came


@given(STEPS)
def test_every_message_is_delivered_or_counted_as_dropped(steps):
    inbox, out, rest, put = run(steps)
    came = Counter(dict(put)[number(item)] for item in out + rest)
    sent = Counter(kind for _, kind in put)
    counters = inbox.counters()
    assert sent["scan"] - came["scan"] == counters["dropped_scans"]
    assert sent["other"] - came["other"] == counters["dropped_other"]
    assert sent["tick"] - came["tick"] == counters["ticks_merged"]
    assert counters["received"] == sent["scan"] + sent["other"] + sent["kept"]


@given(st.lists(st.sampled_from(["scan", "other", "kept", "tick"]), max_size=60))
def test_a_ring_keeps_its_newest(kinds):
    _, _, rest, put = run(kinds)
    for lane in ("scan", "other"):
        assert [number(i) for i in rest if (number(i), lane) in put] == [i for i, kind in put if kind == lane][-CAPACITY:]


@given(STEPS)
def test_merging_ticks_changes_nothing_that_the_core_can_know(steps):
    """Before every message that is left, and at the end, the core has heard the last tick that there was."""
    _, out, rest, put = run(steps)
    came = [number(item) for item in out + rest]
    messages = [i for i, kind in put if kind != "tick" and i in came]
    for earlier, later in itertools.pairwise([-1, *messages, len(steps)]):
        ticks = [i for i, kind in put if kind == "tick" and earlier < i < later]
        assert not ticks or ticks[-1] in came


@given(st.lists(st.sampled_from(["scan", "other", "tick"]), max_size=400))
def test_a_core_that_stands_still_costs_no_more_than_the_rings_and_a_tick_between_each(kinds):
    async def body():
        inbox = Inbox(CAPACITY)
        await play(inbox, ["kept", *kinds])
        return inbox.waiting

    assert asyncio.run(body()) <= 2 * (2 * CAPACITY + 1) + 2


def test_it_is_full_at_capacity_and_has_room_again_at_half():
    async def body():
        inbox, calls = Inbox(CAPACITY), []
        inbox.on_room = lambda: calls.append(inbox.waiting)
        for i in range(CAPACITY + 2):
            inbox.put(message(i), lambda: None, scan=False)
        assert inbox.full
        await drain(inbox)
        assert not inbox.full
        return calls, inbox.counters()

    calls, counters = asyncio.run(body())
    assert calls == [CAPACITY // 2]
    assert counters["inbox_full"] == 1


def test_the_reader_waits_for_what_is_not_there_yet():
    async def body():
        inbox = Inbox(CAPACITY)
        reading = asyncio.create_task(inbox.get())
        await asyncio.sleep(0)
        assert not reading.done()
        inbox.put(message(7), None, scan=True)
        return number(await reading)

    assert asyncio.run(body()) == 7


def test_a_reader_that_is_cancelled_loses_nothing():
    async def body():
        inbox = Inbox(CAPACITY)
        for _ in range(3):
            reading = asyncio.create_task(inbox.get())
            await asyncio.sleep(0)
            inbox.put(message(1), None, scan=True)
            reading.cancel()
            await asyncio.wait([reading])
            assert reading.cancelled()
        return inbox.waiting

    assert asyncio.run(body()) == 3


def test_a_busy_reader_does_not_starve_the_loop():
    async def body():
        inbox, turns = Inbox(CAPACITY), []
        for i in range(CAPACITY):
            inbox.put(message(i), None, scan=True)

        async def other() -> None:
            while True:
                turns.append(1)
                await asyncio.sleep(0)

        neighbour = asyncio.create_task(other())
        await drain(inbox)
        neighbour.cancel()
        return len(turns)

    assert asyncio.run(body()) >= CAPACITY - 1


def test_done_acknowledges_what_has_an_acknowledgement_and_nothing_else():
    async def body():
        inbox, acks = Inbox(CAPACITY), []
        inbox.put(message(1), lambda: acks.append(1), scan=False)
        inbox.put(message(2), None, scan=True)
        for item in await drain(inbox):
            item.done()
        return acks

    assert asyncio.run(body()) == [1]


@pytest.mark.parametrize("counter", Inbox(1).counters())
def test_every_counter_is_explained(counter):
    assert counter in COUNTERS


def test_what_waits_is_bounded_in_bytes_too():
    inbox, big = Inbox(1000), bytes(MOST_BYTES // 4)
    for number in range(6):
        inbox.put(RawMessage(topic=f"t/{number}", payload=big, received=number), None, scan=True)
    assert (inbox.waiting, inbox.counters()["dropped_scans"]) == (4, 2)
    inbox.put(RawMessage(topic="t/6", payload=bytes(2 * MOST_BYTES), received=6), None, scan=True)
    assert inbox.waiting == 1  # alone, however large: a broker has let it through
    for number in range(4):
        inbox.put(RawMessage(topic="t", payload=big, received=number), lambda: None, scan=True)
    assert inbox.full  # what the broker waits to hear about is not dropped: reading stops
