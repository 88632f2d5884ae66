"""A recording played through a core: from anywhere in it, to anywhere, always with the states of a run from its beginning."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from fusion import recording_index
from fusion.errors import RecordingError, SnapshotError
from fusion.messages import SECOND, AlertMessage, Input, Output, PictureMessage, RawMessage, ZoneStateMessage, nanoseconds, utc
from fusion.pipeline import Pipeline
from fusion.recording import START, Place, read_from, with_ticks
from fusion.recording_index import Index, Indexer

Step = tuple[Input, list[Output]]


class Playback:
    """One recording and the core that hears it. `play` goes on from where it stands; `seek` stands elsewhere."""

    def __init__(self, path: Path, build: Callable[[], Pipeline], index: Index | None = None) -> None:
        """Stand at the beginning; without an index, going back means to begin again."""
        self.path, self.index = path, index
        self._build, self.pipeline = build, build()
        self.place = self._behind = START
        self._waiting: Input | None = None
        self._read_last: Input | None = None
        self._stream = self._opened(START)

    @property
    def first(self) -> int:
        """Time of the first input, ns."""
        if self.index is not None:
            return self.index.first
        for item, _ in read_from(self.path):
            return when(item)
        raise RecordingError(f"{self.path}: is empty")

    def seek(self, time: int) -> None:
        """Bring the core to a time (ns): all that was received before it is heard, and nothing else."""
        if self.index is not None:
            self._restore(time)
        elif time < self.pipeline.now:
            self._begin()
        for _ in self.play(time):
            pass

    def play(self, until: int | None = None) -> Iterator[Step]:
        """Feed what comes before a time (ns), or all that is left; give each input and what it caused."""
        while (item := self._next()) is not None:
            if until is not None and when(item) >= until:
                self._waiting = item
                return
            yield item, self.pipeline.feed(item)

    def present(self) -> list[Output]:
        """Say what stands where the core is, as it was said last: for somebody who heard nothing of what came before."""
        core = self.pipeline
        tracks = tuple(one.state for one in core.publisher.state.said.values())
        alerts = sorted([*core.alerts.open, *core.alerts.snapshot().closed], key=lambda alert: alert.updated)
        return [
            PictureMessage(site=core.config.site.name, time=utc(core.now), tracks=tracks),
            *(ZoneStateMessage(zone=name, state=one.state) for name, one in core.following.state.told.items()),
            *(AlertMessage(alert=alert, cause=0) for alert in alerts),
            *([core.status()] if core.now else []),
        ]

    def make_index(self, recording: bytes, site: bytes, heed: Callable[[int], object] = bool) -> Index:
        """Play all of it from the beginning and give its index; `heed` is given the time (ns) of each input, and may raise."""
        self._begin()
        indexer = Indexer(self.pipeline)
        for item, outputs in self.play():
            heed(when(item))
            indexer.note(item, self.place, outputs, own=item is self._read_last)
        self.index = indexer.finish(recording, site, self.place.number)
        return self.index

    def _next(self) -> Input | None:
        item, self._waiting = self._waiting, None
        if item is None and (item := next(self._stream, None)) is self._read_last:
            self.place = self._behind  # a beat that was added stands nowhere
        return item

    def _begin(self) -> None:
        self.pipeline = self._build()
        self._stream = self._opened(START)

    def _restore(self, time: int) -> None:
        assert self.index is not None  # noqa: S101 - for the type checker; `seek` has asked
        mark = self.index.before(time)
        if mark.time <= self.pipeline.now < time:
            return  # nearer than any state
        self.pipeline = self._build()
        try:
            self.pipeline.restore(recording_index.state_of(mark))
        except SnapshotError as error:
            raise RecordingError(f"{recording_index.path_of(self.path)}: {error}; `vigie index` makes it anew") from error
        self._stream = self._opened(mark.place, mark.time or None, ticked=mark.ticked)

    def _opened(self, place: Place, beat: int | None = None, *, ticked: bool = False) -> Iterator[Input]:
        self.place = self._behind = place
        self._waiting = self._read_last = None
        return with_ticks(self._read(place), beat, ticked=ticked)

    def _read(self, place: Place) -> Iterator[Input]:
        for item, behind in read_from(self.path, place):
            self._read_last, self._behind = item, behind
            yield item


def when(item: Input) -> int:
    """Give when an input came, ns."""
    return item.received if isinstance(item, RawMessage) else item.time


def moment(text: str, first: int) -> int:
    """Read a moment (ns) as people write it: seconds from the start (`90`), a UTC time of its day (`17:31:05`), or RFC 3339.

    A time of day before the recording's first belongs to the next day. Raise RecordingError where it is none of these.
    """
    try:
        if text.replace(".", "", 1).isdigit():
            return first + round(float(text) * SECOND)
        if "T" not in text and " " not in text:
            start = utc(first)
            found = datetime.combine(start.date(), time.fromisoformat(text), UTC)
            return nanoseconds(found if found >= start.replace(microsecond=0) else found + timedelta(days=1))
        read = datetime.fromisoformat(text)
        return nanoseconds(read if read.tzinfo else read.replace(tzinfo=UTC))
    except ValueError as error:
        raise RecordingError(f"{text!r} is no moment; expected seconds from the start, a time of day, or RFC 3339") from error
