"""Vigie's own commands as processes, started, waited for and killed as an operator or a power cut would."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from pathlib import Path
from typing import Self

from tests.brokers import die_with_parent

ROOT = Path(__file__).parents[2]
DEADLINE_S = 90.0
"""For one wait: starting takes a quarter of a minute where no kernel is compiled yet, and the machine may be busy."""


def environment(broker=None, **more: str) -> dict[str, str]:
    """Give the environment of a command that speaks to a broker."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")}
    there = {} if broker is None else {"VIGIE_MQTT__HOST": broker.host, "VIGIE_MQTT__PORT": str(broker.port)}
    return {**own, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **there, **more}


class Command:
    """One `vigie` command, or another program, running; what it says is kept line by line, and if `heard` it can be typed to."""

    def __init__(
        self, *arguments: object, broker=None, program: tuple[object, ...] = ("-m", "fusion"), heard: bool = False, **more: str
    ) -> None:
        self.arguments = [str(argument) for argument in (*program, *arguments)]
        self.environment = environment(broker, **more)
        self.input = asyncio.subprocess.PIPE if heard else asyncio.subprocess.DEVNULL
        self.lines: list[str] = []
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._said = asyncio.Condition()

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *self.arguments,
            env=self.environment,
            stdin=self.input,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            preexec_fn=die_with_parent,
        )
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self.end()

    async def _read(self) -> None:
        async for line in self._process.stdout:
            async with self._said:
                self.lines.append(line.decode(errors="replace").rstrip())
                self._said.notify_all()
        async with self._said:
            self._said.notify_all()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def text(self) -> str:
        """What it has said so far, on both its outputs."""
        return "\n".join(self.lines)

    async def says(self, words: str, times: int = 1) -> str:
        """Wait until so many lines have some words in them; give the last of them."""

        def found() -> list[str]:
            return [line for line in self.lines if words in line]

        async with asyncio.timeout(DEADLINE_S), self._said:
            await self._said.wait_for(
                lambda: len(found()) >= times or self._reader.done() or self._process.returncode is not None
            )
            assert len(found()) >= times, f"it ended without saying {words!r}:\n{self.text}"
            return found()[times - 1]

    async def type(self, text: str) -> None:
        """Write to its input, as at a keyboard."""
        self._process.stdin.write(text.encode())
        await self._process.stdin.drain()

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    async def end(self) -> int:
        """Wait for its end; give the exit code."""
        async with asyncio.timeout(DEADLINE_S):
            await self._process.wait()
            await self._reader
        return self._process.returncode

    async def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        await self.end()

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Ask it to end; give the exit code and how long it took (s)."""
        begun = time.perf_counter()
        self.send(number)
        async with asyncio.timeout(DEADLINE_S):
            await self._process.wait()
        took = time.perf_counter() - begun
        return await self.end(), took


async def command(*arguments: object, broker=None, **more: str) -> tuple[int, str]:
    """Run a command to its end; give the exit code and what it said."""
    async with Command(*arguments, broker=broker, **more) as running:
        return await running.end(), running.text


def run(test, seconds: float = 4 * DEADLINE_S):
    """Run an asynchronous test under a deadline."""

    async def bounded():
        async with asyncio.timeout(seconds):
            return await test

    return asyncio.run(bounded())


async def eventually(condition) -> None:
    """Wait for something on the disk, of which nobody sends word: look again every little while."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.02)
