"""The names by which a claim is told, and how they are compared."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from fusion.messages import Identity

Text = Annotated[str, Meta(pattern=r"\S", max_length=128)]  # a blank one would match every claim that lacks it

EXACT = ("serial", "icao24", "registration", "callsign")
"""What a claim is told by, the airframe before the flight."""


TOLD_BY = (*EXACT, "operator")


def name_of(identity: Identity) -> str | None:
    """Give the word by which a person would call a claimed identity."""
    for field in TOLD_BY:
        name: str | None = getattr(identity, field)
        if name:
            return name
    return None


def plain(name: str | None) -> str:
    """Bring a name into the one spelling that is compared: receivers differ in case and padding."""
    return (name or "").strip().upper()
