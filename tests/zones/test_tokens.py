"""Signed permits: what an issuer signed is believed, and nothing else is."""

import hashlib
import hmac
import json
import random

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc.jwk import OKPKey

from fusion.errors import ConfigError
from fusion.zones.issuers import read_private, read_public
from fusion.zones.reasons import SENTENCES, Reason
from fusion.zones.shapes import Shape, shape_of, volume_of
from fusion.zones.tokens import Claims, Revocation, Signed, Undoing, is_revocation, sign_permit, sign_revocation, verify
from tests.zones.permit_scenes import (
    CITY,
    CLAIMS,
    HEADER,
    ISSUERS,
    POLICE,
    STRANGER,
    b64,
    key_of,
    pem,
    private_pem,
    revocation,
    token,
)

GOOD = token()

APPENDIX_A = {  # RFC 8037, appendix A.1, A.2 and A.4
    "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    "signing_input": "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
    "signature": "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
}


def why(said):
    assert isinstance(said, Reason), said
    assert all(said.sentence(language) for language in SENTENCES)
    return said.sentence()


def test_what_an_issuer_signed_is_believed_as_it_was_said():
    said = verify(GOOD, ISSUERS)
    assert isinstance(said, Signed)
    assert (said.number, said.issuer, said.permit.serial, said.permit.issued_by) == (
        "P-417",
        "police",
        "1588EPN26PP75000017",
        "police",
    )
    assert (said.permit.valid_from.timestamp(), said.permit.valid_until.timestamp()) == (CLAIMS["nbf"], CLAIMS["exp"])
    circle = said.permit.volumes[0].volume.outline_circle
    assert (circle.center.lat, circle.center.lng, circle.radius.value) == (48.8582, 2.2945, 300.0)


def test_the_older_name_of_the_algorithm_is_believed_too():
    assert isinstance(verify(token(header=HEADER | {"alg": "EdDSA"}), ISSUERS), Signed)


def test_what_we_sign_is_valid_to_who_knows_ed25519_alone():
    claims = Claims(jti="P-1", iss="city", nbf=1, exp=2, rg="F-ABCD", v=(Shape(c=(48.0, 2.0, 10.0), h=(0.0, 9.0)),))
    signed = sign_permit(claims, read_private(private_pem(CITY), "city.key"))
    head, payload, signature = signed.split(b".")
    CITY.public_key().verify(base64url(signature), head + b"." + payload)
    assert json.loads(base64url(head)) == {"alg": "Ed25519", "kid": "city", "typ": "permit"}
    assert json.loads(base64url(payload)) == {
        "jti": "P-1",
        "iss": "city",
        "nbf": 1,
        "exp": 2,
        "rg": "F-ABCD",
        "v": [{"c": [48.0, 2.0, 10.0], "h": [0.0, 9.0]}],
    }
    assert isinstance(verify(signed, ISSUERS), Signed)


def test_a_revocation_is_told_from_a_permit_by_what_is_signed():
    said = verify(revocation(), ISSUERS)
    assert said == Revocation("P-417", "police", 1_784_010_000 * 10**9, "the flight is off")
    assert (is_revocation(revocation()), is_revocation(GOOD)) == (True, False)
    ours = sign_revocation(Undoing(jti="P-417", iss="police", iat=5, why="x"), read_private(private_pem(POLICE), "k"))
    assert verify(ours, ISSUERS) == Revocation("P-417", "police", 5 * 10**9, "x")
    assert "cannot be taken" in why(verify(token(header=HEADER | {"typ": "revocation"}), ISSUERS))


def test_the_key_and_signature_of_rfc_8037_are_read_as_the_rfc_says():
    """Its example is signed rightly and is no permit: its header names nobody, and no payload of ours is such a text."""
    public = read_public(json.dumps({"kty": "OKP", "crv": "Ed25519", "x": APPENDIX_A["x"]}).encode(), "a")
    private = read_private(json.dumps({"kty": "OKP", "crv": "Ed25519", "x": APPENDIX_A["x"], "d": APPENDIX_A["d"]}).encode(), "a")
    whole = f"{APPENDIX_A['signing_input']}.{APPENDIX_A['signature']}".encode()
    assert private.get_op_key("sign").sign(APPENDIX_A["signing_input"].encode()) == base64url(APPENDIX_A["signature"].encode())
    assert "no signed permit" in why(verify(whole, {"a": public}))


def base64url(text):
    import base64

    return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))


def hs256(header):
    """Sign with the public key's own letters as a secret, which a careless verifier would take."""
    signed = b64(json.dumps(header).encode()) + b"." + b64(json.dumps(CLAIMS).encode())
    return signed + b"." + b64(hmac.new(pem(POLICE), signed, hashlib.sha256).digest())


def ed448():
    signed = b64(json.dumps(HEADER | {"alg": "EdDSA"}).encode()) + b"." + b64(json.dumps(CLAIMS).encode())
    return signed + b"." + b64(Ed448PrivateKey.from_private_bytes(b"\x05" * 57).sign(signed))


TWICE = json.dumps(CLAIMS).encode()[:-1] + b', "sn": "OTHER"}'


@pytest.mark.parametrize(
    ("forgery", "reason"),
    [
        (GOOD.rsplit(b".", 1)[0] + b".", "the signature is not that of police"),
        (b64(b'{"alg":"none","kid":"police","typ":"permit"}') + b"." + GOOD.split(b".")[1] + b".", "signed with none"),
        (hs256(HEADER | {"alg": "HS256"}), "signed with HS256"),
        (hs256(HEADER), "the signature is not that of police"),
        (ed448(), "the signature is not that of police"),
        (token(header=HEADER | {"alg": "Ed448"}), "signed with Ed448"),
        (token(header=HEADER | {"alg": "ES256"}), "signed with ES256"),
        (token(header=HEADER | {"alg": ["Ed25519"]}), "no signed permit"),
        (token(key=STRANGER), "the signature is not that of police"),
        (token(key=CITY), "the signature is not that of police"),
        (token(header=HEADER | {"kid": "stranger"}, key=STRANGER), "stranger may not issue permits here"),
        (token(header=HEADER | {"kid": "city"}, key=CITY), "by police, but was signed for city"),
        (token(header={"alg": "Ed25519", "typ": "permit"}), "no signed permit"),
        (token(header=HEADER | {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": "A" * 43}}), "no signed permit"),
        (token(header=HEADER | {"crit": ["b64"], "b64": False}), "no signed permit"),
        (token(header=HEADER | {"typ": "JWT"}), "no signed permit"),
        (token(header=b'{"alg":"none","alg":"Ed25519","kid":"police","typ":"permit"}'), "a key stands twice"),
        (token(TWICE), "a key stands twice"),
        (token(CLAIMS | {"v": []}), "cannot be taken"),
        (token({name: value for name, value in CLAIMS.items() if name != "sn"}), "names no drone"),
        (token(CLAIMS | {"sn": " "}), "cannot be taken"),
        (token(CLAIMS | {"friendly": True}), "cannot be taken"),
        (token(CLAIMS | {"exp": CLAIMS["nbf"]}), "is not after nbf"),
        (token(CLAIMS | {"exp": 10**12}), "cannot be taken"),
        (token(CLAIMS | {"nbf": -1}), "cannot be taken"),
        (token({name: value for name, value in CLAIMS.items() if name != "exp"}), "cannot be taken"),
        (token(CLAIMS | {"v": [{"c": [48.0, 2.0, float("nan")], "h": [0.0, 1.0]}]}), "cannot be taken"),
        (token(CLAIMS | {"v": [{"c": [48.0, 2.0, 1e999], "h": [0.0, 1.0]}]}), "cannot be taken"),
        (token(CLAIMS | {"v": [{"h": [0.0, 1.0]}]}), "expected outline_circle or outline_polygon"),
        (token(CLAIMS | {"v": [{"c": [48.0, 2.0, 9.0], "h": [1.0, 1.0]}]}), "is not above altitude_lower"),
        (token(CLAIMS | {"v": [{"p": [[48.0, 2.0], [48.1, 2.1], [48.1, 2.0], [48.0, 2.1]], "h": [0, 1]}]}), "edges that cross"),
        (token(b"[]"), "is no JSON object"),
        (token(b"\xff\xfe"), "cannot be taken"),
        (token(b"[" * 2800), "cannot be taken"),
        (token(CLAIMS | {"note": "x" * 5000}), "bytes; expected 4096 at most"),
        (b"", "1 parts"),
        (b"a.b.c", "no signed permit"),
        (GOOD + b".x", "4 parts"),
        (GOOD + b"\n", "the signature is not that of police"),
        (b" " + GOOD, "no signed permit"),
        (GOOD + b"=", "the signature is not that of police"),
        (json.dumps({"payload": "", "signatures": []}).encode(), "no signed permit"),
    ],
)  # fmt: skip
def test_a_forgery_is_refused_and_the_reason_says_why(forgery, reason):
    assert reason in why(verify(forgery, ISSUERS))


@pytest.mark.parametrize("steering", ["\x1b[2J", "\r\n", "\u202e"])
def test_a_reason_never_steers_the_terminal_that_it_is_read_on(steering):
    for forgery in (
        token(header=HEADER | {"alg": steering}),
        token(header=HEADER | {"typ": steering}),
        token(header=HEADER | {steering: 1}),
        token(CLAIMS | {steering: 1}),
    ):
        assert why(verify(forgery, ISSUERS)).isprintable()


def test_without_an_issuer_nothing_is_believed():
    assert why(verify(GOOD, {})) == "nobody may issue permits here, so none is believed"


def proven(forgery):
    """Tell by cryptography alone whether a token is one of an issuer's: three canonical parts, and a signature over the first two."""
    parts = forgery.split(b".")
    if len(parts) != 3:
        return False
    try:
        head, _, signature = (base64url(part) for part in parts)
        if any(b64(base64url(part)) != part for part in parts):
            return False
        key = {"police": POLICE, "city": CITY}[json.loads(head)["kid"]].public_key()
        assert isinstance(key, Ed25519PublicKey)
        key.verify(signature, parts[0] + b"." + parts[1])
    except (ValueError, KeyError, TypeError, InvalidSignature):
        return False
    return True


@st.composite
def forgeries(draw):
    """Give a token that no issuer signed: bits flipped, cut, glued, signed by others, its algorithm changed."""
    numbers = st.fixed_dictionaries(
        {}, optional={"jti": st.sampled_from(["P-1", "P-2"]), "exp": st.integers(CLAIMS["nbf"] + 1, 2**33)}
    )
    good = token(CLAIMS | draw(numbers))
    at = draw(st.integers(0, len(good) - 1))
    head, payload, signature = good.split(b".")
    others = token(CLAIMS | {"sn": "OTHER"}, key=draw(st.sampled_from([POLICE, CITY]))).split(b".")
    algorithm = json.dumps(
        HEADER | {"alg": draw(st.sampled_from(["none", "None", "HS256", "ES256", "RS256", "Ed448", "ed25519", ""]))}
    )
    rewritten = json.dumps(CLAIMS | {"sn": draw(st.text(min_size=1, max_size=20).filter(lambda text: text != CLAIMS["sn"]))})
    ways = {
        "flip": good[:at] + bytes([good[at] ^ (1 << draw(st.integers(0, 7)))]) + good[at + 1 :],
        "cut": good[:at] + good[at + draw(st.integers(1, 40)) :],
        "insert": good[:at] + draw(st.binary(min_size=1, max_size=5)) + good[at:],
        "others' signature": b".".join([head, payload, others[2]]),
        "signed by others": token(CLAIMS, HEADER, draw(st.sampled_from([CITY, STRANGER, key_of(9)]))),
        "algorithm": b".".join([b64(algorithm.encode()), payload, draw(st.sampled_from([signature, b""]))]),
        "rewritten": b".".join([head, b64(rewritten.encode()), signature]),
        "spelled otherwise": good[:-1] + bytes([good[-1] + draw(st.sampled_from([1, 2, 3]))]),
    }
    return ways[draw(st.sampled_from(sorted(ways)))]


@given(forgeries())
@settings(max_examples=200, deadline=None)
def test_no_forgery_is_believed(forgery):
    assert not proven(forgery)
    assert isinstance(verify(forgery, ISSUERS), Reason)


@pytest.mark.deep
@given(forgeries())
@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
def test_of_ten_thousand_forgeries_none_is_believed(forgery):
    assert not proven(forgery)
    assert isinstance(verify(forgery, ISSUERS), Reason)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from([*CLAIMS, "c", "p", "h", "t", "rg", "iat", "why", "alg"]), inner, max_size=6)
    ),
    max_leaves=20,
)


@pytest.mark.deep
@given(JSON, st.sampled_from(["permit", "revocation"]))
@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
def test_of_ten_thousand_things_that_an_issuer_might_sign_each_is_believed_or_refused_and_none_breaks_us(said, kind):
    claims = CLAIMS | said if isinstance(said, dict) else said
    believed = verify(token(claims, HEADER | {"typ": kind}), ISSUERS)
    assert isinstance(believed, Signed | Revocation | Reason)
    if isinstance(believed, Signed):
        assert believed.permit.valid_from < believed.permit.valid_until
        assert believed.permit.serial or believed.permit.registration


def test_every_single_bit_of_a_permit_counts():
    flipped = [GOOD[:at] + bytes([GOOD[at] ^ (1 << bit)]) + GOOD[at + 1 :] for at in range(len(GOOD)) for bit in range(8)]
    assert not [one for one in random.Random(1).sample(flipped, 400) if not isinstance(verify(one, ISSUERS), Reason)]


@pytest.mark.parametrize(
    "shape",
    [
        Shape(c=(48.8582, 2.2945, 300.0), h=(33.0, 150.0)),
        Shape(p=((48.85, 2.29), (48.86, 2.29), (48.86, 2.3)), h=(33.0, 150.0), t=(1_784_000_000, 1_784_003_600)),
    ],
)
def test_a_volume_says_the_same_in_few_letters_and_in_those_of_f3548(shape):
    assert shape_of(volume_of(shape)) == shape


def jwk(**fields):
    return json.dumps({"kty": "OKP", "crv": "Ed25519", "x": APPENDIX_A["x"]} | fields).encode()


def test_an_issuers_key_is_read_from_pem_and_from_jwk():
    x = b64(POLICE.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
    for text in (pem(POLICE), b"\n" + pem(POLICE) + b"\n", jwk(x=x), jwk(x=x, use="sig", alg="EdDSA", kid="7")):
        assert isinstance(verify(GOOD, {"police": read_public(text, "key")}), Signed)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (private_pem(POLICE), "is a private key; it belongs to the issuer alone"),
        (jwk(d=APPENDIX_A["d"]), "is a private key"),
        (b"", "is no Ed25519 key"),
        (b"{", "is no Ed25519 key"),
        (b"[]", "is no Ed25519 key"),
        (jwk(x="AA"), "is no Ed25519 key"),
        (jwk(x=5), "is no Ed25519 key"),
        (jwk(crv="Brainpool"), "is no Ed25519 key"),
        (jwk(kty="RSA"), "is no Ed25519 key"),
        (jwk(crv="X25519"), "is a key of X25519; expected one of Ed25519"),
        (OKPKey.generate_key("Ed448").as_pem(private=False), "is a key of Ed448"),
        (b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "is no Ed25519 key"),
    ],
)
def test_what_is_no_public_key_is_refused_by_its_file(text, words):
    with pytest.raises(ConfigError) as error:
        read_public(text, "police.pem")
    assert str(error.value).startswith("police.pem: ")
    assert words in str(error.value)


def test_a_public_key_signs_nothing():
    with pytest.raises(ConfigError, match="is a public key, which signs nothing"):
        read_private(pem(POLICE), "police.pem")
