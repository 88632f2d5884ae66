"""Routes of what was done and what the next shift must know: the access log, the hand-over notes."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from fusion.console.alerting import Limit, Place
from fusion.console.routes import Asked, Route
from fusion.journal import Note
from fusion.journal.looking import page
from fusion.messages import Record, Time, utc

Text = Annotated[str, Meta(pattern=r"\S", max_length=10_000)]


class AccessWanted(Record):
    """Which part of the access log."""

    who: Annotated[str, Meta(max_length=128)] | None = None
    what: Annotated[str, Meta(max_length=128)] | None = None
    limit: Limit = 100
    after: Place | None = None


class AccessTold(Record, omit_defaults=False):
    """What somebody did."""

    time: Time
    who: str
    what: str
    subject: str
    why: str
    address: str


class AccessLog(Record, omit_defaults=False):
    """A page of the access log, the newest first."""

    items: list[AccessTold]
    next: str | None


class PageWanted(Record):
    """Which page."""

    limit: Limit = 100
    after: Place | None = None


class HandoverTold(Record, omit_defaults=False):
    """A note for the next shift."""

    time: Time
    who: str
    text: str


class Handovers(Record, omit_defaults=False):
    """A page of notes, the newest first."""

    items: list[HandoverTold]
    next: str | None


class NewHandover(Record):
    """A note to be left."""

    text: Text


async def access(asked: Asked) -> AccessLog:
    """Read the access log."""
    wanted, desk = asked.query, asked.desk
    items: list[AccessTold] = []
    after, last = wanted.after, None
    while True:
        found = await desk.off_loop(page, desk.journal, "access", most=1000, before=after)
        for seq, note in found.notes:
            one = _access(note)
            if (wanted.who in {None, one.who}) and (wanted.what in {None, one.what}):
                if len(items) == wanted.limit:
                    return AccessLog(items=items, next=None if last is None else str(last))
                items.append(one)
                last = seq
        if not found.more:
            return AccessLog(items=items, next=None)
        after = found.notes[-1][0]


async def handovers(asked: Asked) -> Handovers:
    """Read the notes for the next shift."""
    found = await asked.desk.off_loop(page, asked.desk.journal, "handover", most=asked.query.limit, before=asked.query.after)
    items = [HandoverTold(time=utc(note.time), **msgspec.json.decode(note.body)) for _, note in found.notes]
    return Handovers(items=items, next=str(found.notes[-1][0]) if found.more else None)


async def hand_over(asked: Asked) -> HandoverTold:
    """Leave a note for the next shift."""
    desk, now, said = asked.desk, asked.desk.clock(), {"who": asked.who.name, "text": asked.body.text}
    await desk.off_loop(desk.journal.write, [Note("handover", "", now, msgspec.json.encode(said))])
    desk.feed.changed("handover")
    return HandoverTold(time=utc(now), **said)


def _access(note: Note) -> AccessTold:
    said = msgspec.json.decode(note.body)
    why = said.get("why") or said.get("format") or ""
    return AccessTold(
        time=utc(note.time), who=said["who"], what=said["what"], subject=note.subject, why=why, address=said.get("address", "")
    )


LOGBOOK = (
    Route("GET", "/access", "access", access, "Who did what, the newest first.", gives=AccessLog, query=AccessWanted),
    Route(
        "GET", "/handover", "read", handovers, "Notes for the next shift, the newest first.", gives=Handovers, query=PageWanted
    ),
    Route(
        "POST",
        "/handover",
        "handover",
        hand_over,
        "Leave a note for the next shift.",
        gives=HandoverTold,
        takes=NewHandover,
        status=201,
    ),
)
