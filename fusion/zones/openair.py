"""Reads OpenAir, the text files of glider and drone pilots, as ED-318 features; every reading that is ours is told.

A record is a line of a command and its value; an airspace begins with AC. Commands after version 1.0 of the format (WinPilot,
1999), with the AY of its extension. What is not of an airspace (terrain, labels, radio) is passed over. Airspaces say nothing of
drones: what each class is read as stands in `TYPE`.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from fusion.errors import ConfigError
from fusion.zones.openair_shapes import Pen

Tree = dict[str, Any]

TYPE = {
    "P": "PROHIBITED",
    "PROHIBITED": "PROHIBITED",
    **dict.fromkeys(("R", "RESTRICTED", "TRA", "TSA", "TFR"), "REQ_AUTHORIZATION"),
    **dict.fromkeys(("A", "B", "C", "D", "CTR", "MCTR", "CTA", "TMA", "ATZ", "MATZ", "TMZ"), "REQ_AUTHORIZATION"),
    **dict.fromkeys(("E", "F", "Q", "DANGER", "GP", "W", "RMZ"), "CONDITIONAL"),
    "G": "NO_RESTRICTION",
}
"""What an airspace class asks of a drone: controlled and restricted airspace may be entered with a clearance. Where nothing is
known of a class, it is CONDITIONAL: shown, and advisory."""

LESSER = ("", "UNC", "UNCLASSIFIED", "UNKNOWN", "OTHER")
"""Classes that say nothing: there AY tells."""

FLIGHT_LEVEL = 100.0
"""ft of pressure altitude a flight level."""

LOW, HIGH = 2000.0, 1200.0
"""ft by which a flight level may lie under and over its number of feet above the sea: 27 ft a hPa from 1013.25 down to 940 and up
to 1057 hPa, the extremes to be met at the sea in Europe. A zone is so never read as smaller than it is."""

LIMIT = re.compile(r"(\d+(?:\.\d+)?)\s*(FT|F|M)?\s*(AMSL|MSL|ALT|AGL|ASFC|SFC|GND)?")

PASSED = frozenset({"AT", "AF", "AG", "AI", "AX", "TP", "AA", "SP", "SB", "TO", "TC"})
"""Commands that say nothing of where a zone is: labels, radio, transponder, colours."""

NUMBERED = re.compile(r"\b(?:[A-Z]{2}[\s-]?)?([PRD])\s?-?(\d{1,3})\s?([A-Z]?\d?)\b")
"""How prohibited, restricted and danger areas are called: P 23, LF-R 45 A, EDR10B."""


class Translated(NamedTuple):
    """A file as ED-318 features, how what stood there was read, and what could not be."""

    features: list[Tree]
    notes: list[str]
    left_out: list[str]


def is_openair(text: str) -> bool:
    """Tell whether a text is OpenAir: its first record begins an airspace or sets something up, and it is no JSON."""
    first = next((line for line in map(str.strip, text.splitlines()) if line and not line.startswith("*")), "")
    return bool(re.match(r"(AC|AN|V|TO|TC|SP|SB)\b", first, re.IGNORECASE))


def translated(text: str, name: str, country: str = "ZZZ") -> Translated:
    """Read a file; what of it makes no zone is left out and told. `country`: ISO 3166 code, which OpenAir does not have."""
    result, taken = Translated([], [], []), set[str]()
    for number, lines in _airspaces(text):
        place = f"{name}: line {number}"
        try:
            feature, notes = _feature(lines, place, country, taken)
        except ConfigError as error:
            result.left_out.append(str(error))
            continue
        result.features.append(feature)
        result.notes.extend(notes)
    return result


def _airspaces(text: str) -> list[tuple[int, list[tuple[int, str, str]]]]:
    """Cut a text into airspaces: the line that each begins at, and its records (line, command, value)."""
    found: list[tuple[int, list[tuple[int, str, str]]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        said = line.split("*", 1)[0].strip()
        if not said:
            continue
        command, _, value = said.partition(" ")
        if command.upper() == "AC":
            found.append((number, []))
        if found:
            found[-1][1].append((number, command.upper(), value.strip()))
    return found


def _feature(lines: list[tuple[int, str, str]], place: str, country: str, taken: set[str]) -> tuple[Tree, list[str]]:
    """Read one airspace; raise ConfigError naming line, value and what was expected."""
    said, pen = dict[str, str](), Pen()
    for number, command, value in lines:
        where = f"{place.rsplit(' ', 1)[0]} {number}"
        if command in {"AC", "AN", "AH", "AL", "AY"}:
            said[command] = value
        elif command not in PASSED and not pen.draw(command, value, where):
            raise ConfigError(f"{where}: {command[:16]!r} is no command of OpenAir that is known here")
    called = said.get("AN", "")
    known = f"{place} ({called[:40] or 'without AN'})"
    notes: list[str] = []
    geometry = pen.geometry(known) | {"layer": _layer(said, known, notes)}
    identifier = _identifier(called, taken)
    notes.append(f"{known}: is called {identifier}")
    properties = {
        "identifier": identifier,
        "country": country,
        "name": [{"text": called or identifier}],
        "type": _type(said, known, notes),
        "variant": "COMMON",
    }
    notes += [f"{known}: {note}" for note in pen.notes]
    return {"type": "Feature", "properties": properties, "geometry": geometry}, notes


def _type(said: dict[str, str], place: str, notes: list[str]) -> str:
    """Give what a class, or where it says nothing the type beside it, asks of a drone; the stricter of the two."""
    order = ("PROHIBITED", "REQ_AUTHORIZATION", "CONDITIONAL", "NO_RESTRICTION")
    words = [word for word in (said.get("AC", "").upper(), said.get("AY", "").upper()) if word not in LESSER]
    types = [TYPE.get(word, "CONDITIONAL") for word in words] or ["CONDITIONAL"]
    kind = min(types, key=order.index)
    notes.append(f"{place}: class {' '.join(words) or 'unknown'} is read as {kind}")
    return kind


def _layer(said: dict[str, str], place: str, notes: list[str]) -> Tree:
    layer: Tree = {"uom": "ft"}
    for key, end in (("AL", "lower"), ("AH", "upper")):
        height = _limit(said.get(key, ""), key, end, place, notes)
        if height is not None:
            layer |= {end: height[0], f"{end}Reference": height[1]}
    return layer


def _limit(value: str, key: str, end: str, place: str, notes: list[str]) -> tuple[float, str] | None:
    """Read one limit as feet and datum; None for none. A zone without one, or with an unreadable one, has none there."""
    word = value.upper().replace(",", "").strip()
    if word in {"", "SFC", "GND", "0"} | {"UNL", "UNLIM", "UNLIMITED", "UNLTD"}:
        return None
    if level := re.fullmatch(r"FL\s*(\d{1,3})(?:\s*(?:STD|ALT))?", word):
        feet = int(level[1]) * FLIGHT_LEVEL + (HIGH if end == "upper" else -LOW)
        notes.append(f"{place}: {key} {value} is read as {feet:g} ft above the sea, as far as the air's pressure may move it")
        return max(feet, 0.0), "AMSL"
    if not (read := LIMIT.fullmatch(word)):
        notes.append(f"{place}: {key} {value[:40]!r} is read as no limit: it is no height that is known here")
        return None
    datum = "AGL" if read[3] in {"AGL", "ASFC", "SFC", "GND"} else "AMSL"
    return round(float(read[1]) / (0.3048 if read[2] == "M" else 1.0), 3), datum


def _identifier(name: str, taken: set[str]) -> str:
    """Give a name of at most seven characters that nobody has yet: the area's number, or its first letters, counted on."""
    numbered = NUMBERED.search(name.upper())
    whole = "".join(numbered.groups()) if numbered else re.sub(r"[^A-Za-z0-9]", "", name)[:7]
    whole, turn = whole or "ZONE", 1
    identifier = whole[:7]
    while identifier in taken:
        turn += 1
        identifier = f"{whole[: 6 - len(str(turn))]}-{turn}"
    taken.add(identifier)
    return identifier
