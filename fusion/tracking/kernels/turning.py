"""The range-parameterised filters of bearing tracks: how a direction turns, which bearing fits it, what that teaches.

Shapes: n rows of B tracks, K ranges, two angles (azimuth and elevation), each with its rate; D bearings of one look.
"""

from __future__ import annotations

import math

import numpy as np

from fusion.compiling import jit
from fusion.tracking.kernels.measuring import LOG_TWO_PI, TWO_PI

SECONDS = 1e9
"""ns."""


@jit
def turn(rows, time, q, x, P, at):
    """Move rows (n) to a time (ns): x ← F x, P ← F P Fᵀ + q ∫F, F = [[1, Δt], [0, 1]]; in place.

    q (K, 2): spectral density of each angle's acceleration at each range; x (B, K, 2, 2), P (B, K, 2, 2, 2), at (B) ns.
    """
    for i in rows:
        dt = (time - at[i]) / SECONDS
        for k in range(x.shape[1]):
            for c in range(2):
                x[i, k, c, 0] += dt * x[i, k, c, 1]
                V, s = P[i, k, c], q[k, c]
                V[0, 0] += dt * (V[0, 1] + V[1, 0] + dt * V[1, 1]) + s * dt * dt * dt / 3.0
                V[0, 1] += dt * V[1, 1] + s * dt * dt / 2.0
                V[1, 0] = V[0, 1]
                V[1, 1] += s * dt
        at[i] = time


@jit
def fit_bearings(rows, x, P, fold, folds, gate, z, variance, nu, S, other, L):
    """Say how well each bearing fits each row at each range.

    Read: fold (B) how probably a row's target stands the other way, folds the same of a bearing; gate: squared distance; z,
    variance (D, 2), infinite where not measured. Written: nu, S (n, D, K, 2), S infinite where not measured; other (n, D)
    whether the bearing points the other way, as it does when it is nearer to that at every range; L (n, D, K) likelihood.
    """
    for a in range(rows.shape[0]):
        i = rows[a]
        opposite = (1.0 - fold[i]) * folds + fold[i] * (1.0 - folds)  # that a bearing is of the other side
        for d in range(z.shape[0]):
            away = folds > 0.0
            for k in range(x.shape[1]):
                turned = z[d, 0] - x[i, k, 0, 0] + math.pi
                turned -= TWO_PI * math.floor(turned / TWO_PI) + math.pi
                nu[a, d, k, 0], nu[a, d, k, 1] = turned, z[d, 1] - x[i, k, 1, 0]
                away = away and abs(turned) > math.pi / 2
            other[a, d] = away
            side = opposite if away else 1.0 - opposite
            for k in range(x.shape[1]):
                if away:
                    nu[a, d, k, 0] += math.pi if nu[a, d, k, 0] < 0.0 else -math.pi
                distance2, log = 0.0, 0.0
                for c in range(2):
                    S[a, d, k, c] = P[i, k, c, 0, 0] + variance[d, c]
                    if not math.isinf(S[a, d, k, c]):
                        distance2 += nu[a, d, k, c] ** 2 / S[a, d, k, c]
                        log += LOG_TWO_PI + math.log(S[a, d, k, c])
                L[a, d, k] = math.exp(-0.5 * (distance2 + log)) * side if distance2 <= gate else 0.0


@jit
def filter_bearings(rows, x, P, weight, nu, S, L, share, likelihood):
    """Let the bearings speak to each row's filters, matched in mean and covariance; in place.

    share (n, D): how probably each bearing is the row's; likelihood (n, D) of it over all ranges. Each range counts by how well
    it explained what came, w_k ← w_k (1 − Σ_d p_d + Σ_d p_d L_dk/L_d).
    """
    K, D = x.shape[1], share.shape[1]
    part, mean, gain, lean = np.empty(D), np.empty(4), np.empty(2), np.empty(2)
    spread = np.empty((2, 2, 2))
    for a in range(rows.shape[0]):
        i, miss, total = rows[a], 1.0, 0.0
        for d in range(D):
            miss -= share[a, d]
        miss = max(miss, 0.0)
        for k in range(K):
            whole = miss
            for d in range(D):
                part[d] = L[a, d, k] * share[a, d] / likelihood[a, d] if likelihood[a, d] > 0.0 else 0.0
                whole += part[d]
            weight[i, k] *= whole
            total += weight[i, k]
            for c in range(2):
                V = P[i, k, c]
                lean[0], lean[1] = V[0, 0], V[1, 0]
                mean[:] = 0.0
                spread[:] = 0.0
                for d in range(D):
                    p = part[d] / max(whole, 1e-300)
                    if p == 0.0 or math.isinf(S[a, d, k, c]):
                        continue
                    for s in range(2):
                        gain[s] = lean[s] / S[a, d, k, c]
                        mean[s] += p * gain[s] * nu[a, d, k, c]
                    for s in range(2):
                        for t in range(2):
                            spread[0, s, t] += p * gain[s] * gain[t] * nu[a, d, k, c] ** 2
                            spread[1, s, t] += p * gain[s] * lean[t]
                for s in range(2):
                    x[i, k, c, s] += mean[s]
                    for t in range(2):
                        V[s, t] += spread[0, s, t] - mean[s] * mean[t] - spread[1, s, t]
        for k in range(K):
            weight[i, k] /= total
