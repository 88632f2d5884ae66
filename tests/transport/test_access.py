"""Finding out how to speak to a broker, and who must mend what when it says no."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import time

import pytest

import fusion.transport.access
import fusion.transport.publish
from fusion.config import Mqtt
from fusion.errors import BrokerError, ConfigError
from fusion.topics import TopicTree
from fusion.transport.access import Lost, access, version
from fusion.transport.inbox import Inbox
from fusion.transport.link import Link, ignore
from fusion.transport.listen import inward, listen
from fusion.transport.mqtt import read_back
from fusion.transport.outbox import Outbox
from fusion.transport.publish import publish
from tests.brokers import Mosquitto, started
from tests.certificates import Authority
from tests.transport.edge import alert, during, link, listening, publishing, run, take
from tests.transport.scripted import CONNECT, PUBLISH, SUBSCRIBE, WELCOME, Scripted, puback, suback

TREE = TopicTree("paris")


def listening_to(broker, **settings):
    ear = link(broker, **settings)
    return ear, listen(ear, inward(TREE, "latest"), Inbox(1), TREE)


def refusal(broker, **settings) -> str:
    """Listen to a broker that refuses us, and give its reason in our words."""

    async def body():
        await listening_to(broker, **settings)[1]

    with pytest.raises(BrokerError) as failure:
        run(body())
    return str(failure.value)


# --- Which MQTT ------------------------------------------------------------------------------------------------------


def test_mosquitto_is_spoken_to_in_mqtt_5(mosquitto):
    async def body():
        async with listening(mosquitto, TREE, name="asks-for-five"):
            pass

    run(body())
    mosquitto.wait_until_it_says("as asks-for-five (p5, c0, k15)", after=0)


def test_a_version_that_was_asked_for_is_spoken(mosquitto):
    async def body():
        async with listening(mosquitto, TREE, name="asks-for-three", protocol="3.1.1"):
            pass

    run(body())
    mosquitto.wait_until_it_says("as asks-for-three (p2, c0, k15)", after=0)


def test_a_broker_that_knows_only_3_1_1_is_spoken_to_in_that_at_once(broker):
    """Also amqtt, which never answers a CONNECT of MQTT 5 that carries a Will or properties."""

    async def body():
        before = time.monotonic()
        async with publishing(broker, TREE, announced=True), listening(broker, TREE):
            return time.monotonic() - before

    assert run(body()) < 2.0


@pytest.mark.parametrize(
    ("answer", "spoken"),
    [
        pytest.param(b"\x20\x03\x00\x00\x00", "5", id="welcome"),
        pytest.param(b"\x20\x03\x00\x87\x00", "5", id="not authorised, said in 5"),
        pytest.param(b"\x20\x03\x00\x84\x00", "3.1.1", id="version not supported, said in 5"),
        pytest.param(b"\x20\x02\x00\x01", "3.1.1", id="version not supported, said in 3.1.1"),
        pytest.param(None, "3.1.1", id="hangs up"),
        pytest.param(b"", "3.1.1", id="silent"),
    ],
)
def test_the_version_is_told_from_the_answer_to_a_short_hello(answer, spoken, monkeypatch):
    monkeypatch.setattr(fusion.transport.access, "PATIENCE_S", 0.2)

    async def body():
        async with Scripted({CONNECT: answer}).running() as broker:
            return await version(access(broker.settings(protocol="auto"), "x"))

    assert run(body()) == spoken


# --- Who must mend it ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    """Run a Mosquitto that wants a password."""
    directory = tmp_path_factory.mktemp("locked")
    salt = b"twelve bytes"
    key = base64.b64encode(hashlib.pbkdf2_hmac("sha512", b"secret", salt, 101)).decode()
    passwords = directory / "passwords"
    passwords.write_text(f"vigie:$7$101${base64.b64encode(salt).decode()}${key}\n")
    passwords.chmod(0o644)
    directory.chmod(0o755)
    with started(Mosquitto(directory, f"listener {{port}} 127.0.0.1\npassword_file {passwords}\nuser root\n")) as running:
        yield running


def test_the_right_password_opens(locked, tmp_path):
    file = tmp_path / "password"
    file.write_text("secret\nand a remark\n")

    async def body():
        async with listening(locked, TREE, username="vigie", password_file=str(file)) as (_, ear):
            return ear.counters()["connections"]

    assert run(body()) == 1


@pytest.mark.parametrize("protocol", ["5", "3.1.1", "auto"])
def test_a_wrong_password_is_said_to_be_one(locked, protocol):
    reason = refusal(locked, username="vigie", password="wrong", protocol=protocol)  # noqa: S106 - that is the point
    assert f"127.0.0.1:{locked.port} refuses user 'vigie': " in reason
    assert "ot authori" in reason
    assert "mqtt.password_file" in reason


def test_no_password_where_one_is_wanted_is_said_too(locked):
    assert "refuses a client without a user name" in refusal(locked)


def test_once_we_were_let_in_a_refusal_is_only_waited_out():
    """The password may be about to be changed on our side too; a service that runs is not brought down by that."""
    welcome = {CONNECT: WELCOME, SUBSCRIBE: suback(*[0] * len(inward(TREE, "latest")))}
    refused = {CONNECT: b"\x20\x02\x00\x05"}

    async def body():
        async with Scripted(welcome, refused, refused, welcome).running() as broker:
            ear, work = listening_to(broker)
            async with during(work):
                await ear.up.wait()
                broker.hang_up()
                await ear.until(lambda ear: ear.counters()["connections"] == 2)
                return ear.counters()

    counters = run(body())
    assert (counters["connections_lost"], counters["connection_failures"]) == (1, 2)


def test_a_broker_that_is_busy_is_tried_again():
    async def body():
        busy = {CONNECT: b"\x20\x02\x00\x03"}
        async with Scripted(busy).running() as broker:
            ear, work = listening_to(broker)
            async with during(work):
                await ear.until(lambda ear: ear.counters()["connection_failures"] == 3)

    run(body())


def test_a_filter_that_the_broker_refuses_is_named():
    async def body():
        answers = [0x80 if wish.filter.endswith("/command") else wish.qos for wish in inward(TREE, "latest")]
        script = {CONNECT: WELCOME, SUBSCRIBE: suback(*answers)}
        async with Scripted(script).running() as broker:
            with pytest.raises(BrokerError, match=r"refuses to let us hear vigie/v1/paris/alert/\+/command;"):
                await listening_to(broker)[1]

    run(body())


def test_a_broker_that_confirms_nothing_is_left_for_a_new_connection(monkeypatch):
    monkeypatch.setattr(fusion.transport.publish, "CONFIRM_WITHIN_S", 0.2)

    async def body():
        sick = {CONNECT: WELCOME}
        cured = {CONNECT: WELCOME, PUBLISH: puback}
        async with Scripted(sick, cured).running() as broker:
            outbox, mouth = Outbox(), link(broker)
            async with during(publish(mouth, outbox)):
                await asyncio.gather(*(outbox.deliver(alert(TREE, "A", "1")) for _ in range(11)))
            return mouth.counters(), outbox.counters()

    counters, out = run(body())
    assert (counters["connections"], counters["connections_lost"]) == (2, 1)
    assert out["published"] == 11


def test_reading_back_what_we_may_not_read_says_so(monkeypatch):
    monkeypatch.setattr("fusion.transport.mqtt.PATIENCE_S", 0.2)

    async def body():
        deaf = {CONNECT: WELCOME, SUBSCRIBE: suback(1)}
        async with Scripted(deaf).running() as broker:
            with pytest.raises(Lost, match="may we read there"):
                await read_back(access(broker.settings(), "x"), TREE)

    run(body())


# --- Certificates ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory):
    """Run a Mosquitto behind TLS, and give the authority that vouches for it too."""
    directory = tmp_path_factory.mktemp("encrypted")
    directory.chmod(0o755)
    authority = Authority(directory)
    certificate, key = authority.sign("broker")
    files = f"cafile {authority.certificate}\ncertfile {certificate}\nkeyfile {key}\nuser root\n"
    with started(Mosquitto(directory, f"listener {{port}} 127.0.0.1\nallow_anonymous true\n{files}")) as running:
        yield running, authority


@pytest.mark.parametrize("protocol", ["auto", "3.1.1"])
def test_messages_go_through_tls_whatever_their_size(encrypted, protocol, tree):
    broker, authority = encrypted

    async def body():
        tls = {"tls_ca": str(authority.certificate), "protocol": protocol}
        async with (
            listening(broker, tree, delivery="no-loss", capacity=10, **tls) as (inbox, _),
            publishing(broker, **tls) as (outbox, _),
        ):
            sent = [bytes([n]) * (n * 700) for n in range(100)]
            for payload in sent:
                outbox.put(alert(tree, "A", "")._replace(topic=tree.path("scan", sensor="r"), payload=payload, retained=False))
            await inbox.until(lambda inbox: inbox.full)  # so that the wire is stopped, and resumed while TLS holds a part
            return [item.input.payload for item in await take(inbox, len(sent))] == sent

    assert run(body())


@pytest.mark.parametrize("protocol", ["auto", "5"])
def test_a_broker_that_our_authority_does_not_vouch_for_is_not_trusted(encrypted, protocol, tmp_path):
    broker, _ = encrypted
    stranger = Authority(tmp_path, "stranger")
    reason = refusal(broker, tls_ca=str(stranger.certificate), protocol=protocol)
    assert "CERTIFICATE_VERIFY_FAILED" in reason
    assert "mqtt.tls_ca" in reason


def test_tls_to_a_port_without_it_is_tried_again_and_leaves_nothing_open(mosquitto, tmp_path):
    """Mosquitto resets such a connection, as it does when it is about to stop: nobody can tell the two apart."""

    async def body():
        ear, work = listening_to(mosquitto, tls_ca=str(Authority(tmp_path).certificate), protocol="5")
        async with during(work):
            await ear.until(lambda ear: ear.counters()["connection_failures"] == 3)

    run(body())


# --- Before anything is tried ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({}, "mqtt.host"),
        ({"host": "h", "password": "p"}, "mqtt.username"),
        ({"host": "h", "username": "u", "password_file": "/nowhere"}, "mqtt.password_file"),
        ({"host": "h", "username": "u", "password_file": "/dev/null"}, "mqtt.password_file"),
        ({"host": "h", "tls_ca": "/nowhere"}, "mqtt.tls_ca"),
        ({"host": "h", "tls_ca": "/dev/null"}, "mqtt.tls_ca"),
        ({"host": "h", "tls_certificate": "c"}, "mqtt.tls_ca"),
    ],
)
def test_what_a_person_wrote_wrongly_is_named_by_its_key(settings, key):
    with pytest.raises(ConfigError, match=key):
        access(Mqtt(**settings), "vigie-paris")


def test_a_client_certificate_that_cannot_be_read_is_named(tmp_path):
    authority = Authority(tmp_path)
    with pytest.raises(ConfigError, match=r"mqtt\.tls_certificate"):
        access(Mqtt(host="h", tls_ca=str(authority.certificate), tls_certificate="/nowhere"), "vigie-paris")


def test_a_link_checks_its_settings_before_it_is_used():
    async def body():
        Link(Mqtt(), "vigie-paris")

    with pytest.raises(ConfigError):
        run(body())


# --- Being told to end ------------------------------------------------------------------------------------------------


def test_who_loses_a_cancellation_is_told_again(mosquitto):
    """`asyncio.wait_for` of Python 3.11 may: a service that was stopped while it subscribed went on for ever."""

    waits, went_on = asyncio.Event(), asyncio.Event()

    async def deaf_once(_wire) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            waits.set()
            await asyncio.Event().wait()
        went_on.set()
        await asyncio.Event().wait()

    async def body():
        holding = asyncio.create_task(link(mosquitto).hold(deaf_once, deliver=ignore))
        await waits.wait()
        holding.cancel()
        done, _ = await asyncio.wait([holding], timeout=10.0)
        assert went_on.is_set()
        assert done
        assert holding.cancelled()

    run(body())
