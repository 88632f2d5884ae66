"""Keeps the core over restarts: a snapshot every few seconds, and every input since, written before it is fed.

In the state directory, generation n is `snapshot-n` and `inputs-n.jsonl`: the core as it was, and what it was fed since. A
restart feeds those inputs again, which gives the core as it was when the service died, to the last bit. `held-n` is what the
journal had not taken by then.
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from fusion import recording
from fusion.errors import ConfigError, RecordingError, SnapshotError
from fusion.messages import Input, Output
from fusion.pipeline import Pipeline

Fed = list[tuple[Input, list[Output]]]
"""What the core was fed, and what it said to each."""

KEPT = 2
"""Generations on disk: the present one and the one before, in case the present snapshot cannot be read."""


TRIES = 2
"""Restarts that one input may end. A core that fails on one has a mistake of ours, which must not keep the service down."""


class Attempts:
    """Which input a restart is feeding, on the disk: what the next restart learns of one that this one does not survive."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        last = os.read(self._file, _ATTEMPT.size)
        self._last: tuple[int, int, int] = _ATTEMPT.unpack(last) if len(last) == _ATTEMPT.size else (0, 0, 0)
        return self

    def begin(self, generation: int, number: int) -> int:
        """Note that an input is about to be fed; give which try it is."""
        tries = self._last[2] + 1 if self._last[:2] == (generation, number) else 1
        os.pwrite(self._file, _ATTEMPT.pack(generation, number, tries), 0)
        return tries

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        os.close(self._file)
        if failure is None:
            self._path.unlink()


_ATTEMPT = struct.Struct("<qqq")


class Keeper:
    """The state directory of one service."""

    def __init__(self, directory: Path) -> None:
        """Make the directory, if need be; raise ConfigError where that is not possible."""
        self.directory = directory
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._generation = max(self._generations("snapshot"), default=0)
        except OSError as error:
            raise ConfigError(f"state.directory: {directory}: cannot be used: {error.strerror}") from error
        self._inputs: recording.LinesWriter | None = None
        self.held = b""  # what the journal had not taken yet when the snapshot was made that was restored
        self._torn = False  # an input could not be written: what follows it is worth nothing

    def restore(self, pipeline: Pipeline) -> tuple[Fed, list[str]]:
        """Bring the core back to where it was; give what it was fed on the way, and in words what could not be used."""
        troubles: list[str] = []
        for generation in sorted(self._generations("snapshot"), reverse=True):
            try:
                pipeline.restore(self._snapshot(generation).read_bytes())
            except (OSError, SnapshotError) as error:
                troubles.append(f"{self._snapshot(generation)}: {error}")
                continue
            self.held = self._read_held(generation, troubles)
            return self._feed_again(pipeline, generation, troubles), troubles
        self.held = self._read_held(self._generation, troubles)
        return self._feed_again(pipeline, 0, troubles) if not troubles else [], troubles

    def append(self, item: Input) -> bool:
        """Write an input down, before it is fed; tell whether that was worth it. Raise RecordingError at the first that fails.

        After one that is missing, the next snapshot is the first that helps a restart again.
        """
        if self._torn:
            return False
        try:
            if self._inputs is None:
                self._inputs = recording.LinesWriter(self._tail(self._generation))
            self._inputs.append(item)
        except RecordingError:
            self._torn = True
            raise
        return True

    def save(self, snapshot: bytes, held: bytes = b"") -> None:
        """Begin a new generation with a snapshot; it counts once it is whole on the disk, else RecordingError."""
        generation = self._generation + 1
        try:
            if held:
                _write_whole(self._held(generation), held)
            _write_whole(self._snapshot(generation), snapshot)
            self._generation = generation
            self._torn = False
            self.close()
            for old in range(generation - KEPT, max(generation - KEPT - 50, -1), -1):
                for path in (self._snapshot(old), self._tail(old), self._held(old)):
                    path.unlink(missing_ok=True)
        except OSError as error:
            raise RecordingError(f"{self.directory}: cannot be written: {error.strerror}") from error

    def close(self) -> None:
        """Let go of the file of inputs."""
        if self._inputs is not None:
            self._inputs.close()
            self._inputs = None

    def _feed_again(self, pipeline: Pipeline, generation: int, troubles: list[str]) -> Fed:
        fed: Fed = []
        with Attempts(self.directory / "resuming") as attempts:
            for later in range(generation, self._generation + 1):
                for number, item in enumerate(self._inputs_of(later, troubles), 1):
                    if attempts.begin(later, number) > TRIES:
                        troubles.append(f"{self._tail(later)}, line {number}: left out, it has ended the service {TRIES} times")
                    else:
                        fed.append((item, pipeline.feed(item)))
        return fed

    def _inputs_of(self, generation: int, troubles: list[str]) -> Iterator[Input]:
        if self._tail(generation).exists():
            try:
                yield from recording.read(self._tail(generation))
            except RecordingError as error:
                troubles.append(str(error))

    def _generations(self, kind: str) -> list[int]:
        names = (re.fullmatch(rf"{kind}-(\d+)", path.name) for path in self.directory.iterdir())
        return [int(name[1]) for name in names if name]

    def _snapshot(self, generation: int) -> Path:
        return self.directory / f"snapshot-{generation}"

    def _read_held(self, generation: int, troubles: list[str]) -> bytes:
        try:
            return self._held(generation).read_bytes() if self._held(generation).exists() else b""
        except OSError as error:
            troubles.append(f"{self._held(generation)}: {error}")
            return b""

    def _held(self, generation: int) -> Path:
        return self.directory / f"held-{generation}"

    def _tail(self, generation: int) -> Path:
        return self.directory / f"inputs-{generation}.jsonl"


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all."""
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
