"""Reads the chain from its first entry to its last and says what does not fit: a change, a removal, a gap, a missing end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select

from fusion.errors import JournalError
from fusion.journal import chain
from fusion.journal.chain import GENESIS, Head, Header
from fusion.journal.journal import Journal
from fusion.journal.records import Purged
from fusion.journal.schema import ENTRIES, HEAD

AT_ONCE = 1_000
"""Rows read at once, so that a journal of years is read in little memory."""


def verify(journal: Journal, noted: Iterable[Head] = ()) -> list[str]:
    """Give a sentence for each fault; none where the chain is whole and holds every head that somebody noted at the time."""
    with journal.database.reading() as connection:
        return list(_faults(connection, {head.sequence: head for head in noted}))


def parse_head(text: str) -> Head:
    """Read a head as `status` and `vigie journal verify` write it; raise JournalError where it is none."""
    number, _, digits = text.partition(":")
    try:
        head = Head(int(number), bytes.fromhex(digits))
    except ValueError as error:
        raise JournalError(f"{text!r} is no head; expected number:hash, as in `status`") from error
    if len(head.hash) != len(GENESIS) or head.sequence < 0:
        raise JournalError(f"{text!r} is no head; expected number:hash with {2 * len(GENESIS)} hexadecimal digits")
    return head


def _faults(connection: Connection, noted: dict[int, Head]) -> Iterator[str]:
    last, missing_bodies, purged = Head(), [], []
    rows = connection.execution_options(yield_per=AT_ONCE).execute(select(ENTRIES).order_by(ENTRIES.c.sequence))
    for row in rows:
        name = _name(row)
        if row.sequence != last.sequence + 1:
            yield _missing(last.sequence + 1, row.sequence - 1)
        elif row.hash != chain.hash_of(last.hash, _header(row)):
            yield f"{name}: was changed, or does not follow from the one before it"
        if row.body is None:
            missing_bodies.append((row.sequence, name))
        elif row.digest != chain.digest_of(row.salt or b"", row.body):
            yield f"{name}: its content was changed"
        elif row.kind == "purge":
            purged.append(msgspec.json.decode(row.body, type=Purged))
        if (known := noted.get(row.sequence)) is not None and known.hash != row.hash:
            yield f"{name}: is not what it was when its head was noted: the book was written anew"
        last = Head(row.sequence, row.hash)
    yield from _end(connection, last, noted)
    for sequence, name in missing_bodies:
        if not any(one.takes(sequence) for one in purged):
            yield f"{name}: its content is missing, and no purge says so"


def _end(connection: Connection, last: Head, noted: dict[int, Head]) -> Iterator[str]:
    told = [Head(*row) for row in connection.execute(select(HEAD.c.sequence, HEAD.c.hash))]
    if len(told) != 1:
        yield f"the book has {len(told)} heads; expected one"
    for head in (*told, *noted.values()):
        if head.sequence > last.sequence:
            yield f"{_missing(last.sequence + 1, head.sequence)} at the end"
    if len(told) == 1 and told[0].sequence <= last.sequence and told[0] != last:
        yield f"the book's head says that it ends with entry {told[0].sequence}, but the last is {last.sequence}"


def _missing(first: int, last: int) -> str:
    return f"entry {first} is missing" if first == last else f"entries {first} to {last} are missing"


def _header(row: Row[Any]) -> Header:
    return Header._make([*(getattr(row, name) for name in Header._fields[:-1]), row.digest.hex()])


def _name(row: Row[Any]) -> str:
    return f"entry {row.sequence} ({row.kind}{' ' if row.subject else ''}{row.subject})"
