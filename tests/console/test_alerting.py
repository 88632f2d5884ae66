"""Alerts over the API: an order is done once, by who saw the alert as it is, and it is in the journal before the answer."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import msgspec

from fusion.journal.verifying import verify
from tests.console.stage import ALERT, PASSWORD, alert, operating, run, track

ACK = {"command": "acknowledge", "why": "seen on camera 4"}


def test_an_order_is_done_once_by_who_is_logged_in(tmp_path):
    async def body():
        async with operating(tmp_path) as stage, stage.client("operator") as client:
            stage.core.raise_alert(alert())
            read = await client.get(f"/api/v1/alerts/{ALERT}")
            where = f"/api/v1/alerts/{ALERT}/commands"
            blind = await client.post(where, json=ACK)
            done = await client.post(where, json=ACK | {"who": "somebody else"}, headers={"If-Match": read.headers["etag"]})
            replayed = await client.post(where, json=ACK, headers={"If-Match": read.headers["etag"]})
            written = [msgspec.json.decode(entry.payload) for entry in stage.core.journal.open_alerts()]
            return blind, done, replayed, stage.core.orders, written, verify(stage.core.journal)

    blind, done, replayed, orders, written, faults = run(body())
    assert (blind.status_code, done.status_code, replayed.status_code) == (428, 200, 412)
    assert done.json()["acknowledged_by"] == "a.operator"
    assert done.headers["etag"] == '"2"'
    assert [one["who"] for one in orders] == ["a.operator"]
    assert written == [done.json()]
    assert faults == []


def test_of_two_at_once_one_finds_that_it_has_changed(tmp_path):
    async def body():
        async with operating(tmp_path) as stage, stage.client("operator") as one, stage.client("supervisor") as other:
            stage.core.raise_alert(alert())
            where, seen = f"/api/v1/alerts/{ALERT}/commands", {"If-Match": '"1"'}
            note = {"command": "annotate", "why": "on it"}
            return await asyncio.gather(one.post(where, json=note, headers=seen), other.post(where, json=note, headers=seen))

    assert sorted(answer.status_code for answer in run(body())) == [200, 412]


def test_the_whole_cycle(tmp_path):
    async def body():
        async with operating(tmp_path) as stage, stage.client("operator") as client:
            stage.core.raise_alert(alert())
            where, tag, states = f"/api/v1/alerts/{ALERT}/commands", '"1"', []
            until = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
            for order in (ACK, {"command": "shelve", "why": "known", "until": until}, {"command": "annotate", "why": "école"}, ACK,
                          {"command": "reject", "why": "a kite"}):  # fmt: skip
                answer = await client.post(where, json=order, headers={"If-Match": tag})
                assert answer.status_code == 200, answer.text
                tag = answer.headers["etag"]
                states.append(answer.json()["state"])
            life = (await client.get(f"/api/v1/alerts/{ALERT}/life")).json()["items"]
            again = await client.post(where, json={"command": "reject", "why": "a kite"}, headers={"If-Match": tag})
            return states, life, again

    states, life, again = run(body())
    assert states == ["acknowledged", "shelved", "shelved", "acknowledged", "closed"]
    assert [one["alert"]["state"] for one in life] == ["raised", *states]
    assert again.status_code == 200  # it is so already


def test_what_an_alert_cannot_do_is_said_with_the_reason(tmp_path):
    async def body():
        async with operating(tmp_path) as stage, stage.client("operator") as client:
            stage.core.raise_alert(alert())
            where, seen = f"/api/v1/alerts/{ALERT}/commands", {"If-Match": '"1"'}
            past = await client.post(where, json={"command": "shelve", "why": "x", "until": "2020-01-01T00:00:00Z"}, headers=seen)
            whyless = await client.post(where, json={"command": "reject"}, headers=seen)
            unknown = await client.post("/api/v1/alerts/NONE/commands", json=ACK, headers=seen)
            kind = await client.post(where, content="command=acknowledge", headers=seen)
            broken = await client.post(where, content="{", headers=seen | {"Content-Type": "application/json"})
            large = await client.post(where, content=b" " * 2**21, headers=seen | {"Content-Type": "application/json"})
            assert not stage.core.orders
            return past, whyless, unknown, kind, broken, large

    answers = run(body())
    assert [one.status_code for one in answers] == [409, 422, 404, 415, 400, 413]
    for one in answers:
        assert one.headers["content-type"] == "application/problem+json"
        assert one.json()["status"] == one.status_code
        assert one.json()["detail"]
    assert "is past" in answers[0].json()["detail"]


def test_a_core_that_does_not_answer_is_said_so(tmp_path, monkeypatch):
    monkeypatch.setattr("fusion.console.alerting.PATIENCE_S", 0.05)

    async def body():
        async with operating(tmp_path) as stage, stage.client("operator") as client:
            stage.core.raise_alert(alert())
            stage.core.deaf = True
            return await client.post(f"/api/v1/alerts/{ALERT}/commands", json=ACK, headers={"If-Match": '"1"'})

    assert run(body()).status_code == 504


def test_pilots_and_our_own_are_for_those_alone_who_may(tmp_path):
    async def body():
        async with operating(tmp_path) as stage:
            theirs = track("T1", pilot=(48.86, 2.29))
            ours = track("T2", verdict="friendly", identity="OURS")
            stage.core.see(theirs, ours)
            stage.core.raise_alert(alert("A1", track_state=theirs), alert("A2", track_state=ours))
            found = {}
            for role in ("viewer", "operator"):
                async with stage.client(role) as client:
                    parts = (
                        "tracks",
                        "tracks/T1",
                        "tracks/T2",
                        "tracks/T2/history",
                        "alerts",
                        "alerts/A1",
                        "alerts/A2",
                        "alerts/A1/life",
                        "permits",
                    )
                    found[role] = {part: await client.get(f"/api/v1/{part}") for part in parts}
            async with stage.client(cookie=_denied(stage, "pilot")) as client:
                found["denied"] = {
                    part: await client.get(f"/api/v1/{part}")
                    for part in ("tracks", "alerts/A1/export?format=csv", "alerts/A1/export?format=json")
                }
            return found

    found = run(body())
    everything = "".join(answer.text for answer in found["viewer"].values())
    assert "pilot" not in everything
    assert "OURS" not in everything
    assert [one["track"] for one in found["viewer"]["tracks"].json()["tracks"]] == ["T1"]
    assert found["viewer"]["tracks/T2"].status_code == found["viewer"]["tracks/T2/history"].status_code == 404
    assert "track_state" not in found["viewer"]["alerts/A2"].json()
    told = found["operator"]
    assert told["tracks/T1"].json()["pilot"] == {"latitude_deg": 48.86, "longitude_deg": 2.29}
    assert told["tracks/T2"].status_code == 200
    assert "OURS" in told["permits"].text
    denied = found["denied"]
    assert "pilot" not in denied["tracks"].text
    assert denied["alerts/A1/export?format=csv"].status_code == 200
    assert denied["alerts/A1/export?format=json"].status_code == 403


def _denied(stage, permission):
    stage.user("b.legrand", denies={permission})
    return stage.people.log_in("b.legrand", PASSWORD, time.time_ns()).secret


def test_lists_go_page_by_page_and_keep_what_is_over(tmp_path):
    async def body():
        async with operating(tmp_path) as stage, stage.client("viewer") as client:
            stage.core.raise_alert(*(alert(f"A{i}") for i in range(7)))
            found, after = [], ""
            while True:
                page = (await client.get(f"/api/v1/alerts?state=all&limit=3{after}")).json()
                found += [one["alert"]["alert"] for one in page["items"]]
                if page["next"] is None:
                    break
                after = f"&after={page['next']}"
            rates = (await client.get("/api/v1/alerts/rates?hours=1")).json()
            return found, rates, (await client.get("/api/v1/alerts")).json()["items"]

    found, rates, open_ = run(body())
    assert found == [f"A{i}" for i in range(6, -1, -1)]
    assert [one["alert"]["alert"] for one in open_] == found
    assert sum(rates["counts"]["critical"]) == 7
    assert len(rates["counts"]["critical"]) == 6


def test_an_incident_is_a_file_and_who_took_it_is_written(tmp_path):
    async def body():
        async with operating(tmp_path) as stage, stage.client("supervisor") as client:
            stage.core.raise_alert(alert(track_state=track("T1")))
            files = [
                await client.get(f"/api/v1/alerts/{ALERT}/export?format={kind}") for kind in ("json", "csv", "geojson", "kml")
            ]
            missing = await client.get("/api/v1/alerts/NONE/export?format=csv")
            log = (await client.get("/api/v1/access?what=export")).json()["items"]
            return files, missing, log

    files, missing, log = run(body())
    assert [one.status_code for one in files] == [200] * 4
    assert all(ALERT in one.text for one in files[:3])
    assert "<kml" in files[3].text
    assert "attachment" in files[0].headers["content-disposition"]
    assert missing.status_code == 404
    assert [(one["who"], one["subject"], one["why"]) for one in log] == [
        ("a.supervisor", ALERT, kind) for kind in ("kml", "geojson", "csv", "json")
    ]
