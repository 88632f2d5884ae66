"""CloudEvents 1.0 attributes of what leaves, as MQTT 5 properties: the MQTT binding 1.0.2 in binary mode.

The payload stays as it is. `datacontenttype` is PUBLISH's Content Type; every other attribute is a User Property of its name.
`dataschema` is not said: no schema of ours has a public address, and `type` names the one in docs/schema. A message that only
empties a retained topic is no event and has none of this; nor has anything on MQTT 3.1.1, which knows no properties.

The bytes are written here (MQTT 5, §2.2.2) and not by paho's `Properties`, which checks and copies every attribute and takes ten
times as long: as long as all the rest of sending a message.
"""

from __future__ import annotations

import functools
from datetime import datetime
from typing import NamedTuple

import msgspec

ATTRIBUTES = {
    "specversion": "version of CloudEvents",
    "source": "the site: the head of its topics",
    "type": "the kind of message, `vigie.v1.` and its JSON Schema's name",
    "subject": "the track, alert or zone that it is about, where it is about one",
    "id": "with `source` unique; of an alert's revision always the same, however often it is sent",
    "time": "when it was true",
}
"""The User Properties of an event; `subject` alone may be missing."""

SPECVERSION = "1.0"

TYPES = "vigie.v1"
"""The head of every `type`: ours, and the version of the contract."""

JSON = "application/json"

CONTENT_TYPE, USER_PROPERTY = b"\x03", b"\x26"
"""Identifiers of the two properties (MQTT 5, table 2-4)."""

_time = msgspec.json.Encoder()  # RFC 3339 as in the payload, between quotation marks


class Event(NamedTuple):
    """What a message is as an event; its time is in UTC, as all of ours."""

    source: str
    type: str
    id: str
    time: datetime
    subject: str = ""


class Packed:
    """Properties of a PUBLISH as the bytes that they are on the wire."""

    def __init__(self, packed: bytes) -> None:
        self._packed = packed

    def pack(self) -> bytes:
        """Give the length and what follows, as paho asks for it."""
        return self._packed


def packed(event: Event) -> Packed:
    """Write an event's attributes as the properties of a PUBLISH."""
    said = _head(event.source, event.type) + _ID + _text(event.id) + _TIME + _text(_time.encode(event.time)[1:-1])
    if event.subject:
        said += _SUBJECT + _text(event.subject)
    return Packed(_length(len(said)) + said)


@functools.lru_cache(maxsize=64)
def _head(source: str, type_: str) -> bytes:
    """Write what is the same for all events of a type: a site has one source and a type for each row of `TOPICS`."""
    constant = _user("specversion", SPECVERSION) + _user("source", source) + _user("type", type_)
    return CONTENT_TYPE + _text(JSON) + constant


def _user(name: str, value: str) -> bytes:
    return USER_PROPERTY + _text(name) + _text(value)


def _text(text: str | bytes) -> bytes:
    """Write a UTF-8 string: two bytes of length before it (MQTT 5, §1.5.4)."""
    encoded = text.encode() if isinstance(text, str) else text
    return len(encoded).to_bytes(2) + encoded


def _length(number: int) -> bytes:
    """Write a variable byte integer: seven bits a byte, the lowest first (MQTT 5, §1.5.5)."""
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)


_ID, _TIME, _SUBJECT = (USER_PROPERTY + _text(name) for name in ("id", "time", "subject"))
