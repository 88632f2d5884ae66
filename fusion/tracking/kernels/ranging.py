"""Where the target of some bearings is and how fast it goes: a place and a velocity to each range that it may have."""

from __future__ import annotations

import math

import numpy as np

from fusion.compiling import jit
from fusion.tracking.kernels.measuring import DIRECTION, LOG_TWO_PI, OVERHEAD, enu, enu_slope, innovation

LEAP = 0.7
"""Share of its range that a place moves at most in one step, lest it leap to behind the sensor."""


@jit
def solve(A, b, n, x):
    """Solve A x = b for a symmetric positive A (n, n), which becomes its Cholesky factor; give log det A, or nan."""
    log = 0.0
    for i in range(n):
        for j in range(i + 1):
            total = A[i, j]
            for k in range(j):
                total -= A[i, k] * A[j, k]
            if i == j:
                if not total > 0.0:
                    return math.nan
                A[i, i] = math.sqrt(total)
                log += math.log(total)
            else:
                A[i, j] = total / A[j, j]
    for i in range(n):
        total = b[i]
        for k in range(i):
            total -= A[i, k] * x[k]
        x[i] = total / A[i, i]
    for i in range(n - 1, -1, -1):
        total = x[i]
        for k in range(i + 1, n):
            total -= A[k, i] * x[k]
        x[i] = total / A[i, i]
    return log


@jit
def add_look(origin, C, s, age, look, flip, q, room, N, g, b, sums, lost):
    """Add one look's angles to the normal equations N (6, 6), g (6,) of a state s (6,) that is −`age` (s) later.

    What is common to a sensor's looks, its bias, is summed for the end: b (2, 6) of H/v, sums (2, 2) of 1/v and ν/v. A
    manoeuvre of spectral density q since then adds q |age|³/3 to the place. lost (2,) takes Σ ν²/v and Σ log 2π v.
    room (5, 6) is room to work in.
    """
    e, J, H = room[0, :3], room[1:4, :3], room[4]
    east, north, height = s[0] + age * s[3], s[1] + age * s[4], s[2] + age * s[5]
    enu(origin, C, east, north, height, e)
    enu_slope(origin, C, east, north, height, J)
    rho2 = max(e[0] * e[0] + e[1] * e[1], OVERHEAD * OVERHEAD)
    r2 = rho2 + e[2] * e[2]
    rho = math.sqrt(rho2)
    wander = q * abs(age) ** 3 / 3.0
    for component in range(2):
        if math.isnan(look[component]):
            continue
        if component == 0:
            h, v = math.atan2(e[0], e[1]), look[2] + wander / rho2
            nu = innovation(DIRECTION, 1, look[0] + flip * math.pi, h)
        else:
            h, v = math.atan2(e[2], rho), look[3] + wander / r2
            nu = look[1] - h
        for c in range(3):
            if component == 0:
                H[c] = (e[1] * J[0, c] - e[0] * J[1, c]) / rho2
            else:
                H[c] = (rho * J[2, c] - e[2] / rho * (e[0] * J[0, c] + e[1] * J[1, c])) / r2
            H[c + 3] = age * H[c]
        for c in range(6):
            for k in range(6):
                N[c, k] += H[c] * H[k] / v
            g[c] += H[c] * nu / v
            b[component, c] += H[c] / v
        sums[component, 0] += 1.0 / v
        sums[component, 1] += nu / v
        lost[0] += nu * nu / v
        lost[1] += LOG_TWO_PI + math.log(v)


@jit
def take_bias(variance, b, sums, N, g, lost):
    """Take a sensor's constant error out of the normal equations (Schur's complement), and out of what was lost to it."""
    if variance <= 0.0 or sums[0] <= 0.0:
        return
    whole = sums[0] + 1.0 / variance
    for c in range(6):
        for k in range(6):
            N[c, k] -= b[c] * b[k] / whole
        g[c] -= b[c] * sums[1] / whole
    lost[0] -= sums[1] * sums[1] / whole
    lost[1] += math.log(1.0 + variance * sums[0])


@jit
def add_range(base, s, middle, spread, N, g):
    """Add the prior of a range in plan, even all round: log −2 p = ν²/σ² + log 2π σ² + 2 log 2π ρ, which it gives."""
    dx, dy = s[0] - base[0], s[1] - base[1]
    rho = max(math.sqrt(dx * dx + dy * dy), 1.0)
    nu, v = middle - rho, spread * spread
    N[0, 0] += dx * dx / rho / rho / v
    N[0, 1] += dx * dy / rho / rho / v
    N[1, 0] += dx * dy / rho / rho / v
    N[1, 1] += dy * dy / rho / rho / v
    g[0] += dx / rho * nu / v
    g[1] += dy / rho * nu / v
    return nu * nu / v + LOG_TWO_PI + math.log(v) + 2.0 * (LOG_TWO_PI + math.log(rho))


@jit
def add_prior(mean, variance, value, at, N, g):
    """Add a prior belief of the component `at` of the state; give ν²/v + log 2π v."""
    nu = mean - value
    N[at, at] += 1.0 / variance
    g[at] += nu / variance
    return nu * nu / variance + LOG_TWO_PI + math.log(variance)


@jit
def add_track(origin, C, s, ages, looks, count, flip, bias, q, room, N, g, b, sums, lost):
    """Add all looks that one bearing track keeps, its sensor's bias taken out."""
    b[:], sums[:] = 0.0, 0.0
    for one in range(count):
        add_look(origin, C, s, ages[one], looks[one], flip, q, room, N, g, b, sums, lost)
    for component in range(2):
        take_bias(bias[component], b[component], sums[component], N, g, lost)


@jit
def invert(N, factor, unit, move, P):
    """Write P = N⁻¹ (6, 6)."""
    for c in range(6):
        unit[:], factor[:] = 0.0, N
        unit[c] = 1.0
        solve(factor, unit, 6, move)
        P[: c + 1, c] = P[c, : c + 1] = move[: c + 1]


@jit
def fit(origins, Cs, sensor, ages, looks, count, bias, members, flips, ranges, spread, height, speed, q, steps, x, P, logs, chi2):
    """Find place and velocity of the target of each group of bearing tracks, by Gauss–Newton from every range; and its evidence.

    sensor (n,), ages (n, H) s ≤ 0, looks (n, H, 4) azimuth, elevation and their variances, newest first, count (n,); bias
    (n, 2) variance of what is constant; members (G, S) tracks, −1 behind the last, flips (G, S) which point the other way.
    ranges, spread (K,) from the first member's sensor in plan. height (G, 2) mean and sigma, speed (2,) sigma level and of climb.
    Written: x (G, K, 6), P (G, K, 6, 6), logs (G, K) log ∫ p(looks | s) p(s) ds by Laplace, chi2 (G, K) the looks' Σ ν²/v.
    """
    room, s, move, unit = np.empty((5, 6)), np.empty(6), np.empty(6), np.empty(6)
    N, factor, g, b, sums, lost = np.empty((6, 6)), np.empty((6, 6)), np.empty(6), np.empty((2, 6)), np.empty((2, 2)), np.empty(2)
    for group in range(members.shape[0]):
        first = members[group, 0]
        base = origins[sensor[first]]
        azimuth = looks[first, 0, 0] + flips[group, 0] * math.pi
        for at in range(len(ranges)):
            s[:] = 0.0
            s[0], s[1] = base[0] + ranges[at] * math.sin(azimuth), base[1] + ranges[at] * math.cos(azimuth)
            s[2] = height[group, 0]
            if not math.isnan(looks[first, 0, 1]):
                s[2] = base[2] + ranges[at] * math.tan(looks[first, 0, 1])
            prior, volume = 0.0, 0.0
            for step in range(steps + 1):
                N[:], g[:], lost[:] = 0.0, 0.0, 0.0
                for place in range(members.shape[1]):
                    t = members[group, place]
                    if t >= 0:
                        add_track(
                            origins[sensor[t]], Cs[sensor[t]], s, ages[t], looks[t], count[t], flips[group, place], bias[t], q,
                            room, N, g, b, sums, lost,
                        )  # fmt: skip
                prior = add_range(base, s, ranges[at], spread[at], N, g)
                prior += add_prior(height[group, 0], height[group, 1] ** 2, s[2], 2, N, g)
                for c in range(3, 6):
                    prior += add_prior(0.0, speed[c // 5] ** 2, s[c], c, N, g)
                factor[:] = N
                volume = solve(factor, g, 6, move)
                if math.isnan(volume) or step == steps:
                    break
                rho = math.sqrt((s[0] - base[0]) ** 2 + (s[1] - base[1]) ** 2)
                s += min(1.0, LEAP * max(rho, 1.0) / max(math.sqrt(move[0] ** 2 + move[1] ** 2), 1e-9)) * move
            if math.isnan(volume):
                x[group, at], P[group, at], logs[group, at], chi2[group, at] = s, np.eye(6), -math.inf, math.inf
                continue
            x[group, at] = s
            invert(N, factor, unit, move, P[group, at])
            chi2[group, at] = lost[0]
            logs[group, at] = -0.5 * (lost[0] + lost[1] + prior + volume) + 3.0 * LOG_TWO_PI
