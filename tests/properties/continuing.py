"""Another process that goes on from snapshots: reads (cut, snapshot) from standard input, writes every output after the cut."""

from __future__ import annotations

import sys

import msgspec

from fusion.messages import Input
from tests.properties.streams import feed, pipeline


def main() -> None:
    """Answer until standard input ends: a length (8 bytes, big-endian), then as many bytes of MessagePack, both ways."""
    inputs = msgspec.msgpack.decode(_read(), type=list[Input])
    while asked := _read():
        cut, snapshot = msgspec.msgpack.decode(asked, type=tuple[int, bytes])
        core = pipeline()
        core.restore(snapshot)
        answer = msgspec.msgpack.encode(feed(core, inputs[cut:]))
        sys.stdout.buffer.write(len(answer).to_bytes(8, "big") + answer)
        sys.stdout.buffer.flush()


def _read() -> bytes:
    return sys.stdin.buffer.read(int.from_bytes(sys.stdin.buffer.read(8), "big"))


if __name__ == "__main__":
    main()
