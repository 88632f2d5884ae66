"""The index beside a recording: the core's state every few seconds, and when each alert was raised.

With it a replay begins anywhere: the state before the moment is restored, and what came since is fed. It belongs to one
recording and one configuration, and is made anew (`vigie index`) where either has changed.
"""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path

import msgspec

from fusion.config import Config
from fusion.errors import RecordingError
from fusion.messages import SECOND, AlertMessage, Input, Output, RawMessage, Record, Tick, nanoseconds
from fusion.pipeline import Pipeline
from fusion.recording import START, Place

MARK_EVERY = 2 * SECOND
"""ns of a recording between two states: at most so much is fed again to be at a moment, a quarter of a second's work with ten
targets and nine sensors. To restore the state costs about as much again: the window of late data is done anew."""

VERSION = 2


class Mark(Record, omit_defaults=False):
    """The core's state behind a beat."""

    time: int  # ns, of the beat
    place: Place  # in the recording
    ticked: bool  # whether the recording had beats of its own so far
    state: bytes  # a snapshot, packed


class Noted(Record):
    """One alert, when it was raised."""

    alert: str
    raised: int  # ns
    severity: str
    rule: str
    zone: str
    track: str


class Index(Record, omit_defaults=False):
    """What stands in the file."""

    version: int
    recording: bytes  # digest
    site: bytes  # digest
    first: int  # ns
    last: int  # ns
    count: int  # inputs in the recording
    marks: tuple[Mark, ...]
    alerts: tuple[Noted, ...]

    def before(self, time: int) -> Mark:
        """Give the last mark before a time (ns); the first, from before everything, where there is none."""
        return max((mark for mark in self.marks if mark.time < time), key=lambda mark: mark.time, default=self.marks[0])


def path_of(recording: Path) -> Path:
    """Give the name of a recording's index."""
    return recording.with_name(recording.name + ".index")


class Indexer:
    """Makes an index of a recording while it is fed to a core from its beginning to its end."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._marks = [_mark(0, START, pipeline, ticked=False)]
        self._least: list[int] = []  # beside each mark: the least time of arrival behind it, up to the next
        self._alerts: dict[str, Noted] = {}
        self._first = self._last = 0
        self._ticked = False

    def note(self, item: Input, place: Place, outputs: list[Output], *, own: bool) -> None:
        """Take one input that was fed, what it caused, and the place behind it; own: it stands in the recording."""
        time = item.received if isinstance(item, RawMessage) else item.time
        self._first, self._last = self._first or time, max(self._last, time)
        if own:
            self._ticked |= isinstance(item, Tick)
            if len(self._least) < len(self._marks):
                self._least.append(time)
            self._least[-1] = min(self._least[-1], time)
        for output in outputs:
            if isinstance(output, AlertMessage) and output.alert.alert not in self._alerts:
                one = output.alert
                self._alerts[one.alert] = Noted(
                    alert=one.alert,
                    raised=nanoseconds(one.raised),
                    severity=one.severity,
                    rule=one.rule,
                    zone=one.zone,
                    track=one.track,
                )
        if isinstance(item, Tick) and item.time - (self._marks[-1].time or self._first) >= MARK_EVERY:
            self._marks.append(_mark(item.time, place, self._pipeline, ticked=self._ticked))

    def finish(self, recording: bytes, site: bytes, count: int) -> Index:
        """Give the index."""
        least, marks = self._last, list[Mark]()
        for number in range(len(self._marks) - 1, -1, -1):
            least = min([least, *self._least[number : number + 1]])
            mark = self._marks[number]
            marks.append(msgspec.structs.replace(mark, place=mark.place._replace(least=least)))
        return Index(
            version=VERSION,
            recording=recording,
            site=site,
            first=self._first,
            last=self._last,
            count=count,
            marks=tuple(reversed(marks)),
            alerts=tuple(self._alerts.values()),
        )


def _mark(time: int, place: Place, pipeline: Pipeline, *, ticked: bool) -> Mark:
    return Mark(time=time, place=place, ticked=ticked, state=zlib.compress(pipeline.snapshot(), 1))


def state_of(mark: Mark) -> bytes:
    """Give the snapshot of a mark."""
    return zlib.decompress(mark.state)


def write(index: Index, recording: Path) -> Path:
    """Write an index beside its recording; give its path."""
    path = path_of(recording)
    try:
        path.write_bytes(msgspec.msgpack.encode(index))
    except OSError as error:
        raise RecordingError(f"{path}: cannot be written: {error.strerror}") from error
    return path


def find(recording: Path, config: Config, base: Path) -> Index | None:
    """Read the index beside a recording; None where there is none, or another recording's, configuration's or version's."""
    try:
        index = msgspec.msgpack.decode(path_of(recording).read_bytes(), type=Index)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    ours = (VERSION, digest_of(recording), digest_of_site(config, base))
    return index if (index.version, index.recording, index.site) == ours else None


def digest_of(recording: Path) -> bytes:
    """Give what tells a recording from others: its size, its first and its last 64 KiB."""
    edge = 1 << 16
    try:
        with recording.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(0)
            head = file.read(edge)
            file.seek(max(size - edge, 0))
            return hashlib.blake2b(b"%d" % size + head + file.read(), digest_size=16).digest()
    except OSError as error:
        raise RecordingError(f"{recording}: cannot be read: {error.strerror}") from error


def digest_of_site(config: Config, base: Path) -> bytes:
    """Give what tells a site from others: all that its core is built from, with the files that it names."""
    names = [*config.zones.files, *filter(None, [config.zones.register]), *(issuer.key for issuer in config.permits.issuer)]
    parts = [msgspec.msgpack.encode(config), *((base / name).read_bytes() for name in names if (base / name).is_file())]
    return hashlib.blake2b(b"".join(hashlib.blake2b(part).digest() for part in parts), digest_size=16).digest()
