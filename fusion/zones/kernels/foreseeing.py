"""When the futures of tracks, straight flights all, enter prisms: exact, future by future.

Shapes: N tracks, k pairs (track, prism) in m groups, e edges, S samples. A pair's edges that none of its futures can meet are
left out once for all of them: most are far behind or beside.
"""

from __future__ import annotations

import math

import numpy as np

from fusion.compiling import bare, jit

MARGIN = 1e-3  # m: what is further than this beside a box is so whatever rounding does


@jit
def forecast(prisms, state, root, tracks, which, groups, order, normal, horizon, now, entering, time):
    """Forecast each group of pairs: written are the probabilities now and within the horizon, and the median time, all (m).

    prisms: circle (v, 3), edges (e, 4), first (v + 1), low and high (v, 3), drift (v, 2). state (N, 6), root (k, 6, 6) lower
    triangular of each pair's track in the components' `order` (6); normal (6, S); groups (m + 1) where each begins.
    """
    S = normal.shape[1]
    future, times = np.empty((6, S)), np.empty(S)
    flights, rows = np.empty((6, S)), room(prisms, which)
    before = -1
    for g in range(len(groups) - 1):
        track = tracks[groups[g]]
        if track != before:
            futures(state[track], root[groups[g]], order, normal, future)
            before = track
        for s in range(S):
            times[s] = np.inf
        for k in range(groups[g], groups[g + 1]):
            enter(prisms, which[k], future, horizon, flights, rows, times)
        now[g], entering[g], time[g] = told(times)


@jit
def entry_times(prisms, v, future, horizon):
    """Give when each flight (6, S) is first in prism v (S): seconds from now, 0 for inside now, inf for not within `horizon`."""
    times = np.full(future.shape[1], np.inf)
    enter(prisms, v, future, horizon, np.empty((6, future.shape[1])), room(prisms, np.array([v])), times)
    return times


@jit
def room(prisms, which):
    """Make room for the numbers of as many edges as any of these prisms has, thrice."""
    longest, first = 0, prisms[2]
    for k in range(len(which)):
        longest = max(longest, first[which[k] + 1] - first[which[k]])
    return np.empty((3, longest), np.int64)


@bare
def enter(prisms, v, future, horizon, flights, rows, times):
    """Put down when flights enter one prism, where that is sooner than what stands there.

    A flight is in the height band during one interval of time [from, to]; within that, the first moment inside the outline is
    the entry. flights (6, S) and rows (3, …) are room: place and velocity in plan as seen from a prism that moves, from and to.
    """
    circle, edges, first, low, high, drift = prisms
    place, speed, start, end = flights[:2], flights[2:4], flights[4], flights[5]
    in_band(future[2], future[5], low[v, 2], high[v, 2], horizon, start, end)
    for s in range(len(times)):
        place[0, s], place[1, s] = future[0, s], future[1, s]
        speed[0, s], speed[1, s] = future[3, s] - drift[v, 0], future[4, s] - drift[v, 1]
    if not live(place, speed, start, end, low[v], high[v]):
        return
    if math.isnan(circle[v, 2]):
        polygon(edges[first[v] : first[v + 1]], place, speed, start, end, times, rows[0], rows[1], rows[2])
    else:
        disc(circle[v], place, speed, start, end, times)


@bare
def futures(state, root, order, normal, future):
    """Give each sample's state, x + L z, row by row of L summed from the left."""
    for row in range(6):
        component = order[row]
        for s in range(normal.shape[1]):
            future[component, s] = 0.0
        for column in range(row + 1):
            weight = root[row, column]
            for s in range(normal.shape[1]):
                future[component, s] += weight * normal[column, s]
        for s in range(normal.shape[1]):
            future[component, s] = state[component] + future[component, s]


@bare
def in_band(height, climb, low, high, horizon, start, end):
    """Give from when to when flights are between two heights, within [0, horizon]; from > to for never."""
    for s in range(len(height)):
        if climb[s] == 0.0:
            start[s] = 0.0 if low <= height[s] <= high else np.inf
            end[s] = horizon
        else:
            one, other = (low - height[s]) / climb[s], (high - height[s]) / climb[s]
            start[s] = max(min(one, other), 0.0)
            end[s] = min(max(one, other), horizon)


@bare
def live(place, speed, start, end, low, high):
    """Leave out flights that never come over a prism's box: their start is set to inf. Tells whether any is left."""
    left = False
    for s in range(len(start)):
        if not start[s] <= end[s]:
            start[s] = np.inf
            continue
        for axis in range(2):
            one, other = place[axis, s] + speed[axis, s] * start[s], place[axis, s] + speed[axis, s] * end[s]
            if max(one, other) < low[axis] - MARGIN or min(one, other) > high[axis] + MARGIN:
                start[s] = np.inf
                break
        else:
            left = True
    return left


@bare
def disc(circle, place, speed, start, end, times):
    """Solve |c + w t|² = r² for the flights that are left."""
    for s in range(len(start)):
        if start[s] == np.inf:
            continue
        cx, cy = place[0, s] - circle[0], place[1, s] - circle[1]
        wx, wy = speed[0, s], speed[1, s]
        a, b, k = wx * wx + wy * wy, cx * wx + cy * wy, cx * cx + cy * cy - circle[2] * circle[2]
        if a == 0.0:
            if k <= 0.0:
                times[s] = min(times[s], start[s])
            continue
        if b * b < a * k:
            continue
        root = math.sqrt(max(b * b - a * k, 0.0))
        first = max(start[s], (-b - root) / a)
        if first <= min(end[s], (-b + root) / a):
            times[s] = min(times[s], first)


@bare
def polygon(edges, place, speed, start, end, times, met, crossed, beyond):
    """Take `start` where a flight is inside then, else the first edge it meets up to `end`.

    Inside by the even-odd rule (`geometry.crosses_east`). w t from the origin meets the edge a + u (b − a), 0 ≤ u ≤ 1, at
    t = (a × d) / (w × d), u = (a × w) / (w × d) with d = b − a.
    """
    south, west, east, north = np.inf, np.inf, -np.inf, -np.inf
    far_south, far_west, far_east, far_north = np.inf, np.inf, -np.inf, -np.inf
    for s in range(len(start)):
        if start[s] == np.inf:
            continue
        x, y = place[0, s] + speed[0, s] * start[s], place[1, s] + speed[1, s] * start[s]
        west, east, south, north = min(west, x), max(east, x), min(south, y), max(north, y)
        u, v = place[0, s] + speed[0, s] * end[s], place[1, s] + speed[1, s] * end[s]
        far_west, far_east = min(far_west, x, u), max(far_east, x, u)
        far_south, far_north = min(far_south, y, v), max(far_north, y, v)
    meets, crosses, behind = 0, 0, 0
    for e in range(len(edges)):
        lowest, highest = min(edges[e, 1], edges[e, 3]), max(edges[e, 1], edges[e, 3])
        least, most = min(edges[e, 0], edges[e, 2]), max(edges[e, 0], edges[e, 2])
        if not (
            least > far_east + MARGIN or most < far_west - MARGIN or lowest > far_north + MARGIN or highest < far_south - MARGIN
        ):
            met[meets] = e
            meets += 1
        if lowest > north + MARGIN or highest < south - MARGIN or most < west - MARGIN:
            continue
        if least > east + MARGIN:
            beyond[behind] = e
            behind += 1
        else:
            crossed[crosses] = e
            crosses += 1
    for s in range(len(start)):
        if start[s] == np.inf or times[s] <= start[s]:
            continue
        wx, wy, reached = speed[0, s], speed[1, s], start[s]
        x, y = place[0, s] + wx * reached, place[1, s] + wy * reached
        inside = False
        for i in range(behind):
            e = beyond[i]
            inside ^= (edges[e, 1] - y > 0.0) != (edges[e, 3] - y > 0.0)
        for i in range(crosses):
            e = crossed[i]
            ax, ay, bx, by = edges[e, 0] - x, edges[e, 1] - y, edges[e, 2] - x, edges[e, 3] - y
            inside ^= ((ay > 0.0) != (by > 0.0)) and ((ax * by > ay * bx) == (by > ay))
        if inside:
            times[s] = reached
            continue
        soonest = np.inf
        for i in range(meets):
            e = met[i]
            ax, ay = edges[e, 0] - x, edges[e, 1] - y
            bx, by = edges[e, 2] - x, edges[e, 3] - y
            dx, dy = bx - ax, by - ay
            across, along = wx * dy - wy * dx, ax * wy - ay * wx
            # u = along / across is within [0, 1] only where both have one sign and `along` is no longer: asked before dividing.
            if across == 0.0 or along * across < 0.0 or abs(along) > abs(across):
                continue
            ahead = (ax * dy - ay * dx) / across
            if 0.0 <= ahead < soonest and 0.0 <= along / across <= 1.0:
                soonest = ahead
        if reached + soonest <= end[s]:
            times[s] = min(times[s], reached + soonest)


@bare
def told(times):
    """Give what share of the futures is in the zone now, what share enters, and the lower median of when; sorts in place."""
    inside, enters = 0, 0
    for s in range(len(times)):
        if times[s] == np.inf:
            continue
        inside += times[s] == 0.0
        times[enters] = times[s]
        enters += 1
    if enters == 0:
        return 0.0, 0.0, np.nan
    middle = (enters - 1) // 2
    median = 0.0 if inside > middle else smallest(times, enters, middle)
    return inside / len(times), enters / len(times), median


@bare
def smallest(values, count, k):
    """Give the k-th smallest of the first `count` values, which are put in another order (Hoare's selection)."""
    left, right = 0, count - 1
    while left < right:
        pivot, i, j = values[(left + right) // 2], left, right
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if k <= j:
            right = j
        elif k >= i:
            left = i
        else:
            break
    return values[k]
