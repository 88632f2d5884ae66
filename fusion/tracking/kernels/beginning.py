"""How a track begins at a detection."""

from __future__ import annotations

import math

import numpy as np

from fusion.compiling import bare, jit
from fusion.tracking.kernels.correlating import lasting
from fusion.tracking.kernels.differing import expect
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
    only, gain, nothing = np.full(6, math.inf), np.empty(6), np.empty((0, 6, 6))
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
            only[3] = variance[j, 3] if kind[j] == DIRECTION else math.inf
            if not math.isinf(only[3]):
                linearise(kind[j], prior_x, prior_P, 0.0, origin, C, e, J, h, H, curvature)
            update_one(kind[j], z[j], only, h, H, curvature, prior_x, prior_P, out_x[b, m], out_P[b, m], PH, nothing, -1, gain)
            shift(out_x[b, m], out_P[b, m], -offset[j])
            for i in range(6):
                for c in range(i):
                    out_P[b, m, i, c] = out_P[b, m, c, i]


@bare
def christen(
    chosen, time, numbers, existence, received, which, sequence, confirm,
    r, confirmed, born, birth_sensor, birth_sequence, birth_index, updated, heard, seen, own,
):  # fmt: skip
    """Write into rows that begin at chosen detections (B) what their id is made of and who saw them (`Tracker._christen`).

    time, numbers (D) of the detections; existence (B); received (ns); which: the sensor's place; sequence: its look's number;
    confirm: existence from which a track is shown. Written: r, confirmed, born, birth_sensor, birth_sequence, birth_index,
    updated, heard (B); seen, own (B, sensors) at the sensor's place.
    """
    for b in range(len(chosen)):
        j = chosen[b]
        r[b], confirmed[b] = existence[b], existence[b] >= confirm
        born[b], birth_sensor[b], birth_sequence[b], birth_index[b] = time[j], which, sequence, j
        updated[b], heard[b] = time[j], received
        seen[b, which], own[b, which] = time[j], numbers[j]


@bare
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


@bare
def place(origin, C, z, variance, height, height_sigma, e, J, target, A, g, R):
    """Give the grid point g (3,) of a range and direction, and its covariance R (3, 3).

    target = r (cos ε sin α, cos ε cos α, sin ε), g by Newton on the horizon, R = (J⁻¹ T) diag(σ²) (J⁻¹ T)ᵀ with T the
    slopes of target by range, azimuth and elevation. Without an elevation, what the believed height h gives: ground range
    √(r² − h²) and height matched in mean and covariance at h and h ± √3 σ_h (Julier & Uhlmann 2004), for near the sensor
    the one is no straight line of the other.
    """
    r, ca, sa = z[0], math.cos(z[1]), math.sin(z[1])
    if math.isinf(variance[2]):
        level, up, var_level, both, var_up = believed(r, height - origin[2] - r * r / 12.742e6, height_sigma)
    else:
        level, up = r * math.cos(z[2]), r * math.sin(z[2])
        var_level, both, var_up = up * up * variance[2], -up * level * variance[2], level * level * variance[2]
    target[0], target[1], target[2] = level * sa, level * ca, up
    for i in range(3):
        g[i] = origin[i] + target[i]
    for _ in range(4):
        enu(origin, C, g[0], g[1], g[2], e)
        enu_slope(origin, C, g[0], g[1], g[2], J)
        invert3(J, A)
        for i in range(3):
            for c in range(3):
                g[i] += A[i, c] * (target[c] - e[c])
    var_level += variance[0] * (level / r) ** 2
    both += variance[0] * level * up / (r * r)
    var_up += variance[0] * (up / r) ** 2
    var_across = variance[1] * level * level
    J[0, 0] = var_level * sa * sa + var_across * ca * ca
    J[0, 1] = J[1, 0] = (var_level - var_across) * sa * ca
    J[1, 1] = var_level * ca * ca + var_across * sa * sa
    J[0, 2] = J[2, 0] = both * sa
    J[1, 2] = J[2, 1] = both * ca
    J[2, 2] = var_up
    for i in range(3):
        for c in range(3):
            for k in range(3):
                for m in range(3):
                    R[i, c] += A[i, k] * J[k, m] * A[c, m]


@bare
def believed(r, height, sigma):
    """Give ground range and height (m) at a slant range of a target whose height is N(height, σ²): means and covariances."""
    level, up, var_level, both, var_up = 0.0, 0.0, 0.0, 0.0, 0.0
    for turn in range(2):
        mean_level, mean_up = level, up
        for i in range(3):
            weight = 2.0 / 3.0 if i == 1 else 1.0 / 6.0
            h = max(min(height + (i - 1) * math.sqrt(3.0) * sigma, 0.94 * r), -0.5 * r)
            flat = math.sqrt(r * r - h * h)
            if turn == 0:
                level += weight * flat
                up += weight * h
            else:
                var_level += weight * (flat - mean_level) ** 2
                both += weight * (flat - mean_level) * (h - mean_up)
                var_up += weight * (h - mean_up) ** 2
    return level, up, var_level, both, var_up


@bare
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


@jit
def lean(x, P, origin, C, origins, Cs, base, kind, variance, offset, chosen, slot, cross):
    """Write down what new tracks owe to their first detection's error, as if updated from nothing.

    c_i = −σ_i P H_iᵀ/max(σ_i², H_i P H_iᵀ): P may be wider than the error: bearings that cross were not of one moment.

    x (B, M, 6), P (B, M, 6, 6), chosen (B,) as in `births`; cross (B, M, S, 6, 6) is written at the sensor's slot.
    """
    e, J = np.empty(3), np.empty((3, 3))
    h, H, curvature = np.empty(6), np.empty((6, 6)), np.empty(6)
    for b in range(chosen.shape[0]):
        j = chosen[b]
        for m in range(x.shape[1]):
            expect(kind[j], x[b, m], P[b, m], offset[j], origin, C, origins, Cs, base[j], e, J, h, H, curvature)
            for i in range(4 if kind[j] == DIRECTION else 6):
                if math.isinf(variance[j, i]):
                    continue
                spread = 0.0
                for k in range(6):
                    cross[b, m, slot, i, k] = 0.0
                    for c in range(6):
                        cross[b, m, slot, i, k] -= P[b, m, k, c] * H[i, c]
                    spread -= H[i, k] * cross[b, m, slot, i, k]
                for k in range(6):
                    cross[b, m, slot, i, k] *= lasting(variance[j, i]) / max(variance[j, i], spread)
