"""Lays a moving zone into the site's grid where its anchor puts it."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from fusion.frame import SiteFrame
from fusion.messages import SECOND, Floats, Integers
from fusion.zones.geometry import Prisms, along, joined
from fusion.zones.moving import Fix, Moving, Place, Pose, distance, moved, pose
from fusion.zones.outline import TOLERANCE
from fusion.zones.zones import (
    CircleOutline,
    CorridorOutline,
    GridZone,
    Outline,
    PolygonOutline,
    Volume,
    Zone,
    limits_of,
    prisms_of,
)

SLOPE = 4.0
"""How much grid north turns against true north along a way, in rad of it: tan φ, so up to φ = 76°."""


class Drawing(NamedTuple):
    """A zone as it lies in the grid around the middle of a cell that its anchor is in, not turned."""

    side: float  # rad, of a cell
    cell: tuple[int, int]
    middle: Floats  # (2) easting, northing
    prisms: Prisms
    volume: Integers  # (v) which volume each prism is of


def placed(
    zone: Zone, moving: Moving, fix: Fix, time: int, frame: SiteFrame, known: Drawing | None = None
) -> tuple[GridZone, Drawing]:
    """Lay a zone where it is at a time (ns), as wide as it has grown; with the drawing that serves until it is in the next cell.

    Outlines are drawn geodesically around the middle of the cell that the anchor is in, and from there shifted and turned in
    the grid. Cells are fixed, and so small that this errs by less than half of the outlines' `TOLERANCE`.
    """
    where, then = pose(moving, fix, time), pose(moving, fix, time + SECOND)
    drawing = _drawing(zone, moving, where, frame, known)
    latitudes, longitudes = np.array([where.place, then.place]).T
    here, there = frame.grid_from_wgs84(latitudes, longitudes, 0.0)[:, :2]
    bounds = [limits_of(risen(volume, where.rise), frame) for volume in zone.volumes]
    prisms = _shifted(drawing.prisms, drawing.middle, here, where.turn, np.array(bounds)[drawing.volume])
    if where.grown:
        reach = where.grown * float(frame.scale(*where.place))
        prisms = _grown(prisms, reach, where.grown if moving.height is not None else 0.0)
    drift = np.zeros(2) if where.grown or then.grown else there - here
    return GridZone(zone, dataclasses.replace(prisms, drift=np.tile(drift, (len(prisms), 1))), fix.track), drawing


def volumes_at(zone: Zone, moving: Moving, where: Pose) -> tuple[Volume, ...]:
    """Give a zone's volumes moved whole: outlines, and heights by what the anchor has risen."""
    return tuple(risen(_moved(volume, moving.origin, where), where.rise) for volume in zone.volumes)


def risen(volume: Volume, rise: float) -> Volume:
    """Give a volume whose limits are higher."""
    lower, upper = (None if one is None else replace(one, height=one.height + rise) for one in (volume.lower, volume.upper))
    return replace(volume, lower=lower, upper=upper)


def _drawing(zone: Zone, moving: Moving, where: Pose, frame: SiteFrame, known: Drawing | None) -> Drawing:
    """Draw a zone around the middle of its anchor's cell, unless it is drawn there."""
    side = _side(zone, moving) if known is None else known.side
    cell = round(where.place[0] / side), round(where.place[1] / side)
    if known is not None and known.cell == cell:
        return known
    middle = cell[0] * side, cell[1] * side
    parts = [prisms_of(_moved(volume, moving.origin, Pose(middle, 0.0, 0.0, 0.0)), frame) for volume in zone.volumes]
    volume = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    return Drawing(side, cell, frame.grid_from_wgs84(*middle, 0.0)[:2], joined(parts), volume)


def _side(zone: Zone, moving: Moving) -> float:
    """Give how large cells may be (rad): over half of one, grid north turns by `SLOPE` × side / 2, and so do the outlines."""
    return TOLERANCE / (SLOPE * max(extent(zone.volumes, moving.origin), 100.0))


def extent(volumes: tuple[Volume, ...], origin: Place) -> float:
    """Give how far (m) outlines reach from a place."""
    return max(itertools.chain.from_iterable(_reaches(volume, origin) for volume in volumes))


def _reaches(volume: Volume, origin: Place) -> list[float]:
    match volume.outline:
        case CircleOutline(latitude=latitude, longitude=longitude, radius=radius):
            return [distance((latitude, longitude), origin) + radius]
        case CorridorOutline(line=line, reach=reach):
            return [distance(corner, origin) + reach for corner in line]
        case PolygonOutline(rings=rings):
            return [distance(corner, origin) for corner in itertools.chain(*rings)]


def _moved(volume: Volume, origin: Place, to: Pose) -> Volume:
    outline: Outline
    match volume.outline:
        case CircleOutline() as outline:
            ((latitude, longitude),) = moved(((outline.latitude, outline.longitude),), origin, to)
            outline = replace(outline, latitude=latitude, longitude=longitude)
        case CorridorOutline() as outline:
            outline = replace(outline, line=moved(outline.line, origin, to))
        case PolygonOutline() as outline:
            outline = replace(outline, rings=tuple(moved(ring, origin, to) for ring in outline.rings))
    return replace(volume, outline=outline)


def _shifted(prisms: Prisms, middle: Floats, to: Floats, turn: float, bounds: Floats) -> Prisms:
    """Turn prisms clockwise about a point and take that to another; `bounds` (v, 2) are their limits."""
    c, s = math.cos(turn), math.sin(turn)
    rotation = np.array([[c, s], [-s, c]])
    edges = ((prisms.edges.reshape(-1, 2) - middle) @ rotation.T + to).reshape(-1, 4)
    circle = np.column_stack([(prisms.circle[:, :2] - middle) @ rotation.T + to, prisms.circle[:, 2]])
    low, high = circle[:, :2] - circle[:, 2:], circle[:, :2] + circle[:, 2:]
    for i in np.flatnonzero(np.isnan(circle[:, 2])).tolist():
        corners = edges[prisms.first[i] : prisms.first[i + 1], :2]
        low[i], high[i] = corners.min(axis=0), corners.max(axis=0)
    box = np.column_stack([low, bounds[:, 0]]), np.column_stack([high, bounds[:, 1]])
    return Prisms(circle, edges, prisms.first, *box, prisms.drift)


def _grown(prisms: Prisms, reach: float, climb: float) -> Prisms:
    """Give all that is within `reach` (m, grid) of prisms and not more than `climb` above or below them."""
    wider = prisms.circle + np.array([0.0, 0.0, reach])
    spread = np.where(np.isnan(wider[:, 2:]), [0.0, 0.0, climb], [reach, reach, climb])
    parts = [dataclasses.replace(prisms, circle=wider, low=prisms.low - spread, high=prisms.high + spread)]
    for i in range(len(prisms)):
        edges = prisms.edges[prisms.first[i] : prisms.first[i + 1]]
        parts += along(edges, np.full(len(edges), reach), float(prisms.low[i, 2]) - climb, float(prisms.high[i, 2]) + climb)
    return joined(parts)
