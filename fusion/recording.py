"""Recordings: what the core was fed, written down and read back, message for message and byte for byte.

JSON lines (also `.gz`): `{"received": "…Z", "topic": "…", "payload": {…}}` for a message, `{"tick": "…Z"}` for a beat. A
payload that is not one line of JSON stands as `"payload_base64"`. MCAP (`.mcap`) holds the same with JSON schemas, so that
Foxglove opens it. A recording without ticks gets them from its received times.
"""

from __future__ import annotations

import gzip
import io
import itertools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, NamedTuple, Protocol, cast

import msgspec

from fusion.errors import RecordingError
from fusion.messages import SECOND, Input, RawMessage, Record, Tick, Time, nanoseconds, utc

BEAT = SECOND // 10
"""ns between two ticks: an alert waits for the next one, half of this on average, well inside the quarter second it may take."""


ABSENT = msgspec.Raw(b"")
"""A payload that a line does not have (msgspec knows no optional Raw)."""


class Line(Record):
    """One line of a recording."""

    received: Time | None = None
    nanos: int | None = None  # what RFC 3339 to the microsecond leaves out
    topic: str | None = None
    payload: msgspec.Raw = ABSENT
    payload_base64: bytes | None = None
    tick: Time | None = None


class Place(NamedTuple):
    """Where a reading of a recording stands: how many inputs came before it, and where a reader may go on."""

    number: int = 0  # inputs before this place
    offset: int = 0  # bytes before it in a file of plain lines
    least: int = 0  # ns, no later time of arrival stands before it in an MCAP file


START = Place()


class Writer(Protocol):
    """Where inputs are recorded."""

    def append(self, item: Input) -> None:
        """Write one input down, before it is fed."""

    def close(self) -> None:
        """Finish the recording."""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Line).decode


class LinesWriter:
    """Records inputs as JSON lines; each is handed to the system at once, so that a killed process loses none.

    A compressed one (`.gz`) is handed over in blocks: what a killed process had not yet compressed is lost. It goes on where a
    file ends. A last line that was cut short was never fed, and is taken away first.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._last = b"" if path.suffix == ".gz" else _mend(path)
            self._file = cast("IO[bytes]", gzip.open(path, "ab") if path.suffix == ".gz" else path.open("ab", buffering=0))  # noqa: SIM115
        except OSError as error:
            raise RecordingError(f"{path}: cannot be written: {error.strerror}") from error

    def append(self, item: Input) -> None:
        """Write one input down; raise RecordingError where not all of it went onto the disk."""
        self._write(line_of(item))

    def catch_up(self, item: Input) -> None:
        """Write an input down that the file found here may lack: its writer died just before it."""
        if self._last != (line := line_of(item)):
            self._write(line)

    def _write(self, line: bytes) -> None:
        try:
            written = self._file.write(line)
        except OSError as error:
            raise RecordingError(f"{self.path}: cannot be written: {error.strerror}") from error
        if written != len(line):
            raise RecordingError(f"{self.path}: cannot be written: the disk took {written} of {len(line)} bytes")

    def close(self) -> None:
        """Finish the recording."""
        self._file.close()


def write_to(path: Path, schemas: dict[str, bytes] | None = None) -> Writer:
    """Open a recording for writing, in the format that its name says."""
    if path.suffix == ".mcap":
        from fusion.recording_mcap import McapWriter  # noqa: PLC0415 - an extra, wanted only here

        return McapWriter(path, schemas)
    return LinesWriter(path)


def go_on_in(path: Path) -> Writer:
    """Open a service's recording: JSON lines go on where they end, any other format in the first file that is free.

    What a killed process leaves of `.gz` or `.mcap` is neither continued nor overwritten: `name.mcap`, `name-2.mcap`, …
    """
    if path.suffix not in {".gz", ".mcap"}:
        return write_to(path)
    stem, dot, ending = path.name.partition(".")
    names = itertools.chain([path], (path.with_name(f"{stem}-{number}{dot}{ending}") for number in itertools.count(2)))
    return write_to(next(name for name in names if not name.exists()))


def _mend(path: Path) -> bytes:
    """Cut off what follows the last whole line of a file, and give that line; empty where there is none."""
    if not path.is_file():
        return b""
    with path.open("r+b") as file:
        size, tail, reach = file.seek(0, io.SEEK_END), b"", 0
        while reach < size and tail.count(b"\n") < 2:
            reach = min(max(2 * reach, 1 << 16), size)
            file.seek(size - reach)
            tail = file.read(reach)
        whole = tail[: tail.rfind(b"\n") + 1]
        file.truncate(size - len(tail) + len(whole))
    return b"".join(whole.splitlines(keepends=True)[-1:])


def line_of(item: Input) -> bytes:
    """Write one input as a line."""
    if isinstance(item, Tick):
        return _encode(Line(tick=utc(item.time), nanos=item.time % 1000 or None)) + b"\n"
    head = {"received": utc(item.received), "nanos": item.received % 1000 or None, "topic": item.topic}
    if _is_one_line_of_json(item.payload):
        return _encode(Line(**head, payload=msgspec.Raw(item.payload))) + b"\n"  # type: ignore[arg-type]
    return _encode(Line(**head, payload_base64=item.payload)) + b"\n"  # type: ignore[arg-type]


def input_of(line: bytes) -> Input:
    """Read one line as the input that it was; raise RecordingError where it is none."""
    try:
        read = _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordingError(str(error)) from error
    if read.tick is not None:
        return Tick(time=_time(read.tick, read.nanos))
    if read.received is None or read.topic is None:
        raise RecordingError("has neither tick nor received and topic")
    payload = bytes(read.payload) or read.payload_base64
    if payload is None:
        raise RecordingError("has neither payload nor payload_base64")
    return RawMessage(topic=read.topic, payload=payload, received=_time(read.received, read.nanos))


def _time(time: datetime, nanos: int | None) -> int:
    return nanoseconds(time) + (nanos or 0)


def _is_one_line_of_json(payload: bytes) -> bool:
    if not payload or b"\n" in payload or b"\r" in payload or payload[:1].isspace() or payload[-1:].isspace():
        return False
    try:
        msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def with_ticks(items: Iterable[Input], beat: int | None = None, *, ticked: bool = False) -> Iterator[Input]:
    """Give a recording its beat, from its received times, where it has none of its own.

    Who goes on in the middle of one tells the time of the last beat, and whether the recording had any of its own so far.
    """
    due = beat
    last = due or 0
    for item in items:
        if isinstance(item, Tick):
            ticked = True
        elif not ticked:
            due = item.received if due is None else due
            while due <= item.received - BEAT:
                due += BEAT
                yield Tick(time=due)
            last = item.received
        yield item
    if not ticked and due is not None:
        while due < last + BEAT:
            due += BEAT
            yield Tick(time=due)


def read(path: Path) -> Iterator[Input]:
    """Read a recording, input by input; raise RecordingError naming the file and the line that is none.

    The last line of a recording whose writer was killed may be cut short: it was never fed, and is left out.
    """
    return (item for item, _ in read_from(path))


def read_from(path: Path, begin: Place = START) -> Iterator[tuple[Input, Place]]:
    """Read a recording from a place in it: each input, and the place behind it.

    Plain lines are sought by their offset and MCAP by its index of times. A packed file (`.gz`) is unpacked from its start.
    """
    if path.suffix == ".mcap":
        from fusion.recording_mcap import read_mcap  # noqa: PLC0415 - an extra, wanted only here

        yield from read_mcap(path, begin)
        return
    with _opened(path) as file:
        number, offset = (0, 0) if path.suffix == ".gz" else (begin.number, file.seek(begin.offset))
        for count, line in enumerate(file, 1):
            offset += len(line)
            if not line.strip():
                continue
            number += 1
            if number <= begin.number:
                continue
            try:
                yield input_of(line), Place(number, offset)
            except RecordingError as error:
                if not line.endswith(b"\n"):
                    return
                where = f"input {number}" if begin.offset else f"line {count}"
                raise RecordingError(f"{path}, {where}: {error}") from error


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    try:
        with path.open("rb") as raw:
            yield io.BufferedReader(gzip.GzipFile(fileobj=raw)) if path.suffix == ".gz" else raw
    except (OSError, EOFError) as error:
        raise RecordingError(f"{path}: cannot be read: {error}") from error
