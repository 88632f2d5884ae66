"""Kernels over few tracks hold to what their formulas say: heights that are held, pairs that are heard."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fusion.tracking import kernels
from fusion.tracking.merging import APART, DOUBT, INDEPENDENT, LAST, TOGETHER

SECOND = 1_000_000_000


def test_a_held_height_is_as_if_told():
    rng = np.random.default_rng(1)
    root = rng.normal(size=(4, 3, 6, 6)) * 40.0
    P, cross, sigma = root @ root.transpose(0, 1, 3, 2), rng.normal(size=(4, 3, 2, 6, 6)), 60.0
    wanted, owed = P.copy(), cross.copy()
    for t in range(4):
        for m in range(3):
            k, spread = P[t, m, :, 2], P[t, m, 2, 2]
            g = 1.0 / spread - sigma**2 / spread**2 if spread > sigma**2 else 0.0
            wanted[t, m] = P[t, m] - g * np.outer(k, k)
            for s in range(2):
                owed[t, m, s] = cross[t, m, s] - g * np.outer(cross[t, m, s, :, 2], k)
    kernels.hold(P, cross, 4, sigma, np.empty(6))
    assert np.allclose(P, wanted, rtol=1e-12)
    assert np.allclose(cross, owed, rtol=1e-12)
    assert (P[:, :, 2, 2] <= sigma**2 * (1.0 + 1e-12)).all()


@pytest.mark.parametrize("looks", [True, False])
@pytest.mark.parametrize("last", [0, 3, LAST])
def test_a_look_is_heard_by_the_pairs_of_confirmed_tracks(looks, last):
    rng = np.random.default_rng(2)
    N, pd, now = 8, 0.9, 10 * SECOND
    of_store = np.stack([np.arange(N) // 3, np.zeros(N, int), np.arange(N) % 3, rng.permutation(N)])
    confirmed = np.arange(N) != 5
    start = np.arange(N + 1) * 2
    p, pd_miss = rng.uniform(0.0, 1.0, 2 * N), rng.uniform(0.5, 0.9, N)
    ends = [(a, b) for a in range(N) for b in range(a)]
    births = of_store.T[np.array(ends)]
    evidence, looked = rng.normal(size=len(ends)) * 8.0, now - rng.integers(0, 2 * SECOND, len(ends))
    wanted = evidence.copy()
    for k, (a, b) in enumerate(ends):
        hits = p[start[a] : start[a + 1]].sum() + p[start[b] : start[b + 1]].sum()
        share = min(1.0, (now - looked[k]) / SECOND / INDEPENDENT)
        if 5 in (a, b):
            continue
        if hits > TOGETHER:
            wanted[k] = max(evidence[k] - APART, DOUBT)
        elif looks:
            wanted[k] -= share * math.log(max(1.0 - pd_miss[a] * pd_miss[b], 0.05))
        elif hits > 0.5:
            wanted[k] -= share * math.log(2.0 * pd * (1.0 - pd) / (1.0 - (1.0 - pd) ** 2))
    rows = np.full((len(ends), 2), last)
    kernels.hear(
        *(births, of_store, confirmed, start, p, pd_miss, pd, looks, now, APART, DOUBT, TOGETHER, INDEPENDENT),
        *(rows, evidence, looked),
    )
    assert np.allclose(evidence, wanted)
    alive = np.array([5 not in pair for pair in ends])
    assert (rows[alive] == np.array(ends)[alive]).all()
    assert ((rows < 0).any(axis=1) == ~alive).all()
