"""How often one may guess a password: each failure in a row doubles the time until the next attempt."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

FREE = 5
"""Failures in a row without a pause: a person mistypes twice, not six times."""

LONGEST_S = 60.0
"""A name can be kept waiting by whoever guesses at it, so the pause stays short: 1,440 guesses a day find no password of 12."""

FREE_ADDRESS = 20
"""Of one address: a site's operators may all come through one proxy."""

REMEMBERED = 10_000
"""Names and addresses; then the oldest are forgotten, so that a flood of names fills no memory."""


class Throttle:
    """Counts failures by name and by address. `clock` gives s, steadily."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()  # how many, until when to wait

    def wait(self, name: str, address: str) -> float:
        """Give how long the next attempt must wait, s; nought when it need not."""
        until = max(self._failures.get(key, (0, 0.0))[1] for key in _keys(name, address))
        return max(until - self._clock(), 0.0)

    def failed(self, name: str, address: str) -> None:
        """Count a failure."""
        for key, free in zip(_keys(name, address), (FREE, FREE_ADDRESS), strict=True):
            count = self._failures.pop(key, (0, 0.0))[0] + 1
            pause = 0.0 if count < free else min(2.0 ** min(count - free, 10), LONGEST_S)
            self._failures[key] = (count, self._clock() + pause)
        while len(self._failures) > REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, name: str, address: str) -> None:
        """Take back what was counted in advance: a name's failures, and one of its address, which pays for no guesses before."""
        own, other = _keys(name, address)
        self._failures.pop(own, None)
        count = self._failures.pop(other, (0, 0.0))[0] - 1
        if count > 0:
            self._failures[other] = (count, 0.0)


def _keys(name: str, address: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("name", name[:64]), ("address", address)
