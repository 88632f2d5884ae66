"""What two receivers of a net would see of a state: the difference of its distances, and who could have caused one."""

from __future__ import annotations

import math

import numpy as np

from fusion.compiling import bare, jit
from fusion.tracking.kernels.correlating import share
from fusion.tracking.kernels.measuring import DIFFERENCE, enu, enu_slope, innovation_covariance, linearise, log_likelihood

NEAREST = 1e-3
"""m: nearer to a receiver than this nobody is (`models.NEAREST`)."""


@bare
def expect(kind, x, P, offset, origin, C, origins, Cs, base, e, J, h, H, curvature, dims=6):
    """Linearise a measurement of any kind at one state; origins (R, 3), Cs (R, 3, 10) and base: a difference's reference."""
    if kind == DIFFERENCE:
        difference(x, P, offset, origin, C, origins[base], Cs[base], e, J, h, H, curvature)
    else:
        linearise(kind, x, P, offset, origin, C, e, J, h, H, curvature, dims)


@bare
def difference(x, P, offset, origin, C, origin_0, C_0, e, J, h, H, curvature):
    """Linearise |p − s| − |p − s_ref| at one state, as `models.difference` does.

    h (6,), H (6, 6) and curvature (6,) as of `linearise`; only the first row is measured. e (3,), J (3, 3) are room to
    work in, and so are the other rows of H until they become 0: r̂ stands in H[1], h″ in H[3:6].
    """
    p0, p1, p2 = x[0] + offset * x[3], x[1] + offset * x[4], x[2] + offset * x[5]
    for k in range(6):
        h[k], curvature[k] = 0.0, 0.0
        for c in range(6):
            H[k, c] = 0.0
    for turn in range(2):
        if turn == 0:
            sign = 1.0
            enu(origin, C, p0, p1, p2, e)
            enu_slope(origin, C, p0, p1, p2, J)
        else:
            sign = -1.0
            enu(origin_0, C_0, p0, p1, p2, e)
            enu_slope(origin_0, C_0, p0, p1, p2, J)
        r = max(math.sqrt(e[0] * e[0] + e[1] * e[1] + e[2] * e[2]), NEAREST)
        for c in range(3):
            H[1, c] = (e[0] * J[0, c] + e[1] * J[1, c] + e[2] * J[2, c]) / r
        across = 0.0
        for i in range(3):
            for c in range(3):
                across += level(J, H[1], i, c) * placed(P, offset, c, i)
        wide = math.sqrt(r * r + max(across, 0.0))
        h[0] += sign * wide
        for i in range(3):
            H[0, i] += sign * H[1, i]
            for c in range(3):
                H[3 + i, c] += sign * level(J, H[1], i, c) / wide
    bent = 0.0
    for i in range(3):
        for c in range(3):
            one, two = 0.0, 0.0
            for k in range(3):
                one += H[3 + i, k] * placed(P, offset, k, c)
                two += H[3 + c, k] * placed(P, offset, k, i)
            bent += one * two
    curvature[0] = max(0.5 * bent, 0.0)
    for i in range(3):
        H[0, 3 + i] = offset * H[0, i]
        H[1, i] = 0.0
        for k in range(3):
            H[3 + k, i] = 0.0


@bare
def level(J, sight, i, c):
    """Give a component of JᵀJ − r̂ r̂ᵀ in the grid: what of a step lies across the line of sight."""
    return J[0, i] * J[0, c] + J[1, i] * J[1, c] + J[2, i] * J[2, c] - sight[i] * sight[c]


@bare
def placed(P, offset, i, c):
    """Give the covariance of two places, `offset` seconds from the state's time."""
    return P[i, c] + offset * (P[i + 3, c] + P[i, c + 3] + offset * P[i + 3, c + 3])


@jit
def gate_differences(
    x, P, claims, n, origin, C, origins, Cs, base, rows, z, variance, offset, names, gates, cross, slot, start, pair, logl
):
    """Find the differences that each track could have caused, and how likely each is in each mode.

    A hyperboloid has no azimuth to sort by, and a net hears few senders: each track is held against each of `rows` (K,), the
    differences in the order of base and offset, so that those of one reference and moment share what is expected of them.
    Written and returned as by `gate`; the caller has room for every pair.
    """
    M = x.shape[1]
    shared = np.empty((M, 6, 6)) if slot >= 0 else np.empty((M, 0, 0))
    e, J, nu, L = np.empty(3), np.empty((3, 3)), np.empty(6), np.empty((6, 6))
    h, H, S, curvature = np.empty((M, 6)), np.empty((M, 6, 6)), np.empty((M, 6, 12)), np.empty((M, 6))
    count = 0
    for t in range(n):
        start[t] = count
        last = -1
        for k in range(rows.shape[0]):
            j = rows[k]
            if names[j] != 0 and claims[t] != 0 and names[j] != claims[t]:
                continue
            if last < 0 or base[j] != base[last] or offset[j] != offset[last]:
                for m in range(M):
                    difference(
                        x[t, m], P[t, m], offset[j], origin, C, origins[base[j]], Cs[base[j]], e, J, h[m], H[m], curvature[m]
                    )
                    innovation_covariance(P[t, m], H[m], 1, S[m])
                    if slot >= 0:
                        share(H[m], 1, cross[t, m, slot], shared[m])
            last = j
            nearest = math.inf
            for m in range(M):
                logl[count, m], distance2 = log_likelihood(
                    DIFFERENCE, z[j], variance[j], h[m], S[m], curvature[m], shared[m], L, nu
                )
                nearest = min(nearest, distance2)
            if nearest <= gates[1]:
                pair[count] = j
                count += 1
    start[n] = count
    return count
