"""`vigie bench`: what the core costs for a detection, and what the whole service takes in and gives out."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from filterpy.kalman import KalmanFilter
from msgspec.structs import replace

from fusion import recording
from fusion.assembly import assemble
from fusion.errors import ConfigError
from fusion.messages import SECOND, Input, RawMessage
from fusion.pipeline import Pipeline
from fusion.warming import warm_up
from simulators import scenario_file
from simulators.bench_mqtt import bench_mqtt
from simulators.publish import messages
from simulators.scenario_file import Stage

TARGETS = (100, 1_000, 2_000)
LEAD_S, MEASURED_S = 10.0, 15.0
"""s of the dense sky that are fed first, until every track stands, and then with the clock running."""

REFERENCE_ROUNDS = 2_000

CHECKOUT = Path(__file__).parents[1]


class Cost(NamedTuple):
    """What one crowd cost."""

    targets: int
    tracks: int
    detections: int
    feed_s: float  # everything: decoding, tracking, zones, publishing
    step_s: float  # the tracker alone
    beat_s: float  # the longest beat


def bench(asked: Sequence[str]) -> int:
    """Measure and print: names of benchmarks, each with what it is to be told (`accuracy 6`); core and mqtt where none is asked.

    The others stand under tests/benchmarks, in a checkout only.
    """
    known = {"core", "mqtt", *_in_checkout()}
    if asked and asked[0] not in known:
        raise ConfigError(f"bench: {asked[0]} is not known here; expected of {', '.join(sorted(known))}")
    warm_up()
    failures = 0
    for name, told in _runs(asked or ("core", "mqtt"), known):
        match name:
            case "core":
                _bench_core()
            case "mqtt":
                bench_mqtt(crowd)
            case _:
                failures += not _run(name, _in_checkout()[name], told)
    return 1 if failures else 0


def _runs(words: Sequence[str], known: Collection[str]) -> list[tuple[str, list[str]]]:
    """Give each benchmark that is named, and the words between its name and the next."""
    runs: list[tuple[str, list[str]]] = []
    for word in words:
        if word in known:
            runs.append((word, []))
        else:
            runs[-1][1].append(word)
    return runs


def _run(name: str, path: Path, told: list[str]) -> bool:
    """Run one of the checkout's benchmarks; tell whether it went well."""
    print(f"== {name}", flush=True)
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    return subprocess.run([sys.executable, path, *told], env=environment, check=False).returncode == 0  # noqa: S603 - our own file


def _in_checkout() -> dict[str, Path]:
    """Find the benchmarks of a checkout by name."""
    return {path.stem.removeprefix("bench_"): path for path in sorted((CHECKOUT / "tests" / "benchmarks").glob("bench_*.py"))}


def crowd(targets: int, seconds: float) -> Stage:
    """Give the dense sky with so many targets, as close to one another as its five hundred."""
    stage = scenario_file.load(scenario_file.find("dense_sky"))
    (traffic,) = stage.scenario.traffic
    radius = traffic.radius_m * math.sqrt(targets / traffic.count)
    scenario = replace(stage.scenario, traffic=(replace(traffic, count=targets, radius_m=radius),), duration_s=seconds)
    return stage._replace(scenario=scenario)


def _bench_core() -> None:
    reference = _reference_s()
    print("The core, one process, two radars, 100 false alarms a second (µs a detection):")
    print(f"  one filterpy KalmanFilter, predict and update of six states by three: {1e6 * reference:.1f} µs")
    for targets in TARGETS:
        cost = measure(targets)
        whole, step = cost.feed_s / cost.detections, cost.step_s / cost.detections
        print(
            f"  {cost.targets:5} targets, {cost.tracks:5} tracks, {cost.detections:6} detections: all {1e6 * whole:6.1f} µs "
            f"({whole / reference:.2f} of a filterpy step), tracker {1e6 * step:5.1f} µs ({step / reference:.2f}), "
            f"longest beat {1e3 * cost.beat_s:.0f} ms"
        )


def measure(targets: int) -> Cost:
    """Feed a crowd to the core and take the time."""
    stage = crowd(targets, LEAD_S + MEASURED_S)
    pipeline = assemble(stage.site, stage.site_path.parent)
    spent = _stopwatch(pipeline)
    begin = stage.start + round(LEAD_S * SECOND)
    feed = longest = 0.0
    for item in _inputs(stage):
        timed = (item.received if isinstance(item, RawMessage) else item.time) >= begin
        if not timed:
            spent.clear()
        before = time.perf_counter()
        pipeline.feed(item)
        taken = time.perf_counter() - before
        if timed:
            feed, longest = feed + taken, max(longest, taken)
        else:
            detections = _detections(pipeline)
    tracks = len(pipeline.timeline.tracker.store)
    return Cost(targets, tracks, _detections(pipeline) - detections, feed, sum(spent), longest)


def _inputs(stage: Stage) -> Iterator[Input]:
    return recording.with_ticks(list(messages(stage)))


def _stopwatch(pipeline: Pipeline) -> list[float]:
    """Have every step of the tracker's timed; give the list that the times are put into."""
    spent: list[float] = []
    step = pipeline.timeline.tracker.step

    def timed(scan: object) -> None:
        before = time.perf_counter()
        step(scan)  # type: ignore[arg-type]
        spent.append(time.perf_counter() - before)

    pipeline.timeline.tracker.step = timed  # type: ignore[method-assign]
    return spent


def _detections(pipeline: Pipeline) -> int:
    return sum(record.detections for record in pipeline.intake.records.values())


def _reference_s() -> float:
    """Give the seconds that filterpy takes for one predict and update of one target with one model, in this very run."""
    kalman = KalmanFilter(dim_x=6, dim_z=3)
    kalman.F = np.eye(6) + np.diag(np.ones(3), 3)
    kalman.H = np.eye(3, 6)
    kalman.P *= 100.0
    measured = np.zeros((REFERENCE_ROUNDS, 3, 1))
    before = time.perf_counter()
    for z in measured:
        kalman.predict()
        kalman.update(z)
    return (time.perf_counter() - before) / REFERENCE_ROUNDS
