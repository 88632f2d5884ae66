"""A console on a free port, with a core that obeys at once: the real life of alerts, the real journal, no tracker."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import time
from datetime import timedelta

import httpx
import msgspec
import websockets
from argon2 import PasswordHasher

from fusion.config import Issuer, Mqtt, Permits, Zones
from fusion.config_console import Console
from fusion.console import people
from fusion.console.console import Operating
from fusion.errors import DecodeError
from fusion.intake import refused
from fusion.journal import Journal
from fusion.journal.accounts import Accounts
from fusion.journal.database import site_url
from fusion.messages import (
    Alert,
    AlertMessage,
    RawMessage,
    Track,
    TracksMessage,
    WireCovariance,
    WireIdentity,
    WirePilot,
    WirePosition,
    WireVelocity,
    utc,
)
from fusion.topics import TopicTree
from fusion.zones.alerts import Alerts
from fusion.zones.commands import decode_command
from tests.e2e.stage import zone
from tests.scene import CONFIG, START
from tests.zones.permit_scenes import POLICE, pem

DEADLINE_S = 30.0
ROLES = ("viewer", "operator", "supervisor", "administrator")
PASSWORD = "rain over the Marne"  # noqa: S105
ALERT = "01K1J40A2M5B7C8D9E0F1G2H3J"


def run(test):
    """Run an asynchronous test under a deadline."""

    async def bounded():
        async with asyncio.timeout(DEADLINE_S):
            return await test

    return asyncio.run(bounded())


def quick_hashes(monkeypatch):
    """Let argon2 cost nothing: what it costs is its authors' business."""
    monkeypatch.setattr(people, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    people._nobody.cache_clear()


SITE_ZONES = Zones(files=("zones.json",), register="register.toml")
ISSUERS = (Issuer(name="police", key="police.pub"),)


def config(tmp_path, *, zones=SITE_ZONES, issuers=ISSUERS, **more):
    (tmp_path / "state").mkdir(exist_ok=True)
    (tmp_path / "zones.json").write_bytes(
        msgspec.json.encode({"type": "FeatureCollection", "features": [msgspec.json.decode(zone())]})
    )
    (tmp_path / "register.toml").write_text(
        '[[permit]]\nserial = "OURS"\nfriendly = true\nissued_by = "the test"\n[[permit]]\nserial = "POST"\nissued_by = "the test"\n'
    )
    (tmp_path / "police.pub").write_bytes(pem(POLICE))
    return msgspec.structs.replace(
        CONFIG,
        mqtt=Mqtt(host="127.0.0.1"),
        zones=zones,
        permits=Permits(issuer=issuers),
        console=Console(port=0, **more),
    )


def track(
    name="T1", at=0.0, *, east=0.0, north=0.0, verdict="unknown", pilot=None, status="confirmed", identity=None, covariance=True
):
    time_ = utc(START + round(at * 1e9))
    spread = ((4.0, 1.0, 0.0), (1.0, 9.0, 0.0), (0.0, 0.0, 16.0))
    return Track(
        track=name, site="paris", time=time_, status=status, existence=0.998,
        position=WirePosition(latitude_deg=48.8582 + north, longitude_deg=2.2945 + east, altitude_hae_m=165.0, altitude_amsl_m=120.4, height_agl_m=87.4),
        velocity=WireVelocity(east_mps=3.0, north_mps=-1.0, up_mps=0.2), speed_mps=3.2, course_deg=108.4,
        covariance=WireCovariance(position_m2=spread, velocity_m2ps2=spread) if covariance else None,
        class_="multirotor", classes={"multirotor": 1.0}, verdict=verdict,
        identity=identity and WireIdentity(serial=identity, strength="claimed"),
        pilot=pilot and WirePilot(latitude_deg=pilot[0], longitude_deg=pilot[1]),
        sensors={"radar-1": time_}, born=utc(START), updated=time_,
    )  # fmt: skip


def alert(name=ALERT, revision=1, state="raised", **more):
    at = utc(time.time_ns())
    return Alert(
        alert=name, site="paris", track="T1", zone="TOWER", rule="intrusion", severity="critical", state=state, revision=revision,
        raised=at - timedelta(seconds=5), updated=at, **({"reasons": ("inside the tower",)} | more),
    )  # fmt: skip


class Core:
    """Obeys commands as the real core does, and writes alerts down before anyone hears of them, as the service does."""

    def __init__(self, settings, base, clock=time.time_ns) -> None:
        self.clock = clock
        self.tree = TopicTree(settings.site.name, settings.mqtt.root)
        self.journal = Journal(site_url(settings.state, base))
        self.alerts = Alerts(settings.site.name, settings.rules)
        self.console: Operating
        self.orders: list[dict] = []
        self.retained: list[tuple[str, bytes]] = []
        self.deaf = False

    def say(self, *messages: AlertMessage) -> None:
        for message, entry in zip(messages, self.journal.write(messages), strict=True):
            self.console.written(entry, message)

    def raise_alert(self, *alerts: Alert) -> None:
        self.alerts.adopt(alerts, self.clock())
        self.say(*(AlertMessage(alert=one, cause=0) for one in alerts))

    def order(self, alert: str, payload: bytes) -> None:
        self.orders.append(json.loads(payload))
        if self.deaf:
            return
        message = RawMessage(topic=self.tree.path("command", alert=alert), payload=payload, received=self.clock())
        try:
            said = self.alerts.command(alert, decode_command(payload), self.clock())
        except DecodeError as error:
            self.console.feed.take(refused(message, str(error)))
            return
        self.say(*said)

    def retain(self, row: str, payload: bytes, **parts: str) -> None:
        topic = self.tree.path(row, **parts)
        self.retained.append((topic, payload))
        self.console.heard(RawMessage(topic=topic, payload=payload, received=self.clock()), [])

    def see(self, *tracks: Track) -> None:
        self.console.feed.take(TracksMessage(tracks=tracks))


class Stage:
    """A console that serves, and how to come in."""

    def __init__(self, console: Operating, core: Core) -> None:
        self.console, self.core = console, core
        self.people = people.People(Accounts(core.journal.database), 3600 * 10**9)

    @property
    def url(self) -> str:
        return self.console.address

    def cookie(self, role: str, name: str | None = None) -> str:
        """Begin a session of a role, as a link does."""
        return self.people.come_in(name or f"a.{role}", "once", role, self.core.clock()).secret

    def user(self, name="m.durand", role="operator", password=PASSWORD, **more) -> None:
        self.people.add(name, role, password, time.time_ns(), **({"must_change": False} | more))

    def client(
        self, role: str | None = None, *, cookie: str | None = None, token: str | None = None, origin=True
    ) -> httpx.AsyncClient:
        headers = {"Origin": self.url} if origin else {}
        if token is not None:
            headers = {"Authorization": f"Bearer {token}"}
        secret = cookie or (self.cookie(role) if role else None)
        jar = {"vigie_session": secret} if secret else None
        return httpx.AsyncClient(base_url=self.url, headers=headers, cookies=jar, trust_env=False, timeout=20.0)

    def stream(self, role="operator", *, query="", cookie=None, origin=None, **options):
        secret = cookie or self.cookie(role)
        return websockets.connect(
            f"{self.url.replace('http', 'ws', 1)}/api/v1/stream{query}",
            additional_headers={"Cookie": f"vigie_session={secret}"},
            origin=self.url if origin is None else origin,
            max_size=2**24,
            proxy=None,
            **options,
        )


@contextlib.asynccontextmanager
async def operating(base, *, test_range=None, settings=None, clock=time.time_ns, **more):
    """Give a stage on which a console serves: of a small site, or of `settings`, whose files lie in `base`."""
    settings = settings or config(base, **more)
    core = Core(settings, base, clock)
    core.console = Operating(settings, base, core, beside_service=True, clock=clock, test_range=test_range)
    running = asyncio.create_task(core.console.run())
    stage = Stage(core.console, core)
    try:
        async with stage.client() as client:
            while True:
                with contextlib.suppress(httpx.TransportError):
                    await client.get("/health")
                    break
                assert not running.done(), running.exception()
                await asyncio.sleep(0.01)
        yield stage
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        core.journal.close()


class Viewer:
    """What a page makes of a stream, written from the contract alone."""

    def __init__(self, socket, *, epoch=None, alerts=0, drawing=True) -> None:
        self.socket, self.epoch, self.last, self.drawing = socket, epoch, alerts, drawing
        self.hello: dict = {}
        self.tracks: dict[int, list] = {}
        self.rays: dict[int, list] = {}
        self.info: dict[int, dict] = {}
        self.open: dict[str, dict] = {}
        self.revisions: list[tuple[str, int, bool]] = []
        self.heard: list[dict] = []
        self.frames: list[dict] = []
        self.unacknowledged: list[int] = []

    async def begin(self):
        self.hello = json.loads(await self.socket.recv())
        await self.say(type="resume", epoch=self.epoch, alerts=self.last)
        return self

    async def say(self, **message) -> None:
        await self.socket.send(json.dumps(message))

    async def until(self, condition):
        while not condition(self):
            await self.take(json.loads(await self.socket.recv()))
        return self

    async def take(self, message) -> None:
        self.heard.append(message)
        if message["type"] == "frame":
            self._draw(message)
            if self.drawing:
                await self.say(type="ack", seq=message["seq"])
        if message["type"] == "alerts":
            self._list(message)

    def _draw(self, frame) -> None:
        self.frames.append(frame)
        if frame["key"]:
            self.tracks, self.rays, self.info = {}, {}, {}
        for n, info in frame["info"]:
            self.info[n] = info
        for row in frame["up"]:
            self.rays.pop(row[0], None)
            self.tracks[row[0]] = row
        for row in frame["rays"]:
            self.tracks.pop(row[0], None)
            self.rays[row[0]] = row
        for n in frame["gone"]:
            self.tracks.pop(n, None)
            self.rays.pop(n, None)
            self.info.pop(n, None)

    def _list(self, message) -> None:
        if message["reset"]:
            self.open = {}
        for item in message["items"]:
            one = item["alert"]
            self.revisions.append((one["alert"], one["revision"], item["archived"]))
            if item["archived"]:
                self.open.pop(one["alert"], None)
            else:
                self.open[one["alert"]] = one
        self.epoch, self.last = message["epoch"], message["last"]

    def named(self) -> dict[str, list]:
        """Give every drawn track's row without its short name, by its ULID."""
        return {self.info[n]["track"]: row[1:] for n, row in (self.tracks | self.rays).items()}


def token_name() -> str:
    return f"t-{secrets.token_hex(4)}"
