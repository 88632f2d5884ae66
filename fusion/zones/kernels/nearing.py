"""How far points are from the outlines of prisms, pair by pair."""

from __future__ import annotations

import math

import numpy as np

from fusion.compiling import bare, jit

CLEAR = 1.0 + 1e-9  # a squared distance so much longer than the shortest is longer whatever rounding does


@jit
def distances(circle, edges, first, points, which, away):
    """Write how far points (m, 2) are from prisms `which` (m): away (m), metres, negative inside.

    circle (v, 3), edges (e, 4), first (v + 1) as in `geometry.Prisms`.
    """
    for k in range(len(which)):
        v, x, y = which[k], points[k, 0], points[k, 1]
        if not math.isnan(circle[v, 2]):
            away[k] = math.hypot(x - circle[v, 0], y - circle[v, 1]) - circle[v, 2]
        elif math.isnan(x) or math.isnan(y):
            away[k] = np.nan
        else:
            away[k] = from_edges(edges[first[v] : first[v + 1]], x, y)


@bare
def from_edges(edges, x, y):
    """Take the nearest of edges (e, 4); the sign by the even-odd rule, so that holes are outside. On the outline it is 0.

    An edge owns its lower end and not its upper one, so that a ray to the east through a corner counts once.
    """
    nearest, enough, inside = np.inf, np.inf, False
    for e in range(len(edges)):
        ax, ay, bx, by = edges[e, 0] - x, edges[e, 1] - y, edges[e, 2] - x, edges[e, 3] - y
        inside ^= ((ay > 0.0) != (by > 0.0)) and ((ax * by > ay * bx) == (by > ay))
        dx, dy = bx - ax, by - ay
        squared = dx * dx + dy * dy
        along = min(max(-(ax * dx + ay * dy) / (squared if squared > 0.0 else 1.0), 0.0), 1.0)
        px, py = ax + along * dx, ay + along * dy
        if px * px + py * py <= enough:
            nearest = min(nearest, math.hypot(px, py))
            enough = nearest * nearest * CLEAR
    return -nearest if inside else nearest
