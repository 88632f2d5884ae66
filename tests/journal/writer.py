"""Writes alerts for as long as it lives: says `alert revision` only once the journal has it. `python writer.py URL`."""

from __future__ import annotations

import itertools
import sys
from datetime import UTC, datetime

from fusion.journal import Journal
from fusion.messages import Alert, AlertMessage

NOON = datetime(2026, 7, 26, 12, tzinfo=UTC)


def message(name: str, revision: int, *, archived: bool = False, **changes) -> AlertMessage:
    given = {"alert": name, "site": "paris", "track": "T", "zone": "Z", "rule": "intrusion", "severity": "warning"}
    given |= {"state": "raised", "revision": revision, "raised": NOON, "updated": NOON, "reasons": ("x" * 200,)}
    return AlertMessage(alert=Alert(**given | changes), cause=0, archived=archived)


if __name__ == "__main__":
    journal = Journal(sys.argv[1])
    for number in itertools.count():
        entries = journal.write([message(f"A{number % 7}", number), message(f"B{number % 3}", number)])
        sys.stdout.write("".join(f"{entry.sequence} {entry.alert} {entry.revision}\n" for entry in entries))
        sys.stdout.flush()
