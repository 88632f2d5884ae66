"""One sensor at work: what it could see, what it does see, and what is not there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from msgspec.structs import asdict, replace
from numpy.typing import NDArray
from scipy.special import ndtr

from fusion.config import Accuracy, Sensor
from fusion.messages import Floats, Integers
from simulators import interference
from simulators.behaviour import Behaviour
from simulators.buildings import Prism, hidden
from simulators.chance import Chance, correlated
from simulators.detection import probability
from simulators.earth import Place
from simulators.labels import Labels, labels
from simulators.looks import Looks
from simulators.ptz import Candidates, Field, follow
from simulators.riding import Ride
from simulators.targets import Target

Flags = NDArray[np.bool_]

PFA = 1e-6
"""The probability of a false alarm in a cell where the scenario tells none: what drone radars are set for."""

NEAREST = 1e-6
"""m: what carries a sensor is no nearer to it, and has a direction."""

WHOLE_SKY = (0.0, 90.0)
"""Elevations (degrees) of a sensor that configures none: false alarms need bounds."""


class Directions(NamedTuple):
    """Targets as a sensor truly has them before it, one row a look."""

    range: Floats  # m, slant
    azimuth: Floats  # rad, clockwise from true north
    elevation: Floats  # rad, above the sensor's horizontal
    range_rate: Floats  # m/s


class Hits(NamedTuple):
    """Detections in columns, a row each: which look, when, whose, and what was measured."""

    look: Integers  # (m,)
    time: Floats  # (m,) s after the start, true
    source: Integers  # (m,) index of the target; −1 and below: nothing is there
    values: Floats  # (m, k) as each kind of sensor measures


class Reference(NamedTuple):
    """The receiver that another's times of arrival are measured against."""

    id: str
    place: Place
    clock: float  # s, ahead by


@dataclass(frozen=True, eq=False)
class View:
    """One sensor in one scenario."""

    chance: Chance  # this sensor's generator for one purpose
    sensor: Sensor
    behaviour: Behaviour
    place: Place | Ride
    targets: tuple[Target, ...]
    looks: Looks
    reference: Reference | None = None
    prisms: tuple[Prism, ...] = ()
    ground: float = 0.0  # m above the ellipsoid, the site's
    clutter: tuple[Target, ...] = ()  # what moves and no truth tells of

    @cached_property
    def accuracy(self) -> Accuracy:
        """The standard deviations that it truly errs by; what it claims stands in the site's configuration."""
        told = {name: value for name, value in asdict(self.behaviour.accuracy).items() if value is not None}
        return replace(self.sensor.accuracy, **told)

    @cached_property
    def labels(self) -> Labels:
        """How it names what it sees."""
        return labels(self.behaviour, self.sensor)

    @cached_property
    def field(self) -> Field | None:
        """Where it looked, if it looks at one thing at a time."""
        if self.behaviour.ptz is None:
            return None
        time, (begin, width) = self.looks.time, self.sector
        low, high = np.radians(self.sensor.coverage.elevation_deg or WHOLE_SKY)
        home = (begin + width / 2.0, float(low + high) / 2.0)
        return follow(self.behaviour.ptz, time, self.looks.period, home, self._candidates())

    def _candidates(self) -> Candidates:
        """Give every target as a camera that is pointed would have it."""
        time, columns = self.looks.time, np.full((3, len(self.looks.time), len(self.targets)), math.inf)
        for i, target in enumerate(self.targets):
            seen = self.directions(target.trajectory.position(time), target.trajectory.velocity(time))
            there = target.trajectory.flying(time) & self.covers(seen)
            columns[:, :, i] = np.where(there, seen.range, math.inf), seen.azimuth, seen.elevation
        return Candidates(tuple(target.actor for target in self.targets), *columns)

    def noise(self, target: str, width: int) -> Floats:
        """Draw the errors (n, width) of every look at one target, in standard deviations."""
        random = self.chance("noise", target)
        return correlated(random, len(self.looks.time), width, self.looks.period, self.behaviour.correlation_s)

    def directions(self, position: Floats, velocity: Floats) -> Directions:
        """Give directions and range rate to earth-centred points (n, 3) that move."""
        enu = self.place.enu(position)
        distance = np.maximum(np.linalg.norm(enu, axis=-1), NEAREST)
        rate = (enu * self.place.turned(velocity)).sum(axis=-1) / distance
        azimuth = np.arctan2(enu[:, 0], enu[:, 1]) % math.tau
        return Directions(distance, azimuth, np.arcsin(enu[:, 2] / distance), rate)

    def azimuth(self, position: Floats) -> Floats:
        """Give the azimuths (…) of earth-centred points (…, 3) alone."""
        enu = self.place.enu(position)
        return np.asarray(np.arctan2(enu[..., 0], enu[..., 1]) % math.tau)

    def covers(self, seen: Directions) -> Flags:
        """Tell what lies inside the configured coverage, and behind no building."""
        coverage = self.sensor.coverage
        inside = (seen.range >= coverage.range_m[0]) & (seen.range <= coverage.range_m[1])
        begin, width = self.sector
        inside &= (seen.azimuth - begin) % math.tau <= width
        if coverage.elevation_deg is not None:
            low, high = np.radians(coverage.elevation_deg)
            inside &= (seen.elevation >= low) & (seen.elevation <= high)
        if self.prisms:
            level = seen.range * np.cos(seen.elevation)
            enu = [level * np.sin(seen.azimuth), level * np.cos(seen.azimuth), seen.range * np.sin(seen.elevation)]
            inside &= ~hidden(self.prisms, np.stack(enu, axis=-1))
        return inside

    @property
    def sector(self) -> tuple[float, float]:
        """Where the configured azimuths begin and how wide they are, rad."""
        begin, end = self.sensor.coverage.azimuth_deg
        width = 360.0 if abs(end - begin) >= 360.0 else (end - begin) % 360.0
        return math.radians(begin), math.radians(width)

    def detects(self, target: str, distance: Floats, rcs_dbsm: float = 0.0) -> Flags:
        """Tell which looks (n,) detect a target at these ranges.

        A look misses where a standard normal number is above the quantile of the probability: correlated from look to
        look, it makes gaps as long as real ones, and the configured probability still holds for each look.
        """
        random = self.chance("detection", target)
        draw = correlated(random, len(distance), 1, self.looks.period, self.behaviour.gap_s)[:, 0]
        chance = self.probability(distance, rcs_dbsm)
        if self.behaviour.interference and self.sensor.kind == "radar":
            chance = interference.weakened(chance, self.louder(), self.false_alarm)
        return np.asarray(ndtr(draw) < chance)

    @property
    def false_alarm(self) -> float:
        """The probability of a false alarm in one cell that its threshold is set for."""
        return PFA if self.behaviour.echo is None else self.behaviour.echo.false_alarm

    def louder(self, link: str | None = None) -> Floats:
        """Give how many times as strong as in quiet the noise is at each look (n,)."""
        return interference.noise(self.behaviour.interference, self.looks.time, link)

    def reach(self, link: str | None = None) -> Floats:
        """Give how far away a link is received at each look (n,), m."""
        return np.asarray(self.sensor.coverage.range_m[1] / np.sqrt(self.louder(link)))

    def probability(self, distance: Floats, rcs_dbsm: float = 0.0) -> Floats:
        """Give the probability of detection at ranges (n,), in quiet."""
        told = self.behaviour
        return probability(self.sensor.detection_probability, told.detection_by_range, told.echo, distance, rcs_dbsm)

    def named(self, target: Target, rows: int) -> Floats:
        """Draw what each look names a target, a number of its labels."""
        return self.labels.named(target.class_index, rows, self.looks.period, self.chance("class", target.id))

    def false_alarms(self, width: int) -> tuple[Integers, Floats, Floats]:
        """Draw false alarms: the looks (m,) they fall in, a Poisson number each; (m, width) uniform shares; their class (m,)."""
        random = self.chance("false alarms")
        more = interference.more_false_alarms(self.louder(), self.false_alarm)
        counts = random.poisson(self.sensor.false_alarms_per_scan * more)
        look = np.repeat(np.arange(len(counts)), counts)
        shares = random.uniform(size=(len(look), width))
        return look, shares, self.labels.of_false_alarms(len(look), random)

    def false_direction(self, look: Integers, shares: Floats) -> tuple[Floats, Floats]:
        """Give azimuths and elevations in looks (m,), uniform over what each looked at, of uniform shares (m, 2)."""
        if self.field is not None:
            return self.field.somewhere(look, shares)
        begin, width = self.sector
        low, high = np.radians(self.sensor.coverage.elevation_deg or WHOLE_SKY)
        return (begin + width * shares[:, 0]) % math.tau, low + (high - low) * shares[:, 1]

    def classes(self, named: float) -> dict[str, float] | None:
        """Give the class report of a number of its labels."""
        return self.labels.report(named)
