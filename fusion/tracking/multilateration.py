"""Where clues of one emitter meet: time differences of arrival and bearings, by Levenberg–Marquardt from several starts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from fusion.frame import Horizon
from fusion.messages import SECOND, Floats, Integers
from fusion.tracking.initiation import Crossing, inverse
from fusion.tracking.models import NEAREST
from fusion.tracking.sensors import SensorModel

WALK = 15.0
"""m/s that a target may have gone between two clues that are not of the same moment; a drone's cruise."""

CONSISTENT = 9.0
"""Squared Mahalanobis distance, height prior included, that three clues of one emitter may miss each other by: 99.7 % do not."""

AMBIGUOUS = 6.0
"""Hyperboloids may meet twice. A second place that fits worse by this is twenty times less likely, e⁻³, and is left out;
one that fits better than that makes the clues unresolvable: they begin nothing."""

APART = 5.0
"""Sigmas beyond which two places that a search found are two."""

USUAL = 40.0
"""m: spread of the usual height (`tracker.HEIGHT`)."""

HIGH = 500.0
"""m: spread of heights where the clues contradict the usual one: helicopters, and drones where none should be. Then the
clues must tell the height themselves, better than that usual one is known, and it must be above: hyperboloids meet below
the ground as well."""

MOST_SPREAD = 150.0
"""m: a place less certain than this horizontally is none yet (`initiation.MOST_SPREAD`)."""

SEARCHED = 128
"""Sets that are searched for a place: the ones that fit best at the points of a coarse grid."""

STARTS = 5
"""Places that each set's search begins at, the best of the grid: the sum of squares has two valleys, seldom three."""

GRID = (15, 2.0)
"""Points of the grid to a side, and its half width in radii of the net: a difference says little of what is further away."""

LONGEST = 500.0
"""m: the longest step of a search; far from the net a difference hardly changes, and a step would lead anywhere."""

FAR = 1e-10
"""1/m²: where clues say nothing of a direction, a step goes no further than 100 km that way."""

STEPS = 12
"""Levenberg–Marquardt steps; from within a few hundred metres five suffice."""


class Clue(NamedTuple):
    """One difference or bearing that nothing known explains."""

    time: int  # ns
    sensor: str
    reference: str  # empty for a bearing
    z: float  # m or rad
    variance: float
    name: int  # identity code
    row: int  # among its look's detections

    @property
    def pair(self) -> tuple[str, ...]:
        """Who heard it: a look hears an emitter once."""
        return tuple(sorted((self.sensor, self.reference))) if self.reference else (self.sensor,)


Three = tuple[Clue, Clue, Clue]


def solve(sets: Sequence[Three], sensors: Mapping[str, SensorModel], height: tuple[float, float]) -> dict[int, Crossing]:
    """Find the place of each set that has one and only one, by its number."""
    net = _Net.of(sets, sensors)
    place, cost = net.begin(height)
    keep = np.sort(np.argsort(cost[:, 0], kind="stable")[:SEARCHED])
    net, place = net.some(keep), place[keep]
    found, unfit = _places(net, place, height, high=False)
    if len(unfit):
        above, _ = _places(net.some(unfit), place[unfit], (height[0], HIGH), high=True)
        found |= {int(unfit[i]): crossing for i, crossing in above.items()}
    meant = {int(keep[i]): crossing for i, crossing in sorted(found.items())}
    return {index: one for index, one in meant.items() if all(_ahead(one.place, clue, sensors) for clue in sets[index])}


def _places(net: _Net, start: Floats, height: tuple[float, float], *, high: bool) -> tuple[dict[int, Crossing], Integers]:
    """Search from each start (n, STARTS, 3); give the sets' only places, and the sets that no place fits with this height."""
    place, normal, distance2 = net.search(start, height)
    found, fits = {}, np.min(distance2, axis=1) <= CONSISTENT
    for index in np.flatnonzero(fits).tolist():
        best = int(np.argmin(distance2[index]))
        covariance = inverse(normal[index, best])
        if covariance is None:
            continue  # clues of one line: nowhere on it is a place
        away = place[index] - place[index, best]
        apart = np.einsum("si,ij,sj->s", away, normal[index, best], away) > APART**2
        second = np.min(distance2[index, apart], initial=math.inf)
        spread = math.sqrt(max(covariance[0, 0], covariance[1, 1]))
        blind = high and (covariance[2, 2] > USUAL**2 or place[index, best, 2] < height[0])
        if second >= distance2[index, best] + AMBIGUOUS and spread <= MOST_SPREAD and not blind:
            found[index] = Crossing(place[index, best], covariance, float(distance2[index, best]))
    return found, np.flatnonzero(~fits)


@dataclass(frozen=True)
class _Net:
    """n sets of three clues as arrays; `ears` are the horizons of all sensors in them."""

    ears: list[Horizon]
    own: Integers  # (n, 3) the sensor of each clue, among ears
    reference: Integers  # (n, 3) its reference, −1 for a bearing
    z: Floats  # (n, 3) m or rad
    variance: Floats  # (n, 3) with what the target may have gone since the first clue of the set, for differences
    walked: Floats  # (n, 3) m², the same alone

    @classmethod
    def of(cls, sets: Sequence[Three], sensors: Mapping[str, SensorModel]) -> _Net:
        names = sorted({name for clues in sets for clue in clues for name in clue.pair})
        number = {name: i for i, name in enumerate(names)} | {"": -1}
        newest = np.array([[max(clue.time for clue in clues)] for clues in sets])
        gap = (newest - np.array([[clue.time for clue in clues] for clues in sets])) / SECOND
        return cls(
            [sensors[name].horizon for name in names],
            np.array([[number[clue.sensor] for clue in clues] for clues in sets]),
            np.array([[number[clue.reference] for clue in clues] for clues in sets]),
            np.array([[clue.z for clue in clues] for clues in sets]),
            np.array([[clue.variance for clue in clues] for clues in sets]),
            (WALK * gap) ** 2,
        )

    def some(self, rows: Integers) -> _Net:
        """Give some of the sets."""
        own, reference, z, variance, walked = (
            self.own[rows],
            self.reference[rows],
            self.z[rows],
            self.variance[rows],
            self.walked[rows],
        )
        return replace(self, own=own, reference=reference, z=z, variance=variance, walked=walked)

    def begin(self, height: tuple[float, float]) -> tuple[Floats, Floats]:
        """Give the points of a coarse grid around the net that fit each set best (n, STARTS, 3), and how badly they fit."""
        origins = np.array([ear.origin for ear in self.ears])
        middle = origins.mean(axis=0)
        reach = GRID[1] * np.linalg.norm((origins - middle)[:, :2], axis=1).max()
        side = np.linspace(-reach, reach, GRID[0])
        x, y = (axis.ravel() for axis in np.meshgrid(side, side))
        points = np.column_stack([middle[0] + x, middle[1] + y, np.full(len(x), height[0])])
        nu, _, far = self.residuals(np.broadcast_to(points, (len(self.z), *points.shape)))
        metres = np.where(self.reference[:, None] < 0, nu * far, nu)
        cost = (metres**2).sum(axis=2)
        best = np.argsort(cost, axis=1, kind="stable")[:, :STARTS]
        return points[best], np.take_along_axis(cost, best, axis=1)

    def residuals(self, place: Floats) -> tuple[Floats, Floats, Floats]:
        """Give ν = z − h (n, s, 3), the slopes of h (n, s, 3 clues, 3), and the distances from each clue's sensor (n, s, 3)."""
        enu = np.stack([ear.enu_from_grid(place) for ear in self.ears])  # (ears, n, s, 3)
        turn = np.array([ear.coefficients[:, 1:4] for ear in self.ears])
        rows = np.arange(len(self.z))[:, None]
        own = enu[self.own, rows].transpose(0, 2, 1, 3)  # (n, s, 3 clues, 3)
        other = enu[self.reference, rows].transpose(0, 2, 1, 3)
        r, r_other = (np.maximum(np.linalg.norm(e, axis=-1), NEAREST) for e in (own, other))
        rho2 = np.maximum(own[..., 0] ** 2 + own[..., 1] ** 2, 1.0)
        azimuth = np.arctan2(own[..., 0], own[..., 1])
        bearing = self.reference[:, None] < 0
        nu = self.z[:, None] - np.where(bearing, azimuth, r - r_other)
        nu = np.where(bearing, (nu + math.pi) % math.tau - math.pi, nu)
        across = np.stack([own[..., 1], -own[..., 0], np.zeros_like(rho2)], axis=-1) / rho2[..., None]
        sight = np.einsum("nski,nkij->nskj", own / r[..., None], turn[self.own])
        other_sight = np.einsum("nski,nkij->nskj", other / r_other[..., None], turn[self.reference])
        slope = np.where(bearing[..., None], np.einsum("nski,nkij->nskj", across, turn[self.own]), sight - other_sight)
        return nu, slope, r

    def search(self, place: Floats, height: tuple[float, float]) -> tuple[Floats, Floats, Floats]:
        """Move each start (n, s, 3) to the nearest least of Σ ν²/σ² + (U − m)²/σ_U², by Levenberg–Marquardt.

        Gives the places, the normal matrices Σ HᵀH/σ² (n, s, 3, 3) and the sums (n, s).
        """
        damping = np.full(place.shape[:2], 1e-3)
        normal, gradient, cost = self._system(place, height)
        for _ in range(STEPS):
            scaled = normal + damping[..., None, None] * np.einsum("nsii,ij->nsij", normal, np.eye(3)) + FAR * np.eye(3)
            move = np.linalg.solve(scaled, gradient[..., None])[..., 0]
            length = np.maximum(np.linalg.norm(move, axis=-1, keepdims=True) / LONGEST, 1.0)
            there = place + move / length
            new_normal, new_gradient, new_cost = self._system(there, height)
            better = new_cost <= cost
            place = np.where(better[..., None], there, place)
            normal = np.where(better[..., None, None], new_normal, normal)
            gradient = np.where(better[..., None], new_gradient, gradient)
            cost = np.where(better, new_cost, cost)
            damping = np.where(better, damping / 10.0, damping * 10.0)
        return place, normal, cost

    def _system(self, place: Floats, height: tuple[float, float]) -> tuple[Floats, Floats, Floats]:
        nu, H, r = self.residuals(place)
        walked = self.walked[:, None] / np.where(self.reference[:, None] < 0, r * r, 1.0)
        weight = 1.0 / (self.variance[:, None] + walked)
        normal = np.einsum("nsk,nski,nskj->nsij", weight, H, H)
        gradient = np.einsum("nsk,nski,nsk->nsi", weight, H, nu)
        up = place[..., 2] - height[0]
        normal[..., 2, 2] += 1.0 / height[1] ** 2
        gradient[..., 2] -= up / height[1] ** 2
        return normal, gradient, (weight * nu * nu).sum(axis=-1) + (up / height[1]) ** 2


def _ahead(place: Floats, clue: Clue, sensors: Mapping[str, SensorModel]) -> bool:
    """Tell whether a place lies in reach of the sensor of a clue."""
    sensor = sensors[clue.sensor]
    return bool(sensor.coverage[4] <= np.linalg.norm(sensor.horizon.enu_from_grid(place)) <= sensor.coverage[5])
