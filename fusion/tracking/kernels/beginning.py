"""How a track begins at a detection."""

from __future__ import annotations

import math

import numpy as np

from fusion.tracking.kernels.jit import jit
from fusion.tracking.kernels.measuring import DIRECTION, POSITION, enu, enu_slope, linearise, update_one


@jit
def births(origin, C, kind, z, variance, offset, chosen, height, height_sigma, speed, hint, out_x, out_P):
    """Begin a track at each chosen detection: its place from the measurement, its velocity from the prior of each mode.

    chosen (B,) detections; height, height_sigma (m): what is believed of a target whose height was not measured;
    speed (M, 2): each mode's prior sigma, horizontal and vertical; hint (D, 4): a reported velocity and its sigma, or a
    sigma of 0 for none. Written: out_x (B, M, 6), out_P (B, M, 6, 6), at the scan's time.
    """
    M = speed.shape[0]
    e, J, PH = np.empty(3), np.empty((3, 3)), np.empty(6)
    h, H, curvature = np.empty(6), np.empty((6, 6)), np.empty(6)
    g, target, R, A = np.empty(3), np.empty(3), np.empty((3, 3)), np.empty((3, 3))
    prior_x, prior_P = np.empty(6), np.zeros((6, 6))
    only = np.empty(6)
    for b in range(chosen.shape[0]):
        j = chosen[b]
        for i in range(3):
            for c in range(3):
                R[i, c] = 0.0
        if kind[j] == POSITION:
            for i in range(3):
                known = not math.isinf(variance[j, i])
                g[i] = z[j, i] if known else height
                R[i, i] = variance[j, i] if known else height_sigma * height_sigma
        else:
            place(origin, C, z[j], variance[j], height, height_sigma, e, J, target, A, g, R)
        for m in range(M):
            for i in range(6):
                for c in range(6):
                    prior_P[i, c] = R[i, c] if i < 3 and c < 3 else 0.0
            for i in range(3):
                prior_x[i] = g[i]
                prior_x[i + 3] = hint[j, i] if hint[j, 3] > 0.0 else 0.0
                sigma = speed[m, 1] if i == 2 else speed[m, 0]
                if hint[j, 3] > 0.0:
                    sigma = min(sigma, hint[j, 3])
                prior_P[i + 3, i + 3] = sigma * sigma
            for i in range(6):
                only[i] = math.inf
            if kind[j] == DIRECTION and not math.isinf(variance[j, 3]):
                only[3] = variance[j, 3]
            linearise(kind[j], prior_x, prior_P, 0.0, origin, C, e, J, h, H, curvature)
            update_one(kind[j], z[j], only, h, H, curvature, prior_x, prior_P, out_x[b, m], out_P[b, m], PH)
            shift(out_x[b, m], out_P[b, m], -offset[j])


@jit
def shift(x, P, dt):
    """Move one state by Δt along its velocity, without process noise: F = [[I, Δt I], [0, I]]."""
    if dt == 0.0:
        return
    for i in range(3):
        x[i] += dt * x[i + 3]
    for i in range(3):
        for c in range(6):
            P[i, c] += dt * P[i + 3, c]
    for i in range(6):
        for c in range(3):
            P[i, c] += dt * P[i, c + 3]


@jit
def place(origin, C, z, variance, height, height_sigma, e, J, target, A, g, R):
    """Give the grid point g (3,) of a range and direction, and its covariance R (3, 3).

    target = r (cos ε sin α, cos ε cos α, sin ε), g by Newton on the horizon, R = (J⁻¹ T) diag(σ²) (J⁻¹ T)ᵀ with T the
    slopes of target by range, azimuth, elevation. Without an elevation, the one that the believed height gives.
    """
    r = z[0]
    var_elevation = variance[2]
    if math.isinf(variance[2]):
        sine = max(min((height - origin[2] + r * r / 12.742e6) / r, 0.94), -0.5)  # 12 742 km: the earth's diameter
        elevation = math.asin(sine)
        var_elevation = (height_sigma / r) ** 2
    else:
        elevation = z[2]
    ca, sa, ce, se = math.cos(z[1]), math.sin(z[1]), math.cos(elevation), math.sin(elevation)
    target[0], target[1], target[2] = r * ce * sa, r * ce * ca, r * se
    for i in range(3):
        g[i] = origin[i] + target[i]
    for _ in range(4):
        enu(origin, C, g[0], g[1], g[2], e)
        enu_slope(origin, C, g[0], g[1], g[2], J)
        invert3(J, A)
        for i in range(3):
            for c in range(3):
                g[i] += A[i, c] * (target[c] - e[c])
    for k in range(3):
        variance_k = variance[k] if k < 2 else var_elevation
        if k == 0:
            e[0], e[1], e[2] = ce * sa, ce * ca, se
        elif k == 1:
            e[0], e[1], e[2] = r * ce * ca, -r * ce * sa, 0.0
        else:
            e[0], e[1], e[2] = -r * se * sa, -r * se * ca, r * ce
        for i in range(3):
            target[i] = A[i, 0] * e[0] + A[i, 1] * e[1] + A[i, 2] * e[2]
        for i in range(3):
            for c in range(3):
                R[i, c] += target[i] * target[c] * variance_k


@jit
def invert3(J, A):
    """Give A = J⁻¹ (3, 3) by cofactors: the slope of a horizon is a rotation and a scale, so it is never near singular."""
    A[0, 0] = J[1, 1] * J[2, 2] - J[1, 2] * J[2, 1]
    A[0, 1] = J[0, 2] * J[2, 1] - J[0, 1] * J[2, 2]
    A[0, 2] = J[0, 1] * J[1, 2] - J[0, 2] * J[1, 1]
    A[1, 0] = J[1, 2] * J[2, 0] - J[1, 0] * J[2, 2]
    A[1, 1] = J[0, 0] * J[2, 2] - J[0, 2] * J[2, 0]
    A[1, 2] = J[0, 2] * J[1, 0] - J[0, 0] * J[1, 2]
    A[2, 0] = J[1, 0] * J[2, 1] - J[1, 1] * J[2, 0]
    A[2, 1] = J[0, 1] * J[2, 0] - J[0, 0] * J[2, 1]
    A[2, 2] = J[0, 0] * J[1, 1] - J[0, 1] * J[1, 0]
    det = J[0, 0] * A[0, 0] + J[0, 1] * A[1, 0] + J[0, 2] * A[2, 0]
    for i in range(3):
        for c in range(3):
            A[i, c] /= det
