"""The journal's tables, and who may use the console, as the newest migration leaves them (a test compares the two)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table, UniqueConstraint, and_

METADATA = MetaData()

Sequence = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts rows by itself only in a column of the very type INTEGER."""

ENTRIES = Table(
    "entry",
    METADATA,
    Column("sequence", Sequence, primary_key=True, autoincrement=False),  # 1, 2, 3, …: a number that is missing shows
    Column("kind", String(16), nullable=False),  # alert, command, permit, zone, tracks, access or purge
    Column("subject", String(128), nullable=False),  # the alert, permit or zone that it is about
    Column("revision", Integer),  # of an alert
    Column("archived", Boolean, nullable=False),  # the last of an alert: its topic is emptied
    Column("time", BigInteger, nullable=False),  # ns, UTC: when it was true
    Column("written", BigInteger, nullable=False),  # ns, UTC
    Column("body", LargeBinary),  # an alert's exactly as it is published; null once it is purged
    Column("salt", LargeBinary),  # purged with the body, lest the digest betray what it was of
    Column("digest", LargeBinary, nullable=False),  # SHA-256 of salt and body
    Column("hash", LargeBinary, nullable=False),  # SHA-256 of the hash before and of all the above but body and salt
    Column("published", BigInteger),  # ns, UTC: when the broker confirmed an alert; null until then
    UniqueConstraint("kind", "subject", "revision", "archived", name="entry_revision"),
)

NOT_PUBLISHED = and_(ENTRIES.c.kind == "alert", ENTRIES.c.published.is_(None))

Index("entry_unpublished", ENTRIES.c.sequence, sqlite_where=NOT_PUBLISHED, postgresql_where=NOT_PUBLISHED)
Index("entry_time", ENTRIES.c.time)

HEAD = Table(
    "head",
    METADATA,
    Column("one", Integer, primary_key=True, autoincrement=False),  # 1: there is one row, locked by whoever writes
    Column("sequence", Sequence, nullable=False),  # of the last entry; 0 before the first
    Column("hash", LargeBinary, nullable=False),  # of the last entry
)

WEBHOOKS = Table(
    "webhook",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("sequence", Sequence, nullable=False),  # of the last entry that was looked at for it
)

DELIVERIES = Table(
    "delivery",
    METADATA,
    Column("webhook", String(64), primary_key=True),
    Column("sequence", Sequence, primary_key=True, autoincrement=False),  # the entry that is sent
    Column("subject", String(128), nullable=False),  # its alert
    Column("state", String(10), nullable=False),  # waiting, delivered or dead
    Column("attempts", Integer, nullable=False),
    Column("since", BigInteger, nullable=False),  # ns, UTC: from when on it is tried
    Column("due", BigInteger, nullable=False),  # ns, UTC: not tried before
    Column("settled", BigInteger),  # ns, UTC: when it was delivered or given up
    Column("reason", String(256)),  # why the last attempt failed
)

Index("delivery_state", DELIVERIES.c.webhook, DELIVERIES.c.state, DELIVERIES.c.subject, DELIVERIES.c.sequence)

USERS = Table(
    "console_user",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("password", String(256), nullable=False),  # argon2id, with its salt and costs
    Column("role", String(16), nullable=False),
    Column("grants", String(256), nullable=False),  # permissions besides the role's, with blanks between
    Column("denies", String(256), nullable=False),  # permissions that the role has and this user has not
    Column("disabled", Boolean, nullable=False),
    Column("must_change", Boolean, nullable=False),  # the password is somebody else's choice
    Column("created", BigInteger, nullable=False),  # ns, UTC
)

SESSIONS = Table(
    "console_session",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),  # SHA-256 of the cookie: who reads this table is not logged in
    Column("kind", String(8), nullable=False),  # user, token, once or openid
    Column("name", String(64), nullable=False),
    Column("role", String(16)),  # of a session that came by a link or from an OpenID provider
    Column("token", String(32)),  # by which it was begun
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),  # ns, UTC
)

TOKENS = Table(
    "console_token",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),  # SHA-256 of the token, which has 256 bits of chance
    Column("name", String(64), nullable=False),
    Column("scopes", String(256), nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("created_by", String(64), nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("used", BigInteger),  # when last, to the hour
)

LINKS = Table(
    "console_link",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("name", String(64), nullable=False),
    Column("role", String(16), nullable=False),
    Column("expires", BigInteger, nullable=False),
)
