"""Reads zones from ED-318 (GeoJSON with layers), strictly: what is not understood is refused by name, never left out."""

from __future__ import annotations

import itertools
import math
from typing import Any, Literal

import msgspec

from fusion.errors import ConfigError, DecodeError
from fusion.messages import SECOND, Severity, nanoseconds
from fusion.zones import ed318_tables as wire
from fusion.zones.ed269 import as_ed318, is_ed269
from fusion.zones.moving import Anchor, Moving, Place
from fusion.zones.placing import extent
from fusion.zones.reading import called, convert, read_tree, refuse
from fusion.zones.schedule import DAYS, Hours, Period, SunHours, sunlit, weekly
from fusion.zones.zones import CircleOutline, CorridorOutline, Limit, PolygonOutline, Volume, Zone, middle_of

FOOT = 0.3048
"""m, by definition."""

SEVERITY: dict[str, Severity | None] = {
    "PROHIBITED": "critical",
    "REQ_AUTHORIZATION": "warning",
    "CONDITIONAL": "advisory",
    "USPACE": "advisory",
    "NO_RESTRICTION": None,
}
"""How grave an intrusion is where the file does not say it itself in `extendedProperties.vigie.severity`."""

FARTHEST = 50_000.0
"""m that a moving zone may reach from its anchor: more is a slip in a coordinate, not an escort."""

MOVING = "properties.extendedProperties.vigie.moving"

DATUM: dict[str, Literal["agl", "amsl", "hae"]] = {"AGL": "agl", "AMSL": "amsl", "WGS84": "hae"}


def parse_zones(source: bytes | str | dict[str, Any], source_name: str) -> tuple[Zone, ...]:
    """Read a FeatureCollection, or one Feature, as text or as a tree; raise ConfigError naming feature, field and value.

    A collection of ED-269's is read as the ED-318 that says the same.
    """
    tree = read_tree(source, source_name) if isinstance(source, (bytes, str)) else source
    if isinstance(tree, dict) and tree.get("type") == "Feature":
        return (read_zone(tree, source_name),)
    if is_ed269(tree):
        zones = tuple(read_ed269(zone, f"{source_name}: features[{i}]") for i, zone in enumerate(tree["features"]))
    else:
        collection = convert(tree, wire.Collection, source_name)
        zones = tuple(read_zone(feature, f"{source_name}: features[{i}]") for i, feature in enumerate(collection.features))
    first: dict[str, int] = {}
    for i, zone in enumerate(zones):
        if (same := first.setdefault(zone.identifier, i)) != i:
            refuse(source_name, f"features[{i}].properties.identifier", zone.identifier, f"names features[{same}] already")
    return zones


def decode_zone(payload: bytes, name: str) -> Zone:
    """Read one zone from its topic; raise DecodeError saying what is wrong with it."""
    try:
        zones = parse_zones(payload, f"zone {name}")
    except ConfigError as error:
        raise DecodeError(str(error)) from error
    if len(zones) != 1 or zones[0].identifier != name:
        found = ", ".join(zone.identifier for zone in zones[:5]) or "none"
        raise DecodeError(f"zone {name}: properties.identifier is {found}; expected that of the topic")
    return zones[0]


def read_ed269(zone: dict[str, Any], place: str) -> Zone:
    """Read one zone of ED-269."""
    place += called(zone.get("identifier"))
    return _zone(as_ed318(zone, place), place)


def read_zone(tree: dict[str, Any], place: str) -> Zone:
    """Read one feature of ED-318."""
    properties = tree.get("properties")
    called_so = called(properties.get("identifier") if isinstance(properties, dict) else None)
    return _zone(tree, place if place.endswith(called_so) else place + called_so)


def _zone(tree: dict[str, Any], place: str) -> Zone:
    feature = convert(tree, wire.Feature, place)
    zone, own = feature.properties, feature.properties.extended_properties.vigie
    periods = enumerate(zone.limited_applicability)
    volumes = _volumes(feature.geometry, f"{place}: geometry")
    return Zone(
        identifier=zone.identifier,
        country=zone.country,
        type=zone.type,
        kind=own.kind,
        severity=own.severity or SEVERITY[zone.type],
        volumes=volumes,
        names=_names(zone.name),
        periods=tuple(
            _period(period, middle_of(volumes[0]), f"{place}: properties.limitedApplicability[{i}]") for i, period in periods
        ),
        moving=None if own.moving is None else _moving(own.moving, volumes, f"{place}: {MOVING}"),
    )


def _moving(table: wire.Moving, volumes: tuple[Volume, ...], place: str) -> Moving:
    """Read what a zone goes with, and check that it is drawn around that."""
    first = volumes[0].outline
    if table.origin is not None:
        origin = (math.radians(table.origin[1]), math.radians(table.origin[0]))
    elif len(volumes) == 1 and isinstance(first, CircleOutline):
        origin = (first.latitude, first.longitude)
    else:
        raise ConfigError(
            f"{place}: origin: is missing; expected where the anchor is as this is drawn: only one circle has a middle"
        )
    if (farthest := extent(volumes, origin)) > FARTHEST:
        expected = f"is {farthest / 1000:.0f} km from what is drawn; expected {FARTHEST / 1000:g} km at most"
        refuse(place, "origin", table.origin, expected)
    if table.stale_s < table.fresh_s:
        refuse(place, "stale_s", table.stale_s, f"is less than fresh_s ({table.fresh_s:g}); a place is fresh before it is lost")
    return Moving(
        anchor=Anchor(**msgspec.structs.asdict(table.anchor)),
        origin=origin,
        height=table.altitude_hae_m,
        course=None if table.course_deg is None else math.radians(table.course_deg),
        speed=table.speed_mps,
        fresh=round(table.fresh_s * SECOND),
        stale=round(table.stale_s * SECOND),
    )


def _names(names: tuple[wire.Name, ...]) -> dict[str, str]:
    """Give the first name in each language: `en`, `fr`."""
    by_language: dict[str, str] = {}
    for name in names:
        by_language.setdefault(name.lang[:2].lower(), name.text)
    return by_language


def _volumes(tree: dict[str, Any], place: str) -> tuple[Volume, ...]:
    """Read a geometry into one volume a polygon, circle or member."""
    kind = tree.get("type")
    if not isinstance(kind, str) or kind not in READERS:
        refuse(place, "type", kind, f"is not supported; expected {', '.join(READERS)}")
    return READERS[kind](tree, place)


def _collection(tree: dict[str, Any], place: str) -> tuple[Volume, ...]:
    members = convert(tree, wire.GeometryCollection, place).geometries
    for i, member in enumerate(members):
        if member.get("type") == "GeometryCollection":
            refuse(place, f"geometries[{i}].type", "GeometryCollection", "is a collection in a collection (RFC 7946 §3.1.8)")
    parts = (_volumes(member, f"{place}.geometries[{i}]") for i, member in enumerate(members))
    return tuple(itertools.chain.from_iterable(parts))


def _circle(tree: dict[str, Any], place: str) -> tuple[Volume, ...]:
    point = convert(tree, wire.Point, place)
    lower, upper = _limits(point.layer, place)
    longitude, latitude = (math.radians(angle) for angle in point.coordinates)
    outline = CircleOutline(latitude=latitude, longitude=longitude, radius=point.extent.radius)
    return (Volume(outline=outline, lower=lower, upper=upper),)


def _corridor(tree: dict[str, Any], place: str) -> tuple[Volume, ...]:
    corridor = convert(tree, wire.LineString, place)
    lower, upper = _limits(corridor.layer, place)
    if len(set(corridor.coordinates)) < 2:
        refuse(place, "coordinates", corridor.coordinates, "is one place; expected a line of two different ones or more")
    line = tuple((math.radians(latitude), math.radians(longitude)) for longitude, latitude in corridor.coordinates)
    return (Volume(outline=CorridorOutline(line=line, reach=corridor.extent.width / 2), lower=lower, upper=upper),)


def _polygon(tree: dict[str, Any], place: str) -> tuple[Volume, ...]:
    polygon = convert(tree, wire.Polygon, place)
    lower, upper = _limits(polygon.layer, place)
    return (Volume(outline=_outline(polygon.coordinates, place, "coordinates"), lower=lower, upper=upper),)


def _polygons(tree: dict[str, Any], place: str) -> tuple[Volume, ...]:
    many = convert(tree, wire.MultiPolygon, place)
    lower, upper = _limits(many.layer, place)
    outlines = [_outline(rings, place, f"coordinates[{i}]") for i, rings in enumerate(many.coordinates)]
    return tuple(Volume(outline=outline, lower=lower, upper=upper) for outline in outlines)


READERS = {
    "Polygon": _polygon,
    "MultiPolygon": _polygons,
    "GeometryCollection": _collection,
    "Point": _circle,
    "LineString": _corridor,
}


def _outline(rings: wire.Rings, place: str, field: str) -> PolygonOutline:
    """Check rings and bring them into radians."""
    for i, ring in enumerate(rings):
        if ring[0] != ring[-1]:
            refuse(place, f"{field}[{i}]", [ring[0], ring[-1]], "are its ends; expected a ring that ends where it begins")
        if len(set(ring)) < 3:
            refuse(place, f"{field}[{i}]", ring, "has no inside; expected three different corners or more")
    return PolygonOutline(rings=tuple(tuple((math.radians(lat), math.radians(lon)) for lon, lat in ring) for ring in rings))


def _limits(layer: wire.Layer, place: str) -> tuple[Limit | None, Limit | None]:
    """Read a layer's two heights. Heights against different data are compared once the site's ground is known."""
    lower = _limit(layer.lower, layer.lower_reference, layer.uom, f"{place}: layer.lowerReference")
    upper = _limit(layer.upper, layer.upper_reference, layer.uom, f"{place}: layer.upperReference")
    if lower and upper and lower.datum == upper.datum and lower.height >= upper.height:
        refuse(place, "layer.lower", layer.lower, f"is not below upper ({layer.upper:g})")
    return lower, upper


def _limit(height: float | None, datum: str | None, unit: str, field: str) -> Limit | None:
    if height is None:
        return None
    if datum is None:
        raise ConfigError(f"{field}: is missing beside its height; expected {' or '.join(DATUM)}")
    return Limit(height=height * (FOOT if unit == "ft" else 1.0), datum=DATUM[datum])


def _period(period: wire.Period, where: Place, place: str) -> Period:
    """Read a period with its weekly hours; the sun's are those at a place (rad)."""
    start = None if period.start_date_time is None else nanoseconds(period.start_date_time)
    end = None if period.end_date_time is None else nanoseconds(period.end_date_time)
    if start is not None and end is not None and end <= start:
        refuse(place, "endDateTime", str(period.end_date_time), f"is not after startDateTime ({period.start_date_time})")
    hours = [_hours(daily, where, f"{place}.schedule[{i}]") for i, daily in enumerate(period.schedule)]
    return Period(start=start, end=end, hours=tuple(itertools.chain.from_iterable(hours)) if hours else None)


def _hours(daily: wire.Daily, where: Place, place: str) -> list[Hours | SunHours]:
    """Read hours on days of the week."""
    start = _end_of(daily.start_time, daily.start_event, "start", place)
    end = _end_of(daily.end_time, daily.end_event, "end", place)
    days = DAYS if "ANY" in daily.day else daily.day
    if daily.start_event or daily.end_event:
        return [sunlit(day, start, end, where) for day in days]
    return [weekly(day, start, end) for day in days]


def _end_of(time: str | None, event: str | None, name: str, place: str) -> str:
    """Give one end of some hours: exactly one of a clock time and an event."""
    if time is not None and event is not None:
        refuse(place, f"{name}Event", event, f"stands beside {name}Time ({time}); expected one of them")
    if time is None and event is None:
        raise ConfigError(f"{place}: {name}Time: is missing; expected a clock time such as 22:00+02:00, or {name}Event")
    return time or event or ""
