"""Routes about permits: who has one, whether one is good, publish it, withdraw it. To sign is the issuer's alone."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from starlette.responses import Response

from fusion.console.problems import Fault, Problem
from fusion.console.routes import Asked, Route, told
from fusion.console.zoning import Because, Why
from fusion.messages import Record, Time, nanoseconds, utc
from fusion.zones.permits import Permit
from fusion.zones.reasons import SENTENCES, Reason
from fusion.zones.tokens import LONGEST, Revocation, Signed

State = Literal["valid", "not_yet", "ended"]

Token = Annotated[str, Meta(min_length=1, max_length=LONGEST)]


class PermitTold(Permit, kw_only=True):
    """One permit as the console tells it: the register's entry, or what an issuer has signed."""

    permit: str | None = None  # its number; None for the register's
    state: State


class RevokedTold(Record, omit_defaults=False):
    """A number that is worth nothing any longer."""

    permit: str
    issued_by: str
    time: Time


class PermitsTold(Record, omit_defaults=False):
    """Who may fly, who no longer may, and who may issue."""

    items: list[PermitTold]
    revoked: list[RevokedTold]
    issuers: list[str]


class Candidate(Record):
    """A token that may be none."""

    token: Token


class Judged(Record, omit_defaults=False):
    """What a token is worth: the permit or the number that it revokes, or why it is not believed, by language."""

    permit: PermitTold | None = None
    revokes: str | None = None
    reasons: dict[str, str] = msgspec.field(default_factory=dict)


class NewPermit(Record, kw_only=True):
    """A signed permit or revocation, and why it is given."""

    token: Token
    why: Why


class Given(Record):
    """Which number it is of."""

    permit: str


async def permits(asked: Asked) -> PermitsTold:
    """Tell who may fly; who our own are only to whom may know where they fly."""
    book, now = asked.desk.permits, asked.desk.clock()
    number_of = {id(held.entry): number for number, held in book.held.items()}
    items = [_told(entry.permit, number_of.get(id(entry)), now) for entry in book.register.entries]
    revoked = [
        RevokedTold(permit=number, issued_by=issuer, time=utc(time))
        for (issuer, _, number), time in ((name.partition("/"), time) for name, time in sorted(book.revoked.items()))
    ]
    return PermitsTold(
        items=[one for one in items if asked.sight.friendly or not one.friendly],
        revoked=revoked,
        issuers=[issuer.name for issuer in asked.desk.config.permits.issuer],
    )


async def check(asked: Asked) -> Judged:
    """Say what a token is worth; nothing is published."""
    now = asked.desk.clock()
    match asked.desk.permits.judge(None, asked.body.token.encode(), now):
        case Reason() as why:
            return Judged(reasons={language: why.sentence(language) for language in SENTENCES})
        case Revocation(number=number):
            return Judged(revokes=number)
        case Signed(number=number, permit=permit):
            return Judged(permit=_told(permit, number, now))


async def give(asked: Asked) -> Response:
    """Publish a permit or a revocation, as an issuer has signed it."""
    desk, token = asked.desk, asked.body.token.encode()
    said = desk.permits.judge(None, token, desk.clock())
    if isinstance(said, Reason):
        raise Problem(422, said.sentence(), (Fault(field="$.token", reason=said.sentence()),))
    what = "permit revoked" if isinstance(said, Revocation) else "permit published"
    await desk.note_by(asked.who, what, said.number, asked.body.why)
    desk.mouth.retain("permit", token, permit=said.number)
    return told(Given(permit=said.number), 202)


async def withdraw(asked: Asked) -> Response:
    """Withdraw a permit, until somebody brings it again; only its issuer can revoke it."""
    desk, number = asked.desk, asked.path["permit"]
    if number not in desk.permits.held:
        raise Problem(404, f"permit {number} is not held")
    await desk.note_by(asked.who, "permit withdrawn", number, asked.body.why)
    desk.mouth.retain("permit", b"", permit=number)
    return told({}, 202)


def _told(permit: Permit, number: str | None, now: int) -> PermitTold:
    said: dict[str, Any] = {name: getattr(permit, name) for name in permit.__struct_fields__}
    return PermitTold(**said, permit=number, state=_state(permit, now))


def _state(permit: Permit, now: int) -> State:
    if permit.valid_from is not None and now < nanoseconds(permit.valid_from):
        return "not_yet"
    return "ended" if permit.valid_until is not None and now >= nanoseconds(permit.valid_until) else "valid"


PERMITTING = (
    Route("GET", "/permits", "read", permits, "Who may fly, and who no longer may.", gives=PermitsTold),
    Route("POST", "/permits/check", "permits", check, "What a token is worth.", gives=Judged, takes=Candidate),
    Route("POST", "/permits", "permits", give, "Give a signed permit or revocation.", takes=NewPermit, gives=Given, status=202),
    Route("DELETE", "/permits/{permit}", "permits", withdraw, "Withdraw.", takes=Because, gives=dict, status=202, refuses=(404,)),
)
