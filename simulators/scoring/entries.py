"""How soon an alert follows what it is about: each target's entry into each zone, beside the first alert that names both."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from fusion.config import Config
from fusion.errors import ConfigError
from fusion.messages import SECOND, Alert, Floats, nanoseconds
from fusion.zones.zones import GridZone, Zone
from simulators.earth import wgs84_from_ecef
from simulators.scoring.judgement import Judged
from simulators.scoring.reading import origin


class Entry(NamedTuple):
    """One target in one zone, or expected in it."""

    target: str
    zone: str
    friend: bool | None
    entered: float  # s since the start, to a step; NaN: never
    foretold: float  # s, when a predicted entry was first raised; NaN: never
    raised: float  # s, when an intrusion was first raised; NaN: never

    @property
    def delay(self) -> float:
        """From the entry to the alert that it is an intrusion, s."""
        return self.raised - self.entered

    @property
    def warning(self) -> float:
        """From the first word of it to the entry, s."""
        return self.entered - self.foretold


def entries(judged: Judged, config: Config, zones: tuple[Zone, ...], alerts: tuple[Alert, ...]) -> list[Entry]:
    """Find every target that entered a zone whose intrusion is anybody's concern, or about which there was an alert."""
    scene, start = judged.scene, float(judged.scene.time[0])
    entered = _entered(judged, config, zones)
    first: dict[tuple[str, str, str], float] = {}
    for alert in sorted(alerts, key=lambda one: one.updated):  # a graver rule takes an alert over, and its `raised` stays
        if (target := judged.owners.get(alert.track)) in scene.truths:
            first.setdefault((str(target), alert.zone, alert.rule), nanoseconds(alert.updated) / SECOND - start)
    both = sorted(set(entered) | {key[:2] for key in first}, key=lambda key: (entered.get(key, math.inf), key))
    friends = dict(zip(scene.truths, (facts.friend for facts in scene.facts), strict=True))
    return [
        Entry(
            target,
            zone,
            friends[target],
            entered.get((target, zone), math.nan),
            first.get((target, zone, "predicted_entry"), math.nan),
            first.get((target, zone, "intrusion"), math.nan),
        )
        for target, zone in both
    ]


def _entered(judged: Judged, config: Config, zones: tuple[Zone, ...]) -> dict[tuple[str, str], float]:
    """Give when (s since the start) each target was first in each zone."""
    scene, frame = judged.scene, config.site.frame()
    latitude, longitude, height = wgs84_from_ecef(origin(config.site).ecef(scene.true.place))
    grid = frame.grid_from_wgs84(latitude, longitude, height)
    found = {}
    for zone in zones:
        if zone.severity is None:
            continue
        try:
            inside = _inside(GridZone.of(zone, frame), grid)
        except ConfigError:  # a zone that the site's grid cannot hold is nowhere near
            continue
        for truth in np.unique(scene.true.who[inside]).tolist():
            step = int(scene.true.step[inside & (scene.true.who == truth)][0])
            found[scene.truths[truth], zone.identifier] = float(scene.time[step] - scene.time[0])
    return found


def _inside(zone: GridZone, grid: Floats) -> Floats:
    """Tell which grid points (n, 3) are inside any volume."""
    n, v = len(grid), len(zone.prisms)
    flat = zone.prisms.distance(np.repeat(grid[:, :2], v, axis=0), np.tile(np.arange(v), n)).reshape(n, v)
    low, high = zone.limits.T
    return np.asarray(((flat <= 0.0) & (low <= grid[:, 2:]) & (grid[:, 2:] <= high)).any(axis=1))
