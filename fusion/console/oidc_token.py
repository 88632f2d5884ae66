"""What an OpenID provider says of somebody: whether its ID token is to be believed, and which name and role that makes.

https://openid.net/specs/openid-connect-core-1_0.html
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import math
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from joserfc import jwt
from joserfc.errors import BadSignatureError, ExpiredTokenError, InvalidClaimError, InvalidKeyIdError, JoseError
from joserfc.jwk import JWKRegistry, KeySet
from joserfc.jws import JWSRegistry

from fusion.config_console import Oidc, Role
from fusion.console.permissions import ROLES
from fusion.errors import SignOnError

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""What a provider may sign with: nothing that needs no key (`none`), nothing whose key is a secret that we hold too (`HS…`)."""

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
"""Names are as those of local users (`fusion.console.accounting`), so that an administrator can bar whom a provider lets in."""

OURS = "vigie"
"""Under this name the journal has what nobody did but the service."""

LONGEST_SUBJECT = 255
"""Characters of `sub` at most (OpenID Connect Core, 2)."""

TIMES = ("exp", "iat", "nbf")


class Expected(NamedTuple):
    """What an ID token must say."""

    issuer: str
    client_id: str
    nonce: str
    now: float  # s
    skew: float  # s
    access_token: str
    algorithms: Sequence[str] = ALGORITHMS


class Person(NamedTuple):
    """Somebody whom the provider vouches for."""

    name: str
    role: Role
    subject: str


class _Signatures(JWSRegistry):
    """Reads headers as long as providers write them, with parameters that are theirs alone."""

    max_header_length = 8_192

    def __init__(self, algorithms: Sequence[str]) -> None:
        super().__init__(algorithms=algorithms, strict_check_header=False)

    def get_alg(self, name: str) -> Any:  # joserfc keeps the type's name to itself
        """Give an algorithm; the older name of Ed25519's stands for it alone (RFC 9864)."""
        return super().get_alg("Ed25519" if name == "EdDSA" and name in (self.allowed or ()) else name)


def keys_of(document: Any) -> KeySet:
    """Read a JWK set: the public keys that sign. What is no key, or of a kind unknown to us, is left out (RFC 7517, 5)."""
    found = document.get("keys") if isinstance(document, dict) else None
    keys = [key for one in found if (key := _key(one)) is not None] if isinstance(found, list) else []
    if not keys:
        raise SignOnError("away", "the provider's JWK set has no key that signs")
    return KeySet(keys)


def _key(document: Any) -> Any:
    if not isinstance(document, dict) or document.get("kty") not in {"RSA", "EC", "OKP"} or document.get("use", "sig") != "sig":
        return None
    try:
        return JWKRegistry.import_key(document)
    except (JoseError, ValueError, TypeError):
        return None


def verified(token: str, keys: KeySet, expected: Expected) -> dict[str, Any] | None:
    """Give the claims of an ID token (OpenID Connect Core, 3.1.3.7); None where no key fits, so that newer keys may be tried.

    Raise SignOnError: `clock` for one that is over or not yet true, `unproven` for all else.
    """
    registry = _Signatures([name for name in expected.algorithms if name in ALGORITHMS])
    if not registry.allowed:
        raise SignOnError("unproven", "the provider signs by no algorithm that is believed")
    try:
        read = jwt.decode(token, keys, registry=registry)
    except (InvalidKeyIdError, BadSignatureError):
        return None
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise SignOnError("unproven", f"the ID token cannot be read: {error}") from error
    _hold(read.claims, expected)
    if not _belongs(read.claims, expected.access_token, read.header["alg"]):
        raise SignOnError("unproven", "the access token is not the one that came with the ID token")
    return read.claims


def _hold(claims: dict[str, Any], expected: Expected) -> None:
    """Hold the claims against what is expected."""
    rules = jwt.JWTClaimsRegistry(
        now=math.floor(expected.now),
        leeway=math.ceil(expected.skew),
        iss={"essential": True, "value": expected.issuer},
        aud={"essential": True, "value": expected.client_id},
        sub={"essential": True},
        nonce={"essential": True, "value": expected.nonce},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        rules.validate(claims)
    except ExpiredTokenError as error:
        raise SignOnError("clock", "the ID token is over") from error
    except InvalidClaimError as error:
        raise SignOnError(
            "clock" if error.claim in TIMES else "unproven", f"the ID token's {error.claim} is not as expected"
        ) from error
    except JoseError as error:
        raise SignOnError("unproven", f"the ID token is not as expected: {error}") from error
    others = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if others else expected.client_id) != expected.client_id:
        raise SignOnError("unproven", "the ID token's azp is not as expected")
    if not 0 < len(claims["sub"]) <= LONGEST_SUBJECT:
        raise SignOnError("unproven", f"the ID token's sub has more than {LONGEST_SUBJECT} characters")


def _belongs(claims: dict[str, Any], access_token: str, algorithm: str) -> bool:
    """Tell whether an access token came with an ID token: by at_hash, where there is one (OpenID Connect Core, 3.1.3.8)."""
    if "at_hash" not in claims:
        return True
    size = algorithm[-3:] if algorithm[-3:] in {"256", "384", "512"} else "512"  # EdDSA of Ed25519 hashes by SHA-512
    digest = hashlib.new(f"sha{size}", access_token.encode()).digest()
    half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=")
    return hmac.compare_digest(half, str(claims["at_hash"]).encode())


def claim_at(claims: dict[str, Any], where: str) -> Any:
    """Find a claim by its name or, where that begins with a slash, its path (RFC 6901, objects alone); None if there is none."""
    if not where.startswith("/"):
        return claims.get(where)
    place: Any = claims
    for part in where[1:].split("/"):
        place = place.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(place, dict) else None
    return place


def person_of(claims: dict[str, Any], settings: Oidc) -> Person:
    """Give the name and role of whom the claims are; raise SignOnError, `no_name` or `no_role`, for whom has none here."""
    name = claim_at(claims, settings.name_claim)
    if not isinstance(name, str) or not NAME.fullmatch(name) or name.lower() == OURS:
        raise SignOnError(
            "no_name", f"the claim {settings.name_claim} is no name: expected 1 to 64 letters, digits, . _ @ -, and not {OURS}"
        )
    if settings.name_claim == "email" and claims.get("email_verified") is False:
        raise SignOnError("no_name", "the provider has not verified this address")
    said = claim_at(claims, settings.role_claim)
    groups = said if isinstance(said, list) else [said]
    roles = {settings.roles[one] for one in groups if isinstance(one, str) and one in settings.roles}
    if not roles:
        raise SignOnError("no_role", f"nothing in the claim {settings.role_claim} is a role here")
    return Person(name, max(roles, key=ROLES.index), claims["sub"])
