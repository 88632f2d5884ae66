"""How fast recordings are played: the Eiffel Tower's scenario through the core, and how soon a long one is anywhere in it.

    vigie bench replay [seconds]      (or PYTHONPATH=. python tests/benchmarks/bench_replay.py)

CPU time of the one thread that does it all, so that others on the machine disturb it little, and its ratio to one predict and
update of a filterpy KalmanFilter (six states by three), timed in the same run, before and after. The recording that is sought in is
the Eiffel Tower's again and again, its times moved on, as long as told (ten minutes), as plain lines with its index; every moment
is sought as `vigie replay --from` does it: index found and read, core built, state restored, what came since fed.
"""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from fusion import recording, recording_index
from fusion.assembly import assemble
from fusion.config_file import load
from fusion.messages import SECOND
from fusion.playback import Playback
from fusion.recording import LinesWriter
from fusion.replay import fed, write_down
from fusion.warming import warm_up
from simulators import scenario_file
from simulators.case import write_case
from simulators.republish import moved
from tests.benchmarks.bench_speed import reference

LASTS = 600.0
"""s that the recording lasts that is sought in."""

MOMENTS = 20
"""Moments that are sought, evenly over the recording and off its marks."""


def eiffel(directory: Path):
    """Write the Eiffel Tower's scenario."""
    return write_case(scenario_file.load(scenario_file.find("eiffel_tower")), directory)


def replayed(case, out: Path, rounds: int = 2) -> tuple[float, float]:
    """Give the CPU time of a case's replay, s, the best of some, and a filterpy step of the same minutes, µs."""
    costs, steps = [], [reference()]
    for _ in range(rounds):
        core = assemble(load(case.directory / "site.toml", {}), case.directory)
        before = time.thread_time()
        write_down(fed(recording.read(case.directory / "recording.jsonl.gz"), core), out)
        costs.append(time.thread_time() - before)
        steps.append(reference())
    return min(costs), min(steps)


def long_one(case, path: Path, lasts: float) -> Path:
    """Write a recording of a case again and again, each time behind the last."""
    once = list(recording.read(case.directory / "recording.jsonl.gz"))
    writer, every = LinesWriter(path), round(case.seconds * SECOND)
    for turn in range(int(lasts // case.seconds) + 1):
        for message in once:
            if message.received - once[0].received + turn * every < lasts * SECOND:
                writer.append(moved(message, turn * every))
    writer.close()
    return path


def sought(path: Path, site: Path, lasts: float) -> list[tuple[float, float]]:
    """Give how long it took to be at each moment: wall clock and CPU time, s."""
    config, base, costs = load(site, {}), site.parent, []
    playback = Playback(path, lambda: assemble(config, base))
    index = playback.make_index(recording_index.digest_of(path), recording_index.digest_of_site(config, base))
    recording_index.write(index, path)
    for share in (np.arange(MOMENTS) + 0.5) / MOMENTS:
        wall, cpu = time.perf_counter(), time.thread_time()
        config = load(site, os.environ)
        found = recording_index.find(path, config, base)
        assert found is not None
        there = Playback(path, lambda config=config: assemble(config, base), found)
        there.seek(found.first + round(share * lasts * SECOND))
        costs.append((time.perf_counter() - wall, time.thread_time() - cpu))
    return costs


def bounds():
    """Give (what, figure, bound, relation) of the must-hold."""
    with tempfile.TemporaryDirectory() as scratch:
        case = eiffel(Path(scratch) / "case")
        yield "Eiffel Tower's replay, times real time", case.seconds / replayed(case, Path(scratch) / "out")[0], 200.0, ">="
        path = long_one(case, Path(scratch) / "long.jsonl", LASTS)
        costs = sought(path, case.directory / "site.toml", LASTS)
        yield "ten minutes: to be anywhere, the slowest, s of CPU time", max(cpu for _, cpu in costs), 0.5, "<="


def main(arguments: list[str]) -> int:
    warm_up()
    gc.freeze()  # as `vigie replay` does
    lasts = float(arguments[0]) if arguments else LASTS
    with tempfile.TemporaryDirectory() as scratch:
        case = eiffel(Path(scratch) / "case")
        took, step = replayed(case, Path(scratch) / "out")
        print(f"Eiffel Tower: {case.seconds:.0f} s, {case.messages} messages in {took:.2f} s of CPU time, {case.seconds / took:.0f} × real "
              f"time; {1e6 * took / step:.0f} filterpy steps of {step:.1f} µs, {1e6 * took / step / case.messages:.0f} a message", flush=True)  # fmt: skip
        if lasts <= 0.0:
            return 0
        costs = sought(long_one(case, Path(scratch) / "long.jsonl", lasts), case.directory / "site.toml", lasts)
        wall, cpu = np.array(costs).T
        print(f"{lasts:.0f} s recorded, {MOMENTS} moments: there after {np.median(cpu):.3f} s of CPU time, at most {cpu.max():.3f} s "
              f"({1e6 * cpu.max() / step:.0f} filterpy steps); by the clock {np.median(wall):.3f} s, at most {wall.max():.3f} s", flush=True)  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
