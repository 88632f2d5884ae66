"""Run as a process of its own: gives one decoder what libFuzzer thinks of, until so much CPU time is spent.

`harness.py NAME CPU_SECONDS FIGURES CORPUS …` writes its figures as JSON; what follows is libFuzzer's. What is found ends it
with libFuzzer's report. It ends by a signal, because libFuzzer knows no end by CPU time.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["sensors", "fusion.transport.feeds.framing", "fusion.transport.sapient"]):
    from tests.fuzzing.decoders import decoder_of

LONGEST_S = 2.0
"""s of CPU time that one payload may take."""

ASK = 256
"""Executions between two looks at the clock."""


def resident() -> int:
    """Give the bytes of this process that lie in memory."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGESIZE")


class Budget:
    """Counts executions and the CPU time that they take."""

    def __init__(self, seconds: float, figures: Path) -> None:
        self._seconds, self._figures = seconds, figures
        self._begun, self._count, self._warm = time.process_time(), 0, 0

    def spend(self) -> None:
        """Count one; write the figures and ask for the end when nothing is left."""
        self._count += 1
        if self._count % ASK:
            return
        spent = time.process_time() - self._begun
        if not self._warm and spent > 0.2 * self._seconds:
            self._warm = resident()
        if spent >= self._seconds:
            told = {"executions": self._count, "cpu_s": round(spent, 1), "rss_warm": self._warm, "rss_end": resident()}
            self._figures.write_text(json.dumps(told), encoding="ascii")
            os.kill(os.getpid(), signal.SIGUSR1)


def main() -> None:
    """Fuzz."""
    name, seconds, figures, *rest = sys.argv[1:]
    one, budget = decoder_of(name).one, Budget(float(seconds), Path(figures))

    def execute(payload: bytes) -> None:
        begun = time.process_time()
        one(payload)
        took = time.process_time() - begun
        assert took < LONGEST_S, f"it took {took:.1f} s of CPU time"
        budget.spend()

    atheris.Setup([sys.argv[0], *rest], execute)
    atheris.Fuzz()


main()
