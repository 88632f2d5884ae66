"""How far each sensor was really seen to see: per sector of azimuth, the furthest at which it took part in a track."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import timedelta

from fusion.config import Config
from fusion.messages import Track, WirePosition

SECTORS = 36

RECENT = timedelta(seconds=1.5)
"""A sensor that saw the track this long before its newest state saw it about there: a drone flies 30 m in that time."""

DEGREE_M = 111_195.0
"""m a degree of latitude, on the sphere of 6,371 km: within 0.6 %, and this is a picture of reach, not a measurement."""


class Reach:
    """The furthest of each sensor and sector, m."""

    def __init__(self, config: Config) -> None:
        site = config.site
        self._places = {
            one.id: (
                site.latitude_deg if one.latitude_deg is None else one.latitude_deg,
                site.longitude_deg if one.longitude_deg is None else one.longitude_deg,
            )
            for one in config.sensor
            if one.platform is None  # how far who moves has seen is of no one place
        }
        self.furthest = {one.id: [0.0] * SECTORS for one in config.sensor}

    def note(self, tracks: Iterable[Track]) -> None:
        """Take which sensors see which tracks."""
        for track in tracks:
            if track.position is None:
                continue
            for sensor, last in track.sensors.items():
                if sensor in self._places and track.time - last <= RECENT:
                    self._note(sensor, track.position)

    def _note(self, sensor: str, place: WirePosition) -> None:
        latitude, longitude = self._places[sensor]
        north = (place.latitude_deg - latitude) * DEGREE_M
        east = (place.longitude_deg - longitude) * DEGREE_M * math.cos(math.radians(latitude))
        sector = int(math.degrees(math.atan2(east, north)) % 360.0 * SECTORS / 360.0) % SECTORS
        self.furthest[sensor][sector] = max(self.furthest[sensor][sector], round(math.hypot(east, north), 1))
