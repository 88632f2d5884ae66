"""Signed permits as they are passed on: JWS in compact serialisation (RFC 7515), Ed25519 (RFC 8037, RFC 9864), nothing else."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

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
from fusion.zones.reasons import Reason, reason
from fusion.zones.shapes import Said, Seconds, Shape, volume_of
from fusion.zones.volumes import Volume4D, fault

LONGEST = 4096
"""Bytes of a token at most: the largest QR code holds 2953."""

ALGORITHMS = ("Ed25519", "EdDSA")
"""Names of the one algorithm that is believed: that of RFC 9864, with which we sign, and the older one. Keys are of Ed25519
alone, so the older name, which stands for Ed448 too, leaves nothing open."""

Type = Literal["permit", "revocation"]

T = TypeVar("T", bound=msgspec.Struct)


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
    """Read a token and prove it; give the reason where it is not to be believed.

    Nothing is looked at before its part of the proof: the header names the key, the key proves the payload. Time and place are
    not looked at: they are asked anew each time that somebody flies by it.
    """
    if not issuers:
        return reason("permit_no_issuer")
    try:
        header = _header(token)
    except (ValueError, TypeError, RecursionError) as error:
        return reason("permit_unreadable", what=_short(error))
    if isinstance(header, Reason):
        return header
    key = issuers.get(header.kid)
    return reason("permit_issuer", issuer=header.kid) if key is None else _proven(token, header, key)


def _proven(token: bytes, header: Header, key: OKPKey) -> Signed | Revocation | Reason:
    """Prove a token by the key that its header names, and only then read what it says."""
    try:
        payload = jws.deserialize_compact(token, key, registry=_ED25519).payload
    except (JoseError, ValueError, TypeError):
        return reason("permit_forged", issuer=header.kid)
    try:
        return _believed(header, payload)
    except (ValueError, TypeError, RecursionError) as error:
        return reason("permit_claims", issuer=header.kid, what=_short(error))


def said_by(token: bytes) -> Claims | Undoing:
    """Read again what a token says that was believed when it came; nothing is proven here."""
    header, body = _header(token), urlsafe_b64decode(token.split(b".")[1])
    is_permit = isinstance(header, Header) and header.typ == "permit"
    return msgspec.json.decode(body, type=Claims) if is_permit else msgspec.json.decode(body, type=Undoing)


def issuer_of(token: bytes) -> str:
    """Tell whom a token names as its issuer, believed or not; "" where it names nobody."""
    try:
        header = _header(token)
    except (ValueError, TypeError, RecursionError):
        return ""
    return header.kid if isinstance(header, Header) else ""


def is_revocation(token: bytes) -> bool:
    """Tell whether a token that was believed is a revocation."""
    header = _header(token)
    return isinstance(header, Header) and header.typ == "revocation"


def sign_permit(claims: Claims, key: OKPKey) -> bytes:
    """Sign a permit; its issuer is the one that it names."""
    return _sign("permit", claims.iss, claims, key)


def sign_revocation(undoing: Undoing, key: OKPKey) -> bytes:
    """Sign a revocation."""
    return _sign("revocation", undoing.iss, undoing, key)


def _header(token: bytes) -> Header | Reason:
    """Read what a token says of itself."""
    if len(token) > LONGEST:
        raise ValueError(f"{len(token)} bytes; expected {LONGEST} at most")
    parts = token.split(b".")
    if len(parts) != 3:
        raise ValueError(f"{len(parts)} parts; expected header.payload.signature")
    head = urlsafe_b64decode(parts[0])
    algorithm = _tree(head).get("alg")
    if isinstance(algorithm, str) and algorithm not in ALGORITHMS:
        return reason("permit_algorithm", algorithm=_printable(algorithm[:32]))
    return msgspec.json.decode(head, type=Header)


def _believed(header: Header, payload: bytes) -> Signed | Revocation | Reason:
    """Read what an issuer has signed."""
    said = _read(payload, Claims) if header.typ == "permit" else _read(payload, Undoing)
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


def _read(payload: bytes, table: type[T]) -> T:
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


def _sign(kind: Type, issuer: str, said: Said, key: OKPKey) -> bytes:
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
