"""The register: who may fly, and what that makes of a claimed identity."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from fusion.config_file import Source, explain
from fusion.errors import ConfigError
from fusion.frame import SiteFrame
from fusion.messages import Floats, Frozen, Identity, Strength, Time, Verdict, nanoseconds
from fusion.zones.names import EXACT, Text, name_of, plain
from fusion.zones.reasons import Key, Reason, reason
from fusion.zones.volumes import Reserved, Volume4D, fault

ZoneIdentifier = Annotated[str, Meta(pattern="^[A-Za-z0-9][A-Za-z0-9_-]{0,6}$")]


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
    volumes: Annotated[tuple[Volume4D, ...], Meta(min_length=1, max_length=50)] | None = None  # None: everywhere
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


@dataclass(frozen=True, eq=False)
class Entry:
    """A permit, its volumes laid into a site's grid."""

    permit: Permit
    volumes: tuple[Reserved, ...]

    @classmethod
    def of(cls, permit: Permit, frame: SiteFrame | None) -> Entry:
        """Lay a permit into a grid, which only one without volumes does without."""
        if permit.volumes is None:
            return cls(permit, ())
        assert frame is not None  # noqa: S101 - who has volumes has a site
        return cls(permit, tuple(Reserved.of(volume, frame) for volume in permit.volumes))

    def lacks(self, name: str, time: int, zone: str | None, place: Floats | None) -> Reason | None:
        """Tell why the entry does not help `name` at a time (ns) in a zone (None: wherever) at a place; None if it does."""
        permit = self.permit
        if permit.valid_from is not None and time < nanoseconds(permit.valid_from):
            return reason("not_yet_valid", name=name, time=_clock(permit.valid_from))
        if permit.valid_until is not None and time >= nanoseconds(permit.valid_until):
            return reason("expired", name=name, time=_clock(permit.valid_until))
        if zone is not None and permit.zones is not None and zone not in permit.zones:
            return reason("other_zone", name=name, zone=zone)
        return None if permit.volumes is None else self._outside(name, time, place)

    def _outside(self, name: str, time: int, place: Floats | None) -> Reason | None:
        """Tell why a place (3) in the grid, None for one that nobody knows, is in none of the volumes now."""
        if place is None:
            return reason("no_place", name=name)
        now = [volume.distance(place) for volume in self.volumes if volume.is_open(time)]
        if not now:
            return reason("other_time", name=name)
        return None if (away := min(now)) <= 0.0 else reason("other_place", name=name, metres=math.ceil(away))


class RegisterFile(msgspec.Struct, metaclass=Frozen, forbid_unknown_fields=True):
    """The file: a list of permits."""

    permit: tuple[Permit, ...] = ()


class Standing(NamedTuple):
    """What an identity amounts to, and why."""

    verdict: Verdict
    reasons: tuple[Reason, ...]

    @property
    def is_alike_everywhere(self) -> bool:
        """Whether it is the same in every zone and at every place."""
        return self.reasons[0].key in ALIKE


ALIKE: frozenset[Key] = frozenset({"no_identity", "contradicted", "not_registered"})
"""First reasons of who has no permit that zone or place might matter to."""


class Register:
    """All permits, found by what a claim is told by."""

    def __init__(self, permits: Iterable[Permit] = (), frame: SiteFrame | None = None) -> None:
        self._look_up([Entry.of(permit, frame) for permit in permits])

    @classmethod
    def joined(cls, *parts: Iterable[Entry]) -> Register:
        """Make one of entries that are laid already."""
        whole = cls()
        whole._look_up([entry for part in parts for entry in part])
        return whole

    def _look_up(self, entries: Sequence[Entry]) -> None:
        self.entries = tuple(entries)
        self._by_name: dict[tuple[str, str], list[int]] = {}
        self._asked: dict[Identity, list[Entry]] = {}
        for i, entry in enumerate(self.entries):
            self._by_name.setdefault(_told_by(entry.permit), []).append(i)

    @property
    def permits(self) -> tuple[Permit, ...]:
        """Every permit as it was given."""
        return tuple(entry.permit for entry in self.entries)

    def verdict(
        self,
        identity: Identity | None,
        time: int,
        zone: str | None = None,
        strength: Strength = "claimed",
        place: Floats | None = None,
    ) -> Standing:
        """Judge a claimed identity at a time (ns) in a zone, or wherever it is (None), at a place of the grid (3), m.

        Without an identity it is unknown; with one that no valid permit is for, unauthorised. A claim that measurements
        contradict is never more than that, whatever the register says of its name. Nothing here is ever hostile: only a
        named human says that.
        """
        name = None if identity is None else name_of(identity)
        if identity is None or name is None:
            return Standing("unknown", (reason("no_identity"),))
        if strength == "contradicted":
            return Standing("unauthorised", (reason("contradicted", name=name),))
        entries = self._entries_for(identity)
        faults = [entry.lacks(name, time, zone, place) for entry in entries]
        valid = [entry.permit for entry, lacking in zip(entries, faults, strict=True) if lacking is None]
        if not valid:
            found = tuple(lacking for lacking in faults if lacking is not None)
            return Standing("unauthorised", found or (reason("not_registered", name=name),))
        best = max(valid, key=lambda permit: permit.friendly)
        why = reason("friendly" if best.friendly else "permit", name=name, issuer=best.issued_by)
        doubt = (reason("claim_only"),) if strength == "claimed" else ()
        return Standing("friendly" if best.friendly else "authorised", (why, *doubt))

    def _entries_for(self, identity: Identity) -> list[Entry]:
        """Find the entries that a claim satisfies, in the order of the file. Who flies is asked about ten times a second."""
        if (known := self._asked.get(identity)) is not None:
            return known
        if len(self._asked) >= ASKED:
            self._asked.clear()
        found = self._asked[identity] = self._found_for(identity)
        return found

    def _found_for(self, identity: Identity) -> list[Entry]:
        told = [(field, plain(getattr(identity, field))) for field in EXACT]
        candidates = [i for key in (*told, OPERATOR) for i in self._by_name.get(key, ())]
        return [self.entries[i] for i in sorted(candidates) if self.entries[i].permit.is_for(identity)]


ASKED = 10_000
"""Claims of which it is remembered what they satisfy: more than ever fly at once, so that made-up ones take no room for good."""

OPERATOR = ("operator", "")
"""Where entries stand that name an operator only: they are tried one by one."""


def parse_register(text: str, source_name: str, frame: SiteFrame | None = None) -> Register:
    """Read a register (TOML: a list of `[[permit]]`); raise ConfigError naming line, key, value and what was expected.

    One with volumes is laid into the grid of `frame`.
    """
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
        for k, volume in enumerate(permit.volumes or ()):
            if (wrong := fault(volume)) is not None:
                field, why = wrong
                raise ConfigError(f"{source.where(('permit', i, 'volumes', k, *field.split('.')))}: {why}")
    return Register(permits, frame)


def _told_by(permit: Permit) -> tuple[str, str]:
    return next(((field, plain(getattr(permit, field))) for field in EXACT if getattr(permit, field)), OPERATOR)


def _matches(pattern: str, operator: str | None) -> bool:
    """Compare an operator with a pattern that may end in `*`."""
    begins = plain(pattern)
    return plain(operator).startswith(begins[:-1]) if begins.endswith("*") else plain(operator) == begins


def _clock(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
