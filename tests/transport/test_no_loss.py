"""With delivery = "no-loss", what was published at QoS 1 is dealt with, whoever dies on the way.

Mosquitto only: amqtt keeps nothing for a client that is away, and sends nothing again.
"""

from __future__ import annotations

import asyncio
import random

import pytest

from tests.transport.edge import listening, program, publishing, run, scan, take

COUNT = 3000


async def publish_all(outbox, tree) -> None:
    await asyncio.gather(*(outbox.deliver(scan(tree, number, qos=1)) for number in range(COUNT)))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_a_consumer_that_is_killed_again_and_again_deals_with_every_scan(mosquitto, tree, seed):
    """What it said last may come twice: it was killed between dealing with it and acknowledging it."""
    chance = random.Random(seed)

    async def body():
        seen: list[int] = []
        async with publishing(mosquitto) as (outbox, _), asyncio.TaskGroup() as tasks:
            while len(set(seen)) < COUNT:
                async with program("consume", mosquitto, tree) as process:
                    assert await process.stdout.readline() == b"up\n"  # only now is there a session to publish into
                    if not seen:
                        tasks.create_task(publish_all(outbox, tree))
                    count = min(chance.randrange(200, 1500), COUNT - len(set(seen)))
                    seen += [int(await process.stdout.readline()) for _ in range(count)]
                    process.kill()
                    seen += [int(line) for line in (await process.stdout.read()).splitlines()]
        return seen

    seen = run(body())
    assert set(seen) == set(range(COUNT))


def test_what_comes_while_the_service_is_away_waits_for_it_and_does_not_flood_it(mosquitto, tree):
    """2.0.11 sends another window for each acknowledgement: the inbox must stop the wire, or it would hold all at once."""

    async def body():
        name = "vigie-flood"
        async with listening(mosquitto, tree, delivery="no-loss", name=name):
            pass
        async with publishing(mosquitto) as (outbox, _):
            await publish_all(outbox, tree)
        async with listening(mosquitto, tree, delivery="no-loss", name=name, capacity=50) as (inbox, _):
            seen, peak = [], 0
            for _ in range(COUNT):
                seen += await take(inbox, 1)
                peak = max(peak, inbox.waiting)
            return [int(item.input.payload) for item in seen], peak

    seen, peak = run(body())
    assert seen == list(range(COUNT))
    assert peak <= 50 + 100  # and what the first window brings before the subscription is confirmed


def test_what_was_not_acknowledged_comes_again(mosquitto, tree):
    async def body():
        async with listening(mosquitto, tree, delivery="no-loss", name="vigie-again") as (inbox, _):
            async with publishing(mosquitto) as (outbox, _):
                for number in range(3):
                    await outbox.deliver(scan(tree, number, qos=1))
            await take(inbox, 1)
            await inbox.get()  # taken, and not dealt with
        async with listening(mosquitto, tree, delivery="no-loss", name="vigie-again") as (inbox, _):
            return [item.input.payload for item in await take(inbox, 2)]

    assert run(body()) == [b"1", b"2"]


def test_an_acknowledgement_after_the_connection_is_lost_does_no_harm(fresh_mosquitto, tree):
    """It must not go out on the next connection, where its number may stand for another message."""

    async def body():
        async with listening(fresh_mosquitto, tree, delivery="no-loss", name="vigie-late") as (inbox, ear):
            async with publishing(fresh_mosquitto) as (outbox, _):
                await outbox.deliver(scan(tree, 1, qos=1))
                old = await inbox.get()
            await asyncio.to_thread(fresh_mosquitto.kill)
            await asyncio.to_thread(fresh_mosquitto.start)
            await ear.until(lambda link: link.counters()["connections"] == 2 and link.up.is_set())
            async with publishing(fresh_mosquitto) as (outbox, _):
                await outbox.deliver(scan(tree, 2, qos=1))
                new = await inbox.get()
                old.done()
        async with listening(fresh_mosquitto, tree, delivery="no-loss", name="vigie-late") as (inbox, _):
            return new.input.payload, (await inbox.get()).input.payload

    assert run(body()) == (b"2", b"2")
