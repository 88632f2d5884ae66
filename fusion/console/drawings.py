"""GeoJSON (RFC 7946) as a drawing for the base map: read strictly, so that every fault is named where it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar, NamedTuple

import msgspec
from msgspec import Meta

from fusion.errors import ConfigError

BYTES = 32 << 20
"""A browser reads a drawing whole, and draws all of it at each move of the map."""

WORDS = ("attribution", "copyright", "license", "licence")
"""Where files say whose they are; the standard has no word for it."""

Position = Annotated[list[float], Meta(min_length=2)]
Line = Annotated[list[Position], Meta(min_length=2)]
Ring = Annotated[list[Position], Meta(min_length=4)]


class Shape(msgspec.Struct):
    """A geometry that has coordinates."""

    depth: ClassVar[int] = 0
    """How deep its positions lie."""


class Point(Shape, tag="Point"):  # noqa: D101 - GeoJSON's own names
    coordinates: Position


class MultiPoint(Shape, tag="MultiPoint"):  # noqa: D101
    coordinates: list[Position]
    depth = 1


class LineString(Shape, tag="LineString"):  # noqa: D101
    coordinates: Line
    depth = 1


class MultiLineString(Shape, tag="MultiLineString"):  # noqa: D101
    coordinates: list[Line]
    depth = 2


class Polygon(Shape, tag="Polygon"):  # noqa: D101
    coordinates: list[Ring]
    depth = 2


class MultiPolygon(Shape, tag="MultiPolygon"):  # noqa: D101
    coordinates: list[list[Ring]]
    depth = 3


Simple = Point | MultiPoint | LineString | MultiLineString | Polygon | MultiPolygon


class GeometryCollection(msgspec.Struct, tag="GeometryCollection"):  # noqa: D101
    geometries: list[Simple]


class Feature(msgspec.Struct, tag="Feature"):  # noqa: D101
    geometry: Simple | GeometryCollection | None
    properties: dict[str, Any] | None = None


class FeatureCollection(msgspec.Struct, tag="FeatureCollection"):  # noqa: D101
    features: list[Feature]
    crs: dict[str, Any] | None = None
    attribution: str | None = None
    copyright: str | None = None
    license: str | None = None
    licence: str | None = None


class Surveyed(NamedTuple):
    """What a drawing holds."""

    bounds: tuple[float, float, float, float]  # west, south, east, north, degrees
    shapes: Counter[str]
    attribution: str


_decoder = msgspec.json.Decoder(FeatureCollection)


def survey(path: Path, raw: bytes) -> Surveyed:
    """Read a drawing; ConfigError names the file, the place in it, and what was expected."""
    if len(raw) > BYTES:
        raise ConfigError(f"{path}: {len(raw)} bytes; expected no more than {BYTES}: make a PMTiles archive of it (tippecanoe)")
    try:
        drawing = _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: {error}; expected a GeoJSON FeatureCollection (RFC 7946)") from error
    _in_wgs84(path, drawing.crs)
    west, south, east, north = 180.0, 90.0, -180.0, -90.0
    shapes: Counter[str] = Counter()
    for at, feature in enumerate(drawing.features):
        for shape in _shapes(feature):
            shapes[type(shape).__name__] += 1
            for longitude, latitude, *_ in _positions(shape.coordinates, shape.depth):
                if not (-180.0 <= longitude <= 180.0 and -90.0 <= latitude <= 90.0):
                    raise ConfigError(
                        f"{path}: $.features[{at}]: {longitude:g}, {latitude:g}; expected longitude and latitude in degrees "
                        "(WGS84; `ogr2ogr -t_srs EPSG:4326` makes them)"
                    )
                west, south, east, north = min(west, longitude), min(south, latitude), max(east, longitude), max(north, latitude)
            _closed(path, at, shape)
    if west > east:
        raise ConfigError(f"{path}: holds no place; expected at least one feature with a geometry")
    said = next((text for word in WORDS if (text := getattr(drawing, word))), "")
    return Surveyed((west, south, east, north), shapes, said)


def _in_wgs84(path: Path, crs: dict[str, Any] | None) -> None:
    """Refuse another reference system: GeoJSON of before 2016 could name one, and browsers would not heed it."""
    if crs is None:
        return
    properties = crs.get("properties")
    name = str(properties.get("name")) if isinstance(properties, dict) else "unnamed"
    if not name.endswith((":CRS84", ":4326")):
        raise ConfigError(f"{path}: crs is {name[:80]!r}; expected WGS84 (`ogr2ogr -t_srs EPSG:4326` makes it)")


def _shapes(feature: Feature) -> list[Simple]:
    if feature.geometry is None:
        return []
    return feature.geometry.geometries if isinstance(feature.geometry, GeometryCollection) else [feature.geometry]


def _positions(coordinates: list[Any], depth: int) -> Iterator[list[float]]:
    if depth == 0:
        yield coordinates
    else:
        for part in coordinates:
            yield from _positions(part, depth - 1)


def _closed(path: Path, at: int, shape: Simple) -> None:
    polygons = shape.coordinates if isinstance(shape, MultiPolygon) else [shape.coordinates] if isinstance(shape, Polygon) else []
    for ring in (ring for polygon in polygons for ring in polygon):
        if ring[0] != ring[-1]:
            raise ConfigError(f"{path}: $.features[{at}]: a ring ends at {ring[-1]}; expected where it begins, {ring[0]}")
