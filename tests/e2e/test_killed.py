"""The service is killed at any moment and started again: no alert is lost, none is said twice, tracks keep their ids."""

from __future__ import annotations

import contextlib
import random

import msgspec
import pytest

from fusion.journal.verifying import verify
from tests.e2e.books import RECORDED, journal, journalled, replayed
from tests.e2e.processes import Command, run
from tests.e2e.stage import write
from tests.e2e.witness import flying, is_alert, retained, say, witness

pytestmark = pytest.mark.slow


def a_new_alert(start):
    """Shortly after an alert was published: the broker has it, the journal may not know that yet."""
    return lambda w: len(w.alert_payloads(start)) >= 1


def between(start):
    """After an alert and what followed it."""
    return lambda w: len(w.alert_payloads(start)) >= 1 and len(w.on("tracks", start)) >= 15


def its_first_word(start):
    """While it takes up where it was."""
    return lambda w: any(status["state"] == "online" for status in w.statuses(start))


def at_random(seed):
    """After some number of messages of any kind."""
    chance = random.Random(seed)

    def moment(start):
        count = chance.randrange(20, 120)
        return lambda w: len(w.heard) - start >= count

    return moment


MOMENTS = [
    pytest.param(a_new_alert, id="a new alert"),
    pytest.param(between, id="between"),
    pytest.param(its_first_word, id="its first word"),
    pytest.param(at_random(0), id="random 0"),
    *(pytest.param(at_random(seed), id=f"random {seed}", marks=pytest.mark.deep) for seed in range(1, 6)),
]


def is_subsequence(part: list[bytes], whole: list[bytes]) -> bool:
    rest = iter(whole)
    return all(one in rest for one in part)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_service_goes_on_where_it_was(fresh_broker, tmp_path, moment):
    stage = write(tmp_path, more=RECORDED, seconds=20.0)
    site = tmp_path / "site.toml"

    async def body():
        starts, said = [0], ""
        async with witness(fresh_broker) as seen:
            async with contextlib.AsyncExitStack() as flights:
                for _ in range(2):
                    async with Command("run", site, broker=fresh_broker) as service:
                        if len(starts) == 1:
                            await seen.serving()
                            flight = await flights.enter_async_context(flying(fresh_broker, stage))
                        await seen.until(moment(len(seen.heard)))
                        await service.kill()
                        starts.append(len(seen.heard))
                    said += service.text
                async with Command("run", site, broker=fresh_broker) as service:
                    await flight
                    await seen.serving(starts[-1])
                    code, _ = await service.stop()
                    assert code == 0, service.text
                    said += service.text
            await seen.until(lambda w: w.statuses()[-1]["state"] == "offline", "status offline")
        assert "cannot be used" not in said
        return seen, starts, await retained(fresh_broker), await replayed(tmp_path)

    seen, starts, kept, (tracks, alerts) = run(body())

    newest = {alert["alert"]: payload for alert, payload in zip(seen.alerts(), seen.alert_payloads(), strict=True)}
    assert newest
    assert {topic.removeprefix("private/alert/"): payload for topic, payload in kept.items() if is_alert(topic)} == newest
    assert set(seen.revisions().values()) == {1}  # each once
    for alert in newest:
        numbers = [revision for name, revision in seen.revisions() if name == alert]
        assert numbers == list(range(1, len(numbers) + 1))  # all of them, in order

    alerted = {alert["track"] for alert in seen.alerts() if alert["rule"] == "intrusion"}
    assert alerted & seen.track_ids(starts[-1])  # the intruder is who it was

    assert journalled(tmp_path) == alerts == seen.alert_payloads()
    assert is_subsequence(seen.tracks(), tracks)  # what was said in the moment of death nobody heard; nothing is otherwise
    with journal(tmp_path) as book:
        assert verify(book) == []
        assert book.unpublished() == []
        assert {entry.alert: entry.payload for entry in book.open_alerts()} == newest


@pytest.mark.deep
def test_a_closed_alert_s_topic_is_emptied_once_though_the_service_was_killed_meanwhile(fresh_mosquitto, tmp_path):
    """A closed alert stays for a minute, so this takes one."""
    stage, site = write(tmp_path, seconds=90.0), tmp_path / "site.toml"

    async def body():
        async with witness(fresh_mosquitto) as seen, flying(fresh_mosquitto, stage):
            async with Command("run", site, broker=fresh_mosquitto) as service:
                await seen.until(lambda w: w.alerts(), "an alert")
                name = seen.alerts()[0]["alert"]
                order = msgspec.json.encode({"command": "reject", "who": "m.durand", "why": "our own"})
                await say(fresh_mosquitto, f"alert/{name}/command", order)
                await seen.until(lambda w: any((a["alert"], a["state"]) == (name, "closed") for a in w.alerts()), "closed")
                await service.kill()
            async with Command("run", site, broker=fresh_mosquitto) as service:
                await seen.until(lambda w: b"" in w.on(f"alert/{name}"), "the emptied topic")
                await service.kill()
            killed = len(seen.heard)
            async with Command("run", site, broker=fresh_mosquitto) as service:
                await seen.serving(killed)
                await service.stop()
        return name, seen, await retained(fresh_mosquitto)

    name, seen, kept = run(body())
    assert f"alert/{name}" not in kept
    assert set(seen.revisions().values()) == {1}
    with journal(tmp_path) as book:
        assert name not in {entry.alert for entry in book.open_alerts()}
        assert book.unpublished() == []
