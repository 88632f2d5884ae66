"""The service is killed at random moments of an alert storm: the journal and the world never tell two stories."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest

from fusion.config_edge import Webhook
from fusion.delivering import Courier
from fusion.journal import Journal
from fusion.journal.deliveries import Deliveries
from fusion.journal.verifying import verify
from fusion.transport.webhook import Receiver
from simulators import scenario_file
from tests.e2e.processes import Command, eventually, run
from tests.e2e.stage import write, zone, zones
from tests.e2e.witness import Witness, flying, is_alert, retained, witness
from tests.receivers import SECRET, Answer, Request, receiving

DRONES, ZONES = 12, 8

STORM = """\
name = "storm"
site = "site.toml"
start = 2026-07-26T17:30:00Z
duration_s = 25
seed = 11
""" + "".join(
    f"""
[[actor]]
id = "drone-{number}"
kind = "multirotor"
speed_mps = 16
route = [
  {{ latitude_deg = {48.8612 + 0.0002 * (number % 3):.4f}, longitude_deg = {2.2885 + 0.001 * number:.4f}, height_agl_m = 80 }},
  {{ latitude_deg = {48.8560 - 0.0002 * (number % 3):.4f}, longitude_deg = {2.2885 + 0.001 * number:.4f}, height_agl_m = 80 }},
]
"""
    for number in range(DRONES)
)
"""A dozen dark drones cross eight rings of zones in 25 s, again and again: some hundred alerts each time."""

HOOK = """
[[webhook]]
name = "police"
url = "{url}"
secret_file = "secrets"
"""

RUNS = [
    pytest.param("sqlite", 3, id="sqlite-3", marks=pytest.mark.slow),
    pytest.param("sqlite", int(os.environ.get("KILLS", "200")), id="sqlite-many", marks=pytest.mark.deep),
    pytest.param("postgresql", int(os.environ.get("KILLS", "200")) // 5, id="postgresql-many", marks=pytest.mark.deep),
]


@contextlib.asynccontextmanager
async def storming(broker, stage):
    """Let the storm break again as soon as it is over, for as long as the context lasts."""

    async def again_and_again():
        while True:
            async with flying(broker, stage) as flight:
                await flight

    storm = asyncio.create_task(again_and_again())
    try:
        yield
    finally:
        storm.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await storm


async def a_moment(seen, chance: random.Random) -> None:
    """Wait for a random moment: one in five while the service still begins, the others among what it says."""
    begins = len(seen.heard)
    if chance.random() < 0.8:
        await seen.until(lambda w: any(status["state"] == "online" for status in w.statuses(begins)), "its first word")
    begun, count = len(seen.heard), chance.randrange(120)
    await seen.until(lambda w: len(w.heard) - begun >= count, f"{count} messages")


def rows(book: Journal) -> list[tuple[str, int, bytes]]:
    """Give every revision in the order in which they were written, but for emptied topics."""
    with book.database.reading() as connection:
        found = connection.exec_driver_sql(
            "SELECT subject, revision, body FROM entry WHERE kind = 'alert' AND NOT archived ORDER BY sequence"
        )
        return [(subject, revision, bytes(body)) for subject, revision, body in found]


async def drained(book: Journal, base: Path, url: str) -> None:
    """Deliver to the receiver what the last service had not delivered when it was told to stop."""
    settings = Webhook(name="police", url=url, secret_file="secrets")  # noqa: S106 - a file's name
    courier = Courier(Receiver(settings, base), Deliveries(book.database), 0, pauses=(0.01, 0.1))
    delivering = asyncio.create_task(courier.deliver())
    await eventually(lambda: courier.health().delivered and not courier.health().waiting)
    delivering.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await delivering


@pytest.fixture
def told():
    """Give a receiver of webhooks that has its weak moments: every seventh answer is an error."""
    with receiving() as receiver:
        receiver.answers.extend([*[Answer()] * 6, Answer(500)] * 100)
        yield receiver


@pytest.mark.parametrize(("kind", "kills"), RUNS)
def test_no_kill_in_a_storm_makes_journal_and_world_differ(
    fresh_mosquitto, told, tmp_path, request, record_property, kind, kills
):
    where = {}
    if kind == "postgresql":
        where["VIGIE_STATE__JOURNAL"] = request.getfixturevalue("postgresql").fresh()
    write(tmp_path, more=HOOK.format(url=told.url))
    (tmp_path / "secrets").write_text(SECRET)
    rings = [zone(f"RING-{number}", radius=100.0 + 40.0 * number) for number in range(ZONES)]
    (tmp_path / "zones.json").write_bytes(zones(*rings))
    (tmp_path / "scenario.toml").write_text(STORM)
    stage, site = scenario_file.load(tmp_path / "scenario.toml"), tmp_path / "site.toml"
    chance = random.Random(2026)

    @contextlib.contextmanager
    def book():
        opened = Journal(where.get("VIGIE_STATE__JOURNAL") or Journal.url(tmp_path / "state" / "journal.sqlite"))
        try:
            yield opened
        finally:
            opened.close()

    async def body():
        async with witness(fresh_mosquitto) as seen, storming(fresh_mosquitto, stage):
            for number in range(kills):
                async with Command("run", site, broker=fresh_mosquitto, **where) as service:
                    await a_moment(seen, chance)
                    await service.kill()
                assert "cannot be used" not in service.text
                seen.heard[:] = [one for one in seen.heard if is_alert(one.topic)]
                with book() as opened:
                    written = {payload for _, _, payload in rows(opened)}
                    assert set(seen.alert_payloads()) <= written, f"kill {number}: told, but not written"
                    assert verify(opened) == [], f"kill {number}"
            ended = len(seen.heard)
            async with Command("run", site, broker=fresh_mosquitto, **where) as service:
                await seen.serving(ended)
                code, _ = await service.stop()
                assert code == 0, service.text
            await seen.until(lambda w: w.statuses()[-1]["state"] == "offline", "status offline")
        with book() as opened:
            await drained(opened, tmp_path, told.url)
        return seen, await retained(fresh_mosquitto)

    seen, kept = run(body(), seconds=60.0 + 40.0 * kills)

    with book() as opened:
        count = judged(opened, seen, kept, told.requests)
    record_property("kills", kills)
    print(f"{kills} kills: {count[0]} revisions of {count[1]} alerts")  # noqa: T201


def judged(book: Journal, seen: Witness, kept: dict[str, bytes], posts: list[Request]) -> tuple[int, int]:
    """Hold the journal against what the world was told; give how many revisions it has, and of how many alerts."""
    assert verify(book) == []
    assert book.unpublished() == []  # what is written was told
    written, still_open = rows(book), {entry.alert: entry.payload for entry in book.open_alerts()}
    revisions, alerts = Counter((name, revision) for name, revision, _ in written), seen.alerts()
    heard = [(one["alert"], one["revision"], payload) for one, payload in zip(alerts, seen.alert_payloads(), strict=True)]
    assert Counter(heard) == Counter(written)  # all of it, and each once
    assert in_order((name, revision) for name, revision, _ in heard)
    about = Counter(
        (one["track"], one["zone"], one["rule"], one["raised"]) for one in map(msgspec.json.decode, still_open.values())
    )
    assert set(about.values()) <= {1}  # no second alert about the same
    assert {topic.removeprefix("private/alert/"): payload for topic, payload in kept.items() if is_alert(topic)} == still_open
    told = [(one["alert"], one["revision"]) for one in (post.verified()["data"] for post in posts)]
    posted = list(dict.fromkeys(told))  # at least once
    assert Counter(posted) == revisions
    assert in_order(posted)
    return len(written), len({name for name, _ in revisions})


def in_order(revisions: Iterable[tuple[str, int]]) -> bool:
    """Tell whether each alert's revisions come as 1, 2, 3, …"""
    newest: Counter[str] = Counter()
    for name, revision in revisions:
        newest[name] += 1
        if revision != newest[name]:
            return False
    return True
