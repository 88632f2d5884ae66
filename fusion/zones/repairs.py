"""Reads zone files tolerantly: mends what is surely meant, and reports every repair.

A repair never makes a zone smaller, lower, shorter or laxer: hours that cannot be read apply always, a limit without its
datum is none. What would need a guess beyond that is left out, and said.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from fusion.config_file import short
from fusion.errors import ConfigError
from fusion.zones.ed269 import as_ed318, is_ed269
from fusion.zones.ed318 import read_zone
from fusion.zones.reading import called, refuse

Tree = dict[str, Any]

SPELLINGS: dict[str, dict[str, tuple[str, ...]]] = {
    "ED-269": {
        "type": ("COMMON", "CUSTOMIZED"),
        "restriction": ("PROHIBITED", "REQ_AUTHORISATION", "CONDITIONAL", "NO_RESTRICTION"),
        "uomDimensions": ("M", "FT"),
        "permanent": ("YES", "NO"),
    },
    "ED-318": {
        "type": ("PROHIBITED", "REQ_AUTHORIZATION", "CONDITIONAL", "USPACE", "NO_RESTRICTION"),
        "variant": ("COMMON", "CUSTOMIZED"),
        "uom": ("m", "ft"),
    },
}
"""Words that may be spelt in another case, or REQ_AUTHORIZATION as the other standard does."""

REFERENCES = ("AGL", "AMSL", "WGS84")

REFERENCE_KEYS = ("lowerReference", "upperReference", "lowerVerticalReference", "upperVerticalReference")

UNITS = {"METRE": "M", "METRES": "M", "METER": "M", "METERS": "M", "FEET": "FT", "FOOT": "FT"}

NUMBERS = {"lower", "upper", "lowerLimit", "upperLimit", "radius", "width"}

CLOCK = re.compile(r"(\d{1,2}):(\d\d)(:\d\d)?(?:\.\d+)?\s*(Z|[+-]\d\d:?\d\d)", re.IGNORECASE)


class Repair(NamedTuple):
    """One thing that was mended: where, what stood there, what stands there now, and why."""

    place: str
    was: str
    now: str
    why: str

    def __str__(self) -> str:
        """Say it in a line."""
        return f"{self.place}: {self.was} is read as {self.now}: {self.why}"


class Mended(NamedTuple):
    """A file as it could be read: features of ED-318 that are strictly right, what was done to them, and what had to go."""

    features: list[Tree]
    repairs: list[Repair]
    left_out: list[str]

    @property
    def collection(self) -> Tree:
        """The file to write."""
        return {"type": "FeatureCollection", "features": self.features}


def mended(tree: Any, name: str) -> Mended:
    """Read a file's tree tolerantly; raise ConfigError where it is no collection of zones at all."""
    features = tree.get("features") if isinstance(tree, dict) else None
    if isinstance(tree, dict) and tree.get("type") == "Feature":
        features = [tree]
    if not isinstance(features, list):
        refuse(name, "features", features, "is no list of zones")
    old = is_ed269(tree)
    result, taken = Mended([], [], []), set[str]()
    for i, feature in enumerate(features):
        place, repairs = f"{name}: features[{i}]", list[Repair]()
        try:
            good = _feature(copy.deepcopy(feature), old=old, place=place, repairs=repairs)
            identifier = good["properties"]["identifier"]
            if identifier in taken:
                refuse(place, "properties.identifier", identifier, "is given twice")
        except ConfigError as error:
            result.left_out.append(str(error))
            continue
        taken.add(identifier)
        result.features.append(good)
        result.repairs.extend(repairs)
    return result


def _feature(feature: Any, *, old: bool, place: str, repairs: list[Repair]) -> Tree:
    """Mend one feature until it reads strictly; raise ConfigError where that cannot be."""
    if not isinstance(feature, dict):
        refuse(place, "", feature, "is no zone")
    properties = feature if old else feature.get("properties")
    place += called(properties.get("identifier") if isinstance(properties, dict) else None)
    try:
        return _strictly(feature, old=old, place=place)
    except ConfigError:
        repairs += _generally(feature, SPELLINGS["ED-269" if old else "ED-318"], f"{place}:")
    if old:
        feature = as_ed318(feature, place)
    repairs += _particularly(feature, place)
    try:
        return _strictly(feature, old=False, place=place)
    except ConfigError as error:
        if "limitedApplicability" not in str(error):
            raise
        was = feature["properties"].pop("limitedApplicability")
        repairs.append(Repair(f"{place}: properties.limitedApplicability", short(was), "always", f"it cannot be read ({error})"))
    return _strictly(feature, old=False, place=place)


def _strictly(feature: Tree, *, old: bool, place: str) -> Tree:
    """Give a feature of ED-318 that reads strictly; raise ConfigError where it does not."""
    new = as_ed318(feature, place) if old else feature
    read_zone(new, place)
    return new


# --- Wherever it stands ----------------------------------------------------------------------------------------------


def _generally(branch: Any, spellings: dict[str, tuple[str, ...]], place: str) -> Iterator[Repair]:
    """Mend, at any depth, what is told by its key or value alone."""
    entries = list(branch.items() if isinstance(branch, dict) else enumerate(branch) if isinstance(branch, list) else ())
    for key, value in entries:
        where = f"{place}[{key}]" if isinstance(key, int) else f"{place}.{key}".replace(":.", ": ")
        if value is None and isinstance(key, str):
            del branch[key]
            yield Repair(where, "null", "left out", "many writers say so of what they have not")
            continue
        now, why = _mended_value(key, value, spellings)
        if why:
            branch[key] = now
            yield Repair(where, short(value), short(now), why)
        yield from _generally(branch[key], spellings, where)


def _mended_value(key: Any, value: Any, spellings: dict[str, tuple[str, ...]]) -> tuple[Any, str]:
    """Give what a value is read as, and why; no reason where it is right."""
    if isinstance(value, str):
        return _mended_text(key, value, spellings)
    if key == "day" and isinstance(value, dict):
        return [value], "one stands for a list of one"
    if key in {"coordinates", "center"} and isinstance(value, list) and len(value) == 3 and not isinstance(value[0], list):
        return value[:2], "a place with a height of its own"
    if isinstance(value, list) and value and all(_is_ring(ring) for ring in value):
        rings = [_mended_ring(ring) for ring in value]
        return [ring for ring, _ in rings], next((why for _, why in rings if why), "")
    return value, ""


def _mended_text(key: Any, value: str, spellings: dict[str, tuple[str, ...]]) -> tuple[Any, str]:
    said = value.strip()
    if key in NUMBERS and re.fullmatch(r"[+-]?\d+(\.\d+)?", said):
        return float(said), "a number in quotes"
    if key in {"startTime", "endTime"} and (clock := CLOCK.fullmatch(said)):
        hours, minutes, seconds, offset = clock.groups()
        offset = offset.upper() if len(offset) in {1, 6} else f"{offset[:3]}:{offset[3:]}"
        plain = f"{int(hours):02}:{minutes}{seconds or ''}{offset}"
        return plain, "" if plain == value else "a clock time spelt otherwise"
    if key == "day":
        return [said.upper()[:3]], "one stands for a list of one"
    allowed = REFERENCES if key in REFERENCE_KEYS else spellings.get(key, ()) if isinstance(key, str) else ()
    word = {"MSL": "AMSL", "GND": "AGL", "SFC": "AGL"}.get(said.upper(), said) if key in REFERENCE_KEYS else said
    word = UNITS.get(word.upper(), word) if key in {"uom", "uomDimensions"} else word
    for one in allowed:
        if one != value and one.upper().replace("Z", "S") == word.upper().replace("Z", "S").replace(" ", "_"):
            return one, "spelt otherwise"
    return value, ""


def _is_ring(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) >= 3
        and all(isinstance(corner, list) and len(corner) >= 2 and not isinstance(corner[0], list) for corner in value)
    )


def _mended_ring(ring: list[Any]) -> tuple[list[Any], str]:
    """Close a ring, and take heights off its corners."""
    flat = [corner[:2] for corner in ring]
    why = [] if flat == ring else ["corners have heights of their own"]
    if flat[0] != flat[-1]:
        flat, why = [*flat, flat[0]], [*why, "the ring does not end where it begins"]
    return flat, "; ".join(why)


# --- In its own place ------------------------------------------------------------------------------------------------


def _particularly(feature: Tree, place: str) -> Iterator[Repair]:
    """Mend what needs its surroundings to be understood."""
    properties, geometry = feature.get("properties"), feature.get("geometry")
    if isinstance(properties, dict):
        yield from _in_place(properties, "identifier", _identifier, f"{place}: properties")
        yield from _in_place(properties, "country", lambda value: value.strip().upper(), f"{place}: properties")
        yield from _in_place(properties, "name", lambda value: [{"text": value.strip()}], f"{place}: properties")
    if isinstance(geometry, dict):
        parts = geometry.get("geometries") if geometry.get("type") == "GeometryCollection" else [geometry]
        for part in parts if isinstance(parts, list) else []:
            if isinstance(part, dict) and isinstance(part.get("layer"), dict):
                yield from _layer(part["layer"], f"{place}: geometry.layer")


def _in_place(branch: Tree, key: str, mend: Callable[[str], Any], place: str) -> Iterator[Repair]:
    value = branch.get(key)
    if isinstance(value, str) and (now := mend(value)) != value:
        branch[key] = now
        yield Repair(f"{place}.{key}", short(value), short(now), "spelt otherwise")


def _identifier(value: str) -> str:
    """Give the first seven characters that may stand in a topic."""
    return re.sub(r"[^A-Za-z0-9_-]", "", value).lstrip("_-")[:7] or value


def _layer(layer: Tree, place: str) -> Iterator[Repair]:
    """Mend two heights: one that says too little bounds nothing, and two that are the wrong way round change places."""
    for end in ("lower", "upper"):
        height, reference = layer.get(end), layer.get(f"{end}Reference")
        if height is not None and (reference not in REFERENCES or "uom" not in layer):
            lacks = "unit" if "uom" not in layer else "datum"
            del layer[end]
            layer.pop(f"{end}Reference", None)
            yield Repair(f"{place}.{end}", short(height), "no limit", f"its {lacks} is not known")
    if "uom" not in layer:
        layer["uom"] = "m"
    lower, upper = layer.get("lower"), layer.get("upper")
    same = layer.get("lowerReference") == layer.get("upperReference")
    if same and isinstance(lower, int | float) and isinstance(upper, int | float) and lower > upper:
        layer |= {"lower": upper, "upper": lower}
        yield Repair(place, f"{lower:g} to {upper:g}", f"{upper:g} to {lower:g}", "the lower limit is above the upper one")
