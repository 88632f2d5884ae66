"""Late data in true order: roll back to a snapshot and run again.

The tracker sees every scan in the order of its own time, whenever it came. A scan that is older than what was done
already takes the tracker back to the snapshot before it, and everything since is done again: the final tracks are those
of the in-order run, to the last bit. (Treating late data as current gave an ANEES of 19; running again 1.00.)
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from typing import Literal, NamedTuple

from fusion.messages import SECOND, Pose, Record, Scan
from fusion.tracking.births import Birth, births_of
from fusion.tracking.moving import KEEP, called
from fusion.tracking.renaming import Shown, renamed, shown
from fusion.tracking.state import TrackerRecord, TrackerState, read, write
from fusion.tracking.tracker import Tracker

MARK_EVERY = SECOND // 4
"""ns of scan time between two snapshots: a late scan costs at most this much more than what came after it."""

SMALL = 100
"""Tracks up to which every scan has its snapshot, and a late one costs no more than what came after it: to copy so few takes a
twentieth of a step."""


class Mark(NamedTuple):
    """The tracker's state before scans[place] was done."""

    place: int
    time: int  # ns, of that scan
    state: TrackerState


class TimelineState(Record, kw_only=True):
    """The timeline as a value: where the window begins, and what came since."""

    base: TrackerRecord
    scans: tuple[Scan, ...]
    newest: int
    done: int
    poses: dict[str, tuple[Pose, ...]]
    names: tuple[tuple[Birth, Birth], ...] = ()
    shown: Shown | None = None


class Timeline:
    """A window of scans in true order over one tracker."""

    def __init__(self, tracker: Tracker, window: float) -> None:
        self.tracker, self.window = tracker, round(window * SECOND)
        self.scans: list[Scan] = []
        self.newest = 0
        self._done = 0  # scans[:done] are in the tracker's state
        self._marks: list[Mark] = []
        self._shown: Shown | None = None  # what was shown before the rerun that is due

    def insert(self, scan: Scan) -> Literal["taken", "duplicate", "late"]:
        """Put a scan into its place; it is late when older than the window, and duplicate when it is there already."""
        for pose in scan.poses:
            self.hear(called(scan.sensor, pose.vehicle), pose)
        if scan.time < self.newest - self.window:
            return "late"
        place = bisect_left(self.scans, scan.order, key=lambda other: other.order)
        if place < len(self.scans) and self.scans[place].order == scan.order:
            return "duplicate"
        self.scans.insert(place, scan)
        self.newest = max(self.newest, scan.time)
        if place < self._done:
            self._roll_back(place)
        return "taken"

    def hear(self, carrier: str, pose: Pose) -> Literal["taken", "duplicate", "late", "nobody"]:
        """Put a pose of what carries sensors into its place: what was seen from there is done again, if it was done."""
        moving = self.tracker.moving
        heard = moving.hear(carrier, pose, self.newest - self.window - round(KEEP * SECOND))
        if heard == "taken":
            touched = (place for place in range(self._done) if moving.touched(self.scans[place], carrier, pose.time))
            if (place := next(touched, None)) is not None:
                self._roll_back(place)
        return heard

    def advance(self) -> int:
        """Do every scan that is not done yet, in order, and forget what no late scan can reach; give how many were done."""
        todo = len(self.scans) - self._done
        self._do(len(self.scans))
        self._forget()
        if self._shown is not None:
            heard = births_of(self.tracker.hearing.tracks)
            self.tracker.names = renamed(self._shown, self.tracker.store, heard, self.tracker.time, self.tracker.names)
            self._shown = None
        return todo

    def _do(self, until: int) -> None:
        """Do the scans before scans[until]."""
        for place in range(self._done, until):
            scan = self.scans[place]
            if self._is_due(place, scan):
                self._marks.append(Mark(place, scan.time, self.tracker.snapshot()))
            self.tracker.step(scan)
        self._done = until

    def _is_due(self, place: int, scan: Scan) -> bool:
        """Tell whether to keep the state before scans[place]."""
        if not self._marks:
            return True
        last = self._marks[-1]
        return last.place < place and (len(self.tracker.store) <= SMALL or scan.time - last.time >= MARK_EVERY)

    def _roll_back(self, place: int) -> None:
        """Take the tracker back to before scans[place], which is new."""
        if self._shown is None:
            self._shown = shown(self.tracker.store, self.tracker.time, self.tracker.names)
        while self._marks[-1].place > place:
            self._marks.pop()
        mark = self._marks[-1]
        self.tracker.restore(mark.state)
        self._done = mark.place

    def _forget(self) -> None:
        """Let go of scans and snapshots from before the window, but for the snapshot that the window begins with.

        That one is from before the edge, not at it: another scan of the edge's time may come, or come again.
        """
        edge = self.newest - self.window
        self.tracker.moving.forget(edge - round(KEEP * SECOND))
        keep = bisect_left(self._marks, edge, key=lambda mark: mark.time) - 1
        if keep > 0:
            gone = self._marks[keep].place
            self.scans = self.scans[gone:]
            self._done -= gone
            self._marks = [mark._replace(place=mark.place - gone) for mark in self._marks[keep:]]

    def go_on_with(self, tracker: Tracker, widened: Callable[[TrackerState, Tracker, Tracker], TrackerState]) -> None:
        """Go on with a tracker that knows more sensors, now and wherever late data may lead back to."""
        self.advance()
        self._marks = [mark._replace(state=widened(mark.state, self.tracker, tracker)) for mark in self._marks]
        tracker.moving.poses |= {name: self.tracker.moving.poses.get(name, ()) for name in tracker.moving.poses}
        tracker.restore(widened(self.tracker.snapshot(), self.tracker, tracker))
        tracker.names = self.tracker.names
        self.tracker = tracker

    def snapshot(self) -> TimelineState:
        """Give the timeline as a value."""
        base = self._marks[0].state if self._marks else self.tracker.snapshot()
        return TimelineState(
            base=write(base),
            scans=tuple(self.scans),
            newest=self.newest,
            done=self._done,
            names=tuple(self.tracker.names.items()),
            shown=self._shown,
            poses=self.tracker.moving.poses,
        )

    def restore(self, state: TimelineState) -> None:
        """Become what the value says: begin where its window begins, and do again what was done since."""
        self.scans, self.newest = list(state.scans), state.newest
        self.tracker.moving.poses |= state.poses
        self.tracker.restore(read(state.base))
        self.tracker.names, self._shown = dict(state.names), state.shown
        self._done, self._marks = 0, []
        self._do(state.done)
