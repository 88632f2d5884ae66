"""A scenario that begins now: its flights reckoned beforehand, so that its first message is not late."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from fusion.messages import SECOND, RawMessage
from simulators.publish import messages
from simulators.scenario_file import Stage
from simulators.targets import Target, targets

HEAD_START = 0.5
"""s: how long a small scenario's flights take to be reckoned; one that takes longer is given as much as it takes."""


class Live(NamedTuple):
    """A scenario at the present's times, its targets, and its messages, of which none is due yet."""

    stage: Stage
    flown: tuple[Target, ...]
    messages: Iterator[RawMessage]


def beginning_now(stage: Stage, clock: Callable[[], int] = time.time_ns, *, flown: tuple[Target, ...] | None = None) -> Live:
    """Move a scenario so that it begins as soon as its first message can be there in time; clock: ns UTC.

    `flown` are its targets where they are known: they fly by the scenario's own clock, whenever it begins.
    """
    ahead = HEAD_START
    while True:
        asked = clock()
        live = stage.starting(datetime.fromtimestamp(asked / SECOND, UTC) + timedelta(seconds=ahead))
        flown = targets(live) if flown is None else flown
        stream = messages(live, flown)
        first = next(stream)
        took = (clock() - asked) / SECOND
        if took < ahead:
            return Live(live, flown, itertools.chain([first], stream))
        ahead = 1.5 * took
