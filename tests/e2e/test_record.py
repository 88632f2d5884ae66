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

LAST = "vigie/v1/paris/sensor/radar-1/status"
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
            await asyncio.to_thread(subscribed, fresh_mosquitto, len(paths))
            seen = await stack.enter_async_context(witness(fresh_mosquitto))
            async with flying(fresh_mosquitto, stage, qos=1) as flight:
                await flight
            await seen.client.publish(LAST, b"{}", qos=1)  # the broker has the whole scene when it has this
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
    assert first[-1][0] == LAST
    for path in paths[1:]:
        assert heard(path) == first
    for path in paths:
        versions = [lines for name, lines in results if name == path.name]
        assert len(versions) == 3
        assert versions[0][0]
        assert versions[0] == versions[1] == versions[2]


@pytest.mark.slow
def test_a_recorder_that_is_stopped_late_writes_all_that_the_broker_had(fresh_mosquitto, tmp_path):
    _, site, path = write(tmp_path), tmp_path / "site.toml", tmp_path / "live.jsonl"
    told = [(LAST, b"%d" % number) for number in range(500)]

    async def body():
        async with (
            Command("record", site, "--out", path, broker=fresh_mosquitto) as recorder,
            witness(fresh_mosquitto) as seen,
        ):
            await asyncio.to_thread(subscribed, fresh_mosquitto, 1)
            recorder.send(signal.SIGSTOP)  # a machine too busy to read
            for topic, payload in told:
                await seen.client.publish(topic, payload, qos=1)
            recorder.send(signal.SIGINT)
            code, _ = await recorder.stop(signal.SIGCONT)
            assert code == 0, recorder.text

    run(body())
    assert heard(path) == told


def subscribed(broker, count: int) -> None:
    """Wait until so many recorders have their subscriptions; they ask for the plan last."""
    with broker._said:
        assert broker._said.wait_for(lambda: broker.log.count(" vigie/v1/paris/zones/plan") >= count, 30.0), broker.log
