"""Routes that change who may fly where: zones, their windows, the plan. All of it goes over the broker, which keeps it."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.responses import Response

from fusion.console.plan_signing import fault_of, plain, signed
from fusion.console.problems import Fault, Problem
from fusion.console.routes import Asked, Route, told
from fusion.console.zone_book import checked
from fusion.errors import DecodeError, FusionError
from fusion.messages import Record
from fusion.zones.plans import ZonePlan
from fusion.zones.tokens import LONGEST
from fusion.zones.windows import Span, ZoneWindow, decode_window

Why = Annotated[str, Meta(pattern=r"\S", max_length=500)]


class NewFeature(Record, kw_only=True):
    """A zone, and why."""

    feature: dict[str, Any]
    why: Why


class Because(Record):
    """Why."""

    why: Why


class Candidate(Record):
    """A zone that may be none."""

    feature: Any


class Checked(Record, omit_defaults=False):
    """What is wrong with it."""

    errors: tuple[Fault, ...]


class NewWindow(Record, kw_only=True):
    """When a zone is in force, and why."""

    periods: Annotated[tuple[Span, ...], Meta(max_length=100)]
    why: Why


class NewPlan(Record, kw_only=True):
    """Which plan is in force, and why; where persons sign, the token of whoever decided."""

    plan: Annotated[str, Meta(max_length=64)]
    why: Why
    token: Annotated[str, Meta(min_length=1, max_length=LONGEST)] | None = None


async def publish(asked: Asked) -> Response:
    """Publish a zone, new or changed."""
    desk, name, wanted = asked.desk, asked.path["zone"], asked.body
    feature = _read(name, wanted.feature)
    _match(asked, name)
    await desk.note_by(asked.who, "zone published", name, wanted.why)
    desk.mouth.retain("zone", msgspec.json.encode(feature), zone=name)
    return told({}, 202)


async def withdraw(asked: Asked) -> Response:
    """Withdraw a zone."""
    desk, name = asked.desk, asked.path["zone"]
    if desk.zones.etag(name) is None:
        raise Problem(404, f"zone {name} is not there")
    await desk.note_by(asked.who, "zone withdrawn", name, asked.body.why)
    desk.mouth.retain("zone", b"", zone=name)
    return told({}, 202)


async def check(asked: Asked) -> Checked:
    """Say what is wrong with a zone; nothing is published."""
    properties = asked.body.feature.get("properties") if isinstance(asked.body.feature, dict) else None
    name = properties.get("identifier") if isinstance(properties, dict) else None
    try:
        checked(str(name), asked.body.feature)
    except FusionError as error:
        return Checked(errors=(_fault(error),))
    return Checked(errors=())


async def set_window(asked: Asked) -> Response:
    """Change when a zone is in force."""
    desk, name = asked.desk, asked.path["zone"]
    if desk.zones.etag(name) is None:
        raise Problem(404, f"zone {name} is not there")
    window = ZoneWindow(periods=asked.body.periods, who=asked.who.name, why=asked.body.why)
    payload = msgspec.json.encode(window)
    try:
        decode_window(payload)
    except DecodeError as error:
        raise Problem(422, str(error), (_fault(error),)) from error
    await desk.note_by(asked.who, "zone window set", name, asked.body.why)
    desk.mouth.retain("zone_window", payload, zone=name)
    return told({}, 202)


async def clear_window(asked: Asked) -> Response:
    """Let a zone be in force as published again."""
    desk, name = asked.desk, asked.path["zone"]
    if not desk.zones.has_window(name):
        raise Problem(404, f"zone {name} has no window")
    await desk.note_by(asked.who, "zone window undone", name, asked.body.why)
    desk.mouth.retain("zone_window", b"", zone=name)
    return told({}, 202)


async def set_plan(asked: Asked) -> Response:
    """Put a plan in force."""
    desk, wanted = asked.desk, asked.body
    if wanted.plan not in desk.config.zones.plans:
        known = ", ".join(desk.config.zones.plans) or "none"
        raise Problem(
            422, f"plan: {wanted.plan!r} is not one of this site's; expected {known}", (Fault(field="$.plan", reason=known),)
        )
    order = _order(asked)
    await desk.note_by(asked.who, "plan set", wanted.plan, wanted.why)
    desk.mouth.retain("zone_plan", order)
    return told({}, 202)


def _order(asked: Asked) -> bytes:
    """Write what puts a plan in force: as this site wants it signed."""
    desk, wanted = asked.desk, asked.body
    order = ZonePlan(plan=wanted.plan, who=asked.who.name, why=wanted.why)
    if desk.plans.signing != "signed":
        return plain(order)
    if wanted.token is None and desk.plan_signer is not None:
        return signed(desk.plans, desk.plan_signer, order, desk.clock())
    token = (wanted.token or "").strip().encode()
    if (wrong := fault_of(desk.plans, wanted.plan, token, desk.clock())) is not None:
        raise Problem(422, wrong.sentence(), (Fault(field="$.token", reason=wrong.sentence()),))
    return token


def _read(name: str, feature: Any) -> dict[str, Any]:
    try:
        return checked(name, feature)
    except FusionError as error:
        raise Problem(422, str(error), (_fault(error),)) from error


def _match(asked: Asked, name: str) -> None:
    """Refuse who has not seen the zone as it is."""
    present, sent = asked.desk.zones.etag(name), asked.request.headers
    if "if-match" not in sent and "if-none-match" not in sent:
        raise Problem(428, "If-Match (the zone's etag) or `If-None-Match: *` (a new one) is missing")
    if "if-none-match" in sent and present is not None:
        raise Problem(412, f"zone {name} is there already")
    if "if-match" in sent and sent["if-match"] != present:
        raise Problem(412, f"zone {name} is not what you have read; read it again")


def _fault(error: FusionError) -> Fault:
    """Give a fault as a field and a reason: our readers write `where: field: value is refused`."""
    return Fault(field="$.feature", reason=str(error))


ZONING = (
    Route("POST", "/zones/check", "zones", check, "What is wrong with a zone.", gives=Checked, takes=Candidate),
    Route(
        "PUT",
        "/zones/{zone}",
        "zones",
        publish,
        "Publish a zone.",
        takes=NewFeature,
        gives=dict,
        status=202,
        refuses=(412, 428),
        if_match=True,
    ),
    Route(
        "DELETE", "/zones/{zone}", "zones", withdraw, "Withdraw a zone.", takes=Because, gives=dict, status=202, refuses=(404,)
    ),
    Route(
        "PUT",
        "/zones/{zone}/window",
        "zones",
        set_window,
        "When a zone is in force.",
        takes=NewWindow,
        gives=dict,
        status=202,
        refuses=(404,),
    ),
    Route(
        "DELETE",
        "/zones/{zone}/window",
        "zones",
        clear_window,
        "As published again.",
        takes=Because,
        gives=dict,
        status=202,
        refuses=(404,),
    ),
    Route("PUT", "/plan", "zones", set_plan, "Which plan is in force.", takes=NewPlan, gives=dict, status=202),
)
