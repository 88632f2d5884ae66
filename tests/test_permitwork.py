"""`vigie permit`: what an issuer signs, draws and publishes, and what it is told when that cannot be."""

import asyncio
import io
import json
import math
import shutil
import stat
import subprocess
import sys
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from fusion.__main__ import main
from fusion.journal import Journal, Note
from fusion.journal.records import PermitNoted
from fusion.topics import TopicTree
from tests.zones.permit_scenes import CLAIMS, POLICE, key_of, pem, private_pem, revocation, token

SERIAL = "1588EPN26PP75000017"
WHEN = ["--from", "2026-07-26T16:00:00Z", "--until", "2026-07-27T00:00:00+02:00"]
ROUND = ["--circle", "48.8582,2.2945,300", "--heights", "78,200"]


@pytest.fixture
def keys(tmp_path):
    """Give the place of an issuer's keys: the tests' own police."""
    (tmp_path / "police").write_bytes(private_pem(POLICE))
    (tmp_path / "police").chmod(0o600)
    (tmp_path / "police.pub").write_bytes(pem(POLICE))
    return tmp_path / "police"


@pytest.fixture
def site(tmp_path, keys):
    """Write a site that believes the police."""
    (tmp_path / "site.toml").write_text(
        '[site]\nname = "paris"\nlatitude_deg = 48.8582\nlongitude_deg = 2.2945\n[[permits.issuer]]\nname = "police"\nkey = "police.pub"\n'
    )
    return tmp_path / "site.toml"


def vigie(capsys, *arguments):
    code = main(["permit", *map(str, arguments)])
    told = capsys.readouterr()
    return code, told.out.strip(), told.err.strip()


def issued(capsys, keys, *more):
    code, out, _ = vigie(capsys, "issue", "--key", keys, "--issuer", "police", "--serial", SERIAL, *WHEN, *more)
    assert code == 0
    return out.splitlines()[0]


def payload_of(signed):
    """Read what is signed, once cryptography has proven it by the tests' own key."""
    import base64

    parts = [part + "=" * (-len(part) % 4) for part in signed.split(".")]
    POLICE.public_key().verify(base64.urlsafe_b64decode(parts[2]), signed.rsplit(".", 1)[0].encode())
    return json.loads(base64.urlsafe_b64decode(parts[1]))


def test_a_pair_of_keys_belongs_together_and_only_its_owner_reads_the_private_one(tmp_path, capsys):
    file = tmp_path / "police-2027"
    code, out, _ = vigie(capsys, "key", file)
    assert code == 0
    private = load_pem_private_key(file.read_bytes(), None)
    public = load_pem_public_key((tmp_path / "police-2027.pub").read_bytes())
    public.verify(private.sign(b"x"), b"x")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert 'name = "police-2027"\nkey = "police-2027.pub"' in out
    before = file.read_bytes()
    code, _, err = vigie(capsys, "key", file)
    assert (code, err) == (2, f"vigie: {file}: is there already; a key that signs is not written over")
    assert file.read_bytes() == before


def test_what_is_issued_says_what_was_asked(keys, capsys):
    signed = issued(capsys, keys, *ROUND, "--permit", "P-417")
    assert payload_of(signed) == {
        "jti": "P-417", "iss": "police", "nbf": 1785081600, "exp": 1785103200, "sn": SERIAL, "v": [{"c": [48.8582, 2.2945, 300], "h": [78, 200]}],
    }  # fmt: skip


def test_each_permit_has_a_number_of_its_own(keys, capsys):
    numbers = {payload_of(issued(capsys, keys, *ROUND))["jti"] for _ in range(20)}
    assert len(numbers) == 20
    assert all(number.startswith("20260726-") for number in numbers)


def test_volumes_of_f3548_are_taken_as_that_standard_writes_them(keys, capsys, tmp_path):
    """Judged by the standard's own types, of uas_standards."""
    from uas_standards.astm.f3548.v21.api import Altitude, Circle, LatLngPoint, Radius, Time, Volume3D, Volume4D

    one = Volume4D(
        volume=Volume3D(
            outline_circle=Circle(center=LatLngPoint(lat=48.8582, lng=2.2945), radius=Radius(value=300.0, units="M")),
            altitude_lower=Altitude(value=78.0, reference="W84", units="M"),
            altitude_upper=Altitude(value=200.0, reference="W84", units="M"),
        ),
        time_start=Time(value="2026-07-26T18:30:00Z", format="RFC3339"),
        time_end=Time(value="2026-07-26T20:00:00Z", format="RFC3339"),
    )
    (tmp_path / "volume.json").write_text(json.dumps(one))
    signed = issued(capsys, keys, "--volume", tmp_path / "volume.json")
    assert payload_of(signed)["v"] == [{"c": [48.8582, 2.2945, 300], "h": [78, 200], "t": [1785090600, 1785096000]}]
    _, out, _ = vigie(capsys, "verify", signed, "--key", f"{keys}.pub", "--at", "2026-07-26T19:00:00Z")
    told = json.loads(out.splitlines()[2])
    assert told == json.loads(json.dumps([one]))


def test_a_permit_is_good_for_its_drone_time_and_place_and_else_says_why_in_two_languages(keys, capsys):
    signed = issued(capsys, keys, *ROUND, "--permit", "P-417")

    def judged(*more):
        code, out, _ = vigie(capsys, "verify", signed, "--key", f"{keys}.pub", *more)
        return code, out.splitlines()[-1]

    then = ["--at", "2026-07-26T17:00:00Z"]
    assert judged(*then) == (0, "good")
    assert judged(*then, "--serial", SERIAL.lower(), "--place", "48.8582,2.2945,100") == (0, "good")
    assert judged(*then, "--serial", "X") == (1, f"not good: the permit P-417 is for {SERIAL}, not for X")
    assert judged(*then, "--serial", "X", "--language", "fr") == (
        1,
        f"not good: l'autorisation P-417 est pour {SERIAL}, non pour X",
    )
    assert judged(*then, "--registration", "F-ABCD")[0] == 1
    assert judged(*then, "--place", "48.8582,2.2945,260") == (
        1,
        f"not good: {SERIAL} is 60 metres outside of where its permit lets it fly",
    )
    assert judged("--at", "2026-07-26T15:59:59Z")[1] == f"not good: the permit of {SERIAL} begins at 2026-07-26 16:00 UTC"
    assert judged("--at", "2026-07-26T22:00:00Z")[1] == f"not good: the permit of {SERIAL} ended at 2026-07-26 22:00 UTC"


def test_a_token_is_read_from_a_file_from_standard_input_and_as_it_is(keys, capsys, tmp_path, monkeypatch):
    (tmp_path / "P-417.jws").write_bytes(token() + b"\n")
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(token() + b"\n")))
    for given in (token().decode(), tmp_path / "P-417.jws", "-"):
        assert vigie(capsys, "verify", given, "--key", f"{keys}.pub", "--at", "2026-07-14T04:00:00Z")[0] == 0
    code, _, err = vigie(capsys, "verify", tmp_path / "none.jws", "--key", f"{keys}.pub")
    assert (code, err) == (2, f"vigie: {tmp_path / 'none.jws'}: cannot be read: No such file or directory")


def test_a_forgery_is_not_good(keys, capsys):
    forged = token(key=key_of(7)).decode()
    code, out, _ = vigie(capsys, "verify", forged, "--key", f"{keys}.pub")
    assert (code, out) == (1, "not good: the signature is not that of police: the permit was forged or changed")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (["--serial", "A", *WHEN, "--circle", "48.8,2.2,300"], "--heights: is missing"),
        (["--serial", "A", *WHEN, "--circle", "48.8,2.2,-3", "--heights", "1,2"], "c[2]: -3.0 is refused"),
        (["--serial", "A", *WHEN, "--circle", "98.8,2.2,3", "--heights", "1,2"], "c[0]: 98.8 is refused"),
        (["--serial", "A", *WHEN, "--circle", "nan,2.2,3", "--heights", "1,2"], "c[0]: nan is refused"),
        (["--serial", "A", *WHEN, "--circle", "48.8,2.2,3", "--heights", "2,1"], "is not above altitude_lower"),
        ([*WHEN, *ROUND], "names no drone"),
        (["--serial", " ", *WHEN, *ROUND], "sn: ' ' is refused"),
        (["--serial", "A", "--from", "2026-07-27T00:00:00Z", "--until", "2026-07-26T00:00:00Z", *ROUND], "is not after nbf"),
        (["--serial", "A", *WHEN, "--polygon", "1,1", "1,2", "--heights", "1,2"], "p: "),
        (["--serial", "A", *WHEN, *ROUND, "--permit", "a/b"], "jti: 'a/b' is refused"),
        (["--serial", "A", *WHEN, "--volume", "none.json"], "none.json: cannot be read"),
        (["--serial", "A", *WHEN, *ROUND, "--qr", "code.txt"], "--qr code.txt: expected a name"),
    ],
)
def test_what_cannot_be_signed_is_refused_by_its_name_and_nothing_is_signed(keys, capsys, asked, words):
    code, out, err = vigie(capsys, "issue", "--key", keys, "--issuer", "police", *asked)
    assert code == 2
    assert words in err
    assert not out or "--qr" in asked


def test_heights_above_the_sea_and_the_ground_are_those_of_the_site(site, keys, capsys):
    """Paris: the geoid is 44.6 m above the ellipsoid, this ground 33 m above the geoid."""
    site.write_text(
        site.read_text().replace(
            "longitude_deg = 2.2945\n", "longitude_deg = 2.2945\nground_amsl_m = 33.0\ngeoid_undulation_m = 44.6\n"
        )
    )

    def heights(*more):
        signed = issued(capsys, keys, "--circle", "48.8582,2.2945,300", "--heights", "10,120", *more)
        return payload_of(signed)["v"][0]["h"]

    assert heights() == [10, 120]
    assert heights("--above", "sea", "--site", site) == [54.6, 164.6]
    assert heights("--above", "ground", "--site", site) == [87.6, 197.6]
    code, _, err = vigie(capsys, "issue", "--key", keys, "--issuer", "police", "--serial", "A", *WHEN, *ROUND, "--above", "sea")
    assert (code, err) == (2, "vigie: --above sea: expected --site beside it, whose sea is meant")


def test_a_volume_in_feet_or_without_a_height_is_refused(keys, capsys, tmp_path):
    file = tmp_path / "v.json"
    good = {
        "volume": {
            "outline_circle": {"center": {"lat": 1, "lng": 2}, "radius": {"value": 3, "units": "M"}},
            "altitude_upper": {"value": 3, "reference": "W84", "units": "M"},
        }
    }
    feet = json.loads(json.dumps(good).replace('"M"}}', '"FT"}}'))
    for volume, words in (
        (good, "has altitude_lower and altitude_upper"),
        (feet, "units"),
        ([], "v: [] is refused"),
        ("x", "refused"),
    ):
        file.write_text(json.dumps(volume))
        code, _, err = vigie(capsys, "issue", "--key", keys, "--issuer", "police", "--serial", "A", *WHEN, "--volume", file)
        assert code == 2
        assert words in err


def test_a_public_key_issues_nothing(keys, capsys):
    code, _, err = vigie(capsys, "issue", "--key", f"{keys}.pub", "--issuer", "police", "--serial", "A", *WHEN, *ROUND)
    assert code == 2
    assert "is a public key, which signs nothing" in err


def test_a_key_that_others_may_read_is_told(keys, capsys):
    keys.chmod(0o644)
    _, _, err = vigie(capsys, "issue", "--key", keys, "--issuer", "police", "--serial", "A", *WHEN, *ROUND)
    assert f"chmod 600 {keys}" in err


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_a_qr_code_is_drawn_and_its_version_told(keys, capsys, tmp_path, ending):
    file = tmp_path / f"p.{ending}"
    code, _, err = vigie(
        capsys,
        "issue",
        "--key",
        keys,
        "--issuer",
        "police",
        "--serial",
        SERIAL,
        *WHEN,
        *ROUND,
        "--permit",
        "20260726-3fa9c1",
        "--qr",
        file,
    )
    assert (code, err) == (0, "QR code of version 14, error correction M, 347 bytes")
    assert file.stat().st_size > 1000


@pytest.mark.skipif(shutil.which("zbarimg") is None, reason="zbarimg (Debian: zbar-tools) reads QR codes back")
def test_another_program_reads_the_qr_code_back_to_the_letter(keys, capsys, tmp_path):
    signed = issued(capsys, keys, *ROUND, "--qr", tmp_path / "p.png")
    read = subprocess.run(["zbarimg", "-q", "--raw", "--nodbus", tmp_path / "p.png"], capture_output=True, check=True)
    assert read.stdout.decode().strip() == signed


def test_a_permit_that_no_qr_code_holds_is_issued_and_not_drawn(keys, capsys, tmp_path):
    ring = [{"lat": 48.8 + 0.01 * math.sin(a), "lng": 2.2 + 0.01 * math.cos(a)} for a in np.linspace(0, 6, 50)]
    heights = {f"altitude_{end}": {"value": at, "reference": "W84", "units": "M"} for end, at in (("lower", 78), ("upper", 200))}
    (tmp_path / "v.json").write_text(json.dumps(2 * [{"volume": {"outline_polygon": {"vertices": ring}} | heights}]))
    asked = ["--key", keys, "--issuer", "police", "--serial", "A", *WHEN, "--volume", tmp_path / "v.json"]
    code, out, err = vigie(capsys, "issue", *asked, "--qr", tmp_path / "p.png")
    assert code == 2
    assert "bytes are too many" in err
    assert len(payload_of(out.splitlines()[0])["v"]) == 2


# --- What a site knows --------------------------------------------------------------------------------------------


def written(site, *notes):
    """Write what a service would have noted."""
    (site.parent / "state").mkdir()
    journal = Journal(Journal.url(site.parent / "state" / "journal.sqlite"))
    journal.write(
        [Note("permit", number, time, msgspec.json.encode(noted)) for time, (number, noted) in enumerate(notes, 10**18)]
    )
    journal.close()


def noted(what, one=b"", why=""):
    return PermitNoted(what=what, token=one.decode(), why=why)


def test_a_site_knows_what_was_revoked(site, capsys):
    then = ["--site", site, "--at", "2026-07-14T04:00:00Z"]
    code, out, err = vigie(capsys, "verify", token().decode(), *then)
    assert (code, out.splitlines()[-1]) == (0, "good")
    assert "what was revoked is not known" in err
    written(site, ("P-417", noted("issued", token())), ("P-417", noted("revoked", revocation())))
    code, out, err = vigie(capsys, "verify", token().decode(), *then)
    assert (code, out.splitlines()[-1]) == (1, "not good: the permit P-417 was revoked by police")
    assert not err


def test_the_list_says_what_became_of_each(site, capsys):
    other = token(CLAIMS | {"jti": "P-418", "sn": "B", "exp": 4_000_000_000})
    written(
        site,
        ("P-417", noted("issued", token())),
        ("P-418", noted("issued", other)),
        ("P-418", noted("refused", why="forged")),
        ("P-419", noted("issued", token(CLAIMS | {"jti": "P-419"}))),
        ("P-419", noted("withdrawn")),
        ("P-420", noted("revoked", revocation("P-420"))),
        ("P-421", noted("refused", why="stranger may not issue permits here")),
    )
    code, out, _ = vigie(capsys, "list", site)
    assert code == 0
    assert out.splitlines() == [
        "0 entries in the register, 1 issuers",
        f"P-417: by police, for {SERIAL}, the permit of {SERIAL} ended at 2026-07-14 11:33 UTC",
        "P-418: by police, for B, until 2096-10-02 07:06:40 UTC",
        "P-420: revoked by police, 2026-07-14 06:20:00 UTC",
        "P-421: refused, 2001-09-09 01:46:40 UTC: stranger may not issue permits here",
    ]


def test_a_site_without_issuers_believes_nobody(site, capsys):
    site.write_text(site.read_text().split("[[permits")[0])
    code, out, _ = vigie(capsys, "verify", token().decode(), "--site", site)
    assert (code, out) == (1, "not good: nobody may issue permits here, so none is believed")


# --- Over a broker ------------------------------------------------------------------------------------------------


def at(monkeypatch, broker):
    monkeypatch.setenv("VIGIE_MQTT__HOST", broker.host)
    monkeypatch.setenv("VIGIE_MQTT__PORT", str(broker.port))


def retained(broker):
    from fusion.config import Mqtt
    from fusion.transport.access import access
    from fusion.transport.mqtt import read_back

    tree = TopicTree("paris")
    found = asyncio.run(read_back(access(Mqtt(host=broker.host, port=broker.port), "reader"), tree, "permit"))
    return {topic.removeprefix(tree.prefix): payload for topic, payload in found.items()}


def test_a_permit_and_its_revocation_are_retained_by_the_broker(broker, site, keys, capsys, monkeypatch):
    at(monkeypatch, broker)
    signed = issued(capsys, keys, *ROUND, "--permit", "P-1", "--publish", site)
    assert retained(broker)["permit/P-1"] == signed.encode()
    code, out, err = vigie(capsys, "revoke", "P-1", "--key", keys, "--issuer", "police", "--why", "over", "--publish", site)
    assert (code, err) == (0, "published on vigie/v1/paris/permit/P-1")
    assert retained(broker)["permit/P-1"] == out.encode()
    assert payload_of(out)["why"] == "over"


def test_what_the_site_would_not_believe_is_not_published(broker, site, keys, capsys, monkeypatch):
    at(monkeypatch, broker)
    code, out, err = vigie(
        capsys, "issue", "--key", keys, "--issuer", "others", "--serial", "A", *WHEN, *ROUND, "--permit", "P-2", "--publish", site
    )
    assert (code, out) == (2, "")
    assert "others may not issue permits here" in err
    assert "permit/P-2" not in retained(broker)


def test_a_broker_that_is_not_there_is_told(site, keys, capsys, monkeypatch):
    from tests.brokers import free_port

    monkeypatch.setenv("VIGIE_MQTT__HOST", "127.0.0.1")
    monkeypatch.setenv("VIGIE_MQTT__PORT", str(free_port()))
    code, _, err = vigie(capsys, "issue", "--key", keys, "--issuer", "police", "--serial", "A", *WHEN, *ROUND, "--publish", site)
    assert code == 2
    assert err.startswith("vigie: the broker at 127.0.0.1")
    monkeypatch.delenv("VIGIE_MQTT__HOST")
    code, _, err = vigie(capsys, "issue", "--key", keys, "--issuer", "police", "--serial", "A", *WHEN, *ROUND, "--publish", site)
    assert code == 2
    assert "mqtt.host: is missing" in err


# --- A site's file ------------------------------------------------------------------------------------------------


def test_a_sites_issuers_are_checked_with_the_rest_of_its_file(site, keys, capsys):
    assert main(["check", str(site)]) == 0
    assert "issuers: 1." in capsys.readouterr().out
    (site.parent / "police.pub").write_bytes(private_pem(POLICE))
    assert main(["check", str(site)]) == 2
    assert f"{site.parent / 'police.pub'}: is a private key; it belongs to the issuer alone" in capsys.readouterr().err
    (site.parent / "police.pub").unlink()
    assert main(["check", str(site)]) == 2
    assert f"permits.issuer.key: {site.parent / 'police.pub'}: cannot be read" in capsys.readouterr().err


def test_two_issuers_of_one_name_are_refused(site, capsys):
    site.write_text(site.read_text() + '[[permits.issuer]]\nname = "police"\nkey = "other.pub"\n')
    assert main(["check", str(site)]) == 2
    assert "permits.issuer[1].name: 'police' names permits.issuer[0] already; names are unique" in capsys.readouterr().err
