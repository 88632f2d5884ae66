"""The posterior Cramér–Rao bound of a scenario: what no tracker could do better, from its sensors and its truth.

With the target's path known but to the tracker, J the information on place and velocity (Tichavský, Muravchik, Nehorai 1998):

    J ← (F J⁻¹ Fᵀ + Q)⁻¹  between looks,   J ← J + p_D Hᵀ R⁻¹ H  at a look of a sensor that covers the target

H at the true place, R and p_D as `site.toml` has them, or as they truly are where `truth_sensors.json` says so (the information
reduction of Farina, Ristic, Timmoneri 2002: false alarms and the doubt whose detection is whose are left out, so the bound is
below what they allow). Q is nearly constant velocity, its density told moment by moment from how the truth changed its velocity:
the bound of a tracker that knows how hard a target manoeuvres, and not which way. A flight smoother than white acceleration noise
can be tracked a little below it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from fusion.config import Config, Sensor
from fusion.messages import Floats, Integers
from fusion.zones.geometry import Mask
from simulators.scoring.eyes import Eye, eyes
from simulators.scoring.pairing import Pairs
from simulators.scoring.reading import Truth, Truths
from simulators.scoring.scene import EDGE, Scene
from simulators.true_sensors import TrueSensors

PRIOR = np.array([1000.0, 1000.0, 200.0, 15.0, 15.0, 3.0])
"""Sigmas before the first look, m and m/s: it is somewhere over the site and flies as drones fly."""

TURN = 1.0
"""s over which a change of velocity is taken: a multirotor holds a tilt for about so long."""

CALM = 5.0
"""s over which manoeuvring is averaged: the density of a moment is no one's to know."""

LEAST = np.array([0.05, 0.05, 0.01])
"""m²/s³: gusts that remain on a straight leg change velocity by 0.2 m/s in a second, and climb by 0.1."""


class Look(NamedTuple):
    """What a sensor measures: which of range, azimuth, elevation, or the place itself, and how well."""

    eye: Eye
    components: Integers  # of (range, azimuth, elevation)
    weight: Floats  # 1/σ² of each component; of east, north, up where there are none
    times: Floats  # s
    targets: Integers  # (m,) the truths that it may measure
    reported: bool = False  # the looks are reports that it made: it detected


class Bound(NamedTuple):
    """The bound beside what was achieved."""

    root: Floats  # (k, n) m, √ trace of J⁻¹ for place, in the dimensions of the pairing; NaN where a truth is not there
    rms: float  # m, over the hits
    rmse: float  # m, over the same hits
    ratio: float  # NaN without hits
    used: tuple[str, ...]  # sensors
    left_out: tuple[str, ...]  # sensors that say neither how well nor how often they look, or that wait to be told


def bound(
    config: Config,
    truths: Truths,
    scene: Scene,
    pairs: Pairs,
    looks: Mapping[str, Floats] | None = None,
    reported: Mapping[tuple[str, str], Floats] | None = None,
    sensors: TrueSensors | None = None,
) -> Bound:
    """Bound every truth; `looks` and `reported` are what a recording tells: when sensors looked, and when they reported whom.

    `sensors` is what is true of them where the site was told otherwise.
    A sensor that reports at will (`detections-only`) counts with the reports that it made, as a target sends or does not.
    Without a recording, the others look every period, and these are left out.
    """
    named = [name for name in scene.truths if name in truths]
    flown = [truths[name] for name in named]
    sensors = sensors or TrueSensors()
    used = [look for eye in eyes(sensors.corrected(config)) for look in _looks(eye, scene.time, named, looks, reported or {})]
    seen = [[(reported or {}).get((look.eye.sensor.id, name)) for name in named] for look in used]
    learnt = [_learnt(look, named, flown, times, sensors) for look, times in zip(used, seen, strict=True)]
    root = _run(flown, used, learnt, scene.time, scene.dimensions)
    known = np.isfinite(root[pairs.step, pairs.truth]) & (root[pairs.step, pairs.truth] < scene.c)
    at, error = root[pairs.step, pairs.truth][known], pairs.distance[known]
    rms = math.sqrt(float((at**2).mean())) if len(at) else math.nan
    rmse = math.sqrt(float((error**2).mean())) if len(at) else math.nan
    names = tuple(dict.fromkeys(look.eye.sensor.id for look in used))
    left_out = tuple(sensor.id for sensor in config.sensor if sensor.id not in names)
    return Bound(root, rms, rmse, rmse / rms if len(at) else math.nan, names, left_out)


def _looks(
    eye: Eye,
    time: Floats,
    truths: list[str],
    looks: Mapping[str, Floats] | None,
    reported: Mapping[tuple[str, str], Floats],
) -> list[Look]:
    """Give a sensor's looks at all truths; of one that reports at will, those at each that it reported."""
    components, sigma = _measures(eye.sensor)
    if not len(sigma):
        return []
    if eye.sensor.reports == "detections-only":
        times = [(j, reported[eye.sensor.id, name]) for j, name in enumerate(truths) if (eye.sensor.id, name) in reported]
        return [Look(eye, components, sigma**-2, at, np.array([j]), reported=True) for j, at in times]
    every = np.arange(time[0], time[-1] + EDGE, eye.sensor.period_s) if eye.sensor.period_s else np.zeros(0)
    times_of_all = every if looks is None else looks.get(eye.sensor.id, np.zeros(0))
    return [Look(eye, components, sigma**-2, times_of_all, np.arange(len(truths)))] if len(times_of_all) else []


def _measures(sensor: Sensor) -> tuple[Integers, Floats]:
    """Tell which of range, azimuth and elevation a sensor measures, and its sigmas; none and three: it tells places."""
    accuracy = sensor.accuracy
    if accuracy.azimuth_deg is not None:
        polar = (accuracy.range_m, math.radians(accuracy.azimuth_deg), _radians(accuracy.elevation_deg))
        parts = [(i, sigma) for i, sigma in enumerate(polar) if sigma is not None]
        return np.array([i for i, _ in parts]), np.array([sigma for _, sigma in parts])
    if accuracy.horizontal_m is not None:
        return np.zeros(0, int), np.array([accuracy.horizontal_m, accuracy.horizontal_m, accuracy.vertical_m or math.inf])
    return np.zeros(0, int), np.zeros(0)


def _radians(degrees: float | None) -> float | None:
    return None if degrees is None else math.radians(degrees)


def _run(flown: list[Truth], used: list[Look], learnt: list[Floats], time: Floats, dimensions: int) -> Floats:
    """Carry every truth's covariance from look to look; give its root at each step (k, n)."""
    first, final = np.array([t.time[0] for t in flown]), np.array([t.time[-1] for t in flown])
    root, last, belief = np.full((len(time), len(flown)), math.nan), first.copy(), Belief.of(len(flown))
    densities = [density(truth) for truth in flown]
    events = [(at, i, k) for i, look in enumerate(used) for k, at in enumerate(look.times.tolist())]
    events += [(at + EDGE, -1, k) for k, at in enumerate(time.tolist())]
    for turn, i, k in sorted(events):
        at = turn if i >= 0 else float(time[k])  # a look within EDGE of a step still belongs to it
        there = (first <= at + 1e-6) & (at <= final + EDGE)
        mine = np.flatnonzero(there if i < 0 else there[used[i].targets])
        here = mine if i < 0 else used[i].targets[mine]
        if not len(here):
            continue
        now = belief.some(here).predicted(np.maximum(at - last[here], 0.0), _now(densities, here, at))
        last[here] = np.maximum(at, last[here])
        if i < 0:
            root[k, here] = np.sqrt(np.trace(now.place[:, :dimensions, :dimensions], axis1=1, axis2=2))
        else:
            now = now.informed(learnt[i][k, mine])
        belief.put(here, now)
    return root


def _learnt(look: Look, named: list[str], flown: list[Truth], reports: list[Floats | None], sensors: TrueSensors) -> Floats:
    """Give what each look tells of each target's place (t, m, 3, 3): nought where it is neither covered nor was reported.

    A site may call its coverage smaller than it is; what was reported was seen.
    """
    found = np.zeros((len(look.times), len(look.targets), 3, 3))
    for i, j in enumerate(look.targets.tolist()):
        place = [np.interp(look.times, flown[j].time, flown[j].place[:, axis]) for axis in range(3)]
        there = np.stack(place, axis=-1)
        seen = look.eye.sees(there) | _reported(look.times, reports[j])
        detected = 1.0 if look.reported else sensors.detection(look.eye.sensor, named[j], look.eye.polar(there)[:, 0])
        found[:, i] = information(look, there) * (seen * detected)[:, None, None]
    return found


def _reported(times: Floats, reports: Floats | None) -> Mask:
    """Tell at which looks (t,) a target was reported: within the time to the next look, for plots of a turn have their own."""
    if reports is None or not len(reports) or len(times) < 2:
        return np.zeros(len(times), bool)
    after = np.searchsorted(reports, times).clip(1, len(reports) - 1) if len(reports) > 1 else np.zeros(len(times), int)
    near = np.minimum(np.abs(times - reports[after]), np.abs(times - reports[after - 1]))
    return np.asarray(near < np.median(np.diff(times)))


def information(look: Look, place: Floats) -> Floats:
    """Give Hᵀ R⁻¹ H (n, 3, 3) of a look at places (n, 3)."""
    if not len(look.components):
        return np.tile(np.diag(look.weight), (len(place), 1, 1))
    H = look.eye.slopes(place)[:, look.components]
    return np.asarray(np.einsum("nki,k,nkj->nij", H, look.weight, H))


class Belief(NamedTuple):
    """J⁻¹ of n targets in blocks (n, 3, 3): of place, of place with velocity, of velocity."""

    place: Floats
    cross: Floats
    velocity: Floats

    @classmethod
    def of(cls, n: int) -> Belief:
        """Begin with PRIOR."""
        place, velocity = np.diag(PRIOR[:3] ** 2), np.diag(PRIOR[3:] ** 2)
        return cls(np.tile(place, (n, 1, 1)), np.zeros((n, 3, 3)), np.tile(velocity, (n, 1, 1)))

    def some(self, here: Integers) -> Belief:
        """Give some targets'."""
        return Belief(self.place[here], self.cross[here], self.velocity[here])

    def put(self, here: Integers, now: Belief) -> None:
        """Set some targets'."""
        self.place[here], self.cross[here], self.velocity[here] = now

    def predicted(self, dt: Floats, q: Floats) -> Belief:
        """Give F P Fᵀ + Q over Δt (n,), q (n, 3): Q_pp = q Δt³/3, Q_pv = q Δt²/2, Q_vv = q Δt."""
        h, noise = dt[:, None, None], q[:, :, None] * np.eye(3)
        turned = self.cross + np.swapaxes(self.cross, 1, 2)
        return Belief(
            self.place + h * turned + h**2 * self.velocity + h**3 / 3 * noise,
            self.cross + h * self.velocity + h**2 / 2 * noise,
            self.velocity + h * noise,
        )

    def informed(self, learnt: Floats) -> Belief:
        """Add information I (n, 3, 3) on the place: (P⁻¹ + I)⁻¹ = P − P_p G P_pᵀ, G = I (1 + P_pp I)⁻¹."""
        gain = learnt @ np.linalg.inv(np.eye(3) + self.place @ learnt)
        gain = (gain + np.swapaxes(gain, 1, 2)) / 2
        across = np.swapaxes(self.cross, 1, 2)
        return Belief(
            self.place - self.place @ gain @ self.place,
            self.cross - self.place @ gain @ self.cross,
            self.velocity - across @ gain @ self.cross,
        )


def density(truth: Truth) -> tuple[Floats, Floats]:
    """Give when, and with which spectral density of acceleration (m²/s³, each axis), a truth manoeuvres: |Δv|²/TURN, averaged."""
    at = np.arange(truth.time[0], truth.time[-1] + TURN / 2, TURN / 2)
    v = _velocity(truth, at + TURN / 2) - _velocity(truth, at - TURN / 2)
    q = np.stack([(v[:, 0] ** 2 + v[:, 1] ** 2) / 2, (v[:, 0] ** 2 + v[:, 1] ** 2) / 2, v[:, 2] ** 2], axis=-1) / TURN
    width = round(CALM / (TURN / 2))
    weight = np.convolve(np.ones(len(at)), np.ones(width), "same") if len(at) >= width else np.full(len(at), float(len(at)))
    mean = [
        np.convolve(q[:, i], np.ones(width), "same") if len(at) >= width else np.full(len(at), q[:, i].sum()) for i in range(3)
    ]
    return at, np.maximum(np.stack(mean, axis=-1) / weight[:, None], LEAST)


def _velocity(truth: Truth, at: Floats) -> Floats:
    at = np.clip(at, truth.time[0], truth.time[-1])
    if truth.velocity is not None:
        return np.stack([np.interp(at, truth.time, truth.velocity[:, axis]) for axis in range(3)], axis=-1)
    first, last = np.maximum(at - TURN / 2, truth.time[0]), np.minimum(at + TURN / 2, truth.time[-1])
    moved = [np.interp(last, truth.time, truth.place[:, i]) - np.interp(first, truth.time, truth.place[:, i]) for i in range(3)]
    return np.asarray(np.stack(moved, axis=-1) / np.maximum(last - first, 1e-3)[:, None])


def _now(densities: list[tuple[Floats, Floats]], here: Integers, at: float) -> Floats:
    found = []
    for j in here.tolist():
        times, q = densities[j]
        found.append(q[min(max(int((at - times[0]) / (TURN / 2) + 0.5), 0), len(q) - 1)])
    return np.array(found)
