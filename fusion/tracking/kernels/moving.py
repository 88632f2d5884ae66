"""What moves like that: the evidence of legs, as `kinematics` says it."""

from __future__ import annotations

import math

from fusion.compiling import bare


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


@bare
def moves(now, places, spread, spreads, took, before, ways, first, correlation, surest, logs):
    """Weigh the legs that end now (n, 3) by every way to move.

    places (n, 2, 3) where this leg and the one before began; spread (n, 2), spreads (n, 2, 2) variances of those places,
    horizontal (each axis) and vertical, m²; took, before (n) how long the legs lasted, s, before 0 where there was none.
    ways (W, 7): log share, speed, spread, climb, across, swing, push; first (C + 1): where each class's ways begin.
    Written: logs (n, C), the log likelihood of each class, the greatest 0, none below −surest, tempered by
    took / correlation (s).
    """
    n, C = logs.shape
    for t in range(n):
        d = took[t]
        u0, u1 = (now[t, 0] - places[t, 0, 0]) / d, (now[t, 1] - places[t, 0, 1]) / d
        speed, climb = math.hypot(u0, u1), (now[t, 2] - places[t, 0, 2]) / d
        v_speed, v_climb = (spread[t, 0] + spreads[t, 0, 0]) / d**2, (spread[t, 1] + spreads[t, 0, 1]) / d**2
        turned = before[t] > 0.0
        across, along, noise = 0.0, 0.0, 0.0
        if turned:
            g = before[t]
            w0, w1 = (places[t, 0, 0] - places[t, 1, 0]) / g, (places[t, 0, 1] - places[t, 1, 1]) / g
            half = (d + g) / 2.0
            a0, a1 = (u0 - w0) / half, (u1 - w1) / half
            length = max(math.hypot(u0 + w0, u1 + w1), 1e-9)
            c0, c1 = (u0 + w0) / length, (u1 + w1) / length
            across, along = c0 * a1 - c1 * a0, c0 * a0 + c1 * a1
            noise = spread[t, 0] / d**2 + spreads[t, 0, 0] * (1.0 / d + 1.0 / g) ** 2 + spreads[t, 1, 0] / g**2
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
            logs[t, c] = total
            top = max(top, total)
        for c in range(C):
            logs[t, c] = max(logs[t, c] - top, -surest) * min(d, correlation) / correlation
