"""The console beside the service: what it says goes straight into the core, or over the service's own connection."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from fusion.config import Config
from fusion.errors import ConfigError
from fusion.messages import RawMessage
from fusion.pipeline import Pipeline
from fusion.topics import TopicTree
from fusion.transport.inbox import Inbox
from fusion.transport.outbox import Outbox
from fusion.transport.outgoing import Publication

if TYPE_CHECKING:
    from fusion.console.console import Operating
    from fusion.console.rehearsing import RangeOpener


class Beside:
    """Says what the console says to the service that it is part of."""

    def __init__(self, inbox: Inbox, outbox: Outbox, tree: TopicTree) -> None:
        self.inbox, self.outbox, self.tree = inbox, outbox, tree

    def order(self, alert: str, payload: bytes) -> None:
        """Give the core a command about an alert, as if it came from the broker, but also while that is away."""
        message = RawMessage(topic=self.tree.path("command", alert=alert), payload=payload, received=time.time_ns())
        self.inbox.put(message, _nobody_waits, scan=False)

    def retain(self, row: str, payload: bytes, **parts: str) -> None:
        """Publish what stands until it is said otherwise; the core hears it from the broker, which keeps it."""
        self.outbox.put(Publication(self.tree.path(row, **parts), payload, qos=1, retained=True, keep="every"))


def console_of(
    config: Config, base: Path, mouth: Beside, core: Pipeline, test_range: RangeOpener | None = None
) -> Operating | None:
    """Build the console, if the site wants one; raise ConfigError where it cannot be."""
    if config.console is None:
        return None
    try:
        from fusion.console.console import Operating  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise ConfigError(f"[console]: needs more than is installed ({error.name}): pip install 'vigie[console]'") from error
    return Operating(
        config, base, mouth, beside_service=True, permits=core.permits, plans=core.airspace.plans, test_range=test_range
    )


def _nobody_waits() -> None:
    """Acknowledge to nobody: no broker gave this message."""
