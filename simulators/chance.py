"""Where all chance comes from: one stream a purpose, so that a new sensor or actor changes nobody else's luck."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np

from fusion.messages import Floats

Chance = Callable[..., np.random.Generator]
"""A generator for each purpose, by its words."""


def stream(seed: int, *purpose: str) -> np.random.Generator:
    """Give the generator of one purpose: of one sensor, one actor, one reason."""
    digest = hashlib.sha256("\x00".join(purpose).encode()).digest()
    words = np.frombuffer(digest[:16], dtype="<u4")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed & 0xFFFFFFFF, seed >> 32, *words.tolist()])))


def correlated(random: np.random.Generator, count: int, width: int, step: float, memory: float) -> Floats:
    """Draw (count, width) standard normal numbers, `step` apart, that forget with the time constant `memory`.

    The first-order Gauss–Markov sequence xₖ = ρ xₖ₋₁ + √(1 − ρ²) wₖ with ρ = exp(−step/memory), begun in its stationary
    state; white where memory is 0.
    """
    white = random.standard_normal((count, width))
    if memory <= 0.0 or count == 0:
        return white
    from scipy.signal import lfilter  # noqa: PLC0415 - half a second of start-up, which white errors need not wait for

    rho = np.exp(-step / memory)
    white[1:] *= np.sqrt(1.0 - rho * rho)
    return np.asarray(lfilter([1.0], [1.0, -rho], white, axis=0))
