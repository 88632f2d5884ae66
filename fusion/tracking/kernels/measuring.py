"""What a sensor would see of a state: horizons, measurement functions, likelihoods, one Kalman update."""

from __future__ import annotations

import math

from fusion.compiling import bare
from fusion.tracking.kernels.bending import bend, bend_rate
from fusion.tracking.kernels.correlating import lasting, learn

TWO_PI = 2.0 * math.pi
LOG_TWO_PI = math.log(TWO_PI)

OVERHEAD = 1e-3
"""m from straight above the sensor: nearer than this no azimuth exists (`models.OVERHEAD`)."""

TURNS = (0.0, TWO_PI, math.pi)
"""What an azimuth and an elevation can be at all, rad (`models.TURNS`)."""

DIRECTION, POSITION, DIFFERENCE = 0, 1, 2
"""Kinds of measurement row: (range, azimuth, elevation, range rate) in a sensor's horizon, (place, velocity) in the grid, or a
difference of distances from two sensors alone."""


@bare
def enu(origin, C, east, north, height, e):
    """Evaluate a horizon's quadratic: e (3,) of one grid point; C (3, 10) in the order of `frame.quadratic`."""
    x, y, z = east - origin[0], north - origin[1], height - origin[2]
    for k in range(3):
        e[k] = (
            C[k, 0]
            + x * (C[k, 1] + C[k, 4] * x + C[k, 5] * y + C[k, 6] * z)
            + y * (C[k, 2] + C[k, 7] * y + C[k, 8] * z)
            + z * (C[k, 3] + C[k, 9] * z)
        )


@bare
def enu_slope(origin, C, east, north, height, J):
    """Evaluate ∂enu/∂grid (3, 3) of a horizon's quadratic at one grid point."""
    x, y, z = east - origin[0], north - origin[1], height - origin[2]
    for k in range(3):
        J[k, 0] = C[k, 1] + 2.0 * C[k, 4] * x + C[k, 5] * y + C[k, 6] * z
        J[k, 1] = C[k, 2] + C[k, 5] * x + 2.0 * C[k, 7] * y + C[k, 8] * z
        J[k, 2] = C[k, 3] + C[k, 6] * x + C[k, 8] * y + 2.0 * C[k, 9] * z


@bare
def linearise(kind, x, P, offset, origin, C, e, J, h, H, curvature, dims=6):
    """Linearise a measurement at one state, as `models.direction` and `models.position` do.

    h (6,) the prediction with its curvature mean in it, H (6, 6), curvature (6,) the variance that curvature adds;
    dims: how many components are wanted; 3 leaves a direction's range rate out. e (3,), J (3, 3) are room to work in.
    """
    if kind == POSITION:
        for k in range(6):
            curvature[k] = 0.0
            h[k] = x[k]
            for c in range(6):
                H[k, c] = 0.0
            H[k, k] = 1.0
        for k in range(3):
            h[k] += offset * x[k + 3]
            H[k, k + 3] = offset
        return
    east, north, height = x[0] + offset * x[3], x[1] + offset * x[4], x[2] + offset * x[5]
    enu(origin, C, east, north, height, e)
    enu_slope(origin, C, east, north, height, J)
    rho2 = e[0] * e[0] + e[1] * e[1]
    if rho2 < OVERHEAD * OVERHEAD:
        e[0], e[1], rho2 = 0.0, OVERHEAD, OVERHEAD * OVERHEAD
    r2 = rho2 + e[2] * e[2]
    rho, r = math.sqrt(rho2), math.sqrt(r2)
    per_r, per_rho2, per_r2, slant = 1.0 / r, 1.0 / rho2, 1.0 / r2, e[2] / rho
    for c in range(3):
        level = e[0] * J[0, c] + e[1] * J[1, c]
        H[0, c] = (level + e[2] * J[2, c]) * per_r
        H[1, c] = (e[1] * J[0, c] - e[0] * J[1, c]) * per_rho2
        H[2, c] = (rho * J[2, c] - slant * level) * per_r2
        for k in range(3):
            H[k, c + 3] = offset * H[k, c]
    h[0], h[1] = r, math.atan2(e[0], e[1])
    if dims > 3:
        rate0 = J[0, 0] * x[3] + J[0, 1] * x[4] + J[0, 2] * x[5]
        rate1 = J[1, 0] * x[3] + J[1, 1] * x[4] + J[1, 2] * x[5]
        rate2 = J[2, 0] * x[3] + J[2, 1] * x[4] + J[2, 2] * x[5]
        h[3] = (e[0] * rate0 + e[1] * rate1 + e[2] * rate2) / r
        for c in range(3):
            H[3, c] = (rate0 * J[0, c] + rate1 * J[1, c] + rate2 * J[2, c] - h[3] * H[0, c]) / r
            H[3, c + 3] = offset * H[3, c] + H[0, c]
        bend_rate(H, P, offset, rho, r, h, curvature)
    bend(H, P, offset, rho, r, e[2], h, curvature)


@bare
def innovation(kind, component, z, h):
    """Give z − h, for azimuths the short way round."""
    nu = z - h
    if kind == DIRECTION and component == 1:
        nu -= TWO_PI * math.floor((nu + math.pi) / TWO_PI)
    return nu


@bare
def innovation_covariance(P, H, dims, S):
    """Give S = H P Hᵀ (dims, dims) for the first dims rows of H (6, 6)."""
    columns = 3  # of H that are not all 0: its rows know no velocity where they are of the state's own time
    for i in range(dims):
        if H[i, 3] != 0.0 or H[i, 4] != 0.0 or H[i, 5] != 0.0:
            columns = 6
    if columns == 3:
        spread(P, H, dims, 3, S)
    else:
        spread(P, H, dims, 6, S)


@bare
def spread(P, H, dims, columns, S):
    """Give H P Hᵀ (dims, dims) of the first columns of H."""
    for i in range(dims):
        for c in range(columns):
            s = 0.0
            for k in range(columns):
                s += H[i, k] * P[k, c]
            S[i, 6 + c] = s
        for j in range(i + 1):
            s = 0.0
            for c in range(columns):
                s += S[i, 6 + c] * H[j, c]
            S[i, j] = S[j, i] = s


@bare
def factor(kind, dims, variance, S, curvature, shared, L):
    """Factor S + R = L Lᵀ over the components that were measured; give log N(0; 0, S + R), the density at its peak.

    variance (6,): a component whose variance is infinite was not measured. Written: L (6, 6), its diagonal inverted, and 0 for
    what was not measured. An angle that is expected no better than anywhere, as that of a target above the sensor is, has the
    density of all directions. shared (6, 6) is H_i c_j of a correlated sensor, of which S + R takes σ_j H_i c_j + σ_i H_j c_i;
    (0, 0) of any other.
    """
    count, peak, inverse = 0, 0.0, 1.0
    for i in range(dims):
        for j in range(i + 1):
            L[i, j] = 0.0
        if math.isinf(variance[i]):
            continue
        if anywhere(kind, i, S[i, i] + variance[i] + curvature[i]):
            peak -= math.log(TURNS[i])
            continue
        for j in range(i + 1):
            if j < i and L[j, j] == 0.0:
                continue
            s = S[i, j]
            if shared.shape[0]:
                s += lasting(variance[j]) * shared[i, j] + lasting(variance[i]) * shared[j, i]
            if i == j:
                s += variance[i] + curvature[i]
            for k in range(j):
                s -= L[i, k] * L[j, k]
            L[i, j] = 1.0 / math.sqrt(max(s, 1e-300)) if i == j else s * L[j, j]
        inverse *= L[i, i]
        count += 1
    return peak + math.log(inverse) - 0.5 * count * LOG_TWO_PI


@bare
def squared_distance(kind, dims, z, h, L, nu):
    """Give the squared Mahalanobis distance νᵀ (L Lᵀ)⁻¹ ν; L as `factor` writes it, nu (6,) room to work in."""
    distance2 = 0.0
    for i in range(dims):
        nu[i] = 0.0
        if L[i, i] != 0.0:
            w = innovation(kind, i, z[i], h[i])
            for k in range(i):
                w -= L[i, k] * nu[k]
            nu[i] = w * L[i, i]
            distance2 += nu[i] * nu[i]
    return distance2


@bare
def log_likelihood(kind, z, variance, h, S, curvature, shared, L, nu):
    """Give log N(ν; 0, S + R) and the squared Mahalanobis distance over the components that were measured: `factor`."""
    dims = 4 if kind == DIRECTION else 6
    peak = factor(kind, dims, variance, S, curvature, shared, L)
    distance2 = squared_distance(kind, dims, z, h, L, nu)
    return peak - 0.5 * distance2, distance2


@bare
def anywhere(kind, component, variance):
    """Tell whether an angle's variance is so large that a normal's peak would be lower than all directions' even density."""
    return kind == DIRECTION and 1 <= component <= 2 and TWO_PI * variance > TURNS[component] ** 2


@bare
def update_one(kind, z, variance, h, H, curvature, x, P, out_x, out_P, PH, cross, slot, gain):
    """Update one mode with one detection: the extended Kalman filter, one independent component after the other.

    For each component: s = H P Hᵀ + R,  K = P Hᵀ / s,  x = x + K (z − h − H (x − x₀)),  P = P − K s Kᵀ; the same as all at
    once, because R is diagonal. Where the sensor's errors last (slot ≥ 0 is its place in cross (S, 6, 6), which is changed):
    s = H P Hᵀ + 2 σ H c + R,  K = (P Hᵀ + σ c) / s.
    x (6,), P (6, 6) are read, out_x, out_P written; PH (6,), gain (6,) are room to work in.
    """
    for k in range(6):
        out_x[k] = x[k]
        for c in range(6):
            out_P[k, c] = P[k, c]
    for i in range(4 if kind == DIRECTION else 6):
        if math.isinf(variance[i]):
            continue
        s = variance[i] + curvature[i]
        nu = innovation(kind, i, z[i], h[i])
        if H[i, 3] == 0.0 and H[i, 4] == 0.0 and H[i, 5] == 0.0:
            for k in range(6):
                PH[k] = out_P[k, 0] * H[i, 0] + out_P[k, 1] * H[i, 1] + out_P[k, 2] * H[i, 2]
        else:
            for k in range(6):
                PH[k] = 0.0
                for c in range(6):
                    PH[k] += out_P[k, c] * H[i, c]
        for k in range(6):
            s += H[i, k] * PH[k]
            nu -= H[i, k] * (out_x[k] - x[k])
        sigma = 0.0
        if slot >= 0:
            sigma = lasting(variance[i])
            for k in range(6):
                s += 2.0 * sigma * H[i, k] * cross[slot, i, k]
                PH[k] += sigma * cross[slot, i, k]
        for k in range(6):
            gain[k] = PH[k] / s
            out_x[k] += gain[k] * nu
            for c in range(k, 6):
                out_P[k, c] -= gain[k] * PH[c]
                out_P[c, k] = out_P[k, c]
        learn(cross, H[i], i, gain, slot, sigma)


@bare
def inside(value, sigma, low, high):
    """Give the probability that a normal value lies between two limits."""
    scale = 1.0 / (max(sigma, 1e-9) * math.sqrt(2.0))
    return 0.5 * (math.erf((high - value) * scale) - math.erf((low - value) * scale))


@bare
def in_coverage(h, S, coverage):
    """Give the probability that a predicted direction lies in a sensor's coverage.

    h (6,) and S (6, ≥ 4) as linearised; coverage (6,): azimuth from, width; elevation from, to; range from, to. Beyond the
    zenith, the nadir and range 0 there is nothing to be outside in.
    """
    nearest = coverage[4] if coverage[4] > 0.0 else -math.inf
    lowest = coverage[2] if coverage[2] > -0.5 * math.pi + 1e-9 else -math.inf
    highest = coverage[3] if coverage[3] < 0.5 * math.pi - 1e-9 else math.inf
    p = inside(h[0], math.sqrt(max(S[0, 0], 0.0)), nearest, coverage[5])
    p *= inside(h[2], math.sqrt(max(S[2, 2], 0.0)), lowest, highest)
    if coverage[1] < TWO_PI - 1e-9:
        half = 0.5 * coverage[1]
        away = innovation(DIRECTION, 1, h[1], coverage[0] + half)
        p *= inside(away, math.sqrt(max(S[1, 1], 0.0)), -half, half)
    return p
