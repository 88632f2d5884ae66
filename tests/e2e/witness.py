"""An independent observer of a site's topics, and who plays a scene to the broker: plain aiomqtt clients."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from typing import Any, NamedTuple

import aiomqtt
import msgspec

from simulators.publish import messages, play
from simulators.scenario_file import Stage
from tests.e2e.processes import DEADLINE_S
from tests.e2e.stage import now

SITE = "vigie/v1/paris/"


class Heard(NamedTuple):
    """One message as it came."""

    topic: str  # below the site
    payload: bytes
    retained: bool


class Witness:
    """Everything that was said on a site's topics, in order."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self.client = client
        self.heard: list[Heard] = []
        self._stirred = asyncio.Condition()

    async def listen(self) -> None:
        """Hear until the broker is gone."""
        with contextlib.suppress(aiomqtt.MqttError):
            async for message in self.client.messages:
                async with self._stirred:
                    self.heard.append(Heard(message.topic.value.removeprefix(SITE), bytes(message.payload), bool(message.retain)))
                    self._stirred.notify_all()

    async def until(self, condition, what: str = "") -> None:
        """Wait for a condition of what was heard."""
        try:
            async with asyncio.timeout(DEADLINE_S), self._stirred:
                await self._stirred.wait_for(lambda: condition(self))
        except TimeoutError:
            raise AssertionError(f"{what or condition} never came; heard: {Counter(one.topic for one in self.heard)}") from None

    def on(self, topic: str, after: int = 0) -> list[bytes]:
        """Give the payloads on a topic, from the message number `after` on."""
        return [one.payload for one in self.heard[after:] if one.topic == topic]

    def tracks(self, after: int = 0) -> list[bytes]:
        """Give every track as its bytes."""
        return [
            bytes(track) for payload in self.on("tracks", after) for track in msgspec.json.decode(payload, type=list[msgspec.Raw])
        ]

    def track_ids(self, after: int = 0) -> set[str]:
        return {track["track"] for track in map(msgspec.json.decode, self.tracks(after)) if track["status"] != "deleted"}

    def alert_payloads(self, after: int = 0) -> list[bytes]:
        """Give every alert as its bytes, those of emptied topics left out."""
        return [one.payload for one in self.heard[after:] if one.payload and is_alert(one.topic)]

    def alerts(self, after: int = 0) -> list[dict[str, Any]]:
        return [msgspec.json.decode(payload) for payload in self.alert_payloads(after)]

    def revisions(self, after: int = 0) -> Counter[tuple[str, int]]:
        return Counter((alert["alert"], alert["revision"]) for alert in self.alerts(after))

    def statuses(self, after: int = 0) -> list[dict[str, Any]]:
        return [msgspec.json.decode(payload) for payload in self.on("status", after)]

    def rejected(self, after: int = 0) -> list[dict[str, Any]]:
        return [msgspec.json.decode(payload) for payload in self.on("rejected", after)]

    async def serving(self, after: int = 0) -> None:
        """Wait until the service hears and speaks."""
        await self.until(lambda w: any(is_serving(status) for status in w.statuses(after)), "a serving service")

    async def online(self, after: int = 0) -> None:
        await self.until(lambda w: any(status["state"] == "online" for status in w.statuses(after)), "status online")


def is_alert(topic: str) -> bool:
    """Tell whether this is an alert, whole, as the journal keeps it; `alert/+` is told without what the site withholds."""
    return topic.startswith("private/alert/") and topic.count("/") == 2


def is_serving(status: dict[str, Any]) -> bool:
    return status["state"] == "online" and status["counters"].get("connections", 0) >= 2


@contextlib.asynccontextmanager
async def witness(broker):
    """Give an observer of everything below the site, from now on."""
    async with aiomqtt.Client(broker.host, broker.port, timeout=DEADLINE_S) as client:
        client._disconnected.add_done_callback(lambda gone: gone.cancelled() or gone.exception())  # that it is gone may be meant
        await client.subscribe(SITE + "#", qos=1)
        seen = Witness(client)
        listening = asyncio.create_task(seen.listen())
        try:
            yield seen
        finally:
            listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listening


async def retained(broker) -> dict[str, bytes]:
    """Give what the broker retains below the site: topic to payload."""
    async with witness(broker) as seen:
        await seen.client.publish(SITE + "sentinel", b"here", qos=1)
        await seen.until(lambda w: w.on("sentinel"), "the sentinel")
        return {one.topic: one.payload for one in seen.heard if one.payload and one.topic != "sentinel"}


@contextlib.asynccontextmanager
async def flying(broker, stage: Stage, *, qos: int = 0):
    """Play a scene, beginning now, for as long as the context lasts; give the task that ends with it."""
    async with aiomqtt.Client(broker.host, broker.port, timeout=DEADLINE_S) as client:
        live = now(stage)
        playing = asyncio.create_task(play(messages(live), client.publish, live.site, qos=qos))
        try:
            yield playing
        finally:
            playing.cancel()
            with contextlib.suppress(asyncio.CancelledError, aiomqtt.MqttError):  # the broker may have been killed
                await playing


async def say(broker, topic: str, payload: bytes, *, retain: bool = False) -> None:
    """Publish one message below the site."""
    async with aiomqtt.Client(broker.host, broker.port, timeout=DEADLINE_S) as client:
        await client.publish(SITE + topic, payload, qos=1, retain=retain)
