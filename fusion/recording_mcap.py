"""Recordings as MCAP: each topic a channel with its JSON schema, so that Foxglove opens them. Needs the extra `mcap`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
from mcap.exceptions import McapError
from mcap.reader import make_reader
from mcap.writer import Writer as Mcap

from fusion.errors import RecordingError
from fusion.messages import Input, RawMessage, Tick, utc
from fusion.recording import START, Place

TICKS = "vigie/tick"
_ANYTHING = b'{"type": "object"}'


class McapWriter:
    """Records inputs as MCAP. What was written is whole once `close` was called."""

    def __init__(self, path: Path, schemas: dict[str, bytes] | None = None) -> None:
        """Open the file; `schemas` gives a JSON schema for each last word of a topic (`scan`, `status`, …)."""
        try:
            self._file = path.open("wb")
        except OSError as error:
            raise RecordingError(f"{path}: cannot be written: {error.strerror}") from error
        self._mcap = Mcap(self._file)
        self._mcap.start(profile="", library="vigie")
        self._schemas = schemas or {}
        self._channels: dict[str, int] = {}
        self._count = 0

    def append(self, item: Input) -> None:
        """Write one input down."""
        if isinstance(item, Tick):
            topic, time, payload = TICKS, item.time, msgspec.json.encode({"tick": utc(item.time)})
        else:
            topic, time, payload = item.topic, item.received, item.payload
        self._mcap.add_message(self._channel(topic), time, payload, time, self._count)
        self._count += 1

    def close(self) -> None:
        """Write the index and finish."""
        self._mcap.finish()  # type: ignore[no-untyped-call]
        self._file.close()

    def _channel(self, topic: str) -> int:
        if topic not in self._channels:
            word = topic.rsplit("/", 1)[-1]
            schema = self._mcap.register_schema(word, "jsonschema", self._schemas.get(word, _ANYTHING))
            self._channels[topic] = self._mcap.register_channel(topic, "msgpack" if word == "msgpack" else "json", schema)
        return self._channels[topic]


def read_mcap(path: Path, begin: Place = START) -> Iterator[tuple[Input, Place]]:
    """Read an MCAP recording in the order it was written in, from a place on: each input, and the place behind it.

    Chunks that end before `begin.least` are not unpacked; what is left of the inputs before the place is counted off.
    """
    try:
        with path.open("rb") as file:
            reader = make_reader(file)
            for _, channel, message in reader.iter_messages(starting_at=begin.least or None, log_time_order=False):
                number = message.sequence + 1
                if number <= begin.number:
                    continue
                if channel.topic == TICKS:
                    yield Tick(time=message.log_time), Place(number)
                else:
                    yield RawMessage(topic=channel.topic, payload=message.data, received=message.log_time), Place(number)
    except (OSError, McapError) as error:
        raise RecordingError(f"{path}: cannot be read: {error}") from error
