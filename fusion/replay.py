"""Runs a recording through the core, as the service would have, and writes what it said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from fusion import recording
from fusion.errors import RecordingError
from fusion.messages import AlertMessage, Input, Output, RawMessage, Rejected, TracksMessage
from fusion.payload import payload
from fusion.pipeline import Pipeline

Step = tuple[Input, list[Output]]
"""What the core was fed, and what it said to it."""


class Replayed(NamedTuple):
    """What a replay came to."""

    messages: int
    tracks: int
    alerts: int
    rejected: int


def fed(inputs: Iterable[Input], pipeline: Pipeline) -> Iterator[Step]:
    """Feed inputs to a core, with the beat that they may lack."""
    return ((item, pipeline.feed(item)) for item in recording.with_ticks(inputs))


def write_down(steps: Iterable[Step], directory: Path) -> Replayed:
    """Write `tracks.jsonl`, `alerts.jsonl` and `rejected.jsonl` (one message a line) into a directory.

    The lines of `tracks.jsonl` are the tracks of each message on `tracks`, those of `alerts.jsonl` the payloads on
    `alert/{alert}`: the same bytes as on the wire.
    """
    encode = msgspec.json.Encoder().encode
    messages, ids, alerts, rejected = 0, set[str](), set[str](), 0
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with (
            (directory / "tracks.jsonl").open("wb") as tracks_file,
            (directory / "alerts.jsonl").open("wb") as alerts_file,
            (directory / "rejected.jsonl").open("wb") as rejected_file,
        ):
            for item, outputs in steps:
                messages += isinstance(item, RawMessage)
                for output in outputs:
                    match output:
                        case TracksMessage(tracks=tracks):
                            ids.update(track.track for track in tracks)
                            tracks_file.writelines(encode(track) + b"\n" for track in tracks)
                        case AlertMessage(alert=alert, archived=False):
                            alerts.add(alert.alert)
                            alerts_file.write(encode(alert) + b"\n")
                        case Rejected():
                            rejected += 1
                            rejected_file.write(payload(output) + b"\n")
                        case _:
                            pass
    except OSError as error:
        raise RecordingError(f"{directory}: cannot be written: {error.strerror}") from error
    return Replayed(messages, len(ids), len(alerts), rejected)
