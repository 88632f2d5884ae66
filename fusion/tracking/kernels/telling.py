"""What a look says, laid into rows: directions, how fine any may be, how dense false ones are."""

from __future__ import annotations

import math

from fusion.compiling import bare
from fusion.tracking.kernels.measuring import DIFFERENCE, DIRECTION


@bare
def tell(rows, told, nearest, z, variance):
    """Lay directions into their rows; what was not measured keeps its infinite variance.

    told (8 n), of each in turn: range, azimuth, elevation, range rate and their sigmas, NaN for what was not measured; no range
    is less than nearest (m). Written: z, variance (D, 6) at rows (n).
    """
    for k in range(len(rows)):
        j = rows[k]
        for i in range(4):
            value = told[8 * k + i]
            if not math.isnan(value):
                z[j, i] = max(value, nearest) if i == 0 else value
                variance[j, i] = told[8 * k + 4 + i] ** 2


@bare
def refine(kind, finest, variance):
    """Let no variance (D, 6) be less than the finest (3, 6) of its kind."""
    for j in range(len(kind)):
        for i in range(6):
            variance[j, i] = max(variance[j, i], finest[kind[j], i])


@bare
def spread(kind, variance, one, density):
    """Give the density of one false alarm over what each detection measured: density (D), but of differences.

    one (7): that of a range, azimuth, elevation and range rate; of a place in plan, a height and a velocity.
    """
    for j in range(len(kind)):
        if kind[j] == DIFFERENCE:
            continue
        if kind[j] == DIRECTION:
            density[j] = one[1] * (one[0] if not math.isinf(variance[j, 0]) else 1.0)
            density[j] = density[j] * (one[2] if not math.isinf(variance[j, 2]) else 1.0)
            density[j] = density[j] * (one[3] if not math.isinf(variance[j, 3]) else 1.0)
        else:
            density[j] = one[4] * (one[5] if not math.isinf(variance[j, 2]) else 1.0)
            density[j] = density[j] * (one[6] if not math.isinf(variance[j, 3]) else 1.0)
