"""What the edge costs: `vigie bench transport` prints a line a figure.

A flood from a process of its own goes through a private Mosquitto into an inbox that is emptied as fast as can be; then round
trips at QoS 1. "cpu" is this process's own time for each message, from the socket to the reader's hand.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

import paho.mqtt.client as mqtt

from fusion.messages import TrackMessage
from fusion.payload import payload
from fusion.topics import TopicTree
from fusion.transport.inbox import Inbox
from fusion.transport.link import Link
from fusion.transport.listen import inward, listen
from fusion.transport.outbox import Outbox
from fusion.transport.outgoing import Publication, numbers, publications
from fusion.transport.publish import publish
from tests.brokers import Amqtt, Mosquitto, random_root, started
from tests.transport.wire_samples import OUTPUTS

SIZES = {"one detection": 210, "a scan of 100": 21_000}


def flood(port: int, topic: str, qos: int, count: int, size: int) -> None:
    """Publish as fast as the broker takes it."""
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(100)
    client.connect("127.0.0.1", port)
    client.loop_start()
    sent = [client.publish(topic, bytes(size), qos) for _ in range(count)]
    sent[-1].wait_for_publish()
    client.disconnect()
    client.loop_stop()


async def receive(broker, delivery: str, count: int, size: int) -> tuple[float, float]:
    """Give messages a second and the CPU seconds of one."""
    tree = TopicTree("paris", random_root())
    inbox, link = Inbox(count), Link(broker.settings(), "bench")
    async with asyncio.TaskGroup() as tasks:
        listening = tasks.create_task(listen(link, inward(tree, delivery), inbox, tree))
        await link.up.wait()
        qos = "0" if delivery == "latest" else "1"
        arguments = ("flood", str(broker.port), tree.path("scan", sensor="r"), qos, str(count), str(size))
        flooding = await asyncio.create_subprocess_exec(sys.executable, __file__, *arguments)
        (await inbox.get()).done()
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(count - 1):
            (await inbox.get()).done()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        await flooding.wait()
        listening.cancel()
    return count / wall, cpu / count


async def round_trips(broker, count: int) -> list[float]:
    """Give the seconds from posting a QoS 1 publication to the broker's confirmation, sorted."""
    outbox, link, times = Outbox(), Link(broker.settings(), "bench-out"), []
    topic = f"{random_root()}/x"
    async with asyncio.TaskGroup() as tasks:
        publishing = tasks.create_task(publish(link, outbox))
        await link.up.wait()
        for _ in range(count):
            before = time.perf_counter()
            await outbox.deliver(Publication(topic, bytes(2000), qos=1))
            times.append(time.perf_counter() - before)
        publishing.cancel()
    return sorted(times)


async def confirmed(broker, count: int) -> float:
    """Give confirmed publications a second."""
    outbox, link = Outbox(), Link(broker.settings(), "bench-out")
    async with asyncio.TaskGroup() as tasks:
        publishing = tasks.create_task(publish(link, outbox))
        await link.up.wait()
        before = time.perf_counter()
        for _ in range(count - 1):
            outbox.put(Publication("x", bytes(2000), qos=1, keep="every"))
        outbox.put(Publication("x", b"", qos=1, keep="every"))
        await outbox.deliver(Publication("x", b"", qos=1))
        taken = time.perf_counter() - before
        publishing.cancel()
    return count / taken


def plain(output: TrackMessage, tree: TopicTree) -> Publication:
    """Write a track's publication without saying what it is as an event."""
    return Publication(tree.path("track", track=output.track), payload(output), 0, retained=True)


async def sent(broker, count: int, *, events: bool) -> float:
    """Give the CPU seconds of one track's message at QoS 0, from the Output to the socket, with CloudEvents attributes or not."""
    tree, outbox, link, counted = (
        TopicTree("paris", random_root()),
        Outbox(),
        Link(broker.settings(), "bench-out"),
        numbers("run"),
    )
    track = OUTPUTS["track"]
    async with asyncio.TaskGroup() as tasks:
        publishing = tasks.create_task(publish(link, outbox))
        await link.up.wait()
        before = time.process_time()
        for _ in range(count // 100):
            for _ in range(99):
                (one,) = publications(track, tree, next(counted)) if events else (plain(track, tree),)
                outbox.put(one._replace(keep="every"))
            await outbox.deliver(one)
        taken = time.process_time() - before
        publishing.cancel()
    return taken / count


def with_and_without(broker) -> tuple[float, float]:
    """Give the medians of what a message costs with and without attributes, in turns, so that a busy machine is fair to both."""
    pairs = [[asyncio.run(sent(broker, 5000, events=events)) for events in (True, False)] for _ in range(9)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        for kind in (Mosquitto, Amqtt):
            with started(kind(Path(directory))) as broker:
                say = f"{kind.__name__:10}"
                for name, size in SIZES.items() if kind is Mosquitto else ():
                    for delivery in ("latest", "no-loss"):
                        rate, cpu = asyncio.run(receive(broker, delivery, 10_000, size))
                        sys.stdout.write(f"{say} in, {delivery:8} {name:14}: {rate:7.0f} messages/s, cpu {cpu * 1e6:4.0f} us\n")
                times = asyncio.run(round_trips(broker, 1000))
                sys.stdout.write(f"{say} out, QoS 1, one by one: p50 {times[500] * 1e3:.2f} ms, p99 {times[990] * 1e3:.2f} ms\n")
                sys.stdout.write(f"{say} out, QoS 1, ten at once: {asyncio.run(confirmed(broker, 3000)):.0f} messages/s\n")
                if kind is Mosquitto:
                    cost, plain = (one * 1e6 for one in with_and_without(broker))
                    sys.stdout.write(
                        f"{say} out, one track: cpu {cost:.1f} us with CloudEvents attributes, {plain:.1f} us without\n"
                    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["flood"]:
        flood(int(sys.argv[2]), sys.argv[3], *map(int, sys.argv[4:]))
    else:
        main()
