"""What moves like that: the evidence of legs, as `kinematics` says it."""

from __future__ import annotations

import math

import numpy as np

from fusion.compiling import bare, jit
from fusion.tracking.kernels.motion import combine


@bare
def log_bessel(u):
    """Give log I₀(u), u ≥ 0, to 2e-7 (Abramowitz & Stegun 1964, 9.8.1 and 9.8.2)."""
    if u < 3.75:
        t = (u / 3.75) ** 2
        series = 3.0899424 + t * (1.2067492 + t * (0.2659732 + t * (0.0360768 + t * 0.0045813)))
        return math.log(1.0 + t * (3.5156229 + t * series))
    t = 3.75 / u
    series = -0.02057706 + t * (0.02635537 + t * (-0.01647633 + t * 0.00392377))
    series = 0.39894228 + t * (0.01328592 + t * (0.00225319 + t * (-0.00157565 + t * (0.00916281 + t * series))))
    return u - 0.5 * math.log(u) + math.log(series)


@bare
def log_normal(x, variance):
    """Give log N(x; 0, variance), but for a constant."""
    return -0.5 * (x * x / variance + math.log(variance))


@jit
def legs(x, P, mu, rows, now, marked, marks, spreads, gap, motion, least, longest, memory, ways, first, correlation, surest):
    """End the legs of rows (n) that lasted long enough, and learn what moves like that (`TrackStore.learn_motion`).

    x, P, mu of all tracks; now (ns); least, longest, memory (s): what a leg lasts, how long what was learnt does; ways, first,
    correlation, surest as in `weigh_leg`. Changed in place: marked (N) ns, marks (N, 2, 3), spreads (N, 2, 2), gap (N) s, motion
    (N, C): motion ← exp(−d/memory) motion + log L, the greatest 0.
    """
    mean, cov, spread, logs = np.empty(6), np.empty((6, 6)), np.empty(2), np.empty(motion.shape[1])
    for k in range(rows.shape[0]):
        t = rows[k]
        took = (now - marked[t]) / 1e9
        if took < least:
            continue
        stand(x[t], P[t], mu[t], mean, cov, spread)
        if took <= longest:
            weigh_leg(mean, marks[t], spread, spreads[t], took, gap[t], ways, first, correlation, surest, logs)
            fade, top = math.exp(-took / memory), -math.inf
            for c in range(motion.shape[1]):
                motion[t, c] = motion[t, c] * fade + logs[c]
                top = max(top, motion[t, c])
            for c in range(motion.shape[1]):
                motion[t, c] -= top
        for i in range(3):
            marks[t, 1, i], marks[t, 0, i] = marks[t, 0, i], mean[i]
        for i in range(2):
            spreads[t, 1, i], spreads[t, 0, i] = spreads[t, 0, i], spread[i]
        gap[t] = took if took <= longest else 0.0
        marked[t] = now


@jit
def begin_legs(x, P, mu, now, marked, marks, spreads):
    """Let the first leg of every track begin where it is; written as in `legs`."""
    mean, cov, spread = np.empty(6), np.empty((6, 6)), np.empty(2)
    for t in range(x.shape[0]):
        stand(x[t], P[t], mu[t], mean, cov, spread)
        for i in range(3):
            marks[t, 0, i] = mean[i]
        for i in range(2):
            spreads[t, 0, i] = spread[i]
        marked[t] = now


@bare
def stand(x, P, mu, mean, cov, spread):
    """Give a track's place in mean (6), its variance in plan (each axis) and in height in spread (2); cov (6, 6): room."""
    combine(x, P, mu, 3, mean, cov)
    spread[0], spread[1] = (cov[0, 0] + cov[1, 1]) / 2.0, cov[2, 2]


@bare
def weigh_leg(now, places, spread, spreads, took, before, ways, first, correlation, surest, logs):
    """Weigh a leg that ends now (3) by every way to move.

    places (2, 3) where this leg and the one before began; spread (2), spreads (2, 2) variances of those places, horizontal (each
    axis) and vertical, m²; took, before how long the legs lasted, s, before 0 where there was none.
    ways (W, 7): log share, speed, spread, climb, across, swing, push; first (C + 1): where each class's ways begin.
    Written: logs (C), the log likelihood of each class, the greatest 0, none below −surest, tempered by took / correlation (s).
    """
    C, d = logs.shape[0], took
    u0, u1 = (now[0] - places[0, 0]) / d, (now[1] - places[0, 1]) / d
    speed, climb = math.hypot(u0, u1), (now[2] - places[0, 2]) / d
    v_speed, v_climb = (spread[0] + spreads[0, 0]) / d**2, (spread[1] + spreads[0, 1]) / d**2
    turned = before > 0.0
    across, along, noise = 0.0, 0.0, 0.0
    if turned:
        g = before
        w0, w1 = (places[0, 0] - places[1, 0]) / g, (places[0, 1] - places[1, 1]) / g
        half = (d + g) / 2.0
        a0, a1 = (u0 - w0) / half, (u1 - w1) / half
        length = max(math.hypot(u0 + w0, u1 + w1), 1e-9)
        c0, c1 = (u0 + w0) / length, (u1 + w1) / length
        across, along = c0 * a1 - c1 * a0, c0 * a0 + c1 * a1
        noise = spread[0] / d**2 + spreads[0, 0] * (1.0 / d + 1.0 / g) ** 2 + spreads[1, 0] / g**2
        noise /= half**2
    top = -math.inf
    for c in range(C):
        total = -math.inf
        for k in range(first[c], first[c + 1]):
            m, variance = ways[k, 1], ways[k, 2] ** 2 + v_speed
            one = ways[k, 0] + log_bessel(speed * m / variance) - (speed**2 + m**2) / (2.0 * variance) - math.log(variance)
            one += log_normal(climb, ways[k, 3] ** 2 + v_climb)
            if turned:
                swing = ways[k, 5] ** 2 + noise
                left, right = log_normal(across - ways[k, 4], swing), log_normal(across + ways[k, 4], swing)
                one += max(left, right) + math.log1p(math.exp(-abs(left - right)))
                one += log_normal(along, ways[k, 6] ** 2 + noise)
            if one > total:
                total = one + math.log1p(math.exp(total - one))
            else:
                total += math.log1p(math.exp(one - total))
        logs[c] = total
        top = max(top, total)
    for c in range(C):
        logs[c] = max(logs[c] - top, -surest) * min(d, correlation) / correlation
