"""What a track's id is made of: the detection that it began at."""

from __future__ import annotations

import hashlib
from typing import Protocol

from fusion.messages import Integers, Scan

Birth = tuple[int, int, int, int]
"""Time, sensor, sequence and index: of a detection for a place, −1 − index for a bearing that began at it."""


class Born(Protocol):
    """Rows of anything that has an id."""

    born: Integers  # (N) ns
    birth_sensor: Integers
    birth_sequence: Integers
    birth_index: Integers


def birth_of(rows: Born, row: int) -> Birth:
    """Give what a row's id is made of."""
    return int(rows.born[row]), int(rows.birth_sensor[row]), int(rows.birth_sequence[row]), int(rows.birth_index[row])


def births_of(rows: Born) -> list[Birth]:
    """Give what each row's id is made of."""
    columns = (rows.born, rows.birth_sensor, rows.birth_sequence, rows.birth_index)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def number_of(scan: Scan) -> int:
    """Give what tells a look from others of its sensor and time: its sequence, which begins anew with every boot."""
    if not scan.boot:
        return scan.sequence
    return int.from_bytes(hashlib.blake2b(f"{scan.boot} {scan.sequence}".encode(), digest_size=7).digest(), "big")
