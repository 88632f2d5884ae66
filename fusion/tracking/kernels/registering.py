"""What detections of followed targets teach of the sensors' biases: the separate-bias filter of `registration`."""

from __future__ import annotations

import math

import numpy as np

from fusion.compiling import jit
from fusion.tracking.kernels.measuring import OVERHEAD, POSITION, enu, enu_slope, innovation, linearise

NANOSECOND = 1e-9
"""s."""


@jit
def register(rows, pair, believed, spread, q, now, kind, z, noise, offset, origin, C, parts, places, used, me, lasts, tempo,
             gates, time, x, P, D, reckoned, wander, heard, b, B, strain):  # fmt: skip
    """Let each detection of a look that surely is a followed target's speak of the biases, one after the other.

    Read: rows, pair (K) the filter and the detection of each; believed (K, 6), spread (K, 6, 6) what the tracker believes, for
    the velocity, and for the curvature of a filter that knows less itself; q (K, 2) spectral density, horizontal and vertical;
    now (ns); of the look kind (L), z, noise (L, 6), offset (L); of the sensor its horizon, parts (p) which of range, azimuth,
    elevation, time, east, north it may be off in, places (p) where they stand in b, used (p) what is taken off z already, me
    its number, lasts (s) how long its errors do; tempo (5) is `registration.TEMPO`.
    Changed in place: time (n), x (n, 9), P (n, 9, 9), D (n, 9, B), reckoned (n, B), wander (n, 3), heard (n, sensors) of the
    filters; b (B), B (B, B), strain (sensors).
    """
    size = b.shape[0]
    e, J, slopes = np.empty(3), np.empty((3, 3)), np.empty((3, 6))
    h, H, curvature = np.empty(6), np.empty((6, 6)), np.empty(6)
    A, S, SB, AP = np.zeros((3, 9)), np.empty((3, size)), np.empty((3, size)), np.empty((3, 9))
    V, L, nu, w, R = np.empty((3, 3)), np.empty((3, 3)), np.empty(3), np.empty(3), np.empty(3)
    for k in range(rows.shape[0]):
        i, j = rows[k], pair[k]
        if now - heard[i, me] < tempo[0] / NANOSECOND:
            continue
        own = kind[j] == POSITION and parts.shape[0] == 0
        ahead((now - time[i]) * NANOSECOND, q[k], tempo, x[i], P[i], D[i], reckoned[i], wander[i], b)
        time[i] = now
        if own:
            admit(noise[j], P[i], wander[i])
        own_spread, its_spread = P[i, 0, 0] + P[i, 1, 1] + P[i, 2, 2], spread[k, 0, 0] + spread[k, 1, 1] + spread[k, 2, 2]
        around = P[i, :6, :6] if own_spread < its_spread else spread[k]
        linearise(kind[j], x[i], around, offset[j], origin, C, e, J, h, H, curvature)
        tilt(kind[j], x[i], believed[k], H, origin, C, e, J, slopes)
        repeat = repeated((now - heard[i, me]) * NANOSECOND, lasts)
        n = 0
        for c in range(3):
            if math.isinf(noise[j, c]):
                continue
            nu[n] = innovation(kind[j], c, z[j, c], h[c])
            R[n] = noise[j, c] * strain[me] * repeat + curvature[c]
            for s in range(6):
                A[n, s] = H[c, s]
            for s in range(3):
                A[n, 6 + s] = 1.0 if own and s == c else 0.0
            if own:
                nu[n] -= x[i, 6 + c]
            for s in range(size):
                S[n, s] = 0.0
            for s in range(parts.shape[0]):
                S[n, places[s]] = slopes[c, parts[s]]
                nu[n] -= slopes[c, parts[s]] * (reckoned[i, places[s]] - used[s])
            n += 1
        if n == 0:
            continue
        project(n, A, P[i], D[i], B, R, S, SB, AP, V)
        distance2 = whiten(n, S, SB, V, nu, L, w)
        strain[me] = max(strain[me] * (1.0 + tempo[2] * (min(distance2 / n, tempo[3]) - 1.0)), 1.0)
        if distance2 > gates[n]:
            continue
        heard[i, me] = now
        teach_biases(n, SB, L, w, b, B)
        teach_target(n, S, AP, V, nu, L, w, x[i], P[i], D[i])


@jit
def repeated(since, lasts):
    """Give by how much to widen R where errors last τ: n looks Δ apart are worth n (1 − ρ)/(1 + ρ), ρ = exp(−Δ/τ)."""
    return 1.0 / math.tanh(0.5 * since / lasts) if lasts > 0.0 else 1.0


@jit
def ahead(dt, q, tempo, x, P, D, reckoned, wander, b):
    """Bring one filter to now and to the present biases: x ← F (x − D Δb̂), P ← F P Fᵀ + Q, D ← F D; heights are held."""
    size = b.shape[0]
    for c in range(size):
        step = b[c] - reckoned[c]
        reckoned[c] = b[c]
        for s in range(9):
            x[s] -= D[s, c] * step
    phi, height = math.exp(-dt / tempo[1]), max(P[2, 2], tempo[4] * tempo[4])
    for s in range(3):
        x[s] += dt * x[s + 3]
        x[s + 6] *= phi
        for c in range(size):
            D[s, c] += dt * D[s + 3, c]
            D[s + 6, c] *= phi
        for c in range(9):
            P[s, c] += dt * P[s + 3, c]
            P[s + 6, c] *= phi
    for s in range(9):
        for c in range(3):
            P[s, c] += dt * P[s, c + 3]
            P[s, c + 6] *= phi
    for s in range(3):
        density = q[0] if s < 2 else q[1]
        P[s, s] += density * dt * dt * dt / 3.0
        P[s, s + 3] += density * dt * dt / 2.0
        P[s + 3, s] += density * dt * dt / 2.0
        P[s + 3, s + 3] += density * dt
        P[s + 6, s + 6] += (1.0 - phi * phi) * wander[s]
    hold_height(height, P)


@jit
def hold_height(most, P):
    """Let no height's variance be more than most, as `TrackStore.hold_heights` does: P ← P − g k kᵀ, k = P[:, 2]."""
    known = P[2, 2]
    if known <= most:
        return
    g = (1.0 - most / known) / known
    for s in range(9):
        for c in range(9):
            if s != 2 and c != 2:
                P[s, c] -= g * P[s, 2] * P[2, c]
    for s in range(9):
        P[s, 2] *= most / known
        if s != 2:
            P[2, s] *= most / known


@jit
def admit(noise, P, wander):
    """Count with a first report's own error, which stays: as large again as what it states is noise."""
    for c in range(3):
        if wander[c] == 0.0 and not math.isinf(noise[c]):
            wander[c] = noise[c]
            P[6 + c, 6 + c] += noise[c]


@jit
def tilt(kind, x, believed, H, origin, C, e, J, slopes):
    """Give ∂z/∂(range, azimuth, elevation, time, east, north) (3, 6): what a bias does to the first three components.

    A clock that is ahead by b tells of a moment when the target was not there yet: −H v b. A sensor that thinks itself a
    metre too far east sees all things there.
    """
    for c in range(3):
        for s in range(3):
            slopes[c, s] = 1.0 if c == s else 0.0
        slopes[c, 3] = -(H[c, 0] * believed[3] + H[c, 1] * believed[4] + H[c, 2] * believed[5])
        slopes[c, 4], slopes[c, 5] = H[c, 0], H[c, 1]
    if kind != POSITION:
        return
    enu(origin, C, x[0], x[1], x[2], e)
    enu_slope(origin, C, x[0], x[1], x[2], J)
    rho = max(math.hypot(e[0], e[1]), OVERHEAD)
    r = math.hypot(rho, e[2])
    for s in range(3):
        if s == 0:
            a0, a1, a2 = e[0] / r, e[1] / r, e[2] / r
        elif s == 1:
            a0, a1, a2 = e[1], -e[0], 0.0
        else:
            a0, a1, a2 = -e[0] * e[2] / rho, -e[1] * e[2] / rho, rho
        c0 = J[1, 1] * J[2, 2] - J[1, 2] * J[2, 1]
        c1 = J[1, 2] * J[2, 0] - J[1, 0] * J[2, 2]
        c2 = J[1, 0] * J[2, 1] - J[1, 1] * J[2, 0]
        det = J[0, 0] * c0 + J[0, 1] * c1 + J[0, 2] * c2
        slopes[0, s] = (
            a0 * c0 + a1 * (J[0, 2] * J[2, 1] - J[0, 1] * J[2, 2]) + a2 * (J[0, 1] * J[1, 2] - J[0, 2] * J[1, 1])
        ) / det
        slopes[1, s] = (
            a0 * c1 + a1 * (J[0, 0] * J[2, 2] - J[0, 2] * J[2, 0]) + a2 * (J[0, 2] * J[1, 0] - J[0, 0] * J[1, 2])
        ) / det
        slopes[2, s] = (
            a0 * c2 + a1 * (J[0, 1] * J[2, 0] - J[0, 0] * J[2, 1]) + a2 * (J[0, 0] * J[1, 1] - J[0, 1] * J[1, 0])
        ) / det


@jit
def project(n, A, P, D, B, R, S, SB, AP, V):
    """Give S = J − A D (J stands in it), S B, A P and V = A P Aᵀ + R, for n components. A (n, 9) is H."""
    size = B.shape[0]
    for a in range(n):
        for c in range(size):
            total = 0.0
            for s in range(9):
                total += A[a, s] * D[s, c]
            S[a, c] -= total
        for c in range(9):
            AP[a, c] = 0.0
            for s in range(9):
                AP[a, c] += A[a, s] * P[s, c]
        for c in range(size):
            SB[a, c] = 0.0
            for s in range(size):
                SB[a, c] += S[a, s] * B[s, c]
        for c in range(a + 1):
            V[a, c] = R[a] if a == c else 0.0
            for s in range(9):
                V[a, c] += AP[a, s] * A[c, s]


@jit
def factor(n, M, L):
    """Write M = L Lᵀ, of which the lower half is read."""
    for a in range(n):
        for c in range(a + 1):
            total = M[a, c]
            for s in range(c):
                total -= L[a, s] * L[c, s]
            L[a, c] = math.sqrt(max(total, 1e-300)) if a == c else total / L[c, c]


@jit
def whiten(n, S, SB, V, nu, L, w):
    """Give ν ᵀC⁻¹ν, with C = S B Sᵀ + V = L Lᵀ and w = L⁻¹ ν."""
    size = S.shape[1]
    for a in range(n):
        for c in range(a + 1):
            L[a, c] = V[a, c]
            for s in range(size):
                L[a, c] += SB[a, s] * S[c, s]
    factor(n, L, L)
    distance2 = 0.0
    for a in range(n):
        w[a] = nu[a]
        for s in range(a):
            w[a] -= L[a, s] * w[s]
        w[a] /= L[a, a]
        distance2 += w[a] * w[a]
    return distance2


@jit
def solve(n, L, Y):
    """Write L⁻¹ Y into Y (≥ n, columns)."""
    for c in range(Y.shape[1]):
        for a in range(n):
            for s in range(a):
                Y[a, c] -= L[a, s] * Y[s, c]
            Y[a, c] /= L[a, a]


@jit
def teach_biases(n, SB, L, w, b, B):
    """b̂ ← b̂ + B Sᵀ C⁻¹ ν, B ← B − B Sᵀ C⁻¹ S B; S B becomes L⁻¹ S B."""
    solve(n, L, SB)
    for s in range(b.shape[0]):
        for a in range(n):
            b[s] += SB[a, s] * w[a]
            for c in range(s + 1):
                B[s, c] -= SB[a, s] * SB[a, c]
        for c in range(s):
            B[c, s] = B[s, c]


@jit
def teach_target(n, S, AP, V, nu, L, w, x, P, D):
    """X ← x + K ν, P ← P − K V Kᵀ, D ← D + K S, K = P Hᵀ V⁻¹; H P becomes L⁻¹ H P, S L⁻¹ S, with V = L Lᵀ."""
    factor(n, V, L)
    solve(n, L, AP)
    solve(n, L, S)
    for a in range(n):
        w[a] = nu[a]
        for s in range(a):
            w[a] -= L[a, s] * w[s]
        w[a] /= L[a, a]
    for s in range(9):
        for a in range(n):
            x[s] += AP[a, s] * w[a]
            for c in range(s + 1):
                P[s, c] -= AP[a, s] * AP[a, c]
            for c in range(S.shape[1]):
                D[s, c] += AP[a, s] * S[a, c]
        for c in range(s):
            P[c, s] = P[s, c]
