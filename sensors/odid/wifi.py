"""Remote ID by Wi-Fi: a frame of IEEE 802.11 to its sender and what it says of itself.

    0–1 frame control (beacon 80 00, action D0 00)   10–15 sender   24 … the body
    beacon: 36 … elements of id, length, content. 0xDD is a vendor's: FA:0B:BC, type 0x0D, counter, pack (ASTM F3411), or
    6A:5C:35, type 0x01 and what `french` reads
    action: 04 09 50:6F:9A 13, then NAN attributes of id, length (2, little-endian), content. 3 is the service descriptor: service
    88:69:19:9D:92:09, instances (2), control, [binding bitmap (2)], [filters, each with its length], length, counter, pack

A frame may come with its radiotap header, which says whether its check sequence (CRC-32) stands at its end and whether it is
right; without one, four bytes at the end that are the right check sequence are taken as one. A frame with a wrong one is refused.

Not implemented: what a receiver adds (channel, strength); DJI's own DroneID, whose elements are passed over.
"""

from __future__ import annotations

import zlib
from typing import NamedTuple

from fusion.errors import DecodeError
from sensors.odid import french, messages
from sensors.odid.french import Signalement
from sensors.odid.messages import Message

BEACON, ACTION = 0x80, 0xD0
BODY, ELEMENTS = 24, 36
VENDOR = 0xDD
ASTM, FRENCH = b"\xfa\x0b\xbc\x0d", b"\x6a\x5c\x35\x01"
NAN = b"\x04\x09\x50\x6f\x9a\x13"
SERVICE_DESCRIPTOR, SERVICE = 3, bytes.fromhex("8869199d9209")
"""The first six bytes of SHA-256 of "org.opendroneid.remoteid"."""

BITMAP, FILTER, RESPONSE, INFO = 0x40, 0x04, 0x08, 0x10
"""Flags of a service descriptor's control: what it has of binding bitmap, matching filter, response filter and information."""

TIMER, FLAGS = 1, 2
"""Radiotap's first two fields: a timer of 8 bytes, and the flags."""
HAS_CHECK, BAD_CHECK = 0x10, 0x40


class Heard(NamedTuple):
    """What one frame says."""

    address: str
    messages: list[Message]
    signalement: Signalement | None


def decode(frame: bytes) -> Heard:
    """Read a frame, with its radiotap header or without; what has nothing of Remote ID says nothing."""
    frame = _checked(frame)
    if len(frame) < BODY:
        raise DecodeError(f"frame: has {len(frame)} bytes; expected {BODY} at least")
    address = frame[10:16].hex(":")
    if frame[0] == BEACON:
        return _beacon(address, frame)
    if frame[0] == ACTION:
        return Heard(address, _action(frame[BODY:]), None)
    raise DecodeError(f"frame: is of type {frame[0]:#04x}; expected a beacon (0x80) or an action frame (0xd0)")


def encode_beacon(address: str, pack: bytes | None, told: Signalement | None = None, counter: int = 0) -> bytes:
    """Write a beacon with a pack, with what French law asks for, or with both."""
    elements = b"\x00\x00" + b"\x01\x04\x82\x84\x8b\x96"
    if pack is not None:
        elements += _element(ASTM + bytes([counter & 0xFF]) + pack)
    if told is not None:
        elements += _element(FRENCH + french.encode(told))
    return _head(BEACON, address) + bytes(8) + b"\x64\x00\x01\x04" + elements


def encode_nan(address: str, pack: bytes, counter: int = 0) -> bytes:
    """Write a NAN service discovery frame with a pack."""
    information = bytes([counter & 0xFF]) + pack
    descriptor = SERVICE + bytes([1, 0, INFO, len(information)]) + information
    attribute = bytes([SERVICE_DESCRIPTOR]) + len(descriptor).to_bytes(2, "little") + descriptor
    return _head(ACTION, address) + NAN + attribute


def check(frame: bytes) -> bytes:
    """Give a frame's check sequence."""
    return zlib.crc32(frame).to_bytes(4, "little")


def _head(kind: int, address: str) -> bytes:
    own = bytes.fromhex(address.replace(":", ""))
    to = b"\xff" * 6 if kind == BEACON else bytes.fromhex("516f9a010000")
    return bytes([kind, 0, 0, 0]) + to + own + own + bytes(2)


def _element(content: bytes) -> bytes:
    return bytes([VENDOR, len(content)]) + content


def _checked(frame: bytes) -> bytes:
    """Take off a radiotap header and a check sequence; raise DecodeError where that is wrong."""
    told = None
    if frame[:1] == b"\0":
        frame, told = _radiotap(frame)
    if told is None:
        return frame[:-4] if check(frame[:-4]) == frame[-4:] else frame
    if told & BAD_CHECK:
        raise DecodeError("frame: its receiver found the check sequence wrong")
    if not told & HAS_CHECK:
        return frame
    if check(frame[:-4]) != frame[-4:]:
        raise DecodeError("frame: its check sequence is wrong")
    return frame[:-4]


def _radiotap(frame: bytes) -> tuple[bytes, int]:
    """Give the frame behind a radiotap header, and the header's flags."""
    length = int.from_bytes(frame[2:4], "little")
    if len(frame) < 8 or not 8 <= length <= len(frame):
        raise DecodeError(f"radiotap: its length is {length}; expected 8 to {len(frame)}")
    present, at = int.from_bytes(frame[4:8], "little"), 4
    more = present
    while more >> 31:  # further words of what is present follow
        at += 4
        if at + 4 > length:
            raise DecodeError("radiotap: says that more follows than its length")
        more = int.from_bytes(frame[at : at + 4], "little")
    at += 4
    if present & TIMER:
        at = (at + 7) // 8 * 8 + 8
    flags = frame[at] if present & FLAGS and at < length else 0
    return frame[length:], flags


def _beacon(address: str, frame: bytes) -> Heard:
    found: list[Message] = []
    told: Signalement | None = None
    at = ELEMENTS
    while at < len(frame):
        if at + 2 > len(frame) or at + 2 + frame[at + 1] > len(frame):
            raise DecodeError(f"frame: element {frame[at]} runs past the end")
        content = frame[at + 2 : at + 2 + frame[at + 1]]
        if frame[at] == VENDOR and content[:4] == ASTM:
            found += messages.decode(content[5:])
        elif frame[at] == VENDOR and content[:4] == FRENCH:
            told = french.decode(content[4:])
        at += 2 + len(content)
    return Heard(address, found, told)


def _action(body: bytes) -> list[Message]:
    if body[: len(NAN)] != NAN:
        return []
    found: list[Message] = []
    at = len(NAN)
    while at < len(body):
        size = int.from_bytes(body[at + 1 : at + 3], "little")
        if at + 3 + size > len(body):
            raise DecodeError(f"frame: NAN attribute {body[at]} runs past the end")
        content = body[at + 3 : at + 3 + size]
        if body[at] == SERVICE_DESCRIPTOR and content[:6] == SERVICE:
            found += _service(content)
        at += 3 + size
    return found


def _service(descriptor: bytes) -> list[Message]:
    if len(descriptor) < 9:
        raise DecodeError(f"frame: its service descriptor has {len(descriptor)} bytes; expected 9 at least")
    control, at = descriptor[8], 9
    at += 2 * bool(control & BITMAP)
    for flag in (FILTER, RESPONSE):
        if control & flag:
            at += 1 + (descriptor[at] if at < len(descriptor) else 0)
    if not control & INFO:
        return []
    if at >= len(descriptor) or at + 1 + descriptor[at] > len(descriptor) or not descriptor[at]:
        raise DecodeError("frame: its service information runs past the end")
    return messages.decode(descriptor[at + 2 : at + 1 + descriptor[at]])
