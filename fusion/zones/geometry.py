"""Prisms as arrays: polygons with holes and circles between two heights, asked about many points at once.

Everything is in the site's grid: metres, heights above the ellipsoid. A question is a list of pairs (point, prism), so
that a caller who knows which prisms are near pays for those only, and each pair's answer depends on that pair alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion.messages import Floats, Integers
from fusion.zones import kernels

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Prisms:
    """Many prisms, struct of arrays. One that is a circle has no edges; one that is a polygon has a radius of nan."""

    circle: Floats  # (v, 3) easting, northing of the middle, radius; of a polygon nan
    edges: Floats  # (e, 4) from easting, northing to easting, northing: all rings of a polygon, outer and holes
    first: Integers  # (v + 1) where each prism's edges begin
    low: Floats  # (v, 3) the bounding box, with the lower limit
    high: Floats  # (v, 3) the bounding box, with the upper limit
    drift: Floats  # (v, 2) m/s, how each moves

    def __len__(self) -> int:
        return len(self.circle)

    @property
    def columns(self) -> tuple[Floats, Floats, Integers, Floats, Floats, Floats]:
        """All of it, as the kernels take it."""
        return self.circle, self.edges, self.first, self.low, self.high, self.drift

    def distance(self, points: Floats, which: Integers) -> Floats:
        """Give how far points (m, 2) are from the outlines of prisms `which` (m): metres, negative inside."""
        away = np.empty(len(which))
        kernels.distances(self.circle, self.edges, self.first, np.ascontiguousarray(points), which, away)
        return away

    def outside_height(self, heights: Floats, which: Integers) -> Floats:
        """Give how far heights (m) are from the height bands of prisms `which`: metres, negative inside."""
        return np.asarray(np.maximum(self.low[which, 2] - heights, heights - self.high[which, 2]))


def spread(first: Integers, which: Integers) -> tuple[Integers, Integers, Integers]:
    """Unfold pairs into rows: whose row it is, which edge (or other item) it has, and where each pair's rows begin."""
    count = first[which + 1] - first[which]
    begins = np.cumsum(count) - count
    owner = np.repeat(np.arange(len(which)), count)
    return owner, np.arange(len(owner)) + np.repeat(first[which] - begins, count), begins


def polygon(rings: Sequence[Floats], lower: float, upper: float) -> Prisms:
    """Make one prism of rings (k, 2), the outer one and its holes; a ring closes itself."""
    edges = np.concatenate([np.concatenate([ring, np.roll(ring, -1, axis=0)], axis=1) for ring in rings])
    low, high = edges[:, :2].min(axis=0), edges[:, :2].max(axis=0)
    return _one(np.full(3, np.nan), edges, (*low, lower), (*high, upper))


def circle(around: Floats, lower: float, upper: float) -> Prisms:
    """Make one prism of a circle (easting, northing, radius)."""
    low, high = around[:2] - around[2], around[:2] + around[2]
    return _one(around, np.empty((0, 4)), (*low, lower), (*high, upper))


def along(edges: Floats, reach: Floats, lower: float, upper: float) -> list[Prisms]:
    """Make prisms that together hold all that is within `reach` (e) of edges (e, 4): a box along each, a circle at each end."""
    ends, first = np.unique(edges.reshape(-1, 2), axis=0, return_index=True)
    circles = [circle(np.array([*end, far]), lower, upper) for end, far in zip(ends, reach[first // 2], strict=True)]
    way = edges[:, 2:] - edges[:, :2]
    length = np.hypot(way[:, 0], way[:, 1])
    long = length > 0.0
    edges, beside = (
        edges[long],
        (np.stack([-way[:, 1], way[:, 0]], axis=-1) * (reach / np.where(long, length, 1.0))[:, None])[long],
    )
    corners = np.stack([edges[:, :2] + beside, edges[:, :2] - beside, edges[:, 2:] - beside, edges[:, 2:] + beside], axis=1)
    return circles + [polygon([box], lower, upper) for box in corners]


def joined(parts: Sequence[Prisms]) -> Prisms:
    """Lay prisms one after another."""
    counts = np.concatenate([np.zeros(1, np.int64), *(np.diff(part.first) for part in parts)])
    return Prisms(
        circle=np.concatenate([np.empty((0, 3)), *(part.circle for part in parts)]),
        edges=np.concatenate([np.empty((0, 4)), *(part.edges for part in parts)]),
        first=np.cumsum(counts),
        low=np.concatenate([np.empty((0, 3)), *(part.low for part in parts)]),
        high=np.concatenate([np.empty((0, 3)), *(part.high for part in parts)]),
        drift=np.concatenate([np.empty((0, 2)), *(part.drift for part in parts)]),
    )


def _one(round_: Floats, edges: Floats, low: tuple[float, ...], high: tuple[float, ...]) -> Prisms:
    box = np.array([low], float), np.array([high], float)
    return Prisms(round_[None], edges, np.array([0, len(edges)]), *box, np.zeros((1, 2)))
