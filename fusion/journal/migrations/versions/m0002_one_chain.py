"""One table of entries, each chained to the one before it; what was there is taken over in the order in which it was written."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

from fusion.journal import chain

revision = "0002"
down_revision = "0001"

Sequence = sa.BigInteger().with_variant(sa.Integer, "sqlite")

BATCH = 500

TAKEN_OVER = """
SELECT 'alert' AS kind, alert AS subject, revision, archived, written AS time, written, payload AS body, published, sequence,
  NULL AS who, NULL AS command, NULL AS why FROM alert_revision
UNION ALL
SELECT 'command', alert, NULL, :no, time, time, NULL, NULL, sequence, who, command, why FROM command
ORDER BY written, kind, sequence
"""


def upgrade() -> None:
    """Make the tables, move every row into them, and drop those of before."""
    entries, head = _tables()
    bind = op.get_bind()
    last = chain.Head()
    rows = _chained(bind)
    while batch := list(islice(rows, BATCH)):
        op.bulk_insert(entries, batch)
        last = chain.Head(batch[-1]["sequence"], batch[-1]["hash"])
    op.bulk_insert(head, [{"one": 1, "sequence": last.sequence, "hash": last.hash}])
    op.drop_table("alert_revision")
    op.drop_table("command")


def _tables() -> tuple[sa.Table, sa.Table]:
    entries = op.create_table(
        "entry",
        sa.Column("sequence", Sequence, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("subject", sa.String(128), nullable=False),
        sa.Column("revision", sa.Integer),
        sa.Column("archived", sa.Boolean, nullable=False),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("written", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary),
        sa.Column("salt", sa.LargeBinary),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("published", sa.BigInteger),
        sa.UniqueConstraint("kind", "subject", "revision", "archived", name="entry_revision"),
    )
    where = sa.text("kind = 'alert' AND published IS NULL")
    op.create_index("entry_unpublished", "entry", ["sequence"], sqlite_where=where, postgresql_where=where)
    op.create_index("entry_time", "entry", ["time"])
    head = op.create_table(
        "head",
        sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("sequence", Sequence, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
    )
    return entries, head


def _chained(bind: sa.Connection) -> Iterator[dict[str, Any]]:
    before = chain.GENESIS
    for sequence, row in enumerate(bind.execute(sa.text(TAKEN_OVER), {"no": False}), 1):
        body = bytes(row.body) if row.kind == "alert" else _order(row)
        salt = secrets.token_bytes(chain.SALT)
        digest = chain.digest_of(salt, body)
        archived = bool(row.archived)
        header = chain.Header(sequence, row.kind, row.subject, row.revision, archived, row.time, row.written, digest.hex())
        before = chain.hash_of(before, header)
        yield header._asdict() | {"body": body, "salt": salt, "digest": digest, "hash": before, "published": row.published}


def _order(row: sa.Row[Any]) -> bytes:
    return msgspec.json.encode({"command": row.command, "who": row.who, "why": row.why})
