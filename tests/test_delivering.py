"""Receivers are told of every alert, in order, whatever becomes of them or of us; real journals, real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time

import msgspec
import pytest

from fusion.__main__ import main
from fusion.config_edge import Webhook
from fusion.delivering import Courier
from fusion.journal import Journal
from fusion.journal.database import Database
from fusion.journal.deliveries import Deliveries
from fusion.messages import StatusMessage
from fusion.transport.webhook import Receiver
from tests.journal.writer import message
from tests.receivers import SECRET, Answer, receiving

SITE = """[site]
name = "paris"
latitude_deg = 48.8582
longitude_deg = 2.2945

[[webhook]]
name = "police"
url = "{url}"
secret_file = "secrets"
"""

FILE = "secrets"

QUICK = (0.002, 0.02)
"""s: the pauses of a courier in a hurry."""


@pytest.fixture
def book(tmp_path):
    (tmp_path / "secrets").write_text(SECRET)
    (tmp_path / "state").mkdir()
    opened = Journal(Journal.url(tmp_path / "state" / "journal.sqlite"))
    yield opened
    opened.close()


def outbox(book) -> Deliveries:
    return Deliveries(book.database)


@contextlib.asynccontextmanager
async def couriers(book, base, url, **more):
    """Let a courier deliver for as long as the context lasts; give it, and what waits for how it stands."""
    settings = Webhook(name="police", url=url, secret_file=FILE, withhold=(), **more)
    courier = Courier(Receiver(settings, base), outbox(book), 0, pauses=QUICK)

    async def until(condition):
        async with asyncio.timeout(30):
            while not condition(courier.health()):  # noqa: ASYNC110 - the courier tells nobody
                await asyncio.sleep(0.005)

    delivering = asyncio.create_task(courier.deliver())
    try:
        yield courier, until
    finally:
        delivering.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await delivering


def revisions(requests) -> list[tuple[str, int]]:
    return [(said["data"]["alert"], said["data"]["revision"]) for said in (request.verified() for request in requests)]


def test_alerts_arrive_as_they_are_written_under_ids_of_their_own(book, tmp_path):
    async def body(there):
        async with couriers(book, tmp_path, there.url) as (courier, until):
            book.write([message("A", 1), message("A", 2, state="acknowledged")])
            courier.stir()
            await until(lambda health: health.delivered == 2)
            assert (courier.health().state, courier.health().waiting, courier.health().oldest) == ("delivering", 0, None)

    with receiving() as there:
        asyncio.run(body(there))
    assert [request.id for request in there.requests] == ["A_1", "A_2"]
    assert [request.verified()["type"] for request in there.requests] == ["alert.raised", "alert.acknowledged"]


def test_a_failing_receiver_is_tried_again_with_the_same_id_and_nothing_overtakes(book, tmp_path):
    book.write([message("A", 1), message("A", 2), message("B", 1), message("A", 3)])

    async def body(there):
        there.answers.extend([Answer(500), Answer(503), Answer(429), Answer(302, {"location": "/"}), Answer(404)])
        async with couriers(book, tmp_path, there.url) as (_, until):
            await until(lambda health: health.delivered == 4)

    with receiving() as there:
        asyncio.run(body(there))
    heard = revisions(there.requests)
    assert len(heard) == 9
    assert set(heard) == {("A", 1), ("A", 2), ("A", 3), ("B", 1)}
    for alert in "AB":
        numbers = [revision for name, revision in heard if name == alert]
        assert numbers == sorted(numbers)


def test_a_receiver_that_is_not_there_gets_everything_once_it_is(book, tmp_path, caplog):
    book.write([message(f"A{number}", 1) for number in range(30)])
    with receiving() as gone:
        port, url = gone.port, gone.url

    async def body():
        async with couriers(book, tmp_path, url) as (_, until):
            await until(
                lambda health: health.state == "failing" and "ConnectError" in (health.reason or "") and health.waiting == 30
            )
            with receiving(port=port) as there:
                await until(lambda health: health.delivered == 30)
                await until(lambda health: health.state == "delivering")
                return list(there.requests)

    requests = asyncio.run(body())
    assert sorted(revisions(requests)) == sorted((f"A{number}", 1) for number in range(30))
    told = [record.message for record in caplog.records if "webhook police" in record.message]
    assert len(told) == 2  # that it began, and that it ended
    assert told[1].endswith("delivering again")


def test_a_courier_that_was_stopped_goes_on_where_it_was(book, tmp_path):
    """Whoever is killed between the receiver's word and our own note tells it once more, under the same id."""
    book.write([message("A", number) for number in range(1, 21)])

    async def body(there):
        for count in (5, 11, 20):
            async with couriers(book, tmp_path, there.url) as (_, until):
                await until(lambda health, count=count: health.delivered >= count)

    with receiving() as there:
        asyncio.run(body(there))
    heard = revisions(there.requests)
    assert list(dict.fromkeys(heard)) == [("A", number) for number in range(1, 21)]


def test_what_is_never_taken_becomes_a_dead_letter_that_a_command_tries_again(book, tmp_path, capsys, caplog):
    book.write([message("A", 1), message("B", 1)])

    async def body(there, **more):
        there.otherwise = Answer(400)
        async with couriers(book, tmp_path, there.url, give_up_h=1e-6) as (courier, until):
            await until(lambda health: health.dead == 2)
            assert courier.health().waiting == 0

    async def again(there):
        there.otherwise = Answer(200)
        async with couriers(book, tmp_path, there.url) as (_, until):
            await until(lambda health: health.delivered == 2)

    with receiving() as there:
        asyncio.run(body(there))
        assert "webhook police: alert A, revision 1: given up: HTTP 400 Bad Request" in caplog.text
        site = tmp_path / "site.toml"
        site.write_text(SITE.format(url=there.url))
        assert main(["webhook", "list", str(site)]) == 1
        said = capsys.readouterr().out
        assert "police: 0 delivered, 0 waiting, 2 given up" in said
        assert "alert B, revision 1" in said
        assert "HTTP 400 Bad Request" in said
        assert main(["webhook", "retry", str(site), "--name", "police"]) == 0
        assert "2 messages wait again" in capsys.readouterr().out
        asyncio.run(again(there))
        assert main(["webhook", "list", str(site)]) == 0


def test_a_gone_receiver_is_not_asked_twice(book, tmp_path):
    book.write([message("A", 1)])

    async def body(there):
        there.answers.append(Answer(410))
        async with couriers(book, tmp_path, there.url) as (_, until):
            await until(lambda health: health.dead == 1)

    with receiving() as there:
        asyncio.run(body(there))
    assert len(there.requests) == 1


def test_a_slow_receiver_holds_up_no_other_alert_and_few_are_on_the_way(book, tmp_path):
    book.write([message(f"A{number}", 1) for number in range(40)])
    hold = threading.Event()

    async def body(there):
        there.answers.extend([Answer(hold=hold)] * 8)
        async with couriers(book, tmp_path, there.url) as (_, until):
            requests = await asyncio.to_thread(there.wait_for, 8)
            assert len(requests) == 8
            hold.set()
            await until(lambda health: health.delivered == 40)

    with receiving() as there:
        asyncio.run(body(there))


def test_a_journal_that_cannot_be_read_is_waited_for(tmp_path):
    """The service may start before its database does."""
    (tmp_path / "secrets").write_text(SECRET)
    url = Journal.url(tmp_path / "later" / "journal.sqlite")

    async def body(there):
        settings = Webhook(name="police", url=there.url, secret_file=FILE)
        courier = Courier(Receiver(settings, tmp_path), Deliveries(Database(url)), 0, pauses=QUICK)
        delivering = asyncio.create_task(courier.deliver())
        async with asyncio.timeout(30):
            while courier.health().state != "failing":  # noqa: ASYNC110 - the courier tells nobody
                await asyncio.sleep(0.005)
            (tmp_path / "later").mkdir()
            book = Journal(url)
            book.write([message("A", 1)])
            while courier.health().delivered != 1:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
            book.close()
        delivering.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await delivering

    with receiving() as there:
        asyncio.run(body(there))


# --- The command words -------------------------------------------------------------------------------------------------


def test_a_secret_is_made_turned_over_and_the_old_one_ended(tmp_path, capsys):
    file = tmp_path / "secrets"
    assert main(["webhook", "secret", str(file)]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert file.read_text() == f"{first}\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert main(["webhook", "secret", str(file)]) == 0
    second = capsys.readouterr().out.splitlines()[0]
    assert file.read_text() == f"{second}\n{first}\n"
    assert main(["webhook", "secret", str(file), "--finish"]) == 0
    assert file.read_text() == f"{second}\n"
    other = tmp_path / "site.toml"
    other.write_text("[site]\n")
    assert main(["webhook", "secret", str(other)]) == 2
    assert other.read_text() == "[site]\n"
    assert main(["webhook", "secret", str(tmp_path / "none"), "--finish"]) == 2


def test_a_receiver_can_be_tried_out(book, tmp_path, capsys):
    site = tmp_path / "site.toml"
    with receiving() as there:
        site.write_text(SITE.format(url=there.url))
        there.answers.append(Answer(401))
        assert main(["webhook", "test", str(site), "police"]) == 1
        assert "police: not taken: HTTP 401 Unauthorized" in capsys.readouterr().out
        assert main(["webhook", "test", str(site), "police"]) == 0
        said = there.requests[1].verified()
        assert (said["type"], said["data"]) == ("test", {})
        assert abs(int(there.requests[1].headers["webhook-timestamp"]) - time.time()) < 60
    assert main(["webhook", "test", str(site), "fire"]) == 2
    assert "webhook 'fire': is not in the site's file; expected one of: police" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://example.org/x", "webhook[0].url: is not encrypted; expected https://, or plain_http = true"),
        ("ftp://example.org/x", "webhook[0].url: 'ftp://example.org/x' is refused"),
        ("https://user:word@example.org/x", "is refused"),
        ("https://example.org:port/x", "is no URL"),
        ("https:///x", "names no host"),
    ],
)
def test_an_address_that_cannot_be_meant_stops_the_start(tmp_path, capsys, url, says):
    site = tmp_path / "site.toml"
    site.write_text(SITE.format(url=url))
    assert main(["check", str(site)]) == 2
    assert says in capsys.readouterr().err


def test_two_webhooks_have_two_names(tmp_path, capsys):
    site = tmp_path / "site.toml"
    hook = SITE[SITE.index("[[webhook]]") :]
    site.write_text((SITE + hook).format(url="https://example.org/"))
    assert main(["check", str(site)]) == 2
    assert "webhook[1].name: 'police' names webhook[0] already; names are unique" in capsys.readouterr().err


def test_status_tells_of_every_receiver(book, tmp_path):
    settings = Webhook(name="police", url="https://127.0.0.1/", secret_file=FILE)
    health = Courier(Receiver(settings, tmp_path), outbox(book), 0).health()
    text = json.loads(msgspec.json.encode(health))
    assert text == {"state": "delivering", "waiting": 0, "dead": 0, "delivered": 0, "oldest": None, "reason": None}
    assert "webhooks" in {field.name for field in msgspec.structs.fields(StatusMessage)}
