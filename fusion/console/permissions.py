"""Who may what: one table of roles, and what a request's author may do by it."""

from __future__ import annotations

from typing import NamedTuple, get_args

from fusion.config_console import Role

ADDED: dict[Role, tuple[str, ...]] = {
    "viewer": ("read",),
    "operator": ("command", "handover", "replay", "export", "pilot", "friendly"),
    "supervisor": ("zones", "permits", "scenario", "access"),
    "administrator": ("users",),
}
"""What each role may, besides all that the one before it may."""

ROLES: tuple[Role, ...] = get_args(Role)

HIGHEST: Role = ROLES[-1]
"""The role that may add users; one user of it always stays."""

ALL = tuple(permission for added in ADDED.values() for permission in added)

PERSONAL = ("pilot", "friendly")
"""What may be given to a viewer, or refused to anyone: where pilots stand and where our own fly."""


def of_role(role: Role) -> frozenset[str]:
    """Give what a role may."""
    return frozenset(one for name in ROLES[: ROLES.index(role) + 1] for one in ADDED[name])


class Caller(NamedTuple):
    """Who asks, and what that one may."""

    name: str
    kind: str  # user, token, once or openid
    role: Role | None
    permissions: frozenset[str]
    expires: int  # ns
    must_change: bool = False
    digest: bytes = b""  # of the session; none for a token sent with each request

    def may(self, permission: str) -> bool:
        """Tell whether that one may do something."""
        return permission in self.permissions


class Sight(NamedTuple):
    """What of the picture somebody may see."""

    pilot: bool
    friendly: bool

    @classmethod
    def of(cls, caller: Caller) -> Sight:
        """Give what a caller may see."""
        return cls(caller.may("pilot"), caller.may("friendly"))


EVERYTHING = Sight(pilot=True, friendly=True)
