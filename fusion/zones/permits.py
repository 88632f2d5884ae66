"""The register: who may fly, and what that makes of a claimed identity."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from fusion.config_file import Source, explain
from fusion.errors import ConfigError
from fusion.messages import Frozen, Identity, Strength, Time, Verdict, nanoseconds
from fusion.zones.reasons import Reason, reason

Text = Annotated[str, Meta(pattern=r"\S", max_length=128)]  # a blank one would match every claim that lacks it
ZoneIdentifier = Annotated[str, Meta(pattern="^[A-Za-z0-9][A-Za-z0-9_-]{0,6}$")]

EXACT = ("serial", "icao24", "registration", "callsign")
"""What a claim is told by, the airframe before the flight."""


class Permit(msgspec.Struct, metaclass=Frozen, forbid_unknown_fields=True, kw_only=True):
    """One entry: what a claim must say, where and when it then holds, and on whose word."""

    serial: Text | None = None
    registration: Text | None = None
    icao24: Annotated[str, Meta(pattern="^[0-9A-Fa-f]{6}$")] | None = None
    callsign: Text | None = None
    operator: Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{3,}\*?$", max_length=64)] | None = None  # "*" for any ending
    valid_from: Time | None = None
    valid_until: Time | None = None
    zones: Annotated[tuple[ZoneIdentifier, ...], Meta(min_length=1)] | None = None  # None: every zone
    friendly: bool = False
    issued_by: Text
    note: str = ""

    def is_for(self, identity: Identity) -> bool:
        """Tell whether a claim has everything that this entry asks for."""
        for field in EXACT:
            asked = getattr(self, field)
            if asked is not None and plain(asked) != plain(getattr(identity, field)):
                return False
        return self.operator is None or _matches(self.operator, identity.operator)

    def lacks(self, name: str, time: int, zone: str | None) -> Reason | None:
        """Tell why the entry does not help `name` at a time (ns) in a zone (None: wherever); None if it does."""
        if self.valid_from is not None and time < nanoseconds(self.valid_from):
            return reason("not_yet_valid", name=name, time=_clock(self.valid_from))
        if self.valid_until is not None and time >= nanoseconds(self.valid_until):
            return reason("expired", name=name, time=_clock(self.valid_until))
        if zone is not None and self.zones is not None and zone not in self.zones:
            return reason("other_zone", name=name, zone=zone)
        return None


class RegisterFile(msgspec.Struct, metaclass=Frozen, forbid_unknown_fields=True):
    """The file: a list of permits."""

    permit: tuple[Permit, ...] = ()


class Standing(NamedTuple):
    """What an identity amounts to, and why."""

    verdict: Verdict
    reasons: tuple[Reason, ...]


class Register:
    """All permits, found by what a claim is told by."""

    def __init__(self, permits: Iterable[Permit] = ()) -> None:
        self.permits = tuple(permits)
        self._by_name: dict[tuple[str, str], list[int]] = {}
        for i, permit in enumerate(self.permits):
            self._by_name.setdefault(_told_by(permit), []).append(i)

    def verdict(self, identity: Identity | None, time: int, zone: str | None = None, strength: Strength = "claimed") -> Standing:
        """Judge a claimed identity at a time (ns) in a zone, or wherever it is (None).

        Without an identity it is unknown; with one that no valid permit is for, unauthorised. A claim that measurements
        contradict is never more than that, whatever the register says of its name. Nothing here is ever hostile: only a
        named human says that.
        """
        name = None if identity is None else name_of(identity)
        if identity is None or name is None:
            return Standing("unknown", (reason("no_identity"),))
        if strength == "contradicted":
            return Standing("unauthorised", (reason("contradicted", name=name),))
        permits = self._permits_for(identity)
        faults = [permit.lacks(name, time, zone) for permit in permits]
        valid = [permit for permit, fault in zip(permits, faults, strict=True) if fault is None]
        if not valid:
            found = tuple(fault for fault in faults if fault is not None)
            return Standing("unauthorised", found or (reason("not_registered", name=name),))
        best = max(valid, key=lambda permit: permit.friendly)
        why = reason("friendly" if best.friendly else "permit", name=name, issuer=best.issued_by)
        doubt = (reason("claim_only"),) if strength == "claimed" else ()
        return Standing("friendly" if best.friendly else "authorised", (why, *doubt))

    def _permits_for(self, identity: Identity) -> list[Permit]:
        """Find the entries that a claim satisfies, in the order of the file."""
        told = [(field, plain(getattr(identity, field))) for field in EXACT]
        candidates = [i for key in (*told, OPERATOR) for i in self._by_name.get(key, ())]
        return [self.permits[i] for i in sorted(candidates) if self.permits[i].is_for(identity)]


OPERATOR = ("operator", "")
"""Where entries stand that name an operator only: they are tried one by one."""


def parse_register(text: str, source_name: str) -> Register:
    """Read a register (TOML: a list of `[[permit]]`); raise ConfigError naming line, key, value and what was expected."""
    source = Source(source_name, text)
    try:
        tree = tomllib.loads(text)
        permits = msgspec.convert(tree, RegisterFile).permit
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{source_name}: is not TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise ConfigError(explain(str(error), tree, source, RegisterFile)[0]) from error
    for i, permit in enumerate(permits):
        if all(getattr(permit, field) is None for field in (*EXACT, "operator")):
            raise ConfigError(f"{source.where(('permit', i))}: names nobody; expected {', '.join(EXACT)} or operator")
        if permit.valid_from and permit.valid_until and permit.valid_until <= permit.valid_from:
            where = source.where(("permit", i, "valid_until"))
            raise ConfigError(f"{where}: {permit.valid_until} is refused; expected a time after valid_from ({permit.valid_from})")
    return Register(permits)


def name_of(identity: Identity) -> str | None:
    """Give the word by which a person would call a claimed identity."""
    return next((name for field in (*EXACT, "operator") if (name := getattr(identity, field))), None)


def _told_by(permit: Permit) -> tuple[str, str]:
    return next(((field, plain(getattr(permit, field))) for field in EXACT if getattr(permit, field)), OPERATOR)


def _matches(pattern: str, operator: str | None) -> bool:
    """Compare an operator with a pattern that may end in `*`."""
    begins = plain(pattern)
    return plain(operator).startswith(begins[:-1]) if begins.endswith("*") else plain(operator) == begins


def plain(name: str | None) -> str:
    """Bring a name into the one spelling that is compared: receivers differ in case and padding."""
    return (name or "").strip().upper()


def _clock(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
