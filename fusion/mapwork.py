"""What a person asks about base maps: `vigie map check` and `vigie map import`."""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from fusion.config_console import Console
from fusion.config_file import load
from fusion.console.basemap import NAME
from fusion.console.mapcheck import Findings, check
from fusion.console.pmtiles import GZIP, Archive
from fusion.errors import ConfigError


def check_maps(files: Sequence[Path]) -> int:
    """Print what each file holds."""
    for file in files:
        print("\n".join(told(file, check(file))))
    return 0


def import_map(site: Path, environment: Mapping[str, str], file: Path, *, name: str | None, attribution: str | None) -> int:
    """Check a file and put it into the site's base map, at once and whole; a file of the same name gives way."""
    config = load(site, environment)
    found = check(file)
    called = name or file.name
    if not NAME.fullmatch(called) or Path(called).suffix != file.suffix:
        raise ConfigError(f"{called!r}: expected --name with letters, digits, '.', '_', '-' alone, and the ending {file.suffix}")
    if attribution is not None:
        found = found._replace(attribution=attribution)
    directory = site.parent / (config.console or Console()).basemap
    replaced = (directory / called).exists()
    _put(file, directory, called, attribution or (found.attribution if file.suffix != ".pmtiles" else ""))
    west, south, east, north = found.bounds
    if not (west <= config.site.longitude_deg <= east and south <= config.site.latitude_deg <= north):
        found.doubts.append(f"the site ({config.site.latitude_deg:g}, {config.site.longitude_deg:g}) lies outside of it")
    print("\n".join(told(file, found)))
    print(
        f"{directory / called}: {'replaced' if replaced else 'there'}; the console shows it to pages that are loaded from now on."
    )
    return 0


def told(file: Path, found: Findings) -> list[str]:
    """Say what a file holds."""
    west, south, east, north = found.bounds
    whose = found.attribution or "none named; where its licence asks for one, import it with --attribution"
    return [
        f"{file}: good. {found.kind}",
        f"  bounds: {west:.5f} {south:.5f} {east:.5f} {north:.5f} (west, south, east, north)",
        *(f"  {line}" for line in found.content),
        f"  attribution: {whose}",
        *(f"  mind: {doubt}" for doubt in found.doubts),
    ]


def _put(file: Path, directory: Path, name: str, attribution: str) -> None:
    """Copy a file into a directory under its name at once, with its attribution where pages look for it."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=directory, prefix=".import-") as beside:
            copy = Path(beside) / name
            shutil.copyfile(file, copy)
            if attribution:
                (_attribute_archive if copy.suffix == ".pmtiles" else _attribute_drawing)(copy, attribution)
            with copy.open("rb") as written:
                os.fsync(written.fileno())
            copy.replace(directory / name)
    except OSError as error:
        raise ConfigError(f"{directory / name}: cannot be written: {error.strerror}") from error


def _attribute_drawing(copy: Path, attribution: str) -> None:
    drawing = msgspec.json.decode(copy.read_bytes())
    copy.write_bytes(msgspec.json.encode(drawing | {"attribution": attribution}))


def _attribute_archive(copy: Path, attribution: str) -> None:
    """Write an archive's metadata anew behind everything else, and let the header lead there (bytes 24 to 39)."""
    archive = Archive(copy)
    told = msgspec.json.encode(archive.metadata() | {"attribution": attribution})
    packed = gzip.compress(told, mtime=0) if archive.header.internal_compression == GZIP else told
    with copy.open("r+b") as file:
        offset = file.seek(0, os.SEEK_END)
        file.write(packed)
        file.seek(24)
        file.write(offset.to_bytes(8, "little") + len(packed).to_bytes(8, "little"))
