"""Permits at the console: what is told, what is published, and what only an issuer can do."""

import pytest

from fusion.console.console import Operating
from fusion.messages import SECOND, RawMessage
from fusion.topics import TopicTree
from tests.console.stage import Core, config, operating, run
from tests.zones.permit_scenes import CLAIMS, STRANGER, revocation, token

GOOD = token(CLAIMS | {"exp": 4_000_000_000})
EARLY = token(CLAIMS | {"jti": "P-418", "nbf": 4_000_000_000, "exp": 4_000_000_001})
PAST = token(CLAIMS | {"jti": "P-416", "nbf": 1_000_000_000, "exp": 1_000_000_001})


def told(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_every_permit_is_told_with_its_state_after_the_sites_own(tmp_path):
    async def body():
        async with operating(tmp_path) as stage, stage.client("supervisor") as client:
            for one in (GOOD, EARLY, PAST):
                answer = await client.post("/api/v1/permits", json={"token": one.decode(), "why": "the parade"})
                assert answer.status_code == 202
            return told(await client.get("/api/v1/permits")), stage.core.retained, told(await client.get("/api/v1/access"))

    permits, retained, access = run(body())
    assert [(one["serial"], one["permit"], one["state"]) for one in permits["items"]] == [
        ("OURS", None, "valid"),
        ("POST", None, "valid"),
        (CLAIMS["sn"], "P-416", "ended"),
        (CLAIMS["sn"], "P-417", "valid"),
        (CLAIMS["sn"], "P-418", "not_yet"),
    ]
    assert permits["items"][3]["volumes"][0]["volume"]["outline_circle"]["radius"] == {"value": 300.0, "units": "M"}
    assert permits["issuers"] == ["police"]
    assert [(topic.rsplit("/", 1)[1], payload) for topic, payload in retained] == [
        ("P-417", GOOD),
        ("P-418", EARLY),
        ("P-416", PAST),
    ]
    done = [(one["what"], one["subject"], one["why"]) for one in access["items"]]
    assert ("permit published", "P-417", "the parade") in done


def test_a_revocation_is_published_as_its_issuer_signed_it_and_the_number_is_worth_nothing_any_longer(tmp_path):
    async def body():
        async with operating(tmp_path) as stage, stage.client("supervisor") as client:
            for one in (GOOD, revocation()):
                answer = await client.post("/api/v1/permits", json={"token": one.decode(), "why": "x"})
                assert (answer.status_code, answer.json()) == (202, {"permit": "P-417"})
            again = await client.post("/api/v1/permits", json={"token": GOOD.decode(), "why": "x"})
            return again, told(await client.get("/api/v1/permits")), stage.core.retained

    again, permits, retained = run(body())
    assert (again.status_code, again.json()["detail"]) == (422, "the permit P-417 was revoked by police")
    assert permits["revoked"] == [{"permit": "P-417", "issued_by": "police", "time": "2026-07-14T06:20:00Z"}]
    assert [one["serial"] for one in permits["items"]] == ["OURS", "POST"]
    assert len(retained) == 2


def test_a_permit_is_withdrawn_until_it_comes_again(tmp_path):
    async def body():
        async with operating(tmp_path) as stage, stage.client("supervisor") as client:
            await client.post("/api/v1/permits", json={"token": GOOD.decode(), "why": "x"})
            gone = [await client.request("DELETE", "/api/v1/permits/P-417", json={"why": "rain"}) for _ in range(2)]
            back = await client.post("/api/v1/permits", json={"token": GOOD.decode(), "why": "sun"})
            return [answer.status_code for answer in (*gone, back)], stage.core.retained

    codes, retained = run(body())
    assert codes == [202, 404, 202]
    assert [payload for _, payload in retained] == [GOOD, b"", GOOD]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (token(key=STRANGER), "the signature is not that of police: the permit was forged or changed"),
        (b"x", "this is no signed permit: 1 parts; expected header.payload.signature"),
    ],
)
def test_what_is_not_believed_is_not_published_and_both_languages_say_why(tmp_path, bad, reason):
    async def body():
        async with operating(tmp_path) as stage, stage.client("supervisor") as client:
            judged = told(await client.post("/api/v1/permits/check", json={"token": bad.decode()}))
            answer = await client.post("/api/v1/permits", json={"token": bad.decode(), "why": "x"})
            return judged, answer, stage.core.retained

    judged, answer, retained = run(body())
    assert (judged["permit"], judged["revokes"], judged["reasons"]["en"]) == (None, None, reason)
    assert judged["reasons"]["fr"] != reason
    assert (answer.status_code, answer.json()["errors"]) == (422, [{"field": "$.token", "reason": reason}])
    assert retained == []


def test_a_token_is_checked_without_anything_coming_of_it(tmp_path):
    async def body():
        async with operating(tmp_path) as stage, stage.client("supervisor") as client:
            good = told(await client.post("/api/v1/permits/check", json={"token": EARLY.decode()}))
            undoing = told(await client.post("/api/v1/permits/check", json={"token": revocation("P-9").decode()}))
            return good, undoing, stage.core.retained

    good, undoing, retained = run(body())
    assert (good["permit"]["permit"], good["permit"]["state"], good["reasons"]) == ("P-418", "not_yet", {})
    assert (undoing["permit"], undoing["revokes"]) == (None, "P-9")
    assert retained == []


def test_a_console_alone_knows_what_it_has_heard_and_believes_no_more_than_the_service(tmp_path):
    settings = config(tmp_path)
    tree = TopicTree("paris")
    console = Operating(settings, tmp_path, Core(settings, tmp_path), beside_service=False)
    try:
        for number, payload in [("P-417", GOOD), ("P-1", GOOD), ("P-2", b"{}"), ("P-417", b"forged")]:
            console.hear_change(RawMessage(topic=tree.path("permit", permit=number), payload=payload, received=SECOND))
        assert list(console.permits.held) == ["P-417"]
        console.hear_change(RawMessage(topic=tree.path("permit", permit="P-417"), payload=b"", received=SECOND))
        assert not console.permits.held
    finally:
        console.door.close()
