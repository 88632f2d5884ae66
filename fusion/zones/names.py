"""The names by which a claim is told, and how they are compared."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from fusion.messages import Identity

Text = Annotated[str, Meta(pattern=r"\S", max_length=128)]  # a blank one would match every claim that lacks it

EXACT = ("serial", "icao24", "registration", "callsign")
"""What a claim is told by, the airframe before the flight."""


def name_of(identity: Identity) -> str | None:
    """Give the word by which a person would call a claimed identity."""
    return next((name for field in (*EXACT, "operator") if (name := getattr(identity, field))), None)


def plain(name: str | None) -> str:
    """Bring a name into the one spelling that is compared: receivers differ in case and padding."""
    return (name or "").strip().upper()
