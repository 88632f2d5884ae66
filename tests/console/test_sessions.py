"""Logging in and out; guesses; what is replayed; what stays secret."""

import time

import pytest

from fusion.console.people import TOKEN_HEAD, hashed
from fusion.console.throttle import FREE, LONGEST_S, Throttle
from fusion.errors import AccountError
from fusion.journal.schema import LINKS, SESSIONS, TOKENS, USERS
from tests.console.stage import PASSWORD, alert, operating, run

LOGIN = {"name": "m.durand", "password": PASSWORD}


def test_a_login_gives_a_cookie_that_scripts_and_other_sites_do_not_get(tmp_path):
    async def body():
        async with operating(tmp_path) as stage, stage.client() as client:
            stage.user()
            answer = await client.post("/api/v1/session", json=LOGIN)
            return answer, await client.get("/api/v1/session")

    answer, who = run(body())
    words = {word.strip().lower() for word in answer.headers["set-cookie"].split(";")}
    assert {"httponly", "samesite=strict", "path=/"} <= words
    assert "secure" not in words  # plain http on loopback: a Secure cookie would never come back
    assert who.json() == answer.json()
    assert who.json()["role"] == "operator"
    assert "export" in who.json()["permissions"]


def test_behind_tls_the_cookie_is_secure_and_bound_to_the_host(tmp_path):
    async def body():
        async with operating(tmp_path, proxy=True) as stage:
            stage.user()
            origin = stage.url.replace("http", "https")
            async with stage.client(origin=False) as client:
                refused = await client.post("/api/v1/session", json=LOGIN, headers={"Origin": stage.url})
                return refused, await client.post("/api/v1/session", json=LOGIN, headers={"Origin": origin})

    refused, answer = run(body())
    assert refused.status_code == 403
    assert answer.headers["set-cookie"].startswith("__Host-vigie_session=")
    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"]


def test_what_ended_does_not_come_back(tmp_path):
    async def body():
        async with operating(tmp_path) as stage:
            secret = stage.cookie("operator")
            async with stage.client(cookie=secret) as client:
                assert (await client.get("/api/v1/session")).status_code == 200
                assert (await client.delete("/api/v1/session")).status_code == 204
            async with stage.client(cookie=secret) as replayed:
                assert (await replayed.get("/api/v1/session")).status_code == 401
            code = stage.people.offer("demo", "viewer", time.time_ns())
            async with stage.client(origin=False) as newcomer:
                first = await newcomer.get(f"/enter/{code}")
                assert first.status_code == 200
                assert 'content="0;url=/"' in first.text
                assert (await newcomer.get("/api/v1/session")).json()["kind"] == "once"
            async with stage.client(origin=False) as second:
                assert (await second.get(f"/enter/{code}")).status_code == 401
                assert (await second.get("/api/v1/session")).status_code == 401
            late = stage.people.offer("demo", "viewer", time.time_ns() - 2 * 3600 * 10**9)
            async with stage.client(origin=False) as third:
                assert (await third.get(f"/enter/{late}")).status_code == 401

    run(body())


def test_a_changed_password_or_role_ends_the_other_sessions(tmp_path):
    async def body():
        async with (
            operating(tmp_path) as stage,
            stage.client() as here,
            stage.client() as there,
            stage.client("administrator") as boss,
        ):
            stage.user()
            await here.post("/api/v1/session", json=LOGIN)
            await there.post("/api/v1/session", json=LOGIN)
            new = {"old": PASSWORD, "new": "another long evening"}
            assert (await here.post("/api/v1/session/password", json=new | {"old": "wrong"})).status_code == 403
            assert (await here.post("/api/v1/session/password", json=new | {"new": "short"})).status_code == 422
            assert (await here.post("/api/v1/session/password", json=new)).status_code == 204
            assert (await here.get("/api/v1/session")).status_code == 200
            assert (await there.get("/api/v1/session")).status_code == 401
            assert (await boss.patch("/api/v1/users/m.durand", json={"role": "viewer"})).status_code == 200
            assert (await here.get("/api/v1/session")).status_code == 401

    run(body())


def test_a_password_that_another_chose_must_be_changed_first(tmp_path):
    async def body():
        async with operating(tmp_path) as stage, stage.client("administrator") as boss, stage.client() as new:
            wanted = {"name": "a.petit", "role": "operator", "password": PASSWORD}
            assert (await boss.post("/api/v1/users", json=wanted)).status_code == 201
            assert (await boss.post("/api/v1/users", json=wanted)).status_code == 409
            assert (await boss.post("/api/v1/users", json=wanted | {"name": "b", "password": "short"})).status_code == 422
            session = await new.post("/api/v1/session", json={"name": "a.petit", "password": PASSWORD})
            assert session.json()["must_change_password"]
            assert (await new.get("/api/v1/tracks")).status_code == 403
            change = {"old": PASSWORD, "new": "my very own words"}
            assert (await new.post("/api/v1/session/password", json=change)).status_code == 204
            assert (await new.get("/api/v1/tracks")).status_code == 200

    run(body())


def test_who_guesses_must_wait_and_a_right_password_does_not_help_meanwhile(tmp_path):
    async def body():
        async with operating(tmp_path) as stage, stage.client() as client:
            stage.user()
            wrong = [
                (await client.post("/api/v1/session", json=LOGIN | {"password": f"guess {i}"})).status_code for i in range(FREE)
            ]
            late = await client.post("/api/v1/session", json=LOGIN)
            return wrong, late

    wrong, late = run(body())
    assert wrong == [401] * FREE
    assert late.status_code == 429
    assert 1 <= int(late.headers["retry-after"]) <= LONGEST_S


def test_pauses_double_up_to_the_longest_and_a_success_ends_them():
    now = 0.0
    throttle = Throttle(lambda: now)
    for _ in range(FREE):
        assert throttle.wait("a", "1.2.3.4") == 0.0
        throttle.failed("a", "1.2.3.4")
    waits = []
    for _ in range(8):
        waits.append(throttle.wait("a", "1.2.3.4"))
        now += waits[-1]
        throttle.failed("a", "1.2.3.4")
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, LONGEST_S, LONGEST_S]
    now += LONGEST_S
    throttle.succeeded("a", "1.2.3.4")
    assert throttle.wait("a", "5.6.7.8") == 0.0


def test_a_shift_that_logs_in_through_one_proxy_is_not_throttled():
    throttle = Throttle(lambda: 0.0)
    for number in range(200):
        assert throttle.wait(f"operator-{number}", "10.0.0.1") == 0.0
        throttle.failed(f"operator-{number}", "10.0.0.1")
        throttle.succeeded(f"operator-{number}", "10.0.0.1")


def test_guesses_at_many_names_from_one_address_are_throttled_and_a_flood_of_names_fills_no_memory():
    throttle = Throttle(lambda: 0.0)
    for number in range(30):
        throttle.failed(f"name-{number}", "10.0.0.1")
    assert throttle.wait("somebody", "10.0.0.1") > 0.0
    for number in range(30_000):
        throttle.failed(f"name-{number}", f"10.0.{number}")
    assert len(throttle._failures) <= 10_000


@pytest.mark.parametrize("password", ["short", "x" * 300, "m.durand2026!!", "aaaaaaaaaaaaaaaa"])
def test_easy_passwords_are_refused(password):
    with pytest.raises(AccountError):
        hashed("m.durand", password)


def test_nothing_secret_is_in_the_database(tmp_path):
    async def body():
        async with operating(tmp_path) as stage, stage.client() as client, stage.client("administrator") as boss:
            stage.user()
            answer = await client.post("/api/v1/session", json=LOGIN)
            cookie = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
            token = (await boss.post("/api/v1/tokens", json={"name": "x", "scopes": ["read"]})).json()["token"]
            code = stage.people.offer("demo", "viewer", time.time_ns())
            with stage.core.journal.database.reading() as connection:
                rows = [
                    str(tuple(row)) for table in (USERS, SESSIONS, TOKENS, LINKS) for row in connection.execute(table.select())
                ]
            files = b"".join(file.read_bytes() for file in (tmp_path / "state").iterdir())
            return rows, files, [cookie, token, code, PASSWORD]

    rows, files, secrets = run(body())
    assert any("$argon2id$" in row for row in rows)
    assert secrets[1].startswith(TOKEN_HEAD)
    for secret in secrets:
        assert secret.encode() not in files


def test_every_answer_forbids_what_pages_need_not(tmp_path):
    async def body():
        async with operating(tmp_path) as stage, stage.client() as client:
            return [
                await client.get(path)
                for path in ("/", "/api/v1/session", "/api/v1/nothing", "/static/nothing", "/enter/x", "/health")
            ]

    for answer in run(body()):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"


def test_who_came_in_and_who_did_not_stands_in_the_access_log(tmp_path):
    async def body():
        async with operating(tmp_path) as stage, stage.client() as client, stage.client("supervisor") as chief:
            stage.user()
            await client.post("/api/v1/session", json=LOGIN | {"password": "wrong"})
            await client.post("/api/v1/session", json={"name": "my secret phrase typed into the wrong field", "password": "x"})
            await client.post("/api/v1/session", json=LOGIN)
            stage.core.raise_alert(alert())
            whole = (await chief.get("/api/v1/access")).json()
            first = (await chief.get("/api/v1/access?limit=2")).json()
            rest = (await chief.get(f"/api/v1/access?after={first['next']}")).json()
            own = (await chief.get("/api/v1/access?who=m.durand")).json()
            return whole, first["items"] + rest["items"], own

    whole, pages, own = run(body())
    assert [(one["who"], one["what"]) for one in whole["items"]] == [
        ("m.durand", "login"), ("?", "login refused"), ("m.durand", "login refused"), ("vigie", "console opened"),
    ]  # fmt: skip
    assert pages == whole["items"]
    assert {one["who"] for one in own["items"]} == {"m.durand"}
    assert whole["items"][0]["address"] == "127.0.0.1"


def test_the_last_administrator_stays(tmp_path):
    async def body():
        async with operating(tmp_path) as stage, stage.client("administrator") as boss:
            stage.user("boss", "administrator")
            assert (await boss.delete("/api/v1/users/boss")).status_code == 409
            assert (await boss.patch("/api/v1/users/boss", json={"role": "viewer"})).status_code == 409
            assert (await boss.patch("/api/v1/users/boss", json={"disabled": True})).status_code == 409
            stage.user("second", "administrator")
            assert (await boss.delete("/api/v1/users/boss")).status_code == 204
            assert (await boss.get("/api/v1/users")).json()["items"][0]["name"] == "second"

    run(body())
