"""How every kernel is compiled: the only import of numba."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from numba import njit

Kernel = Callable[..., Any]


@cache
def stamp(room: Path) -> str:
    """Give what changes with any kernel of a room.

    numba asks only the file that a kernel stands in, but has the kernels of others compiled into it: left to itself it would
    go on running an old `linearise` inside `gate`.
    """
    return hashlib.blake2b(b"".join(file.read_bytes() for file in sorted(room.glob("*.py")))).hexdigest()


def jit(function: Kernel) -> Any:
    """Compile a kernel once a machine and keep it on disk.

    No fast-math and no parallel sums, so that a replay is the same to the last bit.
    """
    return kept(function)


def bare(function: Kernel) -> Any:
    """Compile a kernel that makes no arrays: all its room is its caller's, and the compiler refuses it otherwise.

    Then nobody need count who holds which array, at every row that is looked at: a quarter of the gate's time.
    """
    return kept(function, _nrt=False)


def kept(function: Kernel, **options: Any) -> Any:
    """Compile and keep a kernel."""
    kernel = njit(cache=True, fastmath=False, error_model="numpy", nogil=True, **options)(function)
    if (cached := getattr(kernel._cache, "_cache_file", None)) is not None:  # noqa: SLF001
        cached._source_stamp = stamp(Path(function.__code__.co_filename).parent)  # noqa: SLF001
    return kernel
