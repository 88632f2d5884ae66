"""The disk is full while the service runs: it says so aloud, tracks on, claims nothing that is not written, and catches up."""

from __future__ import annotations

import resource

import msgspec
import pytest

from fusion.journal.verifying import verify
from tests.e2e.books import journal, journalled
from tests.e2e.processes import Command, run
from tests.e2e.stage import write
from tests.e2e.witness import flying, retained, witness

pytestmark = pytest.mark.slow

FREE = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
FULL = (1, resource.RLIM_INFINITY)
"""Bytes that a file may grow to: for whoever writes the same as a full disk, and root can take it back."""


def test_a_full_disk_degrades_the_service_and_no_alert_is_lost_or_told_too_early(fresh_mosquitto, tmp_path):
    stage = write(tmp_path, seconds=20.0, more="\n[state]\nsnapshot_s = 1.0\n")

    async def body():
        async with witness(fresh_mosquitto) as seen, Command("run", tmp_path / "site.toml", broker=fresh_mosquitto) as service:
            await seen.serving()
            resource.prlimit(service.pid, resource.RLIMIT_FSIZE, FULL)
            async with flying(fresh_mosquitto, stage):
                await seen.until(
                    lambda w: w.statuses()[-1]["stores"].get("journal", {}).get("waiting", 0) > 1, "alerts that wait"
                )
                full = len(seen.heard)
                await seen.until(lambda w: len(w.on("tracks", full)) > 15, "tracks, all the same")
                degraded = seen.statuses()[-1]
                assert seen.alerts() == []
                resource.prlimit(service.pid, resource.RLIMIT_FSIZE, FREE)
                await seen.until(lambda w: w.alerts() and w.statuses()[-1]["state"] == "online", "alerts, and all is well")
            code, _ = await service.stop()
            assert code == 0, service.text
        return seen, degraded, service.text, await retained(fresh_mosquitto)

    seen, degraded, said, kept = run(body())
    assert degraded["state"] == "degraded"
    assert {name for name, store in degraded["stores"].items() if store["state"] == "degraded"} == {"journal", "snapshots"}
    assert degraded["stores"]["journal"]["reason"]
    assert degraded["counters"]["inputs_unwritten"] > 0
    assert said.count("DEGRADED: the journal") == said.count("the journal can be written again") == 1
    assert set(seen.revisions().values()) == {1}
    for alert in {alert["alert"] for alert in seen.alerts()}:
        revisions = [revision for name, revision in seen.revisions() if name == alert]
        assert revisions == list(range(1, len(revisions) + 1))
    assert journalled(tmp_path) == seen.alert_payloads()
    with journal(tmp_path) as book:
        assert verify(book) == []
        assert book.unpublished() == []
        assert {f"alert/{entry.alert}": entry.payload for entry in book.open_alerts()}.items() <= kept.items()
    assert msgspec.json.decode(kept["status"])["state"] == "offline"
