"""The broker dies in the middle of a run and comes back having forgotten everything."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from fusion.transport.outgoing import Publication
from simulators.publish import messages, play
from tests.e2e.processes import Command, run
from tests.e2e.stage import now, write
from tests.e2e.witness import retained, say, witness
from tests.transport.edge import publishing

pytestmark = pytest.mark.slow


@contextlib.asynccontextmanager
async def flying_on(broker, stage):
    """Play a scene by a link that comes back, as a sensor would; what cannot be said meanwhile is lost."""
    live = now(stage)
    async with publishing(broker) as (outbox, _):

        async def post(*message) -> None:
            outbox.put(Publication(*message, keep="some"))

        playing = asyncio.create_task(play(messages(live), post, live.site))
        try:
            yield playing
        finally:
            playing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await playing


def test_after_a_broker_restart_alerts_are_there_again_and_tracks_go_on(fresh_mosquitto, tmp_path):
    stage = write(tmp_path, seconds=24.0)

    async def body():
        async with Command("run", tmp_path / "site.toml", broker=fresh_mosquitto) as service:
            async with witness(fresh_mosquitto) as before:
                await before.serving()
                async with flying_on(fresh_mosquitto, stage):
                    await before.until(lambda w: any(a["rule"] == "intrusion" for a in w.alerts()), "an intrusion")
                    await asyncio.to_thread(fresh_mosquitto.kill)
                    await asyncio.to_thread(fresh_mosquitto.start)
                    async with witness(fresh_mosquitto) as after:
                        await after.serving()
                        known = {alert["alert"] for alert in before.alerts()}
                        await after.until(lambda w: known <= {alert["alert"] for alert in w.alerts()}, "the alerts again")
                        await after.until(lambda w: w.track_ids() & before.track_ids(), "the same tracks")
                        grown = {a["alert"]: a["revision"] for a in before.alerts()}
                        await after.until(
                            lambda w: any(a["revision"] > grown.get(a["alert"], 99) for a in w.alerts()), "its life"
                        )
                        kept = await retained(fresh_mosquitto)
            code, _ = await service.stop()
        return code, service.text, before, after, kept

    code, text, before, after, kept = run(body())
    assert code == 0, text
    assert "Traceback" not in text
    intruder = {alert["track"] for alert in before.alerts() if alert["rule"] == "intrusion"}
    assert intruder & after.track_ids()
    assert set(after.revisions().values()) == {1}
    assert {f"alert/{alert['alert']}" for alert in before.alerts()} <= kept.keys()
    assert kept["status"]


def test_commands_are_heard_after_a_broker_restart(fresh_mosquitto, tmp_path):
    """The broker has forgotten our subscriptions too."""
    write(tmp_path)

    async def body():
        async with Command("run", tmp_path / "site.toml", broker=fresh_mosquitto) as service:
            async with witness(fresh_mosquitto) as seen:
                await seen.serving()
            for restarts in (1, 2):
                await asyncio.to_thread(fresh_mosquitto.kill)
                await asyncio.to_thread(fresh_mosquitto.start)
                async with witness(fresh_mosquitto) as seen:
                    await seen.until(lambda w, both=2 + 2 * restarts: connected(w, both) >= 2, "both connections")
                    await say(fresh_mosquitto, "alert/NOBODY/command", b'{"command": "acknowledge", "who": "x"}')
                    await seen.until(lambda w: w.rejected(), "the refusal")
            return await service.stop()

    assert run(body())[0] == 0


def connected(seen, times: int) -> int:
    """Count the statuses that tell of so many connections; with the second of them, the first has subscribed as well."""
    return sum(status["counters"].get("connections", 0) >= times for status in seen.statuses())
