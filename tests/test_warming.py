"""The warm-up compiles whatever a first evening needs: nothing is compiled while drones are in the air."""

from __future__ import annotations

import subprocess
import sys

import pytest

LOOK = """
import tempfile
from pathlib import Path
from numba.core import event

from fusion.warming import warm_up
from tests.benchmarks.bench_replay import eiffel, replayed

class Asked(event.Listener):
    def on_start(self, happened):
        late.append(happened.data["dispatcher"].py_func.__qualname__)
    def on_end(self, happened): ...

late = []
warm_up()
with tempfile.TemporaryDirectory() as scratch:
    case = eiffel(Path(scratch) / "case")
    event.register("numba:compile", Asked())
    replayed(case, Path(scratch) / "out")
print(*late)
"""


@pytest.mark.deep
def test_a_machine_that_has_compiled_nothing_yet_compiles_nothing_after_the_warm_up(tmp_path):
    asked = subprocess.run(
        [sys.executable, "-c", LOOK], env={"NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": ":".join(sys.path)},
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert asked.returncode == 0, asked.stderr
    assert asked.stdout.split() == []
