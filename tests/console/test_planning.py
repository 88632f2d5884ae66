"""Plans at the console: plain where nobody signs, signed by the site's key for who is logged in, or by a person's own token."""

import json
import time

import msgspec
import pytest

from fusion.config import Issuer, Zones
from fusion.console.console import Operating
from fusion.errors import ConfigError
from fusion.zones.plans import Switch, digest
from fusion.zones.tokens import payload_of
from tests.console.stage import Core, config, operating, run
from tests.e2e.stage import zone
from tests.zones.permit_scenes import CITY, POLICE, STRANGER, pem, private_pem, token

PLANS = Zones(plans={"A": ("a.json",), "B": ("b.json",)})
SIGNERS = (Issuer(name="police", key="police.pub", signs=("plans",)), Issuer(name="site", key="site.pub", signs=("plans",)))


def written(base):
    """Write the plans' zones and the signers' keys."""
    for name in "ab":
        (base / f"{name}.json").write_bytes(zone(f"ZONE-{name.upper()}"))
    (base / "police.pub").write_bytes(pem(POLICE))
    (base / "site.pub").write_bytes(pem(CITY))
    (base / "site.key").write_bytes(private_pem(CITY))
    (base / "stranger.key").write_bytes(private_pem(STRANGER))


def person(plans, **more):
    """Give a token as a person with the police's key makes it now."""
    now = time.time_ns() // 1_000_000
    said = {"iss": "police", "aud": "paris", "seq": now, "iat": now // 1000, "exp": now // 1000 + 600, "plan": "B"}
    said |= {"zones": digest(plans._sets["B"]), "who": "prefect", "why": "storm"}
    return token(said | more, {"alg": "Ed25519", "kid": "police", "typ": "plan"}).decode()


def asked(tmp_path, signers, key, *bodies):
    """Ask a console for plan B with each body; give who signs, the answers, what was published, and the site's plans."""
    written(tmp_path)

    async def body():
        async with operating(tmp_path, zones=PLANS, issuers=signers, plan_key=key) as stage, stage.client("supervisor") as client:
            site = (await client.get("/api/v1/site")).json()
            plans = stage.console.plans
            answers = [await client.put("/api/v1/plan", json={"plan": "B", "why": "storm"} | one(plans)) for one in bodies]
            return site["plan_signing"], answers, [payload for _, payload in stage.core.retained], plans

    return run(body())


def nothing(plans):
    return {}


def test_where_nobody_signs_a_switch_is_as_plain_as_before_and_the_page_is_told_so(tmp_path):
    signing, (answer,), retained, _ = asked(tmp_path, (), None, nothing)
    assert (signing, answer.status_code) == ("unsigned", 202)
    assert [json.loads(one) for one in retained] == [{"plan": "B", "who": "a.supervisor", "why": "storm"}]


def test_the_server_signs_with_the_sites_key_for_whoever_is_logged_in(tmp_path):
    signing, (answer,), (payload,), plans = asked(tmp_path, SIGNERS, "site.key", nothing)
    assert (signing, answer.status_code) == ("server", 202)
    said = msgspec.json.decode(payload_of(payload), type=Switch)
    assert (said.iss, said.aud, said.plan, said.who, said.why) == ("site", "paris", "B", "a.supervisor", "storm")
    plans.take(payload, time.time_ns())
    assert plans.plan == "B"


def test_where_persons_sign_a_token_is_passed_on_as_it_is_and_nothing_else_goes(tmp_path):
    bodies = [
        nothing,
        lambda plans: {"token": "x"},
        lambda plans: {"token": person(plans, aud="lyon")},
        lambda plans: {"token": person(plans, plan="A", zones=digest(plans._sets["A"]))},
        lambda plans: {"token": f" {person(plans)}\n"},
    ]
    signing, answers, retained, plans = asked(tmp_path, SIGNERS, None, *bodies)
    assert signing == "person"
    assert [answer.status_code for answer in answers] == [422, 422, 422, 422, 202]
    assert [answer.json()["errors"][0]["field"] for answer in answers[:4]] == ["$.token"] * 4
    assert "not signed" in answers[0].json()["detail"]
    assert "the token is for plan A, not for B" in answers[3].json()["detail"]
    (payload,) = retained
    plans.take(payload, time.time_ns())
    assert plans.plan == "B"


@pytest.mark.parametrize(("key", "why"), [("stranger.key", "is the key of no permits.issuer"), ("site.pub", "is a public key")])
def test_a_key_that_is_no_signers_stops_the_start(tmp_path, key, why):
    written(tmp_path)
    settings = config(tmp_path, zones=PLANS, issuers=SIGNERS, plan_key=key)
    with pytest.raises(ConfigError, match=why):
        Operating(settings, tmp_path, Core(settings, tmp_path), beside_service=True)


def test_a_console_goes_by_the_plan_that_the_service_says_where_it_alone_can_prove_it(tmp_path):
    written(tmp_path)
    settings = config(tmp_path, zones=PLANS, issuers=SIGNERS)
    console = Operating(settings, tmp_path, Core(settings, tmp_path), beside_service=False)
    try:
        assert not console.zones.hear("zone_plan", "", b'{"plan": "B", "who": "anybody", "why": "x"}')
        assert list(console.zones.features()) == ["ZONE-A"]
        console.follow("B")
        assert list(console.zones.features()) == ["ZONE-B"]
    finally:
        console.door.close()
