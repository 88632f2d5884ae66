"""Routes of users and tokens."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from fusion.config_console import Role
from fusion.console.people import hashed
from fusion.console.permissions import HIGHEST
from fusion.console.problems import Problem
from fusion.console.routes import Asked, Route
from fusion.console.sessions import Password
from fusion.errors import AccountError
from fusion.journal.accounts import Token, User
from fusion.messages import Record, Time, utc

Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$")]
Label = Annotated[str, Meta(pattern=r"^\S(.*\S)?$", max_length=64)]
Personal = Literal["pilot", "friendly"]
Scope = Literal[
    "read", "command", "handover", "replay", "export", "pilot", "friendly", "zones", "permits", "scenario", "access", "users"
]


class UserTold(Record, omit_defaults=False):
    """One user, without anything secret."""

    name: str
    role: str
    grants: list[str]
    denies: list[str]
    disabled: bool
    must_change_password: bool
    created: Time


class UsersTold(Record, omit_defaults=False):
    """Every user."""

    items: list[UserTold]


class NewUser(Record, kw_only=True):
    """A user to be added."""

    name: Name
    role: Role
    password: Password
    grants: frozenset[Personal] = frozenset()
    denies: frozenset[Personal] = frozenset()


class UserChange(Record):
    """What is to be changed of a user."""

    role: Role | msgspec.UnsetType = msgspec.UNSET
    password: Password | msgspec.UnsetType = msgspec.UNSET
    grants: frozenset[Personal] | msgspec.UnsetType = msgspec.UNSET
    denies: frozenset[Personal] | msgspec.UnsetType = msgspec.UNSET
    disabled: bool | msgspec.UnsetType = msgspec.UNSET


class TokenTold(Record, omit_defaults=False):
    """One token, without its secret."""

    id: str
    name: str
    scopes: list[str]
    created: Time
    created_by: str
    expires: Time
    used: Time | None


class TokensTold(Record, omit_defaults=False):
    """Every token."""

    items: list[TokenTold]


class TokenMade(TokenTold, omit_defaults=False):
    """A fresh token, with its secret, which is told this once."""

    token: str = ""


class NewToken(Record, kw_only=True):
    """A token to be made."""

    name: Label
    scopes: Annotated[frozenset[Scope], Meta(min_length=1)]
    days: Annotated[float, Meta(gt=0.0, le=3660.0)] = 365.0


async def users(asked: Asked) -> UsersTold:
    """List every user."""
    return UsersTold(items=[_user(one) for one in await asked.desk.off_loop(asked.desk.people.accounts.users)])


async def add_user(asked: Asked) -> UserTold:
    """Add a user, who must change the password at the first login."""
    desk, wanted = asked.desk, asked.body
    try:
        async with desk.guessing:
            password = await desk.off_loop(hashed, wanted.name, wanted.password)
    except AccountError as error:
        raise Problem(422, str(error)) from error
    user = User(
        wanted.name, password, wanted.role, wanted.grants, wanted.denies, disabled=False, must_change=True, created=desk.clock()
    )
    if await desk.off_loop(desk.people.accounts.user, wanted.name) is not None:
        raise Problem(409, f"user {wanted.name!r} is there already")
    await desk.note_by(asked.who, "user added", wanted.name, wanted.role)
    await _changing(asked, desk.people.accounts.add, user)
    return _user(user)


async def change_user(asked: Asked) -> UserTold:
    """Change a user; the sessions that it has end."""
    desk, name = asked.desk, asked.path["user"]
    changes: dict[str, Any] = {
        field: value
        for field in ("role", "grants", "denies", "disabled")
        if (value := getattr(asked.body, field)) is not msgspec.UNSET
    }
    told = " ".join(f"{field}={sorted(value) if isinstance(value, frozenset) else value}" for field, value in changes.items())
    if asked.body.password is not msgspec.UNSET:
        try:
            async with desk.guessing:
                changes |= {"password": await desk.off_loop(hashed, name, asked.body.password), "must_change": True}
        except AccountError as error:
            raise Problem(422, str(error)) from error
        told += " password"
    await _there(asked, name)
    await desk.note_by(asked.who, "user changed", name, told.strip())
    user: User = await _changing(asked, desk.people.accounts.change, name, HIGHEST, **changes)
    desk.feed.tell("", None)
    return _user(user)


async def remove_user(asked: Asked) -> None:
    """Remove a user."""
    desk, name = asked.desk, asked.path["user"]
    await _there(asked, name)
    await desk.note_by(asked.who, "user removed", name)
    await _changing(asked, desk.people.accounts.remove, name, HIGHEST)
    desk.feed.tell("", None)


async def tokens(asked: Asked) -> TokensTold:
    """List every token."""
    return TokensTold(items=[_token(one) for one in await asked.desk.off_loop(asked.desk.people.accounts.tokens)])


async def add_token(asked: Asked) -> TokenMade:
    """Make a token. Nobody gives a program more than they may themselves."""
    desk, wanted = asked.desk, asked.body
    if beyond := wanted.scopes - asked.who.permissions:
        raise Problem(403, f"scopes: {', '.join(sorted(beyond))} are more than {asked.who.name} may")
    await desk.note_by(asked.who, "token made", wanted.name, " ".join(sorted(wanted.scopes)))
    token, secret = await desk.off_loop(desk.people.issue, wanted.name, wanted.scopes, wanted.days, asked.who.name, desk.clock())
    return TokenMade(**msgspec.structs.asdict(_token(token)), token=secret)


async def revoke_token(asked: Asked) -> None:
    """Take a token back."""
    desk, name = asked.desk, asked.path["id"]
    if all(one.id != name for one in await desk.off_loop(desk.people.accounts.tokens)):
        raise Problem(404, f"token {name!r} is not there")
    await desk.note_by(asked.who, "token revoked", name)
    await _changing(asked, desk.people.accounts.revoke, name)
    desk.feed.tell("", None)


async def _there(asked: Asked, name: str) -> None:
    if await asked.desk.off_loop(asked.desk.people.accounts.user, name) is None:
        raise Problem(404, f"user {name!r} is not there")


async def _changing(asked: Asked, work: Any, *args: Any, **kwargs: Any) -> Any:
    try:
        return await asked.desk.off_loop(work, *args, **kwargs)
    except AccountError as error:
        raise Problem(409, str(error)) from error


def _user(user: User) -> UserTold:
    return UserTold(
        name=user.name,
        role=user.role,
        grants=sorted(user.grants),
        denies=sorted(user.denies),
        disabled=user.disabled,
        must_change_password=user.must_change,
        created=utc(user.created),
    )


def _token(token: Token) -> TokenTold:
    return TokenTold(
        id=token.id,
        name=token.name,
        scopes=sorted(token.scopes),
        created=utc(token.created),
        created_by=token.created_by,
        expires=utc(token.expires),
        used=None if token.used is None else utc(token.used),
    )


ACCOUNTING = (
    Route("GET", "/users", "users", users, "Every user.", gives=UsersTold),
    Route("POST", "/users", "users", add_user, "Add a user.", gives=UserTold, takes=NewUser, status=201, refuses=(409,)),
    Route("PATCH", "/users/{user}", "users", change_user, "Change a user.", gives=UserTold, takes=UserChange, refuses=(404, 409)),
    Route("DELETE", "/users/{user}", "users", remove_user, "Remove a user.", status=204, refuses=(404, 409)),
    Route("GET", "/tokens", "users", tokens, "Every token.", gives=TokensTold),
    Route("POST", "/tokens", "users", add_token, "Make a token.", gives=TokenMade, takes=NewToken, status=201),
    Route("DELETE", "/tokens/{id}", "users", revoke_token, "Take a token back.", status=204, refuses=(404,)),
)
