"""What of a text XML can hold."""

from __future__ import annotations


def legible(text: str) -> str:
    """Leave out what XML has no way to say: a drone's serial may hold any character."""
    return "".join(c for c in text if c >= " " and c not in "\ufffe\uffff" and not "\ud800" <= c <= "\udfff")
