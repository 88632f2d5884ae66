"""The bounded outbox: what waits for the broker and what is on its way, until the broker has confirmed it."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from fusion.transport.outgoing import Publication


class Parcel(NamedTuple):
    """A publication, its place in the order of posting, and what to call once the broker has it."""

    number: int
    publication: Publication
    delivered: Callable[[], None]


def _nobody_asked() -> None:
    """Do nothing: whoever posted it does not need to know."""


def once_all(count: int, delivered: Callable[[], None]) -> Callable[[], None]:
    """Give what to call for each of some publications so that `delivered` is called once the broker has all of them."""
    left = itertools.count(count - 1, -1)

    def one() -> None:
        if next(left) == 0:
            delivered()

    return one


class Outbox:
    """A queue for one sender, with three kinds of patience (`Publication.keep`).

    "every" waits for as long as it takes, goes first, and comes back when a connection is lost before the broker confirmed;
    "latest" keeps one publication a topic, the newest; "some" keeps `capacity` a topic and drops the oldest.
    Alerts are the only lasting "every": they are few, and each is in the journal.
    """

    def __init__(self, capacity: int = 100) -> None:
        self.capacity = capacity
        self._every: deque[Parcel] = deque()
        self._latest: dict[str, Parcel] = {}
        self._some: dict[str, deque[Parcel]] = {}
        self._on_the_way: dict[int, Parcel] = {}
        self._numbers = itertools.count()
        self._filled = asyncio.Event()
        self._counts = {"published": 0, "publish_refused": 0, "outbox_dropped": 0, "outbox_replaced": 0, "already_retained": 0}

    def put(self, publication: Publication, delivered: Callable[[], None] = _nobody_asked) -> None:
        """Post a publication; `delivered` is called once, when the broker has it (at QoS 0: when it has left). Never waits."""
        self._store(Parcel(next(self._numbers), publication, delivered))

    async def get(self) -> Parcel:
        """Give the next parcel to send, when there is one. It stays on the way until `confirm`, `refuse` or `take_back`."""
        await self._filled.wait()
        parcel = self._next()
        self._on_the_way[parcel.number] = parcel
        if not self.waiting:
            self._filled.clear()
        return parcel

    def confirm(self, parcel: Parcel) -> None:
        """Note that the broker has it."""
        if self._on_the_way.pop(parcel.number, None):
            self._counts["published"] += 1
            parcel.delivered()

    def refuse(self, parcel: Parcel) -> None:
        """Note that the broker will not have it. What must reach it stays on the way, to be tried on the next connection."""
        self._counts["publish_refused"] += 1
        if parcel.publication.keep != "every":
            self._on_the_way.pop(parcel.number, None)

    def take_back(self) -> None:
        """Put what was on the way back among what waits: the connection is lost, and who knows what arrived."""
        returning = sorted(self._on_the_way.values())
        self._on_the_way.clear()
        for parcel in reversed(returning):
            self._return(parcel)

    def settle(self, retained: Mapping[str, bytes]) -> None:
        """Count as delivered what the broker already retains, and what came before it on the same topic."""
        for topic in {parcel.publication.topic for parcel in self._every} & retained.keys():
            ours = [parcel for parcel in self._every if parcel.publication.topic == topic]
            known = [i for i, parcel in enumerate(ours) if parcel.publication.payload == retained[topic]]
            for parcel in ours[: known[-1] + 1] if known else []:
                self._every.remove(parcel)
                self._counts["already_retained"] += 1
                parcel.delivered()

    def restore(self, publications: Iterable[Publication], retained: Mapping[str, bytes]) -> None:
        """Post what the broker should retain and does not, unless something newer for the topic waits already."""
        waiting = {parcel.publication.topic for parcel in self._every}
        for publication in publications:
            if publication.topic not in waiting and retained.get(publication.topic) != publication.payload:
                self.put(publication)

    async def deliver(self, publication: Publication) -> None:
        """Post a publication, whatever its kind, so that it is kept, and wait until the broker has it."""
        delivered = asyncio.Event()
        self.put(publication._replace(keep="every"), delivered.set)
        await delivered.wait()

    @property
    def in_doubt(self) -> bool:
        """Whether anything waits of which the broker may retain a copy already."""
        return any(parcel.publication.retained and parcel.publication.payload for parcel in self._every)

    @property
    def waiting(self) -> int:
        """How many wait, those on the way not counted."""
        return len(self._every) + len(self._latest) + sum(len(parcels) for parcels in self._some.values())

    def counters(self) -> dict[str, int]:
        """Say how many left, wait and were dropped; the names stand in `fusion.transport.counters`."""
        return self._counts | {"outbox_waiting": self.waiting + len(self._on_the_way)}

    def _next(self) -> Parcel:
        if self._every:
            return self._every.popleft()
        heads = itertools.islice(self._latest.values(), 1)
        parcel = min([*heads, *(parcels[0] for parcels in self._some.values() if parcels)])
        if parcel.publication.keep == "latest":
            return self._latest.pop(parcel.publication.topic)
        return self._some[parcel.publication.topic].popleft()

    def _store(self, parcel: Parcel) -> None:
        topic = parcel.publication.topic
        match parcel.publication.keep:
            case "every":
                self._counts["outbox_replaced"] += self._latest.pop(topic, None) is not None
                self._every.append(parcel)
            case "latest":
                self._counts["outbox_replaced"] += topic in self._latest
                self._latest[topic] = parcel  # in the old one's place in the queue, or a busy topic would wait for ever
            case "some":
                ring = self._some.setdefault(topic, deque())
                if len(ring) == self.capacity:
                    ring.popleft()
                    self._counts["outbox_dropped"] += 1
                ring.append(parcel)
        self._filled.set()

    def _return(self, parcel: Parcel) -> None:
        """Take one parcel back in front of what was posted after it, if it still matters."""
        match parcel.publication:
            case Publication(keep="every"):
                self._every.appendleft(parcel)
            case Publication(keep="latest", topic=topic) if not self._is_stale(topic):
                self._latest = {topic: parcel} | self._latest
            case _:
                self._counts["outbox_dropped"] += 1
        if self.waiting:
            self._filled.set()

    def _is_stale(self, topic: str) -> bool:
        return topic in self._latest or any(parcel.publication.topic == topic for parcel in self._every)
