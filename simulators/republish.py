"""`vigie replay --onto`: a recording onto a broker again, at its pace or another, at its own times or at the present's."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import secrets
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from fusion import recording_index
from fusion.config import Config, Mqtt
from fusion.config_file import load
from fusion.errors import ConfigError, RecordingError
from fusion.messages import RawMessage
from fusion.playback import when
from fusion.recording import read
from fusion.replaying import Wanted, selected, span
from fusion.transport.link import Link
from fusion.transport.outbox import Outbox
from fusion.transport.publish import publish
from simulators.publish import play
from simulators.wire import onto

AT_ONCE = 1e9
"""Speed of what is not paced."""


def republish(wanted: Wanted, where: str, *, speed: float, qos: int, forever: bool, now: bool) -> int:
    """Publish what was asked for of a recording, once or until Ctrl-C."""
    if speed < 0.0:
        raise ConfigError(f"--speed {speed:g}: is negative; expected a number above 0, or 0 for at once")
    if now and speed != 1.0:
        raise ConfigError(f"--now with --speed {speed:g}: sensors' clocks would leave the present; expected --speed 1")
    config = load(wanted.site, os.environ)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_publish(wanted, config, _broker(where), speed or AT_ONCE, qos, forever=forever, now=now))
    return 0


def _broker(where: str) -> Mqtt:
    host, _, port = where.partition(":")
    if port and not port.isdigit():
        raise ConfigError(f"--onto {where}: {port!r} is no port; expected host or host:1883")
    return Mqtt(host=host, port=int(port or 1883))


async def _publish(wanted: Wanted, config: Config, broker: Mqtt, speed: float, qos: int, *, forever: bool, now: bool) -> None:
    outbox = Outbox()
    async with asyncio.TaskGroup() as tasks:
        publishing = tasks.create_task(publish(Link(broker, f"vigie-replay-{secrets.token_hex(4)}"), outbox), name="publish")
        for _ in itertools.count() if forever else range(1):
            stream = list(messages(wanted, config))
            if not stream:
                raise RecordingError(f"{wanted.recording}: has no such messages")
            if now:
                by = time.time_ns() - stream[0].received
                stream = [moved(one, by) for one in stream]
            count = await play(stream, onto(outbox), config, speed=speed, qos=qos)
            print(f"{wanted.recording}: {count} messages published", flush=True)
        publishing.cancel()


def messages(wanted: Wanted, config: Config) -> Iterator[RawMessage]:
    """Give the messages that were asked for."""
    index = recording_index.find(wanted.recording, config, wanted.site.parent)
    items = selected(read(wanted.recording), wanted.topics)
    first = next(items, None)
    if first is None:
        return
    begin, end = span(wanted, index, when(first))
    for item in itertools.chain([first], items):
        if end is not None and when(item) >= end:
            return
        if isinstance(item, RawMessage) and (begin is None or item.received >= begin):
            yield item


def moved(message: RawMessage, by: int) -> RawMessage:
    """Move a message's times by so many ns: its arrival, and `time` in a payload of JSON; native payloads stay as they are."""
    return RawMessage(topic=message.topic, payload=_moved(message.payload, by), received=message.received + by)


def _moved(payload: bytes, by: int) -> bytes:
    try:
        content = msgspec.json.decode(payload)
        told = datetime.fromisoformat(content["time"])
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError):
        return payload
    content["time"] = (told + timedelta(microseconds=by // 1000)).isoformat().replace("+00:00", "Z")
    return msgspec.json.encode(content)
