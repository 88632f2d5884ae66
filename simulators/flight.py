"""How each kind of actor is flown, in still air or in the scenario's wind."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from fusion.messages import Floats
from simulators import balloon, blown, fixed_wing, rotorcraft, surface, wind
from simulators.scenario import Kind, Wind
from simulators.trajectory import STEP, Leg, Route

WING_LAG = 2.0
"""s until a fixed wing goes with a gust: between lift, at once, and drag, ten seconds (assumed)."""


class Sky(NamedTuple):
    """The air that actors are flown in."""

    wind: Wind | None
    ground: float  # m, as the chart's heights are

    def mean(self, heights: Floats) -> Floats:
        """Give the mean wind (n, 3) at chart heights (n,)."""
        return np.zeros((len(heights), 3)) if self.wind is None else wind.mean(self.wind, heights - self.ground)


class Order(NamedTuple):
    """A flight to be flown, and where its chances come from."""

    route: Route
    random: np.random.Generator
    gusts: Callable[[], np.random.Generator]


def fly(kind: Kind, orders: list[Order], sky: Sky, duration: float) -> list[Floats]:
    """Fly what is ordered; give the chart points (n, 3) of each, every STEP, until `duration` or its landing before."""
    if kind in rotorcraft.LIMITS:
        return _rotors(orders, rotorcraft.LIMITS[kind], sky, duration)
    if kind in surface.LIMITS:
        return [surface.move(order.route, surface.LIMITS[kind], duration, order.random) for order in orders]
    one = _balloon if kind == "balloon" else _wings(fixed_wing.LIMITS[kind])
    return [one(order, sky, duration) for order in orders]


def _rotors(orders: list[Order], limits: rotorcraft.Limits, sky: Sky, duration: float) -> list[Floats]:
    if sky.wind is None:
        return [rotorcraft.fly(order.route, limits, duration, order.random) for order in orders]
    routes = [order.route._replace(legs=blown.slowed(order.route.legs, limits, _at(order.route.legs, sky))) for order in orders]
    paths = [rotorcraft.fly(route, limits, duration, order.random) for route, order in zip(routes, orders, strict=True)]
    longest = max(map(len, paths))
    padded = np.stack([np.concatenate([path, np.repeat(path[-1:], longest - len(path), axis=0)]) for path in paths], axis=1)
    winds = np.stack([_met(sky.wind, sky, padded[:, i], order.gusts()) for i, order in enumerate(orders)], axis=1)
    true = blown.follow(padded, limits, winds)
    return [_above_ground(true[: len(path), i], path, sky) for i, path in enumerate(paths)]


def _above_ground(true: Floats, path: Floats, sky: Sky) -> Floats:
    """Nothing is blown into the ground that its path stays above."""
    if path[:, 2].min() >= sky.ground - 1e-6:
        true[:, 2] = np.maximum(true[:, 2], sky.ground)
    return true


def _wings(limits: fixed_wing.Limits) -> Callable[[Order, Sky, float], Floats]:
    def fly_one(order: Order, sky: Sky, duration: float) -> Floats:
        legs = order.route.legs
        if sky.wind is None:
            return fixed_wing.fly(legs, limits, duration)
        height = float(np.mean([leg.point[2] for leg in legs]))  # of the whole flight: its gusts are drawn before it
        speed = float(np.mean([leg.speed for leg in legs]))
        count = math.floor(duration / STEP) + 1
        shaken = _lagged(_gusts(sky.wind, height - sky.ground, speed, count, order.gusts()), WING_LAG)
        return fixed_wing.fly(legs, limits, duration, sky.mean(np.full(count, height)) + shaken)

    return fly_one


def _balloon(order: Order, sky: Sky, duration: float) -> Floats:
    (leg,) = order.route.legs
    risen = balloon.heights(leg, duration)
    air = sky.mean(risen)
    if sky.wind is not None:
        air = air + _gusts(sky.wind, float(risen.mean()) - sky.ground, _speed(air), len(risen), order.gusts())
    return balloon.fly(leg, air)


def _at(legs: list[Leg], sky: Sky) -> Floats:
    return sky.mean(np.array([leg.point[2] for leg in legs]))


def _met(told: Wind, sky: Sky, path: Floats, random: np.random.Generator) -> Floats:
    """Give the wind (n, 3) that is met on a path (n, 3): its mean at each height, and gusts at the path's mean height."""
    mean = sky.mean(path[:, 2])
    passing = _speed(np.gradient(path, STEP, axis=0) - mean)
    return mean + _gusts(told, float(path[:, 2].mean()) - sky.ground, passing, len(path), random)


def _gusts(told: Wind, height: float, passing: float, count: int, random: np.random.Generator) -> Floats:
    return wind.gusts(told, height, passing, count, STEP, random)


def _speed(velocity: Floats) -> float:
    return float(np.linalg.norm(velocity, axis=-1).mean())


def _lagged(air: Floats, lag: float) -> Floats:
    """Follow the air (n, 3) with a first-order lag, s, begun as it is."""
    from scipy.signal import lfilter  # noqa: PLC0415 - half a second of start-up, which a calm need not wait for

    keep = math.exp(-STEP / lag)
    return np.asarray(lfilter([1.0 - keep], [1.0, -keep], air, axis=0, zi=keep * air[:1])[0])
