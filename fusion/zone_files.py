"""What `vigie zones check` says of zone files: good, or what is wrong, what could be mended, and what not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from fusion.assembly import read_text
from fusion.errors import ConfigError
from fusion.zones.ed318 import parse_zones
from fusion.zones.openair import is_openair, translated
from fusion.zones.reading import read_tree
from fusion.zones.repairs import mended


def check(files: Sequence[Path], out: Path | None = None) -> tuple[list[str], bool]:
    """Check files, and write what can be read of one to `out`; give what is to be said, and whether all is good.

    Good is what reads strictly; with `out`, also what could be repaired whole.
    """
    if out is not None and len(files) != 1:
        raise ConfigError(f"--write: takes one file; {len(files)} are given")
    said, good = [], True
    for file in files:
        lines, fine = _check(file, out)
        said += lines
        good &= fine
    return said, good


def _check(file: Path, out: Path | None) -> tuple[list[str], bool]:
    text = read_text(file, "file")
    if is_openair(text):
        return _translate(text, file, out)
    try:
        zones = parse_zones(text, str(file))
    except ConfigError as error:
        fault = str(error)
    else:
        fault = ""
        if out is None:
            return [f"{file}: good. {len(zones)} zones: {', '.join(zone.identifier for zone in zones)}"], True
    result = mended(read_tree(text, str(file)), str(file))
    said = [fault] if fault else []
    said += [f"repaired: {repair}" for repair in result.repairs]
    said += [f"left out: {why}" for why in result.left_out]
    known = [feature["properties"]["identifier"] for feature in result.features]
    if out is None:
        said.append(
            f"{file}: {len(known)} zones could be read with {len(result.repairs)} repairs, {len(result.left_out)} not at all"
        )
        return said, False
    said.append(_write(result.collection, known, out))
    return said, not result.left_out


def _translate(text: str, file: Path, out: Path | None) -> tuple[list[str], bool]:
    """Say how an OpenAir file is read as zones: the service itself reads what is written of it."""
    read = translated(text, str(file))
    strict = mended({"type": "FeatureCollection", "features": read.features}, str(file))
    said = [*read.notes, *(f"repaired: {repair}" for repair in strict.repairs)]
    left_out = [*read.left_out, *strict.left_out]
    said += [f"left out: {why}" for why in left_out]
    known = [feature["properties"]["identifier"] for feature in strict.features]
    if out is None:
        return [
            *said,
            f"{file}: OpenAir, {len(known)} zones, {len(left_out)} not readable; --write OUT makes ED-318 of it",
        ], False
    if not known:
        return [*said, f"{file}: OpenAir, no zone could be read; nothing was written"], False
    return [*said, _write(strict.collection, known, out)], not left_out


def _write(collection: dict[str, Any], known: Sequence[str], out: Path) -> str:
    out.write_bytes(msgspec.json.format(msgspec.json.encode(collection), indent=1) + b"\n")
    return f"{out}: {len(known)} zones: {', '.join(known)}"
