"""Passwords, sessions, tokens and links: what is secret is made and compared here, and kept as a digest. Everything blocks."""

from __future__ import annotations

import functools
import hashlib
import secrets
from collections.abc import Iterable
from typing import NamedTuple, cast

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from fusion.config_console import Role
from fusion.console.permissions import ALL, HIGHEST, PERSONAL, Caller, of_role
from fusion.errors import AccountError
from fusion.journal.accounts import Accounts, Link, Session, Standing, Token, User
from fusion.messages import SECOND

HOUR, DAY = 3_600 * SECOND, 86_400 * SECOND

LEAST, MOST = 12, 256
"""Characters of a password: long rather than strange (NIST SP 800-63B); more than 256 only costs time."""

TOKEN_HEAD = "vigie_"  # noqa: S105 - what tells a token from other words, for whoever searches leaks
"""What every token begins with."""

_hasher = PasswordHasher()  # argon2id with the costs of RFC 9106's second choice


class Fresh(NamedTuple):
    """A session that begins: its cookie, and who is in it."""

    secret: str
    caller: Caller


def digest_of(secret: str) -> bytes:
    """Give what is kept of a secret of 256 bits of chance: there is nothing to guess, so one round of SHA-256 does."""
    return hashlib.sha256(secret.encode()).digest()


class People:
    """Who may use one site's console."""

    def __init__(self, accounts: Accounts, session_ns: int) -> None:
        self.accounts, self._session_ns = accounts, session_ns

    # --- Users ----------------------------------------------------------------------------------------------------

    def add(
        self,
        name: str,
        role: Role,
        password: str,
        now: int,
        *,
        grants: Iterable[str] = (),
        denies: Iterable[str] = (),
        must_change: bool,
    ) -> User:
        """Add a user; raise AccountError where that cannot be."""
        user = User(
            name,
            hashed(name, password),
            role,
            frozenset(grants),
            frozenset(denies),
            disabled=False,
            must_change=must_change,
            created=now,
        )
        self.accounts.add(user)
        return user

    def log_in(self, name: str, password: str, now: int) -> Fresh | None:
        """Begin a session of who knows the password; None for who does not, after as long as for who does."""
        user = self.accounts.user(name)
        known = user is not None and not user.disabled
        if not _verified(user.password if user and known else _nobody(), password) or user is None or not known:
            return None
        return self._begin("user", name, now, self._session_ns)

    def change_password(self, name: str, old: str, new: str) -> bool:
        """Change one's own password and end every session; False where the old one is wrong."""
        user = self.accounts.user(name)
        if user is None or not _verified(user.password, old):
            return False
        if old == new:
            raise AccountError("the new password is the old one")
        self.accounts.change(name, HIGHEST, password=hashed(name, new), must_change=False)
        return True

    # --- Sessions -------------------------------------------------------------------------------------------------

    def caller(self, secret: str, now: int) -> Caller | None:
        """Tell who is behind a session's cookie."""
        return self.caller_of(digest_of(secret), now)

    def caller_of(self, digest: bytes, now: int) -> Caller | None:
        """Tell who is behind a session, as it is now: what was taken from a user since is gone."""
        standing = self.accounts.session(digest, now)
        return None if standing is None else _caller(standing)

    def come_in(self, name: str, kind: str, role: Role, now: int) -> Fresh | None:
        """Begin a session of somebody whom another has vouched for."""
        return self._begin(kind, name, now, self._session_ns, role=role)

    def leave(self, caller: Caller) -> None:
        """End a session."""
        self.accounts.end(caller.digest)

    # --- Tokens and links -----------------------------------------------------------------------------------------

    def issue(self, name: str, scopes: Iterable[str], days: float, by: str, now: int) -> tuple[Token, str]:
        """Make a token; give it with its secret, which is nowhere else."""
        secret = TOKEN_HEAD + secrets.token_urlsafe(32)
        expires = now + round(days * DAY)
        token = Token(secrets.token_hex(8), digest_of(secret), name, frozenset(scopes), now, by, expires, None)
        self.accounts.issue(token)
        return token, secret

    def bearer(self, secret: str, now: int) -> Caller | None:
        """Tell who sends a token."""
        token = self.accounts.token(digest_of(secret), now)
        if token is None:
            return None
        if token.used is None or now - token.used >= HOUR:
            self.accounts.used(token.id, now)
        return Caller(token.name, "token", None, token.scopes & set(ALL), token.expires)

    def log_in_by_token(self, secret: str, now: int) -> Fresh | None:
        """Begin a session of a token, for a page on a wall; it lasts as long as the token."""
        token = self.accounts.token(digest_of(secret), now)
        return None if token is None else self._begin("token", token.name, now, token.expires - now, token=token.id)

    def offer(self, name: str, role: Role, now: int) -> str:
        """Make a link that works once, within an hour; give its code."""
        code = secrets.token_urlsafe(32)
        self.accounts.offer(Link(digest_of(code), name, role, now + HOUR))
        return code

    def redeem(self, code: str, now: int) -> Fresh | None:
        """Begin the session of a link."""
        link = self.accounts.redeem(digest_of(code), now)
        return None if link is None else self._begin("once", link.name, now, self._session_ns, role=cast("Role", link.role))

    def _begin(
        self, kind: str, name: str, now: int, length: int, role: Role | None = None, token: str | None = None
    ) -> Fresh | None:
        secret = secrets.token_urlsafe(32)
        self.accounts.begin(Session(digest_of(secret), kind, name, role, token, now, now + length))
        caller = self.caller(secret, now)
        return None if caller is None else Fresh(secret, caller)


def hashed(name: str, password: str) -> str:
    """Give a password's argon2id; raise AccountError for one that is too easy to guess."""
    if not LEAST <= len(password) <= MOST:
        raise AccountError(f"the password has {len(password)} characters; expected {LEAST} to {MOST}")
    if name.lower() in password.lower() or len(set(password)) < 5:
        raise AccountError("the password is easy to guess: it holds the name, or hardly more than one character")
    return _hasher.hash(password)


@functools.cache
def _nobody() -> str:
    """Give the hash that is compared where there is no such user, so that the answer takes as long."""
    return _hasher.hash(secrets.token_urlsafe(32))


def _verified(kept: str, password: str) -> bool:
    try:
        return _hasher.verify(kept, password[: MOST + 1])
    except (VerificationError, InvalidHashError):
        return False


def _caller(standing: Standing) -> Caller | None:
    session, user, token = standing.session, standing.user, standing.token
    if session.kind == "user":
        if user is None or user.disabled:
            return None
        role = cast("Role", user.role)
        permissions = (of_role(role) | (user.grants & set(PERSONAL))) - user.denies
        return Caller(user.name, "user", role, permissions, session.expires, user.must_change, session.digest)
    if session.token is not None:
        return (
            None
            if token is None
            else Caller(session.name, "token", None, token.scopes & set(ALL), session.expires, digest=session.digest)
        )
    if session.kind == "openid" and user is not None:  # whoever bears that name here, it is no longer that one
        return None
    role = cast("Role", session.role)
    return Caller(session.name, session.kind, role, of_role(role), session.expires, digest=session.digest)
