"""Reads a site's TOML file and environment into the configuration tree, and explains by key and line what is wrong."""

from __future__ import annotations

import difflib
import itertools
import re
import tomllib
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from fusion.config import Config
from fusion.errors import ConfigError

PREFIX = "VIGIE_"
SECRETS = {("mqtt", "password")}
"""Keys that may come from the environment or a file of their own, never from the configuration file."""

Key = tuple[str | int, ...]


def load(path: Path, environment: Mapping[str, str]) -> Config:
    """Read the configuration at `path` with the environment's `VIGIE_…` over it; raise ConfigError naming every fault."""
    try:
        text = path.read_text(encoding="utf-8")
        tree = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is not TOML: {error}") from error
    return build(tree, environment, Source(str(path), text))


class Source:
    """A TOML text and where each of its keys stands."""

    def __init__(self, name: str, text: str = "") -> None:
        self.name = name
        self._lines = _lines_of_keys(text)

    def where(self, key: Key) -> str:
        """Give `file, line N: ` for a key, or for the nearest table around it that has a line."""
        for length in range(len(key), 0, -1):
            if line := self._lines.get(key[:length]):
                return f"{self.name}, line {line}: {dotted(key)}"
        return f"{self.name}: {dotted(key)}"


def build(tree: dict[str, Any], environment: Mapping[str, str], source: Source) -> Config:
    """Turn a parsed tree and the environment into a Config, or raise ConfigError with one line a fault."""
    faults = [
        f"{source.where(secret)}: secrets stay out of this file; set {PREFIX}{'__'.join(secret).upper()} or password_file"
        for secret in sorted(SECRETS)
        if _get(tree, secret) is not None
    ]
    for name in sorted(environment):
        if name.startswith(PREFIX):
            _override(tree, name, environment[name])
    while len(faults) < 20:
        try:
            config = msgspec.convert(tree, Config)
        except msgspec.ValidationError as error:
            fault, key = explain(str(error), tree, source, Config)
            faults.append(fault)
            if not _set_aside(tree, key):
                break
        else:
            faults += [f"{source.where(key)}: {text}" for key, text in _contradictions(config)]
            break
    if faults:
        raise ConfigError("\n".join(faults))
    return config


def dotted(key: Key) -> str:
    """Write a key as a person would: `sensor[0].accuracy.range_m`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in key).lstrip(".")


def _contradictions(config: Config) -> list[tuple[Key, str]]:
    """Find what no single key can be blamed for."""
    faults: list[tuple[Key, str]] = []
    seen: dict[str, int] = {}
    for i, sensor in enumerate(config.sensor):
        if sensor.id in seen:
            faults.append((("sensor", i, "id"), f"{sensor.id!r} names sensor[{seen[sensor.id]}] already; ids are unique"))
        seen.setdefault(sensor.id, i)
        if (sensor.latitude_deg is None) != (sensor.longitude_deg is None):
            faults.append((("sensor", i), "latitude_deg and longitude_deg belong together; give both or neither"))
        for axis in ("range_m", "elevation_deg"):
            limits = getattr(sensor.coverage, axis)
            if limits is not None and limits[0] >= limits[1]:
                faults.append((("sensor", i, "coverage", axis), f"{list(limits)} is empty; expected [from, to] with from < to"))
    if config.rules.release_probability >= config.rules.entry_probability:
        faults.append((("rules", "release_probability"), f"must be below entry_probability ({config.rules.entry_probability})"))
    if config.mqtt.tls_key and not config.mqtt.tls_certificate:
        faults.append((("mqtt", "tls_key"), "needs tls_certificate beside it"))
    return faults


def _override(tree: dict[str, Any], name: str, value: str) -> None:
    """Lay one environment variable over the tree: VIGIE_MQTT__HOST=… sets mqtt.host, VIGIE_SENSOR__0__PERIOD_S sensor[0]."""
    key: list[str | int] = [int(part) if part.isdigit() else part.lower() for part in name.removeprefix(PREFIX).split("__")]
    try:
        place: Any = tree
        for part, following in itertools.pairwise(key):
            place = place[part] if isinstance(place, list) or isinstance(following, int) else place.setdefault(part, {})
        place[key[-1]] = _parse(value, _type_at(Config, key))
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise ConfigError(f"{name}: there is no {dotted(tuple(key))} in the configuration") from error
    except (msgspec.MsgspecError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{name}: {value!r} does not fit {dotted(tuple(key))}: {error}") from error


def _parse(value: str, kind: Any) -> Any:
    """Read an environment string as the key's type: TOML for tables and lists, else the plain word."""
    if value[:1] in "[{":
        return tomllib.loads(f"value = {value}")["value"]
    return msgspec.to_builtins(msgspec.convert(value, kind, strict=False))


def _type_at(kind: Any, key: list[str | int]) -> Any:
    """Give the declared type of a key, with its limits; raise KeyError where there is none."""
    for part in key:
        table = _table_of(kind)
        if isinstance(part, int):
            kind = typing.get_args(_bare(kind))[0]
        elif table is None:
            raise KeyError(part)
        else:
            kind = {field.encode_name: field.type for field in msgspec.structs.fields(table)}[part]
    return kind


def _bare(kind: Any) -> Any:
    while typing.get_origin(kind) is typing.Annotated:
        kind = typing.get_args(kind)[0]
    return kind


def _table_of(kind: Any) -> type[msgspec.Struct] | None:
    """Find the table inside Annotated, Optional or tuple."""
    kind = _bare(kind)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind
    if typing.get_origin(kind) in {typing.Union, types.UnionType, tuple}:
        return next((table for part in typing.get_args(kind) if (table := _table_of(part))), None)
    return None


def explain(message: str, tree: Any, source: Source, table: type[msgspec.Struct]) -> tuple[str, Key]:
    """Turn msgspec's sentence into ours: file, line, key, value, what was expected; and give the key at fault."""
    text, _, path = message.partition(" - at `$")
    key = _key_of_path(path.rstrip("`"))
    if unknown := re.search(r"unknown field `(.+)`", text):
        known = _fields(table, key)
        close = difflib.get_close_matches(unknown[1], known, 1)
        hint = f"; did you mean {close[0]!r}?" if close else f"; known here: {', '.join(known)}"
        bad = (*key, unknown[1])
        return f"{source.where(bad)}: is not a key of this table{hint}", bad
    if missing := re.search(r"missing required field `(.+)`", text):
        key = (*key, missing[1])
        return f"{source.where(key)}: is missing; expected {_expected(table, key)}", key
    return f"{source.where(key)}: {_short(_get(tree, key))} is refused ({text}); expected {_expected(table, key)}", key


def _key_of_path(path: str) -> Key:
    return tuple(int(part[1]) if part[1] else part[2] for part in re.finditer(r"\[(\d+)\]|\.(\w+)", path))


def _fields(table: type[msgspec.Struct], key: Key) -> list[str]:
    inner = _table_of(_type_at(table, list(key)))
    return [field.encode_name for field in msgspec.structs.fields(inner)] if inner else []


def _expected(table: type[msgspec.Struct], key: Key) -> str:
    """Say in words what a key takes; of a list's item, what the list takes."""
    keys = list(key)
    while keys and isinstance(keys[-1], int) and not _table_of(_type_at(table, keys)):
        keys.pop()
    return describe(_type_at(table, keys))


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def describe(kind: Any) -> str:
    """Say in words what a type takes: `number from −90 to 90`, `"scans" or "detections-only"`."""
    low = high = pattern = None
    while typing.get_origin(kind) is typing.Annotated:
        for meta in kind.__metadata__:
            if isinstance(meta, msgspec.Meta):
                low = low or _bound(meta.ge, "from ") or _bound(meta.gt, "above ")
                high = high or _bound(meta.le, "to ") or _bound(meta.lt, "below ")
                pattern = pattern or meta.pattern
        kind = typing.get_args(kind)[0]
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Literal:
        return " or ".join(f'"{value}"' for value in arguments)
    if origin in {typing.Union, types.UnionType}:
        return describe(next(part for part in arguments if part is not types.NoneType))
    if origin is tuple:
        return (
            f"list of {describe(arguments[0])}"
            if arguments[-1] is ...
            else f"[{', '.join(describe(part) for part in arguments)}]"
        )
    names = {float: "number", int: "whole number", str: "text", bool: "true or false"}
    word = names.get(kind, "table")
    return " ".join(part for part in (word, low, high, f"matching {pattern}" if pattern else None) if part)


def _bound(value: float | None, word: str) -> str | None:
    return None if value is None else f"{word}{value:g}"


def _get(tree: Any, key: Key) -> Any:
    for part in key:
        try:
            tree = tree[part]
        except (KeyError, IndexError, TypeError):
            return None
    return tree


def _set_aside(tree: Any, key: Key) -> bool:
    """Put a faulty value out of the way, so that the next fault can be found; False where that is not possible."""
    holder = _get(tree, key[:-1])
    if not key or not isinstance(holder, dict):
        return False
    placeholder = {"name": "x", "kind": "x", "id": f"x{id(holder)}", "latitude_deg": 0.0, "longitude_deg": 0.0}
    required = (len(key) == 2 and key[0] == "site") or (len(key) == 3 and key[-1] in {"id", "kind"})
    if required and key[-1] in placeholder and holder.get(key[-1]) != placeholder[str(key[-1])]:
        holder[key[-1]] = placeholder[str(key[-1])]
        return True
    return holder.pop(key[-1], None) is not None


def _lines_of_keys(text: str) -> dict[Key, int]:
    """Find the line of every table header and plain key (dotted and inline ones count with their line's first key)."""
    lines: dict[Key, int] = {}
    table: Key = ()
    counts: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[\[\s*([\w.\-]+)\s*\]\]", line):
            counts[header[1]] = counts.get(header[1], -1) + 1
            table = (*header[1].split("."), counts[header[1]])
            lines[table] = number
        elif header := re.match(r"\s*\[\s*([\w.\-]+)\s*\]", line):
            table = tuple(header[1].split("."))
            if table[0] in counts:
                table = (table[0], counts[str(table[0])], *table[1:])
            lines[table] = number
        elif key := re.match(r"\s*([\w\-]+(?:\.[\w\-]+)*)\s*=", line):
            lines[(*table, *key[1].split("."))] = number
    return lines
