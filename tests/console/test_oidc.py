"""People come in by an OpenID provider that others wrote and certified: the way in, the way out, and everybody who must stay outside."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import ssl
import time
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from fusion.config_console import Oidc
from fusion.console import throttle
from fusion.console.oidc import LOG_IN, Attempt
from fusion.console.oidc_provider import OidcProvider
from fusion.console.oidc_wire import ENOUGH
from fusion.errors import ConfigError, SignOnError
from fusion.journal.verifying import verify
from tests.brokers import free_port
from tests.certificates import Authority
from tests.console.stage import ALERT, PASSWORD, alert, operating, run
from tests.openid import CLIENT, OTHER, SECRET, openid_provider, way_back

BEGIN = f"/api/v1{LOG_IN}"


@pytest.fixture(scope="module")
def provider():
    with openid_provider() as running:
        yield running


def refusal(answer: httpx.Response) -> str:
    """Give why somebody was led back to the login page, without a session."""
    assert answer.status_code == 303, answer.text
    assert "vigie_session" not in answer.headers.get("set-cookie", "")
    return re.fullmatch(r"/\?refused=(\w+)", answer.headers["location"])[1]


async def begun(client: httpx.AsyncClient, login: str = "m.durand", **more) -> str:
    """Press the button and go through the provider's pages; give the way back, not gone yet."""
    answer = await client.get(BEGIN, **more)
    assert answer.status_code == 303, answer.text
    return await way_back(client, answer.headers["location"], login)


async def came(client: httpx.AsyncClient, login: str = "m.durand", **more) -> httpx.Response:
    return await client.get(await begun(client, login, **more))


def of(query: str, name: str) -> str:
    return parse_qs(urlsplit(query).query)[name][0]


@pytest.mark.parametrize("in_token", [False, True])
def test_who_is_vouched_for_comes_in_as_who_and_what_the_provider_says(provider, tmp_path, in_token):
    async def body():
        async with operating(tmp_path, oidc=provider.settings(name="Prefecture")) as stage, stage.client() as client:
            provider.open(stage.url, in_token=in_token)
            methods = (await client.get("/api/v1/session/methods")).json()
            there = await client.get(BEGIN, params={"next": "/incident/01K1J40A2M5B7C8D9E0F1G2H3J#/a"})
            entered = await client.get(await way_back(client, there.headers["location"]))
            session = (await client.get("/api/v1/session")).json()
            tracks = await client.get("/api/v1/tracks")
            async with stage.client("supervisor") as chief:
                log = (await chief.get("/api/v1/access?who=m.durand")).json()["items"]
            return stage.url, methods, there, entered, session, tracks, log, dict(client.cookies)

    url, methods, there, entered, session, tracks, log, cookies = run(body())
    assert of(there.headers["location"], "redirect_uri") == f"{url}/api/v1/oidc/callback"
    assert methods == {"password": True, "oidc": {"name": "Prefecture", "url": "/api/v1/oidc/login"}}
    asked = {name: of(there.headers["location"], name) for name in ("code_challenge_method", "code_challenge", "state", "nonce")}
    assert asked.pop("code_challenge_method") == "S256"
    assert all(re.fullmatch(r"[\w-]{43}", one) for one in asked.values())
    assert len(set(asked.values())) == 3
    assert re.search(r"vigie_oidc=[^;]+; HttpOnly; Max-Age=600; Path=/; SameSite=lax", there.headers["set-cookie"])
    assert entered.status_code == 200
    assert 'content="0;url=/incident/01K1J40A2M5B7C8D9E0F1G2H3J#/a"' in entered.text
    kept = next(one for one in entered.headers.get_list("set-cookie") if one.startswith("vigie_session="))
    assert re.search(r"HttpOnly; Max-Age=3?\d+; Path=/; SameSite=strict", kept)
    assert "vigie_oidc" not in cookies
    assert (session["name"], session["kind"], session["role"], session["must_change_password"]) == (
        "m.durand",
        "openid",
        "operator",
        False,
    )
    assert tracks.status_code == 200
    assert [(one["who"], one["what"], one["subject"], one["why"], one["address"]) for one in log] == [
        ("m.durand", "login by openid", "m.durand", "operator", "127.0.0.1")
    ]


@pytest.mark.parametrize(
    ("login", "settings", "found"),
    [
        ("a.petit", {}, ("a.petit", "supervisor")),  # the highest of two
        ("m.durand", {"role_claim": "/realm/roles", "roles": {"lead": "administrator"}}, ("m.durand", "administrator")),
        ("mail", {"name_claim": "email"}, ("c.roux@example.org", "operator")),  # a text for a list
        ("b.moreau", {}, "no_role"),
        ("m.durand", {"role_claim": "/realm/none/at/all"}, "no_role"),
        ("nameless", {}, "no_name"),
        ("odd", {}, "no_name"),
        ("system", {}, "no_name"),
        ("unproven", {"name_claim": "email"}, "no_name"),
    ],
)
def test_a_role_here_follows_from_the_claims_and_without_one_nobody_comes_in(provider, tmp_path, login, settings, found):
    async def body():
        async with operating(tmp_path, oidc=provider.settings(**settings)) as stage, stage.client() as client:
            provider.open(stage.url)
            answer = await came(client, login)
            session = await client.get("/api/v1/session")
            async with stage.client("supervisor") as chief:
                log = (await chief.get("/api/v1/access?what=login refused")).json()["items"]
            return answer, session, log

    answer, session, log = run(body())
    if isinstance(found, tuple):
        assert (session.json()["name"], session.json()["role"]) == found
    else:
        assert refusal(answer) == found
        assert session.status_code == 401
        assert [(one["who"], one["subject"]) for one in log] == [("?", "openid")]


def test_what_somebody_does_who_came_by_the_provider_is_written_down_by_name(provider, tmp_path):
    async def body():
        async with operating(tmp_path, oidc=provider.settings()) as stage, stage.client() as client:
            provider.open(stage.url)
            await came(client)
            client.headers["Origin"] = stage.url
            stage.core.raise_alert(alert())
            order = {"command": "acknowledge", "who": "somebody else"}
            done = await client.post(f"/api/v1/alerts/{ALERT}/commands", json=order, headers={"If-Match": '"1"'})
            left = await client.delete("/api/v1/session")
            async with stage.client("supervisor") as chief:
                log = (await chief.get("/api/v1/access?who=m.durand")).json()["items"]
            return done, left, [one["what"] for one in log], verify(stage.core.journal)

    done, left, log, faults = run(body())
    assert done.json()["acknowledged_by"] == "m.durand"
    assert left.status_code == 200
    assert log == ["logout", "login by openid"]
    assert faults == []


def test_a_code_opens_once(provider, tmp_path):
    async def body():
        async with operating(tmp_path, oidc=provider.settings()) as stage, stage.client() as client, stage.client() as thief:
            provider.open(stage.url)
            back = await begun(client)
            kept = client.cookies["vigie_oidc"]
            first = await client.get(back)
            again = await client.get(back)
            thief.cookies.set("vigie_oidc", kept)
            replayed = await thief.get(back)
            return first, again, replayed, await thief.get("/api/v1/session")

    first, again, replayed, outside = run(body())
    assert first.status_code == 200
    assert refusal(again) == "begun"  # the browser has no attempt under way any more
    assert refusal(replayed) == "said_no"  # and who kept its cookie has a code that the provider takes once
    assert outside.status_code == 401


def test_an_answer_belongs_to_the_browser_that_asked(provider, tmp_path):
    async def body():
        async with operating(tmp_path, oidc=provider.settings()) as stage, stage.client() as one, stage.client() as other:
            provider.open(stage.url)
            back, others = await begun(one), await begun(other, "a.petit")
            url = httpx.URL(back)
            other.cookies.clear()
            answers = {
                "no attempt": await other.get(back),
                "another's": await one.get(others),  # login CSRF: the attacker's own answer, opened by the victim
                "forged": await one.get(url.copy_set_param("state", "A" * 43)),
                "none": await one.get(url.copy_remove_param("state")),
            }
            still = await one.get(back)  # what others forge ends nobody's attempt
            return {name: refusal(answer) for name, answer in answers.items()}, still

    found, still = run(body())
    assert found == {"no attempt": "begun", "another's": "begun", "forged": "begun", "none": "begun"}
    assert still.status_code == 200


def test_an_answer_belongs_to_the_attempt_and_to_the_provider_that_was_asked(provider, tmp_path):
    async def body():
        async with operating(tmp_path, oidc=provider.settings()) as stage, stage.client() as one, stage.client() as other:
            provider.open(stage.url)
            others = await begun(other, "a.petit")
            changes = (
                lambda url: url.copy_set_param("code", of(others, "code")),  # PKCE: a code that was stolen elsewhere
                lambda url: url.copy_set_param("iss", "https://elsewhere.example"),  # RFC 9207: mix-up
                lambda url: url.copy_remove_param("iss"),
                lambda url: url.copy_remove_param("code"),
            )
            found = [refusal(await one.get(change(httpx.URL(await begun(one))))) for change in changes]
            return found, await one.get("/api/v1/session")

    found, session = run(body())
    assert found == ["said_no", "unproven", "unproven", "said_no"]
    assert session.status_code == 401


def test_a_code_of_another_client_is_worth_nothing_here(provider, tmp_path):
    async def body():
        async with operating(tmp_path, oidc=provider.settings()) as stage, stage.client() as client:
            provider.open(stage.url)
            there = (await client.get(BEGIN)).headers["location"]
            for_other = httpx.URL(there).copy_set_param("client_id", OTHER)
            return await client.get(await way_back(client, str(for_other)))

    assert refusal(run(body())) == "said_no"


NOW = int(time.time())

FORGERIES = {
    "of another audience": ({"claims": {"aud": OTHER}}, "unproven"),
    "of others too, for whom it was made": ({"claims": {"aud": [CLIENT, OTHER], "azp": OTHER}}, "unproven"),
    "of others too, made for nobody": ({"claims": {"aud": [CLIENT, OTHER]}}, "unproven"),
    "of another issuer": ({"claims": {"iss": "https://elsewhere.example"}}, "unproven"),
    "of another login": ({"claims": {"nonce": "A" * 43}}, "unproven"),
    "of no login": ({"without": ["nonce"]}, "unproven"),
    "of nobody": ({"without": ["sub"]}, "unproven"),
    "of anybody": ({"claims": {"sub": ""}}, "unproven"),
    "beside another access token": ({"claims": {"at_hash": "A" * 22}}, "unproven"),
    "for ever": ({"without": ["exp"]}, "unproven"),
    "over": ({"claims": {"iat": NOW - 7200, "exp": NOW - 3600}}, "clock"),
    "not yet true": ({"claims": {"iat": NOW + 3600, "exp": NOW + 7200}}, "clock"),
    "signed by a stranger": ({"sign": "stranger"}, "unproven"),
    "not signed": ({"sign": "none"}, "unproven"),
    "signed with the client's secret": ({"sign": "secret"}, "unproven"),
}


def test_an_id_token_is_not_believed_that_is_forged_in_any_way(provider, tmp_path, monkeypatch):
    monkeypatch.setattr(throttle, "FREE", 2 * len(FORGERIES))

    async def body():
        async with operating(tmp_path, oidc=provider.settings()) as stage, stage.client() as client:
            provider.open(stage.url)
            provider.order("forge", how={})  # the same, signed anew: the forger is able
            assert (await came(client)).status_code == 200
            await client.delete("/api/v1/session")
            found = {}
            for forgery, (how, _) in FORGERIES.items():
                provider.order("forge", how=how)
                found[forgery] = refusal(await came(client)), (await client.get("/api/v1/session")).status_code
            return found

    assert run(body()) == {forgery: (code, 401) for forgery, (_, code) in FORGERIES.items()}


def test_userinfo_of_somebody_else_is_not_believed(provider, tmp_path):
    async def body():
        async with operating(tmp_path, oidc=provider.settings()) as stage, stage.client() as client:
            provider.open(stage.url)
            provider.order("forge", how={"claims": {"sub": "another"}})
            return await came(client)

    assert refusal(run(body())) == "unproven"


def test_keys_that_the_provider_changed_are_fetched_and_those_that_it_did_not_are_not(provider, tmp_path):
    async def body():
        async with operating(tmp_path, oidc=provider.settings()) as stage, stage.client() as client:
            provider.open(stage.url)
            before = provider.order("asked")
            for turn in range(4):
                assert (await came(client)).status_code == 200
                if turn == 1:
                    provider.order("rotate")
            after = provider.order("asked")
            return {path: after[path] - before.get(path, 0) for path in ("/jwks", "/.well-known/openid-configuration")}

    assert run(body()) == {"/jwks": 2, "/.well-known/openid-configuration": 1}


def test_a_provider_that_is_away_stops_neither_the_start_nor_those_who_have_a_password(tmp_path):
    settings = Oidc(issuer=f"http://127.0.0.1:{free_port()}", client_id=CLIENT, roles={"ops": "operator"})

    async def body():
        async with operating(tmp_path, oidc=settings) as stage, stage.client() as client:
            stage.user()
            away = await client.get(BEGIN)
            local = await client.post("/api/v1/session", json={"name": "m.durand", "password": PASSWORD})
            return away, local

    away, local = run(body())
    assert refusal(away) == "away"
    assert "set-cookie" not in away.headers
    assert local.status_code == 200


@pytest.mark.parametrize("mute", ["/.well-known", "/token", "/jwks", "/me"])
def test_a_provider_that_never_answers_holds_up_who_asks_and_nobody_else(provider, tmp_path, mute):
    async def body():
        async with (
            operating(tmp_path, oidc=provider.settings(timeout_s=1.0)) as stage,
            stage.client() as client,
            stage.client() as other,
        ):
            provider.open(stage.url)
            back = None if mute == "/.well-known" else await begun(client)
            provider.order("mute", paths=[mute])
            waiting = [asyncio.create_task(client.get(back or BEGIN)) for _ in range(1 if back else 20)]
            healthy = asyncio.create_task(other.get("/health"))
            first, _ = await asyncio.wait([healthy, *waiting], return_when=asyncio.FIRST_COMPLETED)
            return [refusal(one) for one in await asyncio.gather(*waiting)], (await healthy).status_code, healthy in first

    asked = provider.order("asked").get("/.well-known/openid-configuration", 0)
    codes, healthy, first = run(body())
    assert set(codes) == {"away"}
    assert healthy == 200
    assert first, "who asked for something else waited for the provider"
    assert provider.order("asked")["/.well-known/openid-configuration"] == asked + 1  # twenty clicks are one question


def test_who_refuses_at_the_provider_is_told_so(provider, tmp_path):
    async def body():
        async with operating(tmp_path, oidc=provider.settings()) as stage, stage.client() as client:
            provider.open(stage.url)
            there = (await client.get(BEGIN)).headers["location"]
            answer = await client.get(await way_back(client, there, answer="abort"))
            return answer, dict(client.cookies)

    answer, cookies = run(body())
    assert refusal(answer) == "cancelled"
    assert "vigie_oidc" not in cookies


ELSEWHERE = ("https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "/%2f/evil.example", "/m//evil.example", "/m/..//evil.example",
             "javascript:alert(1)", "/?next=//evil.example", "/incident/../../evil", "/m\n", "/\t/evil.example", " //evil.example", "/@evil.example", "/api/v1/session", "")  # fmt: skip


def test_the_login_leads_nowhere_else(provider, tmp_path):
    async def body():
        async with operating(tmp_path, oidc=provider.settings()) as stage, stage.client() as client:
            return {elsewhere: (await client.get(BEGIN, params={"next": elsewhere})).status_code for elsewhere in ELSEWHERE}

    assert run(body()) == dict.fromkeys(ELSEWHERE, 400)
    assert [Attempt.of(Attempt.fresh(elsewhere).cookie) for elsewhere in ELSEWHERE] == [None] * len(ELSEWHERE)
    assert Attempt.of(Attempt.fresh("/m").cookie).onward == "/m"


@pytest.mark.parametrize(
    "cookie", ["", ".", "A.B", "A" * 43, "A" * 43 + ".L2", "é", "A" * 43 + "." + base64.urlsafe_b64encode(b"\xff").decode()]
)
def test_a_cookie_that_is_no_attempt_is_none(cookie):
    assert Attempt.of(cookie) is None


def test_who_logs_out_here_is_led_to_log_out_there(provider, tmp_path):
    async def body():
        async with operating(tmp_path, oidc=provider.settings()) as stage, stage.client() as client, stage.client() as local:
            provider.open(stage.url)
            await came(client)
            left = await client.delete("/api/v1/session")
            outside = await client.get("/api/v1/session")
            asks = await client.get(left.json()["url"])
            form = re.search(r'action="([^"]+)"', asks.text)[1], re.search(r'name="xsrf" value="([^"]+)"', asks.text)[1]
            back = await client.post(form[0], data={"xsrf": form[1], "logout": "yes"})
            anew = await client.get((await client.get(BEGIN)).headers["location"])
            stage.user("z.local")
            await local.post("/api/v1/session", json={"name": "z.local", "password": PASSWORD})
            return left, outside, back, anew, stage.url, await local.delete("/api/v1/session")

    left, outside, back, anew, url, local = run(body())
    assert left.status_code == 200
    assert of(left.json()["url"], "id_token_hint").count(".") == 2
    assert of(left.json()["url"], "client_id") == CLIENT
    assert outside.status_code == 401
    assert back.headers["location"] == f"{url}/"
    assert "/interaction/" in anew.headers["location"]  # it asks again who one is
    assert local.status_code == 204


@pytest.mark.parametrize("why", ["not wanted", "away"])
def test_who_logs_out_is_out_here_whatever_becomes_of_the_provider(provider, tmp_path, why):
    async def body():
        settings = provider.settings(log_out=why == "away", timeout_s=2.0)
        async with operating(tmp_path, oidc=settings) as stage, stage.client() as client:
            provider.open(stage.url)
            await came(client)
            stage.console.provider._announced = None  # an hour later
            provider.order("mute", paths=["/.well-known"])
            return await client.delete("/api/v1/session"), await client.get("/api/v1/session")

    left, outside = run(body())
    assert left.status_code == 204
    assert outside.status_code == 401


def test_made_up_answers_make_an_address_wait(provider, tmp_path):
    async def body():
        async with operating(tmp_path, oidc=provider.settings()) as stage, stage.client() as client:
            provider.open(stage.url)
            stage.user()
            codes = [refusal(await client.get(f"/api/v1/oidc/callback?code=x{i}&state=y")) for i in range(30)]
            begin = await client.get(BEGIN)
            return codes, begin, await client.post("/api/v1/session", json={"name": "m.durand", "password": PASSWORD})

    codes, begin, local = run(body())
    assert codes[:6] == ["begun"] * 5 + ["wait"]
    assert local.status_code == 200  # passwords wait for none of it
    assert refusal(begin) == "wait"


def test_a_user_of_ones_own_bars_whom_the_provider_calls_the_same(provider, tmp_path):
    async def body():
        async with operating(tmp_path, oidc=provider.settings()) as stage, stage.client() as client, stage.client() as local:
            provider.open(stage.url)
            await came(client)
            before = await client.get("/api/v1/session")
            stage.user("M.Durand", "supervisor")  # people would take one for the other
            after = await client.get("/api/v1/session")
            again = await came(client)
            own = await local.post("/api/v1/session", json={"name": "M.Durand", "password": PASSWORD})
            return before, after, again, own

    before, after, again, own = run(body())
    assert (before.status_code, after.status_code) == (200, 401)
    assert refusal(again) == "name_taken"
    assert (own.json()["kind"], own.json()["role"]) == ("user", "supervisor")


def test_a_provider_that_the_site_no_longer_names_vouches_for_nobody(provider, tmp_path):
    async def body():
        found = []
        async with operating(tmp_path, oidc=provider.settings()) as stage, stage.client() as client:
            provider.open(stage.url)
            await came(client)
            secret = client.cookies["vigie_session"]
        for oidc in (provider.settings(), None, provider.settings()):
            async with operating(tmp_path, oidc=oidc) as stage, stage.client(cookie=secret) as client:
                found.append((await client.get("/api/v1/session")).status_code)
        async with operating(tmp_path) as stage, stage.client() as client:
            none = [(await client.get(f"/api/v1/oidc/{name}")).status_code for name in ("login", "callback")]
        return found, none

    assert run(body()) == ([200, 401, 401], [404, 404])


def test_the_journal_knows_first_and_where_it_cannot_nobody_comes_in(provider, tmp_path):
    async def body():
        async with operating(tmp_path, oidc=provider.settings()) as stage, stage.client() as client:
            provider.open(stage.url)
            back = await begun(client)
            with stage.core.journal.database.writing() as connection:
                connection.exec_driver_sql("CREATE TRIGGER full BEFORE INSERT ON entry BEGIN SELECT RAISE(FAIL, 'full'); END")
            answer = await client.get(back)
            return answer, await client.get("/api/v1/session")

    answer, session = run(body())
    assert refusal(answer) == "journal"
    assert session.status_code == 401


@pytest.mark.parametrize("how", ["file", "public"])
def test_a_client_proves_itself_by_the_secret_of_a_file_or_is_public(provider, tmp_path, how):
    (tmp_path / "secret").write_text(f"{SECRET}\nand a remark\n")
    more = {"client_secret": None} | ({"client_secret_file": "secret"} if how == "file" else {})

    async def body():
        async with operating(tmp_path, oidc=provider.settings(**more)) as stage, stage.client() as client:
            provider.open(stage.url, secret=SECRET if how == "file" else None)
            return await came(client)

    assert run(body()).status_code == 200


def test_a_wrong_secret_is_a_no_of_the_provider(provider, tmp_path):
    async def body():
        async with operating(tmp_path, oidc=provider.settings(client_secret="wrong")) as stage, stage.client() as client:  # noqa: S106
            provider.open(stage.url)
            answer = await came(client)
            async with stage.client("supervisor") as chief:
                return answer, (await chief.get("/api/v1/access?what=login refused")).json()["items"][0]["why"]

    answer, why = run(body())
    assert refusal(answer) == "said_no"
    assert why.endswith("HTTP 401 invalid_client")


@pytest.mark.parametrize(("more", "says"), [({"client_secret_file": "none"}, "client_secret_file"), ({"client_secret_file": "empty"}, "first line is empty"),
                                            ({"client_secret_file": "binary"}, "not UTF-8"), ({"tls_ca": "empty"}, "tls_ca")])  # fmt: skip
def test_a_file_that_cannot_be_used_stops_the_start(tmp_path, more, says):
    (tmp_path / "empty").touch()
    (tmp_path / "binary").write_bytes(b"\xff\n")
    with pytest.raises(ConfigError, match=f"console.oidc.*{says}"):
        OidcProvider(Oidc(issuer="https://id.example", client_id="x", roles={"a": "viewer"}, **more), tmp_path, "")


DISCOVERY = b'{"issuer": "ISSUER", "authorization_endpoint": "http://127.0.0.1/a", "token_endpoint": "http://127.0.0.1/t", "jwks_uri": "http://127.0.0.1/j"%s}'


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"200 OK\r\n\r\n" + DISCOVERY % b"", None),
        (b"200 OK\r\n\r\n" + (DISCOVERY % b"").replace(b"ISSUER", b"https://other.example"), "calls itself"),
        (b"200 OK\r\n\r\n" + (DISCOVERY % b"").replace(b"http://127.0.0.1/a", b"javascript:alert(1)"), "cannot be read"),
        (b"200 OK\r\n\r\n" + DISCOVERY % b', "code_challenge_methods_supported": ["plain"]', "PKCE"),
        (b"200 OK\r\n\r\n{}", "cannot be read"),
        (b"200 OK\r\n\r\n" + b"[" * 100_000, "cannot be read"),
        (b"200 OK\r\n\r\n" + b" " * (ENOUGH + 1), "more than"),
        (b"302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n", "HTTP 302"),
        (b"500 Oh\r\n\r\nno", "HTTP 500"),
        (b"nonsense", "RemoteProtocolError"),
    ],
)
def test_what_a_provider_announces_is_read_with_suspicion(tmp_path, answer, says):
    async def body():
        async with talking(answer) as issuer:
            return await learnt(tmp_path, issuer)

    said = run(body())
    assert said is True if says is None else says in said


@contextlib.asynccontextmanager
async def talking(answer: bytes, trusted: ssl.SSLContext | None = None):
    """Answer whatever is asked alike; give the issuer that this is."""

    async def talk(reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 " + answer.replace(b"ISSUER", issuer.encode()))
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=trusted)
    issuer = f"{'http' if trusted is None else 'https'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield issuer


async def learnt(base, issuer: str, **more) -> bool | str:
    """Tell whether a provider's word is taken, or why not."""
    asked = OidcProvider(Oidc(issuer=issuer, client_id="x", roles={"a": "viewer"}, **more), base, "")
    try:
        return (await asked.announced()).issuer == issuer
    except SignOnError as error:
        assert error.code == "away"
        return str(error)
    finally:
        await asked.close()


def test_a_provider_is_believed_by_its_certificate_alone_and_sends_nobody_through_the_open(tmp_path):
    certificate, key = Authority(tmp_path).sign("provider")
    Authority(tmp_path, "other")
    trusted = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trusted.load_cert_chain(certificate, key)
    fine = b"200 OK\r\n\r\n" + (DISCOVERY % b"")

    async def body():
        async with talking(fine.replace(b"http:", b"https:"), trusted) as issuer:
            found = [await learnt(tmp_path, issuer, tls_ca=ca) for ca in ("ca.crt", "other.crt", None)]
        async with talking(fine, trusted) as issuer:
            return [*found, await learnt(tmp_path, issuer, tls_ca="ca.crt")]

    good, stranger, unknown, plain = run(body())
    assert good is True
    assert "CERTIFICATE_VERIFY_FAILED" in stranger
    assert "CERTIFICATE_VERIFY_FAILED" in unknown
    assert plain == "its authorization_endpoint is not https"
