"""Permits that come by topic: which are held, which were revoked, and the register that they make with the site's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from fusion.errors import DecodeError
from fusion.frame import SiteFrame
from fusion.messages import SECOND, PermitsState, Record, nanoseconds
from fusion.zones.issuers import Issuers
from fusion.zones.permits import Entry, Register
from fusion.zones.reasons import Reason, reason
from fusion.zones.tokens import Revocation, Signed, verify

MOST = 2_000
"""Permits held at most. Reading as many again after a restart takes a second and a half."""

REMEMBERED = 86_400 * SECOND
"""ns for which a permit that has ended is held for sure: whoever flies on by it is told that it ended."""


class IssuedState(Record):
    """What a restart wants to know: the tokens as they came, by number, and the numbers that were revoked."""

    tokens: dict[str, bytes]
    revoked: dict[str, int]  # issuer/number: ns, when
    refused: int


class Held(NamedTuple):
    """A permit by topic: its token, and what that says."""

    token: bytes
    issuer: str
    entry: Entry


class Issued:
    """The permits of a site: those of its register's file, and those that its issuers sign."""

    def __init__(self, register: Register, issuers: Issuers, frame: SiteFrame) -> None:
        self._own, self._issuers, self._frame = register, issuers, frame
        self._held: dict[str, Held] = {}
        self._revoked: dict[str, int] = {}
        self.refused = 0
        self._register: Register | None = register

    @property
    def register(self) -> Register:
        """All that may fly, the site's own first, then by number."""
        if self._register is None:
            self._register = Register.joined(self._own.entries, (self._held[name].entry for name in sorted(self._held)))
        return self._register

    @property
    def held(self) -> Mapping[str, Held]:
        """The permits by topic, by number."""
        return self._held

    @property
    def revoked(self) -> Mapping[str, int]:
        """When which number was revoked, by issuer/number."""
        return self._revoked

    def take(self, number: str, payload: bytes, now: int) -> None:
        """Take what came on a permit's topic; raise DecodeError, having but counted it, where it is not to be believed."""
        if not payload:
            self._drop(number)
            return
        match self.judge(number, payload, now):
            case Reason() as why:
                self.refused += 1
                raise DecodeError(why.sentence())
            case Revocation() as said:
                self._revoke(said)
            case Signed() as said if number not in self._held:
                self._hold(said, payload, now)

    def judge(self, number: str | None, token: bytes, now: int) -> Signed | Revocation | Reason:
        """Tell what a token on a permit's topic (None: on its own) would be taken for, or why it would not be."""
        said = verify(token, self._issuers)
        if isinstance(said, Reason):
            return said
        if number is not None and said.number != number:
            return reason("permit_number", permit=said.number, topic=number)
        return self._unwanted(said, token, now) or said if isinstance(said, Signed) else said

    def restore(self, state: IssuedState) -> None:
        """Become what a snapshot says, as far as those who may issue now still stand for it."""
        self._held, self._register, self._revoked, self.refused = {}, None, dict(state.revoked), state.refused
        for number, token in state.tokens.items():
            said = verify(token, self._issuers)
            if isinstance(said, Signed) and said.number == number:
                self._held[number] = self._laid(said, token)

    def state(self) -> IssuedState:
        """Give what a restart wants to know."""
        tokens = {number: held.token for number, held in self._held.items()}
        return IssuedState(tokens=tokens, revoked=self._revoked, refused=self.refused)

    def told(self) -> PermitsState:
        """Give how many there are."""
        return PermitsState(held=len(self._held), revoked=len(self._revoked), refused=self.refused)

    def _unwanted(self, said: Signed, token: bytes, now: int) -> Reason | None:
        """Tell why a permit that is good is not taken."""
        if f"{said.issuer}/{said.number}" in self._revoked:
            return reason("permit_revoked", permit=said.number, issuer=said.issuer)
        if (known := self._held.get(said.number)) is not None:
            return None if known.token == token else reason("permit_taken", permit=said.number)
        full = len(self._held) >= MOST and not any(_is_old(held, now) for held in self._held.values())
        return reason("permits_full", count=MOST) if full else None

    def _hold(self, said: Signed, token: bytes, now: int) -> None:
        if len(self._held) >= MOST:
            for number in [number for number, held in self._held.items() if _is_old(held, now)]:
                self._drop(number)
        self._held[said.number] = self._laid(said, token)
        self._register = None

    def _revoke(self, said: Revocation) -> None:
        """Revoke for good: whoever brings the permit again is refused, though its topic is emptied in between."""
        self._revoked.setdefault(f"{said.issuer}/{said.number}", said.time)
        held = self._held.get(said.number)
        if held is not None and held.issuer == said.issuer:
            self._drop(said.number)

    def _drop(self, number: str) -> None:
        if self._held.pop(number, None) is not None:
            self._register = None

    def _laid(self, said: Signed, token: bytes) -> Held:
        return Held(token=token, issuer=said.issuer, entry=Entry.of(said.permit, self._frame))


def _is_old(held: Held, now: int) -> bool:
    """Tell whether a permit ended so long ago that nobody need be told that it did."""
    end = held.entry.permit.valid_until
    return end is not None and nanoseconds(end) + REMEMBERED < now
