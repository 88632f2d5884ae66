"""The test range's own earth: WGS84, ECEF and a place's horizon by PROJ, so that nothing is shared with the tracker.

Angles are radians, lengths metres, heights above the ellipsoid.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyproj
from numpy.typing import ArrayLike

from fusion.messages import Floats

_ECEF = pyproj.Transformer.from_pipeline("+proj=cart +ellps=WGS84")


def ecef_from_wgs84(latitude: ArrayLike, longitude: ArrayLike, height: ArrayLike) -> Floats:
    """Give earth-centred points (…, 3) of latitudes, longitudes and ellipsoid heights."""
    lon, lat, h = np.broadcast_arrays(np.asarray(longitude, float), np.asarray(latitude, float), np.asarray(height, float))
    return np.stack(_ECEF.transform(lon, lat, h, radians=True), axis=-1)


def wgs84_from_ecef(points: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Give latitude, longitude and ellipsoid height of earth-centred points (…, 3)."""
    x, y, z = np.moveaxis(np.asarray(points, float), -1, 0)
    longitude, latitude, height = _ECEF.transform(x, y, z, direction="INVERSE", radians=True)
    return np.asarray(latitude), np.asarray(longitude), np.asarray(height)


def enu_from_ecef_matrix(latitude: ArrayLike, longitude: ArrayLike) -> Floats:
    """Give the rotations (…, 3, 3) from earth-centred vectors to true east, north, up (EPSG method 9836)."""
    latitude, longitude = np.broadcast_arrays(np.asarray(latitude, float), np.asarray(longitude, float))
    sp, cp, sl, cl = np.sin(latitude), np.cos(latitude), np.sin(longitude), np.cos(longitude)
    rows = [[-sl, cl, np.zeros_like(sl)], [-sp * cl, -sp * sl, cp], [cp * cl, cp * sl, sp]]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


@dataclass(frozen=True)
class Place:
    """A point from which others are seen: a sensor, or the middle of a site."""

    latitude: float
    longitude: float
    height: float

    def enu(self, points: ArrayLike) -> Floats:
        """Give true east, north, up here (…, 3) of earth-centred points (…, 3)."""
        return np.asarray((np.asarray(points, float) - self.origin) @ self._turn.T)

    def ecef(self, points: ArrayLike) -> Floats:
        """Give earth-centred points (…, 3) of true east, north, up here (…, 3)."""
        return np.asarray(np.asarray(points, float) @ self._turn + self.origin)

    def turned(self, vectors: ArrayLike) -> Floats:
        """Give earth-centred vectors (…, 3), such as velocities, along true east, north, up here."""
        return np.asarray(np.asarray(vectors, float) @ self._turn.T)

    @cached_property
    def origin(self) -> Floats:
        """The point itself, earth-centred."""
        return ecef_from_wgs84(self.latitude, self.longitude, self.height)

    @cached_property
    def _turn(self) -> Floats:
        return enu_from_ecef_matrix(self.latitude, self.longitude)


class Chart:
    """A flat map of the site, east and north of its middle in metres, in which actors are flown.

    A transverse Mercator through the middle: lengths are true to 1 ppm within 9 km, and heights stay heights however
    far an actor flies, which a tangent plane would not give.
    """

    def __init__(self, latitude_deg: float, longitude_deg: float, ground: float, undulation: float) -> None:
        self.latitude_deg, self.longitude_deg = latitude_deg, longitude_deg
        self.ground = ground  # m, of the site's ground above the ellipsoid
        self.undulation = undulation  # m, of sea level above the ellipsoid

    @cached_property
    def _map(self) -> pyproj.Proj:
        return pyproj.Proj(proj="tmerc", lat_0=self.latitude_deg, lon_0=self.longitude_deg, k=1, ellps="WGS84")

    @property
    def middle(self) -> Place:
        """The middle of the site on its ground."""
        return Place(math.radians(self.latitude_deg), math.radians(self.longitude_deg), self.ground)

    def point(self, latitude_deg: float, longitude_deg: float, height: float) -> Floats:
        """Give the chart point (3,) of a place in degrees with its ellipsoid height."""
        return np.array([*self._map(longitude_deg, latitude_deg), height])

    def ecef(self, points: Floats) -> Floats:
        """Give earth-centred points (n, 3) of chart points (n, 3)."""
        longitude, latitude = self._map(points[:, 0], points[:, 1], inverse=True, radians=True)
        return ecef_from_wgs84(latitude, longitude, points[:, 2])
