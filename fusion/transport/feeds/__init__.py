"""Sensors that are heard without MQTT: each frame goes into the inbox as if it had come on the sensor's `raw/{format}` topic.

So the core, recordings and replays know nothing of sockets. `feed` says what a feed is and what it counts, `framing` how a stream
is cut, `datagrams`, `streams` and `documents` how each kind of source is heard.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fusion.config import Config
from fusion.config_edge import place_of
from fusion.topics import TopicTree
from fusion.transport.feeds import datagrams, documents, streams
from fusion.transport.feeds.feed import Feed
from fusion.transport.inbox import Inbox

__all__ = ["Feed", "feeds_of", "hear"]

WAYS: dict[str, Callable[[Feed], Coroutine[Any, Any, None]]] = {
    "udp": datagrams.hear,
    "tcp": streams.connect,
    "tcp-listen": streams.accept,
    "http": documents.ask,
    "https": documents.ask,
    "file": documents.look,
}
"""How each scheme is heard; none ends by itself, and each raises ConfigError where a person must mend something first."""


def feeds_of(config: Config, tree: TopicTree, inbox: Inbox) -> list[Feed]:
    """Give the feeds of a site, not yet heard."""
    return [
        Feed(
            sensor.id,
            sensor.source,
            tree.path("raw", sensor=sensor.id, format=sensor.source.format or sensor.kind),
            inbox,
        )
        for sensor in config.sensor
        if sensor.source is not None
    ]


async def hear(feed: Feed) -> None:
    """Hear a feed for ever."""
    await WAYS[place_of(feed.source.url).scheme](feed)
