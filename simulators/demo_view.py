"""What the demo shows: the service's own messages, as any integrator receives them, in a terminal."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator
from datetime import datetime
from typing import NoReturn

import msgspec
from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from fusion.config import Site
from fusion.messages import Alert, RawMessage, SensorHealth, Track
from fusion.topics import PRIVATE, Address

REFRESH_HZ = 4
HEADLESS_EVERY_S = 10.0
OUTWARD = (f"{PRIVATE}tracks", f"{PRIVATE}alert", "status")
"""What the view hears: the whole, for it is judged against all who flew, friends among them."""

ROWS = 12
"""Tracks, and alerts, that a terminal has room for."""

COLOURS = {"critical": "bold white on red", "warning": "bold yellow", "advisory": "cyan"}
VERDICTS = {"authorised": "green", "friendly": "green", "unauthorised": "bold red", "unknown": "yellow"}
OVER = {"cleared", "closed"}

_tracks = msgspec.json.Decoder(tuple[Track, ...])
_alert = msgspec.json.Decoder(Alert)
_status = msgspec.json.Decoder(dict)


class Picture:
    """What was told so far."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.online = asyncio.Event()
        self.tracks: dict[str, Track] = {}
        self.tracks_seen: set[str] = set()
        self.reports: list[Track] = []
        self.alerts: dict[str, Alert] = {}
        self.alert_reports: list[Alert] = []
        self.sensors: dict[str, SensorHealth] = {}
        self.counters: dict[str, int] = {}
        self.state = "starting"
        self.restarts = 0
        self.link = ""
        self.news: list[str] = []

    def note(self, line: str) -> None:
        """Keep a line for who is watching."""
        self.news.append(line)

    def hear(self, address: Address, message: RawMessage) -> None:
        """Take one message of the service."""
        name = address.name.removeprefix(PRIVATE)
        if name == "tracks":
            self._hear_tracks(_tracks.decode(message.payload))
        elif name == "status":
            self._hear_status(_status.decode(message.payload))
        elif message.payload:
            self._hear_alert(_alert.decode(message.payload))

    def _hear_tracks(self, tracks: tuple[Track, ...]) -> None:
        for track in tracks:
            self.reports.append(track)
            self.tracks_seen.add(track.track)
            self.tracks[track.track] = track
            if track.status == "deleted":
                del self.tracks[track.track]

    def _hear_status(self, status: dict[str, object]) -> None:
        self.state = str(status["state"])
        sensors = msgspec.convert(status.get("sensors") or {}, dict[str, SensorHealth])
        if sensors:
            self.online.set()
            self.sensors, self.counters = sensors, msgspec.convert(status["counters"], dict[str, int])

    def _hear_alert(self, alert: Alert) -> None:
        before = self.alerts.get(alert.alert)
        if before is not None and alert.revision <= before.revision:
            return
        self.alerts[alert.alert] = alert
        self.alert_reports.append(alert)
        if before is None or (before.rule, before.state) != (alert.rule, alert.state):
            self.note(f"{clock(alert.updated)} {alert.severity:8} {sentence(alert)}")


def clock(time: datetime) -> str:
    """Give the time of day to a tenth of a second."""
    return f"{time:%H:%M:%S}.{time.microsecond // 100_000}"


def sentence(alert: Alert) -> str:
    """Say an alert in a line."""
    return f"{alert.state} {alert.rule.replace('_', ' ')} {alert.zone}, track …{alert.track[-4:]}: {'; '.join(alert.reasons)}"


@contextlib.asynccontextmanager
async def shown(picture: Picture, *, headless: bool) -> AsyncIterator[None]:
    """Show the picture for as long as the context lasts."""
    showing = asyncio.create_task(_lines(picture) if headless else _screen(picture))
    try:
        yield
    finally:
        showing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await showing
        _print_news(picture)


async def _lines(picture: Picture) -> NoReturn:
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        _print_news(picture)
        if loop.time() >= due:
            due += HEADLESS_EVERY_S
            seen = sum(sensor.detections for sensor in picture.sensors.values())
            print(
                f"service {picture.state}: {len(picture.tracks)} tracks, {len(picture.alerts)} alerts, {seen} detections",
                flush=True,
            )
        await asyncio.sleep(1.0 / REFRESH_HZ)


def _print_news(picture: Picture) -> None:
    while picture.news:
        print(picture.news.pop(0), flush=True)


async def _screen(picture: Picture) -> NoReturn:
    with Live(console=Console(), refresh_per_second=REFRESH_HZ, screen=True) as live:
        while True:
            live.update(Group(_title(picture), _tracks_table(picture), _alerts_table(picture), _sensors_line(picture)))
            await asyncio.sleep(1.0 / REFRESH_HZ)


def _title(picture: Picture) -> Text:
    times = [track.time for track in picture.tracks.values()]
    return Text.assemble(
        (f" Vigie · {picture.site.name} ", "bold reverse"),
        f"  service {picture.state}   {clock(max(times)) if times else ''} UTC   {len(picture.tracks)} tracks",
        (f"   restarted {picture.restarts} times" if picture.restarts else "", "bold red"),
        f"\n In a browser, once: {picture.link}" if picture.link else "",
    )


def _tracks_table(picture: Picture) -> Table:
    table = Table(expand=True, title="Tracks, birds last", title_justify="left", box=SIMPLE_HEAD)
    for column in ("track", "verdict", "class", "distance", "height", "speed", "seen by"):
        table.add_column(column, no_wrap=True)
    table.add_column("who it says it is", ratio=1, no_wrap=True)
    for track in sorted(picture.tracks.values(), key=lambda one: (one.class_ == "bird", _distance(picture.site, one)))[:ROWS]:
        verdict = track.verdict or "unknown"
        height = f"{track.position.height_agl_m:.0f} m" if track.position else "–"
        who = next((name for name in msgspec.structs.astuple(track.identity)[:5] if name), "") if track.identity else ""
        table.add_row(
            f"…{track.track[-4:]}",
            Text(verdict, VERDICTS[verdict]),
            track.class_ or "–",
            f"{_distance(picture.site, track):.0f} m",
            height,
            f"{track.speed_mps or 0.0:.0f} m/s",
            f"{len(track.sensors)}",
            str(who),
            style="dim" if track.class_ == "bird" else "",
        )
    return table


def _alerts_table(picture: Picture) -> Table:
    table = Table(expand=True, title="Alerts, the newest first", title_justify="left", box=SIMPLE_HEAD)
    for column in ("time", "severity", "state", "what"):
        table.add_column(column, no_wrap=True)
    table.add_column("why", ratio=1)
    newest = sorted(picture.alerts.values(), key=lambda one: (one.state not in OVER, one.updated), reverse=True)
    for alert in newest[:ROWS]:
        style = "dim" if alert.state in OVER else COLOURS[alert.severity]
        what = f"{alert.rule.replace('_', ' ')} {alert.zone} …{alert.track[-4:]}"
        table.add_row(clock(alert.updated), Text(alert.severity, style), alert.state, what, "; ".join(alert.reasons))
    return table


def _sensors_line(picture: Picture) -> Text:
    line = Text("Sensors  ")
    for name, health in picture.sensors.items():
        line.append(f"{name} {health.detections}  ", "green" if health.state == "online" else "bold red")
    return line


def _distance(site: Site, track: Track) -> float:
    """Give how far a track is from the middle of the site, m: near enough on a sphere for a screen."""
    if track.position is None:
        return math.inf
    north = (track.position.latitude_deg - site.latitude_deg) * 111_200.0
    east = (track.position.longitude_deg - site.longitude_deg) * 111_200.0 * math.cos(math.radians(site.latitude_deg))
    return math.hypot(north, east)
