"""Signed permits as they are passed on: JWS in compact serialisation (RFC 7515), Ed25519 (RFC 8037, RFC 9864), nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, get_args

import msgspec
from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64decode
from msgspec import Meta

from fusion.config_table import Name
from fusion.messages import SECOND, utc
from fusion.zones.issuers import Issuers
from fusion.zones.names import Text
from fusion.zones.permits import Permit
from fusion.zones.reasons import Key, Reason, reason
from fusion.zones.shapes import Said, Seconds, Shape, volume_of
from fusion.zones.volumes import Volume4D, fault

LONGEST = 4096
"""Bytes of a token at most: the largest QR code holds 2953."""

ALGORITHMS = ("Ed25519", "EdDSA")
"""Names of the one algorithm that is believed: that of RFC 9864, with which we sign, and the older one. Keys are of Ed25519
alone, so the older name, which stands for Ed448 too, leaves nothing open."""

Type = Literal["permit", "revocation", "plan"]

T = TypeVar("T", bound=msgspec.Struct)
P = TypeVar("P")


class Header(Said):
    """How it is signed, by whom, and what it is."""

    alg: Literal["Ed25519", "EdDSA"]
    kid: Name
    typ: Type


class Claims(Said, kw_only=True):
    """What a permit says: its number, who issued it, from when to when, for which drone, where."""

    jti: Name
    iss: Name
    nbf: Seconds
    exp: Seconds
    sn: Text | None = None  # serial
    rg: Text | None = None  # registration
    v: Annotated[tuple[Shape, ...], Meta(min_length=1, max_length=20)]


class Undoing(Said):
    """What a revocation says: which permit, who says so, when, and why."""

    jti: Name
    iss: Name
    iat: Seconds
    why: Annotated[str, Meta(pattern=r"\S", max_length=200)]


class Refusals(NamedTuple):
    """Which sentences say why a token is not to be believed, by what it says to be."""

    no_issuer: Key
    unreadable: Key
    algorithm: Key
    issuer: Key
    forged: Key
    claims: Key


PERMIT = Refusals("permit_no_issuer", "permit_unreadable", "permit_algorithm", "permit_issuer", "permit_forged", "permit_claims")


class Signed(NamedTuple):
    """A permit that is an issuer's."""

    number: str
    issuer: str
    permit: Permit


class Revocation(NamedTuple):
    """An issuer's word that a permit holds no longer."""

    number: str
    issuer: str
    time: int  # ns
    why: str


class _Ed25519Alone(JWSRegistry):
    """Knows one algorithm, whatever else is registered in this process."""

    def get_alg(self, name: str) -> Any:  # joserfc keeps the type's name to itself
        if name not in ALGORITHMS:
            raise UnsupportedAlgorithmError(f"{name} is not allowed")
        return self.algorithms["Ed25519"]


_ED25519 = _Ed25519Alone(algorithms=ALGORITHMS)


def verify(token: bytes, issuers: Issuers) -> Signed | Revocation | Reason:
    """Read a permit or a revocation and prove it; give the reason where it is not to be believed.

    Time and place are not looked at: they are asked anew each time that somebody flies by it.
    """
    return proven(token, issuers, ("permit", "revocation"), PERMIT, _believed)


def proven(
    token: bytes, issuers: Issuers, types: Collection[Type], refusals: Refusals, read: Callable[[Header, bytes], P | Reason]
) -> P | Reason:
    """Prove a token of some types, and give what `read` makes of its header and payload; the reason where it is not believed.

    Nothing is looked at before its part of the proof: the header names the key, the key proves the payload.
    """
    if not issuers:
        return reason(refusals.no_issuer)
    try:
        header = _header(token, types)
    except OtherAlgorithmError as error:
        return reason(refusals.algorithm, algorithm=_short(error))
    except (ValueError, TypeError, RecursionError) as error:
        return reason(refusals.unreadable, what=_short(error))
    payload = _payload(token, header, issuers, refusals)
    try:
        return payload if isinstance(payload, Reason) else read(header, payload)
    except (ValueError, TypeError, RecursionError) as error:
        return reason(refusals.claims, issuer=header.kid, what=_short(error))


def said_by(token: bytes) -> Claims | Undoing:
    """Read again what a token says that was believed when it came; nothing is proven here."""
    is_permit, body = _header(token).typ == "permit", payload_of(token)
    return msgspec.json.decode(body, type=Claims) if is_permit else msgspec.json.decode(body, type=Undoing)


def payload_of(token: bytes) -> bytes:
    """Give the payload of a token that was believed."""
    return urlsafe_b64decode(token.split(b".")[1])


def issuer_of(token: bytes) -> str:
    """Tell whom a token names as its issuer, believed or not; "" where it names nobody."""
    try:
        return _header(token).kid
    except (ValueError, TypeError, RecursionError):
        return ""


def is_revocation(token: bytes) -> bool:
    """Tell whether a token that was believed is a revocation."""
    return _header(token).typ == "revocation"


def sign_permit(claims: Claims, key: OKPKey) -> bytes:
    """Sign a permit; its issuer is the one that it names."""
    return sign("permit", claims.iss, claims, key)


def sign_revocation(undoing: Undoing, key: OKPKey) -> bytes:
    """Sign a revocation."""
    return sign("revocation", undoing.iss, undoing, key)


def _payload(token: bytes, header: Header, issuers: Issuers, refusals: Refusals) -> bytes | Reason:
    """Give what was signed, proven by the key that the header names."""
    if (key := issuers.get(header.kid)) is None:
        return reason(refusals.issuer, issuer=header.kid)
    try:
        return jws.deserialize_compact(token, key, registry=_ED25519).payload
    except (JoseError, ValueError, TypeError):
        return reason(refusals.forged, issuer=header.kid)


class OtherAlgorithmError(ValueError):
    """A token says to be signed in another way than the one that is believed."""


def _header(token: bytes, types: Collection[Type] = get_args(Type)) -> Header:
    """Read what a token of some types says of itself; raise ValueError where that is nothing."""
    if len(token) > LONGEST:
        raise ValueError(f"{len(token)} bytes; expected {LONGEST} at most")
    parts = token.split(b".")
    if len(parts) != 3:
        raise ValueError(f"{len(parts)} parts; expected header.payload.signature")
    head = urlsafe_b64decode(parts[0])
    algorithm = _tree(head).get("alg")
    if isinstance(algorithm, str) and algorithm not in ALGORITHMS:
        raise OtherAlgorithmError(algorithm[:32])
    header = msgspec.json.decode(head, type=Header)
    if header.typ not in types:
        raise ValueError(f"typ: {header.typ}; expected {' or '.join(types)}")
    return header


def _believed(header: Header, payload: bytes) -> Signed | Revocation | Reason:
    """Read what an issuer has signed."""
    said = read_payload(payload, Claims) if header.typ == "permit" else read_payload(payload, Undoing)
    if said.iss != header.kid:
        return reason("permit_issuers", issuer=said.iss, signer=header.kid)
    if isinstance(said, Undoing):
        return Revocation(said.jti, said.iss, said.iat * SECOND, said.why)
    if said.sn is None and said.rg is None:
        raise ValueError("names no drone; expected sn (serial) or rg (registration)")
    if said.exp <= said.nbf:
        raise ValueError(f"exp: {said.exp} is not after nbf ({said.nbf})")
    volumes = tuple(volume_of(shape) for shape in said.v)
    for i, volume in enumerate(volumes):
        if (wrong := fault(volume)) is not None:
            field, fact = wrong
            raise ValueError(f"v[{i}]: {field}: {fact}")
    return Signed(said.jti, said.iss, permit_of(said, volumes))


def permit_of(claims: Claims, volumes: tuple[Volume4D, ...]) -> Permit:
    """Give the entry of the register that a permit is."""
    return Permit(
        serial=claims.sn,
        registration=claims.rg,
        valid_from=utc(claims.nbf * SECOND),
        valid_until=utc(claims.exp * SECOND),
        volumes=volumes,
        issued_by=claims.iss,
    )


def read_payload(payload: bytes, table: type[T]) -> T:
    """Read what was signed; raise ValueError where it is not what its table says."""
    _tree(payload)
    return msgspec.json.decode(payload, type=table)


def _tree(text: bytes) -> dict[str, Any]:
    """Read a JSON object in which no key stands twice: of two, one reader would believe the first, another the last."""
    tree = json.loads(text.decode(), object_pairs_hook=_once)
    if not isinstance(tree, dict):
        raise ValueError("is no JSON object")  # noqa: TRY004 - a token is wrong, not a program
    return tree


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    tree = dict(pairs)
    if len(tree) < len(pairs):
        raise ValueError("a key stands twice")
    return tree


def sign(kind: Type, issuer: str, said: Said, key: OKPKey) -> bytes:
    """Sign what is said, as whoever `issuer` names."""
    header = {"alg": ALGORITHMS[0], "kid": issuer, "typ": kind}
    payload = msgspec.json.encode(_short_numbers(msgspec.to_builtins(said)))
    return jws.serialize_compact(header, payload, key, registry=_ED25519).encode()


def _short_numbers(tree: Any) -> Any:
    """Write 300.0 as 300: each letter counts in a QR code."""
    match tree:
        case dict():
            return {name: _short_numbers(value) for name, value in tree.items()}
        case list() | tuple():
            return [_short_numbers(value) for value in tree]
        case float() if tree.is_integer():
            return int(tree)
        case _:
            return tree


def _short(error: Exception) -> str:
    said = str(error) if isinstance(error, (ValueError, msgspec.DecodeError)) else "it cannot be read"
    return _printable(said or "it is no base64url")[:200]


def _printable(text: str) -> str:
    """Leave out what could steer a terminal: a token is anybody's until it is proven."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
