"""Lays a moving zone into the site's grid where its anchor puts it."""

from __future__ import annotations

import dataclasses

import numpy as np
from msgspec.structs import replace

from fusion.frame import SiteFrame
from fusion.messages import SECOND
from fusion.zones.geometry import Prisms, along, joined
from fusion.zones.moving import Fix, Moving, Place, Pose, moved, pose
from fusion.zones.zones import CircleOutline, GridZone, Limit, Volume, Zone, prism


def placed(zone: Zone, moving: Moving, fix: Fix, time: int, frame: SiteFrame) -> GridZone:
    """Lay a zone where it is at a time (ns), as wide as it has grown."""
    where = pose(moving, fix, time)
    there = replace(zone, volumes=tuple(_moved(volume, moving.origin, where) for volume in zone.volumes))
    prisms = joined([prism(there, volume, frame) for volume in there.volumes])
    if where.grown:
        scale = float(frame.scale(*where.place))
        prisms = _grown(prisms, where.grown * scale, where.grown if moving.height is not None else 0.0)
    drift = np.tile(_drift(moving, fix, where, time, frame), (len(prisms), 1))
    return GridZone(there, dataclasses.replace(prisms, drift=drift), fix.track)


def _moved(volume: Volume, origin: Place, to: Pose) -> Volume:
    """Move a volume whole: outline, and heights by what the anchor has risen."""
    lower, upper = _risen(volume.lower, to.rise), _risen(volume.upper, to.rise)
    outline = volume.outline
    if isinstance(outline, CircleOutline):
        ((latitude, longitude),) = moved(((outline.latitude, outline.longitude),), origin, to)
        return Volume(outline=replace(outline, latitude=latitude, longitude=longitude), lower=lower, upper=upper)
    rings = tuple(moved(ring, origin, to) for ring in outline.rings)
    return Volume(outline=replace(outline, rings=rings), lower=lower, upper=upper)


def _risen(limit: Limit | None, rise: float) -> Limit | None:
    return None if limit is None else replace(limit, height=limit.height + rise)


def _grown(prisms: Prisms, reach: float, climb: float) -> Prisms:
    """Give all that is within `reach` (m, grid) of prisms and not more than `climb` above or below them."""
    parts = []
    for i in range(len(prisms)):
        edges = prisms.edges[prisms.first[i] : prisms.first[i + 1]]
        lower, upper = float(prisms.low[i, 2]) - climb, float(prisms.high[i, 2]) + climb
        parts += [_one(prisms, i, reach if not len(edges) else 0.0, climb), *along(edges, reach, lower, upper)]
    return joined(parts)


def _one(prisms: Prisms, i: int, reach: float, climb: float) -> Prisms:
    """Give one prism; a circle with a radius that is larger by `reach`."""
    wider = np.array([reach, reach, climb])
    edges = prisms.edges[prisms.first[i] : prisms.first[i + 1]]
    circle, box = prisms.circle[[i]] + np.array([0.0, 0.0, reach]), (prisms.low[[i]] - wider, prisms.high[[i]] + wider)
    return Prisms(circle, edges, np.array([0, len(edges)]), *box, prisms.drift[[i]])


def _drift(moving: Moving, fix: Fix, now: Pose, time: int, frame: SiteFrame) -> tuple[float, float]:
    """Give how the zone moves in the grid (m/s): what the next second will do, while its place is fresh."""
    then = pose(moving, fix, time + SECOND).place
    if now.grown or then == now.place:
        return (0.0, 0.0)
    here, there = (frame.grid_from_wgs84(*place, 0.0)[:2] for place in (now.place, then))
    east, north = (there - here).tolist()
    return east, north
