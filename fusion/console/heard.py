"""How much was heard of each sensor in each quarter minute of the last hour, from the counts in the core's status."""

from __future__ import annotations

from typing import Any

from fusion.console.columns import MILLISECOND
from fusion.messages import SECOND, StatusMessage, nanoseconds

STEP_S = 15
"""s of one rate: three of the core's statuses as configured at first, and forty make the ten minutes of a sensor's sparkline."""

HOUR, MINUTE = 3600 // STEP_S, 60 // STEP_S
"""Rates that are kept, and that are told again with each status: who is slow and misses some is whole by the next."""

SILENCE_S = 60.0
"""s between two statuses (or twice their period) above which nobody knows when what was counted in between was heard."""


class Step:
    """One quarter minute."""

    def __init__(self) -> None:
        self.listened = 0.0  # s of it between two statuses
        self.counts: dict[str, float] = {}


class Heard:
    """Detections of each sensor by quarter minutes; none where the core was not listened to."""

    def __init__(self, status_s: float) -> None:
        """Expect a status each `status_s` seconds."""
        self._longest = round(max(SILENCE_S, 2.0 * status_s) * SECOND)
        self._totals: tuple[int, dict[str, int]] | None = None  # of the newest status, and its time (ns)
        self._steps: dict[int, Step] = {}  # by their numbers since 1970

    def note(self, status: StatusMessage) -> None:
        """Take a status: what came since the one before is spread evenly over the time between the two."""
        time, totals = nanoseconds(status.time), {name: one.detections for name, one in status.sensors.items()}
        before, self._totals = self._totals, (time, totals)
        if before is None or not 0 < time - before[0] <= self._longest:
            return
        # A total that fell was counted by a core that began anew: all of it came since.
        came = {name: total - had if total >= (had := before[1].get(name, 0)) else total for name, total in totals.items()}
        length, begin = STEP_S * SECOND, before[0]
        for number in range(begin // length, -(-time // length)):
            step = self._steps.setdefault(number, Step())
            part = min(time, (number + 1) * length) - max(begin, number * length)
            step.listened += part / SECOND
            for name, count in came.items():
                step.counts[name] = step.counts.get(name, 0.0) + count * part / (time - begin)
        for number in [one for one in self._steps if abs(one - self._newest) >= HOUR]:
            del self._steps[number]

    @property
    def _newest(self) -> int:
        """The quarter minute that the newest status ends."""
        return 0 if self._totals is None else (self._totals[0] - 1) // (STEP_S * SECOND)

    def told(self, steps: int) -> dict[str, Any] | None:
        """Give the steps up to the newest status: from when on (ms), how long each is, each sensor's rates; None of none."""
        numbers = range(self._newest - steps + 1, self._newest + 1)
        numbers = numbers[next((i for i, number in enumerate(numbers) if number in self._steps), steps) :]
        if not numbers:
            return None
        found = [self._steps.get(number, Step()) for number in numbers]
        names = sorted({name for step in found for name in step.counts})
        return {
            "from": numbers[0] * STEP_S * SECOND // MILLISECOND,
            "step_s": STEP_S,
            "rates_hz": {
                name: [round(step.counts[name] / step.listened, 2) if name in step.counts else None for step in found]
                for name in names
            },
        }
