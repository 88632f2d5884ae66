"""Which tracks may be one target, and whether a direction may be of a place that is claimed."""

from __future__ import annotations

import math

import numpy as np

from fusion.compiling import bare, jit
from fusion.tracking.kernels.measuring import DIRECTION, innovation, linearise
from fusion.tracking.kernels.motion import combine


@jit
def neighbours(x, P, mu, rows, near, size, most, first, second, distance2):
    """Find the pairs of some rows that are at most `near` apart and whose states agree: d² = δᵀ (P_a + P_b + size² I)⁻¹ δ ≤ most.

    rows (n,) ascending; a sweep along the easting. Written: first, second (K,) the rows, the lower one first, distance2 (K,).
    Returns how many there are; beyond K they are counted but not written.
    """
    n, count = len(rows), 0
    state, cov = np.empty((2, 6)), np.empty((2, 6, 6))
    S, delta, place = np.empty((6, 6)), np.empty(6), np.zeros((n, 3))
    for i in range(n):
        for m in range(mu.shape[1]):
            for k in range(3):
                place[i, k] += mu[rows[i], m] * x[rows[i], m, k]
    order = np.argsort(place[:, 0], kind="mergesort")
    for at in range(n):
        a = order[at]
        for to in range(at + 1, n):
            b = order[to]
            if place[b, 0] - place[a, 0] > near:
                break
            apart = 0.0
            for k in range(3):
                apart += (place[b, k] - place[a, k]) ** 2
            if apart > near * near:
                continue
            one, other = rows[min(a, b)], rows[max(a, b)]
            combine(x[one], P[one], mu[one], 6, state[0], cov[0])
            combine(x[other], P[other], mu[other], 6, state[1], cov[1])
            for i in range(6):
                delta[i] = state[0, i] - state[1, i]
                for k in range(6):
                    S[i, k] = cov[0, i, k] + cov[1, i, k] + (size * size if i == k else 0.0)
            d2 = squared(S, delta, 6)
            if d2 <= most:
                if count < len(first):
                    first[count], second[count], distance2[count] = one, other, d2
                count += 1
    return count


@bare
def squared(S, nu, n):
    """Give νᵀ S⁻¹ ν of the first n components, by S = L Lᵀ; S and ν are used up."""
    total = 0.0
    for i in range(n):
        for k in range(i):
            nu[i] -= S[i, k] * nu[k]
        for k in range(i):
            S[i, i] -= S[i, k] * S[i, k]
        S[i, i] = math.sqrt(max(S[i, i], 1e-300))
        nu[i] /= S[i, i]
        for r in range(i + 1, n):
            for k in range(i):
                S[r, i] -= S[r, k] * S[i, k]
            S[r, i] /= S[i, i]
        total += nu[i] * nu[i]
    return total


@jit
def misses(origin, C, place, spread, z, variance):
    """Give how badly a direction misses a place, νᵀ S⁻¹ ν, and how many components were measured (`claims.agrees`).

    spread (3,): the place's variance, each axis; z, variance (≥ 3,) of range, azimuth, elevation, infinite: not measured.
    """
    e, J, h, H, curvature = np.empty(3), np.empty((3, 3)), np.empty(6), np.empty((6, 6)), np.empty(6)
    x, P, S, nu, parts = np.zeros(6), np.zeros((6, 6)), np.empty((3, 3)), np.empty(3), 0
    for k in range(3):
        x[k], P[k, k] = place[k], spread[k]
    linearise(DIRECTION, x, P, 0.0, origin, C, e, J, h, H, curvature, 3)
    level = math.hypot(e[0], e[1])
    h[0], h[1], h[2] = math.hypot(level, e[2]), math.atan2(e[0], e[1]), math.atan2(e[2], level)
    measured = np.empty(3, np.int64)
    for i in range(3):
        if not math.isinf(variance[i]):
            measured[parts] = i
            parts += 1
    for a in range(parts):
        i = measured[a]
        nu[a] = innovation(DIRECTION, i, z[i], h[i])
        for b in range(parts):
            S[a, b] = 0.0
            for k in range(3):
                S[a, b] += H[i, k] * spread[k] * H[measured[b], k]
        S[a, a] += variance[i] + curvature[i]
    return squared(S, nu, parts), parts
