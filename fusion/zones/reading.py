"""What all readers of zone files share: trees into records, and refusals that name feature, field and value."""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

import msgspec

from fusion.config_file import Source, explain, short
from fusion.errors import ConfigError

T = TypeVar("T", bound=msgspec.Struct)


def read_tree(text: bytes | str, name: str) -> Any:
    """Read JSON; raise ConfigError where it is none."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise ConfigError(f"{name}: is not JSON: {error}") from error
    except RecursionError as error:
        raise ConfigError(f"{name}: is not a zone: nested a thousand levels deep") from error


def convert(tree: Any, table: type[T], place: str) -> T:
    """Convert a tree, or say what is wrong: feature, field, value, what was expected."""
    try:
        return msgspec.convert(tree, table)
    except msgspec.ValidationError as error:
        raise ConfigError(explain(str(error), tree, Source(place), table)[0]) from error


def refuse(place: str, field: str, value: object, why: str) -> NoReturn:
    """Refuse a value by its place."""
    raise ConfigError(f"{place}: {field}: {short(value)} {why}")


def called(identifier: Any) -> str:
    """Give an identifier for a person who looks for a fault, before anything is known to be right."""
    return f" ({identifier[:16]})" if isinstance(identifier, str) else ""
