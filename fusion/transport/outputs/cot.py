"""What TAK is told, and when: tracks, alerts and zones as events of Cursor on Target, each told anew before it goes stale.

Every change of a track is told as it is published (`publish.track_hz`), nothing more slowly. The whole picture comes every five
seconds: with it goes everything that still stands, so that whoever connects late, or missed a datagram, has it all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from fusion import config_edge
from fusion.config import Config
from fusion.errors import ConfigError
from fusion.messages import Alert, AlertMessage, Output, PictureMessage, Track, TrackMessage
from fusion.transport.outputs import cot_events
from fusion.transport.outputs.hiding import Hiding
from fusion.zones.zones import Zone

ZONES_EVERY = timedelta(seconds=60)
ZONES_STALE = timedelta(seconds=300)
"""Zones change by the day; they are told anew so often for whoever connects late."""

MOST_ALERTS = 10_000
"""Standing alerts that are told anew: more than any flood leaves standing; beyond, the oldest are told no more."""


class Gone(NamedTuple):
    """Something that is no longer."""

    uid: str
    time: datetime


class Drawn(NamedTuple):
    """A zone, and when it is told."""

    zone: Zone
    time: datetime


Told = Track | Alert | Drawn | Gone


class CotWriter:
    """One receiver's events."""

    def __init__(self, settings: config_edge.Outlet, config: Config, zones: Callable[[], tuple[Zone, ...]]) -> None:
        """Raise ConfigError where the TAK protocol is asked for and takproto is not installed."""
        self._hiding = Hiding(settings)
        self._site, self._zones = config.site, zones
        self._places = {sensor.id: sensor for sensor in config.sensor}
        self._stale = timedelta(seconds=settings.stale_s)
        self._shown: set[str] = set()
        self._alerts: dict[str, Alert] = {}
        self._drawn: tuple[Zone, ...] = ()
        self._drawn_at: datetime | None = None
        self._now: datetime | None = None
        self._frame = _framing(settings)

    def tell(self, message: Output) -> Iterator[tuple[str, Told]]:
        """Give what a message is to be told as, by uid."""
        match message:
            case TrackMessage(track=track, state=None):
                yield from self._forget(self._uid(track))
            case TrackMessage(state=Track() as state):
                self._now = state.time
                yield from self._track(state)
            case AlertMessage(alert=alert, archived=archived):
                self._now = alert.updated
                yield from self._alert(alert, over=archived or alert.state == "closed")
            case PictureMessage():
                self._now = message.time
                yield from self._everything(message)

    def write(self, told: Told) -> bytes:
        """Write one event, without what is withheld."""
        match told:
            case Gone():
                event = cot_events.gone(told.uid, told.time)
            case Drawn(zone=zone, time=time):
                event = cot_events.zone(zone, self._uid(zone.identifier), time, ZONES_STALE)
            case Track():
                event = cot_events.track(self._hiding.without(told), self._uid(told.track), self._stale, self._origin(told))
            case Alert():
                site = (self._site.latitude_deg, self._site.longitude_deg)
                event = cot_events.alert(
                    self._hiding.without(told), self._uid(told.alert), self._uid(told.track), self._stale, site
                )
        return self._frame(event)

    def _everything(self, picture: PictureMessage) -> Iterator[tuple[str, Told]]:
        for track in picture.tracks:
            yield from self._track(track)
        for alert in self._alerts.values():
            yield self._uid(alert.alert), msgspec.structs.replace(alert, updated=picture.time)
        zones = tuple(zone for zone in self._zones() if zone.severity is not None)
        if zones != self._drawn or self._drawn_at is None or picture.time - self._drawn_at >= ZONES_EVERY:
            for identifier in {zone.identifier for zone in self._drawn} - {zone.identifier for zone in zones}:
                yield self._uid(identifier), Gone(self._uid(identifier), picture.time)
            for zone in zones:
                yield self._uid(zone.identifier), Drawn(zone, picture.time)
            self._drawn, self._drawn_at = zones, picture.time

    def _track(self, track: Track) -> Iterator[tuple[str, Told]]:
        uid = self._uid(track.track)
        if self._hiding.hides(track):
            yield from self._forget(uid)
        else:
            self._shown.add(uid)
            yield uid, track

    def _forget(self, uid: str) -> Iterator[tuple[str, Told]]:
        if uid in self._shown and self._now is not None:
            self._shown.discard(uid)
            yield uid, Gone(uid, self._now)

    def _alert(self, alert: Alert, *, over: bool) -> Iterator[tuple[str, Told]]:
        uid = self._uid(alert.alert)
        if over:
            self._alerts.pop(alert.alert, None)
            yield uid, Gone(uid, alert.updated)
            return
        self._alerts.pop(alert.alert, None)
        self._alerts[alert.alert] = alert
        if len(self._alerts) > MOST_ALERTS:
            del self._alerts[next(iter(self._alerts))]
        yield uid, alert

    def _uid(self, name: str) -> str:
        return f"vigie.{self._site.name}.{name}"

    def _origin(self, track: Track) -> tuple[float, float, float] | None:
        """Give where the sensor stands that has only a bearing: latitude, longitude, and how far it sees (m)."""
        if track.bearing is None or (sensor := self._places.get(track.bearing.sensor)) is None:
            return None
        if sensor.latitude_deg is None or sensor.longitude_deg is None:
            return self._site.latitude_deg, self._site.longitude_deg, sensor.coverage.range_m[1]
        return sensor.latitude_deg, sensor.longitude_deg, sensor.coverage.range_m[1]


def _framing(settings: config_edge.Outlet) -> Callable[[bytes], bytes]:
    """Give what puts an event's XML onto the wire: as it is, or as the TAK protocol's version 1 for a mesh or a stream."""
    if settings.encoding == "xml":
        return _as_it_is
    try:
        import takproto  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise ConfigError(f"output {settings.name!r}: encoding 'protobuf' needs takproto: pip install 'vigie[tak]'") from error
    version = takproto.TAKProtoVer.MESH if settings.url.startswith("udp:") else takproto.TAKProtoVer.STREAM
    return lambda event: bytes(takproto.xml2proto(event, version))


def _as_it_is(event: bytes) -> bytes:
    return event
