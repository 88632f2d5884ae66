"""What a person asks of permits that are there: `vigie permit verify` and `list`."""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec.structs import replace

from fusion.assembly import read_issuers, read_register
from fusion.bookwork import opened
from fusion.config import Config
from fusion.config_file import load
from fusion.errors import DecodeError, PermitError
from fusion.frame import SiteFrame
from fusion.journal.records import Note, PermitNoted
from fusion.messages import Floats, Identity, nanoseconds, utc
from fusion.permitwork import issue, make_key, read, revoke
from fusion.zones.issued import Issued
from fusion.zones.issuers import Issuers, read_public
from fusion.zones.names import name_of, plain
from fusion.zones.permits import Entry, Permit, Register
from fusion.zones.reasons import Reason, reason
from fusion.zones.tokens import LONGEST, Revocation, Signed, issuer_of, verify

_noted = msgspec.json.Decoder(PermitNoted)


def verify_token(asked: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Say what a token is worth, by a site's issuers or by one key; give 1 where it is not good."""
    token = _token(asked.token)
    config = None if asked.site is None else load(asked.site, environment)
    said = verify(token, _issuers(token, asked, config))
    match said:
        case Reason():
            why: Reason | None = said
        case Revocation():
            why = None
            print(f"revocation of permit {said.number} by {said.issuer}, {utc(said.time):%Y-%m-%d %H:%M:%S} UTC: {said.why}")
        case Signed():
            _describe(said)
            why = _revoked(said, asked, config, environment) or _lacking(said, asked, config)
    print("good" if why is None else f"not good: {why.sentence(asked.language)}")
    return 0 if why is None else 1


def list_permits(asked: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Say of each permit that came by topic what became of it, as the journal knows."""
    site: Path = asked.site
    config = load(site, environment)
    own = read_register(config.zones.register, site.parent, config.site.frame())
    print(f"{len(own.permits)} entries in the register, {len(config.permits.issuer)} issuers")
    notes, now = _notes(config, site, environment), time.time_ns()
    book = _book(config, site, notes)
    for number, held in sorted(book.held.items()):
        print(f"{number}: by {held.issuer}, for {_drone(held.entry.permit)}, {_standing(held.entry.permit, now)}")
    for name, when in sorted(book.revoked.items()):
        issuer, number = name.split("/")
        print(f"{number}: revoked by {issuer}, {utc(when):%Y-%m-%d %H:%M:%S} UTC")
    for note in _refusals(notes, book):
        print(f"{note.subject}: refused, {utc(note.time):%Y-%m-%d %H:%M:%S} UTC: {_noted.decode(note.body).why}")
    return 0


def _issuers(token: bytes, asked: argparse.Namespace, config: Config | None) -> Issuers:
    """Give whom to believe: a site's issuers, or whoever the token names, by the key that was given."""
    if config is not None:
        return read_issuers(config.permits.issuer, asked.site.parent)
    return {issuer_of(token): read_public(read(asked.key), str(asked.key))}


def _revoked(said: Signed, asked: argparse.Namespace, config: Config | None, environment: Mapping[str, str]) -> Reason | None:
    """Give why a permit holds no longer, as far as a site's journal knows."""
    if config is None:
        return None
    book = _book(config, asked.site, _notes(config, asked.site, environment))
    if f"{said.issuer}/{said.number}" not in book.revoked:
        return None
    return reason("permit_revoked", permit=said.number, issuer=said.issuer)


def _lacking(said: Signed, asked: argparse.Namespace, config: Config | None) -> Reason | None:
    """Give why a permit that is the issuer's does not help the drone that it is shown for, then and there."""
    permit, shown = said.permit, Identity(serial=asked.serial, registration=asked.registration)
    for field in ("serial", "registration"):
        given, meant = getattr(shown, field), getattr(permit, field)
        if given is not None and plain(given) != plain(meant):
            return reason("permit_other_drone", permit=said.number, name=meant or _drone(permit), other=given)
    frame, place = _placed(asked, config)
    now = nanoseconds(asked.at) if asked.at is not None else time.time_ns()
    entry = Entry.of(permit if place is not None else replace(permit, volumes=None), frame)
    return entry.lacks(_drone(permit), now, None, place)


def _placed(asked: argparse.Namespace, config: Config | None) -> tuple[SiteFrame | None, Floats | None]:
    """Give a grid and the place in it that is asked about, if one is."""
    if asked.place is None:
        return None, None
    lat, lng, height = asked.place
    if not (abs(lat) <= 90.0 and abs(lng) <= 180.0 and math.isfinite(height)):
        raise PermitError(f"--place: {lat:g},{lng:g},{height:g} is nowhere; expected °, °, m above the ellipsoid")
    frame = config.site.frame() if config is not None else SiteFrame.at(lat, lng, "auto", 0.0, 0.0)
    return frame, frame.grid_from_wgs84(math.radians(lat), math.radians(lng), height)


def _describe(said: Signed) -> None:
    permit = said.permit
    print(f"permit {said.number} by {said.issuer}, for {_drone(permit)}")
    print(f"from {permit.valid_from:%Y-%m-%d %H:%M:%S} to {permit.valid_until:%Y-%m-%d %H:%M:%S} UTC, in")
    print(msgspec.json.encode(permit.volumes).decode())


def _drone(permit: Permit) -> str:
    return name_of(Identity(serial=permit.serial, registration=permit.registration)) or ""


def _standing(permit: Permit, now: int) -> str:
    """Say in words whether a permit holds now; every signed one has both its ends."""
    lacking = Entry.of(replace(permit, volumes=None), None).lacks(_drone(permit), now, None, None)
    return f"until {permit.valid_until:%Y-%m-%d %H:%M:%S} UTC" if lacking is None else lacking.sentence()


def _book(config: Config, site: Path, notes: list[Note]) -> Issued:
    """Give the permits as the journal knows them: what it noted, done again."""
    book = Issued(Register(), read_issuers(config.permits.issuer, site.parent), config.site.frame())
    for note in notes:
        said = _noted.decode(note.body)
        if said.what != "refused":
            try:
                book.take(note.subject, said.token.encode(), note.time)
            except DecodeError:  # its issuer is no longer one
                continue
    return book


def _refusals(notes: list[Note], book: Issued) -> list[Note]:
    """Give the last word on each number, where that is a refusal and nothing is held under it."""
    last = {note.subject: note for note in notes if note.subject not in book.held}
    return [note for _, note in sorted(last.items()) if _noted.decode(note.body).what == "refused"]


def _notes(config: Config, site: Path, environment: Mapping[str, str]) -> list[Note]:
    """Give what a site's journal has noted of permits; nothing where no service has run there yet."""
    state = config.state
    if state.journal is None and not (site.parent / state.directory / "journal.sqlite").exists():
        print(f"{site}: has no journal here: what was revoked is not known", file=sys.stderr)
        return []
    with opened(str(site), environment) as journal:
        return journal.notes("permit")


def _token(where: str) -> bytes:
    """Give a token that is given itself, or by its file."""
    if where == "-":
        return sys.stdin.buffer.read(2 * LONGEST).strip()
    is_token = where.startswith("eyJ") and where.count(".") == 2
    return where.encode() if is_token else read(Path(where)).strip()


COMMANDS = {"key": make_key, "issue": issue, "revoke": revoke, "verify": verify_token, "list": list_permits}
"""What each `vigie permit …` does."""
