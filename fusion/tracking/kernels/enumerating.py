"""The exact marginals of a small cluster: every joint association, summed over sets of detections."""

from __future__ import annotations

import numpy as np

from fusion.tracking.kernels.jit import jit

MOST_TRACKS, MOST_SHARED = 8, 6
"""A cluster up to this large is enumerated: at most 64 sets of shared detections for each pair, a few µs."""

LARGEST = 1e30
"""Weights beyond this, of eight tracks that all miss but one, are outside what a number can hold: 1e308."""


@jit
def number(head, after, start, pair, w, at, bit):
    """Give their places in a set to the detections that several tracks of a cluster gate: bit (D,), −1 for the others.

    Returns how many there are, or −1 when the cluster is too large to enumerate.
    """
    shared, tracks, t = 0, 0, head
    while t >= 0:
        tracks += 1
        for k in range(start[t], start[t + 1]):
            bit[pair[k]] = -1
            if not w[k] <= LARGEST:
                return -1
        t = after[t]
    if tracks > MOST_TRACKS:
        return -1
    t = head
    while t >= 0:
        for k in range(start[t], start[t + 1]):
            j = pair[k]
            if at[j + 1] - at[j] > 1 and bit[j] < 0:
                if shared == MOST_SHARED:
                    return -1
                bit[j] = shared
                shared += 1
        t = after[t]
    return shared


@jit
def enumerate_joint(head, after, start, pair, w, bit, shared, ahead, behind, p):
    """Give a small cluster's exact marginals: sums over every joint association, track by track over sets of taken detections.

    ahead_t[B] is the weight of all ways in which the tracks before t take exactly the shared detections B, behind_t[B] that
    of all ways of t and those after it when B is taken: p_tk = w_tk Σ_{B ∌ j} ahead_t[B] behind_t+1[B ∪ j] / behind_0[∅].
    Each track's weights are divided by their sum, and each row by its own: they cancel, and nothing overflows.
    """
    size, count, t = 1 << shared, 0, head
    for b in range(size):
        ahead[0, b] = 0.0
    ahead[0, 0] = 1.0
    while t >= 0:
        norm = 1.0
        for k in range(start[t], start[t + 1]):
            norm += w[k]
        for b in range(size):
            ahead[count + 1, b] = ahead[count, b] / norm
        for k in range(start[t], start[t + 1]):
            j = bit[pair[k]]
            for b in range(size):
                if j < 0:
                    ahead[count + 1, b] += w[k] / norm * ahead[count, b]
                elif b >> j & 1:
                    ahead[count + 1, b] += w[k] / norm * ahead[count, b ^ (1 << j)]
        whole = 0.0
        for b in range(size):
            whole += ahead[count + 1, b]
        for b in range(size):
            ahead[count + 1, b] /= whole
        count += 1
        t = after[t]
    order, t = np.empty(count, np.int64), head
    for i in range(count):
        order[i] = t
        t = after[t]
    for b in range(size):
        behind[count, b] = 1.0
    for i in range(count - 1, -1, -1):
        t = order[i]
        norm = 1.0
        for k in range(start[t], start[t + 1]):
            norm += w[k]
        total = 0.0
        for b in range(size):
            total += ahead[i, b] * behind[i + 1, b] / norm
            behind[i, b] = behind[i + 1, b] / norm
        for k in range(start[t], start[t + 1]):
            j, share = bit[pair[k]], 0.0
            for b in range(size):
                if j < 0:
                    share += ahead[i, b] * behind[i + 1, b]
                    behind[i, b] += w[k] / norm * behind[i + 1, b]
                elif not b >> j & 1:
                    share += ahead[i, b] * behind[i + 1, b | (1 << j)]
                    behind[i, b] += w[k] / norm * behind[i + 1, b | (1 << j)]
            p[k] = w[k] / norm * share
            total += p[k]
        for k in range(start[t], start[t + 1]):
            p[k] /= total
        whole = 0.0
        for b in range(size):
            whole = max(whole, behind[i, b])
        for b in range(size):
            behind[i, b] /= whole
