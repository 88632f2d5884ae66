"""What a person may do about an alert: commands as they come on its topic."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from fusion.errors import DecodeError
from fusion.messages import Record, Time

Name = Annotated[str, Meta(pattern=r"\S", max_length=128)]
Why = Annotated[str, Meta(pattern=r"\S", max_length=1000)]


class Acknowledge(Record, tag="acknowledge", tag_field="command", kw_only=True):
    """I have seen it and take care of it."""

    who: Name
    why: Why | None = None


class Shelve(Record, tag="shelve", tag_field="command", kw_only=True):
    """Put it out of the way until a time, unless it gets worse."""

    who: Name
    why: Why
    until: Time


class Reject(Record, tag="reject", tag_field="command", kw_only=True):
    """It is a false alarm: close it, and do not raise it again while it lasts."""

    who: Name
    why: Why


class Annotate(Record, tag="annotate", tag_field="command", kw_only=True):
    """Write something beside it."""

    who: Name
    why: Why


class Hostile(Record, tag="hostile", tag_field="command", kw_only=True):
    """On my word its track, or a swarm's tracks, are hostile: nothing else ever calls them that."""

    who: Name
    why: Why


class NotHostile(Record, tag="not_hostile", tag_field="command", kw_only=True):
    """Its track, or a swarm's tracks, are hostile no longer."""

    who: Name
    why: Why


Command = Acknowledge | Shelve | Reject | Annotate | Hostile | NotHostile

_decoder = msgspec.json.Decoder(Command)


def decode_command(payload: bytes) -> Command:
    """Read a command, `{"command": "shelve", "who": …, "why": …, "until": …}`; raise DecodeError saying what is wrong."""
    try:
        command: Command = _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise DecodeError(f"alert command: {error}") from error
    except RecursionError as error:
        raise DecodeError("alert command: nested deeper than any command") from error
    return command
