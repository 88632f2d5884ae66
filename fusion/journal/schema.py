"""The journal's tables."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table, UniqueConstraint

METADATA = MetaData()

Sequence = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts rows by itself only in a column of the very type INTEGER."""

ALERTS = Table(
    "alert_revision",
    METADATA,
    Column("sequence", Sequence, primary_key=True, comment="grows with every row and is never used again"),
    Column("alert", String(64), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("archived", Boolean, nullable=False, comment="the last row of an alert: its topic is emptied"),
    Column("state", String(16), nullable=False),
    Column("payload", LargeBinary, nullable=False, comment="exactly what is published"),
    Column("written", BigInteger, nullable=False, comment="ns, UTC"),
    Column("published", BigInteger, comment="ns, UTC: when the broker confirmed; null until then"),
    UniqueConstraint("alert", "revision", "archived"),
    sqlite_autoincrement=True,
)

Index(
    "alert_unpublished",
    ALERTS.c.sequence,
    sqlite_where=ALERTS.c.published.is_(None),
    postgresql_where=ALERTS.c.published.is_(None),
)

COMMANDS = Table(
    "command",
    METADATA,
    Column("sequence", Sequence, primary_key=True, comment="grows with every row and is never used again"),
    Column("time", BigInteger, nullable=False, comment="ns, UTC: when it was given"),
    Column("who", String(128), nullable=False),
    Column("alert", String(64), nullable=False, index=True),
    Column("command", String(32), nullable=False),
    Column("why", String, nullable=False),
    sqlite_autoincrement=True,
)
