"""The site's own base map (`console.basemap`): which files there are, what each is, tiles out of archives. All of it blocks."""

from __future__ import annotations

import html
import logging
import re
from pathlib import Path
from typing import Literal

from fusion.console.pmtiles import GZIP, TYPES, Archive
from fusion.errors import ConfigError
from fusion.messages import Record

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
"""What a file of the base map may be called: nothing that leads elsewhere."""

MEDIA = {
    "mvt": "application/vnd.mapbox-vector-tile",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "avif": "image/avif",
}

Kind = Literal["geojson", "vector", "raster"]

log = logging.getLogger(__name__)


class BaseMap(Record, omit_defaults=False):
    """One file of the base map, as a page must know it."""

    file: str
    kind: Kind
    version: str
    """Another where the file is another: pages ask with it, so that browsers may keep what they have."""
    attribution: str = ""
    min_zoom: int = 0
    max_zoom: int = 0
    bounds: tuple[float, float, float, float] | None = None
    """West, south, east, north, degrees."""
    photo: bool = False
    """Pictures from the air, not drawings on a light ground."""


class Tile(Record):
    """One tile, as it goes out."""

    content: bytes
    media: str
    gzipped: bool


class BaseMaps:
    """One directory of base maps; its archives stay open until they are others."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._opened: dict[str, tuple[str, Archive | None]] = {}

    def listed(self) -> list[BaseMap]:
        """Tell every map that can be shown, by name."""
        if not self.directory.is_dir():
            return []
        names = sorted(one.name for one in self.directory.iterdir() if one.is_file() and NAME.fullmatch(one.name))
        return [told for told in map(self._told, names) if told is not None]

    def file(self, name: str) -> Path | None:
        """Give a file's path; None where there is none of the name."""
        path = self.directory / name
        return path if NAME.fullmatch(name) and path.is_file() else None

    def tile(self, name: str, z: int, x: int, y: int) -> Tile | None:
        """Give a tile of an archive; None where there is none. ConfigError: the archive is broken there."""
        path = self.file(name)
        archive = self._archive(path) if path is not None and path.suffix == ".pmtiles" else None
        if archive is None or not archive.header.min_zoom <= z <= archive.header.max_zoom or max(x, y) >= 1 << z or min(x, y) < 0:
            return None
        content, header = archive.tile(z, x, y), archive.header
        if content is None:
            return None
        return Tile(content=content, media=MEDIA[TYPES[header.tile_type]], gzipped=header.tile_compression == GZIP)

    def _told(self, name: str) -> BaseMap | None:
        path = self.directory / name
        if path.suffix in {".geojson", ".json"}:
            return BaseMap(file=name, kind="geojson", version=version(path))
        archive = self._archive(path) if path.suffix == ".pmtiles" else None
        return None if archive is None else _of_archive(name, version(path), archive)

    def _archive(self, path: Path) -> Archive | None:
        """Open an archive, once; what is none is told to the log, once."""
        now = version(path)
        known = self._opened.get(path.name)
        if known is None or known[0] != now:
            try:
                archive = Archive(path)
                archive.metadata()
            except ConfigError as error:
                log.warning("base map left out: %s", str(error))  # the error itself would hold the file open
                archive = None
            known = self._opened[path.name] = (now, archive)
        return known[1]


def version(path: Path) -> str:
    """Give a word that is another when the file is another."""
    found = path.stat()
    return f"{found.st_mtime_ns:x}-{found.st_size:x}"


def attribution_of(archive: Archive) -> str:
    """Tell whose map an archive is, as text: it says so in HTML, which nobody but us writes into our pages."""
    markup = archive.metadata().get("attribution")
    if not isinstance(markup, str):
        return ""
    return " ".join(html.unescape(re.sub(r"<[^<>]*>", " ", markup)).split())[:300]


def _of_archive(name: str, now: str, archive: Archive) -> BaseMap:
    header, kind = archive.header, TYPES[archive.header.tile_type]
    return BaseMap(
        file=name,
        kind="vector" if kind == "mvt" else "raster",
        version=now,
        attribution=attribution_of(archive),
        min_zoom=header.min_zoom,
        max_zoom=header.max_zoom,
        bounds=(header.west / 1e7, header.south / 1e7, header.east / 1e7, header.north / 1e7),
        photo=kind == "jpeg",
    )
