"""Who may issue permits: names and their public Ed25519 keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from fusion.errors import ConfigError

CURVE: Literal["Ed25519"] = "Ed25519"

PARTS = ("kty", "crv", "x", "d")
"""What of a JWK is the key. Its `kid` and `alg` are not asked: an issuer goes by the name that the site gives it."""

Issuers = Mapping[str, OKPKey]
"""Public keys by the name of who signs with them."""


def read_public(text: bytes, where: str) -> OKPKey:
    """Read an issuer's public key, PEM or JWK; raise ConfigError where it is none, or a private one."""
    key = _read(text, where)
    if key.is_private:
        raise ConfigError(f"{where}: is a private key; it belongs to the issuer alone. Expected the public one")
    return key


def read_private(text: bytes, where: str) -> OKPKey:
    """Read the key that an issuer signs with, PEM or JWK; raise ConfigError where it is none."""
    key = _read(text, where)
    if not key.is_private:
        raise ConfigError(f"{where}: is a public key, which signs nothing; expected the private one")
    return key


def _read(text: bytes, where: str) -> OKPKey:
    said = text.strip()
    try:
        key = OKPKey.import_key(_jwk(said) if said.startswith(b"{") else said)
        curve = key.curve_name
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise ConfigError(f"{where}: is no {CURVE} key; expected PEM or a JWK") from error
    if curve != CURVE:
        raise ConfigError(f"{where}: is a key of {curve}; expected one of {CURVE}")
    told = key.as_dict(private=key.is_private)
    return OKPKey.import_key({name: told[name] for name in PARTS if name in told})


def _jwk(text: bytes) -> dict[str, Any]:
    tree = msgspec.json.decode(text, type=dict[str, Any])
    if tree.get("kty") != "OKP":
        raise ValueError(tree.get("kty"))
    return tree
