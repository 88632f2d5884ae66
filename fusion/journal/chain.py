"""The chain: each entry's hash is made of all that it says and of the hash before it, so that no entry changes alone.

    digest = SHA-256(salt ‖ body)
    hash_n = SHA-256(hash_{n-1} ‖ header_n),  hash_0 = 32 bytes of nought
    header = [sequence, kind, subject, revision, archived, time, written, digest in hexadecimal]

The header is UTF-8 JSON without blanks. The body stands in it by its digest alone: a purge takes the body and leaves the chain.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import msgspec

GENESIS = bytes(32)
"""The hash before the first entry."""

SALT = 16
"""Bytes: who has a digest alone must guess 2¹²⁸ salts before the first body."""


class Header(NamedTuple):
    """What an entry says of itself, in the order in which it is hashed."""

    sequence: int
    kind: str
    subject: str
    revision: int | None
    archived: bool
    time: int
    written: int
    digest: str


class Head(NamedTuple):
    """The last entry: what somebody must have noted who wants to see that an end is missing."""

    sequence: int = 0
    hash: bytes = GENESIS

    def __str__(self) -> str:
        """Write it as `vigie journal verify --head` reads it."""
        return f"{self.sequence}:{self.hash.hex()}"


def digest_of(salt: bytes, body: bytes) -> bytes:
    """Give the digest of a body."""
    return hashlib.sha256(salt + body).digest()


def hash_of(before: bytes, header: Header) -> bytes:
    """Give an entry's hash."""
    return hashlib.sha256(before + msgspec.json.encode(tuple(header))).digest()
