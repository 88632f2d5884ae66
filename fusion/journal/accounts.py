"""Who may use the console: users, sessions, tokens and links in the journal's database. Everything here blocks.

What is secret comes here as a digest already; what a role may do is the console's business (`fusion.console.permissions`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update

from fusion.errors import AccountError
from fusion.journal.database import Database
from fusion.journal.schema import LINKS, SESSIONS, TOKENS, USERS


class User(NamedTuple):
    """One person's account."""

    name: str
    password: str  # argon2id
    role: str
    grants: frozenset[str]
    denies: frozenset[str]
    disabled: bool
    must_change: bool
    created: int  # ns


class Session(NamedTuple):
    """Somebody who is logged in."""

    digest: bytes
    kind: str
    name: str
    role: str | None
    token: str | None
    created: int  # ns
    expires: int  # ns


class Token(NamedTuple):
    """A program's right to ask."""

    id: str
    digest: bytes
    name: str
    scopes: frozenset[str]
    created: int  # ns
    created_by: str
    expires: int  # ns
    used: int | None  # ns


class Link(NamedTuple):
    """A link that works once."""

    digest: bytes
    name: str
    role: str
    expires: int  # ns


class Standing(NamedTuple):
    """A session with what is known now of who stands behind it."""

    session: Session
    user: User | None
    token: Token | None


MOST_SESSIONS = 20
"""Sessions of one user at once: the oldest ends when one more begins."""


class Accounts:
    """The accounts in one database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    # --- Users ----------------------------------------------------------------------------------------------------

    def users(self) -> list[User]:
        """Give every user, by name."""
        with self.database.reading() as connection:
            return [_user(row) for row in connection.execute(select(USERS).order_by(USERS.c.name))]

    def user(self, name: str) -> User | None:
        """Find a user."""
        with self.database.reading() as connection:
            return _find_user(connection, name)

    def namesake(self, name: str) -> User | None:
        """Find a user whose name people would take for this one: the same but for capitals."""
        with self.database.reading() as connection:
            return _find_namesake(connection, name)

    def add(self, user: User) -> None:
        """Add a user; raise AccountError where the name is taken."""
        with self.database.writing() as connection:
            if _find_user(connection, user.name) is not None:
                raise AccountError(f"user {user.name!r} is there already")
            connection.execute(insert(USERS).values(_flat(user)))

    def change(self, name: str, root: str, **changes: Any) -> User:
        """Change a user, and end the sessions that it has; `root` is the role of which one must stay.

        Raise AccountError where there is no such user, or the last of `root` would go.
        """
        with self.database.writing() as connection:
            before = _present(connection, name)
            user = before._replace(**changes)
            connection.execute(update(USERS).where(USERS.c.name == name).values(_flat(user)))
            _keep_one(connection, before, root)
            _end(connection, name)
        return user

    def remove(self, name: str, root: str) -> None:
        """Remove a user and the sessions that it has; raise AccountError as `change` does."""
        with self.database.writing() as connection:
            before = _present(connection, name)
            connection.execute(delete(USERS).where(USERS.c.name == name))
            _keep_one(connection, before, root)
            _end(connection, name)

    # --- Sessions -------------------------------------------------------------------------------------------------

    def begin(self, session: Session) -> None:
        """Begin a session; those that are over are forgotten, and the oldest of too many ends."""
        s = SESSIONS.c
        with self.database.writing() as connection:
            connection.execute(delete(SESSIONS).where(s.expires <= session.created))
            same = select(s.digest).where(s.kind == session.kind, s.name == session.name).order_by(s.created.desc())
            old = [row.digest for row in connection.execute(same.offset(MOST_SESSIONS - 1))]
            connection.execute(delete(SESSIONS).where(s.digest.in_(old)))
            connection.execute(insert(SESSIONS).values(session._asdict()))

    def end(self, digest: bytes) -> None:
        """End a session."""
        with self.database.writing() as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.digest == digest))

    def end_all(self, kind: str) -> None:
        """End every session of a kind."""
        with self.database.writing() as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.kind == kind))

    def session(self, digest: bytes, now: int) -> Standing | None:
        """Find a session that is not over, with the user or token behind it."""
        with self.database.reading() as connection:
            row = connection.execute(select(SESSIONS).where(SESSIONS.c.digest == digest, SESSIONS.c.expires > now)).one_or_none()
            if row is None:
                return None
            session = Session(*row)
            finding = {"user": _find_user, "openid": _find_namesake}.get(session.kind)
            user = None if finding is None else finding(connection, session.name)
            token = _find_token(connection, TOKENS.c.id == session.token, now) if session.token else None
            return Standing(session, user, token)

    # --- Tokens ---------------------------------------------------------------------------------------------------

    def tokens(self) -> list[Token]:
        """Give every token, the oldest first."""
        with self.database.reading() as connection:
            return [_token(row) for row in connection.execute(select(TOKENS).order_by(TOKENS.c.created, TOKENS.c.id))]

    def issue(self, token: Token) -> None:
        """Add a token."""
        with self.database.writing() as connection:
            connection.execute(insert(TOKENS).values(token._asdict() | {"scopes": _words(token.scopes)}))

    def token(self, digest: bytes, now: int) -> Token | None:
        """Find a token that is not over."""
        with self.database.reading() as connection:
            return _find_token(connection, TOKENS.c.digest == digest, now)

    def used(self, token: str, now: int) -> None:
        """Note when a token was used."""
        with self.database.writing() as connection:
            connection.execute(update(TOKENS).where(TOKENS.c.id == token).values(used=now))

    def revoke(self, token: str) -> None:
        """Take a token back, and end the sessions that it began; raise AccountError where there is none."""
        with self.database.writing() as connection:
            if connection.execute(delete(TOKENS).where(TOKENS.c.id == token)).rowcount == 0:
                raise AccountError(f"token {token!r} is not there")
            connection.execute(delete(SESSIONS).where(SESSIONS.c.token == token))

    # --- Links ----------------------------------------------------------------------------------------------------

    def offer(self, link: Link) -> None:
        """Add a link that works once."""
        with self.database.writing() as connection:
            connection.execute(insert(LINKS).values(link._asdict()))

    def redeem(self, digest: bytes, now: int) -> Link | None:
        """Take a link out; None where there is none, or it is over."""
        with self.database.writing() as connection:
            row = connection.execute(select(LINKS).where(LINKS.c.digest == digest)).one_or_none()
            connection.execute(delete(LINKS).where(or_(LINKS.c.digest == digest, LINKS.c.expires <= now)))
        return None if row is None or row.expires <= now else Link(*row)


def _find_user(connection: Connection, name: str) -> User | None:
    row = connection.execute(select(USERS).where(USERS.c.name == name)).one_or_none()
    return None if row is None else _user(row)


def _find_namesake(connection: Connection, name: str) -> User | None:
    row = connection.execute(select(USERS).where(func.lower(USERS.c.name) == name.lower())).first()
    return None if row is None else _user(row)


def _present(connection: Connection, name: str) -> User:
    user = _find_user(connection, name)
    if user is None:
        raise AccountError(f"user {name!r} is not there")
    return user


def _keep_one(connection: Connection, before: User, root: str) -> None:
    """Raise where the last goes who may add users."""
    if before.role != root or before.disabled:
        return
    left = connection.scalar(select(func.count()).select_from(USERS).where(USERS.c.role == root, ~USERS.c.disabled))
    if not left:
        raise AccountError(f"the last {root} stays: without one nobody could add another")


def _find_token(connection: Connection, where: Any, now: int) -> Token | None:
    row = connection.execute(select(TOKENS).where(where, TOKENS.c.expires > now)).one_or_none()
    return None if row is None else _token(row)


def _end(connection: Connection, name: str) -> None:
    connection.execute(delete(SESSIONS).where(SESSIONS.c.kind == "user", SESSIONS.c.name == name))


def _user(row: Row[*tuple[Any, ...]]) -> User:
    user = User(*row)
    return user._replace(grants=_read(row.grants), denies=_read(row.denies))


def _token(row: Row[*tuple[Any, ...]]) -> Token:
    return Token(*row)._replace(scopes=_read(row.scopes))


def _flat(user: User) -> dict[str, Any]:
    return user._asdict() | {"grants": _words(user.grants), "denies": _words(user.denies)}


def _words(names: Iterable[str]) -> str:
    return " ".join(sorted(names))


def _read(words: str) -> frozenset[str]:
    return frozenset(words.split())
