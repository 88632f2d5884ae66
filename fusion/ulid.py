"""ULIDs made from what they name: the same in every replay."""

from __future__ import annotations

import hashlib

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def ulid(time: int, *parts: str | int) -> str:
    """Give the ULID of something that began at `time` (ns): 48 bits of milliseconds, 80 of a hash of what names it."""
    name = "\x1f".join(str(part) for part in parts).encode()
    number = (time // 1_000_000 & (1 << 48) - 1) << 80 | int.from_bytes(hashlib.blake2b(name, digest_size=10).digest(), "big")
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))
