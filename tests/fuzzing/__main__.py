"""`python -m tests.fuzzing [--cpu-seconds 300] [--keep DIRECTORY] [DECODER …]`: fuzz decoders one after the other, and say what came of it."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.fuzzing.decoders import DECODERS
from tests.fuzzing.running import FoundError, fuzz


def main() -> int:
    """Fuzz what was asked for; 1 where something was found."""
    asked = argparse.ArgumentParser(prog="python -m tests.fuzzing", description=__doc__)
    asked.add_argument("decoder", nargs="*", help=f"all if left out: {', '.join(DECODERS)}")
    asked.add_argument("--cpu-seconds", type=float, default=300.0, help="for each decoder (%(default)g)")
    asked.add_argument("--keep", type=Path, help="where what was found stays, and is begun with the next time")
    wanted = asked.parse_args()
    found = 0
    print("| decoder | executions | CPU s | edges | inputs | RSS MiB warm, end | grown KiB |\n|---|---|---|---|---|---|---|")
    for name in wanted.decoder or DECODERS:
        with tempfile.TemporaryDirectory() as passing:
            directory = (wanted.keep or Path(passing)) / name
            directory.mkdir(parents=True, exist_ok=True)
            try:
                told = fuzz(name, wanted.cpu_seconds, directory)
            except FoundError as error:
                found += 1
                print(f"| {name} | **found** | {error} |", flush=True)
                continue
        rss = f"{told.rss_warm >> 20}, {told.rss_end >> 20}"
        print(
            f"| {name} | {told.executions:,} | {told.cpu_s:g} | {told.edges} | {told.inputs} | {rss} | {told.grown >> 10} |",
            flush=True,
        )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
