"""`vigie demo`: it ends by itself with its summary, survives the death of its service, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from fusion.config_file import load
from fusion.console.recordings import Recordings
from fusion.journal import Journal
from tests.e2e.processes import Command, run
from tests.e2e.witness import witness

pytestmark = pytest.mark.slow

PID = re.compile(r"the service runs as process (\d+)")


def pid_in(line: str) -> int:
    return int(PID.search(line)[1])


def told(pid: int) -> dict[str, str]:
    """Give what a service's environment tells it."""
    pairs = (entry.partition(b"=") for entry in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"))
    return {name.decode(): value.decode() for name, _, value in pairs}


def broker_of(pid: int) -> SimpleNamespace:
    """Tell from a service's environment which broker it speaks to."""
    variables = told(pid)
    return SimpleNamespace(host=variables["VIGIE_MQTT__HOST"], port=int(variables["VIGIE_MQTT__PORT"]))


def told_lines(path: Path) -> list[dict]:
    """Give what a file of JSON lines holds."""
    return [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def mentions(directory: Path) -> list[str]:
    """Give the command lines of all processes that name a directory."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(directory) in words:
            found.append(words)
    return found


def test_the_demo_survives_the_death_of_its_service_and_loses_and_repeats_no_alert(tmp_path):
    async def body():
        async with Command("demo", "--headless", "--seconds", "30", "--keep", tmp_path) as demo:
            first = pid_in(await demo.says("the service runs as process"))
            async with witness(broker_of(first)) as seen:
                await seen.until(lambda w: w.alerts(), "an alert")
                known = Recordings(
                    load(tmp_path / "site.toml", told(first)), tmp_path, tmp_path / told(first)["VIGIE_CONSOLE__RECORDINGS"]
                )
                assert [one.name for one in known.all()] == ["recording.jsonl"]  # what is flown now can be replayed
                os.kill(first, signal.SIGKILL)
                killed = len(seen.heard)
                second = pid_in(await demo.says("the service runs as process", times=2))
                assert second != first
                await seen.serving(killed)
                code = await demo.end()
            return code, demo.text, seen, killed

    code, text, seen, killed = run(body())
    assert code == 0, text
    assert "is started again" in text
    assert re.search(r"\d+ detections, \d+ tracks, \d+ alerts\.", text), text
    assert "Against the truth" in text
    assert set(seen.revisions().values()) == {1}
    assert not mentions(tmp_path)
    friends = [t for t in told_lines(tmp_path / "tracks.jsonl") if t["verdict"] == "friendly" and t["status"] != "deleted"]
    assert {friend["identity"]["icao24"] for friend in friends} == {"39ac45"}, "who flies as a friend is judged too"
    journal = Journal(Journal.url(tmp_path / "state" / "journal.sqlite"))
    try:
        assert journal.unpublished() == []
        newest = {alert["alert"]: payload for alert, payload in zip(seen.alerts(), seen.alert_payloads(), strict=True)}
        assert {entry.alert: entry.payload for entry in journal.open_alerts()} == newest
    finally:
        journal.close()
    before = {msgspec.json.decode(payload)["alert"] for payload in seen.alert_payloads()[:1]}
    assert before <= newest.keys()
    assert seen.alerts(killed), "the alerts' life goes on"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_signal_ends_the_demo_with_its_summary_and_no_process_is_left(tmp_path, number, record_property):
    async def body():
        async with Command("demo", "--headless", "--keep", tmp_path) as demo:
            pid = pid_in(await demo.says("the service runs as process"))
            await demo.says("service online")
            async with witness(broker_of(pid)) as seen:
                await seen.until(lambda w: w.tracks(), "a track")
            code, took = await demo.stop(number)
            return code, took, demo.text, pid

    code, took, text, pid = run(body())
    record_property("stop_s", took)
    assert code == 0, text
    assert "Traceback" not in text, text
    assert re.search(r"\d+ detections, \d+ tracks, \d+ alerts\.", text), text
    assert not is_alive(pid)
    assert not mentions(tmp_path)


def test_a_signal_ends_the_demo_before_its_service_stands(tmp_path):
    async def body():
        async with Command("demo", "--headless", "--keep", tmp_path) as demo:
            await demo.says("Vigie demo")
            code, _ = await demo.stop(signal.SIGINT)
            return code, demo.text

    code, text = run(body())
    assert code == 0, text
    assert "Traceback" not in text, text
    assert not mentions(tmp_path)
