"""One service a state directory: a second one would write over what the first one keeps."""

from __future__ import annotations

import fcntl
import os
from io import FileIO
from pathlib import Path

from fusion.errors import ConfigError

NAME = "lock"


def occupy(directory: Path) -> FileIO:
    """Take a state directory, as long as the file that is given is open; the system lets go of it when a process dies.

    Raise ConfigError where another service has it, or where it cannot be used.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        file = FileIO(os.open(directory / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644), "r+")
    except OSError as error:
        raise ConfigError(f"state.directory: {directory}: cannot be used: {error.strerror}") from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        who = file.read(20).decode("ascii", "replace").strip()
        file.close()
        raise ConfigError(
            f"state.directory: {directory}: is in use by another service (process {who or 'unknown'}); "
            "stop that one, or give this one a directory of its own"
        ) from None
    os.ftruncate(file.fileno(), 0)
    os.pwrite(file.fileno(), f"{os.getpid()}\n".encode(), 0)
    return file
