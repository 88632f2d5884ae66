"""How boats and road vehicles move: along their route, slowing down for its corners."""

from __future__ import annotations

import math

import numpy as np

from fusion.messages import Floats
from simulators import rotorcraft
from simulators.rotorcraft import CALM, Limits
from simulators.trajectory import Leg, Route

TURN = math.radians(20.0)
"""A corner sharper than this is taken from a stop: averages would cut it, and houses stand there."""

LIMITS = {
    # 130 km/h on French motorways (Code de la route R413-2); 2 m/s² of push and 2.5 m/s³ are what drivers take for
    # comfortable (ISO 15622, adaptive cruise control). Roads rise by 10 % at most: climb and lift never bind.
    "vehicle": Limits(speed=36.2, climb=4.0, descent=4.0, acceleration=2.0, lift=1.0, jerk=2.5),
    # Police boats on the Seine run 70 km/h (Brigade fluviale, published); the push is assumed.
    "boat": Limits(speed=20.0, climb=1.0, descent=1.0, acceleration=0.5, lift=0.2, jerk=0.5),
}


def move(route: Route, limits: Limits, duration: float, random: np.random.Generator) -> Floats:
    """Drive or sail a route; give chart points (n, 3) every STEP until `duration`. At its last point it stays."""
    return rotorcraft.fly(route._replace(legs=_stopping(route.legs, limits)), limits, duration, random, wander=CALM)


def _stopping(legs: list[Leg], limits: Limits) -> list[Leg]:
    """Stop at every sharp corner for as long as the averages last: the corner is reached, and nothing is cut."""
    found = list(legs)
    for i in range(1, len(legs) - 1):
        ahead, after = (legs[i].point - legs[i - 1].point)[:2], (legs[i + 1].point - legs[i].point)[:2]
        turn = math.atan2(after[1], after[0]) - math.atan2(ahead[1], ahead[0])
        if abs(math.remainder(turn, math.tau)) > TURN:
            fastest = min(max(legs[i].speed, legs[i + 1].speed), limits.speed)
            found[i] = legs[i]._replace(hover=max(legs[i].hover, rotorcraft.settling(fastest, limits)))
    return found
