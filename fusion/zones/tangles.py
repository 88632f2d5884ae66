"""What is wrong with a polygon's corners: edges that cross, or no inside."""

from __future__ import annotations

import numpy as np

from fusion.messages import Floats

LEAST = 1e-10
"""°², a square metre at the equator: corners that enclose less lie on one line."""


def tangled(corners: Floats) -> str | None:
    """Say what is wrong with a ring of corners (n, 2), latitude and longitude in degrees, the first not given again as the last.

    Edges are straight in latitude and longitude, longitudes are taken within half a turn of the first.
    """
    points = corners - corners[0]
    points[:, 1] = (points[:, 1] + 180.0) % 360.0 - 180.0
    ends = np.roll(points, -1, axis=0)
    for i in range(len(points) - 2):
        apart = slice(i + 2, len(points) - 1 if i == 0 else len(points))  # neither the next edge nor the one before
        if _meet(points[i], ends[i], points[apart], ends[apart]):
            return "make edges that cross or touch"
    flat = bool((np.abs(_turn(points[0], points[1:], points[1:, None])) < LEAST).all())
    return "lie on one line" if flat else None


def _meet(a: Floats, b: Floats, c: Floats, d: Floats) -> bool:
    """Tell whether the edge a–b has a point in common with one of the edges c–d (k, 2)."""
    beside = (np.maximum(a, b) < np.minimum(c, d)) | (np.maximum(c, d) < np.minimum(a, b))
    crossed = (_turn(a, b, c) * _turn(a, b, d) <= 0.0) & (_turn(c, d, a) * _turn(c, d, b) <= 0.0)
    return bool((crossed & ~beside.any(axis=-1)).any())


def _turn(a: Floats, b: Floats, c: Floats) -> Floats:
    """Give to which side of a → b a point c lies: positive, negative, or nought on the line."""
    return np.asarray((b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) - (b[..., 1] - a[..., 1]) * (c[..., 0] - a[..., 0]))
