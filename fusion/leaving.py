"""How a command ends that has begun nothing yet: at once, and with 0."""

from __future__ import annotations

import os
import signal

STOPPING = (signal.SIGINT, signal.SIGTERM)
"""What asks a service to end: Ctrl-C, and what every supervisor sends."""


def leave_at_once() -> None:
    """Let these signals end the process there and then, until the service takes them over.

    Not by an exception: loading and compiling are other people's code, and may swallow one.
    """
    for number in STOPPING:
        signal.signal(number, _leave)


def _leave(_number: int, _frame: object) -> None:
    os._exit(0)
