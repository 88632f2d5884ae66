"""A route: who may use it, what it takes, what it gives. One table of them is the API, its access rights and its description."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Served

from fusion.console.desk import Desk
from fusion.console.guard import SAFE, caller_of, from_here
from fusion.console.permissions import Caller, Sight
from fusion.console.problems import Problem, decoded, unfitting

BODY = 1 << 20
"""Bytes of a body: a zone of a thousand corners is 40 kB."""

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

HEAD = "/api/v1"


class Asked(NamedTuple):
    """What a request asks, read and checked."""

    desk: Desk
    request: Request
    caller: Caller | None
    path: dict[str, str]
    query: Any
    body: Any

    @property
    def who(self) -> Caller:
        """Who asks, on a route that is not open to all."""
        assert self.caller is not None  # noqa: S101 - the route has a permission
        return self.caller

    @property
    def sight(self) -> Sight:
        """What of the picture the caller may see."""
        return Sight.of(self.who)


class Route(NamedTuple):
    """One row of the API."""

    method: Method
    path: str  # below HEAD
    permission: str | None
    """None: open to all. "": whoever is logged in, whatever that one may."""
    do: Callable[[Asked], Awaitable[Any]]
    says: str
    gives: Any = None
    takes: Any = None
    query: Any = None
    status: int = 200
    refuses: tuple[int, ...] = ()
    """Refusals of its own, besides those of every route."""
    media: str | tuple[str, ...] = "application/json"
    if_match: bool = False
    empty: bool = False
    """Whether it may answer with nothing (204) too."""


def served(routes: tuple[Route, ...], desk: Desk) -> list[Served]:
    """Give Starlette's routes, one a path."""
    return [Served(HEAD + one.path, _endpoint(one, desk), methods=[one.method]) for one in routes]


def _endpoint(route: Route, desk: Desk) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            return await _answer(route, desk, request)
        except Problem as problem:
            return problem.response()

    return endpoint


async def _answer(route: Route, desk: Desk, request: Request) -> Response:
    caller = None if route.permission is None else await caller_of(request, desk)
    if route.method not in SAFE and not from_here(request, desk.console):
        raise Problem(403, "the request does not come from a page of this console: its Origin is another, or missing")
    if caller is not None:
        _permit(route, caller)
    query = None if route.query is None else _query(request, route.query)
    body = None if route.takes is None else decoded(await _body(request), route.takes)
    path = {name: str(value) for name, value in request.path_params.items()}
    result = await route.do(Asked(desk, request, caller, path, query, body))
    return result if isinstance(result, Response) else told(result, route.status)


def told(result: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with a record as JSON, or with nothing."""
    if result is None:
        return Response(status_code=204, headers=headers)
    return Response(msgspec.json.encode(result), status, headers, media_type="application/json")


def _permit(route: Route, caller: Caller) -> None:
    if caller.must_change and not route.path.startswith("/session"):
        raise Problem(403, "this password is somebody else's choice: change it first (POST /api/v1/session/password)")
    if route.permission and not caller.may(route.permission):
        raise Problem(403, f"{caller.name} may not do this; it needs the permission {route.permission!r}")


def _query(request: Request, kind: Any) -> Any:
    given = dict(request.query_params)
    if len(given) != len(request.query_params.multi_items()):
        raise Problem(400, "a parameter of the query is given twice")
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        problem = unfitting(error, "the query")
        raise Problem(400, problem.detail, problem.errors) from error


async def _body(request: Request) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Problem(415, f"the body is {kind or 'nothing known'}; expected application/json")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > BODY:
            raise Problem(413, f"the body has more than {BODY} bytes")
    return bytes(body)
