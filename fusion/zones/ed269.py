"""Reads ED-269, the older format of national zone files, strictly: as the ED-318 that says the same."""

from __future__ import annotations

import re
from typing import Any

from fusion.zones import ed269_tables as wire
from fusion.zones.reading import convert, refuse

TYPE = {
    "PROHIBITED": "PROHIBITED",
    "REQ_AUTHORISATION": "REQ_AUTHORIZATION",  # the two standards do not spell alike
    "CONDITIONAL": "CONDITIONAL",
    "NO_RESTRICTION": "NO_RESTRICTION",
}


def is_ed269(tree: Any) -> bool:
    """Tell whether a tree is ED-269: its features carry what they say themselves, without properties."""
    features = tree.get("features") if isinstance(tree, dict) else None
    return isinstance(features, list) and bool(features) and all(_is_zone(feature) for feature in features)


def _is_zone(feature: Any) -> bool:
    return isinstance(feature, dict) and "properties" not in feature and ("restriction" in feature or "applicability" in feature)


def as_ed318(zone: dict[str, Any], place: str) -> dict[str, Any]:
    """Give one ED-269 zone as an ED-318 feature; raise ConfigError naming field, value and what was expected."""
    read = convert(zone, wire.Zone, place)
    properties: dict[str, Any] = {
        "identifier": read.identifier,
        "country": read.country,
        "type": TYPE[read.restriction],
        "variant": "COMMON",
        "limitedApplicability": _applicability(read.applicability, place),
    }
    if read.name:
        properties["name"] = [{"text": read.name}]
    if own := (read.extended_properties or {}).get("vigie"):
        properties["extendedProperties"] = {"vigie": own}
    parts = [_geometry(volume, f"{place}: geometry[{i}]") for i, volume in enumerate(read.geometry)]
    geometry = parts[0] if len(parts) == 1 else {"type": "GeometryCollection", "geometries": parts}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _applicability(periods: tuple[wire.Period, ...], place: str) -> list[dict[str, Any]]:
    """Give when it applies; a permanent one without hours makes it always, whatever stands beside it."""
    given = []
    for i, period in enumerate(periods):
        where = f"{place}: applicability[{i}]"
        bounds = {"startDateTime": period.start_date_time, "endDateTime": period.end_date_time}
        kept = {name: time.isoformat() for name, time in bounds.items() if time is not None}
        if period.permanent == "YES" and kept:
            refuse(where, "permanent", "YES", f"stands beside {', '.join(kept)}; expected NO for what begins or ends")
        if period.permanent == "NO" and not kept and not period.schedule:
            refuse(where, "permanent", "NO", "stands alone; expected startDateTime, endDateTime or schedule with it")
        if period.permanent == "YES" and not period.schedule:
            return []
        schedule = [_daily(daily) for daily in period.schedule or ()]
        given.append(kept | ({"schedule": schedule} if schedule else {}))
    return given


def _daily(daily: wire.Daily) -> dict[str, Any]:
    return {"day": list(daily.day), "startTime": clock(daily.start_time), "endTime": clock(daily.end_time)}


def clock(text: str) -> str:
    """Give a clock time as ED-318 spells it: without fractions of a second, its offset with a colon."""
    time, offset = re.fullmatch(r"([\d:]+)(?:\.\d+)?(Z|[+-].*)", text).groups()  # type: ignore[union-attr]
    return time + (offset if ":" in offset or offset == "Z" else f"{offset[:3]}:{offset[3:]}")


def _geometry(volume: wire.Volume, place: str) -> dict[str, Any]:
    layer = {"uom": volume.uom_dimensions.lower()} | _limit("lower", volume.lower_limit, volume.lower_vertical_reference)
    layer |= _limit("upper", volume.upper_limit, volume.upper_vertical_reference)
    shape, where = volume.horizontal_projection, f"{place}.horizontalProjection"
    if shape.get("type") not in ("Circle", "Polygon"):
        refuse(where, "type", shape.get("type"), "is not supported; expected Circle or Polygon")
    if shape["type"] == "Circle":
        circle = convert(shape, wire.Circle, where)
        extent = {"subType": "Circle", "radius": circle.radius}
        return {"type": "Point", "coordinates": list(circle.center), "extent": extent, "layer": layer}
    rings = convert(shape, wire.Polygon, where).coordinates
    return {"type": "Polygon", "coordinates": [[list(corner) for corner in ring] for ring in rings], "layer": layer}


def _limit(name: str, height: float | None, reference: str | None) -> dict[str, Any]:
    return {} if height is None else {name: height} | ({f"{name}Reference": reference} if reference else {})
