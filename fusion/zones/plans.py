"""Which plan's zones are in force: plan A until somebody says otherwise, by one message."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from fusion.errors import DecodeError
from fusion.messages import Record

FIRST = ""
"""The plan of a site that has none."""


class ZonePlan(Record, kw_only=True):
    """Which plan is in force from now on, who says so and why."""

    plan: Annotated[str, Meta(max_length=64)]
    who: Annotated[str, Meta(pattern=r"\S", max_length=128)]
    why: Annotated[str, Meta(pattern=r"\S", max_length=500)]


_decoder = msgspec.json.Decoder(ZonePlan)


def decode_plan(payload: bytes, known: tuple[str, ...]) -> str:
    """Read which plan is in force, the first where the payload is empty; raise DecodeError saying what is wrong."""
    if not payload:
        return known[0]
    try:
        said = _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise DecodeError(f"zone plan: {error}") from error
    if said.plan not in known or said.plan == FIRST:
        raise DecodeError(
            f"zone plan: plan: {said.plan!r} is not one of this site's; expected {', '.join(filter(None, known)) or 'none'}"
        )
    return said.plan
