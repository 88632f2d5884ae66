"""The client beside real brokers: it is told what is said, comes back by itself, and its commands are answered."""

from __future__ import annotations

import asyncio
import contextlib
import json
from datetime import timedelta

import aiomqtt
import msgspec
import pytest

from fusion.client import Alert, Annotate, BrokerError, CommandError, ConfigError, DecodeError, Shelve, Track, connect
from fusion.messages import AlertMessage, PictureMessage, Rejected, TracksMessage
from fusion.topics import TopicTree
from fusion.transport.outgoing import Publication, publications
from tests.brokers import Mosquitto, started
from tests.hardened import Hardened
from tests.transport.edge import during, publishing, run
from tests.transport.wire_samples import NOON, OUTPUTS, alert, alert_message, track


@pytest.fixture(scope="module")
def hardened(tmp_path_factory):
    with started(Hardened(tmp_path_factory.mktemp("hardened"))) as running:
        yield running


def root(tree) -> str:
    return tree.prefix.removesuffix("/paris/")


def client(broker, tree, **options):
    return connect("paris", broker.host, port=broker.port, root=root(tree), **options)


async def say(outbox, tree, *outputs) -> None:
    """Say something as the service does, and wait until the broker has it."""
    for number, output in enumerate(outputs):
        for publication in publications(output, tree, f"test.{number}"):
            await outbox.deliver(publication)


def test_tracks_and_alerts_come_as_records_as_they_are_said(broker, tree):
    async def body():
        async with publishing(broker) as (outbox, _), client(broker, tree) as vigie:
            tracks, alerts, news = vigie.tracks(), vigie.alerts(), vigie.news()
            await say(outbox, tree, OUTPUTS["status"], OUTPUTS["tracks"], OUTPUTS["alert"])
            told = [await anext(news) for _ in range(3)]
            assert told == [await anext(tracks), await anext(tracks), await anext(alerts)]
            assert (vigie.picture, vigie.standing, vigie.connected) == (told[:2], told[2:], True)
            assert vigie.status == OUTPUTS["status"]
            return told

    assert run(body()) == [track("A"), track("B"), OUTPUTS["alert"].alert]


def test_who_comes_later_is_told_what_there_is(broker, tree):
    async def body():
        async with publishing(broker) as (outbox, _):
            await say(outbox, tree, OUTPUTS["picture"], OUTPUTS["alert"])
        async with client(broker, tree) as vigie:
            told = [await anext(vigie.tracks()), await anext(vigie.alerts())]
            again = [await anext(vigie.tracks()), await anext(vigie.alerts())]  # a second reader begins with what is known
            assert told == again
            return told

    assert run(body()) == [track("A"), OUTPUTS["alert"].alert]


def test_after_a_broker_s_restart_it_is_there_again_and_hears_what_ended_meanwhile(fresh_mosquitto, tree):
    async def body():
        async with client(fresh_mosquitto, tree) as vigie:
            news = vigie.news()
            async with publishing(fresh_mosquitto) as (outbox, _):
                await say(outbox, tree, OUTPUTS["tracks"], OUTPUTS["alert"])
                assert {type(await anext(news)) for _ in range(3)} == {Track, Alert}
                await asyncio.to_thread(fresh_mosquitto.kill)
                await asyncio.to_thread(fresh_mosquitto.start)
                later = PictureMessage(site="paris", time=NOON + timedelta(seconds=9), tracks=(track("B"),))
                await say(outbox, tree, later, alert_message("E", revision=2, state="closed"))
                told = [await anext(news) for _ in range(2)]
            return {(one.track, one.status) if isinstance(one, Track) else (one.alert, one.state) for one in told}

    assert run(body()) == {("A", "deleted"), ("E", "closed")}


def test_with_a_name_of_its_own_it_is_told_what_closed_while_it_was_away(fresh_mosquitto, tree):
    async def body():
        async with publishing(fresh_mosquitto) as (outbox, _):
            async with client(fresh_mosquitto, tree, client_id="desk") as vigie:
                await say(outbox, tree, alert_message("E"))
                assert (await anext(vigie.alerts())).revision == 1
            await say(outbox, tree, alert_message("E", revision=2, state="closed"), alert_message("E", revision=2, archived=True))
            async with client(fresh_mosquitto, tree, client_id="desk") as vigie:
                return await anext(vigie.alerts())

    closed = run(body())
    assert (closed.state, closed.revision) == ("closed", 2)


def test_what_cannot_be_read_is_counted_and_left_out(broker, tree):
    async def body():
        async with publishing(broker) as (outbox, _), client(broker, tree) as vigie:
            for name, wrong in (("tracks", b"[{}]"), ("picture", b"[]"), ("status", b"\xff"), ("rejected", b"[" * 100_000)):
                await outbox.deliver(Publication(tree.path(name), wrong, qos=1))
            await say(outbox, tree, TracksMessage(tracks=(track("A"),)))
            assert (await anext(vigie.tracks())).track == "A"
            return vigie.unreadable

    assert run(body()) == 4


# --- Commands ----------------------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def service(broker, tree, answer):
    """Play the service: answer each command by what `answer` says of it and its topic; give what was commanded."""
    commands = []

    async def obey() -> None:
        async for message in heard.messages:
            if not message.topic.matches(tree.path("command", alert="+")):
                continue  # amqtt greets each client with what is retained on everybody's subscriptions
            commands.append(json.loads(message.payload))
            if (output := answer(commands[-1], message.topic.value)) is not None:
                await say(outbox, tree, output)

    async with publishing(broker) as (outbox, _), aiomqtt.Client(broker.host, broker.port) as heard:
        await heard.subscribe(tree.path("command", alert="+"), 1)
        await say(outbox, tree, alert_message("E"))
        async with during(obey()):
            yield commands


def test_an_acknowledged_alert_is_given_as_it_then_stands(broker, tree):
    def answer(command, _topic) -> AlertMessage:
        return alert_message("E", revision=2, state="acknowledged", acknowledged_by=command["who"])

    async def body():
        async with service(broker, tree, answer) as commands, client(broker, tree) as vigie:
            taken = await vigie.acknowledge("E", "m.durand", "seen on camera 4")
            again = await vigie.acknowledge("E", "p.petit")  # somebody has it: nothing to ask
            return commands, taken, again

    commands, taken, again = run(body())
    assert commands == [{"command": "acknowledge", "who": "m.durand", "why": "seen on camera 4"}]
    assert (taken.state, taken.acknowledged_by, taken.revision) == ("acknowledged", "m.durand", 2)
    assert again == taken


def test_other_commands_are_answered_by_what_they_want(broker, tree):
    until = NOON + timedelta(days=3650)

    def answer(command, _topic) -> AlertMessage:
        if command["command"] == "shelve":
            return alert_message("E", revision=2, state="shelved", shelved_until=until)
        return alert_message("E", revision=3, notes=("2026-07-26T12:00:00Z p.petit: patrol é",))

    async def body():
        async with service(broker, tree, answer), client(broker, tree) as vigie:
            shelved = await vigie.command("E", Shelve(who="p.petit", why="known", until=until))
            return shelved, await vigie.command("E", Annotate(who="p.petit", why="patrol é"))

    shelved, noted = run(body())
    assert (shelved.state, shelved.shelved_until) == ("shelved", until)
    assert noted.revision == 3


def test_a_command_that_the_service_refuses_says_why(broker, tree):
    def answer(command, topic) -> Rejected:
        first = json.dumps(command, separators=(",", ":"), ensure_ascii=False).encode()[:64]
        return Rejected(
            topic=topic, reason="alert E: is shelved", time=NOON, first_bytes=first.decode("utf-8", "backslashreplace")
        )

    async def body():
        async with service(broker, tree, answer), client(broker, tree) as vigie:
            with pytest.raises(CommandError, match="alert E: is shelved"):
                await vigie.acknowledge("E", "m.durand", "é" * 40)

    run(body())


def test_a_refusal_of_another_s_command_is_not_taken_for_ours(broker, tree):
    def answer(_command, topic) -> Rejected:
        return Rejected(topic=topic, reason="not ours", time=NOON, first_bytes='{"command":"explode"')

    async def body():
        async with service(broker, tree, answer), client(broker, tree) as vigie:
            with pytest.raises(CommandError, match=r"has not answered within 0\.5 s"):
                await vigie.acknowledge("E", "m.durand", within_s=0.5)

    run(body())


@pytest.mark.parametrize(("who", "why"), [("", None), ("m.durand", " "), ("x" * 200, None)])
def test_a_command_that_cannot_be_is_not_sent(mosquitto, tree, who, why):
    async def body():
        async with service(mosquitto, tree, lambda *_: None) as commands, client(mosquitto, tree) as vigie:
            with pytest.raises(DecodeError, match=r"\$\.wh[oy]"):
                await vigie.acknowledge("E", who, why)
            return commands

    assert run(body()) == []


# --- How to reach the broker -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("site", "options", "says"),
    [
        ("no such/site", {}, "site: 'no such/site' is refused"),
        ("paris", {"port": 99_999}, "port: 99999 is refused"),
        ("paris", {"prot": 1883}, "prot: is not a key of this table"),
        ("paris", {"password": "secret"}, r"username: is missing"),
        ("paris", {"tls_ca": "/nowhere/ca.crt"}, r"tls_ca: /nowhere/ca\.crt cannot be used"),
    ],
)
def test_an_option_that_cannot_be_is_named(site, options, says):
    async def body():
        async with connect(site, "127.0.0.1", **options):
            pytest.fail("it did not say so")

    with pytest.raises(ConfigError, match=says):
        run(body())


def test_a_broker_that_is_not_there_yet_is_waited_for(tmp_path, tree):
    broker = Mosquitto(tmp_path)

    async def body():
        entering = client(broker, tree)
        waiting = asyncio.create_task(entering.__aenter__())
        await asyncio.sleep(0)
        await asyncio.to_thread(broker.start)
        assert (await waiting).connected
        await entering.__aexit__(None, None, None)

    try:
        run(body())
    finally:
        broker.stop()


def test_who_waits_no_longer_leaves_nothing_behind(tmp_path, tree):
    async def body():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1), client(Mosquitto(tmp_path), tree):
                pytest.fail("there is no broker")
        return [task.get_name() for task in asyncio.all_tasks() if "vigie" in task.get_name()]

    assert run(body()) == []


def secured(hardened, user: str):
    settings = msgspec.structs.asdict(hardened.settings(user))
    return connect(
        "paris", settings.pop("host"), **{name: settings[name] for name in ("port", "tls_ca", "tls_certificate", "tls_key")}
    )


def test_by_its_certificate_a_console_acknowledges_and_an_integrator_may_only_look(hardened):
    """The broker with the documented access control; it tells us over MQTT 5 that we may not."""
    tree = TopicTree("paris")

    async def body():
        async with publishing(hardened, user="vigie-paris") as (outbox, _):
            await say(outbox, tree, alert_message("E"))
            async with secured(hardened, "integrator-paris") as vigie:
                seen = await anext(vigie.alerts())
                with pytest.raises(BrokerError, match="refuses vigie/v1/paris/alert/E/command"):
                    await vigie.acknowledge("E", "m.durand")
            async with secured(hardened, "console-paris") as vigie:
                taking = asyncio.create_task(vigie.acknowledge("E", "m.durand"))
                alerts = vigie.alerts()
                assert await anext(alerts) == seen
                await say(outbox, tree, alert_message("E", revision=2, state="acknowledged", acknowledged_by="m.durand"))
                return seen, await taking

    seen, taken = run(body())
    assert seen == alert("E")
    assert taken.acknowledged_by == "m.durand"


def test_a_wrong_password_is_a_person_s_to_mend(hardened):
    async def body(word):
        access = {"port": hardened.password_port, "tls_ca": str(hardened.authority.certificate), "username": "rf-1"}
        async with connect("paris", hardened.host, **access, password=word) as vigie:
            return vigie.connected

    assert run(body("secret"))
    with pytest.raises(BrokerError, match="refuses user 'rf-1'"):
        run(body("wrong"))
