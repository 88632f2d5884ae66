"""Cuts a stream of bytes into frames, whatever pieces it comes in; what is begun and not yet whole is bounded."""

from __future__ import annotations

from typing import Protocol

from fusion.config_edge import Framing
from fusion.transport.feeds.feed import MOST_BYTES
from sensors.mavlink.frames import begins, length


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
        case "mavlink":
            return Mavlink()
        case _:
            raise AssertionError(framing)
