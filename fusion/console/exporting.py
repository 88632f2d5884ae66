"""Routes for whoever has nothing else: the tracks as GeoJSON, as KML for a globe, and as lines of JSON that go on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from msgspec import Meta
from starlette.responses import Response, StreamingResponse

from fusion.config_console import is_secure
from fusion.console import maps
from fusion.console.guard import caller_of
from fusion.console.permissions import Sight
from fusion.console.problems import Problem
from fusion.console.routes import HEAD, Asked, Route
from fusion.console.sky import Sky
from fusion.messages import Record, Track, utc

CHECK_S = 5.0
"""s between two looks whether who listens still may: as for the pages' stream."""

KML_TYPE = "application/vnd.google-earth.kml+xml"


class Often(Record):
    """How often a globe asks again."""

    period_s: Annotated[float, Meta(ge=0.5, le=3600.0)] = 1.0


class Follow(Record):
    """Whether lines go on."""

    follow: bool = False


async def geojson(asked: Asked) -> Response:
    """Tell every track as GeoJSON."""
    return Response(maps.geojson(asked.desk.feed.sky.tracks(asked.sight)), media_type="application/geo+json")


async def kml(asked: Asked) -> Response:
    """Tell every track that has a place as KML."""
    desk = asked.desk
    return Response(maps.kml(desk.config.site.name, desk.feed.sky.tracks(asked.sight)), media_type=KML_TYPE)


async def link(asked: Asked) -> Response:
    """Give the file with which a globe follows the tracks."""
    desk = asked.desk
    host = asked.request.headers.get("host", "")
    address = f"{'https' if is_secure(desk.console) else 'http'}://{host}{HEAD}/export/tracks.kml"
    named = {"Content-Disposition": 'attachment; filename="vigie.kml"'}
    return Response(maps.link(desk.config.site.name, address, asked.query.period_s), headers=named, media_type=KML_TYPE)


async def ndjson(asked: Asked) -> Response:
    """Tell every track as a line of JSON; who follows then hears of each that changes, and of one that ended as deleted."""
    return StreamingResponse(_lines(asked), media_type="application/x-ndjson")


class _Told:
    """What somebody has been told of the sky."""

    def __init__(self, sky: Sky, sight: Sight) -> None:
        self._sky, self._sight = sky, sight
        self._tracks: dict[str, Track] = {}

    def news(self) -> bytes:
        """Give a line for each track that is new or changed, and for each that ended or may not be seen any more."""
        now = {track.track: track for track in self._sky.tracks(self._sight)}
        lines = [maps.line(track) for name, track in now.items() if track != self._tracks.get(name)]
        lines += [maps.line(_ended(track, self._sky.t)) for name, track in self._tracks.items() if name not in now]
        self._tracks = now
        return b"".join(lines)


def _ended(track: Track, t: int) -> Track:
    """Say of a track that it is over, and nothing of where it was: it may just have become one that is not to be seen."""
    return Track(
        track=track.track, site=track.site, time=max(track.time, utc(t * 1_000_000)), status="deleted", existence=0.0,
        born=track.born, updated=track.updated,
    )  # fmt: skip


async def _lines(asked: Asked) -> AsyncIterator[bytes]:
    """Give what is new whenever there is something, as fast as it is taken: who is slow is told the newest, not all."""
    desk, stirred = asked.desk, asyncio.Event()
    told, loop = _Told(desk.feed.sky, asked.sight), asyncio.get_running_loop()
    with desk.feed.listening(lambda _key, _message: stirred.set()):
        checked = loop.time()
        yield told.news()
        follows = asked.query.follow and asked.request.method != "HEAD"  # whose answer ends with its head
        while follows and not desk.stopping.is_set():
            await _stir(stirred, desk.stopping)
            if loop.time() - checked >= CHECK_S:
                if not await _may_still(asked):
                    return
                checked = loop.time()
            if news := told.news():
                yield news


async def _stir(stirred: asyncio.Event, stopping: asyncio.Event) -> None:
    """Wait for something new, for the stop, or until it is time to look who listens."""
    waits = [asyncio.ensure_future(one.wait()) for one in (stirred, stopping)]
    try:
        await asyncio.wait(waits, timeout=CHECK_S, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waits:
            one.cancel()
    stirred.clear()


async def _may_still(asked: Asked) -> bool:
    try:
        now = await caller_of(asked.request, asked.desk)
    except Problem as problem:
        return problem.status == 503  # a journal that is away takes nothing from anyone
    return now.permissions == asked.who.permissions


EXPORTING = (
    Route("GET", "/export/tracks.geojson", "read", geojson, "Every track as GeoJSON.", media="application/geo+json"),
    Route("GET", "/export/tracks.kml", "read", kml, "Every track that has a place as KML.", media=KML_TYPE),
    Route("GET", "/export/link.kml", "read", link, "A network link to it.", query=Often, media=KML_TYPE),
    Route(
        "GET",
        "/export/tracks.ndjson",
        "read",
        ndjson,
        "Every track as a line of JSON; who follows hears of each that changes.",
        query=Follow,
        media="application/x-ndjson",
    ),
)
