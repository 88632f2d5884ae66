"""Arrays as values that can be written down and read back to the last bit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fusion.messages import Record


class Array(Record, omit_defaults=False):
    """One array: its type, shape and bytes (little-endian, row by row)."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes


def pack(array: NDArray[np.generic]) -> Array:
    """Write an array down."""
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    return Array(dtype=little.dtype.str, shape=little.shape, data=little.tobytes())


def unpack(array: Array) -> NDArray[np.generic]:
    """Read an array back, as one of its own that may be changed."""
    return np.frombuffer(array.data, dtype=array.dtype).reshape(array.shape).copy()
