"""Kernels over few tracks hold to what their formulas say: heights that are held, pairs that are heard."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fusion.tracking import kernels
from fusion.tracking.merging import APART, DOUBT, INDEPENDENT, LAST, TOGETHER
from fusion.tracking.modes import HOVER, INITIAL, MODES, RESTING, STILL, steps, transition

SECOND = 1_000_000_000


def test_a_held_height_is_as_if_told():
    rng = np.random.default_rng(1)
    root = rng.normal(size=(4, 3, 6, 6)) * 40.0
    P, cross, mean, sigma = root @ root.transpose(0, 1, 3, 2), rng.normal(size=(4, 3, 2, 6, 6)), 110.0, 60.0
    x = rng.normal(size=(4, 3, 6)) * 50.0
    told, wanted, owed = x.copy(), P.copy(), cross.copy()
    for t in range(4):
        for m in range(3):
            k, spread = P[t, m, :, 2], P[t, m, 2, 2]
            if spread <= sigma**2:
                continue
            R = 1.0 / (1.0 / sigma**2 - 1.0 / spread)  # a Kalman update by a report of the mean that leaves sigma
            gain = k / (spread + R)
            told[t, m] = x[t, m] + gain * (mean - x[t, m, 2])
            wanted[t, m] = P[t, m] - np.outer(gain, k)
            for s in range(2):
                owed[t, m, s] = cross[t, m, s] - np.outer(cross[t, m, s, :, 2], gain)
    kernels.hold(x, P, cross, 4, mean, sigma, np.empty(6))
    assert np.allclose(x, told, rtol=1e-12)
    assert np.allclose(P, wanted, rtol=1e-12)
    assert np.allclose(cross, owed, rtol=1e-12)
    assert (P[:, :, 2, 2] <= sigma**2 * (1.0 + 1e-12)).all()


def test_a_height_that_nobody_measures_turns_back_to_what_is_known_of_all():
    mean, sigma, count = 130.0, 50.0, len(MODES)
    x, P, mu = np.tile([0.0, 0.0, 270.0, 10.0, 0.0, 0.0], (1, count, 1)), np.zeros((1, count, 6, 6)), INITIAL[None].copy()
    P[0] = np.diag([100.0, 100.0, sigma**2, 1.0, 1.0, 0.25])
    cross, no = np.zeros((1, count, 0, 6, 6)), np.empty(0)
    q = np.array([[mode.q_horizontal, mode.q_horizontal, mode.q_vertical] for mode in MODES])
    off, surely = [], []
    for _ in range(1200):
        over = np.array([steps(mode, 1.0) for mode in MODES])
        kernels.predict(x, P, mu, 1, transition(1.0), RESTING, HOVER, STILL, over, q, cross, no)
        kernels.hold(x, P, cross, 1, mean, sigma, np.empty(6))
        off.append(float(mu[0] @ x[0, :, 2]) - mean)
        surely.append(float(P[0, :, 2, 2].max()))
    assert max(surely) <= sigma**2 * (1.0 + 1e-9)
    assert abs(off[-1]) < 0.1 * 140.0
    assert min(off) > -sigma  # and does not swing past it


def test_a_height_far_above_the_usual_ones_was_measured_and_is_left_as_it_is():
    x, P = np.zeros((1, 1, 6)), np.diag([100.0, 100.0, 1e4, 1.0, 1.0, 1.0])[None, None].copy()
    x[0, 0, 2] = 3000.0  # an aircraft that says its pressure altitude alone
    held, left = x.copy(), P.copy()
    kernels.hold(x, P, np.zeros((1, 1, 0, 6, 6)), 1, 50.0, 40.0, np.empty(6))
    assert np.array_equal(x, held)
    assert np.array_equal(P, left)


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
