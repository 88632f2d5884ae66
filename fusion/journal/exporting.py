"""Takes one incident out of the journal: an alert's life, what was ordered about it, and who was near."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, Row, and_, or_, select

from fusion.errors import JournalError
from fusion.journal.journal import Journal
from fusion.journal.records import Claims, Surroundings
from fusion.journal.schema import ENTRIES
from fusion.journal.verifying import verify
from fusion.messages import SECOND, Alert, Track
from fusion.personal import KINDS, names_in, pattern, stripped

T = TypeVar("T")

AROUND = 60 * SECOND
"""ns before the raise and after the end that belong to an incident: a drone flies a kilometre in a minute."""

CASE = ("alert", "command")


class Point(NamedTuple):
    """One track at one time, as it was believed then."""

    state: Track
    alert: str | None  # the alert of which it was the track


class Incident(NamedTuple):
    """Everything that the journal holds of some alerts of one track."""

    alerts: tuple[Alert, ...]  # every revision, in order
    entries: tuple[dict[str, Any], ...]
    points: tuple[Point, ...]  # by track, then time
    head: str
    faults: tuple[str, ...]  # what `verify` found

    @property
    def tracks(self) -> dict[str, list[Point]]:
        """Every track with its points in the order of time."""
        return {track: list(points) for track, points in itertools.groupby(self.points, key=lambda point: point.state.track)}

    @property
    def latest(self) -> dict[str, Alert]:
        """The last revision of each alert."""
        return {alert.alert: alert for alert in self.alerts}


def redacted(taken: Incident) -> Incident:
    """Give an incident without names and pilots, also in its sentences: for whoever is to learn what happened and not who it was.

    The entries stay with their digests, but without content and salt: that they are there is still proven.
    """
    names = pattern(names_in(msgspec.to_builtins([taken.alerts, taken.points])))
    alerts = tuple(_nameless(one, Alert, names) for one in taken.alerts)
    points = tuple(Point(_nameless(one.state, Track, names), one.alert) for one in taken.points)
    entries = tuple(
        {key: None if key in {"body", "salt"} else value for key, value in entry.items() if key != "body_base64"}
        for entry in taken.entries
    )
    return taken._replace(alerts=alerts, points=points, entries=entries)


def _nameless(record: T, kind: type[T], names: re.Pattern[str] | None) -> T:
    return msgspec.convert(stripped(msgspec.to_builtins(record), KINDS, names), kind)


def incident(journal: Journal, alert: str, around: int = AROUND) -> Incident:
    """Take an alert, the others of its track, and what happened from `around` (ns) before to as long after."""
    faults = verify(journal)
    with journal.database.reading() as connection:
        cases = _cases(connection, alert)
        end = max(row.time for row in cases) + around
        beside = _between(connection, min(row.time for row in cases) - around, end)
    rows = sorted([*cases, *beside], key=lambda row: row.sequence)
    alerts = tuple(msgspec.json.decode(row.body, type=Alert) for row in rows if row.kind == "alert" and row.body)
    points = _points(alerts, _bodies(rows, "tracks"), _bodies(rows, "claims"))
    return Incident(alerts, tuple(_told(row) for row in rows), points, str(journal.head()), tuple(faults))


def _cases(connection: Connection, alert: str) -> list[Row[*tuple[Any, ...]]]:
    """Find every entry about an alert, and about others of the same track at the time."""
    e = ENTRIES.c
    own = list(connection.execute(select(ENTRIES).where(e.subject == alert, e.kind.in_(CASE)).order_by(e.sequence)))
    bodies = [row.body for row in own if row.kind == "alert" and row.body]
    if not bodies:
        what = "was purged" if own else "is not in the journal"
        raise JournalError(f"alert {alert}: {what}")
    track = msgspec.json.decode(bodies[0], type=Alert).track
    meanwhile = and_(e.kind == "alert", e.body.is_not(None), e.time.between(own[0].time - AROUND, own[-1].time + AROUND))
    others = connection.execute(select(e.subject, e.body).where(meanwhile, e.revision == 1, e.subject != alert))
    same = {row.subject for row in others if row.body and msgspec.json.decode(row.body, type=Alert).track == track}
    if not same:
        return own
    more = select(ENTRIES).where(e.subject.in_(same), e.kind.in_(CASE), or_(e.body.is_not(None), e.archived))
    return [*own, *connection.execute(more)]


def _between(connection: Connection, begin: int, end: int) -> list[Row[*tuple[Any, ...]]]:
    e = ENTRIES.c
    chosen = select(ENTRIES).where(
        e.kind.in_(["tracks", "claims", "zone", "permit"]), e.time.between(begin, end), e.body.is_not(None)
    )
    return list(connection.execute(chosen))


def _bodies(rows: Iterable[Row[*tuple[Any, ...]]], kind: str) -> list[bytes]:
    return [row.body for row in rows if row.kind == kind]


def _points(alerts: Iterable[Alert], surroundings: Iterable[bytes], claims: Iterable[bytes]) -> tuple[Point, ...]:
    """Give every state that was written down of every track, each once, by track and time, with claims while kept."""
    said = {(one.track, _key(one.time)): one for body in claims for one in msgspec.json.decode(body, type=Claims).claims}
    found: dict[tuple[str, int], Point] = {}
    for body in surroundings:
        for track in msgspec.json.decode(body, type=Surroundings).tracks:
            key = track.track, _key(track.time)
            own = said.get(key)
            known = track if own is None else replace(track, identity=own.identity, pilot=own.pilot, reasons=own.reasons)
            found[key] = Point(known, None)
    for alert in alerts:
        if (state := alert.track_state) is not None:
            found[state.track, _key(state.time)] = Point(state, alert.alert)
    return tuple(found[key] for key in sorted(found))


def _key(time: datetime) -> int:
    return round(time.timestamp() * 1e6)  # µs


def _told(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    """Write an entry so that its digest and hash can be reckoned again: the body byte for byte."""
    told = {name: getattr(row, name) for name in ("sequence", "kind", "subject", "revision", "archived", "time", "written")}
    told |= {"digest": row.digest.hex(), "hash": row.hash.hex(), "salt": None if row.salt is None else row.salt.hex()}
    return told | _content(row.body)


def _content(body: bytes | None) -> dict[str, Any]:
    if not body:
        return {"body": None}
    try:
        msgspec.json.decode(body)
        body.decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {"body_base64": body}
    return {"body": msgspec.Raw(body)}
