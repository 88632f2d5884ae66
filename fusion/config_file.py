"""Reads a site's TOML file and environment into the configuration tree, and explains by key and line what is wrong."""

from __future__ import annotations

import difflib
import itertools
import re
import tomllib
import types
import typing
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from fusion.config import Config
from fusion.config_checks import Key
from fusion.config_checks import contradictions as contradictions_of
from fusion.errors import ConfigError
from fusion.toml_lines import lines_of_keys

PREFIX = "VIGIE_"
SECRETS = {("mqtt", "password"): "password_file", ("console", "oidc", "client_secret"): "client_secret_file"}
"""Keys that may come from the environment or a file of their own, never from the configuration file; and what names that file."""

PASSWORD_IN_URL = re.compile(r"^[^/]+://[^/@]*:[^/@]+@|[?&]password=")
"""`postgresql://user:password@host/database`."""

T = TypeVar("T", bound=msgspec.Struct)


def load(path: Path, environment: Mapping[str, str]) -> Config:
    """Read the configuration at `path` with the environment's `VIGIE_…` over it; raise ConfigError naming every fault."""
    tree, source = read(path)
    return build(tree, environment, source)


def read(path: Path) -> tuple[dict[str, Any], Source]:
    """Read a TOML file as a tree, and where each of its keys stands; raise ConfigError where that is not possible."""
    try:
        text = path.read_text(encoding="utf-8")
        return tomllib.loads(text), Source(str(path), text)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is not TOML: {error}") from error


class Source:
    """A TOML text and where each of its keys stands."""

    def __init__(self, name: str, text: str = "") -> None:
        self.name = name
        self._lines = lines_of_keys(text)

    def where(self, key: Key) -> str:
        """Give `file, line N: ` for a key, or for the nearest table around it that has a line."""
        for length in range(len(key), 0, -1):
            if line := self._lines.get(key[:length]):
                return f"{self.name}, line {line}: {dotted(key)}"
        return f"{self.name}: {dotted(key)}"


def build(tree: dict[str, Any], environment: Mapping[str, str], source: Source) -> Config:
    """Turn a parsed tree and the environment into a Config, or raise ConfigError with one line a fault."""
    faults = [
        f"{source.where(secret)}: secrets stay out of this file; set {PREFIX}{'__'.join(secret).upper()} or {file}"
        for secret, file in sorted(SECRETS.items())
        if _get(tree, secret) is not None
    ]
    if PASSWORD_IN_URL.search(str(_get(tree, ("state", "journal")))):
        faults.append(
            f"{source.where(('state', 'journal'))}: has a password in it; secrets stay out of this file: use PGPASSFILE, or set "
            f"{PREFIX}STATE__JOURNAL"
        )
    for name in sorted(environment):
        if name.startswith(PREFIX):
            _override(tree, name, environment[name])
    return convert(tree, Config, source, contradictions_of, faults)


def convert(
    tree: dict[str, Any],
    table: type[T],
    source: Source,
    contradictions: Callable[[T], list[tuple[Key, str]]],
    known: list[str] | None = None,
) -> T:
    """Turn a parsed tree into a table, or raise ConfigError with one line a fault, after those already known."""
    faults = known or []
    while len(faults) < 20:
        try:
            value = msgspec.convert(tree, table)
        except msgspec.ValidationError as error:
            fault, key = explain(str(error), tree, source, table)
            faults.append(fault)
            if not _set_aside(tree, key, table):
                break
        else:
            faults += [f"{source.where(key)}: {text}" for key, text in contradictions(value)]
            break
    if faults:
        raise ConfigError("\n".join(faults))
    return value


def dotted(key: Key) -> str:
    """Write a key as a person would: `sensor[0].accuracy.range_m`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in key).lstrip(".")


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
        table = table_of(kind)
        if isinstance(part, int):
            kind = typing.get_args(bare(kind))[0]
        elif table is None:
            raise KeyError(part)
        else:
            kind = {field.encode_name: field.type for field in msgspec.structs.fields(table)}[part]
    return kind


def bare(kind: Any) -> Any:
    """Give a type without its Annotated."""
    while typing.get_origin(kind) is typing.Annotated:
        kind = typing.get_args(kind)[0]
    return kind


def table_of(kind: Any) -> type[msgspec.Struct] | None:
    """Find the table inside Annotated, Optional or tuple."""
    kind = bare(kind)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind
    if typing.get_origin(kind) in {typing.Union, types.UnionType, tuple}:
        return next((table for part in typing.get_args(kind) if (table := table_of(part))), None)
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
    return f"{source.where(key)}: {short(_get(tree, key))} is refused ({text}); expected {_expected(table, key)}", key


def _key_of_path(path: str) -> Key:
    return tuple(int(part[1]) if part[1] else part[2] for part in re.finditer(r"\[(\d+)\]|\.(\w+)", path))


def _fields(table: type[msgspec.Struct], key: Key) -> list[str]:
    inner = table_of(_type_at(table, list(key)))
    return [field.encode_name for field in msgspec.structs.fields(inner)] if inner else []


def _expected(table: type[msgspec.Struct], key: Key) -> str:
    """Say in words what a key takes; of a list's item, what the list takes."""
    keys = list(key)
    while keys and isinstance(keys[-1], int) and not table_of(_type_at(table, keys)):
        keys.pop()
    return describe(_type_at(table, keys))


def short(value: Any) -> str:
    """Quote a value in one line of an error, however long it is."""
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
        return " or ".join(describe(part) for part in arguments if part is not types.NoneType)
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


def _set_aside(tree: Any, key: Key, table: type[msgspec.Struct]) -> bool:
    """Put a faulty value out of the way, so that the next fault can be found; False where that is not possible."""
    holder = _get(tree, key[:-1])
    if not key or not isinstance(holder, dict):
        return False
    inner = table_of(_type_at(table, list(key[:-1])))
    if inner and any(field.encode_name == key[-1] and field.required for field in msgspec.structs.fields(inner)):
        stand_in = _stand_in(_type_at(table, list(key)), f"x{id(holder)}")
        if stand_in is None or holder.get(key[-1]) == stand_in:
            return False
        holder[key[-1]] = stand_in
        return True
    return holder.pop(key[-1], None) is not None


def _stand_in(kind: Any, word: str) -> Any:
    """Give a value that a required key takes, so that the rest can be read; None where there is no simple one."""
    metas = [meta for meta in getattr(kind, "__metadata__", ()) if isinstance(meta, msgspec.Meta)]
    inner = bare(kind)
    if typing.get_origin(inner) is typing.Literal:
        return typing.get_args(inner)[0]
    if inner in {int, float}:
        return next((low + 1 for meta in metas for low in (meta.ge, meta.gt) if low is not None), 0)
    return {str: word, datetime: datetime(2000, 1, 1, tzinfo=UTC)}.get(inner)
