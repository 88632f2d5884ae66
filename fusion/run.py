"""The service as a process: its signals, its log, and a broker of its own where it has no better one."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from fusion.config import Config
from fusion.errors import ConfigError
from fusion.leaving import STOPPING, leave_at_once
from fusion.occupying import occupy
from fusion.service import Service
from fusion.transport.broker import embedded_broker
from fusion.warming import prepare

if TYPE_CHECKING:
    from fusion.console.rehearsing import RangeOpener

logger = logging.getLogger(__name__)


def serve(config: Config, base: Path, *, embedded: bool, test_range: RangeOpener | None = None) -> None:
    """Run a site's service until SIGINT or SIGTERM; raise a FusionError where a person must mend something first.

    `test_range` gives what knows scenarios, for the console.
    """
    if config.mqtt.host is None and not embedded:
        raise ConfigError("mqtt.host: is missing; name a broker, or try Vigie out with --embedded-broker")
    leave_at_once()
    prepare()
    asyncio.run(_serve(config, base, test_range, embedded=embedded))


async def _serve(config: Config, base: Path, test_range: RangeOpener | None, *, embedded: bool) -> None:
    stop = asyncio.Event()
    for number in STOPPING:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with occupy(base / config.state.directory):
        async with _broker(config, embedded=embedded) as reachable:
            await Service(reachable, base, test_range).run(stop)


@contextlib.asynccontextmanager
async def _broker(config: Config, *, embedded: bool) -> AsyncIterator[Config]:
    """Give the configuration with a broker that can be reached."""
    if not embedded:
        yield config
        return
    async with embedded_broker(config.mqtt.port) as (host, port):
        yield replace(config, mqtt=replace(config.mqtt, host=host, port=port))
