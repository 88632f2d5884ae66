"""Births from rays with an elevation: two sensors' that meet begin a track at once; others are followed as bearings first."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from fusion.frame import Horizon
from fusion.messages import SECOND, Floats, Scan
from fusion.tracking.measurements import Measurements
from fusion.tracking.models import AZIMUTH, ELEVATION, direction
from fusion.tracking.sensors import SensorModel

MEMORY = 1.0
"""s that a bearing waits for another to cross it; longer than any camera's or direction finder's period."""

UNEXPLAINED = 0.5
"""A bearing that a known track explains more probably than not is no reason for a new one."""

WALK = 15.0
"""m/s that a target may have gone between two bearings that are not of the same moment; a drone's cruise."""

MOST_SPREAD = 150.0
"""m: a crossing less certain than this horizontally (rays nearly parallel, or far away) is not a place yet."""

CONSISTENT = 9.0
"""Squared Mahalanobis distance that the rays of one target may miss each other by: 99.7 % of them do not."""


SINGULAR = 1e-12
"""Least eigenvalue of a normal matrix, its diagonal 1, that is no rounding error of 10⁻¹⁶ blown up."""


class Ray(NamedTuple):
    """One bearing that nothing known explains."""

    time: int  # ns
    sensor: str
    azimuth: float  # rad
    elevation: float  # rad, NaN when not measured
    variance_azimuth: float
    variance_elevation: float
    name: int  # identity code
    origin: tuple[float, ...] = ()  # (3) grid, whence it was, if its sensor moves
    spread: tuple[float, float] = (0.0, 0.0)  # m², what is not known of that: level, upright


class Crossing(NamedTuple):
    """Where two rays meet."""

    place: Floats  # (3) grid
    covariance: Floats  # (3, 3)
    distance2: float  # how badly they miss each other
    other: str = ""  # the sensor of the ray that was there before


class Crossings:
    """The bearings of the last moment that nothing known explains, and the places where they cross."""

    def __init__(self, rays: tuple[Ray, ...] = ()) -> None:
        self.rays = rays

    def find(
        self,
        scan: Scan,
        seen: Measurements,
        p_new: Floats,
        sensors: dict[str, SensorModel],
        height: tuple[float, float],
        birth_rate: float,
    ) -> list[tuple[int, Crossing, float]]:
        """Cross a scan's unexplained bearings with those of other sensors: (detection, crossing, existence), and keep them.

        Of all rays that a new one crosses, the one that fits best begins the track: one bearing is one target.
        """
        if self.rays:
            self.rays = tuple(ray for ray in self.rays if scan.time - ray.time <= MEMORY * SECOND)
        found: list[tuple[int, Crossing, float]] = []
        if not seen.rangeless:
            return found
        fresh: list[Ray] = []
        rays = np.isinf(seen.variance[:, 0]) & np.isfinite(seen.variance[:, ELEVATION])
        crossing = (rays & (p_new > UNEXPLAINED)).nonzero()[0].tolist()
        if not crossing:
            return found
        waiting = _lines(self.rays, sensors)
        for j in crossing:
            ray = _ray(scan, seen, j, sensors[scan.sensor])
            fresh.append(ray)
            crossings = [
                (met, other.sensor)
                for other in _near(ray, self.rays, waiting, sensors)
                if other.sensor != ray.sensor
                and (not ray.name or not other.name or ray.name == other.name)
                and (met := cross(ray, other, sensors, height)) is not None
            ]
            if crossings:
                best, sensor = min(crossings, key=lambda found: found[0].distance2)
                r = p_new[j] * _existence(sensors[ray.sensor], sensors[sensor], len(self.rays), birth_rate)
                found.append((j, best._replace(other=sensor), float(r)))
        self.rays += tuple(fresh)
        return found


class Lines(NamedTuple):
    """Rays as lines in the grid."""

    origin: Floats  # (K, 3)
    way: Floats  # (K, 3) unit
    sigma: Floats  # (K) rad, the larger of both angles'
    spread: Floats  # (K) m², what is not known of where it begins
    time: Floats  # (K) s, since the first


def _lines(rays: tuple[Ray, ...], sensors: dict[str, SensorModel], since: int | None = None) -> Lines:
    """Give rays as lines; what curvature bends them is left to who asks."""
    if not rays:
        return Lines(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0), np.zeros(0), np.zeros(0))
    told = np.array([(ray.azimuth, ray.elevation, max(ray.variance_azimuth, ray.variance_elevation)) for ray in rays])
    level = np.cos(told[:, 1])
    enu = np.stack([level * np.sin(told[:, 0]), level * np.cos(told[:, 0]), np.sin(told[:, 1])], axis=1)
    way = np.einsum("kij,kj->ki", np.array([sensors[ray.sensor].grid_from_enu for ray in rays]), enu)
    origin = np.array([ray.origin or sensors[ray.sensor].horizon.origin for ray in rays])
    time = np.array([ray.time - (rays[0].time if since is None else since) for ray in rays]) / SECOND
    spread = np.array([sum(ray.spread) for ray in rays])
    return Lines(origin, way / np.linalg.norm(way, axis=1, keepdims=True), np.sqrt(told[:, 2]), spread, time)


def _near(ray: Ray, rays: tuple[Ray, ...], lines: Lines, sensors: dict[str, SensorModel]) -> list[Ray]:
    """Give those of some rays whose lines pass one near enough that `cross` may find a place: of many rays that is soon asked.

    Lines pass each other |w − (w·n) …| apart; rays that meet with d² ≤ CONSISTENT lie within √CONSISTENT √(Σ r²σ² + (WALK gap)²)
    of each other. Ranges are known to three MOST_SPREAD, and the earth bends a line by r²/2R.
    """
    if not rays:
        return []
    one = _lines((ray,), sensors, rays[0].time)
    d, w = one.way[0], lines.origin - one.origin[0]
    b = lines.way @ d
    across = np.maximum(1.0 - b * b, 1e-12)
    mine, other = w @ d, np.einsum("ki,ki->k", w, lines.way)
    r, s = (mine - b * other) / across, (b * mine - other) / across
    apart = np.linalg.norm(w + s[:, None] * lines.way - r[:, None] * d, axis=1)
    slack = 3.0 * MOST_SPREAD
    wide = (np.abs(r) + slack) ** 2 * one.sigma[0] ** 2 + (np.abs(s) + slack) ** 2 * lines.sigma**2
    wide += (WALK * (one.time[0] - lines.time)) ** 2 + one.spread[0] + lines.spread
    bent = ((np.abs(r) + slack) ** 2 + (np.abs(s) + slack) ** 2) / 6.0e6
    near = (r > -slack) & (s > -slack) & (apart <= 1.1 * math.sqrt(CONSISTENT) * np.sqrt(wide) + bent)
    return [rays[k] for k in near.nonzero()[0].tolist()]


def cross(one: Ray, other: Ray, sensors: dict[str, SensorModel], height: tuple[float, float]) -> Crossing | None:
    """Find the place that both rays point at, by Gauss–Newton on their angles; None where they do not meet in one.

    Heights come from elevations; where neither ray has one, from what is believed of a target (mean, sigma, m).
    """
    start = _meet(one, other, sensors, height[0])
    if start is None:
        return None
    place, gap = start, abs(one.time - other.time) / SECOND
    for _ in range(5):
        normal, gradient, distance2 = _system(place, (one, other), sensors, height, gap)
        try:
            move = np.linalg.solve(normal, gradient)
        except np.linalg.LinAlgError:
            return None
        place = place + move
        if not np.all(np.isfinite(place)) or np.abs(place - start).max() > 20_000.0:
            return None
    normal, _, distance2 = _system(place, (one, other), sensors, height, gap)
    covariance = inverse(normal)
    if covariance is None:
        return None
    fits = distance2 <= CONSISTENT and math.sqrt(max(covariance[0, 0], covariance[1, 1])) <= MOST_SPREAD
    ahead = all(_ahead(place, ray, sensors) for ray in (one, other))
    return Crossing(place, covariance, distance2) if fits and ahead else None


def inverse(normal: Floats) -> Floats | None:
    """Invert a normal matrix (3, 3); None where arithmetic cannot tell it from a singular one: then there is no place."""
    unit = 1.0 / np.sqrt(np.maximum(np.diag(normal), 1e-300))
    scaled = normal * np.outer(unit, unit)
    if not np.isfinite(scaled).all() or np.linalg.eigvalsh(scaled)[0] < SINGULAR:
        return None
    covariance = np.linalg.inv(scaled) * np.outer(unit, unit)
    return np.asarray((covariance + covariance.T) / 2.0)


def _horizon(ray: Ray, sensors: dict[str, SensorModel]) -> Horizon:
    """Give the horizon that a ray was seen in: its sensor's, from where that was then."""
    horizon = sensors[ray.sensor].horizon
    return Horizon(np.array(ray.origin), horizon.coefficients) if ray.origin else horizon


def _ray(scan: Scan, seen: Measurements, j: int, sensor: SensorModel) -> Ray:
    known = math.isfinite(seen.variance[j, ELEVATION])
    return Ray(
        time=scan.detections[j].time,
        sensor=scan.sensor,
        azimuth=float(seen.z[j, AZIMUTH]),
        elevation=float(seen.z[j, ELEVATION]) if known else math.nan,
        variance_azimuth=float(seen.variance[j, AZIMUTH]),
        variance_elevation=float(seen.variance[j, ELEVATION]),
        name=int(seen.names[j]),
        origin=tuple(sensor.horizon.origin.tolist()) if sensor.moves else (),
        spread=sensor.spread,
    )


def _meet(one: Ray, other: Ray, sensors: dict[str, SensorModel], height: float) -> Floats | None:
    """Give a first guess: where the rays cross in plan, at a height that an elevation or belief gives."""
    origins, ways = [], []
    for ray in (one, other):
        horizon = _horizon(ray, sensors)
        way = np.linalg.solve(horizon.coefficients[:, 1:4], [math.sin(ray.azimuth), math.cos(ray.azimuth), 0.0])
        origins.append(horizon.origin)
        ways.append(way)
    across = ways[0][0] * ways[1][1] - ways[0][1] * ways[1][0]
    if abs(across) < 0.02:  # about 1°: parallel for any bearing worth the name
        return None
    apart = origins[1] - origins[0]
    reach = (
        (apart[0] * ways[1][1] - apart[1] * ways[1][0]) / across,
        (apart[0] * ways[0][1] - apart[1] * ways[0][0]) / across,
    )
    if min(reach) <= 0.0:
        return None
    heights = [
        origin[2] + far * math.tan(ray.elevation)
        for origin, far, ray in zip(origins, reach, (one, other), strict=True)
        if not math.isnan(ray.elevation)
    ]
    return np.array([*(origins[0] + reach[0] * ways[0])[:2], sum(heights) / len(heights) if heights else height])


def _system(
    place: Floats, rays: tuple[Ray, Ray], sensors: dict[str, SensorModel], height: tuple[float, float], gap: float
) -> tuple[Floats, Floats, float]:
    """Give the normal equations Σ HᵀH/σ², Σ Hᵀν/σ² at a place, and Σ ν²/σ²."""
    normal, gradient, distance2 = np.zeros((3, 3)), np.zeros(3), 0.0
    state, nothing = np.concatenate([place, np.zeros(3)]), np.zeros((6, 6))
    heights = 0
    for ray in rays:
        seen = direction(_horizon(ray, sensors), state, nothing)
        walked = ((WALK * gap) ** 2 / 2.0 + max(ray.spread)) / seen.h[0] ** 2  # half of the way on each ray
        parts = [(AZIMUTH, math.remainder(ray.azimuth - seen.h[AZIMUTH], math.tau), ray.variance_azimuth)]
        if not math.isnan(ray.elevation):
            parts.append((ELEVATION, ray.elevation - seen.h[ELEVATION], ray.variance_elevation))
            heights += 1
        for component, nu, variance in parts:
            H, weight = seen.H[component, :3], 1.0 / (variance + walked)
            normal += np.outer(H, H) * weight
            gradient += H * nu * weight
            distance2 += nu * nu * weight
    if not heights:
        normal[2, 2] += 1.0 / height[1] ** 2
        gradient[2] += (height[0] - place[2]) / height[1] ** 2
    return normal, gradient, distance2


def _ahead(place: Floats, ray: Ray, sensors: dict[str, SensorModel]) -> bool:
    """Tell whether a place lies in the ray's direction and in its sensor's reach, not behind it."""
    e, sensor = _horizon(ray, sensors).enu_from_grid(place), sensors[ray.sensor]
    along = e[0] * math.sin(ray.azimuth) + e[1] * math.cos(ray.azimuth)
    return bool(along > 0.0 and sensor.coverage[4] <= np.linalg.norm(e) <= sensor.coverage[5])


def _existence(one: SensorModel, other: SensorModel, waiting: int, birth_rate: float) -> float:
    """Give the prior probability that two rays which meet come from one target and not from chance.

    Odds: births in the memory's span against pairs of false bearings in it that meet by chance; rays that wait for
    others count as possible partners too, because real emitters cross in ghosts as well.
    """
    false = [sensor.config.false_alarms_per_scan * MEMORY / (sensor.config.period_s or MEMORY) for sensor in (one, other)]
    chance = false[0] * false[1] + 0.05 * max(waiting - 1, 0)
    births = birth_rate * MEMORY
    return births / (births + chance)
