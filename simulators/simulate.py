"""`vigie simulate`: a scenario onto a broker in real time, or into the files of a case."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import secrets
import time
from pathlib import Path

from fusion.config import Mqtt
from fusion.transport.link import Link
from fusion.transport.outbox import Outbox
from fusion.transport.publish import publish
from simulators import scenario_file
from simulators.case import write_case
from simulators.live import beginning_now
from simulators.publish import play
from simulators.scenario_file import Stage
from simulators.wire import natively, onto


def simulate(scenario: str, *, out: Path | None, host: str, port: int, qos: int, seed: int | None, forever: bool) -> int:
    """Fly a scenario; without `out`, onto the broker until it is over (or for ever), beginning now."""
    stage = scenario_file.load(scenario_file.find(scenario))
    stage = stage if seed is None else stage.seeded(seed)
    if out is not None:
        case = write_case(stage, out)
        print(f"{case.directory}: {case.messages} messages, {case.truths} targets, {case.seconds:g} s")
        return 0
    settings = Mqtt(host=host, port=port)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_fly(stage, settings, qos, forever=forever))
    return 0


async def _fly(stage: Stage, settings: Mqtt, qos: int, *, forever: bool) -> None:
    outbox = Outbox()
    async with asyncio.TaskGroup() as tasks:
        link = Link(settings, f"vigie-simulator-{secrets.token_hex(4)}")
        publishing = tasks.create_task(publish(link, outbox), name="publish")
        for _ in itertools.count() if forever else range(1):
            live = await asyncio.to_thread(beginning_now, stage)
            async with natively(stage.site, onto(outbox)) as post:
                count = await play(live.messages, post, stage.site, qos=qos, now=time.time_ns())
            print(f"{stage.scenario.name}: {count} messages in {stage.scenario.duration_s:g} s")
        publishing.cancel()
