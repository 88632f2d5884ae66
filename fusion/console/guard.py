"""Who asks, and whether the request comes from where it says: sessions, tokens, cross-site requests, headers of every answer."""

from __future__ import annotations

import base64
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fusion.config_console import Console, is_secure
from fusion.console.desk import Desk
from fusion.console.people import Fresh
from fusion.console.permissions import Caller
from fusion.console.problems import Problem
from fusion.messages import SECOND

SAFE = ("GET", "HEAD", "OPTIONS")

EXPORTS = "/api/v1/export/"
"""Below it lies what map programs read; nothing there changes anything."""


async def caller_of(connection: HTTPConnection, desk: Desk) -> Caller:
    """Tell who asks, by a token or a session; refuse who is neither."""
    told = connection.headers.get("authorization", "")
    if told:
        secret = _token(connection, told)
        found = await desk.off_loop(desk.people.bearer, secret, desk.clock()) if secret else None
    else:
        cookie = connection.cookies.get(cookie_name(desk.console), "")
        found = await desk.off_loop(desk.people.caller, cookie, desk.clock()) if cookie else None
    if found is None:
        ways = 'Bearer, Basic realm="Vigie"' if _is_export(connection) else "Bearer"
        raise Problem(401, "log in first, or send a token that is valid", headers={"WWW-Authenticate": ways})
    return found


def _token(connection: HTTPConnection, told: str) -> str:
    """Give the token of an Authorization header; globes and map programs can send it as a password alone, which exports take.

    Nothing else does: a browser that knows such a password would send it for any site's page.
    """
    kind, _, secret = told.partition(" ")
    if kind.lower() == "bearer":
        return secret.strip()
    if kind.lower() != "basic" or not _is_export(connection):
        return ""
    try:
        return base64.b64decode(secret.strip(), validate=True).decode().partition(":")[2]
    except ValueError:
        return ""


def _is_export(connection: HTTPConnection) -> bool:
    return connection.url.path.startswith(EXPORTS)


def from_here(connection: HTTPConnection, console: Console) -> bool:
    """Tell whether a page of ours sent it: its Origin is this host, or the browser says that it is the same.

    A request with a token in its header needs no such proof: no other site's page can know the token.
    """
    if connection.headers.get("authorization"):
        return True
    origin = connection.headers.get("origin")
    if origin is not None:
        return origin == f"{'https' if is_secure(console) else 'http'}://{connection.headers.get('host', '')}"
    return connection.headers.get("sec-fetch-site") == "same-origin"


def address_of(connection: HTTPConnection, console: Console) -> str:
    """Give the address that asks; behind our own proxy the last that it names, for all before are the sender's word."""
    if console.proxy and (forwarded := connection.headers.get("x-forwarded-for")):
        return forwarded.rpartition(",")[2].strip()[:64]
    return connection.client.host if connection.client else ""


def cookie_name(console: Console) -> str:
    """Give the name of the session's cookie; with __Host- no other host of the domain can set it."""
    return "__Host-vigie_session" if is_secure(console) else "vigie_session"


def set_session(response: Response, fresh: Fresh, desk: Desk) -> None:
    """Give the browser its session."""
    response.set_cookie(
        cookie_name(desk.console),
        fresh.secret,
        max_age=max((fresh.caller.expires - desk.clock()) // SECOND, 1),
        path="/",
        secure=is_secure(desk.console),
        httponly=True,
        samesite="strict",
    )


def end_session(response: Response, desk: Desk) -> None:
    """Take the session back from the browser."""
    response.delete_cookie(cookie_name(desk.console), path="/", secure=is_secure(desk.console), httponly=True, samesite="strict")


def headers(console: Console) -> dict[str, str]:
    """Give what every answer carries."""
    tiles = console.tiles
    host = "" if tiles is None else " {0.scheme}://{0.netloc}".format(urlsplit(tiles.url))
    told = {
        "Content-Security-Policy": (
            f"default-src 'self'; img-src 'self' data: blob:{host}; connect-src 'self'; worker-src 'self' blob:; "
            "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
    }
    if is_secure(console):
        told["Strict-Transport-Security"] = "max-age=31536000"
    return told


class Headers:
    """Puts the headers on every answer; what says nothing of it is not to be kept."""

    def __init__(self, app: ASGIApp, console: Console) -> None:
        self.app = app
        self._always = [(name.lower().encode(), value.encode()) for name, value in headers(console).items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = list(message.get("headers", ()))
                kept = any(name == b"cache-control" for name, _ in own)
                message["headers"] = [*own, *self._always, *([] if kept else [(b"cache-control", b"no-store")])]
            await send(message)

        await self.app(scope, receive, sending if scope["type"] == "http" else send)
