"""An OpenID provider that others wrote (`tests/npm/provider.cjs`), in a process of its own, and a browser's way through it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any

import httpx

from fusion.config_console import CALLBACK, Oidc
from tests.brokers import die_with_parent
from tests.judges import MODULES, ROOT

SECRET = "a secret of the console's alone, 42 of them"  # noqa: S105
CLIENT, OTHER = "vigie", "someone-else"

PEOPLE = {
    "m.durand": {"preferred_username": "m.durand", "groups": ["pilots", "ops"], "realm": {"roles": ["lead"]}},
    "a.petit": {"preferred_username": "a.petit", "groups": ["ops", "leads"]},
    "b.moreau": {"preferred_username": "b.moreau", "groups": ["visitors"]},
    "nameless": {"groups": ["ops"]},
    "odd": {"preferred_username": "odd one\n", "groups": ["ops"]},
    "system": {"preferred_username": "Vigie", "groups": ["ops"]},
    "mail": {"email": "c.roux@example.org", "email_verified": True, "groups": "ops"},
    "unproven": {"email": "chief@example.org", "email_verified": False, "groups": "ops"},
}

ROLES = {"ops": "operator", "leads": "supervisor"}


class OpenidProvider:
    """A provider that obeys one order at a time."""

    def __init__(self, process: subprocess.Popen) -> None:
        self._process = process
        self.issuer = self._heard()["issuer"]

    def _heard(self) -> dict[str, Any]:
        for line in self._process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        raise AssertionError("the provider has ended")

    def order(self, do: str, **more: Any) -> Any:
        """Give an order, and what comes of it."""
        self._process.stdin.write(json.dumps({"do": do, **more}) + "\n")
        self._process.stdin.flush()
        return self._heard()["done"]

    def open(
        self, console: str, *, secret: str | None = SECRET, people: dict[str, Any] | None = None, in_token: bool = False
    ) -> None:
        """Let people come in by the console at an address, and by one other client; nothing is forged, muted or rotated any more."""

        def client(name: str) -> dict[str, Any]:
            known = {"token_endpoint_auth_method": "none"} if secret is None else {"client_secret": secret}
            return {
                "client_id": name,
                "redirect_uris": [f"{console}{CALLBACK}"],
                "post_logout_redirect_uris": [f"{console}/"],
                **known,
            }

        clients = [client(CLIENT), client(OTHER)]
        self.order("open", accounts=PEOPLE if people is None else people, clients=clients, claimsInToken=in_token)

    def settings(self, **more: Any) -> Oidc:
        """Give the table of a console that trusts it."""
        return Oidc(**({"issuer": self.issuer, "client_id": CLIENT, "client_secret": SECRET, "roles": ROLES,
                        "scopes": ("openid", "profile", "email", "groups")} | more))  # fmt: skip


@contextlib.contextmanager
def openid_provider() -> Iterator[OpenidProvider]:
    """Run a provider."""
    assert MODULES.exists(), "these tests need judges in JavaScript: `make .judges/npm/ready`"
    with subprocess.Popen(
        ["node", ROOT / "tests" / "npm" / "provider.cjs"],
        env={**os.environ, "NODE_PATH": str(MODULES)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        preexec_fn=die_with_parent,  # noqa: PLW1509 - one system call, and no lock is taken
    ) as process:
        try:
            yield OpenidProvider(process)
        finally:
            process.stdin.close()
            process.wait(timeout=10)


async def way_back(client: httpx.AsyncClient, there: str, login: str = "m.durand", answer: str = "enter") -> str:
    """Go from the provider's door to the address that it sends one back to, by its own page; give that address, not asked yet."""
    at = await client.get(there)
    for _ in range(10):
        if at.is_redirect:
            onward = str(at.url.join(at.headers["location"]))
            if CALLBACK in onward:
                return onward
            at = await client.get(onward)
        elif "/interaction/" in str(at.url):
            at = await client.post(at.url, data={"login": login, "answer": answer})
        else:
            break
    raise AssertionError(f"{at.status_code} {at.url}: {at.text[:2000]}")
