"""The clock of a stream that has one: where it stands, and what its page asked of it."""

from __future__ import annotations

import asyncio
from typing import Any

from fusion.console.spoken import Jump, Pause, Play, Seek

LONGEST_S = 0.25
"""s of a step at most. Where a core is slower than that it is the clock that slows down, not the step that grows."""

LEAD_MS = 5_000
"""ms before an alert was raised at which a jump to it stands."""


class Clock:
    """What a page has asked of the clock, and where it stands. Times are ms since 1970."""

    def __init__(self, first: int, last: int, raised: dict[str, int] | None) -> None:
        """Stand at the first moment; `raised` says when alerts were, None of what cannot be sought in."""
        self.first, self.last, self.raised = first, last, raised
        self.t = first
        self.speed = 1.0
        self.playing = False
        self.wanted: int | None = None  # where it is to stand next
        self.turned = asyncio.Event()
        self.changed = True  # since it was told

    def take(self, said: Play | Pause | Seek | Jump) -> str | None:
        """Take what the page asks; give in words what is not possible of it."""
        match said:
            case Seek() | Jump() if self.raised is None:
                return "a scenario cannot seek"
            case Play(speed=speed):
                self.speed, self.playing = speed, self.t < self.last or self.wanted is not None
            case Pause():
                self.playing = False
            case Seek(time=time):
                self.wanted = self._within(time)
            case Jump(alert=alert):
                if self.raised is None or alert not in self.raised:
                    return f"alert {alert}: is not one of this recording"
                self.wanted = self._within(self.raised[alert] - LEAD_MS)
        self.changed = True
        self.turned.set()
        return None

    def stand(self, t: int) -> None:
        """Stand at a time; at the end it stops."""
        self.t = t
        self.playing = self.playing and t < self.last

    def after(self, seconds: float) -> int:
        """Give where it stands after so many seconds more."""
        return min(self.t + max(round(min(seconds, LONGEST_S) * 1000 * self.speed), 1), self.last)

    def message(self) -> dict[str, Any]:
        """Say how it stands."""
        return {"type": "clock", "t": self.t, "speed": self.speed, "playing": self.playing, "ended": self.t >= self.last}

    def _within(self, time: int) -> int:
        return min(max(time, self.first), self.last)
