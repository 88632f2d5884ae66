"""The line of each key in a TOML text: what an error message points at."""

from __future__ import annotations

import re

Key = tuple[str | int, ...]


def lines_of_keys(text: str) -> dict[Key, int]:
    """Find the line of every table header, plain key and item of a list of tables; others count with the line they begin on."""
    lines: dict[Key, int] = {}
    counts: dict[Key, int] = {}
    table: Key = ()
    listed: Key | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[\[\s*([\w.\-]+)\s*\]\]", line):
            *outer, last = header[1].split(".")
            name = (*_resolve(outer, counts), last)
            counts[name] = counts.get(name, -1) + 1
            table = (*name, counts[name])
            lines[table], listed = number, None
        elif header := re.match(r"\s*\[\s*([A-Za-z][\w.\-]*)\s*\]\s*(#.*)?$", line):
            table = _resolve(header[1].split("."), counts)
            lines[table], listed = number, None
        elif key := re.match(r"\s*([\w\-]+(?:\.[\w\-]+)*)\s*=\s*(\[\s*(#.*)?$)?", line):
            lines[(*table, *key[1].split("."))] = number
            listed = (*table, *key[1].split(".")) if key[2] else None
            item = 0
        elif listed and re.match(r"\s*\{", line):
            lines[(*listed, item)] = number
            item += 1
    return lines


def _resolve(parts: list[str], counts: dict[Key, int]) -> Key:
    """Give the key of a table's header: below a list of tables, it means the newest one."""
    key: Key = ()
    for part in parts:
        key = (*key, part)
        if key in counts:
            key = (*key, counts[key])
    return key
