"""Routes of recordings: which there are, and a part of one as a file."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from typing import IO

import msgspec
from starlette.responses import Response, StreamingResponse

from fusion.console.desk import Desk
from fusion.console.problems import Fault, Problem
from fusion.console.recordings import Found, Recordings, Summary, clip_name
from fusion.console.routes import Asked, Route
from fusion.errors import RecordingError
from fusion.messages import Record, Time, nanoseconds, utc

BLOCK = 1 << 18
"""Bytes of a clip that are sent at once."""


class AlertRecorded(Record, omit_defaults=False):
    """An alert that is raised in a recording."""

    alert: str
    raised: Time
    severity: str
    rule: str
    zone: str
    track: str


class RecordingTold(Record, omit_defaults=False):
    """One recording, and what its index says where it has one."""

    name: str
    size: int
    modified: Time
    indexed: bool
    first: Time | None
    last: Time | None
    alerts: list[AlertRecorded]


class RecordingsTold(Record, omit_defaults=False):
    """Every recording, by name."""

    items: list[RecordingTold]


class Part(Record):
    """Which part of a recording."""

    begin: Time = msgspec.field(name="from")
    end: Time = msgspec.field(name="to")


async def recordings(asked: Asked) -> RecordingsTold:
    """Tell which recordings there are."""
    return await asked.desk.off_loop(_told, asked.desk.recordings)


async def clip(asked: Asked) -> Response:
    """Give a part of a recording as a file; that it was taken is in the journal before."""
    desk, part = asked.desk, asked.query
    if not (asked.sight.pilot and asked.sight.friendly):
        raise Problem(403, "a recording holds everything, byte for byte; it needs the permissions 'pilot' and 'friendly'")
    if part.end <= part.begin:
        raise Problem(422, "to is not after from", (Fault(field="$.to", reason="expected a time after from"),))
    found = await found_in(desk, asked.path["name"])
    name = clip_name(found, f"{part.begin:%H%M%S}", f"{part.end:%H%M%S}")
    await desk.note_by(asked.who, "clip", found.name, f"{part.begin.isoformat()} to {part.end.isoformat()}")
    async with desk.cutting:
        file = await desk.off_loop(_cut, desk.recordings, found, nanoseconds(part.begin), nanoseconds(part.end))
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_blocks(desk, file), headers=disposition, media_type="application/gzip")


async def found_in(desk: Desk, name: str) -> Found:
    """Find a recording by its name, or refuse."""
    found = await desk.off_loop(desk.recordings.find, name)
    if found is None:
        raise Problem(404, f"{name[:128]!r} is not one of the recordings")
    return found


def _told(known: Recordings) -> RecordingsTold:
    return RecordingsTold(items=[_item(found, known.summary(found)) for found in known.all()])


def _item(found: Found, summary: Summary | None) -> RecordingTold:
    return RecordingTold(
        name=found.name,
        size=found.size,
        modified=utc(found.modified),
        indexed=summary is not None,
        first=None if summary is None else utc(summary.first),
        last=None if summary is None else utc(summary.last),
        alerts=[
            AlertRecorded(
                alert=one.alert, raised=utc(one.raised), severity=one.severity, rule=one.rule, zone=one.zone, track=one.track
            )
            for one in (() if summary is None else summary.alerts)
        ],
    )


def _cut(known: Recordings, found: Found, begin: int, end: int) -> IO[bytes]:
    """Write a clip into a file that has no name, and is gone once it is closed."""
    file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed once it was sent
    try:
        count = known.clip(found, begin, end, file)
    except RecordingError as error:
        file.close()
        raise Problem(409, known.told(error)) from error
    if not count:
        file.close()
        fault = Fault(field="$.from", reason="expected a time within the recording")
        raise Problem(422, "nothing of the recording lies between from and to", (fault,))
    file.seek(0)
    return file


async def _blocks(desk: Desk, file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while block := await desk.off_loop(file.read, BLOCK):
            yield block


RECALLING = (
    Route("GET", "/recordings", "replay", recordings, "Recordings that can be replayed.", gives=RecordingsTold),
    Route(
        "GET",
        "/recordings/{name}/clip",
        "export",
        clip,
        "A part of a recording as a file.",
        query=Part,
        refuses=(404, 409, 422),
        media="application/gzip",
    ),
)
