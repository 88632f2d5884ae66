"""Routes that only read the picture: the site, status, tracks, zones, sensors."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from fusion import __version__
from fusion.config import Accuracy, BiasSigma, CoverageTable, Sensor, Site
from fusion.config_console import Tiles
from fusion.console.basemap import BaseMap
from fusion.console.columns import HISTORY, MILLISECOND
from fusion.console.plan_signing import Signing, signing
from fusion.console.problems import Problem
from fusion.console.routes import Asked, Route
from fusion.console.seen import SECTORS
from fusion.console.zone_book import Published
from fusion.messages import Record, SensorHealth, StatusMessage, Time, Track, utc


class SiteTold(Record, omit_defaults=False):
    """What a page must know of the site."""

    site: str
    version: str
    latitude_deg: float
    longitude_deg: float
    ground_amsl_m: float
    geoid_undulation_m: float
    crs: str
    plans: tuple[str, ...]
    plan_signing: Signing | None
    tracks_hz: float
    languages: tuple[str, ...]
    basemap: list[BaseMap]
    tiles: Tiles | None
    range_rings_m: tuple[float, ...]


class StatusTold(Record, omit_defaults=False):
    """The newest status, and when it was heard."""

    status: StatusMessage | None
    heard: Time | None


class TracksTold(Record, omit_defaults=False):
    """Every track."""

    time: Time
    tracks: list[Track]


class Since(Record):
    """How far back."""

    seconds: Annotated[float, Meta(gt=0.0, le=3600.0)] = 300.0


class HistoryTold(Record, omit_defaults=False):
    """A track's past."""

    track: str
    t0: int
    columns: tuple[str, ...]
    rows: list[list[int | None]]


class ZonesTold(Record, omit_defaults=False):
    """Every zone, and the plan in force."""

    plan: str | None
    items: list[Published]


class Seen(Record, omit_defaults=False):
    """How far a sensor was really seen to see, sector by sector."""

    sector_deg: float
    range_m: list[float]


class SensorTold(Record, omit_defaults=False):
    """One sensor; one that moves where it said to be last, and nowhere before that."""

    sensor: str
    kind: str
    moves: bool
    directions: Literal["true", "body"]
    latitude_deg: float | None
    longitude_deg: float | None
    altitude_hae_m: float | None
    period_s: float | None
    coverage: CoverageTable
    accuracy: Accuracy
    bias_sigma: BiasSigma
    health: SensorHealth | None
    seen: Seen


class SensorsTold(Record, omit_defaults=False):
    """Every sensor."""

    items: list[SensorTold]


async def site(asked: Asked) -> SiteTold:
    """Tell what a page must know of the site."""
    desk = asked.desk
    where, console = desk.config.site, desk.console
    return SiteTold(
        site=where.name,
        version=__version__,
        latitude_deg=where.latitude_deg,
        longitude_deg=where.longitude_deg,
        ground_amsl_m=where.ground_amsl_m,
        geoid_undulation_m=where.geoid_undulation_m,
        crs=where.crs,
        plans=tuple(desk.config.zones.plans),
        plan_signing=signing(desk.plans, desk.plan_signer),
        tracks_hz=desk.config.publish.tracks_hz,
        languages=("en", "fr"),
        basemap=await desk.off_loop(desk.basemaps.listed),
        tiles=console.tiles,
        range_rings_m=console.range_rings_m,
    )


async def status(asked: Asked) -> StatusTold:
    """Tell the newest status."""
    feed = asked.desk.feed
    return StatusTold(status=feed.status, heard=utc(feed.status_heard) if feed.status else None)


async def tracks(asked: Asked) -> TracksTold:
    """Tell every track."""
    sky = asked.desk.feed.sky
    return TracksTold(time=utc(sky.t * MILLISECOND), tracks=sky.tracks(asked.sight))


async def track(asked: Asked) -> Track:
    """Tell one track."""
    found = asked.desk.feed.sky.track(asked.path["track"], asked.sight)
    if found is None:
        raise Problem(404, f"track {asked.path['track']} is not there")
    return found


async def history(asked: Asked) -> HistoryTold:
    """Tell a track's past."""
    name, sky = asked.path["track"], asked.desk.feed.sky
    rows = sky.history(name, asked.sight, asked.query.seconds)
    if rows is None:
        raise Problem(404, f"track {name} is not known")
    return HistoryTold(track=name, t0=sky.t0, columns=HISTORY, rows=rows)


async def zones(asked: Asked) -> ZonesTold:
    """Tell every zone, and the plan in force."""
    desk = asked.desk
    states = dict(desk.feed.zone_states)
    return ZonesTold(plan=desk.zones.plan or None, items=await desk.off_loop(desk.zones.published, states, desk.clock()))


async def sensors(asked: Asked) -> SensorsTold:
    """Tell every sensor."""
    feed, where = asked.desk.feed, asked.desk.config.site
    health: dict[str, SensorHealth] = feed.status.sensors if feed.status else {}
    return SensorsTold(
        items=[
            SensorTold(
                sensor=one.id,
                kind=one.kind,
                moves=one.platform is not None,
                directions="true" if one.platform is None else one.platform.directions,
                **_place(one, where, health.get(one.id)),
                period_s=one.period_s,
                coverage=one.coverage,
                accuracy=one.accuracy,
                bias_sigma=one.bias_sigma,
                health=health.get(one.id),
                seen=Seen(sector_deg=360.0 / SECTORS, range_m=feed.reach.furthest[one.id]),
            )
            for one in asked.desk.config.sensor
        ]
    )


def _place(sensor: Sensor, where: Site, health: SensorHealth | None) -> dict[str, float | None]:
    """Give where a sensor is: the middle of the site, where its file says nothing."""
    if sensor.platform is not None:
        pose = health.pose if health is not None else None
        return {name: getattr(pose, name, None) for name in ("latitude_deg", "longitude_deg", "altitude_hae_m")}
    return {
        "latitude_deg": where.latitude_deg if sensor.latitude_deg is None else sensor.latitude_deg,
        "longitude_deg": where.longitude_deg if sensor.longitude_deg is None else sensor.longitude_deg,
        "altitude_hae_m": sensor.altitude_hae_m,
    }


READING = (
    Route("GET", "/site", "read", site, "What a page must know of the site.", gives=SiteTold),
    Route("GET", "/status", "read", status, "The newest status.", gives=StatusTold),
    Route("GET", "/tracks", "read", tracks, "Every track.", gives=TracksTold),
    Route("GET", "/tracks/{track}", "read", track, "One track.", gives=Track, refuses=(404,)),
    Route("GET", "/tracks/{track}/history", "read", history, "A track's past.", gives=HistoryTold, query=Since, refuses=(404,)),
    Route("GET", "/zones", "read", zones, "Every zone, and the plan in force.", gives=ZonesTold),
    Route("GET", "/sensors", "read", sensors, "Every sensor.", gives=SensorsTold),
)
