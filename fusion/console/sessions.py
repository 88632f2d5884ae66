"""Routes of who logs in, who is logged in, and who leaves."""

from __future__ import annotations

import math
from html import escape
from typing import Annotated, NamedTuple

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from fusion.console.desk import Desk
from fusion.console.guard import address_of, end_session, set_session
from fusion.console.people import Fresh
from fusion.console.permissions import Caller
from fusion.console.problems import Problem
from fusion.console.routes import HEAD, Asked, Route, told
from fusion.errors import AccountError
from fusion.messages import Record, Time, utc

Password = Annotated[str, Meta(max_length=1024)]


class LogIn(Record):
    """A name and its password."""

    name: Annotated[str, Meta(max_length=128)]
    password: Password


class ByToken(Record):
    """A token, for a page on a wall."""

    token: Annotated[str, Meta(max_length=256)]


class NewPassword(Record):
    """One's own password, changed."""

    old: Password
    new: Password


class SessionTold(Record, omit_defaults=False):
    """Who is logged in, and what that one may."""

    name: str
    kind: str
    role: str | None
    permissions: list[str]
    expires: Time
    must_change_password: bool


class Left(Record, omit_defaults=False):
    """Somebody has logged out here, and is still logged in at the provider."""

    url: str
    """Where one logs out there."""


class Provider(Record, omit_defaults=False):
    """An OpenID provider, and where its way in begins."""

    name: str
    url: str


class Methods(Record, omit_defaults=False):
    """How one can log in."""

    password: bool
    oidc: Provider | None


def session_of(caller: Caller) -> SessionTold:
    """Tell a session."""
    return SessionTold(
        name=caller.name,
        kind=caller.kind,
        role=caller.role,
        permissions=sorted(caller.permissions),
        expires=utc(caller.expires),
        must_change_password=caller.must_change,
    )


async def log_in(asked: Asked) -> Response:
    """Begin a session with a name and a password."""
    desk, wanted = asked.desk, asked.body
    address = address_of(asked.request, desk.console)
    _let_wait(desk, wanted.name, address)
    desk.throttle.failed(wanted.name, address)  # before it is known: many at once are no way around
    async with desk.guessing:
        fresh = await desk.off_loop(desk.people.log_in, wanted.name, wanted.password, desk.clock())
    if fresh is None:
        known = await desk.off_loop(desk.people.accounts.user, wanted.name)
        who = wanted.name if known else "?"  # who mistakes the fields types a password here
        await desk.note_access(who, "login refused", address=address)
        raise Problem(401, "the name or the password is wrong")
    desk.throttle.succeeded(wanted.name, address)
    await desk.note_access(fresh.caller.name, "login", address=address)
    return _with_session(fresh, desk)


async def log_in_by_token(asked: Asked) -> Response:
    """Begin a session with a token."""
    desk = asked.desk
    address = address_of(asked.request, desk.console)
    _let_wait(desk, f"@{address}", address)
    fresh = await desk.off_loop(desk.people.log_in_by_token, asked.body.token, desk.clock())
    if fresh is None:
        desk.throttle.failed(f"@{address}", address)
        raise Problem(401, "the token is not known, or no longer valid")
    await desk.note_access(fresh.caller.name, "login by token", address=address)
    return _with_session(fresh, desk)


async def who_am_i(asked: Asked) -> SessionTold:
    """Tell who is logged in."""
    return session_of(asked.who)


async def log_out(asked: Asked) -> Response:
    """End the session; who came by a provider is told where to log out there."""
    desk, caller = asked.desk, asked.who
    way = None
    if caller.digest:
        await desk.note_by(caller, "logout")
        await desk.off_loop(desk.people.leave, caller)
        desk.feed.tell("", None)
        if caller.kind == "openid" and desk.provider is not None:
            way = await desk.provider.way_out(caller.digest)
    response = told(None if way is None else Left(url=way))
    end_session(response, desk)
    return response


async def change_password(asked: Asked) -> Response:
    """Change one's own password; every session of it ends, and this one goes on as a new one."""
    desk, caller, wanted = asked.desk, asked.who, asked.body
    if caller.kind != "user":
        raise Problem(409, "only a user has a password here")
    address = address_of(asked.request, desk.console)
    _let_wait(desk, caller.name, address)
    try:
        async with desk.guessing:
            changed = await desk.off_loop(desk.people.change_password, caller.name, wanted.old, wanted.new)
    except AccountError as error:
        raise Problem(422, str(error)) from error
    if not changed:
        desk.throttle.failed(caller.name, address)
        raise Problem(403, "the old password is wrong")
    await desk.note_by(caller, "password changed", caller.name)
    async with desk.guessing:
        fresh = await desk.off_loop(desk.people.log_in, caller.name, wanted.new, desk.clock())
    response = told(None)
    if fresh is not None:
        set_session(response, fresh, desk)
    return response


async def methods(asked: Asked) -> Methods:
    """Tell how one can log in."""
    oidc = asked.desk.console.oidc
    return Methods(password=True, oidc=None if oidc is None else Provider(name=oidc.name, url=f"{HEAD}/oidc/login"))


async def enter(request: Request, desk: Desk) -> Response:
    """Redeem a link that works once: a page that sets the cookie and goes on, for a Strict cookie is not sent with a redirect."""
    address = address_of(request, desk.console)
    try:
        _let_wait(desk, f"@{address}", address)
    except Problem as problem:
        return problem.response()
    fresh = await desk.off_loop(desk.people.redeem, request.path_params["code"], desk.clock())
    if fresh is None:
        desk.throttle.failed(f"@{address}", address)
        return onward(request, USED_UP)
    await desk.note_access(fresh.caller.name, "login by link", address=address)
    response = onward(request, ENTERED, to="/")
    set_session(response, fresh, desk)
    return response


class Said(NamedTuple):
    """A sentence and the words of a link, in English and in French."""

    sentence: tuple[str, str]
    link: tuple[str, str]


ENTERED = Said(("You are logged in.", "Vous êtes connecté."), ("Go on", "Continuer"))
USED_UP = Said(
    ("This link has been used, or is too old.", "Ce lien a déjà servi, ou il est trop vieux."), ("Log in", "Se connecter")
)


def onward(request: Request, said: Said, *, to: str | None = None) -> HTMLResponse:
    """Give a page that leads to the console: at once to a path of it (`to`), else by a link. 401 where it leads nowhere yet."""
    french = request.headers.get("accept-language", "").lower().startswith("fr")
    there = escape(to or "/")
    refresh = "" if to is None else f'<meta http-equiv="refresh" content="0;url={there}">'
    return HTMLResponse(
        f'<!doctype html><html lang="{"fr" if french else "en"}"><head><meta charset="utf-8"><title>Vigie</title>'
        f'<link rel="icon" href="data:,">{refresh}</head>'
        f'<body><p>{escape(said.sentence[french])} <a href="{there}">{escape(said.link[french])}</a></p></body></html>',
        401 if to is None else 200,
    )


def _let_wait(desk: Desk, name: str, address: str) -> None:
    wait = desk.throttle.wait(name, address)
    if wait > 0.0:
        raise Problem(429, f"too many attempts; try again in {math.ceil(wait)} s", headers={"Retry-After": str(math.ceil(wait))})


def _with_session(fresh: Fresh, desk: Desk) -> Response:
    response = told(session_of(fresh.caller))
    set_session(response, fresh, desk)
    return response


SESSIONS = (
    Route("POST", "/session", None, log_in, "Log in.", gives=SessionTold, takes=LogIn, refuses=(401, 429)),
    Route(
        "POST",
        "/session/token",
        None,
        log_in_by_token,
        "Begin a session with a token.",
        gives=SessionTold,
        takes=ByToken,
        refuses=(401, 429),
    ),
    Route("GET", "/session", "", who_am_i, "Who is logged in.", gives=SessionTold),
    Route("DELETE", "/session", "", log_out, "Log out.", gives=Left, empty=True),
    Route(
        "POST",
        "/session/password",
        "",
        change_password,
        "Change one's own password.",
        takes=NewPassword,
        status=204,
        refuses=(409, 429),
    ),
    Route("GET", "/session/methods", None, methods, "How one can log in.", gives=Methods),
)
