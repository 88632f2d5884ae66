"""SIGINT and SIGTERM end the service with 0 within two seconds, whatever it is doing, and leave everything in order."""

from __future__ import annotations

import asyncio
import json
import signal
import socket

import pytest

from tests.e2e.books import journal
from tests.e2e.processes import Command, eventually, run
from tests.e2e.stage import write
from tests.e2e.witness import flying, retained, witness

pytestmark = pytest.mark.slow

STOP_S = 2.0
"""From the signal to the exit."""

SIGNALS = [signal.SIGINT, signal.SIGTERM]


def by_name(number: signal.Signals) -> str:
    return number.name


async def stopped(service: Command, number: signal.Signals) -> float:
    """Stop a service and check that it went as it should; give how long it took."""
    code, took = await service.stop(number)
    last = "\n".join(service.lines[-30:])
    assert "Traceback" not in service.text, last
    assert code == 0, last
    assert took < STOP_S, f"{took:.2f} s: {last}"
    return took


def unpublished(directory) -> list[bytes]:
    with journal(directory) as book:
        return [entry.payload for entry in book.unpublished()]


@pytest.mark.parametrize("number", SIGNALS, ids=by_name)
def test_a_signal_ends_a_busy_service_in_order(fresh_broker, tmp_path, number, record_property):
    stage = write(tmp_path)

    async def body():
        async with witness(fresh_broker) as seen, Command("run", tmp_path / "site.toml", broker=fresh_broker) as service:
            await seen.serving()
            async with flying(fresh_broker, stage):
                await seen.until(lambda w: w.alerts(), "an alert")
                record_property("stop_s", await stopped(service, number))
        return seen.alerts(), await retained(fresh_broker)

    alerts, kept = run(body())
    assert json.loads(kept["status"])["state"] == "offline"
    assert unpublished(tmp_path) == []
    with journal(tmp_path) as book:
        newest = book.open_alerts()
    assert {entry.alert for entry in newest} >= {alert["alert"] for alert in alerts}
    assert {f"alert/{entry.alert}": entry.payload for entry in newest}.items() <= kept.items()


@pytest.mark.parametrize("number", SIGNALS, ids=by_name)
def test_a_signal_ends_a_service_whose_broker_went_away(fresh_mosquitto, tmp_path, number, record_property):
    write(tmp_path)

    async def body():
        async with Command("run", tmp_path / "site.toml", broker=fresh_mosquitto) as service:
            async with witness(fresh_mosquitto) as seen:
                await seen.serving()
            await asyncio.to_thread(fresh_mosquitto.kill)
            await service.says("cannot be reached", times=2)
            record_property("stop_s", await stopped(service, number))

    run(body())
    assert unpublished(tmp_path) == []


@pytest.mark.parametrize("number", SIGNALS, ids=by_name)
def test_a_signal_ends_a_service_whose_broker_is_frozen(fresh_mosquitto, tmp_path, number, record_property):
    """The connection stands, and nobody answers on it: the last words cannot be waited for."""
    stage = write(tmp_path)

    async def body():
        async with (
            Command("run", tmp_path / "site.toml", broker=fresh_mosquitto) as service,
            witness(fresh_mosquitto) as seen,
        ):
            await seen.serving()
            async with flying(fresh_mosquitto, stage):
                await seen.until(lambda w: w.tracks(), "tracks")
                fresh_mosquitto.signal(signal.SIGSTOP)
                try:
                    record_property("stop_s", await stopped(service, number))
                finally:
                    fresh_mosquitto.signal(signal.SIGCONT)

    run(body())


@pytest.mark.parametrize("number", SIGNALS, ids=by_name)
def test_a_signal_ends_a_service_that_waits_for_a_dumb_broker(tmp_path, number, record_property):
    """Somebody opens the door and never says a word."""
    write(tmp_path)

    async def body(door: socket.socket):
        door.bind(("127.0.0.1", 0))
        door.listen()
        door.setblocking(False)
        port = str(door.getsockname()[1])
        here = {"VIGIE_MQTT__HOST": "127.0.0.1", "VIGIE_MQTT__PORT": port}
        async with Command("run", tmp_path / "site.toml", **here) as service:
            async with asyncio.timeout(60):
                visitor, _ = await asyncio.get_running_loop().sock_accept(door)
            with visitor:
                record_property("stop_s", await stopped(service, number))

    with socket.socket() as door:
        run(body(door))


@pytest.mark.parametrize("number", SIGNALS, ids=by_name)
def test_a_signal_ends_a_service_with_a_broker_of_its_own(tmp_path, number, record_property):
    write(tmp_path)

    async def body():
        async with Command("run", tmp_path / "site.toml", "--embedded-broker", VIGIE_MQTT__PORT="18839") as service:
            await service.says("embedded MQTT broker at")
            await eventually(lambda: any(tmp_path.glob("state/inputs-*.jsonl")))
            record_property("stop_s", await stopped(service, number))

    run(body())


@pytest.mark.parametrize("saved", [0, 1, 5, 20])
@pytest.mark.parametrize("number", SIGNALS, ids=by_name)
def test_a_signal_ends_a_service_that_compiles_its_kernels(tmp_path, number, saved, record_property):
    """With nothing compiled, warming up takes long; numba tells of each kernel that it has saved."""
    write(tmp_path)
    cold = {"NUMBA_CACHE_DIR": str(tmp_path / "cache"), "NUMBA_DEBUG_CACHE": "1", "VIGIE_MQTT__HOST": "127.0.0.1"}

    async def body():
        async with Command("run", tmp_path / "site.toml", **cold) as service:
            await service.says("preparing the tracker's kernels")
            if saved:
                await service.says("data saved to", times=saved)
            record_property("stop_s", await stopped(service, number))

    run(body())


@pytest.mark.parametrize("number", SIGNALS, ids=by_name)
def test_a_signal_ends_a_service_that_has_only_just_begun(tmp_path, number, record_property):
    """While its modules are loaded: a marker among them says that it is so far."""
    write(tmp_path)

    async def body():
        async with Command("run", tmp_path / "site.toml", VIGIE_MQTT__HOST="127.0.0.1", PYTHONVERBOSE="1") as service:
            await service.says("import 'fusion.config_file'")
            record_property("stop_s", await stopped(service, number))

    run(body())


def test_what_no_broker_could_have_is_said_once_after_the_next_start(fresh_mosquitto, tmp_path):
    stage = write(tmp_path, more="\n[tracking]\ncoast_s = 1.0\n")
    site = tmp_path / "site.toml"

    async def body():
        async with Command("run", site, broker=fresh_mosquitto) as service:
            async with witness(fresh_mosquitto) as first:
                await first.serving()
                async with flying(fresh_mosquitto, stage):
                    await first.until(lambda w: w.alerts(), "an alert")
                    await asyncio.to_thread(fresh_mosquitto.kill)
            await eventually(lambda: any(b'"state":"cleared"' in one for one in unpublished(tmp_path)))
            await stopped(service, signal.SIGTERM)
        waiting = unpublished(tmp_path)
        await asyncio.to_thread(fresh_mosquitto.start)
        async with witness(fresh_mosquitto) as second, Command("run", site, broker=fresh_mosquitto) as service:
            await second.serving()
            await second.until(lambda w: set(waiting) <= set(w.alert_payloads()), "what waited")
            await stopped(service, signal.SIGTERM)
        return waiting, second

    waiting, seen = run(body())
    assert any(b'"state":"cleared"' in one for one in waiting)
    assert set(seen.revisions().values()) == {1}
    assert unpublished(tmp_path) == []
