"""MAVLink's frames, versions 1 and 2: bytes to messages of the few kinds that say who and where, and back.

    1   0xFE, length, sequence, system, component, message (1), payload, checksum (2)
    2   0xFD, length, flags that must be understood, flags that need not be, sequence, system, component, message (3),
        payload without the noughts at its end, checksum (2), signature (13) where flag 1 says so

Little-endian. The checksum (CRC-16/MCRF4XX) goes over all but the first byte, and over a byte of the message's own that stands
for its layout, so only kinds that are known can be checked: others are passed by. Not implemented: signatures are not verified
(the keys are the drones' own), fields of message kinds that are not in `KINDS`.
"""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

from fusion.errors import DecodeError

ONE, TWO = 0xFE, 0xFD
SIGNED = 1
"""The one flag of version 2 that must be understood and is."""

LONGEST = 12 + 255 + 13
"""Bytes of a frame at most."""

SYSTEM_TIME, ATTITUDE, GLOBAL_POSITION_INT = 2, 30, 33
BASIC_ID, LOCATION, SYSTEM, OPERATOR_ID, PACK = 12_900, 12_901, 12_904, 12_905, 12_915


class Kind(NamedTuple):
    """How one kind of message is laid out."""

    check: int  # the byte that stands for the layout
    layout: struct.Struct


KINDS = {
    SYSTEM_TIME: Kind(137, struct.Struct("<QI")),
    ATTITUDE: Kind(39, struct.Struct("<Iffffff")),
    GLOBAL_POSITION_INT: Kind(104, struct.Struct("<IiiiihhhH")),
    BASIC_ID: Kind(114, struct.Struct("<BB20sBB20s")),
    LOCATION: Kind(254, struct.Struct("<iiffffHHhBB20sBBBBBBB")),
    SYSTEM: Kind(77, struct.Struct("<iifffIHHBB20sBBBB")),
    OPERATOR_ID: Kind(49, struct.Struct("<BB20sB20s")),
    PACK: Kind(94, struct.Struct("<BB20sBB225s")),
}
"""Of the dialect common.xml; fields go by size, the largest first."""


class Message(NamedTuple):
    """What one frame said."""

    system: int  # the vehicle's number on its network
    kind: int
    fields: tuple[Any, ...]


def length(head: bytes) -> int | None:
    """Give how long the frame is that begins so, all of it; None where that is not told yet."""
    if head[0] == ONE:
        return 8 + head[1] if len(head) > 1 else None
    return 12 + head[1] + (13 if head[2] & SIGNED else 0) if len(head) > 2 else None


def begins(content: bytes, at: int) -> int:
    """Give where the next frame may begin; the end where none does."""
    places = [place for place in (content.find(bytes([first]), at) for first in (ONE, TWO)) if place >= 0]
    return min(places, default=len(content))


def decode(content: bytes) -> tuple[list[Message], list[str]]:
    """Read frames one after the other; give the messages that are known, and what could not be read."""
    found, faults, at = list[Message](), list[str](), 0
    while at < len(content):
        start = begins(content, at)
        if start > at:
            faults.append(f"byte {at}: {start - at} bytes are of no frame")
            at = start
            continue
        size = length(content[at : at + 3])
        if size is None or at + size > len(content):
            faults.append(f"byte {at}: a frame ends in its middle")
            break
        try:
            message = _message(content[at : at + size])
        except DecodeError as error:
            faults.append(f"byte {at}: {error}")
        else:
            found += [message] if message is not None else []
        at += size
    return found, faults


def _message(frame: bytes) -> Message | None:
    """Read one frame; None where its kind is not known."""
    if frame[0] == ONE:
        system, number, payload = frame[3], frame[5], frame[6 : 6 + frame[1]]
    else:
        if frame[2] & ~SIGNED:
            raise DecodeError(f"frame.incompat_flags: {frame[2]:#04x} has flags that are not known")
        system, number, payload = frame[5], int.from_bytes(frame[7:10], "little"), frame[10 : 10 + frame[1]]
    kind = KINDS.get(number)
    if kind is None:
        return None
    told = 6 + frame[1] if frame[0] == ONE else 10 + frame[1]
    if checksum(frame[1:told] + bytes([kind.check])) != int.from_bytes(frame[told : told + 2], "little"):
        raise DecodeError(f"message {number}: its checksum is wrong")
    if frame[0] == ONE and len(payload) < kind.layout.size:
        raise DecodeError(f"message {number}: has {len(payload)} bytes; expected {kind.layout.size}")
    return Message(system, number, kind.layout.unpack(payload[: kind.layout.size].ljust(kind.layout.size, b"\0")))


def encode(message: Message, sequence: int = 0, component: int = 1) -> bytes:
    """Write a frame of version 2 without a signature."""
    kind = KINDS[message.kind]
    payload = kind.layout.pack(*message.fields).rstrip(b"\0") or b"\0"
    head = bytes([len(payload), 0, 0, sequence & 0xFF, message.system, component]) + message.kind.to_bytes(3, "little")
    check = checksum(head + payload + bytes([kind.check]))
    return bytes([TWO]) + head + payload + check.to_bytes(2, "little")


def checksum(content: bytes) -> int:
    """Give the CRC-16/MCRF4XX: polynomial 0x1021, reflected, beginning with ones."""
    register = 0xFFFF
    for byte in content:
        register = register >> 8 ^ _TABLE[(register ^ byte) & 0xFF]
    return register


def _entry(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (0x8408 if byte & 1 else 0)
    return byte


_TABLE = tuple(_entry(byte) for byte in range(256))
