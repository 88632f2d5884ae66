"""Gives a broker one message that stands, and goes: what a person publishes by a command."""

from __future__ import annotations

import asyncio
import secrets

from fusion.config import Mqtt
from fusion.errors import BrokerError
from fusion.transport.access import Lost, access
from fusion.transport.link import ignore
from fusion.transport.mqtt import connect
from fusion.transport.outgoing import Publication

PATIENCE_S = 10.0
"""A broker that has not answered after this will not; who waits is a person."""


async def give(settings: Mqtt, publication: Publication, name: str) -> None:
    """Publish under a name, and return once the broker has it; raise BrokerError where it is not to be had, or says no."""
    try:
        async with (
            asyncio.timeout(PATIENCE_S),
            connect(access(settings, f"{name}-{secrets.token_hex(4)}"), ignore, session=False) as wire,
        ):
            refused = await wire.send(publication)
    except Lost as error:
        raise BrokerError(str(error)) from error
    except TimeoutError as error:
        raise BrokerError(f"the broker at {settings.host}:{settings.port} has not answered within {PATIENCE_S:.0f} s") from error
    if refused:
        raise BrokerError(f"the broker refuses {publication.topic}: {refused}")
