"""When the futures of tracks, straight flights all, enter prisms: exact, future by future.

Shapes: N tracks, k pairs (track, prism) in m groups, e edges, S samples. A pair's edges that none of its futures can meet are
left out once for all of them: most are far behind or beside. Loops over futures have no branch and rows of one stride, so that
the compiler takes several futures at once; those that are out of question are closed up before the next loop.
"""

from __future__ import annotations

import math

import numpy as np

from fusion.compiling import bare, jit
from fusion.zones.kernels.telling import told

MARGIN = 1e-3  # m: what is further than this beside a box is so whatever rounding does


@jit
def forecast(prisms, state, root, rows, tracks, which, groups, order, normal, horizon, now, entering, time):
    """Forecast each group of pairs: written are the probabilities now and within the horizon, and the median time, all (m).

    prisms: circle (v, 3), edges (e, 4), first (v + 1), low and high (v, 3), drift (v, 2). state (N, 6), root (r, 6, 6) lower
    triangular in the components' `order` (6), and rows (k) which is of each pair's track; normal (6, S); groups (m + 1) where
    each begins.
    """
    S = normal.shape[1]
    future, times = np.empty((6, S)), np.empty(S)
    flights, marks, edges = np.empty((7, S)), np.empty((2, S), np.int64), room(prisms, which)
    before = -1
    for g in range(len(groups) - 1):
        track = tracks[groups[g]]
        if track != before:
            futures(state[track], root[rows[groups[g]]], order, normal, future)
            before = track
        times[:] = np.inf
        for k in range(groups[g], groups[g + 1]):
            enter(prisms, which[k], future, horizon, flights, marks, edges, times)
        now[g], entering[g], time[g] = told(times)


@jit
def entry_times(prisms, v, future, horizon):
    """Give when each flight (6, S) is first in prism v (S): seconds from now, 0 for inside now, inf for not within `horizon`."""
    S = future.shape[1]
    times = np.full(S, np.inf)
    enter(prisms, v, future, horizon, np.empty((7, S)), np.empty((2, S), np.int64), room(prisms, np.array([v])), times)
    return times


@jit
def room(prisms, which):
    """Make room for the numbers of as many edges as any of these prisms has, thrice."""
    longest, first = 0, prisms[2]
    for k in range(len(which)):
        longest = max(longest, first[which[k] + 1] - first[which[k]])
    return np.empty((3, longest), np.int64)


@bare
def futures(state, root, order, normal, future):
    """Give each sample's state, x + L z, row by row of L summed from the left; written out, so that sums stay in registers."""
    z0, z1, z2, z3, z4, z5 = normal[0], normal[1], normal[2], normal[3], normal[4], normal[5]
    f0, f1, f2 = future[order[0]], future[order[1]], future[order[2]]
    f3, f4, f5 = future[order[3]], future[order[4]], future[order[5]]
    x0, x1, x2 = state[order[0]], state[order[1]], state[order[2]]
    x3, x4, x5 = state[order[3]], state[order[4]], state[order[5]]
    a0, b0, b1, c0, c1, c2 = root[0, 0], root[1, 0], root[1, 1], root[2, 0], root[2, 1], root[2, 2]
    d0, d1, d2, d3 = root[3, 0], root[3, 1], root[3, 2], root[3, 3]
    e0, e1, e2, e3, e4 = root[4, 0], root[4, 1], root[4, 2], root[4, 3], root[4, 4]
    g0, g1, g2, g3, g4, g5 = root[5, 0], root[5, 1], root[5, 2], root[5, 3], root[5, 4], root[5, 5]
    for s in range(len(f0)):
        f0[s] = x0 + a0 * z0[s]
        f1[s] = x1 + (b0 * z0[s] + b1 * z1[s])
        f2[s] = x2 + (c0 * z0[s] + c1 * z1[s] + c2 * z2[s])
    for s in range(len(f0)):
        f3[s] = x3 + (d0 * z0[s] + d1 * z1[s] + d2 * z2[s] + d3 * z3[s])
        f4[s] = x4 + (e0 * z0[s] + e1 * z1[s] + e2 * z2[s] + e3 * z3[s] + e4 * z4[s])
        f5[s] = x5 + (g0 * z0[s] + g1 * z1[s] + g2 * z2[s] + g3 * z3[s] + g4 * z4[s] + g5 * z5[s])


@bare
def enter(prisms, v, future, horizon, flights, marks, rows, times):
    """Put down when flights enter one prism, where that is sooner than what stands there.

    A flight is in the height band during one interval of time [from, to]; within that, the first moment inside the outline is
    the entry. flights (7, S), marks (2, S) and rows (3, …) are room: place and velocity in plan as seen from a prism that
    moves, from and to, what is found; whose flight it is, and a mark.
    """
    circle, edges, first, low, high, drift = prisms
    in_band(future[2], future[5], low[v, 2], high[v, 2], horizon, flights[4], flights[5])
    if not over_box(future, drift[v], low[v], high[v], flights, marks[1]):
        return
    if math.isnan(circle[v, 2]):
        count = closed_up(future, drift[v], flights, marks)
        polygon(edges[first[v] : first[v + 1]], count, flights, marks, times, rows)
    else:
        disc(circle[v], future, drift[v], flights[4], flights[5], marks[1], times)


@bare
def in_band(height, climb, low, high, horizon, start, end):
    """Give from when to when flights are between two heights, within [0, horizon]; from > to for never."""
    for s in range(len(height)):
        level = climb[s] == 0.0
        rate = 1.0 if level else climb[s]
        one, other = (low - height[s]) / rate, (high - height[s]) / rate
        soonest, latest = min(one, other), max(one, other)
        within = (low <= height[s]) & (height[s] <= high)
        soonest = (0.0 if within else np.inf) if level else soonest
        latest = horizon if level else latest
        start[s] = max(0.0, soonest)
        end[s] = min(horizon, latest)


@bare
def over_box(future, drift, low, high, flights, mark):
    """Mark the flights that come over a prism's box while they are in the height band: 1, else 0; tells whether any does."""
    east, north, speed_east, speed_north = future[0], future[1], future[3], future[4]
    start, end = flights[4], flights[5]
    any_over = 0
    drift_east, drift_north = drift[0], drift[1]
    west, most_east, south, most_north = low[0] - MARGIN, high[0] + MARGIN, low[1] - MARGIN, high[1] + MARGIN
    for s in range(len(mark)):
        wx, wy = speed_east[s] - drift_east, speed_north[s] - drift_north
        x, far_x = east[s] + wx * start[s], east[s] + wx * end[s]
        y, far_y = north[s] + wy * start[s], north[s] + wy * end[s]
        beside = ((x < west) & (far_x < west)) | ((x > most_east) & (far_x > most_east))
        beyond = ((y < south) & (far_y < south)) | ((y > most_north) & (far_y > most_north))
        mark[s] = 1 if (start[s] <= end[s]) & ~(beside | beyond) else 0
        any_over |= mark[s]
    return any_over == 1


@bare
def closed_up(future, drift, flights, marks):
    """Close up the flights that are marked: flights, and whose; gives how many."""
    east, north, speed_east, speed_north = future[0], future[1], future[3], future[4]
    start, end, whose, mark, count = flights[4], flights[5], marks[0], marks[1], 0
    drift_east, drift_north = drift[0], drift[1]
    for s in range(len(mark)):
        whose[count] = s
        count += mark[s]
    for i in range(count):
        s = whose[i]
        flights[0, i], flights[1, i] = east[s], north[s]
        flights[2, i], flights[3, i] = speed_east[s] - drift_east, speed_north[s] - drift_north
        start[i], end[i] = start[s], end[s]
    return count


@bare
def disc(circle, future, drift, start, end, mark, times):
    """Solve |c + w t|² = r² for flights that are marked: from when they are in the circle, where that is sooner.

    All are solved, for no branch is cheaper than closing up the few.
    """
    x, y, speed_x, speed_y = future[0], future[1], future[3], future[4]
    east, north, squared, drift_east, drift_north = circle[0], circle[1], circle[2] * circle[2], drift[0], drift[1]
    for s in range(len(mark)):
        cx, cy, wx, wy = x[s] - east, y[s] - north, speed_x[s] - drift_east, speed_y[s] - drift_north
        a, b, k = wx * wx + wy * wy, cx * wx + cy * wy, cx * cx + cy * cy - squared
        still = a == 0.0
        rest = b * b - a * k
        root = math.sqrt(max(0.0, rest))
        over = 1.0 if still else a
        entry, leave = (-b - root) / over, (-b + root) / over
        entry = start[s] if still | (start[s] >= entry) else entry
        leave = end[s] if still | (end[s] <= leave) else leave
        meets = (k <= 0.0) if still else ((b * b >= a * k) & (entry <= leave))
        times[s] = min(times[s], entry if meets & (mark[s] == 1) else np.inf)


@bare
def put_down(count, found, whose, times):
    """Put down what is found where it is sooner than what stands there."""
    for s in range(count):
        times[whose[s]] = min(times[whose[s]], found[s])


@bare
def polygon(edges, count, flights, marks, times, rows):
    """Put down `start` where a flight is inside then, else the first edge it meets up to `end`."""
    meets, crosses, behind = concerned(edges, count, flights, rows)
    x, y, start = flights[0], flights[1], flights[4]
    for s in range(count):
        x[s] = x[s] + flights[2, s] * start[s]
        y[s] = y[s] + flights[3, s] * start[s]
    within(edges, count, flights, rows[1, :crosses], rows[2, :behind], marks[1])
    left = 0
    for s in range(count):
        inside, flight = marks[1, s], marks[0, s]
        times[flight] = min(times[flight], start[s] if inside else np.inf)
        for row in range(6):
            flights[row, left] = flights[row, s]
        marks[0, left] = flight
        left += 1 - inside
    first_met(edges, left, flights, rows[0, :meets])
    put_down(left, flights[6], marks[0], times)


@bare
def concerned(edges, count, flights, rows):
    """Choose the edges that flights may meet, those that may lie on either side of them, and those east of all; gives how many.

    rows (3, …): their numbers.
    """
    place_x, place_y, speed_x, speed_y, start, end = flights[0], flights[1], flights[2], flights[3], flights[4], flights[5]
    south, west, east, north = np.inf, np.inf, -np.inf, -np.inf
    far_south, far_west, far_east, far_north = np.inf, np.inf, -np.inf, -np.inf
    for s in range(count):
        x, y = place_x[s] + speed_x[s] * start[s], place_y[s] + speed_y[s] * start[s]
        west, east, south, north = min(west, x), max(east, x), min(south, y), max(north, y)
        x, y = place_x[s] + speed_x[s] * end[s], place_y[s] + speed_y[s] * end[s]
        far_west, far_east, far_south, far_north = min(far_west, x), max(far_east, x), min(far_south, y), max(far_north, y)
    far_west, far_east, far_south, far_north = (
        min(far_west, west),
        max(far_east, east),
        min(far_south, south),
        max(far_north, north),
    )
    meets, crosses, behind = 0, 0, 0
    for e in range(len(edges)):
        lowest, highest = min(edges[e, 1], edges[e, 3]), max(edges[e, 1], edges[e, 3])
        least, most = min(edges[e, 0], edges[e, 2]), max(edges[e, 0], edges[e, 2])
        if not (
            least > far_east + MARGIN or most < far_west - MARGIN or lowest > far_north + MARGIN or highest < far_south - MARGIN
        ):
            rows[0, meets] = e
            meets += 1
        if lowest > north + MARGIN or highest < south - MARGIN or most < west - MARGIN:
            continue
        if least > east + MARGIN:
            rows[2, behind] = e
            behind += 1
        else:
            rows[1, crosses] = e
            crosses += 1
    return meets, crosses, behind


@bare
def within(edges, count, flights, crossed, beyond, inside):
    """Tell which places are inside by the even-odd rule, a ray to the east: 1, else 0."""
    x, y = flights[0], flights[1]
    for s in range(count):
        inside[s] = 0
    for i in range(len(beyond)):
        from_y, to_y = edges[beyond[i], 1], edges[beyond[i], 3]
        for s in range(count):
            inside[s] ^= 1 if (from_y - y[s] > 0.0) != (to_y - y[s] > 0.0) else 0
    for i in range(len(crossed)):
        from_x, from_y, to_x, to_y = edges[crossed[i]]
        for s in range(count):
            ax, ay, bx, by = from_x - x[s], from_y - y[s], to_x - x[s], to_y - y[s]
            inside[s] ^= 1 if ((ay > 0.0) != (by > 0.0)) & ((ax * by > ay * bx) == (by > ay)) else 0


@bare
def first_met(edges, count, flights, met):
    """Find when flights meet the first of some edges up to their end, or inf.

    w t from the origin meets the edge a + u (b − a), 0 ≤ u ≤ 1, at t = (a × d) / (w × d), u = (a × w) / (w × d) with d = b − a.
    """
    x, y, speed_x, speed_y = flights[0], flights[1], flights[2], flights[3]
    start, end, found = flights[4], flights[5], flights[6]
    for s in range(count):
        found[s] = np.inf
    for i in range(len(met)):
        from_x, from_y, to_x, to_y = edges[met[i]]
        for s in range(count):
            ax, ay, wx, wy = from_x - x[s], from_y - y[s], speed_x[s], speed_y[s]
            dx, dy = (to_x - x[s]) - ax, (to_y - y[s]) - ay
            across, along = wx * dy - wy * dx, ax * wy - ay * wx
            ahead = (ax * dy - ay * dx) / across
            on_edge = (abs(along) <= abs(across)) & ((along == 0.0) | ((along > 0.0) == (across > 0.0)))  # 0 ≤ u ≤ 1, undivided
            meets = (across != 0.0) & on_edge & (ahead >= 0.0) & (ahead < found[s])
            found[s] = ahead if meets else found[s]
    for s in range(count):
        entry = start[s] + found[s]
        found[s] = entry if entry <= end[s] else np.inf
