"""What is wrong with a message, by the schema's own validation options: every fault by its path, not the first alone."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from fusion.messages import SECOND
from sensors.sapient import schema

MOST_FAULTS = 50
"""Named of one message: a sender that is wrong everywhere needs no more to begin with."""

DEEPEST = 40
"""Messages within messages that are followed; protobuf itself refuses more than 100."""

ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

EARLIEST_S, LATEST_S = 0.9, 0.1
"""s that a message's time may lie before its arrival, and after."""


class Rules(NamedTuple):
    """What the schema asks of one type of message."""

    mandatory: tuple[str, ...]
    choices: tuple[str, ...]  # oneofs of which one must be there
    patterns: dict[str, tuple[re.Pattern[str], str]]
    enums: dict[str, dict[int, str]]


@cache
def _rules(descriptor: Any) -> Rules:
    options = schema.options()
    mandatory, patterns, enums = [], {}, {}
    for field in descriptor.fields:
        told = field.GetOptions().Extensions[options.field_options]
        if told.is_mandatory:
            mandatory.append(field.name)
        if told.is_ulid:
            patterns[field.name] = ULID, "a ULID of 26 capitals and digits"
        if told.is_uuid:
            patterns[field.name] = UUID, "a UUID of version 4 in lower case"
        if field.enum_type is not None:
            enums[field.name] = {value.number: value.name for value in field.enum_type.values}
    choices = [one.name for one in descriptor.oneofs if one.GetOptions().Extensions[options.oneof_options].is_mandatory]
    return Rules(tuple(mandatory), tuple(choices), patterns, enums)


def faults(message: Any) -> list[str]:
    """Name what is wrong with a message, at most MOST_FAULTS; none: it is valid."""
    found = []
    for fault in _faults(message, "", DEEPEST):
        found.append(fault)
        if len(found) == MOST_FAULTS:
            break
    return found


def _faults(message: Any, path: str, depth: int) -> Iterator[str]:
    rules, told = _rules(message.DESCRIPTOR), {field.name: value for field, value in message.ListFields()}
    for name in rules.mandatory:
        if name not in told:
            yield f"{path}{name}: is missing"
    for name in rules.choices:
        if message.WhichOneof(name) is None:
            members = ", ".join(field.name for field in message.DESCRIPTOR.oneofs_by_name[name].fields)
            yield f"{path}{name}: is missing; expected one of {members}"
    if "timestamp" in told and message.DESCRIPTOR.name == "SapientMessage" and time_of(message) is None:
        yield f"{path}timestamp: is no time"
    for name, value in told.items():
        for where, one in _each(f"{path}{name}", value):
            if hasattr(one, "DESCRIPTOR"):
                yield from _faults(one, f"{where}.", depth - 1) if depth else [f"{where}: is nested too deep"]
            elif fault := _fault(rules, name, one):
                yield f"{where}: {fault}"


def _each(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, str | bytes | int | float) or hasattr(value, "DESCRIPTOR"):
        yield path, value
    else:
        yield from ((f"{path}[{i}]", one) for i, one in enumerate(value))


def _fault(rules: Rules, name: str, value: Any) -> str | None:
    """Say what is wrong with one value that is no message."""
    if name in rules.patterns:
        pattern, expected = rules.patterns[name]
        return None if pattern.fullmatch(value) else f"is {value[:60]!r}; expected {expected}"
    if name in rules.enums:
        names = rules.enums[name]
        if value in names and (value or name not in rules.mandatory):
            return None
        return f"is {names.get(value, value)}; expected {', '.join(text for number, text in names.items() if number)}"
    if isinstance(value, float) and not math.isfinite(value):
        return f"is {value}; expected a finite number"
    return None


def time_of(message: Any) -> int | None:
    """Give when a message says that it was sent (ns); None where that is no time of this age."""
    stamp = message.timestamp
    if not (0 < stamp.seconds < 1 << 33 and 0 <= stamp.nanos < SECOND):
        return None
    return int(stamp.seconds) * SECOND + int(stamp.nanos)


def untimely(message: Any, received: int) -> str | None:
    """Say by how much a message's time is off where the standard's limits do not allow it."""
    if (time := time_of(message)) is None:
        return None
    ahead = (time - received) / SECOND
    if -EARLIEST_S <= ahead <= LATEST_S:
        return None
    return f"timestamp: is {ahead:+.3f} s from when it was received; expected -{EARLIEST_S:g} to +{LATEST_S:g} s"
