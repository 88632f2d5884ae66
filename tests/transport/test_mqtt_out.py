"""What is put into the outbox reaches the broker, once it says so, on Mosquitto and on amqtt."""

from __future__ import annotations

import asyncio
import json
import signal
import time

from fusion.transport.mqtt import read_back
from fusion.transport.outbox import Outbox
from fusion.transport.outgoing import Publication
from tests.transport.edge import alert, hear, listening, observer, program, publishing, run


def state(message) -> str:
    return json.loads(message.payload)["state"]


async def retained(broker, topic: str) -> bytes | None:
    """Ask an independent client what is retained, by a sentinel that comes behind it."""
    async with observer(broker, topic) as client:
        await client.publish(topic, b"sentinel", qos=1)
        return (await hear(client, lambda message: message.topic.matches(topic))).payload


def test_what_is_delivered_is_on_the_broker(broker, tree):
    async def body():
        async with publishing(broker) as (outbox, _):
            await outbox.deliver(alert(tree, "A", "raised"))
        return await retained(broker, tree.path("alert", alert="A"))

    assert run(body()) == b"raised"


def test_an_emptied_topic_is_empty(broker, tree):
    async def body():
        async with publishing(broker) as (outbox, _):
            await outbox.deliver(alert(tree, "A", "raised"))
            await outbox.deliver(alert(tree, "A", ""))
        return await retained(broker, tree.path("alert", alert="A"))

    assert run(body()) == b"sentinel"


def test_revisions_arrive_in_the_order_they_were_posted(broker, tree):
    async def body():
        async with observer(broker, tree.prefix + "#") as client, publishing(broker) as (outbox, _):
            for revision in range(100):
                outbox.put(alert(tree, "A", str(revision)))
            return [int((await hear(client, lambda m: m.topic.matches(tree.prefix + "#"))).payload) for _ in range(100)]

    assert run(body()) == list(range(100))


def test_the_service_is_online_while_it_is_there_and_offline_once_it_has_stopped(broker, tree):
    async def body():
        topic = tree.path("status")
        async with observer(broker, topic) as client:
            async with publishing(broker, tree, announced=True):
                online = await hear(client, lambda message: message.topic.matches(topic))
            offline = await hear(client, lambda message: message.topic.matches(topic))
        return state(online), state(offline), json.loads(await retained(broker, topic))["state"]

    assert run(body()) == ("online", "offline", "offline")


def test_the_rest_of_the_outbox_leaves_before_the_last_word(broker, tree):
    async def body():
        outbox = Outbox()
        async with publishing(broker, tree, outbox=outbox, announced=True):
            for number in range(50):
                outbox.put(alert(tree, f"A{number}", "raised"))
        return outbox.counters()

    assert run(body())["published"] == 50


def test_a_service_that_dies_is_reported_offline_by_its_will(broker, tree):
    async def body():
        topic = tree.path("status")
        async with observer(broker, topic) as client, program("speak", broker, tree) as process:
            assert await process.stdout.readline() == b"up\n"
            await hear(client, lambda message: message.topic.matches(topic) and state(message) == "online")
            process.kill()
            await hear(client, lambda message: message.topic.matches(topic) and state(message) == "offline")
        return json.loads(await retained(broker, topic))["state"]

    assert run(body()) == "offline"


def test_a_broker_that_comes_back_is_told_again_that_we_are_online(fresh_broker, tree):
    async def body():
        topic = tree.path("status")
        async with publishing(fresh_broker, tree, announced=True) as (_, mouth):
            await asyncio.to_thread(fresh_broker.kill)
            await mouth.until(lambda link: link.counters()["connections_lost"])
            await asyncio.to_thread(fresh_broker.start)
            async with observer(fresh_broker, topic) as client:
                return state(await hear(client, lambda message: message.topic.matches(topic)))

    assert run(body()) == "online"


def test_alerts_wait_for_a_broker_that_is_away_and_streams_give_way(fresh_broker, tree):
    async def body():
        outbox, delivered = Outbox(capacity=5), []
        async with publishing(fresh_broker, outbox=outbox) as (_, mouth):
            await asyncio.to_thread(fresh_broker.kill)
            await mouth.until(lambda link: link.counters()["connections_lost"])
            for number in range(30):
                outbox.put(alert(tree, f"A{number}", "raised"), lambda number=number: delivered.append(number))
                outbox.put(Publication(tree.path("tracks"), b"%d" % number))
                outbox.put(Publication(tree.path("track", track="T"), b"%d" % number, retained=True, keep="latest"))
            assert delivered == []
            await asyncio.to_thread(fresh_broker.start)
            await outbox.deliver(Publication(tree.path("picture"), b"", qos=1))
            async with observer(fresh_broker, tree.path("track", track="+")) as client:
                track = await hear(client, lambda message: message.topic.matches(tree.path("track", track="+")))
        return delivered, track.payload, outbox.counters()

    delivered, track, counters = run(body())
    assert delivered == list(range(30))
    assert track == b"29"
    assert (counters["outbox_dropped"], counters["outbox_replaced"]) == (25, 29)


def test_what_the_broker_retains_is_read_back_and_nothing_else(broker, tree):
    async def body():
        async with publishing(broker) as (outbox, mouth):
            for name in "ABC":
                await outbox.deliver(alert(tree, name, f"raised {name}"))
            await outbox.deliver(alert(tree, "B", ""))
            await outbox.deliver(Publication(tree.path("command", alert="A"), b"not an alert", qos=1, retained=True))
            return await read_back(mouth.access, tree)

    assert run(body()) == {tree.path("alert", alert=name): f"raised {name}".encode() for name in "AC"}


def test_reading_back_leaves_no_trace(broker, tree):
    async def body():
        async with publishing(broker) as (_, mouth):
            first = await read_back(mouth.access, tree)
            return first, await read_back(mouth.access, tree)

    assert run(body()) == ({}, {})


def test_after_a_restart_no_alert_that_is_retained_is_repeated_and_every_other_is_published(broker, tree):
    """The service died between the broker's confirmation and its own note of it: the journal calls both unpublished."""

    async def body():
        async with publishing(broker) as (outbox, _):
            for text in ("1", "2"):
                await outbox.deliver(alert(tree, "A", text))
        outbox, marked = Outbox(), []
        for name, text in (("A", "1"), ("A", "2"), ("A", "3"), ("B", "1")):
            outbox.put(alert(tree, name, text), lambda name=name, text=text: marked.append(name + text))
        async with (
            observer(broker, tree.path("alert", alert="+")) as client,
            publishing(broker, tree, outbox=outbox),
        ):
            alerts = tree.path("alert", alert="+")
            heard = [await hear(client, lambda m: m.topic.matches(alerts) and m.payload) for _ in range(3)]
        return marked, [(message.payload, message.retain) for message in heard], outbox.counters()

    marked, heard, counters = run(body())
    assert marked == ["A1", "A2", "A3", "B1"]
    assert heard == [(b"2", True), (b"3", False), (b"1", False)]
    assert (counters["already_retained"], counters["published"]) == (2, 2)


def test_what_a_broker_has_forgotten_is_given_to_it_again(broker, tree):
    async def body():
        known, forgotten = alert(tree, "A", "1"), alert(tree, "B", "1")

        async def expected():
            return [known, forgotten]

        async with publishing(broker) as (outbox, _):
            await outbox.deliver(known)
        outbox = Outbox()
        async with publishing(broker, tree, outbox=outbox, expected=expected) as (_, mouth):
            await outbox.deliver(Publication(tree.path("picture"), b"", qos=1))
            return await read_back(mouth.access, tree), outbox.counters()["published"]

    retained_now, published = run(body())
    assert sorted(retained_now.values()) == [b"1", b"1"]
    assert published == 2


def test_publishing_stops_within_a_second_even_if_the_broker_has_stopped_answering(fresh_mosquitto, tree):
    async def body():
        outbox = Outbox()
        async with publishing(fresh_mosquitto, tree, outbox=outbox, announced=True):
            fresh_mosquitto.signal(signal.SIGSTOP)
            outbox.put(alert(tree, "A", "raised"))
            started = time.monotonic()
        return time.monotonic() - started, outbox.counters()["outbox_waiting"]

    try:
        took, left = run(body())
    finally:
        fresh_mosquitto.signal(signal.SIGCONT)
    assert took < 1.5
    assert left == 1


def test_a_round_trip_at_qos_1_is_not_held_up_by_nagle(broker, tree):
    """44 ms each without TCP_NODELAY; a few are taken one after the other, and the median is what counts."""

    async def body():
        times = []
        async with publishing(broker) as (outbox, _), listening(broker, tree):
            for number in range(21):
                started = time.perf_counter()
                await outbox.deliver(alert(tree, "A", str(number)))
                times.append(time.perf_counter() - started)
        return sorted(times)[10]

    assert run(body()) < 0.02
