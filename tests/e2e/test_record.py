"""`vigie record` in every format, replayed: the same messages give the same tracks, however they were kept."""

from __future__ import annotations

import asyncio
import contextlib
import signal

import pytest

from fusion import recording
from fusion.messages import RawMessage
from tests.e2e.books import replayed
from tests.e2e.processes import Command, run
from tests.e2e.stage import write
from tests.e2e.witness import flying, witness

FORMATS = ("jsonl", "jsonl.gz", "mcap")


def heard(path) -> list[tuple[str, bytes]]:
    return [(item.topic, item.payload) for item in recording.read(path) if isinstance(item, RawMessage)]


@pytest.mark.slow
def test_what_was_recorded_in_any_format_replays_to_the_same_tracks(fresh_mosquitto, tmp_path):
    stage, site = write(tmp_path, seconds=10.0), tmp_path / "site.toml"
    paths = [tmp_path / f"live.{suffix}" for suffix in FORMATS]

    async def body():
        async with contextlib.AsyncExitStack() as stack:
            recorders = [
                await stack.enter_async_context(Command("record", site, "--out", path, broker=fresh_mosquitto)) for path in paths
            ]
            await asyncio.to_thread(three_recorders, fresh_mosquitto)
            seen = await stack.enter_async_context(witness(fresh_mosquitto))
            async with flying(fresh_mosquitto, stage) as flight:
                await flight
            await seen.until(lambda w: w.heard, "the scene")
            for recorder in recorders:
                code, took = await recorder.stop(signal.SIGINT)
                assert code == 0, recorder.text
                assert took < 2.0
                assert " messages" in recorder.text
        tracks = []
        for path in paths:
            for suffix in FORMATS:
                copy = tmp_path / f"{path.name}-as.{suffix}"
                with contextlib.closing(recording.write_to(copy)) as writer:
                    for item in recording.read(path):
                        writer.append(item)
                tracks.append((path.name, await replayed(tmp_path, copy.name)))
        return tracks

    results = run(body())
    first = heard(paths[0])
    assert len(first) > 30
    for path in paths[1:]:
        assert heard(path) == first
    for path in paths:
        versions = [lines for name, lines in results if name == path.name]
        assert len(versions) == 3
        assert versions[0][0]
        assert versions[0] == versions[1] == versions[2]


def three_recorders(broker) -> None:
    """Wait until Mosquitto has welcomed three recorders."""
    with broker._said:
        assert broker._said.wait_for(lambda: broker.log.count("as vigie-paris-record") >= 3, 30.0), broker.log
