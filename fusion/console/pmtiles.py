"""PMTiles, version 3: an archive of map tiles in one file, read where it lies.

Written from the specification (protomaps/PMTiles, spec/v3). The authors' own Python package is the judge in the tests, but
nothing for a server: it unpacks whatever a file claims, without a bound, and knows no directories but gzipped ones.
"""

from __future__ import annotations

import os
import struct
import weakref
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from fusion.errors import ConfigError

HEADER = struct.Struct("<7sB11Q6B4iB2i")

NONE, GZIP = 1, 2
COMPRESSIONS = {NONE: "none", GZIP: "gzip", 3: "brotli", 4: "zstd"}

TYPES = {1: "mvt", 2: "png", 3: "jpeg", 4: "webp", 5: "avif"}
"""What a tile can be, for a browser of today."""

DEEPEST = 26
"""Zoom: a tile of 60 cm at the equator. The format would go to 31, which no map needs and no 64-bit number of a tile bears."""

DIRECTORY_BYTES = 16 << 20
"""Unpacked: more than a million entries. Writers stay below a hundred thousand."""

METADATA_BYTES = 4 << 20

REMEMBERED = 64
"""Directories: a person looks at a few places of a map at a time."""

LEVELS = 4
"""Directories below one another; the format asks readers for no more."""


class Header(NamedTuple):
    """What stands in the first 127 bytes, in their order; offsets and lengths in bytes, places in 1e-7 degrees."""

    magic: bytes
    version: int
    root_offset: int
    root_length: int
    metadata_offset: int
    metadata_length: int
    leaf_offset: int
    leaf_length: int
    data_offset: int
    data_length: int
    addressed: int
    entries: int
    contents: int
    clustered: int
    internal_compression: int
    tile_compression: int
    tile_type: int
    min_zoom: int
    max_zoom: int
    west: int
    south: int
    east: int
    north: int
    center_zoom: int
    center_lon: int
    center_lat: int


class Directory(NamedTuple):
    """Entries by ascending tile: all arrays of one length; `run` 0 leads to a directory further down."""

    tile: NDArray[np.uint64]
    run: NDArray[np.uint64]
    length: NDArray[np.uint64]
    offset: NDArray[np.uint64]


class Archive:
    """One archive. It stays readable when another file takes its name; ConfigError says what is wrong with it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
        weakref.finalize(self, os.close, self._file)
        self.size = os.fstat(self._file).st_size
        self.header = _header(os.pread(self._file, HEADER.size, 0), self.size, path)
        self._known: dict[tuple[int, int], Directory] = {}

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Give a tile as it lies there, packed or not; None where the archive has none."""
        wanted = tile_id(z, x, y)
        place = (self.header.root_offset, self.header.root_length)
        for _ in range(LEVELS):
            found = self._remembered(*place)
            at = int(np.searchsorted(found.tile, np.uint64(wanted), side="right")) - 1
            if at < 0:
                return None
            run, offset, length = int(found.run[at]), int(found.offset[at]), int(found.length[at])
            if run:
                there = wanted - int(found.tile[at]) < run
                return self.bytes_at(self.header.data_offset + offset, length, "tile") if there else None
            place = (self.header.leaf_offset + offset, length)
        raise self._broken(f"directories lie more than {LEVELS} deep")

    def metadata(self) -> dict[str, Any]:
        """Give what the archive says of itself: name, attribution, vector_layers, whatever else its maker wrote."""
        raw = self._unpacked(self.header.metadata_offset, self.header.metadata_length, METADATA_BYTES, "metadata")
        try:
            return msgspec.json.decode(raw or b"{}", type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self._broken(f"metadata: {error}; expected a JSON object") from error

    def directories(self) -> Iterator[Directory]:
        """Give every directory, the root first."""
        waiting = [(self.header.root_offset, self.header.root_length, 1)]
        while waiting:
            offset, length, level = waiting.pop()
            if level > LEVELS:
                raise self._broken(f"directories lie more than {LEVELS} deep")
            found = self._directory(offset, length)
            yield found
            leaves = found.run == 0
            below = zip(found.offset[leaves].tolist(), found.length[leaves].tolist(), strict=True)
            waiting += [(self.header.leaf_offset + where, size, level + 1) for where, size in below]

    def bytes_at(self, offset: int, length: int, what: str) -> bytes:
        """Read a part of the file, whole."""
        if offset + length > self.size:
            raise self._broken(f"{what}: ends at byte {offset + length} of a file of {self.size}")
        read = os.pread(self._file, length, offset)
        if len(read) != length:
            raise self._broken(f"{what}: the file has become shorter")
        return read

    def _remembered(self, offset: int, length: int) -> Directory:
        """Give a directory that was read lately: neighbours lie in the same one."""
        found = self._known.get((offset, length))
        if found is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            found = self._known[offset, length] = self._directory(offset, length)
        return found

    def _directory(self, offset: int, length: int) -> Directory:
        raw = self._unpacked(offset, length, DIRECTORY_BYTES, "directory")
        try:
            return _entries(raw)
        except ValueError as error:
            raise self._broken(f"directory at byte {offset}: {error}") from error

    def _unpacked(self, offset: int, length: int, most: int, what: str) -> bytes:
        if length > most:
            raise self._broken(f"{what}: {length} bytes; expected no more than {most}")
        raw = self.bytes_at(offset, length, what)
        if self.header.internal_compression == NONE or not raw:
            return raw
        try:
            return unzipped(raw, most)
        except ValueError as error:
            raise self._broken(f"{what} at byte {offset}: {error}") from error

    def _broken(self, why: str) -> ConfigError:
        return ConfigError(f"{self.path}: {why}")


def tile_id(z: int, x: int, y: int) -> int:
    """Give a tile's number: those of smaller zooms come first, then along the Hilbert curve as the specification draws it."""
    number = ((1 << 2 * z) - 1) // 3
    for level in reversed(range(z)):
        side = 1 << level
        right, low = bool(x & side), bool(y & side)
        number += side * side * ((3 * right) ^ low)
        x, y = x & (side - 1), y & (side - 1)
        if not low:
            if right:
                x, y = side - 1 - x, side - 1 - y
            x, y = y, x
    return number


def zoom_of(number: int) -> int:
    """Give the zoom of a tile by its number: before zoom z come (4^z - 1) / 3 tiles."""
    return ((3 * number + 1).bit_length() - 1) // 2


def unzipped(raw: bytes, most: int) -> bytes:
    """Unpack what gzip packed; ValueError where it is none, is cut off, or is more than `most` bytes."""
    unpacking = zlib.decompressobj(wbits=31)
    try:
        found = unpacking.decompress(raw, most)
    except zlib.error as error:
        raise ValueError(f"expected gzip: {error}") from error
    if unpacking.unconsumed_tail:
        raise ValueError(f"unpacks to more than {most} bytes")
    if not unpacking.eof:
        raise ValueError("expected gzip, which is cut off")
    return found


def _header(raw: bytes, size: int, path: Path) -> Header:
    if len(raw) < HEADER.size or not raw.startswith(b"PMTiles"):
        raise ConfigError(f"{path}: begins with {raw[:7]!r}; expected a PMTiles archive, which begins with b'PMTiles'")
    header = Header(*HEADER.unpack(raw))
    if header.version != 3:
        raise ConfigError(f"{path}: PMTiles version {header.version}; expected 3 (`pmtiles convert` makes one)")
    for name, allowed in (("internal_compression", {NONE, GZIP}), ("tile_compression", {NONE, GZIP})):
        if (given := getattr(header, name)) not in allowed:
            raise ConfigError(f"{path}: {name} is {COMPRESSIONS.get(given, f'unknown ({given})')}; expected gzip or none")
    if header.tile_type not in TYPES:
        raise ConfigError(f"{path}: tile_type is {header.tile_type}; expected one of {', '.join(TYPES.values())}")
    if not header.min_zoom <= header.max_zoom <= DEEPEST:
        raise ConfigError(f"{path}: zooms {header.min_zoom} to {header.max_zoom}; expected 0 <= from <= to <= {DEEPEST}")
    if not (-1.8e9 <= header.west <= header.east <= 1.8e9 and -9e8 <= header.south <= header.north <= 9e8):
        raise ConfigError(
            f"{path}: bounds {[value / 1e7 for value in header[19:23]]}; expected west <= east and south <= north, in degrees"
        )
    for part in ("root", "metadata", "leaf", "data"):
        end = getattr(header, f"{part}_offset") + getattr(header, f"{part}_length")
        if end > size:
            raise ConfigError(f"{path}: {part}: ends at byte {end} of a file of {size}: cut off?")
    return header


def _entries(raw: bytes) -> Directory:
    """Read a directory: how many, the steps from tile to tile, runs, lengths, offsets plus 1 (0: where the one before ends)."""
    numbers = _varints(raw)
    if not len(numbers) or len(numbers) != 1 + 4 * int(numbers[0]):
        raise ValueError(f"says {int(numbers[0]) if len(numbers) else 'nothing of its'} entries and has {len(numbers) / 4:g}")
    step, run, length, told = numbers[1:].reshape(4, -1)
    if not len(step):
        return Directory(step, run, length, told)
    if max(step.max(), run.max(), length.max(), told.max()) >= 1 << 62 or float(step.sum(dtype=float)) >= 2.0**62:
        raise ValueError("has a number that no file reaches")
    if not step[1:].all() or not length.all() or told[0] == 0:
        raise ValueError("expected ascending tiles, lengths above 0, and an offset at the first")
    anchor = np.maximum.accumulate(np.where(told > 0, np.arange(len(told)), 0))
    before = np.concatenate(([0], np.cumsum(length)[:-1])).astype(np.uint64)
    return Directory(np.cumsum(step), run, length, told[anchor] - np.uint64(1) + before - before[anchor])


def _varints(raw: bytes) -> NDArray[np.uint64]:
    """Read base-128 numbers (protobuf's varints), each at most ten bytes."""
    octets = np.frombuffer(raw, np.uint8)
    ends = np.flatnonzero(octets < 0x80)
    if not len(ends) or ends[-1] != len(octets) - 1:
        raise ValueError("ends within a number")
    starts = np.concatenate(([0], ends[:-1] + 1))
    lengths = ends - starts + 1
    if lengths.max() > 9:
        raise ValueError("has a number that no file reaches")
    digit = np.arange(len(octets)) - np.repeat(starts, lengths)
    parts = (octets & np.uint8(0x7F)).astype(np.uint64) << (np.uint64(7) * digit.astype(np.uint64))
    return np.add.reduceat(parts, starts)
