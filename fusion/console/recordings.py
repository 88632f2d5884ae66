"""The recordings of `console.recordings`: which there are, their indexes, and parts of them as files. All of it blocks."""

from __future__ import annotations

import contextlib
import gzip
import importlib.util
import itertools
import os
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple

from msgspec.structs import replace

from fusion import recording_index
from fusion.assembly import assemble
from fusion.config import Config
from fusion.errors import RecordingError
from fusion.messages import Input, RawMessage
from fusion.pipeline import Pipeline
from fusion.playback import Playback, when
from fusion.recording import line_of, read
from fusion.recording_index import Index, Noted
from fusion.topics import TOPICS, TopicTree

ENDINGS = (".jsonl", ".jsonl.gz", ".mcap")

WAIT_S = 0.2
"""s between two looks whether it is still worth waiting for an index that another is making."""


class Summary(NamedTuple):
    """What an index tells at a glance."""

    first: int  # ns
    last: int  # ns
    alerts: tuple[Noted, ...]


class Found(NamedTuple):
    """One recording."""

    name: str
    path: Path
    size: int
    modified: int  # ns


@dataclass(frozen=True)
class Opened:
    """A recording that is ready to be played."""

    playback: Playback
    index: Index
    made: bool  # the index, just now


class Abandoned(Exception):  # noqa: N818 - no error: nobody waits for it any more
    """An index that was given up."""


class Recordings:
    """One directory of recordings, played by one site's core."""

    def __init__(self, config: Config, base: Path, directory: Path) -> None:
        self.config, self.base, self.directory = config, base, directory
        self._tree = TopicTree(config.site.name, config.mqtt.root)
        self._summaries: dict[str, tuple[tuple[object, ...], Summary | None]] = {}
        self._indexing: dict[str, threading.Lock] = {}

    def all(self) -> list[Found]:
        """List them by name: regular files alone, for a link may lead out of the directory."""
        found: list[Found] = []
        endings = tuple(one for one in ENDINGS if one != ".mcap" or importlib.util.find_spec("mcap"))
        with contextlib.suppress(OSError), os.scandir(self.directory) as entries:
            for entry in entries:
                name = entry.name
                if not name.endswith(endings) or name.startswith(".") or not name.isprintable():
                    continue
                if entry.is_file(follow_symlinks=False):
                    told = entry.stat(follow_symlinks=False)
                    found.append(Found(name, self.directory / name, told.st_size, told.st_mtime_ns))
        return sorted(found)

    def find(self, name: str) -> Found | None:
        """Find one by its name, as it stands in the directory: no name that is given is ever made a path."""
        return next((one for one in self.all() if one.name == name), None)

    def summary(self, found: Found) -> Summary | None:
        """Tell what the index of a recording says; None where it has none for this site, or it cannot be read."""
        try:
            beside = recording_index.path_of(found.path).stat()
            site = recording_index.digest_of_site(self.config, self.base)
        except OSError:
            return None
        stamp = (found.size, found.modified, beside.st_size, beside.st_mtime_ns, site)
        known = self._summaries.get(found.name)
        if known is None or known[0] != stamp:
            index = self._index(found)
            known = stamp, None if index is None else Summary(index.first, index.last, index.alerts)
            self._summaries[found.name] = known
        return known[1]

    def playback(self, found: Found, heed: Callable[[], object]) -> Opened:
        """Open a recording with its index, which is made where there is none; `heed` may raise to give that up."""
        lock = self._indexing.setdefault(found.name, threading.Lock())
        while not lock.acquire(timeout=WAIT_S):
            heed()
        try:
            known = self._index(found)
            index = known or self._made(found, heed)
        finally:
            lock.release()
        return Opened(Playback(found.path, self._build, index), index, made=known is None)

    def clip(self, found: Found, begin: int, end: int, into: IO[bytes]) -> int:
        """Write what came from one time until before another (ns) as packed JSON lines; count the inputs of that time.

        Before it stands what a broker would have retained by then, so that the clip has the zones and permits of its time.
        """
        count, retained = 0, dict[str, RawMessage]()
        with gzip.GzipFile(fileobj=into, mode="wb", filename="", mtime=0) as packed:
            for item in itertools.takewhile(lambda item: when(item) < end, read(found.path)):
                if not count and when(item) < begin:
                    self._retain(item, retained)
                    continue
                if not count:
                    packed.writelines(line_of(replace(one, received=begin)) for one in retained.values())
                packed.write(line_of(item))
                count += 1
        return count

    def told(self, error: Exception) -> str:
        """Say what is wrong with a recording, without where it lies."""
        return str(error).replace(f"{self.directory}{os.sep}", "")

    def _retain(self, item: Input, retained: dict[str, RawMessage]) -> None:
        """Keep the newest word on each topic that a broker retains."""
        if not isinstance(item, RawMessage):
            return
        address = self._tree.parse(item.topic)
        if address is None or not TOPICS[address.name].retained:
            return
        retained.pop(item.topic, None)
        if item.payload:
            retained[item.topic] = item

    def _index(self, found: Found) -> Index | None:
        try:
            return recording_index.find(found.path, self.config, self.base)
        except RecordingError:
            return None

    def _made(self, found: Found, heed: Callable[[], object]) -> Index:
        """Make an index and keep it beside its recording, where that may be written."""
        recording = recording_index.digest_of(found.path)
        index = Playback(found.path, self._build).make_index(
            recording, recording_index.digest_of_site(self.config, self.base), lambda _time: heed()
        )
        if not index.count:
            raise RecordingError(f"{found.path}: is empty")
        with contextlib.suppress(RecordingError):
            recording_index.write(index, found.path)
        return index

    def _build(self) -> Pipeline:
        return assemble(self.config, self.base)


def clip_name(found: Found, begin: str, end: str) -> str:
    """Give the file name of a clip, of letters that every system and header can have."""
    stem = next(found.name.removesuffix(ending) for ending in (".jsonl.gz", ".jsonl", ".mcap") if found.name.endswith(ending))
    return f"{re.sub(r'[^A-Za-z0-9._-]', '_', stem)}-{begin}-{end}.jsonl.gz"
