"""What the tracker knows of a sensor: its horizon, where it looks, how often it sees and how often it errs."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from fusion.config import Sensor
from fusion.frame import Horizon, SiteFrame
from fusion.messages import Coverage, Floats
from fusion.tracking.classification import Labels

LOW_SKY = 500.0
"""m: false positions are spread over this height where a sensor's elevation coverage is not configured. Drones fly below it."""

SPEEDS = 100.0
"""m/s: false range rates and velocities are spread over ±50 m/s an axis: what a drone radar's filter lets through."""

ELEVATIONS = (-0.35, math.pi / 2)
"""rad: where a sensor looks whose elevation coverage is not configured: from 20° below its horizontal, for one on a roof."""

FILTERED = 3.0
"""Looks that the errors of a sensor's own tracker last where nobody says how long: the memory of an α–β filter with α ≈ 0.3."""

FOLDS = 0.02
"""Bearings of a direction finder that point the other way where nobody says how many: one in fifty, by reflections."""

PICTURED = 2.0
"""s that a camera's errors last where nobody says how long: of its pose, its lens, and where in a drone's picture its eye is."""

RIDING = 10.0
"""s that the errors of a sensor that moves last where nobody says how long: what its satellite receiver and its compass are off
by lasts half a minute, its picture's own errors two seconds."""

PATIENCE = 2.5
"""Looks' time that an unconfirmed track of who reports only what it detects waits for its next detection: who sees nine in ten
misses twice in one of a hundred, and a false detection that stands for longer has ever more others within its gate."""

UNTOLD = 4.0
"""s between two looks, at most, of who does not say how often it looks: radars that find drones turn in 1 to 4 s (assumed)."""

PARTS = ("range_m", "azimuth_rad", "elevation_rad", "time_s", "east_m", "north_m")
"""What a sensor can be off in all day; the last two by standing elsewhere than it thinks: they shift all that it sees."""

RANGE_OFF, AZIMUTH_OFF, ELEVATION_OFF, TIME_OFF, EAST_OFF, NORTH_OFF = range(len(PARTS))


class Bias(NamedTuple):
    """What a sensor is off by all day, measured minus true, in the order and units of `PARTS`."""

    value: Floats  # (6)
    covariance: Floats  # (6, 6)


@dataclass(frozen=True)
class SensorModel:
    """One sensor in the site's frame."""

    config: Sensor
    horizon: Horizon
    slot: int = -1  # its place among the sensors whose errors last; none: its errors are white
    spread: tuple[float, float] = (0.0, 0.0)  # m², what is not known of where it stood: level (each of east and north), upright

    @classmethod
    def of(cls, sensor: Sensor, frame: SiteFrame) -> SensorModel:
        """Build the model of a configured sensor; one without a place stands on the ground in the middle of the site."""
        if sensor.latitude_deg is None or sensor.longitude_deg is None:
            latitude, longitude = frame.latitude, frame.longitude
        else:
            latitude, longitude = math.radians(sensor.latitude_deg), math.radians(sensor.longitude_deg)
        height = frame.ground if sensor.altitude_hae_m is None else sensor.altitude_hae_m
        return cls(sensor, frame.horizon(latitude, longitude, height))

    @cached_property
    def prior(self) -> Bias:
        """What it is off by all day, as far as its configuration knows."""
        bias = self.config.bias_sigma
        place = bias.range_m if bias.place_m is None else bias.place_m
        sigma = [bias.range_m, math.radians(bias.azimuth_deg), math.radians(bias.elevation_deg), bias.time_s, place, place]
        return Bias(np.zeros(len(PARTS)), np.diag(np.array(sigma) ** 2))

    def moved(self, bias: Bias) -> SensorModel:
        """Give the same sensor where it stands in truth: what it sees too far east, it sees from further west."""
        if not bias.value[EAST_OFF:].any():
            return self
        origin = self.horizon.origin - np.array([*bias.value[EAST_OFF:], 0.0])
        return replace(self, horizon=Horizon(origin, self.horizon.coefficients))

    @cached_property
    def labels(self) -> Labels:
        """What its labels are worth."""
        return Labels(self.config.confusion)

    @cached_property
    def correlation(self) -> float:
        """How long its errors last, s; 0: white. What a sensor's own filter makes of its plots lasts some looks."""
        if self.config.correlation_s is not None:
            return self.config.correlation_s
        if self.config.output == "tracks":
            return FILTERED * self.period
        if self.moves:
            return RIDING
        return PICTURED if self.config.kind == "camera" else 0.0

    @cached_property
    def looks(self) -> bool:
        """Whether its silence about a place means that nothing was seen there."""
        return self.config.reports == "scans"

    @cached_property
    def fold(self) -> float:
        """How probably one of its bearings points the other way, 180° off."""
        told = self.config.fold_probability
        return (FOLDS if self.config.kind == "rf" else 0.0) if told is None else told

    @cached_property
    def moves(self) -> bool:
        """Whether it stands elsewhere at each look."""
        return self.config.platform is not None

    @cached_property
    def hears(self) -> bool:
        """Whether it measures directions without ranges."""
        accuracy = self.config.accuracy
        return accuracy.azimuth_deg is not None and (accuracy.range_m is None or self.config.kind in {"rf", "camera"})

    @cached_property
    def coarse(self) -> bool:
        """Whether it measures azimuths alone, within which many things may stand."""
        return self.hears and self.config.accuracy.elevation_deg is None

    @cached_property
    def measures(self) -> bool:
        """Whether its silence speaks against a claim: it looks, and what it reports are directions, not others' words."""
        return self.looks and self.config.accuracy.azimuth_deg is not None

    @cached_property
    def patience(self) -> float:
        """How long an unnamed track of its own that is not confirmed yet waits for its next detection, s (`PATIENCE`)."""
        return math.inf if self.looks else PATIENCE * (self.config.period_s or UNTOLD)

    @cached_property
    def period(self) -> float:
        """Time between two looks, s; a second where it is not told."""
        return self.config.period_s or 1.0

    @cached_property
    def coverage(self) -> Floats:
        """Where it looks (6): azimuth from, width; elevation from, to; slant range from, to (rad, m)."""
        table = self.config.coverage
        azimuth = (math.radians(table.azimuth_deg[0]), math.radians(table.azimuth_deg[1]))
        elevation = table.elevation_deg and (math.radians(table.elevation_deg[0]), math.radians(table.elevation_deg[1]))
        return _limits(azimuth, elevation, table.range_m)

    def coverage_of(self, look: Coverage | None) -> Floats:
        """Give the coverage (6) of one look: its own where it says so."""
        if look is None:
            return self.coverage
        elevation = look.elevation or (float(self.coverage[2]), float(self.coverage[3]))
        return _limits(look.azimuth, elevation, look.range or (float(self.coverage[4]), float(self.coverage[5])))

    @cached_property
    def grid_from_enu(self) -> Floats:
        """What turns a short way east, north, up of the sensor into the grid's (3, 3), where its horizon is flat."""
        return np.asarray(np.linalg.inv(self.horizon.coefficients[:, 1:4]))

    @cached_property
    def densities(self) -> Floats:
        """The density of one false alarm, uniform over the coverage, in each component that a detection may measure (7).

        Range, azimuth, elevation, range rate; place in plan, height, velocity.
        """
        _, width, low, high, near, far = (float(limit) for limit in self.coverage)
        area = 2.0 / (width * (far**2 - near**2))
        return np.array([1.0 / (far - near), 1.0 / width, 1.0 / (high - low), 1.0 / SPEEDS, area, 1.0 / LOW_SKY, 1.0 / SPEEDS**3])


def _limits(azimuth: tuple[float, float], elevation: tuple[float, float] | None, reach: tuple[float, float]) -> Floats:
    width = azimuth[1] - azimuth[0]
    width = math.tau if abs(width) >= math.tau - 1e-9 else width % math.tau
    return np.array([azimuth[0] % math.tau, width or math.tau, *(elevation or ELEVATIONS), *reach])
