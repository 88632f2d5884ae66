"""What a state's error shares with a sensor's own, where that sensor errs the same way for a while.

A sensor's error in component i is σ_i ε_i, ε a first-order Gauss–Markov process of unit variance: E[ε(t + Δt) ε(t)] = ρ,
ρ = exp(−Δt/τ). It is not estimated but considered (Schmidt 1966): beside P the filter keeps c_i = E[(s − x) ε_i], so that a
second look a moment later teaches what is new in it and no more. cross (M, S, 6, 6): mode, sensor, component, state.
"""

from __future__ import annotations

import math

from fusion.compiling import bare

WHITE = 0.05
"""Share of a correlated sensor's variance that is white all the same: pixels and quantisation."""


@bare
def mix(cross, mu, pi, c, steps, fade, out):
    """Mix the modes and move c ahead, in place: c_j = ρ F_j Σ_i ω_ij c_i. c (M,) is μ'; steps (M, 2, 5), fade (S,) is ρ."""
    M = mu.shape[0]
    for s in range(fade.shape[0]):
        owed = 0  # how many numbers are not 0: most tracks were never seen by most sensors, and nought stays nought
        for j in range(M):
            for i in range(6):
                for k in range(6):
                    owed += cross[j, s, i, k] != 0.0
        if owed == 0:
            continue
        for i in range(6):
            for j in range(M):
                for k in range(6):
                    out[j, s, i, k] = 0.0
                for m in range(M):
                    w = pi[m, j] * mu[m] / c[j] * fade[s]
                    for k in range(6):
                        out[j, s, i, k] += w * cross[m, s, i, k]
            for j in range(M):
                for k in range(3):
                    cross[j, s, i, k] = out[j, s, i, k] + steps[j, k // 2, 0] * out[j, s, i, k + 3]
                    cross[j, s, i, k + 3] = steps[j, k // 2, 1] * out[j, s, i, k + 3]


@bare
def lasting(variance):
    """Give the sigma of the part of an error that lasts."""
    return math.sqrt((1.0 - WHITE) * variance)


@bare
def learn(cross, H, i, gain, slot, sigma):
    """Let one component's update change what is shared: c ← c − K (H c + σ E[ε ε_i]). cross (S, 6, 6)."""
    for s in range(cross.shape[0]):
        for c in range(6):
            shared = sigma if s == slot and c == i else 0.0
            for k in range(6):
                shared += H[k] * cross[s, c, k]
            if shared != 0.0:
                for k in range(6):
                    cross[s, c, k] -= gain[k] * shared


@bare
def share(H, dims, cross, out):
    """Give H_i c_j (dims, dims) of one sensor: what its own errors add to an innovation's covariance. cross (6, 6)."""
    for i in range(dims):
        for j in range(dims):
            out[i, j] = 0.0
            for k in range(6):
                out[i, j] += H[i, k] * cross[j, k]
