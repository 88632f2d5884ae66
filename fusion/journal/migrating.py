"""Brings a database to the tables of this version when it is opened, by Alembic."""

from __future__ import annotations

import logging
from typing import Final

from sqlalchemy import Connection, inspect, text

from fusion.errors import JournalError
from fusion.journal.database import Database

NEWEST: Final = "0004"
"""The last of `migrations/versions`."""

LOCK: Final = 0x7669676965
"""Key of PostgreSQL's advisory lock, "vigie": two services that start at once migrate one after the other."""


def migrate(database: Database) -> None:
    """Bring the tables up to date; nothing is written where they are. Raise JournalError for those of a newer version."""
    with database.reading() as connection:
        if revision(connection) == NEWEST:
            return
    with database.writing() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        if revision(connection) != NEWEST:
            _upgrade(connection, database)


def revision(connection: Connection) -> str | None:
    """Give the migration at which a database stands; None where no migration was ever applied."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(connection: Connection, database: Database) -> None:
    logging.getLogger("alembic").setLevel(logging.WARNING)  # its plug-ins are nobody's news
    from alembic import command  # noqa: PLC0415 - half a second that only a database of before needs
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "fusion.journal:migrations")
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if (found := revision(connection)) is not None and found not in known:
        raise JournalError(f"{database.url!r}: is of a newer version (migration {found}); this one knows up to {NEWEST}")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
