"""A private PostgreSQL for tests: Debian's, in a directory of its own, as a user without rights, and gone with the run."""

from __future__ import annotations

import collections
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import IO

import psycopg

from tests.brokers import DEADLINE_S, die_with_parent

QUICK = ("fsync=off", "full_page_writes=off")
"""The machine under a test does not lose power."""

ALONE = ("listen_addresses=", "max_connections=50", "unix_socket_permissions=0777")
"""Nobody comes over the network."""


def programs() -> Path | None:
    """Find where `initdb` and `postgres` are: $POSTGRESQL, or the newest of Debian's."""
    if given := os.environ.get("POSTGRESQL"):
        return Path(given)
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]))
    return found[-1].parent if found else None


class PostgreSQL:
    """A server, reached through a socket in its directory."""

    def __init__(self, where: Path, *, quick: bool = True) -> None:
        self._where = where
        self._settings = (*ALONE, *(QUICK if quick else ()))
        self._home = Path(tempfile.mkdtemp(prefix="vigie-postgresql-", dir="/tmp"))
        self._user: dict[str, object] = {}
        if os.geteuid() == 0:  # a server refuses to be root
            nobody = pwd.getpwnam("nobody")
            os.chown(self._home, nobody.pw_uid, nobody.pw_gid)
            self._user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self._numbers = itertools.count()
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> PostgreSQL:
        cluster = self._home / "cluster"
        initdb = [self._where / "initdb", "-D", cluster, "-U", "vigie", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run(initdb, check=True, capture_output=True, cwd=self._home, **self._user)
        settings = [word for setting in (*self._settings, f"unix_socket_directories={self._home}") for word in ("-c", setting)]
        self._process = subprocess.Popen(
            [self._where / "postgres", "-D", cluster, *settings],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            cwd=self._home,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - one system call, and no lock is taken
            **self._user,
        )
        said = []
        for line in self._process.stderr:
            said.append(line)
            if "ready to accept connections" in line:
                threading.Thread(target=self._let_run, args=(self._process.stderr,), daemon=True).start()
                return self
        raise AssertionError(f"PostgreSQL did not start:\n{''.join(said)}")

    @staticmethod
    def _let_run(log: IO[str]) -> None:
        """Read on what nobody asks for: a server whose pipe is full stands still, and whoever waits for it."""
        with log:
            collections.deque(log, maxlen=0)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGQUIT)  # at once: nothing of it is kept
        try:
            self._process.wait(timeout=DEADLINE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._home, ignore_errors=True)

    def fresh(self) -> str:
        """Make an empty database; give its URL."""
        name = f"book{next(self._numbers)}"
        with psycopg.connect(host=str(self._home), user="vigie", dbname="postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} STRATEGY = file_copy")
        return f"postgresql://vigie@/{name}?host={self._home}"
