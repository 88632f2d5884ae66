"""How an Output becomes the bytes that integrators read: one encoding, for the wire, the journal and replays alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec

from fusion.messages import (
    AlertMessage,
    Output,
    PictureMessage,
    Rejected,
    StatusMessage,
    TrackMessage,
    TracksMessage,
    ZoneStateMessage,
)

T = TypeVar("T", PictureMessage, Rejected, StatusMessage)

_encoder = msgspec.json.Encoder()


def payload(output: Output) -> bytes:
    """Encode an Output as the JSON of its topic (design §3); empty bytes clear a retained topic.

    The tag that tells Outputs apart inside the service does not leave it. Raises ValueError where a number is not finite:
    msgspec would write it as `null`, and that is our mistake, not the reader's.
    """
    match output:
        case TracksMessage():
            return _finite(_encoder.encode(output.tracks))
        case TrackMessage() | ZoneStateMessage():
            return b"" if output.state is None else _finite(_encoder.encode(output.state))
        case AlertMessage():
            return b"" if output.archived else _finite(_encoder.encode(output.alert))
        case _:
            return _encoder.encode(_untagged(output))


def untagged(encoded: bytes, kind: type[T]) -> T:
    """Read a message whose tag stayed inside the service; raise msgspec.DecodeError where it is none of its kind."""
    said = msgspec.json.decode(encoded, type=dict[str, Any])
    return msgspec.convert(said | {"type": kind.__struct_config__.tag}, kind)


def _untagged(record: msgspec.Struct) -> dict[str, Any]:
    return dict(zip(record.__struct_encode_fields__, msgspec.structs.astuple(record), strict=True))


def _finite(encoded: bytes) -> bytes:
    """Pass on what holds no `null`: in these records what is unknown is left out, so a null was a NaN or an infinity."""
    if b"null" in encoded and any(value is None for value in _leaves(msgspec.json.decode(encoded))):
        raise ValueError(f"a number is not finite in {encoded.decode()}")
    return encoded


def _leaves(tree: Any) -> Iterator[Any]:
    """Give every value of a decoded JSON text that is not an array or an object."""
    if isinstance(tree, dict | list):
        for branch in tree.values() if isinstance(tree, dict) else tree:
            yield from _leaves(branch)
    else:
        yield tree
