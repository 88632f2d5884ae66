"""SAPIENT's words for what something is, as ours, and ours as SAPIENT's."""

from __future__ import annotations

from typing import Any

WORDS = {
    "uav rotary wing": "multirotor",
    "uav fixed wing": "fixed_wing",
    "rotary wing uav": "multirotor",
    "fixed wing uav": "fixed_wing",
    "quadcopter": "multirotor",
    "multirotor": "multirotor",
    "rotary wing": "multirotor",
    "fixed wing": "fixed_wing",
    "bird": "bird",
    "avian": "bird",
    "manned rotary wing": "manned",
    "manned fixed wing": "manned",
    "manned aircraft": "manned",
    "manned": "manned",
    "helicopter": "manned",
    "human": "other",
    "person": "other",
    "land vehicle": "other",
    "sea vessel": "other",
    "water vehicle": "other",
    "animal": "other",
    "other": "other",
}
"""Of a class or sub-class, in small letters, `_` and `-` as blanks. A word that is not here stays as it is, and says nothing."""

OUTWARD = {
    "multirotor": ("Air Vehicle", "UAV Rotary Wing"),
    "fixed_wing": ("Air Vehicle", "UAV Fixed Wing"),
    "manned": ("Air Vehicle", "Manned Aircraft"),
    "bird": ("Animal", "Bird"),
    "other": ("Other", None),
}
"""Class and sub-class of each of ours."""

DEEPEST = 8
"""Levels of sub-classes that are read."""


def classes_of(told: Any) -> dict[str, float] | None:
    """Give the probability of each class that a report names, by our word where we have one.

    A confidence is of the class itself, not of it within the one above; what a class has and its sub-classes do not is left
    to the class. A confidence that is not told is all there is: 1, or what the class above has, shared alike.
    """
    shares: dict[str, float] = {}
    for one in told:
        _share(shares, one, _confidence(one, 1.0), "", DEEPEST)
    total = sum(shares.values())
    if total <= 0.0:
        return None
    return {word: share / max(total, 1.0) for word, share in shares.items()}


def _share(shares: dict[str, float], one: Any, confidence: float, above: str, depth: int) -> None:
    """Give a class's confidence to its sub-classes, and what they leave to its own word, or to the one above."""
    spaced = one.type.lower().replace("_", " ").replace("-", " ").strip()
    word = WORDS.get(spaced) or above or one.type[:128]
    left = confidence
    below = one.sub_class if depth else ()
    for sub in below:
        part = min(_confidence(sub, confidence / len(below)), left)
        _share(shares, sub, part, WORDS.get(spaced, ""), depth - 1)
        left -= part
    if left > 1e-6 * confidence:
        shares[word] = shares.get(word, 0.0) + left


def _confidence(one: Any, default: float) -> float:
    return min(max(one.confidence, 0.0), 1.0) if one.HasField("confidence") else default


def write(classes: dict[str, float], into: Any) -> None:
    """Write classes as SAPIENT's, those that share a class as its sub-classes."""
    written: dict[str, Any] = {}
    for word, share in classes.items():
        name, sub = OUTWARD.get(word, (word, None))
        if (one := written.get(name)) is None:
            one = written[name] = into.add(type=name, confidence=0.0)
        one.confidence = min(one.confidence + share, 1.0)
        if sub is not None:
            one.sub_class.add(type=sub, confidence=share, level=1)
