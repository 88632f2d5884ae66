"""The console as one ASGI application: its pages, its API, its stream."""

from __future__ import annotations

import logging
import mimetypes
import re
from importlib.resources import files
from pathlib import Path

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, WebSocketRoute
from starlette.routing import Route as Served
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope
from starlette.websockets import WebSocket

from fusion.console.accounting import ACCOUNTING
from fusion.console.alerting import ALERTING
from fusion.console.desk import Desk
from fusion.console.exporting import EXPORTING
from fusion.console.guard import Headers, cookie_name
from fusion.console.incidents import INCIDENTS
from fusion.console.logbook import LOGBOOK
from fusion.console.oidc import OIDC
from fusion.console.openapi import description
from fusion.console.opening import open_stream, reader
from fusion.console.permitting import PERMITTING
from fusion.console.problems import Problem
from fusion.console.reading import READING
from fusion.console.recalling import RECALLING
from fusion.console.rehearsing import REHEARSING
from fusion.console.routes import HEAD, Route, served
from fusion.console.sessions import SESSIONS, enter
from fusion.console.zoning import ZONING
from fusion.errors import ConfigError

ROUTES: tuple[Route, ...] = (
    *SESSIONS,
    *OIDC,
    *READING,
    *EXPORTING,
    *INCIDENTS,
    *ALERTING,
    *ZONING,
    *PERMITTING,
    *RECALLING,
    *REHEARSING,
    *ACCOUNTING,
    *LOGBOOK,
)
"""The whole API."""

PAGES = ("/", "/kiosk", "/m", "/incident/{alert}")
"""Paths that are one page, which reads its path itself."""

HASHED = re.compile(r"[-.][0-9A-Za-z_]{8,}\.\w+$")
"""A file whose name changes with its content (esbuild's `[name]-[hash]`)."""

log = logging.getLogger(__name__)

mimetypes.add_type("application/geo+json", ".geojson")
mimetypes.add_type("application/vnd.pmtiles", ".pmtiles")


def application(desk: Desk, built: Path | None = None) -> ASGIApp:
    """Give the application of one desk; `built` is where the pages were built."""
    pages = built or Path(str(files("fusion.console") / "web" / "dist"))
    told = msgspec.json.encode(description(ROUTES, cookie=cookie_name(desk.console)))

    async def openapi(_request: Request) -> Response:
        return Response(told, media_type="application/json")

    async def page(_request: Request) -> Response:
        if not (pages / "index.html").is_file():
            return Response("The pages are not built; the API is below /api/v1.\n", 404, media_type="text/plain")
        return FileResponse(pages / "index.html", headers={"Cache-Control": "no-store"})

    async def health(_request: Request) -> Response:
        return Response(msgspec.json.encode({"state": desk.feed.link}), media_type="application/json")

    async def entering(request: Request) -> Response:
        return await enter(request, desk)

    async def stream(socket: WebSocket) -> None:
        await open_stream(socket, desk)

    async def basemap(request: Request) -> Response:
        return await _basemap(request, desk)

    async def tile(request: Request) -> Response:
        return await _tile(request, desk)

    routes: list[BaseRoute] = [Served(path, page, methods=["GET"]) for path in PAGES]
    routes += [
        Served("/health", health, methods=["GET"]),
        Served("/enter/{code}", entering, methods=["GET"]),
        Served("/basemap/{file}", basemap, methods=["GET"]),
        Served("/basemap/{file}/{z:int}/{x:int}/{y:int}", tile, methods=["GET"]),
        Served(f"{HEAD}/openapi.json", openapi, methods=["GET"]),
        WebSocketRoute(f"{HEAD}/stream", stream),
        *served(ROUTES, desk),
        Mount("/static", Pages(directory=pages, check_dir=False)),
    ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: _problem, Problem: _problem, Exception: _mistake})
    app.router.redirect_slashes = False
    return Headers(app, desk.console)  # outside of everything, so that an answer about our own mistake has them too


class Pages(StaticFiles):
    """What the build wrote; what has its content's hash in its name never changes."""

    def file_response(self, full_path: str, *args: object, **kwargs: object) -> Response:  # type: ignore[override]
        """Serve one file."""
        response = super().file_response(full_path, *args, **kwargs)  # type: ignore[arg-type]
        kept = "public, max-age=31536000, immutable" if HASHED.search(str(full_path)) else "no-cache"
        response.headers["Cache-Control"] = kept
        return response

    async def check_config(self) -> None:
        """Expect nothing: where nothing was built there is nothing to serve, and that is a 404."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Serve one file, but for the page itself, which has its own paths."""
        if path == "index.html":
            raise HTTPException(404)
        return await super().get_response(path, scope)


async def _basemap(request: Request, desk: Desk) -> Response:
    """Serve a file of the site's own base map."""
    try:
        await reader(request, desk)
    except Problem as problem:
        return problem.response()
    name = request.path_params["file"]
    path = desk.basemaps.file(name)
    if path is None:
        return Problem(404, f"{name!r} is not a file of the base map").response()
    return FileResponse(path)


async def _tile(request: Request, desk: Desk) -> Response:
    """Serve a tile of one of the site's archives; browsers keep it, for who has another archive asks with another version."""
    try:
        await reader(request, desk)
    except Problem as problem:
        return problem.response()
    name, *place = (request.path_params[part] for part in ("file", "z", "x", "y"))
    try:
        found = await desk.off_loop(desk.basemaps.tile, name, *place)
    except ConfigError as error:
        log.warning("base map: %s", error)
        return Problem(500, "the archive is broken here; `vigie map check` says where").response()
    kept = {"Cache-Control": "private, max-age=86400"}
    if found is None:
        return Response(status_code=204, headers=kept)
    return Response(found.content, headers=kept | ({"Content-Encoding": "gzip"} if found.gzipped else {}), media_type=found.media)


async def _mistake(_request: Request, _error: Exception) -> Response:
    return Problem(500, "a mistake of ours; the log of the service says more").response()


async def _problem(_request: Request, error: Exception) -> Response:
    if isinstance(error, Problem):
        return error.response()
    assert isinstance(error, HTTPException)  # noqa: S101 - what this is registered for
    return Problem(error.status_code, error.detail, headers=error.headers).response()
