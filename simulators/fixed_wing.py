"""How fixed wings fly: coordinated turns after a point that runs ahead of them on the route.

The guidance is Park, Deyst & How, "A New Nonlinear Guidance Logic for Trajectory Tracking" (AIAA 2004-4900): the
lateral acceleration 2 V²/L sin η takes the aircraft on a circle to the point L ahead on its leg, seen at the angle η.
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import numpy as np

from fusion.messages import Floats
from simulators.trajectory import GRAVITY, STEP, Leg

LOOK_AHEAD = 3.0
"""s of flight to the point ahead. The guidance's damping is 0.7 whatever L is; this L turns in well within a leg."""

STALL = 1.23
"""Times the speed at which it stalls: the slowest that aircraft are flown at on purpose (CS-25.125)."""

CALM = (0.0, 0.0, 0.0)

HEIGHT_TIME = 4.0
"""s in which an error of height is flown off."""


class Limits(NamedTuple):
    """What an airframe can do."""

    speed: float  # m/s, through the air
    least: float  # m/s, through the air, wings level: STALL times what it stalls at
    bank: float  # rad
    roll: float  # rad/s
    climb: float  # m/s
    descent: float  # m/s
    lift: float  # m/s², up and down
    push: float  # m/s², along


LIMITS = {
    # ArduPilot's defaults for its plane: 45° of bank; a roll of 60°/s, a climb of 5 m/s (TECS_CLMB_MAX), 9 m/s at
    # least (AIRSPEED_MIN).
    "fixed_wing": Limits(
        speed=40.0, least=9.0, bank=math.radians(45.0), roll=math.radians(60.0), climb=5.0, descent=5.0, lift=2.0, push=2.0
    ),
    # 25° of bank is what ICAO Doc 8168 reckons with; 128 m/s is its 250 kt below 10,000 ft. An Airbus A320 of 64 t
    # stalls at 109 kt (56 m/s) with flaps out (published). The rest is assumed.
    "airliner": Limits(
        speed=128.0, least=69.0, bank=math.radians(25.0), roll=math.radians(5.0), climb=12.0, descent=10.0, lift=1.0, push=1.0
    ),
}


class _State(NamedTuple):
    x: float
    y: float
    z: float
    heading: float  # rad, anticlockwise from the chart's east
    bank: float  # rad, positive to the left
    climb: float  # m/s
    speed: float  # m/s, through the air


def fly(legs: list[Leg], limits: Limits, duration: float, wind: Floats | None = None) -> Floats:
    """Fly the legs at the airspeed of the next; give chart points (n, 3) every STEP. After the last it goes straight on.

    The wind (n, 3), m/s, is what carries it in each STEP.
    """
    ways = [
        (before.point, leg.point, max(limits.least, min(leg.speed, limits.speed))) for before, leg in itertools.pairwise(legs)
    ]
    first = ways[0][1] - ways[0][0]
    x, y, z = ways[0][0].tolist()
    state = _State(x, y, z, math.atan2(first[1], first[0]), 0.0, 0.0, ways[0][2])
    path, leg = [state[:3]], 0
    winds = itertools.repeat(CALM) if wind is None else map(tuple, wind.tolist())
    for air in itertools.islice(winds, math.floor(duration / STEP)):
        while leg + 1 < len(ways) and _passed(state, ways[leg], ways[leg + 1], limits):
            leg += 1
        state = _step(state, ways[leg], limits, air)
        path.append(state[:3])
    return np.array(path)


def _passed(state: _State, way: tuple[Floats, Floats, float], following: tuple[Floats, Floats, float], limits: Limits) -> bool:
    """Tell whether it is time to turn: R tan(Δ/2) before the waypoint, R the turn's radius and Δ its angle."""
    begin, end, speed = *way[:2], max(way[2], following[2])
    ahead, after = (end - begin)[:2], (following[1] - following[0])[:2]
    turn = abs(_wrapped(math.atan2(after[1], after[0]) - math.atan2(ahead[1], ahead[0])))
    radius = speed**2 / (GRAVITY * math.tan(limits.bank))
    lead = min(radius * math.tan(min(turn, 2.5) / 2.0), 0.5 * math.hypot(*ahead))
    along = ((state.x - begin[0]) * ahead[0] + (state.y - begin[1]) * ahead[1]) / math.hypot(*ahead)
    return bool(along >= math.hypot(*ahead) - lead)


def _step(state: _State, way: tuple[Floats, Floats, float], limits: Limits, wind: tuple[float, float, float]) -> _State:
    """Fly one STEP: bank towards the point ahead, turn by g tan(bank)/V, climb towards the leg's height."""
    begin, end, wanted_speed = way
    speed = state.speed + _within(wanted_speed - state.speed, limits.push * STEP)
    over_ground, course = _over_ground(speed, state.heading, wind)
    length = math.hypot(end[0] - begin[0], end[1] - begin[1])
    east, north = (end[0] - begin[0]) / length, (end[1] - begin[1]) / length
    along = (state.x - begin[0]) * east + (state.y - begin[1]) * north
    ahead = along + over_ground * LOOK_AHEAD
    eta = _wrapped(math.atan2(begin[1] + ahead * north - state.y, begin[0] + ahead * east - state.x) - course)
    wanted = math.atan(2.0 * over_ground / (LOOK_AHEAD * GRAVITY) * math.sin(max(-math.pi / 2, min(math.pi / 2, eta))))
    bank = state.bank + _within(_within(wanted, _most_bank(speed, limits)) - state.bank, limits.roll * STEP)
    height = begin[2] + (end[2] - begin[2]) * min(1.0, max(0.0, along / length))
    wish = max(-limits.descent, min(limits.climb, (height - state.z) / HEIGHT_TIME))
    climb = state.climb + _within(wish - state.climb, limits.lift * STEP)
    heading = state.heading + GRAVITY * math.tan(bank) / speed * STEP
    middle = (state.heading + heading) / 2.0
    return _State(
        state.x + speed * STEP * math.cos(middle) + wind[0] * STEP,
        state.y + speed * STEP * math.sin(middle) + wind[1] * STEP,
        state.z + (state.climb + climb) / 2.0 * STEP + wind[2] * STEP,
        heading,
        bank,
        climb,
        speed,
    )


def _over_ground(speed: float, heading: float, wind: tuple[float, float, float]) -> tuple[float, float]:
    """Give speed and course over the ground of a speed through air that moves."""
    if wind == CALM:
        return speed, heading
    east, north = speed * math.cos(heading) + wind[0], speed * math.sin(heading) + wind[1]
    return math.hypot(east, north), math.atan2(north, east)


def _most_bank(speed: float, limits: Limits) -> float:
    """Give the bank that it may turn with: wings that carry 1/cos(bank) of the weight stall at √(1/cos(bank)) of the speed."""
    return min(limits.bank, math.acos(min(1.0, (limits.least / (STALL * speed)) ** 2)))


def _wrapped(angle: float) -> float:
    return math.remainder(angle, math.tau)


def _within(value: float, limit: float) -> float:
    return max(-limit, min(limit, value))
