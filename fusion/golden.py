"""Compares what a replay said with what it should have said: exactly, but for the last digits of numbers."""

from __future__ import annotations

import gzip
import itertools
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from fusion.errors import RecordingError

FILES = ("tracks.jsonl", "alerts.jsonl", "rejected.jsonl")

ABSOLUTE, RELATIVE = 1e-7, 1e-10
"""Numbers may differ by this much, or this share of their size: other processors round the last bits otherwise. For a place
in a country's grid (seven digits before the point) the share is less than a millimetre. Ids and states are compared as they
stand."""


class Difference(NamedTuple):
    """One place where a replay is not the golden one."""

    file: str
    line: int
    where: str  # names and indices from the message down
    expected: Any
    found: Any

    def __str__(self) -> str:
        """Say it in a line."""
        return f"{self.file}:{self.line} {self.where}: expected {_short(self.expected)}, found {_short(self.found)}"


class Nothing:
    """Stands where one side has a line or a field and the other has none."""

    def __repr__(self) -> str:
        return "nothing"


NOTHING = Nothing()


def compare(found: Path, golden: Path) -> Iterator[Difference]:
    """Give every difference between the files of two directories; the golden ones may be packed (`.gz`)."""
    for name in FILES:
        lines = itertools.zip_longest(_lines(golden / name), _lines(found / name), fillvalue=NOTHING)
        for number, (expected, said) in enumerate(lines, 1):
            if expected == said:
                continue
            if expected is NOTHING or said is NOTHING:
                yield Difference(name, number, "line", _value(expected), _value(said))
                break
            for where, one, other in _differences("", _value(expected), _value(said)):
                yield Difference(name, number, where, one, other)


def _differences(where: str, expected: Any, found: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in dict.fromkeys([*expected, *found]):
            name = f"{where}.{key}".lstrip(".")
            yield from _differences(name, expected.get(key, NOTHING), found.get(key, NOTHING))
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for place, (one, other) in enumerate(zip(expected, found, strict=True)):
            yield from _differences(f"{where}[{place}]", one, other)
    elif not _same(expected, found):
        yield where or "message", expected, found


def _same(expected: Any, found: Any) -> bool:
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (expected, found))
    return math.isclose(expected, found, rel_tol=RELATIVE, abs_tol=ABSOLUTE) if numbers else expected == found


def _lines(path: Path) -> Iterator[bytes]:
    packed = path.with_name(path.name + ".gz")
    try:
        if not path.exists() and packed.exists():
            with gzip.open(packed, "rb") as file:
                yield from file
        else:
            with path.open("rb") as plain:
                yield from plain
    except (OSError, EOFError) as error:
        raise RecordingError(f"{path}: cannot be read: {error}") from error


def _value(line: bytes | Nothing) -> Any:
    return line if isinstance(line, Nothing) else msgspec.json.decode(line)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
