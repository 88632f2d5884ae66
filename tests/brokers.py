"""Private brokers for tests: a Mosquitto or an amqtt on a free loopback port, that no killed run leaves behind."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import secrets
import shutil
import signal
import socket
import subprocess
import threading
from pathlib import Path

from fusion.config import Mqtt
from fusion.transport.broker import embedded_broker

DEADLINE_S = 20.0

PR_SET_PDEATHSIG = 1

LOG = """
log_dest stderr
log_type error
log_type warning
log_type notice
log_type information
log_type subscribe
"""
"""Who comes and goes and listens to what, but not every message: that would slow it down."""

OPEN_TO_ALL = """
listener {port} 127.0.0.1
allow_anonymous true
max_queued_messages 50000
"""

_prctl = ctypes.CDLL(None, use_errno=True).prctl


def die_with_parent() -> None:
    """Ask the kernel, in a child about to become a program, to kill it when the run that started it dies."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def mosquitto_program() -> str:
    """Find Mosquitto: $MOSQUITTO, PATH, or where Debian puts it."""
    found = (
        os.environ.get("MOSQUITTO") or shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    )
    assert found, "these tests need Mosquitto: apt install mosquitto, or point $MOSQUITTO at it"
    return found


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


def random_root() -> str:
    """Give a topic root that no other test uses."""
    return f"test/{secrets.token_hex(6)}"


class Mosquitto:
    """A Mosquitto of our own; its configuration may be any text with {port}."""

    def __init__(self, directory: Path, configuration: str = OPEN_TO_ALL) -> None:
        self.host, self.port = "127.0.0.1", free_port()
        self._lines: list[str] = []
        self._said = threading.Condition()
        self._file = directory / f"mosquitto-{self.port}.conf"
        self._file.write_text(LOG + configuration.format(port=self.port))
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    def start(self) -> Mosquitto:
        heard = len(self._lines)
        self._process = subprocess.Popen(
            [mosquitto_program(), "-c", self._file],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - one system call, and no lock is taken
        )
        self._reader = threading.Thread(target=self._read_log, args=(self._process,), daemon=True)
        self._reader.start()
        self.wait_until_it_says(" running", after=heard)
        return self

    def _read_log(self, process: subprocess.Popen[str]) -> None:
        with process.stderr as lines:
            for line in lines:
                with self._said:
                    self._lines.append(line)
                    self._said.notify_all()

    def wait_until_it_says(self, words: str, after: int | None = None) -> None:
        """Wait for a line of its log, from now on or from its line number `after` on."""
        with self._said:
            start = len(self._lines) if after is None else after
            said = self._said.wait_for(lambda: any(words in line for line in self._lines[start:]), DEADLINE_S)
        assert said, f"Mosquitto did not say {words!r} but:\n{self.log}"

    @property
    def log(self) -> str:
        """What it has said so far."""
        return "".join(self._lines)

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(DEADLINE_S)
            self._reader.join(DEADLINE_S)
            self._process = None

    def settings(self, **changes) -> Mqtt:
        return Mqtt(host=self.host, port=self.port, **changes)


class Amqtt:
    """The embedded broker, in a thread and a loop of its own so that tests can hold it like the other."""

    def __init__(self, _directory: Path) -> None:
        self.host, self.port = "127.0.0.1", free_port()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> Amqtt:
        running = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(running)), daemon=True)
        self._thread.start()
        assert running.wait(DEADLINE_S), "amqtt did not start"
        return self

    async def _serve(self, running: threading.Event) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with embedded_broker(self.port):
            running.set()
            await self._stop.wait()

    def kill(self) -> None:
        self.stop()

    def stop(self) -> None:
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(DEADLINE_S)
            self._thread = None

    def settings(self, **changes) -> Mqtt:
        return Mqtt(host=self.host, port=self.port, **changes)


KINDS = {"mosquitto": Mosquitto, "amqtt": Amqtt}


@contextlib.contextmanager
def started(broker):
    """Run a broker for as long as the context lasts."""
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()
