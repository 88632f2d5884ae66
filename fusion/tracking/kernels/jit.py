"""How every kernel is compiled: the only import of numba."""

from __future__ import annotations

from numba import njit

jit = njit(cache=True, fastmath=False, error_model="numpy", nogil=True)
"""Compiled once a machine and kept on disk; no fast-math and no parallel sums, so that a replay is the same to the last bit."""
