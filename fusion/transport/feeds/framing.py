"""Cuts a stream of bytes into frames, whatever pieces it comes in; what is begun and not yet whole is bounded."""

from __future__ import annotations

from typing import Protocol

from fusion.config_edge import Framing
from fusion.transport.feeds.feed import MOST_BYTES
from sensors.mavlink.frames import begins, length

TAK = 0xBF
"""How a message of the TAK protocol begins."""

EVENT_ENDS = b"</event>"


class TooLongError(Exception):
    """A frame is longer than any is: the stream cannot be followed any further."""


class Cutter(Protocol):
    """What one way of framing does."""

    @property
    def begun(self) -> bool:
        """Whether a frame has begun that is not whole yet."""

    def cut(self, piece: bytes) -> list[bytes]:
        """Take what came; give the frames that are whole now, or raise TooLongError."""


class Lines:
    """Whole lines, all that came together as one frame: what reads them finds its lines itself."""

    def __init__(self) -> None:
        self._rest = b""

    @property
    def begun(self) -> bool:
        """Whether a line has begun."""
        return bool(self._rest)

    def cut(self, piece: bytes) -> list[bytes]:
        """Give what ends with the last line end."""
        whole, end, self._rest = (self._rest + piece).rpartition(b"\n")
        if len(self._rest) > MOST_BYTES:
            raise TooLongError(f"a line of more than {MOST_BYTES} bytes came")
        return [whole + end] if end else []


class Lengths:
    """A head that tells how long the frame is, before each."""

    def __init__(self, head: slice, order: str, *, kept: bool) -> None:
        """`head`: where the length stands; `kept`: it counts the head, which is part of the frame."""
        self._head, self._order, self._kept = head, order, kept
        self._rest = bytearray()

    @property
    def begun(self) -> bool:
        """Whether a frame has begun."""
        return bool(self._rest)

    def cut(self, piece: bytes) -> list[bytes]:
        """Give the frames that are whole, without the head where that is none of theirs."""
        self._rest += piece
        frames: list[bytes] = []
        while len(self._rest) >= self._head.stop:
            length = int.from_bytes(self._rest[self._head], "little" if self._order == "little" else "big")
            first = 0 if self._kept else self._head.stop
            end = first + length
            if length > MOST_BYTES or end < self._head.stop:
                raise TooLongError(f"a frame of {length} bytes was announced; expected {self._head.stop - first} to {MOST_BYTES}")
            if len(self._rest) < end:
                break
            frames.append(bytes(self._rest[first:end]))
            del self._rest[:end]
        return frames


class Events:
    """Events of Cursor on Target: XML to the end of the last whole one, or the TAK protocol's, 0xBF and a length before each."""

    def __init__(self) -> None:
        self._rest = b""

    @property
    def begun(self) -> bool:
        """Whether an event has begun."""
        return bool(self._rest)

    def cut(self, piece: bytes) -> list[bytes]:
        """Give what is whole."""
        self._rest = (self._rest + piece).lstrip(b" \r\n\t\0")
        frames: list[bytes] = []
        while self._rest and (end := self._message() if self._rest[0] == TAK else self._xml()):
            frames.append(self._rest[:end])
            self._rest = self._rest[end:].lstrip(b" \r\n\t\0")
        if len(self._rest) > MOST_BYTES:
            raise TooLongError(f"an event of more than {MOST_BYTES} bytes came")
        return frames

    def _xml(self) -> int:
        """Tell where the last whole event of XML ends, 0 for nowhere yet."""
        end = self._rest.rfind(EVENT_ENDS)
        return 0 if end < 0 else end + len(EVENT_ENDS)

    def _message(self) -> int:
        """Tell where the first message ends, 0 for not yet."""
        length = 0
        for i, byte in enumerate(self._rest[1:6]):
            length |= (byte & 0x7F) << (7 * i)
            if not byte & 0x80:
                if length > MOST_BYTES:
                    raise TooLongError(f"a message of {length} bytes was announced; expected at most {MOST_BYTES}")
                end = i + 2 + length
                return end if len(self._rest) >= end else 0
        if len(self._rest) > 5:
            raise TooLongError("a length of more than five bytes was announced")
        return 0


class Mavlink:
    """MAVLink's frames, all that came together as one; what is of none goes with them, to be told by what reads them."""

    def __init__(self) -> None:
        self._rest = b""

    @property
    def begun(self) -> bool:
        """Whether a frame has begun."""
        return bool(self._rest)

    def cut(self, piece: bytes) -> list[bytes]:
        """Give everything before a frame that is not whole yet."""
        content, at = self._rest + piece, 0
        while at < len(content):
            at = begins(content, at)
            size = length(content[at : at + 3]) if at < len(content) else 0
            if size is None or at + size > len(content):
                break
            at += size
        self._rest = content[at:]
        return [content[:at]] if at else []


def cutter(framing: Framing) -> Cutter:
    """Give what cuts a stream of a framing; an ASTERIX block is category, length (2 bytes, of all of it), records."""
    match framing:
        case "lines":
            return Lines()
        case "length-le32":
            return Lengths(slice(0, 4), "little", kept=False)
        case "length-be32":
            return Lengths(slice(0, 4), "big", kept=False)
        case "asterix":
            return Lengths(slice(1, 3), "big", kept=True)
        case "cot":
            return Events()
        case "mavlink":
            return Mavlink()
        case _:
            raise AssertionError(framing)
