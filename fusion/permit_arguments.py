"""What may be said of what is signed, on the command line: `permit key`, `issue`, `verify`, `list`, `revoke`; `plan sign`."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fusion.zones.reasons import SENTENCES

DATUM = {"ellipsoid": "hae", "sea": "amsl", "ground": "agl"}
"""What a person calls what heights are above, and what we do."""

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse gives it no public name


def for_permits(commands: Commands) -> None:
    """Say what may be asked of permits."""
    permits = commands.add_parser("permit", help="signed flight permits: issue, verify, revoke; who has one").add_subparsers(
        required=True, metavar="COMMAND"
    )
    key = permits.add_parser("key", help="make an issuer's keys: FILE signs, FILE.pub is for the sites")
    key.set_defaults(do="permit", what="key")
    key.add_argument("file", type=Path)
    _for_issue(permits)
    _for_verify(permits)
    listing = permits.add_parser("list", help="every permit that a site's journal knows, and what became of it")
    listing.set_defaults(do="permit", what="list")
    listing.add_argument("site", type=Path)
    revoke = permits.add_parser("revoke", help="sign that a permit holds no longer, for good")
    revoke.set_defaults(do="permit", what="revoke")
    _signs(revoke)
    revoke.add_argument("permit", metavar="NUMBER")
    revoke.add_argument("--why", required=True)


def for_plans(commands: Commands) -> None:
    """Say what may be asked of zone plans."""
    plans = commands.add_parser("plan", help="switches of zone plans: sign one").add_subparsers(required=True, metavar="COMMAND")
    sign = plans.add_parser("sign", help="sign that a plan is to be in force, and print the token")
    sign.set_defaults(do="plan", what="sign")
    sign.add_argument("site", type=Path, help="whose zones are meant: the switch holds for them as its files have them now")
    sign.add_argument("plan")
    sign.add_argument("--key", type=Path, required=True, metavar="FILE", help="the signer's private key, PEM or JWK")
    sign.add_argument("--issuer", required=True, metavar="NAME", help="as the site's file calls the one whose key it is")
    sign.add_argument("--who", required=True, help="who decided it")
    sign.add_argument("--why", required=True)
    sign.add_argument(
        "--for", dest="lasts_s", type=int, default=3600, metavar="S", help="how long it can be given (default: 3600)"
    )
    sign.add_argument("--publish", action="store_true", help="give it to the site's broker too")


def _for_issue(permits: Commands) -> None:
    issue = permits.add_parser("issue", help="sign a permit, and print it")
    issue.set_defaults(do="permit", what="issue")
    _signs(issue)
    issue.add_argument("--permit", metavar="NUMBER", help="default: the day and a number of chance")
    issue.add_argument("--serial", help="of the drone")
    issue.add_argument("--registration", help="of the drone; where both are given, a claim must have both")
    issue.add_argument("--from", dest="begin", type=moment, metavar="WHEN", help="RFC 3339 (default: now)")
    issue.add_argument("--until", type=moment, metavar="WHEN", required=True, help="RFC 3339: 2026-07-27T00:00:00+02:00")
    where = issue.add_mutually_exclusive_group(required=True)
    where.add_argument("--circle", type=_numbers(3), metavar="LAT,LNG,RADIUS", help="°, °, m; --circle=-33.8,… in the south")
    where.add_argument("--polygon", type=_numbers(2), nargs="+", metavar="LAT,LNG", help="its corners, 3 to 50")
    where.add_argument("--volume", type=Path, metavar="FILE", help="one Volume4D of ASTM F3548, or a list of them, in JSON")
    issue.add_argument("--heights", type=_numbers(2), metavar="LOWER,UPPER", help="m above the WGS84 ellipsoid, or --above")
    issue.add_argument(
        "--above", choices=tuple(DATUM), default="ellipsoid", help="what --heights are above; sea and ground by --site's figures"
    )
    issue.add_argument("--site", type=Path, help="whose height of the sea and of the ground is meant; --publish's if left out")
    issue.add_argument("--qr", metavar="FILE", help="draw it as a QR code: .png, .svg, or - for the terminal")


def _for_verify(permits: Commands) -> None:
    verify = permits.add_parser("verify", help="say whether a permit is good, and why not; exit 1 where it is not")
    verify.set_defaults(do="permit", what="verify")
    verify.add_argument("token", help="the token, a file that it is in, or - for standard input")
    by = verify.add_mutually_exclusive_group(required=True)
    by.add_argument("--site", type=Path, help="by the issuers of a site, and what its journal knows of revocations")
    by.add_argument("--key", type=Path, metavar="FILE", help="by a public key, whoever its issuer says to be")
    verify.add_argument("--serial", help="of the drone that it is shown for")
    verify.add_argument("--registration", help="of the drone that it is shown for")
    verify.add_argument("--at", type=moment, metavar="WHEN", help="RFC 3339 (default: now)")
    verify.add_argument("--place", type=_numbers(3), metavar="LAT,LNG,HEIGHT", help="°, °, m above the WGS84 ellipsoid")
    verify.add_argument("--language", choices=tuple(SENTENCES), default="en")


def _signs(command: argparse.ArgumentParser) -> None:
    command.add_argument("--key", type=Path, required=True, metavar="FILE", help="the issuer's private key, PEM or JWK")
    command.add_argument("--issuer", required=True, metavar="NAME", help="as the sites' files call the one whose key it is")
    command.add_argument("--publish", type=Path, metavar="SITE", help="give it to a site's broker too, if the site believes it")


def moment(text: str) -> datetime:
    """Read a time with its offset."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = datetime.min  # noqa: DTZ901 - refused below
    if time.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no time with an offset; expected RFC 3339: 2026-07-27T00:00:00+02:00")
    return time.astimezone(UTC)


class _numbers:  # noqa: N801 - argparse says its name when something is wrong
    """Reads so many numbers with commas between."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.__name__ = f"list of {count} numbers"

    def __call__(self, text: str) -> tuple[float, ...]:
        numbers = tuple(float(part) for part in text.split(","))
        if len(numbers) != self.count:
            raise ValueError(text)
        return numbers
