"""What people say by topic while the service runs: commands about alerts, and zones."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime

import pytest

from tests.e2e.books import journal
from tests.e2e.processes import Command, run
from tests.e2e.stage import write, zone
from tests.e2e.witness import flying, retained, say, witness

pytestmark = pytest.mark.slow


def order(command: str, who: str = "m.durand", **more: str) -> bytes:
    return json.dumps({"command": command, "who": who, **more}).encode()


def test_a_command_reaches_its_alert_and_the_book_and_a_refused_one_neither(fresh_broker, tmp_path):
    stage = write(tmp_path)

    async def body():
        async with witness(fresh_broker) as seen, Command("run", tmp_path / "site.toml", broker=fresh_broker) as service:
            await seen.serving()
            async with flying(fresh_broker, stage):
                await seen.until(lambda w: w.alerts(), "an alert")
                name = seen.alerts()[0]["alert"]
                await say(fresh_broker, f"alert/{name}/command", order("acknowledge", why="seen on camera 4"))
                await seen.until(lambda w: any(a["state"] == "acknowledged" for a in w.alerts()), "acknowledged")
                for topic, payload in [
                    ("alert/NOBODY/command", order("acknowledge")),
                    (f"alert/{name}/command", order("explode")),
                    (f"alert/{name}/command", order("reject")),  # without why
                    (f"alert/{name}/command", b"\xff{"),
                ]:
                    before = len(seen.rejected())
                    await say(fresh_broker, topic, payload)
                    await seen.until(lambda w, before=before: len(w.rejected()) > before, f"refusal of {payload!r}")
                await say(fresh_broker, f"alert/{name}/command", order("annotate", who="p.petit", why="patrol is on its way"))
                await seen.until(lambda w: any(len(a.get("notes", ())) == 2 for a in w.alerts()), "the note")
            code, _ = await service.stop()
        assert code == 0, service.text
        return name, seen

    name, seen = run(body())
    acknowledged = next(alert for alert in seen.alerts() if alert["state"] == "acknowledged")
    assert (acknowledged["alert"], acknowledged["acknowledged_by"]) == (name, "m.durand")
    with journal(tmp_path) as book:
        said = [(command.who, command.alert, command.command, command.why) for command in book.commands()]
    assert said == [
        ("m.durand", name, "acknowledge", "seen on camera 4"),
        ("p.petit", name, "annotate", "patrol is on its way"),
    ]
    assert [one["topic"].split("/")[-1] for one in seen.rejected()] == ["command"] * 4
    assert all(one["reason"] for one in seen.rejected())


@pytest.mark.parametrize("had_time", [True, False])
def test_a_command_is_in_the_book_once_though_the_service_is_killed_at_once(fresh_mosquitto, tmp_path, had_time):
    """Without time, it dies after the alert was changed and before the book was: no clock hits that, so the row is taken away."""
    stage = write(tmp_path)
    site = tmp_path / "site.toml"

    async def body():
        async with witness(fresh_mosquitto) as seen, flying(fresh_mosquitto, stage):
            async with Command("run", site, broker=fresh_mosquitto) as service:
                await seen.until(lambda w: w.alerts(), "an alert")
                name = seen.alerts()[0]["alert"]
                await say(fresh_mosquitto, f"alert/{name}/command", order("acknowledge", why="mine"))
                await seen.until(lambda w: any(a["state"] == "acknowledged" for a in w.alerts()), "acknowledged")
                await service.kill()
            if not had_time:
                with sqlite3.connect(tmp_path / "state" / "journal.sqlite") as book:
                    (last,) = book.execute("SELECT MAX(sequence) FROM entry WHERE kind = 'command'").fetchone()
                    (before,) = book.execute("SELECT hash FROM entry WHERE sequence = ?", (last - 1,)).fetchone()
                    book.execute("DELETE FROM entry WHERE sequence >= ?", (last,))
                    book.execute("UPDATE head SET sequence = ?, hash = ?", (last - 1, before))
                book.close()
            killed = len(seen.heard)
            async with Command("run", site, broker=fresh_mosquitto) as service:
                await seen.serving(killed)
                await service.stop()
        return name, seen

    name, seen = run(body())
    assert set(seen.revisions().values()) == {1}
    with journal(tmp_path) as book:
        assert [(one.alert, one.who, one.why) for one in book.commands()] == [(name, "m.durand", "mine")]


COURIER = b"1588EPN26PP75000017"


def verdicts(seen, after: int) -> list[str]:
    """Give the verdicts on the courier, in the order in which they were told, each change once."""
    told = [json.loads(track)["verdict"] for track in seen.tracks(after) if COURIER in track]
    return [verdict for verdict, before in zip(told, [None, *told], strict=False) if verdict != before]


def test_a_zone_by_topic_changes_verdicts_until_it_is_withdrawn_and_over_a_restart(fresh_broker, tmp_path):
    """The courier may fly anywhere that is no zone; in this one, which covers the whole city, its permit does not hold."""
    stage = write(tmp_path, seconds=60.0)
    site, city = tmp_path / "site.toml", zone("CITY", radius=8000.0)

    async def body():
        async with witness(fresh_broker) as seen, flying(fresh_broker, stage):
            async with Command("run", site, broker=fresh_broker) as service:
                await seen.until(lambda w: verdicts(w, 0) == ["authorised"], "authorised")
                await say(fresh_broker, "zone/CITY", city, retain=True)
                await seen.until(lambda w: verdicts(w, 0) == ["authorised", "unauthorised"], "unauthorised")
                await seen.until(lambda w: any(a["zone"] == "CITY" for a in w.alerts()), "an alert")
                await service.kill()
            killed = len(seen.heard)
            async with Command("run", site, broker=fresh_broker) as service:
                await seen.until(lambda w: verdicts(w, killed) == ["unauthorised"], "unauthorised after the restart")
                await say(fresh_broker, "zone/CITY", b"", retain=True)
                await seen.until(lambda w: verdicts(w, killed) == ["unauthorised", "authorised"], "authorised again")
                await seen.until(lambda w: any((a["zone"], a["state"]) == ("CITY", "cleared") for a in w.alerts()), "cleared")
                await service.stop()
        return seen, await retained(fresh_broker)

    seen, kept = run(body())
    assert "zone/CITY" not in kept
    assert set(seen.revisions().values()) == {1}
    assert not seen.rejected()


def test_a_zone_by_topic_goes_where_its_position_topic_says_and_is_in_force_when_its_window_says(fresh_broker, tmp_path):
    stage = write(tmp_path, seconds=60.0)
    feature = json.loads(zone("BOAT", radius=8000.0, latitude=48.6))
    feature["properties"]["extendedProperties"] = {"vigie": {"moving": {"speed_mps": 9}}}

    async def body():
        command = Command("run", tmp_path / "site.toml", broker=fresh_broker)
        async with witness(fresh_broker) as seen, flying(fresh_broker, stage), command as service:
            await seen.until(lambda w: verdicts(w, 0) == ["authorised"], "authorised")
            await say(fresh_broker, "zone/BOAT", json.dumps(feature).encode(), retain=True)
            await seen.until(lambda w: w.on("zone/BOAT/state"), "where it was drawn")
            here = {"time": datetime.now(UTC).isoformat(), "latitude_deg": 48.8582, "longitude_deg": 2.2945}
            await say(fresh_broker, "zone/BOAT/position", json.dumps(here).encode(), retain=True)
            await seen.until(lambda w: verdicts(w, 0) == ["authorised", "unauthorised"], "unauthorised")
            off = {"periods": [], "who": "m.durand", "why": "given up"}
            await say(fresh_broker, "zone/BOAT/window", json.dumps(off).encode())
            await seen.until(lambda w: verdicts(w, 0) == ["authorised", "unauthorised", "authorised"], "authorised again")
            await say(fresh_broker, "zone/BOAT", b"", retain=True)
            await seen.until(lambda w: w.on("zone/BOAT/state")[-1] == b"", "its topic empty")
            await service.stop()
        return seen

    seen = run(body())
    states = [json.loads(state) for state in seen.on("zone/BOAT/state") if state]
    assert [states[0]["state"], states[-1]["state"]] == ["held", "following"]
    assert states[-1]["position"] == {"latitude_deg": 48.8582, "longitude_deg": 2.2945}
    assert not seen.rejected()
