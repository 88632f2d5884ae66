"""The zones as they were published: those of the site's files and plans, with what came by topic over them."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from fusion.assembly import read_text
from fusion.config import Config
from fusion.config_checks import signers
from fusion.errors import DecodeError, FusionError
from fusion.messages import SECOND, Record, Time, ZoneState, utc
from fusion.zones.ed269 import as_ed318, is_ed269
from fusion.zones.ed318 import parse_zones
from fusion.zones.plans import FIRST, decode_plan
from fusion.zones.reading import read_tree
from fusion.zones.tangles import tangled
from fusion.zones.windows import ZoneWindow, decode_window, windowed
from fusion.zones.zones import PolygonOutline, Zone

STEP = 300 * SECOND
AHEAD = 24 * 3600 * SECOND
"""How finely, and how far, the next change is looked for (ns): what is in force for less than five minutes may be passed by."""


class Published(Record, omit_defaults=False, kw_only=True):
    """One zone as the console tells it."""

    zone: str
    source: str
    etag: str
    feature: dict[str, Any]
    window: ZoneWindow | None = None
    state: ZoneState | None = None
    active: bool
    next_change: Time | None = None


class ZoneBook:
    """What is known of a site's zones."""

    def __init__(self, config: Config, base: Path) -> None:
        self.plans = tuple(config.zones.plans) or (FIRST,)
        self.signed = bool(signers(config))
        self.plan = self.plans[0]
        always = dict(_features(config.zones.files, base))
        self._by_plan = {plan: always | dict(_features(config.zones.plans.get(plan, ()), base)) for plan in self.plans}
        self._by_topic: dict[str, dict[str, Any] | None] = {}  # None: withdrawn
        self._windows: dict[str, ZoneWindow] = {}

    def hear(self, row: str, zone: str, payload: bytes) -> bool:
        """Take what came on a topic of zones (a row of `TOPICS`); False where it changes nothing or cannot be read."""
        with contextlib.suppress(FusionError, msgspec.DecodeError, UnicodeError, RecursionError):
            before = (self.plan, dict(self._by_topic), dict(self._windows))
            if row == "zone":
                self._by_topic[zone] = self._read(zone, payload) if payload else None
            elif row == "zone_window":
                if payload:
                    self._windows[zone] = decode_window(payload)
                else:
                    self._windows.pop(zone, None)
            elif row == "zone_plan" and not self.signed:
                self.plan = decode_plan(payload, self.plans)
            return before != (self.plan, self._by_topic, self._windows)
        return False

    def follow(self, plan: str | None) -> bool:
        """Go by the plan that the service says is in force, where it alone can prove who ordered it; False: it is so already."""
        if not self.signed or plan not in self.plans or plan == self.plan:
            return False
        self.plan = plan
        return True

    def features(self) -> dict[str, tuple[str, dict[str, Any]]]:
        """Give what is published now: of each zone where it is from, and its feature."""
        found = {name: ("file", feature) for name, feature in self._by_plan[self.plan].items()}
        for name, feature in self._by_topic.items():
            if feature is None:
                found.pop(name, None)
            else:
                found[name] = ("topic", feature)
        return found

    def etag(self, zone: str) -> str | None:
        """Give what tells a zone's feature from what it was before; None where there is no such zone."""
        found = self.features().get(zone)
        return None if found is None else _etag(found[1])

    def has_window(self, zone: str) -> bool:
        """Tell whether a zone's hours are changed."""
        return zone in self._windows

    def published(self, states: dict[str, ZoneState], now: int) -> list[Published]:
        """Give every zone at a time (ns)."""
        return [
            self._published(name, source, feature, states.get(name), now)
            for name, (source, feature) in sorted(self.features().items())
        ]

    def _published(self, name: str, source: str, feature: dict[str, Any], state: ZoneState | None, now: int) -> Published:
        (zone,) = parse_zones(feature, name)
        window = self._windows.get(name)
        held = windowed(zone, window) if window is not None else zone
        change = _next_change(held, now)
        return Published(
            zone=name,
            source=source,
            etag=_etag(feature),
            feature=feature,
            window=window,
            state=state,
            active=held.applies(now),
            next_change=None if change is None else utc(change),
        )

    @staticmethod
    def _read(zone: str, payload: bytes) -> dict[str, Any]:
        return checked(zone, msgspec.json.decode(payload))


def checked(zone: str, feature: Any) -> dict[str, Any]:
    """Read one zone as its topic takes it; raise a FusionError that says what is wrong.

    Who draws by hand is told of edges that cross, too: a file from elsewhere is taken as it is, its inside counted even and odd.
    """
    found = parse_zones(feature, f"zone {zone}")
    if len(found) != 1 or found[0].identifier != zone or not isinstance(feature, dict):
        raise DecodeError(
            f"zone {zone}: properties.identifier is {found[0].identifier if found else 'none'}; expected that of the path"
        )
    for at, volume in enumerate(found[0].volumes):
        for ring in volume.outline.rings if isinstance(volume.outline, PolygonOutline) else ():
            corners = np.degrees([corner for corner, after in itertools.pairwise(ring) if corner != after])
            if wrong := tangled(corners):
                raise DecodeError(f"zone {zone}: geometry: the corners of part {at + 1} {wrong}; expected edges that enclose it")
    (only,) = feature["features"] if feature.get("type") == "FeatureCollection" else (feature,)
    return dict(only)


def _features(files: tuple[str, ...], base: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in files:
        tree = read_tree(read_text(base / name, "zones.files"), name)
        for feature in [tree] if tree.get("type") == "Feature" else tree["features"]:
            written = as_ed318(feature, name) if is_ed269(tree) else feature
            yield written["properties"]["identifier"], written


def _etag(feature: dict[str, Any]) -> str:
    return f'"{hashlib.blake2b(msgspec.json.encode(feature, order="deterministic"), digest_size=8).hexdigest()}"'


def _next_change(zone: Zone, now: int) -> int | None:
    """Give when a zone comes into force or goes out of it next, to the second; None where that is not within a day."""
    if not zone.periods:
        return None
    is_so = zone.applies(now)
    after = next((at for at in range(now + STEP, now + AHEAD + 1, STEP) if zone.applies(at) is not is_so), None)
    if after is None:
        return None
    low, high = after - STEP, after
    while high - low > SECOND:
        middle = (low + high) // 2
        low, high = (middle, high) if zone.applies(middle) is is_so else (low, middle)
    return high // SECOND * SECOND
