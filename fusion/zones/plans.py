"""Which plan's zones are in force: the first until somebody says otherwise, by one message; signed, where a site has signers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from joserfc.jwk import OKPKey
from msgspec import Meta

from fusion.config_table import Name
from fusion.errors import DecodeError
from fusion.messages import SECOND, Record, utc
from fusion.zones.issuers import Issuers
from fusion.zones.reasons import Reason, reason
from fusion.zones.shapes import Said, Seconds
from fusion.zones.tokens import Header, Refusals, Type, payload_of, proven, read_payload, sign
from fusion.zones.zones import ZoneSet

FIRST = ""
"""The plan of a site that has none."""

EARLY = 60 * SECOND
"""ns by which a signer's clock may be ahead of ours."""

MOST_SEQUENCE = 2**53 - 1
"""What every reader of JSON keeps exactly."""

TYPES: tuple[Type, ...] = ("plan",)

PLAN = Refusals("plan_unsigned", "plan_unreadable", "plan_algorithm", "plan_signer", "plan_forged", "plan_claims")

Who = Annotated[str, Meta(pattern=r"\S", max_length=128)]
Why = Annotated[str, Meta(pattern=r"\S", max_length=500)]


class ZonePlan(Record, kw_only=True):
    """Which plan is in force from now on, who says so and why."""

    plan: Annotated[str, Meta(max_length=64)]
    who: Who
    why: Why


class Switch(Said, kw_only=True):
    """What a signed switch says: which plan at which site, the digest of its zones, who decided and why, and for how long."""

    iss: Name
    aud: Name  # the site
    seq: Annotated[int, Meta(ge=1, le=MOST_SEQUENCE)]  # when it was signed, ms of 1970: higher than that of any switch before
    iat: Seconds  # the same in s
    exp: Seconds  # when it can be given no longer; what was given stands
    plan: Name
    zones: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    who: Who
    why: Why


class PlansState(Record):
    """What a restart wants to know."""

    plan: str
    sequence: int  # of the newest switch that was taken
    token: bytes  # that switch as it came; empty where none was signed


class Plans:
    """A site's plans, and which of them is in force."""

    def __init__(self, sets: Mapping[str, ZoneSet], site: str, signers: Issuers) -> None:
        self._sets, self._site, self._signers = dict(sets), site, signers
        self._state = PlansState(plan=next(iter(self._sets)), sequence=0, token=b"")

    @property
    def plan(self) -> str:
        """The plan in force."""
        return self._state.plan

    @property
    def zones(self) -> ZoneSet:
        """The zones of its files."""
        return self._sets[self.plan]

    @property
    def signing(self) -> Literal["signed", "unsigned"] | None:
        """Whether a switch must be signed; None where there is nothing to switch."""
        return ("signed" if self._signers else "unsigned") if FIRST not in self._sets else None

    @property
    def sequence(self) -> int:
        """The number of the newest signed switch that was taken; 0: none was."""
        return self._state.sequence

    def take(self, payload: bytes, received: int) -> None:
        """Take what came on the topic at a time (ns); raise DecodeError, having changed nothing, where it is not believed."""
        if not self._signers:
            self._state = PlansState(plan=decode_plan(payload, tuple(self._sets)), sequence=self.sequence, token=b"")
        elif payload != self._state.token or not payload:  # the broker says again what it retains
            said = self.judge(payload, received)
            if isinstance(said, Reason):
                raise DecodeError(f"zone plan: {said.sentence()}")
            self._state = PlansState(plan=said.plan, sequence=said.seq, token=payload)

    def judge(self, token: bytes, received: int) -> Switch | Reason:
        """Tell what a switch that came at a time (ns) would do, or why it is not to be believed."""
        if not is_signed(token):
            return reason("plan_unsigned", signers=", ".join(self._signers) or "nobody")
        said = proven(token, self._signers, TYPES, PLAN, _believed)
        return said if isinstance(said, Reason) else self._unwanted(said, received) or said

    def switch(self, signer: str, order: ZonePlan, moment: int, lasts_s: int) -> Switch:
        """Give what a signer signs at a moment (ms of 1970) to order a plan of this site."""
        second = moment // 1000
        return Switch(
            iss=signer,
            aud=self._site,
            seq=moment,
            iat=second,
            exp=second + lasts_s,
            plan=order.plan,
            zones=digest(self._sets[order.plan]),
            who=order.who,
            why=order.why,
        )

    def restore(self, state: PlansState) -> None:
        """Become what a snapshot says; a plan that the site no longer has makes way for the first."""
        gone = state.plan not in self._sets
        self._state = PlansState(plan=next(iter(self._sets)) if gone else state.plan, sequence=state.sequence, token=state.token)

    def state(self) -> PlansState:
        """Give what a restart wants to know."""
        return self._state

    def _unwanted(self, said: Switch, received: int) -> Reason | None:
        """Tell why a switch that is its signer's does not hold here and now."""
        if said.aud != self._site:
            return reason("plan_site", site=said.aud, here=self._site)
        if said.plan not in self._sets:
            return reason("plan_unknown", plan=said.plan, known=", ".join(filter(None, self._sets)) or "none")
        if said.zones != digest(self._sets[said.plan]):
            return reason("plan_changed", plan=said.plan, issuer=said.iss)
        return self._untimely(said, received)

    def _untimely(self, said: Switch, received: int) -> Reason | None:
        """Tell why a switch cannot be given at a time (ns): not yet, no longer, or not after the one that stands."""
        if said.iat * SECOND > received + EARLY:
            return reason("plan_early", plan=said.plan, time=_clock(said.iat))
        if said.exp * SECOND <= received:
            return reason("plan_ended", plan=said.plan, time=_clock(said.exp))
        if said.seq <= self.sequence:
            return reason("plan_replayed", plan=said.plan, time=_clock(said.iat))
        return None


_decoder = msgspec.json.Decoder(ZonePlan)


def decode_plan(payload: bytes, known: tuple[str, ...]) -> str:
    """Read which plan is in force, the first where the payload is empty; raise DecodeError saying what is wrong."""
    if not payload:
        return known[0]
    try:
        said = _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise DecodeError(f"zone plan: {error}") from error
    if said.plan not in known or said.plan == FIRST:
        raise DecodeError(
            f"zone plan: plan: {said.plan!r} is not one of this site's; expected {', '.join(filter(None, known)) or 'none'}"
        )
    return said.plan


def is_signed(payload: bytes) -> bool:
    """Tell what may be a token from what is JSON, or nothing."""
    return bool(payload) and not payload.lstrip().startswith(b"{")


def sign_switch(switch: Switch, key: OKPKey) -> bytes:
    """Sign a switch; its signer is the one that it names."""
    return sign("plan", switch.iss, switch, key)


def switch_of(token: bytes) -> Switch:
    """Read again what a token says that was believed when it came; nothing is proven here."""
    return read_payload(payload_of(token), Switch)


def digest(zones: ZoneSet) -> str:
    """Give what tells the zones of a plan's files from any others: SHA-256 of them as they are understood, in hexadecimal."""
    published = sorted(zones.zones, key=lambda zone: zone.identifier)
    return hashlib.sha256(msgspec.json.encode(published, order="deterministic")).hexdigest()


def _believed(header: Header, payload: bytes) -> Switch | Reason:
    """Read what a signer has signed."""
    said = read_payload(payload, Switch)
    if said.iss != header.kid:
        return reason("plan_signers", issuer=said.iss, signer=header.kid)
    if said.exp <= said.iat:
        raise ValueError(f"exp: {said.exp} is not after iat ({said.iat})")
    if said.seq // 1000 != said.iat:
        raise ValueError(f"seq: {said.seq} ms is not the moment of iat ({said.iat} s)")
    return said


def _clock(time: int) -> str:
    return f"{utc(time * SECOND):%Y-%m-%d %H:%M:%S} UTC"
