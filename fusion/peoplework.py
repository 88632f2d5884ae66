"""What a person asks about who may use the console: `vigie user add`, `list`, `passwd` and `remove`."""

from __future__ import annotations

import contextlib
import getpass
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from fusion.config_console import Role
from fusion.config_file import load
from fusion.console.people import People, hashed
from fusion.console.permissions import HIGHEST
from fusion.errors import AccountError
from fusion.journal import Journal, Note
from fusion.journal.accounts import Accounts
from fusion.journal.database import site_url
from fusion.messages import utc


def add_user(site: Path, environment: Mapping[str, str], name: str, role: Role, *, grants: list[str], denies: list[str]) -> int:
    """Add a user, whose password is asked for, or read from the first line of standard input."""
    with _opened(site, environment) as (journal, people):
        if people.accounts.user(name) is not None:
            raise AccountError(f"user {name!r} is there already")
        password = _password(name)
        _note(journal, "user added", name, role)
        people.add(name, role, password, time.time_ns(), grants=grants, denies=denies, must_change=False)
    print(f"{name}: {role}")
    return 0


def list_users(site: Path, environment: Mapping[str, str]) -> int:
    """Print every user."""
    with _opened(site, environment) as (_, people):
        table = Table("name", "role", "besides", "without", "", "since", box=None, header_style="")
        for one in people.accounts.users():
            state = "disabled" if one.disabled else "must change the password" if one.must_change else ""
            table.add_row(one.name, one.role, " ".join(one.grants), " ".join(one.denies), state, f"{utc(one.created):%Y-%m-%d}")
        Console(width=None if sys.stdout.isatty() else 160).print(table)
    return 0


def set_password(site: Path, environment: Mapping[str, str], name: str) -> int:
    """Set a user's password; every session of it ends."""
    with _opened(site, environment) as (journal, people):
        if people.accounts.user(name) is None:
            raise AccountError(f"user {name!r} is not there")
        password = hashed(name, _password(name))
        _note(journal, "user changed", name, "password")
        people.accounts.change(name, HIGHEST, password=password, must_change=False)
    print(f"{name}: has another password")
    return 0


def remove_user(site: Path, environment: Mapping[str, str], name: str) -> int:
    """Remove a user; every session of it ends."""
    with _opened(site, environment) as (journal, people):
        if people.accounts.user(name) is None:
            raise AccountError(f"user {name!r} is not there")
        _note(journal, "user removed", name, "")
        people.accounts.remove(name, HIGHEST)
    print(f"{name}: is removed")
    return 0


def one_time_code(url: str, name: str, role: Role) -> str:
    """Give the code of a link that works once, in the journal at a URL."""
    journal = Journal(url)
    try:
        return People(Accounts(journal.database), 0).offer(name, role, time.time_ns())
    finally:
        journal.close()


def _password(name: str) -> str:
    """Ask for a password, twice where somebody types it."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass(f"password of {name}: ")
    if getpass.getpass("once more: ") != password:
        raise AccountError("the two passwords differ")
    return password


def _note(journal: Journal, what: str, subject: str, why: str) -> None:
    said = {"who": f"{getpass.getuser()} (command line)", "what": what, "why": why}
    journal.write([Note("access", subject, time.time_ns(), msgspec.json.encode(said))])


@contextlib.contextmanager
def _opened(site: Path, environment: Mapping[str, str]) -> Iterator[tuple[Journal, People]]:
    state = load(site, environment).state
    if state.journal is None:
        (site.parent / state.directory).mkdir(parents=True, exist_ok=True)
    journal = Journal(site_url(state, site.parent))
    try:
        yield journal, People(Accounts(journal.database), 0)
    finally:
        journal.close()
