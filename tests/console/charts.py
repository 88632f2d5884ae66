"""Base maps as others make them: archives by the authors' own writer, vector tiles by another library, pictures by Pillow."""

from __future__ import annotations

import io
import json
import math

import mapbox_vector_tile
from PIL import Image
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

BOUNDS = (2.20, 48.80, 2.40, 48.92)
"""West, south, east, north of what `city` draws: the site is in the middle."""

WHOSE = '<a href="https://example.org/copyright">&copy; the mapmakers</a>'


def archive(path, tiles, *, kind=TileType.MVT, compression=Compression.NONE, bounds=BOUNDS, metadata=None, zooms=None):
    """Write tiles, by (z, x, y), as an archive."""
    zooms = zooms or (min(z for z, _, _ in tiles), max(z for z, _, _ in tiles))
    header = {
        "tile_type": kind,
        "tile_compression": compression,
        "min_zoom": zooms[0],
        "max_zoom": zooms[1],
        "center_zoom": zooms[0],
        "center_lon_e7": 22_945_000,
        "center_lat_e7": 488_582_000,
    } | dict(zip(("min_lon_e7", "min_lat_e7", "max_lon_e7", "max_lat_e7"), (round(one * 1e7) for one in bounds), strict=True))
    with path.open("wb") as file:
        writer = Writer(file)
        for place in sorted(tiles, key=lambda one: zxy_to_tileid(*one)):
            writer.write_tile(zxy_to_tileid(*place), tiles[place])
        writer.finalize(header, {"attribution": WHOSE} if metadata is None else metadata)
    return path


def tile_at(z, longitude, latitude):
    """Give where a place lies among the tiles of a zoom, with its fraction (the Web Mercator grid's definition)."""
    y = math.asinh(math.tan(math.radians(latitude)))
    return (longitude + 180.0) / 360.0 * 2**z, (1.0 - y / math.pi) / 2.0 * 2**z


def under(z, bounds=BOUNDS):
    """Give every tile of a zoom that lies under the bounds."""
    west, south, east, north = bounds
    (left, top), (right, bottom) = (map(math.floor, tile_at(z, *corner)) for corner in ((west, north), (east, south)))
    return [(z, x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)]


def city(z, x, y):
    """Encode a tile of a simple city: a river from west to east through the site's latitude, a street and a park in each tile."""
    _, north = tile_at(z, 0.0, 48.8600)
    _, south = tile_at(z, 0.0, 48.8560)
    top, bottom = (min(max(1.0 - (edge - y), 0.0), 1.0) * 4096 for edge in (north, south))
    layers = [
        {"name": "landuse", "features": [_feature("POLYGON((300 300, 1500 300, 1500 1500, 300 1500, 300 300))", kind="park")]},
        {"name": "roads", "features": [_feature("LINESTRING(2048 0, 2048 4096)", kind="minor_road")]},
        {"name": "places", "features": [_feature("POINT(2500 2900)", kind="locality", name=f"Quarter {x % 7}{y % 7}")]},
    ]
    if top > bottom:
        river = f"POLYGON((0 {bottom}, 4096 {bottom}, 4096 {top}, 0 {top}, 0 {bottom}))"
        layers.append({"name": "water", "features": [_feature(river, kind="river")]})
    return mapbox_vector_tile.encode(layers)


def _feature(geometry, **properties):
    return {"geometry": geometry, "properties": properties}


def picture(colour, kind="PNG", size=256):
    """Give a picture of one colour."""
    raw = io.BytesIO()
    Image.new("RGB", (size, size), colour).save(raw, kind)
    return raw.getvalue()


def drawing(**more):
    """Give a drawing as GeoJSON: a park, a street, a name."""
    return json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                _drawn(
                    "Polygon", [[[2.28, 48.85], [2.30, 48.85], [2.30, 48.855], [2.28, 48.855], [2.28, 48.85]]], leisure="park"
                ),
                _drawn("LineString", [[2.25, 48.84], [2.33, 48.87]], highway="primary"),
                _drawn("Point", [2.2945, 48.8582], place="suburb", name="Gros-Caillou"),
            ],
        }
        | more
    ).encode()


def _drawn(kind, coordinates, **properties):
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": coordinates}}
