"""Scenarios at the console: which there are, and the stream of one, flown and tracked while its page looks on.

What a scenario is, only the test range knows, which stands above the console: it is handed in by who starts the process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from starlette.websockets import WebSocket

from fusion.config import Config
from fusion.console.clock import Clock
from fusion.console.columns import MILLISECOND
from fusion.console.desk import Desk
from fusion.console.permissions import Caller
from fusion.console.playing import Piece, Source, play
from fusion.console.problems import Problem
from fusion.console.routes import Asked, Route
from fusion.console.stream import refuse
from fusion.errors import FusionError
from fusion.messages import Record


class ScenarioTold(Record, omit_defaults=False):
    """One scenario."""

    name: str
    title: str
    duration_s: float
    site: str


class ScenariosTold(Record, omit_defaults=False):
    """Every scenario, by name."""

    items: list[ScenarioTold]


class Rehearsal(Source, Protocol):
    """One scenario at its site, which has not begun."""

    config: Config
    first: int  # ns
    last: int  # ns


class TestRange(Protocol):
    """What knows scenarios. All of it blocks."""

    def scenarios(self) -> list[ScenarioTold]:
        """List them by name."""

    def rehearse(self, name: str, seed: int | None) -> Rehearsal:
        """Prepare one of them; raise a FusionError where that is not possible."""


RangeOpener = Callable[[], TestRange]
"""Gives what knows scenarios, when that is first wanted."""


async def scenarios(asked: Asked) -> ScenariosTold:
    """Tell which scenarios there are."""
    return ScenariosTold(items=await _known(asked.desk))


async def scenario_in(desk: Desk, name: str) -> ScenarioTold:
    """Find a scenario by its name, or refuse."""
    found = next((one for one in await _known(desk) if one.name == name), None)
    if found is None:
        raise Problem(404, f"{name[:128]!r} is not one of the scenarios")
    return found


async def rehearse(socket: WebSocket, desk: Desk, caller: Caller, told: ScenarioTold, seed: int | None) -> None:
    """Serve one browser a scenario until it leaves; its flights are reckoned first."""
    async with desk.replaying:
        await socket.accept()
        thread = ThreadPoolExecutor(1, thread_name_prefix="rehearse")
        try:
            rehearsal = await asyncio.get_running_loop().run_in_executor(thread, _prepared, desk, told.name, seed)
        except FusionError as error:
            await refuse(socket, str(error))
        else:
            clock = Clock(rehearsal.first // MILLISECOND, -(-rehearsal.last // MILLISECOND), None)
            await play(socket, desk, caller, "scenario", Piece(rehearsal.config, rehearsal, clock, []), thread)
        finally:
            thread.shutdown(wait=False, cancel_futures=True)


def _prepared(desk: Desk, name: str, seed: int | None) -> Rehearsal:
    assert desk.test_range is not None  # noqa: S101 - the scenario was found in it
    return desk.test_range().rehearse(name, seed)


async def _known(desk: Desk) -> list[ScenarioTold]:
    if desk.test_range is None:
        return []
    return await desk.off_loop(lambda make: make().scenarios(), desk.test_range)


REHEARSING = (Route("GET", "/scenarios", "scenario", scenarios, "Scenarios that can be flown.", gives=ScenariosTold),)
