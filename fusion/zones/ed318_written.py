"""Writes a zone's outlines and heights as ED-318 spells them, so that whoever reads zones can draw them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from fusion.zones.zones import CircleOutline, CorridorOutline, Limit, PolygonOutline, Volume

DIGITS = 8
"""Of a degree: 1 mm."""

REFERENCE = {"agl": "AGL", "amsl": "AMSL", "hae": "WGS84"}


def geometry_of(volumes: Iterable[Volume]) -> dict[str, Any]:
    """Write volumes as one geometry, or as a collection of several."""
    parts = [_geometry(volume) for volume in volumes]
    return parts[0] if len(parts) == 1 else {"type": "GeometryCollection", "geometries": parts}


def _geometry(volume: Volume) -> dict[str, Any]:
    layer = {"uom": "m"} | _limit("lower", volume.lower) | _limit("upper", volume.upper)
    match volume.outline:
        case CircleOutline(latitude=latitude, longitude=longitude, radius=radius):
            extent: dict[str, Any] = {"subType": "Circle", "radius": radius}
            return {"type": "Point", "coordinates": _place(latitude, longitude), "extent": extent, "layer": layer}
        case CorridorOutline(line=line, reach=reach):
            extent = {"subType": "Corridor", "width": 2.0 * reach}
            return {"type": "LineString", "coordinates": [_place(*corner) for corner in line], "extent": extent, "layer": layer}
        case PolygonOutline(rings=rings):
            return {"type": "Polygon", "coordinates": [[_place(*corner) for corner in ring] for ring in rings], "layer": layer}


def _limit(name: str, limit: Limit | None) -> dict[str, Any]:
    return {} if limit is None else {name: round(limit.height, 3), f"{name}Reference": REFERENCE[limit.datum]}


def _place(latitude: float, longitude: float) -> list[float]:
    return [round(math.degrees(longitude), DIGITS), round(math.degrees(latitude), DIGITS)]
