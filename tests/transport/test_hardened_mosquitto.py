"""The configuration under docs/ is one that Mosquitto takes, and that stops what it says it stops."""

from __future__ import annotations

import asyncio
import contextlib
import ssl

import aiomqtt
import pytest

from fusion.config import Publish
from fusion.errors import BrokerError
from fusion.topics import TopicTree
from fusion.transport.mqtt import read_back
from fusion.transport.outbox import Outbox
from fusion.transport.outgoing import Publication
from fusion.transport.withholding import Withholding
from tests.brokers import started
from tests.hardened import Hardened
from tests.transport.edge import listening, program, publishing, run, scan, take
from tests.transport.test_withholding import ALARM, EVERY, OPERATOR

TREE = TopicTree("paris")


@pytest.fixture(scope="module")
def hardened(tmp_path_factory):
    with started(Hardened(tmp_path_factory.mktemp("hardened"))) as running:
        yield running


def test_a_sensor_speaks_for_itself_and_for_no_other(hardened):
    """MQTT 5 tells us that the broker refused; to the service, the forged scan never was."""

    async def body():
        async with (
            listening(hardened, TREE, user="vigie-paris") as (inbox, _),
            publishing(hardened, user="radar-1") as (outbox, _),
        ):
            forged = [
                scan(TREE, 666, sensor="radar-2", qos=1),
                Publication(TREE.path("sensor_status", sensor="radar-2"), b"forged", qos=1),
                Publication(TREE.path("alert", alert="A"), b"forged", qos=1, retained=True),
                Publication(TREE.path("command", alert="A"), b"forged", qos=1),
                Publication(TREE.path("zone", zone="Z"), b"forged", qos=1, retained=True),
            ]
            for publication in forged:
                outbox.put(publication._replace(keep="every"))
            await outbox.deliver(scan(TREE, 1, sensor="radar-1", qos=1))
            return [item.input.payload for item in await take(inbox, 1)], inbox.waiting, outbox.counters()["publish_refused"]

    assert run(body()) == ([b"1"], 0, 5)


def test_a_sensor_that_dies_cannot_have_its_will_say_that_the_service_is_gone(hardened):
    async def body():
        status = TREE.path("status")
        tls = {"tls_context": hardened.tls("console-paris"), "identifier": "console"}
        async with aiomqtt.Client(hardened.host, hardened.port, **tls) as console:
            await console.subscribe(status, 1)
            async with program("speak", hardened, TREE, user="radar-1") as forger:
                assert await forger.stdout.readline() == b"up\n"
            await asyncio.to_thread(hardened.wait_until_it_says, "Client vigie-paris-out", after=0)
            async with publishing(hardened, user="vigie-paris") as (outbox, _):
                await outbox.deliver(Publication(status, b"true", qos=1))
            return (await anext(console.messages)).payload

    assert run(body()) == b"true"


def test_a_password_opens_the_other_door_and_says_who_one_is(hardened):
    async def body():
        async with (
            listening(hardened, TREE, user="vigie-paris") as (inbox, _),
            publishing(hardened, username="rf-1", password="secret") as (outbox, _),  # noqa: S106 - a test's
        ):
            await outbox.deliver(scan(TREE, 1, sensor="rf-1", qos=1))
            return (await take(inbox, 1))[0].input.topic

    assert run(body()) == TREE.path("scan", sensor="rf-1")


@pytest.mark.parametrize("credentials", [{}, {"username": "rf-1", "password": "wrong"}, {"username": "radar-1", "password": ""}])
def test_nobody_comes_in_without_saying_who_they_are(hardened, credentials):
    async def body():
        async with listening(hardened, TREE, **credentials):
            pass

    with pytest.raises(ExceptionGroup) as failure:
        run(body())
    assert isinstance(failure.value.exceptions[0], BrokerError)


def test_without_a_certificate_the_first_door_stays_shut(hardened):
    async def body():
        plain = ssl.create_default_context(cafile=hardened.authority.certificate)
        async with aiomqtt.Client(hardened.host, hardened.port, tls_context=plain, timeout=1):
            pass

    with pytest.raises(aiomqtt.MqttError):
        run(body())


def test_the_service_may_do_all_that_it_does_and_read_back_what_it_said(hardened):
    async def body():
        outbox = Outbox()
        async with publishing(hardened, TREE, outbox=outbox, announced=True, user="vigie-paris") as (_, mouth):
            for name in ("tracks", "picture", "rejected"):
                await outbox.deliver(Publication(TREE.path(name), b"{}", qos=1))
            await outbox.deliver(Publication(TREE.path("track", track="T"), b"{}", qos=1))
            for name in ("private_tracks", "private_picture", "private_track", "private_alert"):
                await outbox.deliver(Publication(TREE.path(name, track="T", alert="A"), b"{}", qos=1))
            for name in ("zone", "zone_state", "zone_window"):
                await outbox.deliver(Publication(TREE.path(name, zone="Z"), b"{}", qos=1))
            await outbox.deliver(Publication(TREE.path("zone_plan"), b"{}", qos=1))
            await outbox.deliver(Publication(TREE.path("permit", permit="P"), b"signed", qos=1))
            await outbox.deliver(Publication(TREE.path("alert", alert="A"), b"raised", qos=1, retained=True))
            known = await read_back(mouth.access, TREE) | await read_back(mouth.access, TREE, "private_alert")
            await outbox.deliver(Publication(TREE.path("alert", alert="A"), b"", qos=1, retained=True))
        return known, outbox.counters()["publish_refused"]

    assert run(body()) == ({TREE.path("alert", alert="A"): b"raised"}, 0)


def test_an_operator_commands_and_an_integrator_only_looks(hardened):
    async def body():
        command = Publication(TREE.path("command", alert="A"), b"acknowledge", qos=1)
        async with listening(hardened, TREE, user="vigie-paris") as (inbox, _):
            async with publishing(hardened, user="integrator-paris") as (outbox, _):
                outbox.put(command._replace(payload=b"forged"))
                await outbox.until(lambda outbox: outbox.counters()["publish_refused"])
            async with publishing(hardened, user="console-paris") as (outbox, _):
                await outbox.deliver(command)
            return (await take(inbox, 1))[0].input.payload

    assert run(body()) == b"acknowledge"


def test_where_pilots_are_and_who_operates_reaches_a_patrol_and_no_integrator_whatever_it_subscribes_to(hardened):
    by = Withholding(Publish(), TREE)
    told = [one._replace(qos=1, keep="every") for output in EVERY for one in by.publications(output, "run.1")]
    last = Publication(TREE.path("status"), b"done", qos=1)

    async def heard(client):
        found = {}
        async for message in client.messages:
            if message.payload == b"done":
                break
            if (name := message.topic.value.removeprefix(TREE.prefix)) != "status":
                found[name] = bytes(message.payload)
        return found

    async def body():
        async with contextlib.AsyncExitStack() as stack:
            hearing = []
            for user in ("integrator-paris", "patrol-paris"):
                tls = {"tls_context": hardened.tls(user), "identifier": user}
                client = await stack.enter_async_context(aiomqtt.Client(hardened.host, hardened.port, **tls))
                await client.subscribe([(f"{TREE.prefix}#", 1), (f"{TREE.prefix}private/#", 1)])
                hearing.append(asyncio.create_task(heard(client)))
            async with publishing(hardened, user="vigie-paris") as (outbox, _):
                for publication in [*told, last]:
                    await outbox.deliver(publication)
            return await asyncio.gather(*hearing)

    integrator, patrol = run(body())
    assert integrator.keys() == {"tracks", "picture", "track/T1", f"alert/{ALARM.alert}"}
    assert patrol.keys() == {f"private/{name}" for name in integrator}
    for name, shown in integrator.items():
        for word in (b"48.85123", OPERATOR.encode(), OPERATOR.lower().encode()):
            assert word not in shown
            assert word in patrol[f"private/{name}"]


@pytest.mark.slow
def test_what_was_acknowledged_survives_a_power_cut_two_seconds_later(tmp_path):
    """A PUBACK is not durability; `autosave_interval 1` makes it one within a second or two."""

    async def publish_some(broker):
        async with publishing(broker, user="vigie-paris") as (outbox, _):
            for number in range(200):
                await outbox.deliver(Publication(TREE.path("alert", alert=f"A{number}"), b"raised", qos=1, retained=True))

    async def count(broker):
        async with publishing(broker, user="vigie-paris") as (_, mouth):
            return len(await read_back(mouth.access, TREE))

    with started(Hardened(tmp_path)) as broker:
        run(publish_some(broker))
        for _ in range(2):  # it says so before it does it: the second time, the first is done
            broker.wait_until_it_says("Saving in-memory database")
        broker.kill()
        broker.start()
        assert run(count(broker)) == 200
