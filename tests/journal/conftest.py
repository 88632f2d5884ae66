"""Every test of the journal is of both databases: a SQLite file, and a PostgreSQL of its own."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text

from fusion.journal import Journal
from fusion.journal.chain import GENESIS


class Place:
    """Where a journal may be kept, and how somebody else gets at it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def execute(self, *statements: str) -> list[tuple]:
        """Do as somebody with another program and every right would; give what the last statement found."""
        engine = create_engine(self.url)
        with engine.begin() as connection:
            results = [connection.execute(text(statement)) for statement in statements]
            rows = [tuple(row) for row in results[-1]] if results[-1].returns_rows else []
        engine.dispose()
        return rows

    def clear(self) -> None:
        """Take everything out of a journal that was opened here before."""
        self.execute("DELETE FROM entry", f"UPDATE head SET sequence = 0, hash = {self.literal(GENESIS)}")  # noqa: S608

    def literal(self, value: bytes) -> str:
        """Write bytes as this database's SQL does."""
        return f"X'{value.hex()}'" if self.url.startswith("sqlite") else f"'\\x{value.hex()}'::bytea"


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    if request.param == "postgresql":
        return Place(request.getfixturevalue("postgresql").fresh())
    return Place(Journal.url(tmp_path / "journal.sqlite"))


@pytest.fixture
def journal(place):
    opened = Journal(place.url, clock=iter(range(1, 100_000)).__next__)
    yield opened
    opened.close()
