"""What the detections teach the tracks."""

from __future__ import annotations

import math

import numpy as np

from fusion.compiling import bare, jit
from fusion.tracking.kernels.differing import expect
from fusion.tracking.kernels.measuring import DIRECTION, update_one

NEGLIGIBLE = 1e-4
"""An association less likely than this moves the mean by less than a hundredth of a sigma; it is left out of the mixture."""


@jit
def update(
    x,
    P,
    mu,
    r,
    n,
    origin,
    C,
    origins,
    Cs,
    base,
    kind,
    z,
    variance,
    offset,
    start,
    pair,
    logl,
    p,
    pd_miss,
    cross,
    slot,
    best,
    share,
):
    """Let every detection speak to every track as loudly as it is likely, and match the moments (TOMB/P with IMM).

    r' = Σ_j p_ij + p_i0 r (1 − pD) / (1 − r pD); each mode keeps the mean and covariance of the mixture of its updates,
    weighted p_ij μ_m L_ijm / Σ_m μ_m L_ijm, and of its prediction, weighted by the miss. origins (R, 3), Cs (R, 3, 10) are the
    horizons that differences are measured against, base (D,) each one's.
    Changed in place: x, P, mu, r, cross (N, M, S, 6, 6; slot: the sensor's place in it, −1 where its errors are white).
    Written: best (N,) the likeliest detection of a track that was seen (Σ_j p_ij > ½), else −1;
    share (N,) its p_ij.
    """
    M = mu.shape[1]
    e, J, PH = np.empty(3), np.empty((3, 3)), np.empty(6)
    h, H, curvature = np.empty((M, 6)), np.empty((M, 6, 6)), np.empty((M, 6))
    new_x, new_P, gain = np.empty(6), np.empty((6, 6)), np.empty(6)
    new_cross, dcross = np.empty(cross.shape[2:]), np.empty(cross.shape[1:])
    dx, dP, weight = np.empty((M, 6)), np.empty((M, 6, 6)), np.empty(M)
    teach(
        *(x, P, mu, r, n, origin, C, origins, Cs, base, kind, z, variance, offset, start, pair, logl, p, pd_miss, cross, slot),
        *(best, share, e, J, PH, h, H, curvature, new_x, new_P, gain, new_cross, dcross, dx, dP, weight),
    )


@bare
def teach(
    x, P, mu, r, n, origin, C, origins, Cs, base, kind, z, variance, offset, start, pair, logl, p, pd_miss, cross, slot,
    best, share, e, J, PH, h, H, curvature, new_x, new_P, gain, new_cross, dcross, dx, dP, weight,
):  # fmt: skip
    """Do what `update` says, in the room that it gives."""
    M = mu.shape[1]
    for t in range(n):
        hits = 0.0
        best[t], share[t] = -1, 0.0
        for k in range(start[t], start[t + 1]):
            hits += p[k]
            if p[k] > share[t]:
                best[t], share[t] = pair[k], p[k]
        if hits <= 0.5:
            best[t] = -1
        missed = max(1.0 - hits, 0.0) * r[t] * (1.0 - pd_miss[t]) / (1.0 - r[t] * pd_miss[t])
        r[t] = hits + missed
        if hits < NEGLIGIBLE:
            continue
        linearised, like = 0, -1  # how many components h, H are of, and the detection that they were made for
        for m in range(M):
            weight[m] = missed * mu[t, m]
            put(dcross[m], weight[m], cross[t, m])
            for i in range(6):
                dx[m, i] = 0.0
                for c in range(i, 6):
                    dP[m, i, c] = weight[m] * P[t, m, i, c]
        for k in range(start[t], start[t + 1]):
            if p[k] < NEGLIGIBLE:
                continue
            j = pair[k]
            dims = 6 if kind[j] != DIRECTION else 3 if math.isinf(variance[j, 3]) else 4
            if linearised < dims or kind[j] != kind[like] or offset[j] != offset[like] or base[j] != base[like]:
                linearised, like = dims, j
                for m in range(M):
                    expect(
                        *(kind[j], x[t, m], P[t, m], offset[j], origin, C, origins, Cs, base[j]),
                        *(e, J, h[m], H[m], curvature[m], dims),
                    )
            largest, likelihood = -math.inf, 0.0
            for m in range(M):
                largest = max(largest, logl[k, m])
            for m in range(M):
                likelihood += mu[t, m] * math.exp(logl[k, m] - largest)
            for m in range(M):
                part = p[k] * mu[t, m] * math.exp(logl[k, m] - largest) / likelihood
                if part < 1e-30:
                    continue
                put(new_cross, 1.0, cross[t, m])
                update_one(
                    *(kind[j], z[j], variance[j], h[m], H[m], curvature[m], x[t, m], P[t, m]),
                    *(new_x, new_P, PH, new_cross, slot, gain),
                )
                add(dcross[m], part, new_cross)
                weight[m] += part
                for i in range(6):
                    d = new_x[i] - x[t, m, i]
                    dx[m, i] += part * d
                    for c in range(i, 6):
                        dP[m, i, c] += part * (new_P[i, c] + d * (new_x[c] - x[t, m, c]))
        total = 0.0
        for m in range(M):
            total += weight[m]
        for m in range(M):
            mu[t, m] = weight[m] / total
            if weight[m] < 1e-300:
                continue
            for i in range(6):
                for c in range(i, 6):
                    s = dP[m, i, c] / weight[m] - dx[m, i] / weight[m] * dx[m, c] / weight[m]
                    P[t, m, i, c] = P[t, m, c, i] = s
            for i in range(6):
                x[t, m, i] += dx[m, i] / weight[m]
            put(cross[t, m], 1.0 / weight[m], dcross[m])


@bare
def put(out, weight, cross):
    """Let out be weight · cross (S, 6, 6)."""
    for s in range(cross.shape[0]):
        for i in range(6):
            for k in range(6):
                out[s, i, k] = weight * cross[s, i, k]


@bare
def add(out, weight, cross):
    """Add weight · cross (S, 6, 6) to out."""
    for s in range(cross.shape[0]):
        for i in range(6):
            for k in range(6):
                out[s, i, k] += weight * cross[s, i, k]
