"""The message types of BSI Flex 335 v2.0, imported where they are used: the package is an extra (`vigie[sapient]`)."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from fusion.errors import DecodeError

MISSING = "SAPIENT needs the package sapient-msg, which is not installed; expected vigie[sapient]"

ICD = "BSI Flex 335 v2.0"

MOST_BYTES = 1 << 20
"""Of one message."""


@cache
def types(name: str) -> Any:
    """Give a module of the schema: types("task").Task; raise ImportError where the package is not installed."""
    return import_module(f"sapient_msg.bsi_flex_335_v2_0.{name}_pb2")


@cache
def options() -> Any:
    """Give the schema's own annotations: what is mandatory, what is a ULID or a UUID."""
    return import_module("sapient_msg.proto_options_pb2")


def parse(frame: bytes) -> Any:
    """Read a SapientMessage, not yet validated; raise DecodeError where the bytes are none."""
    try:
        message = types("sapient_message").SapientMessage()
    except ImportError as error:
        raise DecodeError(MISSING) from error
    from google.protobuf.message import DecodeError as BrokenError  # noqa: PLC0415  (comes with the extra)

    if len(frame) > MOST_BYTES:
        raise DecodeError(f"message: has {len(frame)} bytes; expected at most {MOST_BYTES}")
    try:
        message.ParseFromString(frame)
    except BrokenError as error:
        raise DecodeError(f"message: is no SapientMessage: {error}") from error
    return message
