"""Routes that look back: how often alerts come, and the file of an incident."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from msgspec.structs import replace
from starlette.responses import Response

from fusion.console.alert_log import shown
from fusion.console.alerting import find
from fusion.console.permissions import Sight
from fusion.console.problems import Problem
from fusion.console.routes import Asked, Route
from fusion.errors import JournalError
from fusion.journal.export_formats import FORMATS
from fusion.journal.exporting import Incident, incident, redacted
from fusion.journal.looking import raised_between
from fusion.messages import SECOND, Record, Severity, Time, nanoseconds, utc

STEP_S = 600
"""s of one step of the rates: ISA-18.2 counts alarms in ten minutes."""


MEDIA = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "geojson": "application/geo+json",
    "kml": "application/vnd.google-earth.kml+xml",
}
"""What each format of an incident is called on the web."""


class Hours(Record):
    """How far back."""

    hours: Annotated[float, Meta(ge=0.2, le=744.0)] = 24.0


class RatesTold(Record, omit_defaults=False):
    """How many alerts were raised in each step."""

    begin: Time = msgspec.field(name="from")
    end: Time = msgspec.field(name="to")
    step_s: int
    counts: dict[Severity, list[int]]


class Export(Record):
    """Which file."""

    format: Literal["json", "csv", "geojson", "kml"]
    around: Annotated[float, Meta(ge=0.0, le=3600.0)] = 60.0
    redacted: bool = False


async def rates(asked: Asked) -> RatesTold:
    """Tell how many alerts were raised in each ten minutes."""
    step = STEP_S * SECOND
    end = -(-asked.desk.clock() // step) * step
    begin = end - round(asked.query.hours * 3600 / STEP_S) * step
    desk = asked.desk
    if desk.beside_service:
        raised = await desk.off_loop(raised_between, desk.journal, begin, end - 1)
    else:
        raised = [(nanoseconds(one.alert.raised), one.alert.severity) for one in desk.feed.alerts.latest.values()]
    counts: dict[Severity, list[int]] = {name: [0] * ((end - begin) // step) for name in ("critical", "warning", "advisory")}
    for time, severity in raised:
        if begin <= time < end:
            counts[severity][(time - begin) // step] += 1  # type: ignore[index]
    return RatesTold(begin=utc(begin), end=utc(end), step_s=STEP_S, counts=counts)


async def export(asked: Asked) -> Response:
    """Give an incident as a file; that it was taken is in the journal before."""
    found, desk, wanted = await find(asked), asked.desk, asked.query
    sight = asked.sight
    if wanted.format == "json" and not (wanted.redacted or (sight.pilot and sight.friendly)):
        raise Problem(403, "json holds everything, byte for byte; it needs the permissions 'pilot' and 'friendly'")
    try:
        taken = await desk.off_loop(incident, desk.journal, found.alert, round(wanted.around * SECOND))
    except Problem as problem:
        if isinstance(problem.__cause__, JournalError) and "is not in" in str(problem.__cause__):
            raise Problem(404, str(problem.__cause__)) from problem
        raise
    await desk.note_by(asked.who, "export", found.alert, f"{wanted.format}, redacted" if wanted.redacted else wanted.format)
    if wanted.redacted:
        taken = redacted(taken)
    body = await desk.off_loop(FORMATS[wanted.format], _seen(taken, sight))
    name = f"{found.alert}.{wanted.format}"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, headers=disposition, media_type=MEDIA[wanted.format])


def _seen(taken: Incident, sight: Sight) -> Incident:
    """Leave out of an incident what somebody may not see."""
    alerts = tuple(shown(one, sight) for one in taken.alerts)
    points = tuple(
        one._replace(state=one.state if sight.pilot else replace(one.state, pilot=None))
        for one in taken.points
        if sight.friendly or one.state.verdict != "friendly"
    )
    return taken._replace(alerts=alerts, points=points)


INCIDENTS = (
    Route(
        "GET",
        "/alerts/rates",
        "read",
        rates,
        "How many alerts were raised in each ten minutes.",
        gives=RatesTold,
        query=Hours,
    ),
    Route(
        "GET",
        "/alerts/{alert}/export",
        "export",
        export,
        "An incident as a file.",
        query=Export,
        refuses=(404,),
        media=tuple(MEDIA.values()),
    ),
)
