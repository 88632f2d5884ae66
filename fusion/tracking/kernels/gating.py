"""Which detections each track could have caused."""

from __future__ import annotations

import math

import numpy as np

from fusion.compiling import bare, jit
from fusion.tracking.kernels.correlating import share
from fusion.tracking.kernels.measuring import (
    DIRECTION,
    TWO_PI,
    factor,
    in_coverage,
    innovation,
    innovation_covariance,
    linearise,
    squared_distance,
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
    first,
    span,
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

    Detections stand in `order`: the n_direction directions first, then the positions, in strips of like range or northing,
    span (strips, 2), which begin at first (strips + 1); in a strip by azimuth or easting, `key`. Differences are not among
    them (`gate_differences`). slack (6, 2): the largest variance of each component, directions and positions; offset, by
    detection: its own time against the scan's, s. gates (7,): the squared Mahalanobis distance allowed for each number of
    components; cross (N, M, S, 6, 6) and slot as in `update_one`. names, by detection, and claims (N,): identity codes, 0 for
    none; two different ones never pair.

    Written: inside_coverage (N,), start (N + 1,) where each track's pairs begin, pair (K,), logl (K, M). Returns the
    number of pairs, or −1 when there is no room for all of them.
    """
    M = mu.shape[1]
    shared = np.empty((M, 6, 6)) if slot >= 0 else np.empty((M, 0, 0))
    e, J, nu, L = np.empty(3), np.empty((3, 3)), np.empty(6), np.empty((M, 6, 6))
    h, H, S, curvature = np.empty((M, 6)), np.empty((M, 6, 6)), np.empty((M, 6, 12)), np.empty((M, 6))
    mean, cov, box, peak = np.zeros(6), np.zeros((6, 6)), np.empty((3, 2)), np.empty(M)
    return search(
        *(x, P, mu, claims, n, origin, C, coverage, z, variance, offset, names, order, key, n_direction, first, span),
        *(slack, gates, cross, slot, inside_coverage, start, pair, logl),
        *(shared, e, J, nu, L, h, H, S, curvature, mean, cov, box, peak),
    )


@bare
def search(
    x, P, mu, claims, n, origin, C, coverage, z, variance, offset, names, order, key, n_direction, first, span, slack, gates,
    cross, slot, inside_coverage, start, pair, logl,
    shared, e, J, nu, L, h, H, S, curvature, mean, cov, box, peak,
):  # fmt: skip
    """Do what `gate` says, in the room that it gives."""
    M, D, K = mu.shape[1], key.shape[0], pair.shape[0]
    early, late, rated, divide = 0.0, 0.0, False, 0
    for i in range(D):
        early, late = min(early, offset[order[i]]), max(late, offset[order[i]])
        rated = rated or (i < n_direction and not math.isinf(variance[order[i], 3]))
    while first[divide] < n_direction:
        divide += 1
    count = 0
    for t in range(n):
        start[t] = count
        combine(x[t], P[t], mu[t], 3, mean, cov)
        linearise(DIRECTION, mean, cov, 0.0, origin, C, e, J, h[0], H[0], curvature[0], 3)
        innovation_covariance(cov, H[0], 3, S[0])
        inside_coverage[t] = in_coverage(h[0], S[0], coverage)
        for group in range(2):
            begin, end = (0, divide) if group == DIRECTION else (divide, first.shape[0] - 1)
            if begin == end:
                continue
            lead, check = (1, 0) if group == DIRECTION else (0, 1)  # what a strip is sorted by, and what strips are cut by
            dims = 6 if group != DIRECTION else 4 if rated else 3
            centre = 0.0
            for i in range(3):
                box[i, 0], box[i, 1] = math.inf, -math.inf
            for late_too in range(1 if late == early else 2):
                for m in range(M):
                    linearise(
                        group, x[t, m], P[t, m], late if late_too else early, origin, C, e, J, h[m], H[m], curvature[m], dims
                    )
                    innovation_covariance(P[t, m], H[m], dims, S[m])
                    if m == 0 and not late_too:
                        centre = h[0, lead]
                    for i in range(3):
                        reach = math.sqrt(gates[dims] * (S[m, i, i] + curvature[m, i] + slack[i, group]))
                        middle = innovation(group, i, h[m, i], centre if i == lead else 0.0)
                        box[i, 0], box[i, 1] = min(box[i, 0], middle - reach), max(box[i, 1], middle + reach)
            if group == DIRECTION and box[lead, 1] - box[lead, 0] >= TWO_PI:
                box[lead, 0], box[lead, 1] = -math.pi, math.pi
            linearised_at, factored = late, -1  # what h, H, S and L are of
            for strip in range(begin, end):
                if span[strip, 0] > box[check, 1] or span[strip, 1] < box[check, 0]:
                    continue
                for turn in range(-1, 2) if group == DIRECTION else range(1):
                    i = reached(key, first[strip], first[strip + 1], centre + turn * TWO_PI + box[lead, 0])
                    while i < first[strip + 1] and key[i] <= centre + turn * TWO_PI + box[lead, 1]:
                        j = order[i]
                        i += 1
                        if outside(z[j, check], variance[j, check], box[check]) or outside(z[j, 2], variance[j, 2], box[2]):
                            continue
                        if names[j] != 0 and claims[t] != 0 and names[j] != claims[t]:
                            continue
                        if count >= K:
                            return -1
                        if offset[j] != linearised_at:
                            linearised_at, factored = offset[j], -1
                            for m in range(M):
                                linearise(group, x[t, m], P[t, m], offset[j], origin, C, e, J, h[m], H[m], curvature[m], dims)
                                innovation_covariance(P[t, m], H[m], dims, S[m])
                        if factored < 0 or differ(variance[j], variance[factored], dims):
                            factored = j
                            for m in range(M):
                                if slot >= 0:
                                    share(H[m], dims, cross[t, m, slot], shared[m])
                                peak[m] = factor(group, dims, variance[j], S[m], curvature[m], shared[m], L[m])
                        nearest = math.inf
                        for m in range(M):
                            distance2 = squared_distance(group, dims, z[j], h[m], L[m], nu)
                            logl[count, m] = peak[m] - 0.5 * distance2
                            nearest = min(nearest, distance2)
                        if nearest <= gates[told(variance[j], dims)]:
                            pair[count] = j
                            count += 1
    start[n] = count
    return count


@bare
def reached(key, low, high, value):
    """Give the first place from low to high at which the sorted key is at least a value."""
    while low < high:
        middle = (low + high) // 2
        if key[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


@bare
def outside(value, variance, limits):
    """Tell whether a component was measured outside its limits (2,)."""
    return not math.isinf(variance) and (value < limits[0] or value > limits[1])


@bare
def differ(one, other, dims):
    """Tell whether two detections' variances (6,) differ."""
    count = 0
    for k in range(dims):
        if one[k] != other[k]:
            count += 1
    return count > 0


@bare
def told(variance, dims):
    """Give how many components were measured."""
    count = 0
    for k in range(dims):
        if not math.isinf(variance[k]):
            count += 1
    return count
