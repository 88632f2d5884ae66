"""ID tokens by every algorithm that is believed, made by hand with `cryptography`, and by those that are not."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from fusion.config_console import Oidc
from fusion.console.oidc_token import Expected, claim_at, keys_of, person_of, verified
from fusion.errors import SignOnError

NOW = 1_785_000_000
CLAIMS = {"iss": "https://id.example", "aud": "vigie", "sub": "4711", "nonce": "n", "iat": NOW, "exp": NOW + 300}
EXPECTED = Expected("https://id.example", "vigie", "n", NOW, 30.0, "the access token")


def b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def number(value: int, size: int) -> str:
    return b64(value.to_bytes(size, "big"))


RSA = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
P256 = ec.generate_private_key(ec.SECP256R1())
P384 = ec.generate_private_key(ec.SECP384R1())
EDWARDS = ed25519.Ed25519PrivateKey.generate()


def point(key, curve, size):
    public = key.public_key().public_numbers()
    return {"kty": "EC", "kid": curve, "crv": curve, "x": number(public.x, size), "y": number(public.y, size)}


JWKS = {
    "keys": [
        {"kty": "RSA", "kid": "rsa", "e": "AQAB", "n": number(RSA.public_key().public_numbers().n, 256)},
        point(P256, "P-256", 32),
        point(P384, "P-384", 48),
        {"kty": "OKP", "kid": "ed", "crv": "Ed25519", "x": b64(EDWARDS.public_key().public_bytes_raw())},
        {"kty": "oct", "kid": "secret", "k": b64(b"known to whoever reads the set, 32 bytes")},
        {"kty": "ML-DSA", "kid": "of tomorrow"},
        {"kty": "RSA", "kid": "broken", "n": "!", "e": 3},
        {"kty": "RSA", "kid": "hides", "use": "enc", "e": "AQAB", "n": number(RSA.public_key().public_numbers().n, 256)},
        "no key",
    ]
}


def dss(key, hashed, size):
    def sign(content):
        return b"".join(one.to_bytes(size, "big") for one in decode_dss_signature(key.sign(content, ec.ECDSA(hashed))))

    return sign


def pss(hashed):
    return lambda content: RSA.sign(content, padding.PSS(padding.MGF1(hashed), hashed.digest_size), hashed)


WAYS = {
    "RS256": ("rsa", lambda content: RSA.sign(content, padding.PKCS1v15(), hashes.SHA256())),
    "RS512": ("rsa", lambda content: RSA.sign(content, padding.PKCS1v15(), hashes.SHA512())),
    "PS256": ("rsa", pss(hashes.SHA256())),
    "ES256": ("P-256", dss(P256, hashes.SHA256(), 32)),
    "ES384": ("P-384", dss(P384, hashes.SHA384(), 48)),
    "EdDSA": ("ed", EDWARDS.sign),
    "Ed25519": ("ed", EDWARDS.sign),
}


def token(algorithm: str, claims=CLAIMS, sign=None, **header) -> str:
    kid, own = WAYS.get(algorithm, (None, None))
    head = {"alg": algorithm, "kid": kid, "x-of-the-provider": "what it likes"} | header
    body = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{body}.{b64((sign or own)(body.encode()))}"


@pytest.mark.parametrize("algorithm", WAYS)
def test_a_token_by_any_algorithm_that_is_believed_is_and_by_any_other_key_is_not(algorithm):
    keys = keys_of(JWKS)
    assert verified(token(algorithm), keys, EXPECTED) == CLAIMS
    signed = token(algorithm)
    head, body, signature = signed.split(".")
    other = b64(json.dumps(CLAIMS | {"sub": "0815"}).encode())
    assert verified(f"{head}.{other}.{signature}", keys, EXPECTED) is None
    assert verified(token(algorithm, kid="unheard of"), keys, EXPECTED) is None
    narrow = EXPECTED._replace(algorithms=[one for one in WAYS if one != algorithm])
    with pytest.raises(SignOnError, match="cannot be read"):
        verified(signed, keys, narrow)


@pytest.mark.parametrize(
    ("algorithm", "name"), [("RS256", "sha256"), ("ES384", "sha384"), ("RS512", "sha512"), ("EdDSA", "sha512")]
)
def test_the_access_token_is_the_one_that_came_along(algorithm, name):
    digest = hashlib.new(name, EXPECTED.access_token.encode()).digest()
    claims = CLAIMS | {"at_hash": b64(digest[: len(digest) // 2])}
    assert verified(token(algorithm, claims), keys_of(JWKS), EXPECTED) == claims
    with pytest.raises(SignOnError, match="access token"):
        verified(token(algorithm, claims), keys_of(JWKS), EXPECTED._replace(access_token="another"))  # noqa: S106


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS1", "", None, 5])
def test_a_token_by_no_algorithm_or_by_one_that_anybody_can_use_is_not_believed(algorithm):
    for sign in (lambda _: b"", lambda content: hashlib.sha256(content).digest()):
        with pytest.raises(SignOnError, match="cannot be read"):
            verified(token(algorithm, sign=sign, kid="rsa"), keys_of(JWKS), EXPECTED)
    with pytest.raises(SignOnError, match="no algorithm"):
        verified(token("RS256"), keys_of(JWKS), EXPECTED._replace(algorithms=("none", "HS256")))


@pytest.mark.parametrize(
    ("more", "believed"),
    [
        ({"exp": NOW - 29}, True), ({"exp": NOW - 31}, False), ({"iat": NOW + 30}, True), ({"iat": NOW + 31}, False), ({"nbf": NOW + 31}, False),
        ({"exp": float("nan")}, False), ({"exp": "soon"}, False), ({"aud": ["vigie"]}, True), ({"aud": ["vigie", "x"], "azp": "vigie"}, True),
        ({"azp": "x"}, False), ({"sub": "x" * 256}, False), ({"sub": 5}, False), ({"iss": ["https://id.example"]}, False), ({"iss": "https://id.example/"}, False),
    ],
)  # fmt: skip
def test_a_claim_is_believed_as_far_as_clocks_differ_and_no_further(more, believed):
    said = token("RS256", CLAIMS | more)
    if believed:
        assert verified(said, keys_of(JWKS), EXPECTED) == CLAIMS | more
    else:
        with pytest.raises(SignOnError):
            verified(said, keys_of(JWKS), EXPECTED)


@given(
    st.one_of(st.text(), st.text(alphabet="abcDEF019-_.", max_size=60), st.binary().map(lambda one: f"{b64(one)}.{b64(one)}."))
)
def test_whatever_comes_for_a_token_is_refused_in_words(said):
    try:
        claims = verified(said, keys_of(JWKS), EXPECTED)
    except SignOnError as error:
        assert error.code == "unproven"
    else:
        assert claims is None


@pytest.mark.parametrize("document", [None, [], {}, {"keys": None}, {"keys": []}, {"keys": JWKS["keys"][4:]}])
def test_a_set_without_a_key_that_signs_is_none(document):
    with pytest.raises(SignOnError, match="no key"):
        keys_of(document)


def test_a_claim_is_found_by_its_name_or_by_its_path():
    claims = {"https://id.example/groups": ["a"], "a/b": 1, "realm": {"roles": {"x/y": 2, "~": 3}}, "": {"": 4}}
    assert claim_at(claims, "https://id.example/groups") == ["a"]
    assert claim_at(claims, "a/b") == 1
    assert [claim_at(claims, path) for path in ("/realm/roles/x~1y", "/realm/roles/~0", "//", "/a~1b", "/none/at/all", "/realm/roles/x~1y/z")] == [
        2, 3, 4, 1, None, None,
    ]  # fmt: skip


@given(st.dictionaries(st.text(max_size=3), st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=3), lambda one: st.lists(one) | st.dictionaries(st.text(max_size=3), one))))  # fmt: skip
def test_whatever_a_provider_claims_makes_a_person_or_a_refusal(claims):
    settings = Oidc(
        issuer="https://id.example", client_id="vigie", roles={"": "viewer", "a": "operator"}, name_claim="n", role_claim="/g"
    )
    try:
        person = person_of(claims | {"sub": "4711"}, settings)
    except SignOnError as error:
        assert error.code in {"no_name", "no_role"}
    else:
        assert person.role in {"viewer", "operator"}
