"""Which detections each track did cause: marginal probabilities by belief propagation."""

from __future__ import annotations

import math

import numpy as np

from fusion.compiling import jit


@jit
def weigh(mu, r, n, start, pair, logl, pd_hit, pd_miss, intensity, w):
    """Weigh each pair against its track's miss and its detection's other explanations.

    w_ij = r pD Σ_m μ_m L_ijm / ((1 − r + r (1 − pD)) κ_j), the single-target association weight of TOMB/P (Williams 2015,
    eq. 19–22). r, pd_hit, pd_miss (N,): pd_miss is 0 where the sensor's silence says nothing; intensity (D,) is κ; w (K,).
    """
    for t in range(n):
        absent = 1.0 - r[t] * pd_miss[t]
        for k in range(start[t], start[t + 1]):
            likelihood = 0.0
            for m in range(mu.shape[1]):
                likelihood += mu[t, m] * math.exp(logl[k, m])
            w[k] = r[t] * pd_hit[t] * likelihood / (absent * intensity[pair[k]])


@jit
def marginals(n, D, start, pair, w, p, p_new):
    """Give each pair's marginal probability by sparse loopy belief propagation (Williams & Lau 2014, eq. 30–36).

    μ_ij = w_ij / (1 + Σ_{j'≠j} w_ij' ν_ij'),  ν_ij = 1 / (1 + Σ_{i'≠i} μ_i'j), until they rest, cluster by cluster;
    p_ij = w_ij ν_ij / (1 + Σ_j' w_ij' ν_ij'),  p_new_j = 1 / (1 + Σ_i μ_ij).
    w (K,); written: p (K,), p_new (D,), the probability that nothing known caused the detection.
    """
    K = start[n]
    root = np.arange(n)
    owner = np.full(D, -1, np.int64)
    for t in range(n):
        for k in range(start[t], start[t + 1]):
            j = pair[k]
            if owner[j] < 0:
                owner[j] = t
            a, b = t, owner[j]
            while root[a] != a:
                a = root[a]
            while root[b] != b:
                b = root[b]
            if a != b:
                root[max(a, b)] = min(a, b)
    tail, after = np.full(n, -1, np.int64), np.full(n, -1, np.int64)
    for t in range(n):
        a = t
        while root[a] != a:
            a = root[a]
        root[t] = a
        if tail[a] >= 0:
            after[tail[a]] = t
        tail[a] = t
    at, member = np.zeros(D + 1, np.int64), np.empty(K, np.int64)  # the pairs of each detection: member[at[j] : at[j + 1]]
    for k in range(K):
        at[pair[k] + 1] += 1
    for j in range(D):
        at[j + 1] += at[j]
    filled = at[:D].copy()
    for k in range(K):
        member[filled[pair[k]]] = k
        filled[pair[k]] += 1
    message, back, total = np.empty(K), np.ones(K), np.zeros(D)
    for head in range(n):
        if root[head] != head:
            continue
        for _ in range(200):
            t = head
            while t >= 0:
                for k in range(start[t], start[t + 1]):
                    total[pair[k]] = 0.0
                t = after[t]
            t = head
            while t >= 0:
                whole = 1.0
                for k in range(start[t], start[t + 1]):
                    whole += w[k] * back[k]
                for k in range(start[t], start[t + 1]):
                    others = whole - w[k] * back[k]
                    if others < 1e-3 * whole:  # the difference of two large numbers: sum the small ones
                        others = 1.0
                        for c in range(start[t], start[t + 1]):
                            if c != k:
                                others += w[c] * back[c]
                    message[k] = w[k] / others
                    total[pair[k]] += message[k]
                t = after[t]
            if after[head] < 0:
                break  # one track: the messages from its detections stay 1, and the answer is exact
            change = 0.0
            t = head
            while t >= 0:
                for k in range(start[t], start[t + 1]):
                    others = total[pair[k]] - message[k]
                    if others < 1e-3 * total[pair[k]]:  # the difference of two large numbers: sum the small ones
                        others = 0.0
                        for c in range(at[pair[k]], at[pair[k] + 1]):
                            if member[c] != k:
                                others += message[member[c]]
                    fresh = 1.0 / (1.0 + others)
                    change = max(change, abs(fresh - back[k]))
                    back[k] = fresh
                t = after[t]
            if change < 1e-6:
                break
    for t in range(n):
        norm = 1.0
        for k in range(start[t], start[t + 1]):
            norm += w[k] * back[k]
        for k in range(start[t], start[t + 1]):
            p[k] = w[k] * back[k] / norm
    for j in range(D):
        p_new[j] = 1.0 / (1.0 + total[j])
