"""Every route with every role, against the tables of docs/console.md; and requests that come from elsewhere."""

import re
import time
from pathlib import Path

import pytest
import websockets

from fusion.config_console import Oidc
from fusion.console.application import ROUTES
from fusion.console.permissions import of_role
from tests.console.stage import PASSWORD, ROLES, alert, operating, run

PAGE = (Path(__file__).parents[2] / "docs" / "console.md").read_text(encoding="utf-8")

ROWS = {
    (method, path.partition("?")[0]): permission
    for method, path, permission in re.findall(r"^\| `(GET|POST|PUT|PATCH|DELETE) (/[^`]*)` \| `(\w+)` \|", PAGE, re.MULTILINE)
}
"""Route and permission, as the page has them."""

TABLE = re.findall(
    r"^\| `(\w+)` \| ((?:`\w+`(?:, )?)+) \|$", PAGE.split("## Who may what")[1].split("## Session")[0], re.MULTILINE
)


def permissions(role):
    """Add up the page's table of roles."""
    return {one for name, added in TABLE[: ROLES.index(role) + 1] for one in re.findall(r"\w+", added)}


PARTS = {"track": "T1", "alert": "A1", "zone": "TOWER", "permit": "P-1", "user": "nobody", "id": "none", "name": "none.jsonl"}


def address(path):
    return "/api/v1" + re.sub(r"{(\w+)}", lambda part: PARTS[part[1]], path)


def test_the_page_has_every_route_and_its_permission():
    ours = {(one.method, one.path): one.permission for one in ROUTES if one.permission}
    assert ours == ROWS


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_what_the_page_says(role):
    assert of_role(role) == permissions(role)


@pytest.mark.parametrize("role", [None, *ROLES])
def test_every_route_opens_to_those_alone_who_may(tmp_path, role):
    async def body():
        async with operating(tmp_path) as stage:
            found = {}
            for (method, path), permission in ROWS.items():
                async with stage.client(role) as client:  # a session each: some routes end it
                    answer = await client.request(method, address(path), json=None if method == "GET" else {})
                found[method, path] = (answer.status_code, permission)
            return found

    for key, (status, permission) in run(body()).items():
        if role is None:
            assert status == 401, key
        elif permission in permissions(role):
            assert status not in {401, 403, 405, 500, 503}, key
        else:
            assert status == 403, (key, status)


AWAY = Oidc(issuer="http://127.0.0.1:9", client_id="vigie", roles={"ops": "operator"})
"""A provider where nobody is: its routes answer as to everybody."""

UNGUARDED = {
    ("POST", "/session"): (422, 422),
    ("POST", "/session/token"): (422, 422),
    ("GET", "/session"): (401, 200),
    ("DELETE", "/session"): (401, 204),
    ("POST", "/session/password"): (401, 422),
    ("GET", "/session/methods"): (200, 200),
    ("GET", "/oidc/login"): (303, 303),
    ("GET", "/oidc/callback"): (303, 303),
}
"""What routes without a permission answer: to nobody known, to somebody."""


@pytest.mark.parametrize("role", [None, *ROLES])
def test_every_other_route_is_the_way_in_or_out_and_the_same_for_all(tmp_path, role):
    async def body():
        async with operating(tmp_path, oidc=AWAY) as stage:
            found = {}
            for one in ROUTES:
                if one.permission:
                    continue
                async with stage.client(role) as client:
                    answer = await client.request(one.method, address(one.path), json=None if one.method == "GET" else {})
                found[one.method, one.path] = answer.status_code
            return found

    assert run(body()) == {route: statuses[role is not None] for route, statuses in UNGUARDED.items()}


def test_a_token_may_what_its_scopes_say_and_a_forged_one_nothing(tmp_path):
    async def body():
        async with operating(tmp_path) as stage, stage.client("administrator") as boss:
            made = await boss.post("/api/v1/tokens", json={"name": "wall", "scopes": ["read"]})
            assert made.status_code == 201
            secret = made.json()["token"]
            async with stage.client(token=secret) as wall:
                assert (await wall.get("/api/v1/tracks")).status_code == 200
                assert (await wall.get("/api/v1/users")).status_code == 403
                assert (await wall.post("/api/v1/handover", json={"text": "hello"})).status_code == 403
            for forged in (secret[:-1] + ("a" if secret[-1] != "a" else "b"), secret.upper(), "vigie_"):
                async with stage.client(token=forged) as other:
                    assert (await other.get("/api/v1/tracks")).status_code == 401
            async with stage.client() as page:
                entered = await page.post("/api/v1/session/token", json={"token": secret})
                assert entered.json()["permissions"] == ["read"]
                assert (await page.get("/api/v1/tracks")).status_code == 200
                assert (await boss.delete(f"/api/v1/tokens/{made.json()['id']}")).status_code == 204
                assert (await page.get("/api/v1/tracks")).status_code == 401
            async with stage.client(token=secret) as wall:
                assert (await wall.get("/api/v1/tracks")).status_code == 401
            assert secret not in (await boss.get("/api/v1/tokens")).text

    run(body())


def test_nobody_gives_a_program_more_than_they_may(tmp_path):
    async def body():
        async with operating(tmp_path) as stage, stage.client("administrator") as boss:
            stage.user("chief", "administrator", denies={"pilot"})
            fresh = stage.people.log_in("chief", PASSWORD, time.time_ns())
            assert fresh is not None
            async with stage.client(cookie=fresh.secret) as chief:
                refused = await chief.post("/api/v1/tokens", json={"name": "all", "scopes": ["read", "pilot"]})
            return refused, await boss.post("/api/v1/tokens", json={"name": "all", "scopes": ["read", "pilot"]})

    refused, made = run(body())
    assert (refused.status_code, made.status_code) == (403, 201)
    assert "pilot" in refused.json()["detail"]


UNSAFE = [one for one in ROUTES if one.method != "GET"]

ELSEWHERE = (
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "http://127.0.0.1:1"},
    {},
)


@pytest.mark.parametrize("headers", ELSEWHERE, ids=str)
def test_no_page_of_another_site_changes_anything(tmp_path, headers):
    async def body():
        async with operating(tmp_path) as stage, stage.client("administrator", origin=False) as client:
            stage.core.raise_alert(alert("A1"))
            found = {}
            for one in UNSAFE:
                answer = await client.request(one.method, address(one.path), json={}, headers=headers)
                found[one.method, one.path] = answer.status_code
            assert (stage.core.orders, stage.core.retained) == ([], [])
            return found

    assert set(run(body()).values()) == {403}


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ""])
def test_no_page_of_another_site_listens(tmp_path, origin):
    async def body():
        async with operating(tmp_path) as stage:
            with pytest.raises(websockets.InvalidStatus) as refusal:
                async with stage.stream(origin=origin):
                    pass
            return refusal.value.response.status_code

    assert run(body()) == 403


@pytest.mark.parametrize("cookie", ["forged", "", "a" * 4000, "é", "../../etc/passwd"])
def test_a_forged_session_opens_nothing(tmp_path, cookie):
    async def body():
        async with operating(tmp_path) as stage:
            async with stage.client() as client:
                header = {"Cookie": f"vigie_session={cookie}".encode()}
                answer = await client.get("/api/v1/tracks", headers=header)
            return answer.status_code

    assert run(body()) == 401
