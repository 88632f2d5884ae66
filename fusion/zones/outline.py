"""Outlines on the earth brought into the site's grid: geodesic edges, geodesic circles."""

from __future__ import annotations

import math

import numpy as np
from pyproj import Geod

from fusion.frame import SiteFrame
from fusion.messages import Floats, Integers

TOLERANCE = 0.1
"""m: how far an outline in the grid may lie from the true one. The frame itself promises 0.1 m at 5 km."""

LONGEST_EDGE = 20_000.0
"""m: edges are cut to this first. A longer one may bend both ways in the grid, and so pass through its own middle."""

CIRCLE_SHARE = 1e-5
"""Part of a radius that a circle drawn as a polygon may be off by: 703 corners at most, 1.5 m on 150 km."""

HALVINGS = 12
"""Edges are not cut below 20 km / 2¹² = 5 m: one that still bends crosses a seam of the grid, far from the site."""

GEOD = Geod(ellps="WGS84")


def ring_in_grid(frame: SiteFrame, corners: Floats) -> Floats:
    """Give a closed ring of (latitude, longitude) corners (k, 2) in rad as grid corners (n, 2), its last one left out."""
    points = _straightened(frame, corners)[:-1]
    return frame.grid_from_wgs84(points[:, 0], points[:, 1], 0.0)[:, :2]


def line_in_grid(frame: SiteFrame, corners: Floats) -> tuple[Floats, Floats]:
    """Give a line of (latitude, longitude) corners (k, 2) in rad as grid edges (n, 4), and each edge's scale (n)."""
    points = _straightened(frame, corners)
    grid = frame.grid_from_wgs84(points[:, 0], points[:, 1], 0.0)[:, :2]
    scale = frame.scale(points[:, 0], points[:, 1])
    return np.concatenate([grid[:-1], grid[1:]], axis=1), (scale[:-1] + scale[1:]) / 2


def _straightened(frame: SiteFrame, points: Floats) -> Floats:
    """Cut edges (corners (k, 2)) until each is straight in the grid: an edge is the shortest path between its corners.

    So ASTM F3548 reads polygons, and a long one is not straight in the grid: it gets corners in between until the grid's
    straight line is within `TOLERANCE` of it. (RFC 7946 draws edges straight in longitude and latitude: at 49° that lies 2 m
    further from the pole on an edge of 10 km, 220 m on 100 km.)
    """
    points = _cut(points, _pieces_by_length(points))
    for _ in range(HALVINGS):
        bent = _bend(frame, points) > TOLERANCE
        if not bent.any():
            break
        points = _cut(points, np.where(bent, 2, 1))
    return points


def circle_in_grid(frame: SiteFrame, latitude: float, longitude: float, radius: float) -> tuple[Floats, Floats | None]:
    """Give a geodesic circle as (easting, northing, radius) and None, or with its ring (n, 2) where it is not round.

    From a radius of 5 km (Lambert-93 over Paris) or 30 km (auto) on, the grid's changing scale makes more than `TOLERANCE`
    of difference between directions.
    """
    middle = frame.grid_from_wgs84(latitude, longitude, 0.0)[:2]
    ring = _geodesic_circle(frame, latitude, longitude, radius, 64)
    reach = np.hypot(*(ring - middle).T)
    around = np.array([*middle, (reach.min() + reach.max()) / 2])
    if not np.isfinite(reach).all() or np.ptp(reach) / 2 <= TOLERANCE:
        return around, None
    # The sagitta of a side is r (1 − cos π/n) ≈ r π²/2n²; the ring is laid so that it errs by half of it to each side.
    sagitta = max(TOLERANCE, radius * CIRCLE_SHARE)
    corners = math.ceil(math.pi * math.sqrt(radius / (2 * sagitta)))
    return around, _geodesic_circle(frame, latitude, longitude, radius + sagitta / 2, corners)


def _geodesic_circle(frame: SiteFrame, latitude: float, longitude: float, radius: float, corners: int) -> Floats:
    """Give points of a geodesic circle in the grid (n, 2)."""
    azimuth = np.linspace(0.0, 2 * math.pi, corners, endpoint=False)
    start = np.full(corners, longitude), np.full(corners, latitude)
    lon, lat, _ = GEOD.fwd(*start, azimuth, np.full(corners, radius), radians=True)
    return frame.grid_from_wgs84(lat, lon, 0.0)[:, :2]


def _pieces_by_length(points: Floats) -> Integers:
    *_, length = GEOD.inv(points[:-1, 1], points[:-1, 0], points[1:, 1], points[1:, 0], radians=True)
    return np.asarray(np.maximum(1, np.ceil(np.asarray(length) / LONGEST_EDGE)), np.int64)


def _cut(points: Floats, pieces: Integers) -> Floats:
    """Cut each edge between points (k, 2) into so many equal pieces along its geodesic."""
    edge = np.repeat(np.arange(len(pieces)), pieces)
    step = np.arange(len(edge)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    return np.concatenate([_along(points, edge, step / pieces[edge]), points[-1:]])


def _along(points: Floats, edge: Integers, share: Floats) -> Floats:
    """Give the points at shares of the geodesics from points[edge] to points[edge + 1]; share 0 is the corner itself."""
    start, stop = points[edge], points[edge + 1]
    azimuth, _, length = GEOD.inv(start[:, 1], start[:, 0], stop[:, 1], stop[:, 0], radians=True)
    lon, lat, _ = GEOD.fwd(start[:, 1], start[:, 0], azimuth, np.asarray(length) * share, radians=True)
    return np.where(share[:, None] == 0.0, start, np.stack([lat, lon], axis=-1))


def _bend(frame: SiteFrame, points: Floats) -> Floats:
    """Give how far (m) each geodesic's middle lies from the middle of the grid's straight line; nan counts as none."""
    edges = np.arange(len(points) - 1)
    middle = _along(points, edges, np.full(len(edges), 0.5))
    grid = frame.grid_from_wgs84(points[:, 0], points[:, 1], 0.0)[:, :2]
    true = frame.grid_from_wgs84(middle[:, 0], middle[:, 1], 0.0)[:, :2]
    with np.errstate(invalid="ignore"):
        off = true - (grid[:-1] + grid[1:]) / 2
        return np.nan_to_num(np.hypot(off[:, 0], off[:, 1]), nan=0.0, posinf=0.0)
