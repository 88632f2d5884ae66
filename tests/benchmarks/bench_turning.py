"""Whether a coordinated-turn mode earns its cost: the tracker's own modes, with such a mode besides, and with it instead of manoeuvring.

    vigie bench turning [flights]      (or PYTHONPATH=. python tests/benchmarks/bench_turning.py [flights])

Known association, places with 10 m of noise on each axis, once a second. The IMM is written out in numpy; its state is (p, v, ω)
everywhere, and modes that do not turn let ω wander about 0. The turn mode is nearly coordinated: v turns at ω, which is a random
walk (Bar-Shalom, Li & Kirubarajan 2001, §11.7).
"""

from __future__ import annotations

import math
import sys
import time

import numpy as np

from fusion.tracking.models import GENERATOR, INITIAL, MODES, matrices

SECONDS, SIGMA, SETTLED = 60, 10.0, 10
OMEGA = 0.25  # rad/s, sigma of a turn's rate where nobody turned yet: 15 m/s in a radius of 60 m
WANDER = 0.05**2  # rad²/s³, of ω in a turn
H = np.eye(3, 7)


def straight(x, P, mode):
    """Predict a mode of the tracker's: F, Q of `models.matrices`, ω forgotten."""
    F, Q = np.zeros((7, 7)), np.zeros((7, 7))
    F[:6, :6], Q[:6, :6] = matrices(mode, 1.0)
    Q[6, 6] = OMEGA**2
    return F @ x, F @ P @ F.T + Q


def turning(x, P):
    """Predict a coordinated turn by one second, and its Jacobian by differences."""
    F = np.empty((7, 7))
    for k in range(7):
        step = np.zeros(7)
        step[k] = 1e-5
        F[:, k] = (_turned(x + step) - _turned(x - step)) / 2e-5
    Q = np.zeros((7, 7))
    Q[:6, :6] = matrices(MODES[0]._replace(q_horizontal=0.5, q_vertical=0.1), 1.0)[1]
    Q[6, 6] = WANDER
    return _turned(x), F @ P @ F.T + Q


def _turned(x):
    w = x[6] if abs(x[6]) > 1e-6 else 1e-6
    s, c = math.sin(w), math.cos(w)
    y = x.copy()
    y[0] += s / w * x[3] - (1.0 - c) / w * x[4]
    y[1] += (1.0 - c) / w * x[3] + s / w * x[4]
    y[2] += x[5]
    y[3], y[4] = c * x[3] - s * x[4], s * x[3] + c * x[4]
    return y


def sets():
    """Give each way to follow: predictions, generator and first probabilities."""
    own = [lambda x, P, mode=mode: straight(x, P, mode) for mode in MODES]
    names = [mode.name for mode in MODES]
    place = names.index("manoeuvring")
    more = np.zeros((len(own) + 1,) * 2)
    more[:-1, :-1] = GENERATOR
    more[:-1, -1] = GENERATOR[:, place].clip(0.0) / 2.0  # as often a turn as half of what was called manoeuvring
    more[place, -1] = 0.05
    more[-1, :-1] = np.where(np.arange(len(own)) == place, 0.05, GENERATOR[place].clip(0.0))
    np.fill_diagonal(more, 0.0)
    np.fill_diagonal(more, -more.sum(axis=1))
    instead = [turning if k == place else one for k, one in enumerate(own)]
    return {"own modes": (own, GENERATOR, INITIAL), "and turn": ([*own, turning], more, np.array([*INITIAL, 0.1]) / 1.1),
            "turn for manoeuvring": (instead, GENERATOR, INITIAL)}  # fmt: skip


def imm(predictions, generator, first, z):
    """Follow places z (n, 3); give states (n, 6) and covariances (n, 6, 6)."""
    from scipy.linalg import expm

    pi, mu, M = expm(generator), first.copy(), len(predictions)
    start = np.array([*z[0], 0.0, 0.0, 0.0, 0.0])
    x = np.tile(start, (M, 1))
    P = np.tile(np.diag([SIGMA**2] * 3 + [15.0**2, 15.0**2, 3.0**2, OMEGA**2]), (M, 1, 1))
    states, covariances = [start[:6]], [P[0, :6, :6]]
    for one in z[1:]:
        after = mu @ pi
        omega = pi * mu[:, None] / after
        mean = omega.T @ x
        apart = x[:, None] - mean[None]
        P = np.einsum("ij,ikl->jkl", omega, P) + np.einsum("ij,ijk,ijl->jkl", omega, apart, apart)
        log = np.empty(M)
        for j, predict in enumerate(predictions):
            x[j], P[j] = predict(mean[j], P[j])
            S, nu = P[j][:3, :3] + SIGMA**2 * np.eye(3), one - x[j, :3]
            K = np.linalg.solve(S, P[j][:3]).T
            log[j] = -0.5 * (nu @ np.linalg.solve(S, nu) + np.linalg.slogdet(S)[1])
            x[j] += K @ nu
            P[j] = P[j] - K @ S @ K.T
        mu = after * np.exp(log - log.max())
        mu /= mu.sum()
        whole = mu @ x
        spread = x - whole
        states.append(whole[:6])
        covariances.append((np.einsum("j,jkl->kl", mu, P) + np.einsum("j,jk,jl->kl", mu, spread, spread))[:6, :6])
    return np.array(states), np.array(covariances)


def flight(rng, kind):
    """Fly a minute (n, 6): straight, with turns of a rate, or stop and go."""
    speed, course, rate = rng.uniform(8.0, 20.0), rng.uniform(0.0, math.tau), 0.0
    state, states, left = np.zeros(3), [], 0.0
    for _ in range(SECONDS * 10):
        left -= 0.1
        if left <= 0.0:
            left = rng.uniform(5.0, 15.0)
            rate = 0.0 if rate else rng.choice([-1.0, 1.0]) * {"straight": 0.0, "stop and go": 0.0}.get(kind, kind)
            speed = (0.0 if speed else rng.uniform(8.0, 15.0)) if kind == "stop and go" else speed
        course += 0.1 * rate
        velocity = np.array([speed * math.cos(course), speed * math.sin(course), 0.0])
        state = state + 0.1 * velocity
        states.append([*state, *velocity])
    return np.array(states[::10])


def main(flights):
    print("rate of turns       " + "".join(f"{name:>38s}" for name in sets()))
    for kind in ("straight", 0.1, 0.2, 0.4, "stop and go"):
        said = ""
        for predictions, generator, first in sets().values():
            rng, place, velocity, nees, took = np.random.default_rng(7), [], [], [], 0.0
            for _ in range(flights):
                truth = flight(rng, kind)
                z = truth[:, :3] + SIGMA * rng.standard_normal((len(truth), 3))
                begun = time.process_time()
                x, P = imm(predictions, generator, first, z)
                took += time.process_time() - begun
                off = (x - truth)[SETTLED:]
                place.append((off[:, :3] ** 2).sum(axis=1))
                velocity.append((off[:, 3:] ** 2).sum(axis=1))
                nees.append(np.einsum("nk,nk->n", off, np.linalg.solve(P[SETTLED:], off[..., None])[..., 0]) / 6.0)
            said += (
                f"   {np.sqrt(np.mean(place)):5.2f} m {np.sqrt(np.mean(velocity)):5.2f} m/s {np.mean(nees):5.2f} {took:5.1f} s"
            )
        print(f"{kind!s:20s}{said}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
