"""What the service keeps on disk, and whether it can: the health of the journal, of the snapshots and of the recording."""

from __future__ import annotations

import logging
from collections.abc import Callable

from msgspec.structs import replace

from fusion.messages import StoreHealth, utc

logger = logging.getLogger(__name__)

MEANING = {
    "journal": "alerts are held back until it can be written; tracking goes on",
    "snapshots": "a restart would go back to the last one that could be written; tracking goes on",
    "recording": "what comes meanwhile will be missing in it; tracking goes on",
}
"""What it means that a store cannot be written."""


class Store:
    """One store's health; each change is logged once."""

    def __init__(self, name: str, clock: Callable[[], int]) -> None:
        self.name = name
        self._clock = clock
        self.health = StoreHealth(state="writing")

    @property
    def degraded(self) -> bool:
        """Whether the last attempt to write failed."""
        return self.health.state == "degraded"

    def failed(self, reason: str) -> None:
        """Note that it could not be written."""
        if not self.degraded:
            logger.error("DEGRADED: the %s cannot be written: %s. %s", self.name, reason, MEANING[self.name])
            self.health = StoreHealth(state="degraded", since=utc(self._clock()), reason=reason)
        elif self.health.reason != reason:
            self.health = replace(self.health, reason=reason)

    def wrote(self) -> None:
        """Note that it could be written."""
        if self.degraded:
            logger.warning("the %s can be written again", self.name)
            self.health = StoreHealth(state="writing")
