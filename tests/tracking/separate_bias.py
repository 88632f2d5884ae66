"""The separate-bias filter of docs/tracking.md (Registration) as it reads there, in numpy: what the kernel is held to."""

import math

import numpy as np

from fusion.frame import Horizon
from fusion.tracking.kernels import POSITION
from fusion.tracking.models import MODES, direction, matrices, polar_slopes, position


def register(rows, pair, believed, spread, q, now, kind, z, noise, offset, origin, C, parts, places, used, me, lasts, tempo,  # noqa: PLR0915
             gates, time, x, P, D, reckoned, wander, heard, b, B, strain):  # fmt: skip
    """Do as `kernels.register` does, with its arguments."""
    apart, satellites, gain, largest, height = tempo
    horizon = Horizon(origin, C)
    for i, j, state, around, (horizontal, vertical) in zip(rows, pair, believed, spread, q, strict=True):
        since = (now - heard[i, me]) / 1e9
        if since < apart:
            continue
        dt = (now - time[i]) / 1e9
        phi = math.exp(-dt / satellites)
        F, Q = np.zeros((9, 9)), np.zeros((9, 9))
        F[:6, :6], Q[:6, :6] = matrices(MODES[0]._replace(q_horizontal=horizontal, q_vertical=vertical), dt)
        F[6:, 6:], Q[6:, 6:] = phi * np.eye(3), (1 - phi**2) * np.diag(wander[i])
        x[i] = F @ (x[i] - D[i] @ (b - reckoned[i]))
        most = max(height**2, P[i, 2, 2])
        P[i], D[i], reckoned[i], time[i] = F @ P[i] @ F.T + Q, F @ D[i], b, now
        if P[i, 2, 2] > most:
            K = P[i][:, 2] / P[i, 2, 2] * (1 - most / P[i, 2, 2])
            P[i] -= np.outer(K, P[i][2])
        own = kind[j] == POSITION and not len(parts)
        if own:
            first = (wander[i] == 0.0) & np.isfinite(noise[j, :3])
            wander[i, first] = noise[j, :3][first]
            P[i][6:, 6:] += np.diag(np.where(first, wander[i], 0.0))
        blur = P[i, :6, :6] if np.trace(P[i, :3, :3]) < np.trace(around[:3, :3]) else around
        at = position(x[i, :6], offset[j]) if kind[j] == POSITION else direction(horizon, x[i, :6], blur, offset[j])
        seen = np.flatnonzero(np.isfinite(noise[j, :3]))
        slopes = np.zeros((3, 6))
        slopes[:, :3] = polar_slopes(horizon, x[i, :3]) if kind[j] == POSITION else np.eye(3)
        slopes[:, 3] = -at.H[:3, :3] @ state[3:]
        slopes[:, 4:] = at.H[:3, :2]
        J = np.zeros((3, len(b)))
        J[:, places] = slopes[:, parts]
        H, J = np.hstack([at.H[:3], own * np.eye(3)])[seen], J[seen]
        nu = z[j, :3] - at.h[:3] - at.curvature_mean[:3] - own * x[i, 6:]
        if kind[j] != POSITION:
            nu[1] = math.remainder(nu[1], math.tau)
        taken = reckoned[i].copy()
        taken[places] -= used
        off = np.zeros(len(b))
        off[places] = taken[places]
        nu = nu[seen] - J @ off
        rho = math.exp(-since / lasts) if lasts else 0.0
        R = np.diag(noise[j, seen] * strain[me] * (1 + rho) / (1 - rho) + at.curvature_variance[seen])
        S, V = J - H @ D[i], H @ P[i] @ H.T + R
        inverse = np.linalg.inv(S @ B @ S.T + V)
        distance2 = nu @ inverse @ nu
        strain[me] = max(strain[me] * (1 + gain * (min(distance2 / len(seen), largest) - 1)), 1.0)
        if distance2 > gates[len(seen)]:
            continue
        heard[i, me] = now
        G, K = B @ S.T @ inverse, P[i] @ H.T @ np.linalg.inv(V)
        joseph = np.eye(9) - K @ H
        b += G @ nu
        B -= G @ S @ B
        x[i], P[i], D[i] = x[i] + K @ nu, joseph @ P[i] @ joseph.T + K @ R @ K.T, D[i] + K @ S
