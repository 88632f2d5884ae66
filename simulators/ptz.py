"""A camera that pans, tilts and zooms: it looks at one thing at a time, and everything else is unseen."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusion.messages import Coverage, Floats, Integers
from simulators.behaviour import Ptz

STEEP = math.radians(85.0)
"""Above this a picture is as wide as it is here: further up, its azimuths would go all the way round."""


class Field(NamedTuple):
    """Where a camera looked, a row a look, and how wide its picture is."""

    azimuth: Floats  # (n,) rad
    elevation: Floats  # (n,) rad
    width: float  # rad, across the line of sight
    height: float  # rad

    def breadth(self) -> Floats:
        """Give how many rad of azimuth the picture covers at each look (n,): width / cos(elevation)."""
        return np.asarray(self.width / np.cos(np.clip(self.elevation, -STEEP, STEEP)))

    def holds(self, azimuth: Floats, elevation: Floats) -> NDArray[np.bool_]:
        """Tell in which looks (n,) a direction is in the picture."""
        aside = np.abs(_turn(self.azimuth, azimuth)) <= self.breadth() / 2.0
        return np.asarray(aside & (np.abs(elevation - self.elevation) <= self.height / 2.0))

    def somewhere(self, look: Integers, shares: Floats) -> tuple[Floats, Floats]:
        """Give azimuths and elevations in the pictures of looks (m,), of uniform shares (m, 2)."""
        azimuth = self.azimuth[look] + self.breadth()[look] * (shares[:, 0] - 0.5)
        elevation = self.elevation[look] + self.height * (shares[:, 1] - 0.5)
        return azimuth % math.tau, np.clip(elevation, -math.pi / 2.0, math.pi / 2.0)

    def coverage(self, look: int, reach: tuple[float, float]) -> Coverage:
        """Give where one look went: silence says nothing of anywhere else."""
        middle, half = float(self.azimuth[look]) % math.tau, float(self.breadth()[look]) / 2.0
        up = float(self.elevation[look])
        low, high = max(up - self.height / 2.0, -math.pi / 2.0), min(up + self.height / 2.0, math.pi / 2.0)
        return Coverage(azimuth=((middle - half) % math.tau, (middle + half) % math.tau), elevation=(low, high), range=reach)


class Candidates(NamedTuple):
    """What it could look at: a row a look, a column a target."""

    actors: tuple[str, ...]  # (m,) whose member each is
    range: Floats  # (n, m) m; infinite where it cannot be seen
    azimuth: Floats  # (n, m) rad
    elevation: Floats  # (n, m) rad


def follow(ptz: Ptz, time: Floats, period: float, home: tuple[float, float], there: Candidates) -> Field:
    """Point a camera from look to look (n,): towards what it has chosen, as fast as it slews; with nothing to see, it stays.

    It stays with its choice for the dwell, or until that cannot be seen any longer; a cue ends the dwell.
    """
    most = math.radians(ptz.slew_deg_s) * period
    pointed, (pan, tilt), choice, until, cue = np.empty((len(time), 2)), home, -1, -math.inf, ""
    for k, now in enumerate(time.tolist()):
        told = _cue(ptz, now)
        if choice < 0 or now >= until or told != cue or not math.isfinite(there.range[k, choice]):
            choice, until, cue = _choose([told, *ptz.follow], there, k), now + ptz.dwell_s, told
        if choice >= 0:
            pan += float(np.clip(_turn(pan, there.azimuth[k, choice]), -most, most))
            tilt += float(np.clip(there.elevation[k, choice] - tilt, -most, most))
        pointed[k] = pan, tilt
    width, height = np.radians(ptz.field_of_view_deg).tolist()
    return Field(pointed[:, 0], pointed[:, 1], width, height)


def _cue(ptz: Ptz, now: float) -> str:
    """Give the actor of the newest cue; empty before the first."""
    return max(((at, actor) for at, actor in ptz.cues if at <= now), default=(0.0, ""), key=lambda cue: cue[0])[1]


def _choose(wanted: list[str], there: Candidates, look: int) -> int:
    """Choose the nearest member of the first actor that can be seen, else the nearest of all; −1 where nothing can."""
    if not there.actors:
        return -1
    reach = there.range[look]
    for actor in wanted:
        mine = np.where([name == actor for name in there.actors], reach, math.inf)
        if math.isfinite(mine.min()):
            return int(mine.argmin())
    return int(reach.argmin()) if math.isfinite(reach.min()) else -1


def _turn(begin: float | Floats, end: float | Floats) -> Floats:
    """Give the shorter way round from one azimuth to another."""
    return np.asarray((np.subtract(end, begin) + math.pi) % math.tau - math.pi)
