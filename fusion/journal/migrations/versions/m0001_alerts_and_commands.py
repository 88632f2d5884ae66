"""Alerts and commands, each in a table of its own: the journal before it knew migrations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

Sequence = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables, unless a version without migrations has."""
    there = sa.inspect(op.get_bind()).has_table
    if not there("alert_revision"):
        op.create_table(
            "alert_revision",
            sa.Column("sequence", Sequence, primary_key=True),
            sa.Column("alert", sa.String(64), nullable=False),
            sa.Column("revision", sa.Integer, nullable=False),
            sa.Column("archived", sa.Boolean, nullable=False),
            sa.Column("state", sa.String(16), nullable=False),
            sa.Column("payload", sa.LargeBinary, nullable=False),
            sa.Column("written", sa.BigInteger, nullable=False),
            sa.Column("published", sa.BigInteger),
            sa.UniqueConstraint("alert", "revision", "archived"),
        )
    if not there("command"):
        op.create_table(
            "command",
            sa.Column("sequence", Sequence, primary_key=True),
            sa.Column("time", sa.BigInteger, nullable=False),
            sa.Column("who", sa.String(128), nullable=False),
            sa.Column("alert", sa.String(64), nullable=False),
            sa.Column("command", sa.String(32), nullable=False),
            sa.Column("why", sa.String, nullable=False),
        )
