"""What moves and is nobody's concern: birds that wander, cars on roads. Radars see it, no truth tells of it.

Speeds: cruising birds of 138 species fly at 8–23 m/s (Alerstam et al., PLoS Biology 5, 2007), released and foraging ones slower
(Bruderer & Boldt, Ibis 143, 2001). Mean cross-sections at X band, log-normal from bird to bird (Pollon, IEEE TAES 8, 1972): small
passerines to pigeons and gulls 10–100 cm², −30 to −20 dBsm (Vaughn, Proc. IEEE 73, 1985); a car 100 m², 20 dBsm (Skolnik,
Introduction to Radar Systems, table 2.2). How they spread from car to car, and how birds turn, is assumed.
"""

from __future__ import annotations

import math

import numpy as np

from fusion.messages import Floats
from simulators.chance import stream
from simulators.earth import Chart
from simulators.scenario import Birds, Road
from simulators.scenario_file import Stage
from simulators.targets import Target, chart
from simulators.trajectory import Trajectory

STEP = 0.2
"""s between samples of a bird's flight; at most 7° of its turning."""

TURN, MEMORY = 0.15, 4.0
"""rad/s, standard deviation of how birds turn of their own mind, and s after which they think otherwise."""

HOME = 0.5
"""rad/s by which a bird outside its circle turns back: 12 m/s on a circle of 24 m."""

RISE = 0.5
"""m/s, standard deviation of how birds climb and sink between their heights."""

BUMPER = 0.75
"""m above ground: the middle of a car."""

DRIVE = 0.5
"""s between samples of a drive."""


def clutter(stage: Stage) -> tuple[Target, ...]:
    """Let every bird and car of a scenario move, those of the first table first."""
    at, scenario = chart(stage.site.site), stage.scenario
    flown = [bird for birds in scenario.birds for bird in _birds(birds, at, scenario.seed, scenario.duration_s)]
    return (*flown, *(car for road in scenario.road for car in _cars(road, at, scenario.seed, scenario.duration_s)))


def _birds(birds: Birds, at: Chart, seed: int, duration: float) -> list[Target]:
    paths = wander(birds, at, duration, stream(seed, "birds", birds.id))
    rcs = birds.rcs_dbsm[0] + birds.rcs_dbsm[1] * stream(seed, "birds", birds.id, "rcs").standard_normal(birds.count)
    return [
        Target(f"{birds.id}-{i + 1}", birds.id, "bird", Trajectory(0.0, STEP, at.ecef(path)), rcs=float(rcs[i]))
        for i, path in enumerate(paths)
    ]


def wander(birds: Birds, at: Chart, duration: float, random: np.random.Generator) -> Floats:
    """Give chart points (count, n, 3) every STEP: each bird at its own speed, turning at its own will, home when outside."""
    count, n = birds.count, math.ceil(duration / STEP) + 2
    middle = at.point(birds.middle.latitude_deg, birds.middle.longitude_deg, 0.0)[:2] if birds.middle else np.zeros(2)
    place = middle + _within(birds.radius_m, random.uniform(size=(count, 2)))
    course, speed = random.uniform(0.0, math.tau, count), random.uniform(*birds.speed_mps, count)
    height = random.uniform(*birds.height_agl_m, count)
    keep, mind, paths = math.exp(-STEP / MEMORY), np.zeros((2, count)), np.empty((count, n, 3))
    for k in range(n):
        paths[:, k, :2], paths[:, k, 2] = place, at.ground + height
        mind = keep * mind + math.sqrt(1.0 - keep * keep) * random.standard_normal((2, count))
        course = course + STEP * (TURN * mind[0] + _homing(place - middle, course, birds.radius_m))
        place = place + STEP * speed[:, None] * np.stack([np.sin(course), np.cos(course)], axis=-1)
        height = np.clip(height + STEP * RISE * mind[1], *birds.height_agl_m)
    return paths


def _within(radius: float, shares: Floats) -> Floats:
    """Give points (n, 2), uniform in a circle, of uniform shares (n, 2)."""
    angle, distance = math.tau * shares[:, 0], radius * np.sqrt(shares[:, 1])
    return np.stack([distance * np.sin(angle), distance * np.cos(angle)], axis=-1)


def _homing(away: Floats, course: Floats, radius: float) -> Floats:
    """Give how fast birds (n,) turn back, rad/s: those outside the circle, towards its middle; nobody else."""
    back = np.arctan2(-away[:, 0], -away[:, 1])
    return np.where(np.hypot(*away.T) > radius, HOME * np.sign(np.sin(back - course)), 0.0)


def _cars(road: Road, at: Chart, seed: int, duration: float) -> list[Target]:
    """Let cars enter both ends of a road as a Poisson process, long enough ago that it is as full at the start as ever."""
    line = np.array([at.point(*corner, at.ground + BUMPER) for corner in road.line_deg])
    random = stream(seed, "road", road.id)
    found: list[Target] = []
    for way in (line, line[::-1]):
        reach = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(way, axis=0), axis=1))])
        early = reach[-1] / road.speed_mps[0]
        enter = np.sort(random.uniform(-early, duration, random.poisson(road.cars_per_minute / 120.0 * (duration + early))))
        speed = random.uniform(*road.speed_mps, len(enter))
        rcs = road.rcs_dbsm[0] + road.rcs_dbsm[1] * random.standard_normal(len(enter))
        for begin, pace, mean in zip(enter.tolist(), speed.tolist(), rcs.tolist(), strict=True):
            path = _drive(way, reach, pace)
            if begin + reach[-1] / pace > 0.0:
                step = reach[-1] / pace / (len(path) - 1)
                found.append(
                    Target(f"{road.id}-{len(found) + 1}", road.id, "car", Trajectory(begin, step, at.ecef(path)), rcs=mean)
                )
    return found


def _drive(way: Floats, reach: Floats, speed: float) -> Floats:
    """Give chart points (n, 3) of a drive along a line (k, 3) at one speed, evenly spaced, about DRIVE apart."""
    along = np.linspace(0.0, reach[-1], max(2, math.ceil(reach[-1] / speed / DRIVE)) + 1)
    return np.stack([np.interp(along, reach, way[:, axis]) for axis in range(3)], axis=-1)
