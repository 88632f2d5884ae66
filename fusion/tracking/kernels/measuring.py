"""What a sensor would see of a state: horizons, measurement functions, likelihoods, one Kalman update."""

from __future__ import annotations

import math

from fusion.tracking.kernels.correlating import lasting, learn
from fusion.tracking.kernels.jit import jit

TWO_PI = 2.0 * math.pi
LOG_TWO_PI = math.log(TWO_PI)

OVERHEAD = 1e-3
"""m from straight above the sensor: nearer than this no azimuth exists (`models.OVERHEAD`)."""

TURNS = (0.0, TWO_PI, math.pi)
"""What an azimuth and an elevation can be at all, rad (`models.TURNS`)."""

DIRECTION, POSITION, DIFFERENCE = 0, 1, 2
"""Kinds of measurement row: (range, azimuth, elevation, range rate) in a sensor's horizon, (place, velocity) in the grid, or a
difference of distances from two sensors alone."""


@jit
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


@jit
def enu_slope(origin, C, east, north, height, J):
    """Evaluate ∂enu/∂grid (3, 3) of a horizon's quadratic at one grid point."""
    x, y, z = east - origin[0], north - origin[1], height - origin[2]
    for k in range(3):
        J[k, 0] = C[k, 1] + 2.0 * C[k, 4] * x + C[k, 5] * y + C[k, 6] * z
        J[k, 1] = C[k, 2] + C[k, 5] * x + 2.0 * C[k, 7] * y + C[k, 8] * z
        J[k, 2] = C[k, 3] + C[k, 6] * x + C[k, 8] * y + 2.0 * C[k, 9] * z


@jit
def linearise(kind, x, P, offset, origin, C, e, J, h, H, curvature):
    """Linearise a measurement at one state, as `models.direction` and `models.position` do.

    h (6,) the prediction with its curvature mean in it, H (6, 6), curvature (6,) the variance that curvature adds;
    e (3,) and J (3, 3) are room to work in.
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
    rate0 = J[0, 0] * x[3] + J[0, 1] * x[4] + J[0, 2] * x[5]
    rate1 = J[1, 0] * x[3] + J[1, 1] * x[4] + J[1, 2] * x[5]
    rate2 = J[2, 0] * x[3] + J[2, 1] * x[4] + J[2, 2] * x[5]
    range_rate = (e[0] * rate0 + e[1] * rate1 + e[2] * rate2) / r
    for c in range(3):
        H[0, c] = (e[0] * J[0, c] + e[1] * J[1, c] + e[2] * J[2, c]) / r
        H[1, c] = (e[1] * J[0, c] - e[0] * J[1, c]) / rho2
        H[2, c] = (rho * J[2, c] - e[2] / rho * (e[0] * J[0, c] + e[1] * J[1, c])) / r2
        H[3, c] = (rate0 * J[0, c] + rate1 * J[1, c] + rate2 * J[2, c] - range_rate * H[0, c]) / r
        for k in range(4):
            H[k, c + 3] = offset * H[k, c]
        H[3, c + 3] += H[0, c]
    h[0], h[1], h[2], h[3] = r, math.atan2(e[0], e[1]), math.atan2(e[2], rho), range_rate
    bend(H, P, offset, rho, r, e[2], h, curvature)


@jit
def bend(H, P, offset, rho, r, up, h, curvature):
    """Add to h (6,) how far curvature moves the mean, and write the variance that it adds (6,): `models.bend`.

    The slopes H (6, 6) by place are r̂, â/ρ, ê/r and w/r, w the velocity across the line of sight.
    """
    rr, ra, re, aa, ae, ee, rw = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    c_aa, c_ae, c_ea, c_ee, v_aa, v_ae, v_ee = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for k in range(3):
        r_k, a_k, e_k = H[0, k], rho * H[1, k], r * H[2, k]
        for c in range(3):
            r_c, a_c, e_c, speed = H[0, c], rho * H[1, c], r * H[2, c], P[k + 3, c + 3]
            cross = P[k, c + 3] + offset * speed
            place = P[k, c] + offset * (P[k + 3, c] + cross)
            rr += r_k * place * r_c
            ra += r_k * place * a_c
            re += r_k * place * e_c
            rw += r_k * place * r * H[3, c]
            aa += a_k * place * a_c
            ae += a_k * place * e_c
            ee += e_k * place * e_c
            c_aa += a_k * cross * a_c
            c_ae += a_k * cross * e_c
            c_ea += e_k * cross * a_c
            c_ee += e_k * cross * e_c
            v_aa += a_k * speed * a_c
            v_ae += a_k * speed * e_c
            v_ee += e_k * speed * e_c
    aa, ee, rr = max(aa, 0.0), max(ee, 0.0), max(rr, 0.0)
    cosine, sine, rho2, wide2 = rho / r, up / r, rho * rho, r * r + aa + ee
    uu = max(cosine * cosine * rr - 2.0 * cosine * sine * re + sine * sine * ee, 0.0)
    ua = cosine * ra - sine * ae
    far = math.sqrt(rho2 + aa)
    m = up / (r * r * far)
    h[3] += ((c_aa + c_ee) * r - rw - 0.5 * h[3] * (aa + ee)) / wide2
    h[0] = math.sqrt(wide2)
    h[1] -= ua / (rho2 + uu + aa)
    h[2] = math.atan2(up, far) - re / wide2
    curvature[0] = 0.5 * (aa * aa + ee * ee + 2.0 * ae * ae) / wide2
    curvature[1] = (uu * aa + ua * ua) / rho2 / rho2
    curvature[2] = (rr * ee + re * re) / wide2 / wide2 + 2.0 * m * ra * ae / wide2 + 0.5 * (m * aa) ** 2
    crossed = c_aa * c_aa + c_ee * c_ee + 2.0 * c_ae * c_ea
    curvature[3] = max((aa * v_aa + ee * v_ee + 2.0 * ae * v_ae + crossed) / wide2, 0.0)


@jit
def innovation(kind, component, z, h):
    """Give z − h, for azimuths the short way round."""
    nu = z - h
    if kind == DIRECTION and component == 1:
        nu -= TWO_PI * math.floor((nu + math.pi) / TWO_PI)
    return nu


@jit
def innovation_covariance(P, H, dims, S):
    """Give S = H P Hᵀ (dims, dims) for the first dims rows of H (6, 6)."""
    for i in range(dims):
        for c in range(6):
            s = 0.0
            for k in range(6):
                s += H[i, k] * P[k, c]
            S[i, 6 + c] = s
        for j in range(i + 1):
            s = 0.0
            for c in range(6):
                s += S[i, 6 + c] * H[j, c]
            S[i, j] = S[j, i] = s


@jit
def log_likelihood(kind, z, variance, h, S, curvature, shared, L, nu):
    """Give log N(ν; 0, S + R) and the squared Mahalanobis distance over the components that were measured.

    z, variance (6,): a component whose variance is infinite was not measured. L (6, 6), nu (6,) are room to work in. An angle
    that is expected no better than anywhere, as that of a target above the sensor is, has the density of all directions.
    shared (6, 6) is H_i c_j of a correlated sensor, of which S + R takes σ_j H_i c_j + σ_i H_j c_i; (0, 0) of any other.
    """
    n = 0
    log_det = 0.0
    distance2 = 0.0
    dims = 4 if kind == DIRECTION else 6
    for i in range(dims):
        if math.isinf(variance[i]):
            continue
        if anywhere(kind, i, S[i, i] + variance[i] + curvature[i]):
            log_det += math.log(TURNS[i])
            continue
        nu[n] = innovation(kind, i, z[i], h[i])
        m = 0
        for j in range(i + 1):
            if math.isinf(variance[j]) or anywhere(kind, j, S[j, j] + variance[j] + curvature[j]):
                continue
            s = S[i, j]
            if shared.shape[0]:
                s += lasting(variance[j]) * shared[i, j] + lasting(variance[i]) * shared[j, i]
            if i == j:
                s += variance[i] + curvature[i]
            for k in range(m):
                s -= L[n, k] * L[m, k]
            L[n, m] = math.sqrt(max(s, 1e-300)) if i == j else s / L[m, m]
            m += 1
        w = nu[n]
        for k in range(n):
            w -= L[n, k] * nu[k]
        nu[n] = w / L[n, n]
        distance2 += nu[n] * nu[n]
        log_det += math.log(L[n, n])
        n += 1
    return -0.5 * (distance2 + n * LOG_TWO_PI) - log_det, distance2


@jit
def anywhere(kind, component, variance):
    """Tell whether an angle's variance is so large that a normal's peak would be lower than all directions' even density."""
    return kind == DIRECTION and 1 <= component <= 2 and TWO_PI * variance > TURNS[component] ** 2


@jit
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


@jit
def inside(value, sigma, low, high):
    """Give the probability that a normal value lies between two limits."""
    scale = 1.0 / (max(sigma, 1e-9) * math.sqrt(2.0))
    return 0.5 * (math.erf((high - value) * scale) - math.erf((low - value) * scale))


@jit
def in_coverage(h, S, coverage):
    """Give the probability that a predicted direction lies in a sensor's coverage.

    h (6,) and S (6, ≥ 4) as linearised; coverage (6,): azimuth from, width; elevation from, to; range from, to. Beyond the
    zenith, the nadir and range 0 there is nothing to be outside in.
    """
    nearest = coverage[4] if coverage[4] > 0.0 else -math.inf
    lowest = coverage[2] if coverage[2] > -0.5 * math.pi + 1e-9 else -math.inf
    highest = coverage[3] if coverage[3] < 0.5 * math.pi - 1e-9 else math.inf
    p = inside(h[0], math.sqrt(S[0, 0]), nearest, coverage[5]) * inside(h[2], math.sqrt(S[2, 2]), lowest, highest)
    if coverage[1] < TWO_PI - 1e-9:
        half = 0.5 * coverage[1]
        away = innovation(DIRECTION, 1, h[1], coverage[0] + half)
        p *= inside(away, math.sqrt(S[1, 1]), -half, half)
    return p
