"""Routes of alerts: lists, one alert's life, what is ordered about one."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from starlette.responses import Response

from fusion.console.alert_log import Item, shown, shown_item
from fusion.console.permissions import Sight
from fusion.console.problems import Fault, Problem
from fusion.console.routes import Asked, Route, told
from fusion.errors import DecodeError
from fusion.journal.looking import latest, latest_of, life
from fusion.messages import Alert, Record, Time, nanoseconds, utc
from fusion.zones.commands import Command, decode_command
from fusion.zones.life import commanded

PATIENCE_S = 5.0
"""s for the core to do what it is told and for the journal to have it: some hundred times what that takes."""

FARTHEST = 2**63 - 1
"""ns from 1970 that 64 bits hold."""

Limit = Annotated[int, Meta(ge=1, le=1000)]
Place = Annotated[int, Meta(ge=0, le=2**53)]
Why = Annotated[str, Meta(pattern=r"\S", max_length=1000)]


class Wanted(Record):
    """Which alerts."""

    state: Literal["open", "all"] = "open"
    begin: Time | None = msgspec.field(default=None, name="from")
    end: Time | None = msgspec.field(default=None, name="to")
    limit: Limit = 100
    after: Place | None = None


class AlertsTold(Record, omit_defaults=False):
    """A page of alerts, the newest first."""

    items: list[Item]
    next: str | None


class Happened(Record, omit_defaults=False):
    """One step of an alert's life."""

    time: Time
    kind: Literal["alert", "command"]
    alert: Alert | None
    command: dict[str, Any] | None


class LifeTold(Record, omit_defaults=False):
    """An alert's life, in order."""

    items: list[Happened]


class Ordered(Record, kw_only=True):
    """What a person orders about an alert; who it is, the session says."""

    command: Literal["acknowledge", "shelve", "reject", "annotate"]
    why: Why | None = None
    until: Time | None = None


async def alerts(asked: Asked) -> AlertsTold:
    """List alerts, the newest first."""
    wanted, desk = asked.query, asked.desk
    begin, end = _moment("from", wanted.begin), _moment("to", wanted.end)
    if wanted.state == "all" and desk.beside_service:
        found = await desk.off_loop(latest, desk.journal, most=wanted.limit + 1, before=wanted.after, begin=begin, end=end)
        items = [Item(seq=one.seq, archived=one.archived, alert=one.alert) for one in found]
    else:
        known = [one for one in desk.feed.alerts.latest.values() if wanted.state == "all" or not one.archived]
        items = sorted((one for one in known if _within(one, wanted.after, begin, end)), key=lambda one: -one.seq)
    page = items[: wanted.limit]
    more = str(page[-1].seq) if len(items) > wanted.limit else None
    return AlertsTold(items=[shown_item(one, asked.sight) for one in page], next=more)


async def alert(asked: Asked) -> Response:
    """Tell one alert, with its revision as ETag."""
    return _tagged(await find(asked), asked.sight)


async def its_life(asked: Asked) -> LifeTold:
    """Tell an alert's life."""
    found, desk = await find(asked), asked.desk
    happened = await desk.off_loop(life, desk.journal, found.alert)
    if not happened:
        one = Happened(time=found.updated, kind="alert", alert=shown(found, asked.sight), command=None)
        return LifeTold(items=[one])
    return LifeTold(
        items=[
            Happened(
                time=utc(time),
                kind="command" if note else "alert",
                alert=None if revision is None else shown(revision, asked.sight),
                command=None if note is None else msgspec.json.decode(note.body),
            )
            for time, revision, note in happened
        ]
    )


async def command(asked: Asked) -> Response:
    """Order something about an alert: the core is told, and the answer is what came of it, as the journal has it."""
    name = asked.path["alert"]
    wanted = asked.request.headers.get("if-match")
    if wanted is None:
        raise Problem(428, 'If-Match is missing; expected the revision that was read, as `If-Match: "4"`')
    payload, order = _order(asked.body, asked.who.name)
    lock = asked.desk.ordering.setdefault(name, asyncio.Lock())
    async with lock:  # one after the other: who comes second finds another revision
        try:
            found = await find(asked)
            if wanted not in {f'"{found.revision}"', "*"}:
                raise Problem(412, f"alert {name}: is at revision {found.revision}, not {wanted}; read it again")
            return _tagged(await _done(asked, found, order, payload), asked.sight)
        finally:
            if not lock._waiters:  # noqa: SLF001 - nobody else will need it
                asked.desk.ordering.pop(name, None)


async def _done(asked: Asked, found: Alert, order: Command, payload: bytes) -> Alert:
    """Tell the core, and give the alert as it then is; what the core would refuse, it is not asked."""
    feed = asked.desk.feed
    try:
        expected = commanded(found, order, asked.desk.clock())
    except DecodeError as error:
        raise Problem(409, str(error)) from error
    if expected is None:
        return found  # it is so already
    note = expected.notes[-1].partition(" ")[2]
    before = _notes(found, note)
    last = feed.refusals[-1] if feed.refusals else None

    def obeyed() -> Alert | None:
        item = feed.alerts.alert(found.alert)
        return item.alert if item and item.alert.revision > found.revision and _notes(item.alert, note) > before else None

    asked.desk.mouth.order(found.alert, payload)
    await feed.until(lambda: obeyed() is not None or _refusal(asked, payload, last) is not None, PATIENCE_S)
    if (after := obeyed()) is not None:
        return after
    if (reason := _refusal(asked, payload, last)) is not None:
        raise Problem(409, reason)
    raise Problem(
        504, f"the service did not answer within {PATIENCE_S:g} s; look whether the alert has changed before you try again"
    )


async def find(asked: Asked) -> Alert:
    """Find the alert of the path."""
    name, desk = asked.path["alert"], asked.desk
    if (item := desk.feed.alerts.alert(name)) is not None:
        return item.alert
    found = await desk.off_loop(latest_of, desk.journal, name) if desk.beside_service else None
    if found is None:
        raise Problem(404, f"alert {name} is not known")
    return found


def _moment(field: str, time: datetime | None) -> int | None:
    """Give a time of a query (ns); refuse one that no database can count."""
    if time is None:
        return None
    if abs(moment := nanoseconds(time)) > FARTHEST:
        said = f"{time.isoformat()} is refused; expected a time between the years 1678 and 2262"
        raise Problem(400, f"{field}: {said}", (Fault(field=f"$.{field}", reason=said),))
    return moment


def _order(wanted: Ordered, who: str) -> tuple[bytes, Command]:
    """Write an order as its topic takes it, and read it as the core will."""
    said = {"command": wanted.command, "who": who, "why": wanted.why, "until": wanted.until}
    payload = msgspec.json.encode({name: value for name, value in said.items() if value is not None})
    try:
        return payload, decode_command(payload)
    except DecodeError as error:
        raise Problem(422, str(error)) from error


def _notes(alert: Alert, note: str) -> int:
    return sum(one.partition(" ")[2] == note for one in alert.notes)


def _refusal(asked: Asked, payload: bytes, last: Any) -> str | None:
    """Give why the core refused this very order, since the last refusal that was known."""
    topic = f"/alert/{asked.path['alert']}/command"
    for refusal in reversed(asked.desk.feed.refusals):
        if refusal is last:
            return None
        if refusal.topic.endswith(topic) and payload.decode().startswith(refusal.first_bytes):
            return refusal.reason
    return None


def _within(item: Item, after: int | None, begin: int | None, end: int | None) -> bool:
    time = nanoseconds(item.alert.updated)
    return (after is None or item.seq < after) and (begin is None or time >= begin) and (end is None or time < end)


def _tagged(found: Alert, sight: Sight) -> Response:
    return told(shown(found, sight), headers={"ETag": f'"{found.revision}"'})


ALERTING = (
    Route("GET", "/alerts", "read", alerts, "Alerts, the newest first.", gives=AlertsTold, query=Wanted),
    Route("GET", "/alerts/{alert}", "read", alert, "One alert; its revision is the ETag.", gives=Alert, refuses=(404,)),
    Route(
        "GET",
        "/alerts/{alert}/life",
        "read",
        its_life,
        "All that was said and ordered of an alert.",
        gives=LifeTold,
        refuses=(404,),
    ),
    Route(
        "POST",
        "/alerts/{alert}/commands",
        "command",
        command,
        "Order something about an alert.",
        gives=Alert,
        takes=Ordered,
        refuses=(404, 409, 412, 428, 504),
        if_match=True,
    ),
)
