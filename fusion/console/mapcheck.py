"""Whether a file can be a base map, and what it holds: every directory of an archive, a sample of its tiles, all of a drawing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fusion.console import drawings
from fusion.console.basemap import attribution_of
from fusion.console.pmtiles import GZIP, TYPES, Archive, Directory, unzipped, zoom_of
from fusion.errors import ConfigError

SAMPLE = 64
"""Tiles that are opened, spread over the archive."""

TILE_BYTES = 16 << 20
"""Of a tile, unpacked: a browser has to draw it while somebody moves the map. Makers aim at 0.5 MB."""

NEAR = 12
"""Zoom below which an archive's finest tiles look empty where the console opens its map (14.6)."""

MAGIC = {"png": (0, b"\x89PNG\r\n\x1a\n"), "jpeg": (0, b"\xff\xd8\xff"), "webp": (8, b"WEBP"), "avif": (4, b"ftyp")}
"""Where in a picture stands what says its kind."""


class Findings(NamedTuple):
    """What a file holds."""

    kind: str
    bounds: tuple[float, float, float, float]  # west, south, east, north, degrees
    content: list[str]
    attribution: str
    doubts: list[str]


def check(path: Path) -> Findings:
    """Look through a file; ConfigError names it, what is wrong, and what was expected."""
    if path.suffix == ".pmtiles":
        return _archive(Archive(path))
    if path.suffix not in {".geojson", ".json"}:
        raise ConfigError(f"{path}: expected a file whose name ends in .geojson, .json or .pmtiles")
    found = drawings.survey(path, _read(path))
    shapes = ", ".join(f"{count} {name}" for name, count in sorted(found.shapes.items()))
    return Findings("GeoJSON", found.bounds, [f"shapes: {shapes}"], found.attribution, [])


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error


def _archive(archive: Archive) -> Findings:
    header, kind = archive.header, TYPES[archive.header.tile_type]
    tiles, different, zooms = _counted(archive)
    if header.max_zoom != zooms[1] or zooms[0] < header.min_zoom:
        said = f"says zooms {header.min_zoom} to {header.max_zoom} and has tiles of {zooms[0]} to {zooms[1]}"
        raise ConfigError(f"{archive.path}: {said}; expected what it says")
    layers = sorted({name for number, tile in _sampled(archive) for name in _opened(archive, kind, number, tile)})
    content = [f"zooms {header.min_zoom} to {header.max_zoom}: {tiles} tiles, {different} different ones"]
    if kind == "mvt":
        content.append(f"layers: {', '.join(layers) or 'none'}")
    doubts = [] if header.max_zoom >= NEAR else [f"no tiles beyond zoom {header.max_zoom}: the map is coarse from near"]
    bounds = (header.west / 1e7, header.south / 1e7, header.east / 1e7, header.north / 1e7)
    return Findings(f"PMTiles of {kind}", bounds, content, attribution_of(archive), doubts)


def _counted(archive: Archive) -> tuple[int, int, tuple[int, int]]:
    """Go through every directory; give how many tiles there are, how many different ones, and the least and greatest zoom."""
    tiles, places, zooms, below = 0, set[int](), list[int](), 0
    for entries in archive.directories():
        leaves = entries.run == 0
        below += int(entries.length[leaves].sum())
        if below > archive.header.leaf_length:
            raise ConfigError(f"{archive.path}: its directories lead to one another more than once")
        here = Directory(*(column[~leaves] for column in entries))
        if not len(here.tile):
            continue
        if int((here.offset + here.length).max()) > archive.header.data_length:
            raise ConfigError(
                f"{archive.path}: a tile ends beyond the {archive.header.data_length} bytes of tiles that it says it has"
            )
        tiles += int(here.run.sum())
        places.update(here.offset.tolist())
        zooms += [zoom_of(int(here.tile[0])), zoom_of(int((here.tile + here.run).max()) - 1)]
    if not zooms:
        raise ConfigError(f"{archive.path}: holds no tiles")
    return tiles, len(places), (min(zooms), max(zooms))


def _sampled(archive: Archive) -> Iterator[tuple[int, bytes]]:
    """Give some tiles, by number, spread over every directory that was met first."""
    left = SAMPLE
    for entries in archive.directories():
        rows = np.flatnonzero(entries.run)
        for row in rows[np.unique(np.linspace(0, len(rows) - 1, min(left, len(rows))).astype(int))] if len(rows) else ():
            offset = archive.header.data_offset + int(entries.offset[row])
            yield int(entries.tile[row]), archive.bytes_at(offset, int(entries.length[row]), "tile")
            left -= 1
        if left <= 0:
            return


def _opened(archive: Archive, kind: str, number: int, tile: bytes) -> list[str]:
    """Give the layers of a tile, none of a picture; refuse what is not of its kind."""
    where = f"{archive.path}: a tile of zoom {zoom_of(number)} (number {number})"
    if archive.header.tile_compression == GZIP:
        try:
            tile = unzipped(tile, TILE_BYTES)
        except ValueError as error:
            raise ConfigError(f"{where}: {error}") from error
    if kind == "mvt":
        try:
            return layers_of(tile)
        except ValueError as error:
            raise ConfigError(f"{where}: expected a vector tile (MVT 2): {error}") from error
    at, magic = MAGIC[kind]
    if tile[at : at + len(magic)] != magic:
        raise ConfigError(f"{where}: begins with {tile[:12]!r}; expected a {kind} picture")
    return []


def layers_of(tile: bytes) -> list[str]:
    """Give the names of a vector tile's layers (vector_tile.proto: field 1 of each field 3); ValueError where it is none."""
    found = []
    for field, layer in _fields(tile):
        if field == 3:
            names = [value for inner, value in _fields(layer) if inner == 1]
            if len(names) != 1:
                raise ValueError("a layer without a name")
            found.append(names[0].decode())
    return found


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Give the length-delimited fields of a protobuf message; pass over numbers."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        if key & 7 == 0:
            _, at = _varint(message, at)
            continue
        size, at = {1: (8, at), 5: (4, at)}.get(key & 7) or (_varint(message, at) if key & 7 == 2 else (-1, at))
        if size < 0 or at + size > len(message):
            raise ValueError(f"no protobuf from byte {at} of {len(message)}")
        if key & 7 == 2:
            yield key >> 3, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    number = 0
    for place in range(10):
        if at + place >= len(message):
            break
        octet = message[at + place]
        number |= (octet & 0x7F) << 7 * place
        if octet < 0x80:
            return number, at + place + 1
    raise ValueError(f"no number at byte {at} of {len(message)}")
