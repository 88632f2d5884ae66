"""What the service said live is what a replay of its own recording says, byte for byte."""

from __future__ import annotations

import msgspec
import pytest

from tests.e2e.books import RECORDED, journal, journalled, replayed
from tests.e2e.processes import Command, run
from tests.e2e.stage import write
from tests.e2e.witness import flying, witness

pytestmark = pytest.mark.slow


LATENCY_MS = 500
"""From a detection's arrival to the broker's confirmation of its alert, ninety-nine of a hundred; a quarter second is aimed at."""


def test_live_equals_replay_byte_for_byte(fresh_broker, tmp_path, record_property):
    stage = write(tmp_path, seconds=46.0, more=RECORDED)  # until the intruder is out of the zone again

    async def body():
        async with witness(fresh_broker) as seen, Command("run", tmp_path / "site.toml", broker=fresh_broker) as service:
            await seen.serving()
            async with flying(fresh_broker, stage) as flight:
                await flight
            code, _ = await service.stop()
            await seen.until(lambda w: w.statuses()[-1]["state"] == "offline", "status offline")
        assert code == 0, service.text
        return seen, await replayed(tmp_path)

    seen, (tracks, alerts) = run(body())
    assert len(tracks) > 100
    assert {msgspec.json.decode(alert)["state"] for alert in alerts} >= {"raised", "updated", "cleared"}
    assert seen.tracks() == tracks
    assert seen.alert_payloads() == alerts == journalled(tmp_path)
    with journal(tmp_path) as book:
        assert book.unpublished() == []
    counters = max((status["counters"] for status in seen.statuses()), key=lambda one: one.get("alerts_raised", 0))
    for name in ("alert_latency_p50_ms", "alert_latency_p99_ms"):
        record_property(name, counters[name])
    assert counters["alert_latency_p99_ms"] <= LATENCY_MS
