"""What is said on a broker reaches the inbox, on Mosquitto and on amqtt."""

from __future__ import annotations

import asyncio
import time

import pytest

from fusion.config import Mqtt
from fusion.errors import ConfigError
from fusion.topics import TOPICS
from fusion.transport.access import access
from fusion.transport.inbox import Inbox
from fusion.transport.listen import INWARD, inward, listen
from fusion.transport.outgoing import Publication
from tests.brokers import free_port
from tests.transport.edge import hear, link, listening, observer, publishing, run, scan, take


def heard_topics(tree) -> list[str]:
    return [
        tree.path("scan", sensor="radar-1"),
        tree.path("scan", sensor="radar-1") + "/msgpack",
        tree.path("raw", sensor="rf-1", format="odid"),
        tree.path("sensor_status", sensor="radar-1"),
        tree.path("crowd", sensor="camera-1"),
        tree.path("command", alert="A"),
        tree.path("zone", zone="LF-P23"),
        tree.path("zone_position", zone="FLO-1"),
        tree.path("zone_window", zone="LF-P23"),
        tree.path("permit", permit="P"),
    ]


def test_all_that_is_said_to_the_service_is_subscribed_to():
    assert {name for name, row in TOPICS.items() if row.direction == "in"} == set(INWARD)


@pytest.mark.parametrize("delivery", ["latest", "no-loss"])
def test_what_sensors_and_operators_say_is_heard_with_its_time_and_nothing_else_is(broker, tree, delivery):
    async def body():
        async with listening(broker, tree, delivery=delivery) as (inbox, _), publishing(broker) as (outbox, _):
            before = time.time_ns()
            unheard = [tree.path("tracks"), tree.prefix + "sensor/radar-1/other"]
            for topic in unheard + heard_topics(tree):
                await outbox.deliver(Publication(topic, b"\x00\xff", qos=1))
            items = await take(inbox, len(heard_topics(tree)))
            assert [item.input.topic for item in items] == heard_topics(tree)
            assert all(item.input.payload == b"\x00\xff" for item in items)
            assert all(before <= item.input.received <= time.time_ns() for item in items)

    run(body())


def test_scans_are_acknowledged_with_no_loss_and_not_with_latest(broker, tree):
    async def acks(delivery):
        async with listening(broker, tree, delivery=delivery) as (inbox, _), publishing(broker) as (outbox, _):
            for topic in heard_topics(tree):
                await outbox.deliver(Publication(topic, b"{}", qos=1))
            return [item.ack is not None for item in await take(inbox, 6)]

    assert run(acks("no-loss")) == [True] * 6
    assert run(acks("latest")) == [False, False, False, True, True, True]


def test_what_is_retained_is_heard_on_arrival(broker, tree):
    async def body():
        async with publishing(broker) as (outbox, _):
            await outbox.deliver(Publication(tree.path("zone", zone="Z"), b"zone", qos=1, retained=True))
        async with listening(broker, tree) as (inbox, _):
            (item,) = await take(inbox, 1)
            assert item.input.payload == b"zone"

    run(body())


def test_a_broker_that_comes_back_is_subscribed_to_again(fresh_broker, tree):
    async def body():
        async with listening(fresh_broker, tree) as (inbox, ear), publishing(fresh_broker) as (outbox, mouth):
            for number in range(3):
                await outbox.deliver(scan(tree, number, qos=1))
                (item,) = await take(inbox, 1)
                assert item.input.payload == b"%d" % number
                await asyncio.to_thread(fresh_broker.kill)
                for one in (ear, mouth):
                    await one.until(lambda link, lost=number + 1: link.counters()["connections_lost"] == lost)
                await asyncio.to_thread(fresh_broker.start)
                for one in (ear, mouth):
                    await one.until(lambda link, came=number + 2: link.counters()["connections"] == came and link.up.is_set())
            assert ear.counters()["connections"] == 4
            assert ear.counters()["connections_lost"] == 3

    run(body())


def test_under_overload_the_newest_scans_are_kept_and_the_others_counted(broker, tree):
    """Nobody empties the inbox until a command, sent last and at QoS 1, is in it; Mosquitto and TCP keep the order."""

    async def body():
        async with listening(broker, tree, capacity=20) as (inbox, _), publishing(broker) as (outbox, _):
            for number in range(500):
                outbox.put(scan(tree, number))
            await outbox.deliver(Publication(tree.path("command", alert="A"), b"command", qos=1))
            await inbox.until(lambda inbox: inbox.waiting == 21)
            items = await take(inbox, inbox.waiting)
            return [item.input.payload for item in items], inbox.counters()

    payloads, counters = run(body())
    assert payloads == [b"%d" % number for number in range(480, 500)] + [b"command"]
    assert (counters["received"], counters["dropped_scans"]) == (501, 480)


def test_a_flood_of_scans_pushes_out_no_status_that_came_at_qos_0(broker, tree):
    async def body():
        async with listening(broker, tree, capacity=20) as (inbox, _), publishing(broker) as (outbox, _):
            outbox.put(Publication(tree.path("sensor_status", sensor="radar-1"), b"online", keep="every"))
            for number in range(100):
                outbox.put(scan(tree, number))
            await outbox.deliver(Publication(tree.path("command", alert="A"), b"command", qos=1))
            await inbox.until(lambda inbox: inbox.waiting == 22)
            return [item.input.payload for item in await take(inbox, 22)]

    assert run(body())[0] == b"online"


def test_an_inbox_that_is_full_stops_the_wire_and_nothing_is_lost(broker, tree):
    """Both send more than they may: Mosquitto 2.0.11 forgets Receive Maximum at each acknowledgement, amqtt knows none."""

    async def body():
        peak, seen = 0, []
        async with (
            listening(broker, tree, delivery="no-loss", capacity=40) as (inbox, _),
            publishing(broker) as (outbox, _),
        ):
            for number in range(600):
                outbox.put(scan(tree, number, qos=1))
            while len(seen) < 600:
                (item,) = await take(inbox, 1)
                seen.append(int(item.input.payload))
                peak = max(peak, inbox.waiting)
            return peak, seen, inbox.counters()

    peak, seen, counters = run(body())
    assert seen == list(range(600))
    assert peak <= 40 + 20  # what one read of the socket may bring on top
    assert counters["dropped_scans"] == counters["dropped_other"] == 0


def test_ten_thousand_topics_that_are_no_scans_of_ours_are_not_even_heard(broker, tree):
    async def body():
        async with listening(broker, tree) as (inbox, _), publishing(broker) as (outbox, _):
            for number in range(200):
                outbox.put(Publication(f"{tree.prefix}nonsense/{number}", b"", keep="every"))
            await outbox.deliver(scan(tree, 1, qos=1))
            (item,) = await take(inbox, 1)
            return item.input.payload, inbox.counters()["received"]

    assert run(body()) == (b"1", 1)


def test_listening_stops_at_once_when_cancelled_whether_or_not_there_is_a_broker(broker, tree):
    async def body(settings_of):
        ear = link(settings_of)
        task = asyncio.create_task(listen(ear, inward(tree, "latest"), Inbox(10), tree))
        await asyncio.sleep(0)
        if settings_of is broker:
            await ear.up.wait()
        else:
            await ear.until(lambda link: link.counters()["connection_failures"])
        started = time.monotonic()
        task.cancel()
        await asyncio.wait([task])
        return time.monotonic() - started

    class Nobody:
        @staticmethod
        def settings():
            return Mqtt(host="127.0.0.1", port=free_port())

    assert run(body(broker)) < 0.5
    assert run(body(Nobody)) < 0.5


def test_what_others_subscribed_to_is_not_heard(broker, tree):
    """A greeting by amqtt: whatever is retained on anybody's subscriptions."""

    async def body():
        async with publishing(broker) as (outbox, _), observer(broker, tree.prefix + "#"):
            await outbox.deliver(Publication(tree.path("picture"), b"picture", qos=1, retained=True))
            async with listening(broker, tree) as (inbox, _):
                await outbox.deliver(scan(tree, 1, qos=1))
                (item,) = await take(inbox, 1)
                return item.input.payload

    assert run(body()) == b"1"


def test_without_a_host_nothing_is_tried():
    with pytest.raises(ConfigError, match=r"mqtt\.host"):
        access(Mqtt(), "vigie-paris")


def test_an_independent_client_hears_our_scans(broker, tree):
    async def body():
        async with observer(broker, tree.prefix + "#") as client, publishing(broker) as (outbox, _):
            outbox.put(scan(tree, 7))
            return (await hear(client, lambda message: message.topic.matches(tree.path("scan", sensor="+")))).payload

    assert run(body()) == b"7"
