"""Issuers, permits and forgeries for the tests; tokens are written by hand and by cryptography, not by what is tested."""

import base64
import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from fusion.zones.issuers import read_public

HEADER = {"alg": "Ed25519", "kid": "police", "typ": "permit"}
CLAIMS = {
    "jti": "P-417",
    "iss": "police",
    "nbf": 1_784_000_000,
    "exp": 1_784_028_800,
    "sn": "1588EPN26PP75000017",
    "v": [{"c": [48.8582, 2.2945, 300.0], "h": [100.0, 200.0]}],
}


def key_of(seed):
    """Give a private key that is the same in every run."""
    return Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)


def pem(key):
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def private_pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


POLICE, CITY, STRANGER = key_of(1), key_of(2), key_of(3)
ISSUERS = {"police": read_public(pem(POLICE), "police.pem"), "city": read_public(pem(CITY), "city.pem")}


def b64(text):
    return base64.urlsafe_b64encode(text).rstrip(b"=")


def token(claims=CLAIMS, header=HEADER, key=POLICE):
    """Sign whatever is given, by RFC 7515's own words."""
    said, payload = (one if isinstance(one, bytes) else json.dumps(one).encode() for one in (header, claims))
    signed = b64(said) + b"." + b64(payload)
    return signed + b"." + b64(key.sign(signed))


def revocation(number="P-417", issuer="police", key=POLICE, **more):
    said = {"jti": number, "iss": issuer, "iat": 1_784_010_000, "why": "the flight is off"} | more
    return token(said, {"alg": "Ed25519", "kid": issuer, "typ": "revocation"}, key)
