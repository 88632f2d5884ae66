"""What updates leave of a camera's angles: the sums that `cameras` learns from."""

from __future__ import annotations

import math

import numpy as np

from fusion.compiling import jit
from fusion.tracking.kernels.measuring import DIRECTION, innovation, linearise


@jit
def teach(x, P, chosen, z, variance, noise, offset, origin, C, clipped, most, left, sums):
    """Sum over tracks (n) what is left of their detections' angles: ν = z − h(x), g = −H_p v, h without its curvature.

    Read: x (n, 6), P (n, 6, 6) after the update; chosen (n) each one's detection; z, variance, noise (D, 6), offset (D); the
    sensor's horizon; clipped: sigmas that a ν counts as at most; most: shares of the stated variance, the same.
    Written: left (n, 2) ν/√R of azimuth and elevation, 0 where not measured; sums (3): Σ (ν² + H P Hᵀ)/R₀, a mean over a
    detection's angles, R₀ as stated; Σ g²/R; Σ g ν/R.
    """
    e, J, h, H = np.empty(3), np.empty((3, 3)), np.empty(6), np.zeros((6, 6))
    curvature, nothing = np.empty(6), np.zeros((6, 6))
    for k in range(chosen.shape[0]):
        j = chosen[k]
        linearise(DIRECTION, x[k], nothing, offset[j], origin, C, e, J, h, H, curvature, 3)
        angles = 0
        for i in range(1, 3):
            angles += 0 if math.isinf(variance[j, i]) else 1
        for i in range(1, 3):
            left[k, i - 1] = 0.0
            R = variance[j, i]
            if math.isinf(R):
                continue
            limit = clipped * math.sqrt(R)
            nu = min(max(innovation(DIRECTION, i, z[j, i], h[i]), -limit), limit)
            g, spread = 0.0, 0.0
            for a in range(6):
                if a < 3:
                    g -= H[i, a] * x[k, 3 + a]
                for b in range(6):
                    spread += H[i, a] * P[k, a, b] * H[i, b]
            sums[0] += min((nu * nu + spread) / noise[j, i], most) / angles
            sums[1] += g * g / R
            sums[2] += g * nu / R
            left[k, i - 1] = nu / math.sqrt(R)
