"""What a person asks of a journal: `vigie journal verify`, `export` and `purge`."""

from __future__ import annotations

import contextlib
import getpass
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from fusion.config import Retention
from fusion.config_file import load
from fusion.errors import JournalError
from fusion.journal import Journal, Note
from fusion.journal.export_formats import FORMATS
from fusion.journal.exporting import incident, redacted
from fusion.journal.purging import DAY, purge, retain
from fusion.journal.records import Purged
from fusion.journal.verifying import parse_head, verify
from fusion.messages import SECOND


def verify_journal(where: str, environment: Mapping[str, str], heads: Iterable[str]) -> int:
    """Say what is wrong with a journal's chain; give 1 where anything is."""
    noted = [parse_head(head) for head in heads]
    with opened(where, environment) as journal:
        faults = verify(journal, noted)
        head = journal.head() if not faults else None
    for fault in faults:
        print(fault)
    print(f"{len(faults)} faults" if head is None else f"whole: {head.sequence} entries, each as it was written. Head {head}")
    return 1 if faults else 0


def export(
    where: str,
    environment: Mapping[str, str],
    *,
    alert: str,
    kind: str,
    out: Path,
    around: float,
    who: str | None,
    nameless: bool = False,
) -> int:
    """Write an incident to a file, and into the journal that it was taken; `nameless`: without names and pilots."""
    if kind not in FORMATS:
        raise JournalError(f"--format {kind}: expected one of {', '.join(FORMATS)}, or --out with such an ending")
    with opened(where, environment) as journal:
        taken = incident(journal, alert, round(around * SECOND))
        # Before the file is there: nobody takes anything that the journal does not know.
        _note_access(journal, who, alert, f"{kind}, redacted" if nameless else kind)
    if nameless:
        taken = redacted(taken)
    try:
        out.write_bytes(FORMATS[kind](taken))
    except OSError as error:
        raise JournalError(f"{out}: cannot be written: {error.strerror}") from error
    print(f"{out}: {len(taken.entries)} entries, {len(taken.latest)} alerts, {len(taken.tracks)} tracks")
    for fault in taken.faults:
        print(f"the journal is not whole: {fault}")
    return 1 if taken.faults else 0


def forget(where: str, environment: Mapping[str, str], *, days: float | None, who: str | None) -> int:
    """Purge what is older than some days, or than a site says in `[retention]`."""
    now, orders = time.time_ns(), who or getpass.getuser()
    with opened(where, environment) as journal:
        if days is None:
            taken: list[Purged | None] = [*retain(journal, _retention(where, environment), orders, now)]
            journal.database.compact()
        else:
            taken = [purge(journal, now - round(days * DAY), orders, now)]
    count = sum(last - first + 1 for one in taken if one is not None for first, last in one.entries)
    print(f"{count} entries are forgotten; their places in the chain stay")
    return 0


def _retention(where: str, environment: Mapping[str, str]) -> Retention:
    if not where.endswith(".toml"):
        raise JournalError(
            f"{where}: how long its site keeps what stands in the site's TOML file: name that, or --older-than DAYS"
        )
    return load(Path(where), environment).retention


def _note_access(journal: Journal, who: str | None, alert: str, kind: str) -> None:
    said = {"who": who or getpass.getuser(), "what": "export", "format": kind}
    journal.write([Note("access", alert, time.time_ns(), msgspec.json.encode(said))])


@contextlib.contextmanager
def opened(where: str, environment: Mapping[str, str]) -> Iterator[Journal]:
    """Give the journal that is meant, open."""
    journal = Journal(_url(where, environment))
    try:
        yield journal
    finally:
        journal.close()


def _url(where: str, environment: Mapping[str, str]) -> str:
    """Find the journal that is meant: by a URL, by a site that keeps it, or by its file, which must be there."""
    if "://" in where:
        return where
    file = Path(where)
    if file.suffix == ".toml":
        state = load(file, environment).state
        if state.journal is not None:
            return state.journal
        file = file.parent / state.directory / "journal.sqlite"
    if not file.is_file():
        raise JournalError(f"{file}: there is no journal")
    return Journal.url(file) if _writable(file) else f"sqlite:///file:{file}?mode=ro&immutable=1&uri=true"


def _writable(file: Path) -> bool:
    """Tell whether SQLite can work there; what it cannot write, as on a read-only medium, it reads as it lies there."""
    return os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)
