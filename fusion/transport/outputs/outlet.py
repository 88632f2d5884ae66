"""One output: what waits to be told, the newest of each thing, and what became of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Literal, NoReturn, Protocol, TypeVar

from fusion import config_edge
from fusion.messages import Output, OutputHealth
from fusion.transport.outputs.wires import Wire

logger = logging.getLogger(__name__)

MOST_WAITING = 20_000
"""Things that may wait: four skies of 5,000 tracks. Of one thing only the newest state waits, so that many must there be."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
"""After a connection that did not come about or broke, doubling: as for the broker."""

Told = TypeVar("Told")


class Writer(Protocol[Told]):
    """What knows one format."""

    def tell(self, message: Output) -> Iterable[tuple[str, Told]]:
        """Give what a message is to be told as, by the key of what it is about."""

    def write(self, told: Told) -> bytes:
        """Write one thing."""


class Outlet:
    """Takes messages without ever waiting, and sends them for ever."""

    def __init__(self, settings: config_edge.Outlet, writer: Writer[Told], wire: Wire) -> None:
        self.name = settings.name
        self._url = settings.url
        self._writer, self._wire = writer, wire
        self._waiting: dict[str, Told] = {}
        self._filled = asyncio.Event()
        self._state: Literal["waiting", "telling", "failing"] = "waiting"
        self._counts = {"sent": 0, "replaced": 0, "dropped": 0}
        self._trouble: str | None = None

    def take(self, message: Output) -> None:
        """Take what is to be told."""
        for key, told in self._writer.tell(message):
            if self._waiting.pop(key, None) is not None:
                self._counts["replaced"] += 1
            elif len(self._waiting) >= MOST_WAITING:
                del self._waiting[next(iter(self._waiting))]
                self._counts["dropped"] += 1
            self._waiting[key] = told
        if self._waiting:
            self._filled.set()

    async def run(self) -> NoReturn:
        """Send for ever, over a new connection whenever one breaks."""
        pause = FIRST_PAUSE_S
        while True:
            try:
                async with self._wire:
                    self._well()
                    pause = FIRST_PAUSE_S
                    await self._send()
            except (OSError, TimeoutError) as error:
                self._ail(error)
            await asyncio.sleep(pause)
            pause = min(2.0 * pause, LONGEST_PAUSE_S)

    async def _send(self) -> NoReturn:
        while True:
            await self._filled.wait()
            key = next(iter(self._waiting))
            told = self._waiting.pop(key)
            if not self._waiting:
                self._filled.clear()
            try:
                await self._wire.send(self._writer.write(told))
            except (OSError, TimeoutError):
                self._counts["dropped"] += 1
                raise
            self._counts["sent"] += 1

    def _well(self) -> None:
        logger.info("output %s: telling %s", self.name, self._url)
        self._state = "telling"

    def _ail(self, error: Exception) -> None:
        trouble = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
        if self._state != "failing" or trouble != self._trouble:
            logger.warning("output %s: %s cannot be told: %s", self.name, self._url, trouble)
        self._state, self._trouble = "failing", trouble

    def health(self) -> OutputHealth:
        """Say how it goes."""
        return OutputHealth(state=self._state, waiting=len(self._waiting), trouble=self._trouble, **self._counts)
