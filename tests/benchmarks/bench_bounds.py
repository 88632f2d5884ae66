"""Every must-hold in one table: what, figure, bound, and whether it holds. Ends with 1 where one does not.

    vigie bench bounds        (or PYTHONPATH=. python tests/benchmarks/bench_bounds.py [benchmark ...])

A benchmark that has something to hold offers `bounds() -> Iterable[Bound]`, tuples of what is measured, the figure, its bound and
"<=" or ">=", with seeds fixed and runs few enough for a minute or two. Those of every `bench_*.py` beside this file are asked.
"""

from __future__ import annotations

import importlib
import operator
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

Bound = tuple[str, float, float, str]

RELATIONS: dict[str, Callable[[float, float], bool]] = {"<=": operator.le, ">=": operator.ge}


def holds(bound: Bound) -> bool:
    """Tell whether a figure is within its bound; one that is not a number is not."""
    _, figure, limit, relation = bound
    return RELATIONS[relation](figure, limit)


def line(bound: Bound) -> str:
    """Write one row of the table."""
    name, figure, limit, relation = bound
    return f"| {name:70} | {figure:8.3f} | {relation} {limit:<6g} | {'holds' if holds(bound) else 'DOES NOT':8} |"


def asked(names: Iterable[str]) -> dict[str, Callable[[], Iterable[Bound]] | None]:
    """Find what each benchmark offers; None where it offers no bounds."""
    return {name: getattr(importlib.import_module(f"tests.benchmarks.bench_{name}"), "bounds", None) for name in names}


def main(chosen: list[str]) -> int:
    known = sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))
    offers = asked(chosen or [name for name in known if name not in {"bounds", "transport"}])
    print(f"| {'what':70} | {'figure':8} | {'bound':9} | {'':8} |\n|---|---|---|---|", flush=True)
    all_hold = True
    for name, bounds in offers.items():
        begin = time.perf_counter()
        for bound in bounds() if bounds else ():
            print(line(bound), flush=True)
            all_hold &= holds(bound)
        print(
            f"{name}: {time.perf_counter() - begin:.0f} s" if bounds else f"{name}: offers no bounds", file=sys.stderr, flush=True
        )
    return 0 if all_hold else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
