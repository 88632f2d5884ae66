"""The bounded inbox: what waits for the core, in order of arrival, and what gives way when the core cannot keep up."""

from __future__ import annotations

import asyncio
import bisect
import itertools
from collections import deque
from collections.abc import Callable
from typing import Literal, NamedTuple

from fusion.messages import Input, RawMessage, Tick

MOST_BYTES = 64 << 20
"""Of payloads that wait in one lane: thousands of scans are some megabytes; only what floods has so much to say."""

Ack = Callable[[], None]
Lane = Literal["scan", "other", "kept", "tick"]


class Item(NamedTuple):
    """An input for the core, and what to call once it has been dealt with."""

    input: Input
    ack: Ack | None = None

    def done(self) -> None:
        """Tell the broker that it may forget this message."""
        if self.ack is not None:
            self.ack()


class Inbox:
    """A queue for one reader, in lanes that share one order of arrival.

    What came at QoS 0 lies in a ring each for scans and for all else, so that a flood of scans cannot push out a command: the
    oldest gives way to the newest and is counted. What the broker waits to hear about (QoS 1) is kept: the broker's window
    bounds it and, where a broker knows no window, whoever reads the wire stops at `full` and goes on at `on_room`. Ticks are
    kept too, but a tick after which nothing came but another tick makes way for that one, which says all that it said.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.full = False  # more is kept than was bargained for: leave the wire alone until `on_room`
        self.on_room: Callable[[], None] = _nobody_waits
        self._lanes: dict[Lane, deque[tuple[int, Item]]] = {lane: deque() for lane in ("scan", "other", "kept", "tick")}
        self._bytes: dict[Lane, int] = dict.fromkeys(self._lanes, 0)  # of payloads, by lane
        self._arrivals = itertools.count()
        self._filled = asyncio.Event()
        self._counts = {"received": 0, "dropped_scans": 0, "dropped_other": 0, "ticks_merged": 0, "inbox_full": 0}

    def put(self, message: RawMessage, ack: Ack | None, *, scan: bool) -> None:
        """Take a message that came; `ack` is None at QoS 0. Never waits."""
        self._counts["received"] += 1
        if ack is not None:
            self._append("kept", Item(message, ack))
            self._mark_full()
        elif scan:
            self._into_ring("scan", message)
        else:
            self._into_ring("other", message)

    def tick(self, tick: Tick) -> None:
        """Take the service's beat. Never waits."""
        self._append("tick", Item(tick))
        if len(self._lanes["tick"]) > 1 + self.waiting // 2:
            self._merge_ticks()

    async def get(self) -> Item:
        """Give the oldest item, when there is one. Lets the loop breathe first, or a busy reader would starve the wire."""
        await asyncio.sleep(0)
        await self._filled.wait()
        oldest = min((lane for lane, items in self._lanes.items() if items), key=lambda lane: self._lanes[lane][0][0])
        item = self._pop(oldest)
        if not self.waiting:
            self._filled.clear()
        self._make_room()
        return item

    @property
    def waiting(self) -> int:
        """How many items wait."""
        return sum(len(items) for items in self._lanes.values())

    def counters(self) -> dict[str, int]:
        """Say how many came, wait and were dropped; the names stand in `fusion.transport.counters`."""
        return self._counts | {"inbox_waiting": self.waiting}

    def _append(self, lane: Lane, item: Item) -> None:
        self._lanes[lane].append((next(self._arrivals), item))
        self._bytes[lane] += _size(item)
        self._filled.set()

    def _pop(self, lane: Lane) -> Item:
        item = self._lanes[lane].popleft()[1]
        self._bytes[lane] -= _size(item)
        return item

    def _into_ring(self, lane: Literal["scan", "other"], message: RawMessage) -> None:
        while len(items := self._lanes[lane]) >= self.capacity or (
            items and self._bytes[lane] + len(message.payload) > MOST_BYTES
        ):
            self._pop(lane)
            self._counts["dropped_scans" if lane == "scan" else "dropped_other"] += 1
        self._append(lane, Item(message))

    def _merge_ticks(self) -> None:
        """Leave the last of each run of ticks with nothing between them."""
        ticks = self._lanes["tick"]
        messages = sorted(number for lane, items in self._lanes.items() if lane != "tick" for number, _ in items)
        runs = itertools.groupby(ticks, key=lambda tick: bisect.bisect(messages, tick[0]))
        last = [deque(run, maxlen=1).pop() for _, run in runs]
        self._counts["ticks_merged"] += len(ticks) - len(last)
        self._lanes["tick"] = deque(last)

    def _mark_full(self) -> None:
        if not self.full and (len(self._lanes["kept"]) >= self.capacity or self._bytes["kept"] >= MOST_BYTES):
            self.full = True
            self._counts["inbox_full"] += 1

    def _make_room(self) -> None:
        if self.full and len(self._lanes["kept"]) <= self.capacity // 2 and self._bytes["kept"] <= MOST_BYTES // 2:
            self.full = False
            self.on_room()


def _size(item: Item) -> int:
    return len(item.input.payload) if isinstance(item.input, RawMessage) else 0


def _nobody_waits() -> None:
    """Do nothing: no wire is being read."""
