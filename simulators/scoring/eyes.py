"""What a configured sensor would measure of a place, by the test range's own earth: nothing is shared with the tracker."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from fusion.config import Config, Sensor
from fusion.messages import Floats
from fusion.zones.geometry import Mask
from simulators.earth import Place
from simulators.scoring.reading import origin

OVERHEAD = 1.0
"""m from straight above a sensor: nearer than this no azimuth is reckoned with."""


class Eye(NamedTuple):
    """A sensor in the site's east, north, up."""

    sensor: Sensor
    place: Floats  # (3,) m
    turn: Floats  # (3, 3) sensor's east, north, up from the site's

    @classmethod
    def of(cls, sensor: Sensor, config: Config) -> Eye:
        """Place a configured sensor; what it does not say of its place is the site's middle and ground."""
        here = origin(config.site)
        latitude = here.latitude if sensor.latitude_deg is None else math.radians(sensor.latitude_deg)
        longitude = here.longitude if sensor.longitude_deg is None else math.radians(sensor.longitude_deg)
        there = Place(latitude, longitude, here.height if sensor.altitude_hae_m is None else sensor.altitude_hae_m)
        return cls(sensor, here.enu(there.ecef(np.zeros(3))), there.turned(here.ecef(np.eye(3)) - here.ecef(np.zeros(3))).T)

    def polar(self, place: Floats) -> Floats:
        """Give range, azimuth and elevation (…, 3) of places (…, 3)."""
        e = (place - self.place) @ self.turn.T
        rho = np.hypot(e[..., 0], e[..., 1])
        return np.stack([np.hypot(rho, e[..., 2]), np.arctan2(e[..., 0], e[..., 1]), np.arctan2(e[..., 2], rho)], axis=-1)

    def slopes(self, place: Floats) -> Floats:
        """Give ∂(range, azimuth, elevation)/∂place (n, 3, 3).

        ∂r/∂e = e/r,  ∂α/∂e = (e_N, −e_E, 0)/ρ²,  ∂ε/∂e = (−e_E e_U/ρ, −e_N e_U/ρ, ρ)/r²
        """
        e = (place - self.place) @ self.turn.T
        rho = np.maximum(np.hypot(e[:, 0], e[:, 1]), OVERHEAD)
        r2 = rho**2 + e[:, 2] ** 2
        zero = np.zeros_like(rho)
        rows = [
            e.T / np.sqrt(r2),
            np.array([e[:, 1], -e[:, 0], zero]) / rho**2,
            np.array([-e[:, 0] * e[:, 2] / rho, -e[:, 1] * e[:, 2] / rho, rho]) / r2,
        ]
        return np.asarray(np.moveaxis(np.array(rows), -1, 0) @ self.turn)

    def sees(self, place: Floats) -> Mask:
        """Tell which places (n, 3) lie in the configured coverage."""
        r, azimuth, elevation = self.polar(place).T
        coverage = self.sensor.coverage
        seen = (coverage.range_m[0] <= r) & (r <= coverage.range_m[1])
        first, last = np.radians(coverage.azimuth_deg)
        if last - first < math.tau - 1e-9:
            seen &= (azimuth - first) % math.tau <= (last - first) % math.tau
        if coverage.elevation_deg is not None:
            low, high = np.radians(coverage.elevation_deg)
            seen &= (low <= elevation) & (elevation <= high)
        return np.asarray(seen)


def eyes(config: Config) -> list[Eye]:
    """Place every sensor of a site that stands still."""
    return [Eye.of(sensor, config) for sensor in config.sensor if sensor.platform is None]
