"""What a page says on the stream, message by message."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from fusion.messages import Record

Tag = Annotated[int, Meta(ge=0, le=2**53)]
Milliseconds = Annotated[int, Meta(ge=0, le=2**43)]
Name = Annotated[str, Meta(max_length=64)]
Speed = Annotated[float, Meta(ge=1.0, le=16.0)]


class Resume(Record, tag="resume", tag_field="type", kw_only=True):
    """What the client has."""

    epoch: Name | None
    alerts: Tag


class Ack(Record, tag="ack", tag_field="type", kw_only=True):
    """A frame that is drawn."""

    seq: Tag


class Watch(Record, tag="watch", tag_field="type", kw_only=True):
    """A track of which all is wanted."""

    track: Name | None


class Ping(Record, tag="ping", tag_field="type", kw_only=True):
    """A question after the time."""

    id: Tag


class Play(Record, tag="play", tag_field="type", kw_only=True):
    """Go on, so many times as fast as it was."""

    speed: Speed


class Pause(Record, tag="pause", tag_field="type", kw_only=True):
    """Stand still."""


class Seek(Record, tag="seek", tag_field="type", kw_only=True):
    """Stand at another time, ms since 1970."""

    time: Milliseconds


class Jump(Record, tag="jump", tag_field="type", kw_only=True):
    """Stand where an alert is about to be raised."""

    alert: Name


Said = Resume | Ack | Watch | Ping
Asked = Play | Pause | Seek | Jump
"""What can be said of a clock besides, where there is one."""

SAID = msgspec.json.Decoder(Said)
SAID_OF_CLOCK = msgspec.json.Decoder(Said | Asked)
