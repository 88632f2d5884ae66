"""What a target sends by radio: each link from the aircraft, and its controller's from where its pilot stands."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fusion.messages import Floats
from simulators.targets import Target
from simulators.view import Flags

LINK, CONTROLLER = 0, 1
"""The number of an aircraft's first link, and of its controller's; further links count on from there."""


class Emission(NamedTuple):
    """One sender at work while a sensor listens; a row a look."""

    name: str  # whose chances it has
    number: int
    position: Floats  # (n, 3) m, earth-centred
    sending: Flags  # (n,)

    @property
    def link(self) -> int:
        """Which of the target's links it is of."""
        return max(self.number - CONTROLLER, 0)


def emissions(target: Target, time: Floats) -> list[Emission]:
    """Give every sender of a target at times (n,): its aircraft's links, and the controller's where its pilot is known.

    A controller sends before take-off and after landing too, for as long as its scenario says: it is switched on first.
    """
    if not target.links:
        return []
    position, flying = target.trajectory.position(time), target.trajectory.flying(time)
    found = [Emission(target.id, LINK, position, flying)]
    if target.controller is not None:
        still = np.broadcast_to(target.controller, (len(time), 3))
        begin, end = target.trajectory.start - target.controller_on, target.trajectory.end + target.controller_on
        found.append(Emission(f"{target.id} controller", CONTROLLER, still, (time >= begin) & (time <= end)))
    more = enumerate(target.links[1:], CONTROLLER + 1)
    return [*found, *(Emission(f"{target.id} link {link}", number, position, flying) for number, link in more)]


def called(target: Target, number: float) -> str:
    """Give what a sensor calls an emission: the kind of link, and whether it is the controller's."""
    if number == CONTROLLER:
        return f"{target.links[0]} controller"
    return target.links[max(int(number) - CONTROLLER, 0)]


def newest(time: Floats, period: float, phase: float) -> tuple[Floats, Flags]:
    """Give when the newest frame of each look (n,) began, and whether it is newer than the last look's."""
    number = np.floor((time - phase) / period)
    return phase + period * number, np.diff(number, prepend=-np.inf) > 0.0
