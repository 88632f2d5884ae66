"""ULIDs made from what they name, so that a replay makes the same ones."""

from __future__ import annotations

from hashlib import blake2b

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U."""

_MILLISECOND = 1_000_000
_LAST = (1 << 48) - 1  # ms, in the year 10889


def ulid(time: int, *parts: str | int | bytes) -> str:
    """Make the ULID of a thing that began at `time` (ns UTC) and is told from its like by `parts`.

    48 bits of milliseconds and, where the specification (github.com/ulid/spec) asks for randomness, 80 bits of BLAKE2b
    over the parts: the same thing has the same id everywhere, and the chance that any two of a million share one is below 10⁻¹².
    """
    milliseconds = time // _MILLISECOND
    if not 0 <= milliseconds <= _LAST:
        raise ValueError(f"time {time} ns is outside what a ULID can hold: 0 to {_LAST} ms")
    return encode(milliseconds << 80 | int.from_bytes(_digest(parts)))


def encode(number: int) -> str:
    """Write 128 bits as 26 characters of Crockford's base 32, the first of them worth three bits."""
    return "".join(ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def _digest(parts: tuple[str | int | bytes, ...]) -> bytes:
    """Hash the parts to 80 bits; each is led by its length, so that ("ab", "c") is not ("a", "bc")."""
    digest = blake2b(digest_size=10)
    for part in parts:
        octets = part if isinstance(part, bytes) else str(part).encode()
        digest.update(len(octets).to_bytes(8) + octets)
    return digest.digest()
