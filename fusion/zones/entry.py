"""When straight flights enter prisms: exact, for many flights of many pairs (track, prism) at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fusion.messages import Floats, Integers
from fusion.zones.geometry import Prisms, crosses_east, pieces, spread


class Flights(NamedTuple):
    """Straight flights of m pairs, s of each, from now on: place and velocity (3, m, s) in m and m/s."""

    place: Floats
    velocity: Floats

    def chosen(self, pairs: Integers | slice) -> Flights:
        """Give the flights of some of the pairs."""
        return Flights(self.place[:, pairs], self.velocity[:, pairs])


def entry_times(prisms: Prisms, which: Integers, flights: Flights, horizon: float) -> Floats:
    """Give when each flight is first in its prism (m, s): seconds from now, 0 for inside now, inf for not within `horizon`.

    A flight is in the height band during one interval of time [from, to]; within that, the first moment inside the
    outline is the entry. With a polygon it is `from` itself if the flight is inside then, else the first edge it meets.
    """
    start, end = _in_band(prisms, which, flights, horizon)
    times = np.empty_like(start)
    is_round = ~np.isnan(prisms.circle[which, 2])
    round_, cornered = np.flatnonzero(is_round), np.flatnonzero(~is_round)
    times[round_] = _circles(prisms.circle[which[round_]], flights.chosen(round_), start[round_], end[round_])
    for piece in pieces(prisms.first, which[cornered], start.shape[1]):
        pairs = cornered[piece]
        times[pairs] = _polygons(prisms, which[pairs], flights.chosen(pairs), start[pairs], end[pairs])
    return times


def _in_band(prisms: Prisms, which: Integers, flights: Flights, horizon: float) -> tuple[Floats, Floats]:
    """Give from when to when flights are between the limits of their prisms, within [0, horizon]; from > to for never."""
    low, high = prisms.low[which, 2, None], prisms.high[which, 2, None]
    height, climb = flights.place[2], flights.velocity[2]
    level = climb == 0.0
    within = (low <= height) & (height <= high)
    rate = np.where(level, 1.0, climb)
    one, other = (low - height) / rate, (high - height) / rate
    start = np.where(level, np.where(within, 0.0, np.inf), np.minimum(one, other))
    end = np.where(level, np.inf, np.maximum(one, other))
    return np.maximum(start, 0.0), np.minimum(end, horizon)


def _circles(circle: Floats, flights: Flights, start: Floats, end: Floats) -> Floats:
    """Solve |c + w t|² = r²: the flight is inside between the two roots t = (−b ∓ √(b² − a k)) / a."""
    cx, cy = flights.place[0] - circle[:, 0, None], flights.place[1] - circle[:, 1, None]
    wx, wy = flights.velocity[0], flights.velocity[1]
    a, b, k = wx * wx + wy * wy, cx * wx + cy * wy, cx * cx + cy * cy - circle[:, 2, None] ** 2
    hovers = a == 0.0
    root = np.sqrt(np.maximum(b * b - a * k, 0.0))
    rate = np.where(hovers, 1.0, a)
    first = np.maximum(start, np.where(hovers, -np.inf, (-b - root) / rate))
    last = np.minimum(end, np.where(hovers, np.inf, (-b + root) / rate))
    met = np.where(hovers, k <= 0.0, b * b >= a * k)
    return np.asarray(np.where(met & (first <= last), first, np.inf))


def _polygons(prisms: Prisms, which: Integers, flights: Flights, start: Floats, end: Floats) -> Floats:
    """Take `start` where the flight is inside then, else the first edge it meets up to `end`."""
    owner, edge, begins = spread(prisms.first, which)
    reached = np.where(np.isfinite(start), start, 0.0)
    wx, wy = flights.velocity[0], flights.velocity[1]
    qx, qy = flights.place[0] + wx * reached, flights.place[1] + wy * reached
    ax, ay, bx, by = prisms.edges[edge].T[:, :, None] - np.stack([qx, qy, qx, qy])[:, owner]
    inside = np.logical_xor.reduceat(crosses_east(ax, ay, bx, by), begins)
    met = reached + np.minimum.reduceat(_meeting(ax, ay, bx, by, wx[owner], wy[owner]), begins)
    first = np.where(inside, reached, met)
    return np.where((start <= end) & (first <= end), first, np.inf)


def _meeting(ax: Floats, ay: Floats, bx: Floats, by: Floats, wx: Floats, wy: Floats) -> Floats:
    """Give when w t from the origin meets the edge a + u (b − a), 0 ≤ u ≤ 1; inf for not ahead, or alongside.

    t = (a × d) / (w × d), u = (a × w) / (w × d) with d = b − a.
    """
    dx, dy = bx - ax, by - ay
    across = wx * dy - wy * dx
    with np.errstate(divide="ignore", invalid="ignore"):
        time, share = (ax * dy - ay * dx) / across, (ax * wy - ay * wx) / across
    return np.where((time >= 0.0) & (share >= 0.0) & (share <= 1.0), time, np.inf)
