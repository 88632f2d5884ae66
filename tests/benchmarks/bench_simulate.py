"""How many times faster than real time a scenario is simulated: `vigie simulate NAME --out DIR`, from its start to its end.

    vigie bench simulate [SCENARIO ...]      (or PYTHONPATH=. python tests/benchmarks/bench_simulate.py; dense_sky if none is named)

A process of its own each time, start-up included, with recording, truth and site written: the best of three, in CPU time (user
and system, so that others on the machine disturb it little) and by the wall's clock.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from simulators import scenario_file

ROOT = Path(__file__).resolve().parents[2]
RUNS = 3


class Cost(NamedTuple):
    """What one simulation took, s."""

    cpu: float
    wall: float


def simulate(name: str) -> Cost:
    """Simulate a scenario into files that are thrown away."""
    with tempfile.TemporaryDirectory() as out:
        before, begun = _children(), time.perf_counter()
        run = [sys.executable, "-m", "fusion", "simulate", name, "--out", out]
        subprocess.run(run, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        return Cost(_children() - before, time.perf_counter() - begun)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def best(name: str) -> Cost:
    """Give the least of RUNS runs."""
    runs = [simulate(name) for _ in range(RUNS)]
    return Cost(min(run.cpu for run in runs), min(run.wall for run in runs))


def bounds() -> Iterable[tuple[str, float, float, str]]:
    duration = scenario_file.load(scenario_file.find("dense_sky")).scenario.duration_s
    yield "dense_sky (500 targets) simulated, times real time, CPU time", duration / best("dense_sky").cpu, 20.0, ">="


def main(names: list[str]) -> int:
    for name in names or ["dense_sky"]:
        duration = scenario_file.load(scenario_file.find(name)).scenario.duration_s
        cost = best(name)
        print(
            f"{name}, {duration:g} s: {cost.cpu:.1f} s of CPU time ({duration / cost.cpu:.1f} × real time), {cost.wall:.1f} s by the wall "
            f"({duration / cost.wall:.1f} ×)",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
