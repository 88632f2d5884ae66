"""How every kernel is compiled: the only import of numba."""

from __future__ import annotations

import hashlib
from pathlib import Path

from numba import njit

STAMP = hashlib.blake2b(b"".join(file.read_bytes() for file in sorted(Path(__file__).parent.glob("*.py")))).hexdigest()
"""Changes with any kernel. numba asks only the file that a kernel stands in, but has the kernels of others compiled into it:
left to itself it would go on running an old `linearise` inside `gate`."""


def jit(function):
    """Compile a kernel once a machine and keep it on disk.

    No fast-math and no parallel sums, so that a replay is the same to the last bit.
    """
    return kept(function)


def bare(function):
    """Compile a kernel that makes no arrays: all its room is its caller's, and the compiler refuses it otherwise.

    Then nobody need count who holds which array, at every row that is looked at: a quarter of the gate's time.
    """
    return kept(function, _nrt=False)


def kept(function, **options):
    """Compile and keep a kernel."""
    kernel = njit(cache=True, fastmath=False, error_model="numpy", nogil=True, **options)(function)
    if (cached := getattr(kernel._cache, "_cache_file", None)) is not None:  # noqa: SLF001
        cached._source_stamp = STAMP  # noqa: SLF001
    return kernel
