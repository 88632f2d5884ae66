"""What in a message may lead to a person, found by its key: where a pilot is, and who a drone says it is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, Literal

Kind = Literal["pilot", "identity"]

KINDS: tuple[Kind, ...] = ("pilot", "identity")

LEFT_OUT = "…"
"""What stands for a name in a sentence."""

NAME = 4
"""Characters of a name that is looked for in sentences; a shorter one would be found in words that are none."""


WHERE = ("position", "grid", "velocity", "covariance", "bearing", "speed_mps", "course_deg", "sensors")
"""What of a track tells where it is."""


def withheld(tree: Any, what: Collection[str]) -> Any:
    """Give a decoded JSON text without what a receiver is not to know: "pilot", "identity", "friendly" (where those are)."""
    told = _without_friendly_places(tree) if "friendly" in what else tree
    return without(told, [one for one in KINDS if one in what])


def kind_of(key: str) -> Kind | None:
    """Tell what of a person stands under a key; None for what is nobody's."""
    if "pilot" in key:
        return "pilot"
    return "identity" if key == "identity" else None


def without(tree: Any, kinds: Collection[Kind]) -> Any:
    """Give a decoded JSON text without what is of some kinds, and its names out of every sentence."""
    names = pattern(names_in(tree)) if "identity" in kinds else None
    return stripped(tree, kinds, names)


def names_in(tree: Any) -> set[str]:
    """Give every name by which a drone or its operator is called anywhere in a decoded JSON text."""
    return {
        name for identity in _identities(tree) for key, name in identity.items() if key != "strength" and isinstance(name, str)
    }


def pattern(names: Collection[str]) -> re.Pattern[str] | None:
    """Give what finds names in sentences, however they are spelled; None where there is none to find."""
    long = sorted((name for name in names if len(name) >= NAME), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, long)), re.IGNORECASE) if long else None


def stripped(tree: Any, kinds: Collection[Kind], names: re.Pattern[str] | None) -> Any:
    """Give a decoded JSON text without what is of some kinds, and without what `names` finds in its sentences."""
    match tree:
        case dict():
            return {key: stripped(value, kinds, names) for key, value in tree.items() if kind_of(key) not in kinds}
        case list() | tuple():
            return [stripped(value, kinds, names) for value in tree]
        case str() if names is not None:
            return names.sub(LEFT_OUT, tree)
        case _:
            return tree


def _identities(tree: Any) -> Iterator[dict[str, Any]]:
    branches = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list | tuple) else ()
    if isinstance(tree, dict) and isinstance(tree.get("identity"), dict):
        yield tree["identity"]
    for branch in branches:
        yield from _identities(branch)


def _without_friendly_places(tree: Any) -> Any:
    """Leave out where friendly drones are; that they are there, and why it is told, stays."""
    match tree:
        case dict():
            hidden = WHERE if tree.get("verdict") == "friendly" else ()
            return {key: _without_friendly_places(value) for key, value in tree.items() if key not in hidden}
        case list() | tuple():
            return [_without_friendly_places(value) for value in tree]
        case _:
            return tree
