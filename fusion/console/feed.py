"""What the console knows, and who is told when that changes. It is fed by the service beside it, or by what a broker says."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

from fusion.config import Config
from fusion.console.alert_log import AlertLog, Item
from fusion.console.columns import MILLISECOND
from fusion.console.heard import HOUR, MINUTE, Heard
from fusion.console.seen import Reach
from fusion.console.sky import Sky
from fusion.messages import (
    Alert,
    AlertMessage,
    Output,
    PictureMessage,
    Rejected,
    StatusMessage,
    Track,
    TracksMessage,
    ZoneState,
    ZoneStateMessage,
    nanoseconds,
)

STALE_MS = 2_000
"""ms without a word of the core after which the picture is stale."""

REFUSALS = 5
"""Refusals that are told in a second."""

Link = Literal["online", "stale", "offline"]
News = Callable[[str, dict[str, Any] | None], None]
"""Takes that something changed: the key under which only the newest counts, and the message; or "" and None: look again."""


class Feed:
    """One source's state: the sky, the alerts, the status, the moving zones. `clock` gives ns."""

    def __init__(
        self, config: Config, clock: Callable[[], int], epoch: str, t0: int | None = None, *, patience_ms: int = STALE_MS
    ) -> None:
        self.config, self._clock = config, clock
        self.sky = Sky((one.id for one in config.sensor), self.now if t0 is None else t0)
        self.alerts = AlertLog(epoch)
        self.reach, self.heard = Reach(config), Heard(config.publish.status_s)
        self.status: StatusMessage | None = None
        self.status_heard = 0  # ns
        self.zone_states: dict[str, ZoneState] = {}
        self.refusals: deque[Rejected] = deque(maxlen=200)
        self.link: Link = "stale"
        self.link_since = self.now
        self._heard = 0  # ms
        self._patience_ms = patience_ms
        self._listeners: set[News] = set()
        self._told_refusals = (0, 0)  # in which second, how many

    @property
    def now(self) -> int:
        """The server's time, ms since 1970."""
        return self._clock() // MILLISECOND

    # --- Who is told ----------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def listening(self, news: News) -> Iterator[None]:
        """Call back at each change, for as long as the context lasts."""
        self._listeners.add(news)
        try:
            yield
        finally:
            self._listeners.discard(news)

    async def until(self, fulfilled: Callable[[], bool], seconds: float) -> bool:
        """Wait until something is so; tell whether it became so in time."""
        stirred = asyncio.Event()
        with self.listening(lambda _key, _message: stirred.set()), contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not fulfilled():
                    stirred.clear()
                    await stirred.wait()
        return fulfilled()

    def tell(self, key: str, message: dict[str, Any] | None) -> None:
        """Tell everyone."""
        for news in list(self._listeners):
            news(key, message)

    def changed(self, what: str) -> None:
        """Tell everyone to read something again."""
        self.tell(f"changed {what}", {"type": "changed", "what": what})

    # --- What comes -----------------------------------------------------------------------------------------------

    def take(self, output: Output) -> None:
        """Take what the core said, but for alerts, which come once they are written down."""
        match output:
            case TracksMessage():
                self._take_tracks(output.tracks)
            case PictureMessage():
                self.sky.replace(output.tracks, nanoseconds(output.time) // MILLISECOND)
                self._is_there()
            case StatusMessage():
                self._take_status(output)
            case ZoneStateMessage():
                self._take_zone(output)
            case Rejected():
                self._take_refusal(output)

    def beat(self, time: int) -> None:
        """Take that the core has come to a time (ns), with nothing else to say."""
        self.sky.beat(time // MILLISECOND)
        self._is_there()

    def take_alert(self, alert: Alert, *, archived: bool, seq: int | None = None) -> None:
        """Take an alert's next revision."""
        new = (
            self.alerts.next(alert, archived=archived)
            if seq is None
            else self.alerts.add(Item(seq=seq, archived=archived, alert=alert))
        )
        if new:
            self.tell("", None)

    def archive(self, alert: str) -> None:
        """Take that an alert is over, from who says no more of it."""
        if self.alerts.archive(alert):
            self.tell("", None)

    def stand(self, present: Iterable[Output], time: int) -> None:
        """Forget everything for what stands at another time (ns)."""
        present = list(present)
        self.sky.clear()
        self.alerts.stand(output.alert for output in present if isinstance(output, AlertMessage))
        kept = {output.zone for output in present if isinstance(output, ZoneStateMessage)}
        for name in self.zone_states.keys() - kept:
            self._take_zone(ZoneStateMessage(zone=name))
        for output in present:
            self.take(output)
        self.beat(time)

    def look_up(self) -> None:
        """Say so when nothing was heard for too long."""
        if self.link == "online" and self.now - self._heard > self._patience_ms:
            self._set_link("stale")

    def link_message(self) -> dict[str, Any]:
        """Say whether the core is heard."""
        return {"type": "link", "state": self.link, "since": self.link_since}

    def standing(self) -> dict[str, dict[str, Any]]:
        """Say what a page must know that begins to listen, each under the key of its news."""
        zones = {f"zone {name}": {"type": "zone", "state": state} for name, state in self.zone_states.items()}
        if self.status is None:
            return zones | {"link": self.link_message()}
        heard = {"type": "heard", "heard": self.heard.told(HOUR)}
        return zones | {"link": self.link_message(), "heard": heard, "status": self._status_message()}

    def _status_message(self) -> dict[str, Any]:
        return {"type": "status", "status": self.status, "heard": self.heard.told(MINUTE)}

    def _take_tracks(self, tracks: tuple[Track, ...]) -> None:
        newest = max((nanoseconds(track.time) for track in tracks), default=0) // MILLISECOND
        self.sky.take(tracks, newest)
        self.reach.note(tracks)
        self._is_there()

    def _take_status(self, status: StatusMessage) -> None:
        if status.state == "offline":
            self._set_link("offline")
            return
        if not status.sensors and self.config.sensor:  # the first word of a service that begins
            self._is_there()
            return
        self.status, self.status_heard = status, self._clock()
        self.heard.note(status)
        self.tell("status", self._status_message())
        self._is_there()

    def _take_zone(self, message: ZoneStateMessage) -> None:
        if message.state is None:
            self.zone_states.pop(message.zone, None)
            self.tell(f"zone {message.zone}", {"type": "zone", "zone": message.zone, "state": None})
        else:
            self.zone_states[message.zone] = message.state
            self.tell(f"zone {message.zone}", {"type": "zone", "state": message.state})

    def _take_refusal(self, refusal: Rejected) -> None:
        self.refusals.append(refusal)
        second, told = self._told_refusals
        told = told + 1 if second == self.now // 1000 else 1
        self._told_refusals = (self.now // 1000, told)
        if told <= REFUSALS:
            self.tell(f"rejected {told}", {"type": "rejected", "rejected": refusal})
        else:
            self.tell("", None)

    def _is_there(self) -> None:
        self._heard = self.now
        if self.link != "online":
            self._set_link("online")
        self.tell("", None)

    def _set_link(self, link: Link) -> None:
        if link != self.link:
            self.link, self.link_since = link, self.now
        self.tell("link", self.link_message())
