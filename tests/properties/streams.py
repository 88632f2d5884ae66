"""The test scene as a stream of messages: what a broker would bring, in any order, twice, and with the service's beat."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np

import sensors
from fusion.messages import SECOND, Input, Output, RawMessage, Scan, Tick, TrackTable
from fusion.payload import payload
from fusion.pipeline import Pipeline
from fusion.topics import TopicTree
from fusion.tracking.births import births_of
from fusion.zones.permits import Register
from fusion.zones.zones import ZoneSet
from sensors import Station
from tests.scene import CONFIG, FRAME, SITE, START, scans, targets

TREE = TopicTree(SITE.name, CONFIG.mqtt.root)
STATIONS = {one.id: Station(one, FRAME) for one in CONFIG.sensor}
KINDS = {one.id: one.kind for one in CONFIG.sensor}
BEAT = SECOND // 5
SECONDS = 10.0
END = START + round((SECONDS + 4.0) * SECOND)
SCANS = scans(np.random.default_rng(11), targets(np.random.default_rng(11), 6), SECONDS)
ZONE = Path(__file__).parent.joinpath("zone.json").read_bytes()


def pipeline() -> Pipeline:
    """Give a core that has heard nothing yet."""
    return Pipeline(CONFIG, sensors.BUILT_IN, ZoneSet.of([], FRAME), Register())


def message(scan: Scan, received: int) -> RawMessage:
    """Give a scan as its sensor sends it."""
    content = sensors.BUILT_IN[KINDS[scan.sensor]].encode(STATIONS[scan.sensor], scan)
    return RawMessage(topic=TREE.path("scan", sensor=scan.sensor), payload=content, received=received)


def arrivals(scans: Iterable[Scan], delays: Iterable[float]) -> list[RawMessage]:
    """Let every scan come its delay (s) after its time."""
    return sorted(
        (message(scan, scan.time + round(delay * SECOND)) for scan, delay in zip(scans, delays, strict=True)),
        key=lambda one: one.received,
    )


def with_beat(messages: Iterable[RawMessage]) -> list[Input]:
    """Put the service's beat between messages; a zone comes first, and nothing more at the end but beats."""
    found: list[Input] = [RawMessage(topic=TREE.path("zone", zone="park"), payload=ZONE, received=START)]
    tick = START + BEAT
    for one in messages:
        while tick <= one.received:
            found.append(Tick(time=tick))
            tick += BEAT
        found.append(one)
    while tick <= END:
        found.append(Tick(time=tick))
        tick += BEAT
    return found


def feed(core: Pipeline, inputs: Iterable[Input]) -> list[list[bytes]]:
    """Feed a core; give the bytes of every output of each input."""
    return [[said(output) for output in core.feed(item)] for item in inputs]


def said(output: Output) -> bytes:
    """Give an output's kind and the bytes that leave."""
    return type(output).__name__.encode() + b" " + payload(output)


def final(core: Pipeline) -> dict[str, bytes]:
    """Give the final tracks, column by column, to the last bit; when a detection was received is not theirs but the stream's.

    Instead of the names that they go by stands what those are made of, their births: a track that was shown keeps its name
    when late data gives it another birth (`tests/tracking/test_timeline.py`).
    """
    table: TrackTable = core.timeline.tracker.table(END, tentative=True)
    table = msgspec.structs.replace(table, bearings=tuple(msgspec.structs.replace(one, received=0) for one in table.bearings))
    columns = {name: getattr(table, name) for name in table.__struct_fields__ if name not in {"received", "tracks"}}
    columns["births"] = tuple(births_of(core.timeline.tracker.store))
    return {
        name: column.tobytes() if isinstance(column, np.ndarray) else msgspec.msgpack.encode(column)
        for name, column in columns.items()
    }


def run(inputs: Iterable[Input]) -> dict[str, bytes]:
    """Feed a new core; give the final tracks."""
    core = pipeline()
    for item in inputs:
        core.feed(item)
    return final(core)
