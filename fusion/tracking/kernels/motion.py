"""Where every track is going: mixing and prediction of the modes (IMM)."""

from __future__ import annotations

import math

import numpy as np

from fusion.compiling import bare, jit
from fusion.tracking.kernels.correlating import mix

UNUSUAL = 3.0
"""Sigmas above the usual heights beyond which no target is believed but by what measured its height (one in 700 else)."""


@jit
def predict(x, P, mu, n, pi, resting, hover, still, steps, q, cross, fade):
    """Mix the modes and move every track one interval ahead (IMM: Blom & Bar-Shalom 1988).

    μ'_j = Σ_i Π_ij μ_i,  ω_ij = Π_ij μ_i / μ'_j,  x_j = Σ_i ω_ij x_i,  P_j = Σ_i ω_ij (P_i + (x_i − x_j)(x_i − x_j)ᵀ),
    then x_j = F_j x_j,  P_j = F_j P_j F_jᵀ + Q_j.

    x (N, M, 6), P (N, M, 6, 6), mu (N, M) are changed in place for the first n tracks; pi (M, M) is Π(Δt), of
    which each track has its own (`settle`): resting (M,) is ρ Δt, hover the mode that what is slow goes to, still its σ²;
    steps (M, 2, 5) are a, b, pp, pv, vv of `models.step` in plan and in height; q (M, 3) the spectral densities of each axis.
    cross (N, M, S, 6, 6) is each correlated sensor's (`correlating`), fade (S,) how much of its errors is left.
    """
    M = mu.shape[1]
    xs, Ps, c = np.empty((M, 6)), np.empty((M, 6, 6)), np.empty(M)
    usual, pi = pi, np.empty((M, M))
    mixed = np.empty((M, *cross.shape[2:]))
    for t in range(n):
        settle(usual, resting, hover, still, x[t], P[t], pi)
        for j in range(M):
            c[j] = 0.0
            for i in range(M):
                c[j] += pi[i, j] * mu[t, i]
        for j in range(M):
            for k in range(6):
                xs[j, k] = 0.0
            for i in range(M):
                w = pi[i, j] * mu[t, i] / c[j]
                for k in range(6):
                    xs[j, k] += w * x[t, i, k]
            for k in range(6):
                for m in range(k, 6):
                    Ps[j, k, m] = 0.0
            for i in range(M):
                w = pi[i, j] * mu[t, i] / c[j]
                for k in range(6):
                    d = x[t, i, k] - xs[j, k]
                    for m in range(k, 6):
                        Ps[j, k, m] += w * (P[t, i, k, m] + d * (x[t, i, m] - xs[j, m]))
        mix(cross[t], mu[t], pi, c, steps, fade, mixed)
        for j in range(M):
            mu[t, j] = c[j]
            for k in range(3):
                x[t, j, k] = xs[j, k] + steps[j, k // 2, 0] * xs[j, k + 3]
                x[t, j, k + 3] = steps[j, k // 2, 1] * xs[j, k + 3]
            for k in range(3):
                a, b = steps[j, k // 2, 0], steps[j, k // 2, 1]
                for m in range(k, 3):
                    a_m, b_m = steps[j, m // 2, 0], steps[j, m // 2, 1]
                    B_km, B_mk, C = Ps[j, k, m + 3], Ps[j, m, k + 3], Ps[j, k + 3, m + 3]
                    pp, vv = Ps[j, k, m] + a_m * B_km + a * B_mk + a * a_m * C, b * b_m * C
                    pv, vp = b_m * (B_km + a * C), b * (B_mk + a_m * C)
                    if k == m:
                        pp += steps[j, k // 2, 2] * q[j, k]
                        pv += steps[j, k // 2, 3] * q[j, k]
                        vp = pv
                        vv += steps[j, k // 2, 4] * q[j, k]
                    P[t, j, k, m] = P[t, j, m, k] = pp
                    P[t, j, k, m + 3] = P[t, j, m + 3, k] = pv
                    P[t, j, m, k + 3] = P[t, j, k + 3, m] = vp
                    P[t, j, k + 3, m + 3] = P[t, j, m + 3, k + 3] = vv


@bare
def settle(usual, resting, hover, still, x, P, pi):
    """Write Π (M, M) of one track, of which what is as slow as a hover is one soon (`modes.settled`); x (M, 6), P (M, 6, 6)."""
    M = usual.shape[0]
    for i in range(M):
        for j in range(M):
            pi[i, j] = usual[i, j]
        if resting[i] > 0.0:
            a, b, c = P[i, 3, 3] + still, P[i, 4, 4] + still, P[i, 3, 4]
            size = a * b - c * c
            d2 = (b * x[i, 3] * x[i, 3] - 2.0 * c * x[i, 3] * x[i, 4] + a * x[i, 4] * x[i, 4]) / size
            slow = still / math.sqrt(size) * math.exp(-0.5 * d2)
            w = -pi[i, i] * math.expm1(-resting[i] * slow)
            pi[i, i] -= w
            pi[i, hover] += w


@bare
def combine(x, P, mu, size, out_x, out_P):
    """Match the moments of one track's modes: x = Σ μ x_m, P = Σ μ (P_m + (x_m − x)(x_m − x)ᵀ); x (M, 6), P (M, 6, 6).

    size: 3 for its place alone, 6 for all of the state.
    """
    M = mu.shape[0]
    for k in range(size):
        out_x[k] = 0.0
        for m in range(M):
            out_x[k] += mu[m] * x[m, k]
    for k in range(size):
        for c in range(k, size):
            s = 0.0
            for m in range(M):
                s += mu[m] * (P[m, k, c] + (x[m, k] - out_x[k]) * (x[m, c] - out_x[c]))
            out_P[k, c] = out_P[c, k] = s


@bare
def combine_all(x, P, mu, rows, out_x, out_P):
    """Match the moments of some tracks' modes: out_x (n, 6), out_P (n, 6, 6) of rows (n)."""
    for k in range(len(rows)):
        t = rows[k]
        combine(x[t], P[t], mu[t], 6, out_x[k], out_P[k])


@bare
def hold(x, P, cross, n, mean, sigma, k):
    """Let no usual height of n tracks be less sure than mean ± sigma (`TrackStore.hold_heights`), in place; k (6): room."""
    for t in range(n):
        for j in range(P.shape[1]):
            spread = P[t, j, 2, 2]
            if not spread > sigma * sigma or x[t, j, 2] > mean + UNUSUAL * sigma:
                continue
            share = sigma / spread
            g = 1.0 / spread - share * share
            pull = g * (mean - x[t, j, 2])
            for i in range(6):
                k[i] = P[t, j, i, 2]
                x[t, j, i] += pull * k[i]
            for i in range(6):
                for m in range(i, 6):
                    P[t, j, i, m] = P[t, j, m, i] = P[t, j, i, m] - g * k[i] * k[m]
            for s in range(cross.shape[2]):
                for m in range(6):
                    height = cross[t, j, s, m, 2]
                    for i in range(6):
                        cross[t, j, s, m, i] -= g * k[i] * height
