"""One sensor's feed: what came of it, what was refused, and into the inbox with the rest."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Literal

from fusion.config_edge import Place, Source, place_of
from fusion.errors import ConfigError
from fusion.messages import FeedHealth, RawMessage
from fusion.transport.inbox import Inbox

logger = logging.getLogger(__name__)

MOST_BYTES = 1 << 20
"""Of one frame: SAPIENT's own limit, sixteen times a UDP datagram, and a receiver's list of a thousand aircraft is half of it."""

State = Literal["waiting", "listening", "connected", "failing"]


class Trouble:
    """What went wrong last, and the log's word on it: at once where it is new, but not more often than is read.

    Peers can make a trouble new each time, by a port or a number in it, and would fill the disk with it.
    """

    EVERY_S = 10.0

    def __init__(self, log: logging.Logger, of: str, clock: Callable[[], float] = time.monotonic) -> None:
        """`of`: what it is the trouble of, as the log is to call it."""
        self.last: str | None = None
        self._log, self._of, self._clock = log, of, clock
        self._told: float | None = None
        self._untold = 0

    def note(self, trouble: str) -> None:
        """Take what is wrong now."""
        if trouble == self.last:
            return
        self.last = trouble
        if self._told is not None and self._clock() - self._told < self.EVERY_S:
            self._untold += 1
            return
        more = f" (and {self._untold} more before it)" if self._untold else ""
        self._log.warning("%s: %s%s", self._of, trouble, more)
        self._told, self._untold = self._clock(), 0


class Allowance:
    """How much of a rate is left: it fills by `rate` a second, up to one second's worth."""

    def __init__(self, rate: float, now: float) -> None:
        self._rate, self._left, self._at = rate, max(rate, 1.0), now

    def take(self, now: float) -> float:
        """Take one; give how long it must wait (s), 0 where it need not."""
        self._left = min(self._left + (now - self._at) * self._rate, max(self._rate, 1.0)) - 1.0
        self._at = now
        return max(-self._left / self._rate, 0.0)

    def give_back(self) -> None:
        """Say that what was taken was not used."""
        self._left += 1.0


class Feed:
    """What is heard of one sensor beside MQTT."""

    def __init__(self, sensor: str, source: Source, topic: str, inbox: Inbox, clock: Callable[[], int] = time.time_ns) -> None:
        self.sensor, self.source = sensor, source
        self.state: State = "waiting"
        self.peers = 0
        self._topic, self._inbox, self._clock = topic, inbox, clock
        self._counts = {"frames": 0, "bytes": 0, "dropped": 0, "refused": 0}
        self._trouble = Trouble(logger, f"sensor {sensor}: {source.url}")

    @property
    def place(self) -> Place:
        """Where it is heard."""
        return place_of(self.source.url)

    def hear(self, frame: bytes) -> None:
        """Take a frame; an empty one says nothing, one that is too large is refused."""
        if len(frame) > MOST_BYTES:
            self.refuse(f"a frame of {len(frame)} bytes came; at most {MOST_BYTES} are read")
        elif frame:
            self._counts["frames"] += 1
            self._counts["bytes"] += len(frame)
            self._inbox.put(RawMessage(topic=self._topic, payload=frame, received=self._clock()), None, scan=True)

    def drop(self) -> None:
        """Count a frame that was too much."""
        self._counts["dropped"] += 1
        self.note(f"more than {self.source.frames_hz:g} frames a second came: the rest is dropped")

    def refuse(self, reason: str) -> None:
        """Count what could not be read, and say why."""
        self._counts["refused"] += 1
        self.note(reason)

    def note(self, trouble: str) -> None:
        """Say what is wrong."""
        self._trouble.note(trouble)

    def well(self, state: State) -> None:
        """Say that it is heard again."""
        if self.state != state:
            logger.info("sensor %s: %s: %s", self.sensor, self.source.url, state)
        self.state = state

    def cannot(self, what: str, error: OSError) -> ConfigError:
        """Give the refusal of what a person must mend before it can start."""
        return ConfigError(f"sensor {self.sensor!r}: source.url: {self.source.url}: {what}: {error.strerror or error}")

    def health(self) -> FeedHealth:
        """Say how it goes."""
        return FeedHealth(state=self.state, peers=self.peers, trouble=self._trouble.last, **self._counts)
