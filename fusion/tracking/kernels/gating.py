"""Which detections each track could have caused."""

from __future__ import annotations

import math

import numpy as np

from fusion.tracking.kernels.correlating import share
from fusion.tracking.kernels.jit import jit
from fusion.tracking.kernels.measuring import (
    DIRECTION,
    TWO_PI,
    in_coverage,
    innovation,
    innovation_covariance,
    linearise,
    log_likelihood,
)
from fusion.tracking.kernels.motion import combine


@jit
def gate(
    x,
    P,
    mu,
    claims,
    n,
    origin,
    C,
    coverage,
    z,
    variance,
    offset,
    names,
    order,
    key,
    n_direction,
    slack,
    gates,
    cross,
    slot,
    inside_coverage,
    start,
    pair,
    logl,
):
    """Find the detections that each track could have caused, and how likely each is in each mode.

    Detections stand in `order` (D,): the n_direction directions first, by azimuth, then the positions, by easting; `key` (D,)
    is what they are sorted by. Differences are not among them (`gate_differences`). slack (6, 2): the largest variance of
    each component, directions and positions; offset, by detection: its own time against the scan's, s. gates (7,): the
    squared Mahalanobis distance allowed for each number of components; cross (N, M, S, 6, 6) and slot as in `update_one`.
    names, by detection, and claims (N,): identity codes, 0 for none; two different ones never pair.

    Written: inside_coverage (N,), start (N + 1,) where each track's pairs begin, pair (K,), logl (K, M). Returns the
    number of pairs, or −1 when there is no room for all of them.
    """
    M, D, K = mu.shape[1], key.shape[0], pair.shape[0]
    shared = np.empty((M, 6, 6)) if slot >= 0 else np.empty((M, 0, 0))
    e, J, nu, L = np.empty(3), np.empty((3, 3)), np.empty(6), np.empty((6, 6))
    h, H, S, curvature = np.empty((M, 6)), np.empty((M, 6, 6)), np.empty((M, 6, 12)), np.empty((M, 6))
    mean, cov = np.empty(6), np.empty((6, 6))
    early, late = 0.0, 0.0
    for i in range(D):
        early, late = min(early, offset[order[i]]), max(late, offset[order[i]])
    count = 0
    for t in range(n):
        start[t] = count
        combine(x[t], P[t], mu[t], mean, cov)
        linearise(DIRECTION, mean, cov, 0.0, origin, C, e, J, h[0], H[0], curvature[0])
        innovation_covariance(cov, H[0], 4, S[0])
        inside_coverage[t] = in_coverage(h[0], S[0], coverage)
        for group in range(2):
            first, last = (0, n_direction) if group == DIRECTION else (n_direction, D)
            if first == last:
                continue
            lead = 1 if group == DIRECTION else 0  # the component that the detections are sorted by
            check = 0 if group == DIRECTION else 1  # and the ones that are looked at next: range or northing,
            last_check = 2  # then elevation or height
            dims = 4 if group == DIRECTION else 6
            low, high, low2, high2, low3, high3 = math.inf, -math.inf, math.inf, -math.inf, math.inf, -math.inf
            centre = 0.0
            for m in range(M):
                for late_end in range(2):
                    at = late if late_end else early
                    if late_end and late == early:
                        continue
                    linearise(group, x[t, m], P[t, m], at, origin, C, e, J, h[m], H[m], curvature[m])
                    innovation_covariance(P[t, m], H[m], dims, S[m])
                    if m == 0 and not late_end:
                        centre = h[0, lead]
                    reach = math.sqrt(gates[dims] * (S[m, lead, lead] + curvature[m, lead] + slack[lead, group]))
                    middle = innovation(group, lead, h[m, lead], centre)
                    low, high = min(low, middle - reach), max(high, middle + reach)
                    reach = math.sqrt(gates[dims] * (S[m, check, check] + curvature[m, check] + slack[check, group]))
                    low2, high2 = min(low2, h[m, check] - reach), max(high2, h[m, check] + reach)
                    reach = math.sqrt(
                        gates[dims] * (S[m, last_check, last_check] + curvature[m, last_check] + slack[last_check, group])
                    )
                    low3, high3 = min(low3, h[m, last_check] - reach), max(high3, h[m, last_check] + reach)
            linearised_at = late
            turns = 1
            if group == DIRECTION:
                if high - low >= TWO_PI:
                    low, high = -math.pi, math.pi
                turns = 3
            for turn in range(turns):
                shift = centre + (turn - turns // 2) * TWO_PI if group == DIRECTION else centre
                i = first + np.searchsorted(key[first:last], shift + low)
                while i < last and key[i] <= shift + high:
                    j = order[i]
                    i += 1
                    if not math.isinf(variance[j, check]) and (z[j, check] < low2 or z[j, check] > high2):
                        continue
                    if not math.isinf(variance[j, last_check]) and (z[j, last_check] < low3 or z[j, last_check] > high3):
                        continue
                    if names[j] != 0 and claims[t] != 0 and names[j] != claims[t]:
                        continue
                    if offset[j] != linearised_at:
                        linearised_at = offset[j]
                        for m in range(M):
                            linearise(group, x[t, m], P[t, m], linearised_at, origin, C, e, J, h[m], H[m], curvature[m])
                            innovation_covariance(P[t, m], H[m], dims, S[m])
                    measured = 0
                    for k in range(dims):
                        if not math.isinf(variance[j, k]):
                            measured += 1
                    nearest = math.inf
                    if count >= K:
                        return -1
                    for m in range(M):
                        if slot >= 0:
                            share(H[m], dims, cross[t, m, slot], shared[m])
                        logl[count, m], distance2 = log_likelihood(
                            group, z[j], variance[j], h[m], S[m], curvature[m], shared[m], L, nu
                        )
                        nearest = min(nearest, distance2)
                    if nearest <= gates[measured]:
                        pair[count] = j
                        count += 1
    start[n] = count
    return count
