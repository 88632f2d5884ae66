"""The client's examples do what they say beside a running service, and survive its broker's end."""

from __future__ import annotations

import csv
import json
from datetime import datetime

import pytest

from tests.e2e.books import journal
from tests.e2e.processes import ROOT, Command, run
from tests.e2e.stage import write
from tests.e2e.witness import flying, witness

pytestmark = pytest.mark.slow

EXAMPLES = ROOT / "docs" / "examples"


def example(name: str, broker, *more: str) -> Command:
    """Run an example as its own first line says."""
    return Command("paris", broker.host, broker.port, *more, program=(EXAMPLES / f"{name}.py",), heard=True)


def state(*, track, time, status, verdict, latitude_deg=0.0, longitude_deg=0.0, **more) -> tuple[object, ...]:
    """Give what tells one state of a track from another; what the table and the wire write differently, as a value."""
    return track, datetime.fromisoformat(time), status, more.get("class"), verdict, float(latitude_deg), float(longitude_deg)


def test_the_examples_watch_write_a_table_and_acknowledge(fresh_broker, tmp_path):
    stage = write(tmp_path)

    async def body():
        async with (
            witness(fresh_broker) as seen,
            Command("run", tmp_path / "site.toml", broker=fresh_broker) as service,
            example("watch", fresh_broker) as watching,
            example("to_csv", fresh_broker) as writing,
            example("acknowledge", fresh_broker, "m.durand") as taking,
        ):
            await seen.serving()
            await writing.says("time,track")
            async with flying(fresh_broker, stage):
                await taking.says("Who goes, and why?")
                await taking.type("seen on camera 4\n")
                await taking.says("acknowledged by m.durand")
                await watching.says(" authorised", times=3)
                await writing.says(",authorised,", times=20)
            await service.stop()
            return seen, watching.lines, writing.lines

    seen, watched, written = run(body())
    told = {state(**track, **track.get("position", {})) for track in map(json.loads, seen.tracks())}
    rows = [row for row in csv.DictReader(written) if row["status"] != "deleted"]
    assert len(rows) >= 20
    assert {state(**row) for row in rows} <= told
    assert {line.split()[1] for line in watched} <= {track for track, *_ in told}
    taken = [alert for alert in seen.alerts() if alert.get("acknowledged_by")]
    assert taken[0]["state"] == "acknowledged"
    assert {alert["acknowledged_by"] for alert in taken} == {"m.durand"}
    with journal(tmp_path) as book:
        assert [(one.alert, one.who, one.why) for one in book.commands()] == [(taken[0]["alert"], "m.durand", "seen on camera 4")]


def test_a_broker_that_dies_is_waited_for(fresh_mosquitto, tmp_path):
    stage = write(tmp_path, seconds=40.0)

    async def body():
        site = tmp_path / "site.toml"
        async with Command("run", site, broker=fresh_mosquitto) as service, example("watch", fresh_mosquitto) as watching:
            async with witness(fresh_mosquitto) as seen:
                await seen.serving()
                async with flying(fresh_mosquitto, stage):
                    await watching.says("confirmed")
            fresh_mosquitto.kill()
            fresh_mosquitto.start()
            before = len(watching.lines)
            async with witness(fresh_mosquitto) as seen:
                await seen.serving()
                async with flying(fresh_mosquitto, stage):
                    await watching.says("confirmed", times=sum("confirmed" in line for line in watching.lines[:before]) + 5)
            await service.stop()

    run(body())
