"""Alerts in order, never conflated: the newest revisions, each with its place in the journal, and all that are open."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from fusion.console.permissions import Sight
from fusion.console.sky import seen
from fusion.messages import Alert, Record

KEPT = 10_000
"""Revisions that are kept: who missed more is given what is open instead."""

OVER = 2_000
"""Alerts that are over and kept for lists, in memory; the journal has all."""


class Item(Record, omit_defaults=False):
    """One revision of one alert."""

    seq: int
    archived: bool
    alert: Alert


class Missed(NamedTuple):
    """What somebody has not heard yet; with reset, all that is open instead."""

    reset: bool
    items: list[Item]


class AlertLog:
    """The alerts of one source. `epoch` tells its numbers from others'."""

    def __init__(self, epoch: str) -> None:
        self.epoch = epoch
        self.last = 0
        self.latest: OrderedDict[str, Item] = OrderedDict()
        self._items: deque[Item] = deque()
        self._floor = 0  # all after this is in `_items`

    def begin(self, epoch: str, items: list[Item], floor: int) -> None:
        """Begin with what is known of before: all revisions after `floor`, and open alerts from before it.

        What was taken meanwhile stays.
        """
        meanwhile = list(self._items)
        self.epoch, self._floor, self.last = epoch, floor, floor
        self._items.clear()
        self.latest.clear()
        for item in items:
            if item.seq <= floor:
                self._keep(item)
            else:
                self.add(item)
        for item in meanwhile:
            self.add(item)

    def stand(self, alerts: Iterable[Alert]) -> None:
        """Know these alone from now on, as they stand: whoever listens is given them with reset."""
        items = [Item(seq=self.last + count, archived=False, alert=alert) for count, alert in enumerate(alerts, 1)]
        self._items.clear()
        self.begin(self.epoch, items, self.last + len(items) + 1)

    def add(self, item: Item) -> bool:
        """Take the next revision; False where it is known already."""
        known = self.latest.get(item.alert.alert)
        if item.seq <= self.last or (known and (known.alert.revision, known.archived) >= (item.alert.revision, item.archived)):
            return False
        self.last = item.seq
        self._items.append(item)
        if len(self._items) > KEPT:
            self._floor = self._items.popleft().seq
        self._keep(item)
        return True

    def next(self, alert: Alert, *, archived: bool) -> bool:
        """Take the next revision where nobody has numbered them."""
        return self.add(Item(seq=self.last + 1, archived=archived, alert=alert))

    def archive(self, alert: str) -> bool:
        """Take that an alert is over and leaves the list; False where nothing is known of it, or that is known."""
        known = self.latest.get(alert)
        return known is not None and not known.archived and self.next(known.alert, archived=True)

    def after(self, epoch: str | None, seq: int) -> Missed:
        """Give what came after a number of an epoch."""
        if epoch != self.epoch or seq < self._floor or seq > self.last:
            return Missed(reset=True, items=self.open())
        return Missed(reset=False, items=self.tail(seq))

    def tail(self, seq: int) -> list[Item]:
        """Give what is kept after a number, in order."""
        found: list[Item] = []
        for item in reversed(self._items):
            if item.seq <= seq:
                break
            found.append(item)
        return found[::-1]

    def open(self) -> list[Item]:
        """Give the newest revision of each alert that is not over, in the order of those."""
        return sorted((item for item in self.latest.values() if not item.archived), key=lambda item: item.seq)

    def alert(self, name: str) -> Item | None:
        """Find the newest revision of an alert."""
        return self.latest.get(name)

    def _keep(self, item: Item) -> None:
        name = item.alert.alert
        self.latest[name] = item
        self.latest.move_to_end(name)
        if item.archived and len(self.latest) > OVER:
            over = next((name for name, one in self.latest.items() if one.archived), None)
            if over is not None:
                del self.latest[over]


def shown(alert: Alert, sight: Sight) -> Alert:
    """Give an alert as somebody may see it."""
    state = alert.track_state
    if state is None:
        return alert
    if state.verdict == "friendly" and not sight.friendly:
        return msgspec.structs.replace(alert, track_state=None)
    return msgspec.structs.replace(alert, track_state=seen(state, sight))


def shown_item(item: Item, sight: Sight) -> Item:
    """Give a revision as somebody may see it."""
    return msgspec.structs.replace(item, alert=shown(item.alert, sight))
