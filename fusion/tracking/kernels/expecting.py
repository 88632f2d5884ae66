"""How many targets a sensor has not seen yet, by what a look counts."""

from __future__ import annotations

import math

import numpy as np

from fusion.compiling import jit


@jit
def unseen(expected, surprise, count, false, pd, grid, many, least):
    """Give E[n | count], count ~ Poisson(false + pd n), over a grid of numbers n (`undetected.look`).

    The prior is exponential about what was expected, n exp(−n/expected) on a grid of equal ratios, but for a share, surprise,
    of `many` (grid's shape), which allows many at once; no prior falls below least.
    """
    log, size = np.empty(len(grid)), len(grid)
    whole, top = 0.0, -math.inf
    for i in range(size):
        log[i] = math.log(grid[i]) - grid[i] / max(expected, grid[0])
        top = max(top, log[i])
    for i in range(size):
        log[i] = math.exp(log[i] - top)
        whole += log[i]
    top = -math.inf
    for i in range(size):
        prior, mean = (1.0 - surprise) * log[i] / whole + surprise * many[i], false + pd * grid[i]
        log[i] = math.log(max(prior, least)) + count * math.log(mean) - mean
        top = max(top, log[i])
    weight, moment = 0.0, 0.0
    for i in range(size):
        w = math.exp(log[i] - top)
        weight += w
        moment += w * grid[i]
    return moment / weight
