"""The targets that registration follows: a bank of plain Kalman filters that know nothing of biases, one row each."""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from fusion.messages import Floats, Integers
from fusion.tracking import kernels

FOLLOWED = 20
"""Targets followed at a time, so that a crowd costs no more than twenty."""

PLACE, SPEED, CLIMB = 1e4, 100.0, 15.0
"""m, m/s: a followed target begins so far from where the tracker has it that nothing of that is believed."""

HEIGHT = 40.0
"""m, sigma of a height that nobody measures: that of `tracker.HEIGHT`; with time none becomes less sure."""


class Bank(NamedTuple):
    """n filters. Its arrays are never written into but by who copied them."""

    birth: Integers  # (n, 4) of the track: what its id is made of
    time: Integers  # (n) ns
    x: Floats  # (n, 9) state, and what its own reports of its place are off by
    P: Floats  # (n, 9, 9) of e, the error without biases
    D: Floats  # (n, 9, B) ∂x̃/∂b
    reckoned: Floats  # (n, B) the biases that x reckons with
    wander: Floats  # (n, 3) variance of what its reports are off by; 0 while it never reported
    heard: Integers  # (n, sensors) ns, when each last taught

    @classmethod
    def empty(cls, biases: int, sensors: int) -> Self:
        """Give a bank that follows nothing."""
        return cls.begin(np.zeros((0, 4), np.int64), 0, np.zeros((0, 6)), np.zeros(0, bool), np.zeros(biases), sensors)

    @classmethod
    def begin(cls, birth: Integers, time: int, states: Floats, high: NDArray[np.bool_], b: Floats, sensors: int) -> Self:
        """Make filters that begin at states (n, 6), of which nothing is believed but heights that are not measured (not high)."""
        n = len(birth)
        sigma = np.tile([PLACE, PLACE, HEIGHT, SPEED, SPEED, CLIMB, 0.0, 0.0, 0.0], (n, 1))
        sigma[high, 2] = PLACE
        P = np.zeros((n, 9, 9))
        P[:, range(9), range(9)] = sigma**2
        x = np.hstack([states, np.zeros((n, 3))])
        D = np.zeros((n, 9, len(b)))
        heard = np.zeros((n, sensors), np.int64)
        return cls(birth, np.full(n, time), x, P, D, np.tile(b, (n, 1)), np.zeros((n, 3)), heard)

    def copy(self) -> Self:
        """Give the same as arrays of its own."""
        return type(self)(*(array.copy() for array in self))  # type: ignore[arg-type]

    def since(self, time: int) -> Self:
        """Give the filters that heard something since a time (ns)."""
        alive = self.time >= time
        return self if alive.all() else type(self)(*(array[alive] for array in self))  # type: ignore[arg-type]

    def find(self, births: Integers) -> Integers:
        """Give the row of each track (K, 4), −1 where it is not followed."""
        found = np.empty(len(births), np.int64)
        kernels.find(births, self.birth, found)
        return found

    def admit(self, new: Self, cooperative: NDArray[np.bool_]) -> Self:
        """Give the bank with as many of the new ones as there is room for; who says where it is displaces one who does not."""
        room = max(FOLLOWED - len(self.time), 0)
        displaced = np.flatnonzero(~self.wander.any(axis=1))
        first = np.argsort(~cooperative, kind="stable")
        coming = first[: max(room, min(room + len(displaced), int(cooperative.sum())))]
        gone = displaced[: max(len(coming) - room, 0)]
        stays = np.setdiff1d(np.arange(len(self.time)), gone)
        joined = (np.concatenate([old[stays], fresh[coming]]) for old, fresh in zip(self, new, strict=True))
        return type(self)(*joined)
