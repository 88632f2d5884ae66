"""What of a bias is known well enough to be taken off."""

from __future__ import annotations

import math

import numpy as np

from fusion.compiling import bare, jit


@jit
def trusted(b, B, places, parts, unit, trust, value, covariance):
    """Give what to take off of one sensor's bias (`Registration.correction`): B/σσᵀ = U Λ Uᵀ, trusted where λ ≤ trust.

    b (B,), B (B, B) are all sensors' biases, places (n,) this one's among them, unit (n,) the sigmas of their prior, parts (n,)
    where they stand among a bias' parts. Written: value (6,), covariance (6, 6), elsewhere 0.
    """
    n = len(places)
    A, U = np.empty((n, n)), np.eye(n)
    value[:], covariance[:] = 0.0, 0.0
    for i in range(n):
        for k in range(n):
            A[i, k] = B[places[i], places[k]] / (unit[i] * unit[k])
    rotate(A, U)
    for m in range(n):
        known = A[m, m] <= trust
        share = 0.0
        if known:
            for i in range(n):
                share += U[i, m] * b[places[i]] / unit[i]
        for i in range(n):
            value[parts[i]] += unit[i] * U[i, m] * share
            for k in range(n):
                length = A[m, m] if known else 1.0
                covariance[parts[i], parts[k]] += unit[i] * unit[k] * U[i, m] * length * U[k, m]


@bare
def rotate(A, U):
    """Make a symmetric matrix (n, n) diagonal, in place, by Jacobi's rotations; U takes the eigenvectors as columns.

    θ with tan 2θ = 2 a_pq/(a_qq − a_pp) takes a_pq away (Golub & Van Loan 2013, §8.5); a few sweeps leave nothing that counts.
    """
    n = len(A)
    for _ in range(30):
        left = 0.0
        for p in range(n):
            for q in range(p + 1, n):
                left += abs(A[p, q])
                if abs(A[p, q]) <= 1e-18 * math.sqrt(abs(A[p, p] * A[q, q])):
                    A[p, q] = A[q, p] = 0.0
                    continue
                tau = (A[q, q] - A[p, p]) / (2.0 * A[p, q])
                t = (1.0 if tau >= 0.0 else -1.0) / (abs(tau) + math.sqrt(1.0 + tau * tau))
                c = 1.0 / math.sqrt(1.0 + t * t)
                s = t * c
                for k in range(n):
                    kp, kq = A[k, p], A[k, q]
                    A[k, p], A[k, q] = c * kp - s * kq, s * kp + c * kq
                for k in range(n):
                    pk, qk = A[p, k], A[q, k]
                    A[p, k], A[q, k] = c * pk - s * qk, s * pk + c * qk
                for k in range(n):
                    kp, kq = U[k, p], U[k, q]
                    U[k, p], U[k, q] = c * kp - s * kq, s * kp + c * kq
        if left == 0.0:
            return
