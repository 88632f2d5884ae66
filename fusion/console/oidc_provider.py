"""Speaks with a site's OpenID provider: what it announces, its keys, a code for tokens, who that is. Nobody else waits for it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from urllib.parse import quote_plus, urlencode, urlsplit

from joserfc.jwk import KeySet
from msgspec import Meta

from fusion.config_console import Oidc
from fusion.console.oidc_token import ALGORITHMS, Expected, Person, claim_at, keys_of, person_of, verified
from fusion.console.oidc_wire import Line, read
from fusion.errors import ConfigError, SignOnError
from fusion.messages import Record

logger = logging.getLogger(__name__)

FRESH_S = 3_600.0
"""s that what the provider announces, and its keys, are believed without asking again; a key that is new is asked for at once."""

PAUSE_S = 5.0
"""s after a failure in which a provider is not asked again what it announces: many clicks are one question."""

REMEMBERED = 1_000
"""ID tokens of open sessions, by which the provider knows whom it is to log out; without one it asks."""

Url = Annotated[str, Meta(pattern=r"^https?://[^\s@]+$", max_length=2_000)]


class Announced(Record, kw_only=True):
    """What of the discovery document is of use here (OpenID Connect Discovery, 3)."""

    issuer: str
    authorization_endpoint: Url
    token_endpoint: Url
    jwks_uri: Url
    userinfo_endpoint: Url | None = None
    end_session_endpoint: Url | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    id_token_signing_alg_values_supported: tuple[str, ...] = ALGORITHMS
    code_challenge_methods_supported: tuple[str, ...] = ("S256",)
    authorization_response_iss_parameter_supported: bool = False


class Given(Record):
    """What a code is exchanged for."""

    id_token: Annotated[str, Meta(max_length=64_000)]
    access_token: Annotated[str, Meta(max_length=64_000)]


class Vouched(NamedTuple):
    """A person, and the ID token that says so."""

    person: Person
    id_token: str


class OidcProvider:
    """One provider. It is asked nothing before somebody wants to come in by it."""

    def __init__(self, settings: Oidc, base: Path, redirect_uri: str) -> None:
        """Read what the configuration points at; raise ConfigError, naming the key, for what cannot be used."""
        self.settings, self.redirect_uri = settings, redirect_uri
        self._secret = _secret(settings, base)
        self._line = Line(settings, base)
        self._looking = asyncio.Lock()
        self._announced: tuple[Announced, float] | None = None
        self._keys: tuple[KeySet, float] | None = None
        self._failed: tuple[SignOnError, float] | None = None
        self._hints: OrderedDict[bytes, str] = OrderedDict()

    async def close(self) -> None:
        """Let go of every connection."""
        await self._line.close()

    # --- What it announces ----------------------------------------------------------------------------------------

    async def announced(self) -> Announced:
        """Give what the provider announces; raise SignOnError where it cannot be learnt."""
        async with self._looking:
            if self._announced is not None and time.monotonic() - self._announced[1] < FRESH_S:
                return self._announced[0]
            if self._failed is not None and time.monotonic() - self._failed[1] < PAUSE_S:
                raise SignOnError(self._failed[0].code, str(self._failed[0]))
            try:
                found = await self._discover()
            except SignOnError as error:
                self._failed = (error, time.monotonic())
                logger.warning("console.oidc: %s: %s", self.settings.issuer, error)
                raise
            self._announced = (found, time.monotonic())
            return found

    async def _discover(self) -> Announced:
        content = await self._line.ask("GET", f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration")
        found = read(content, Announced, "discovery document")
        if found.issuer != self.settings.issuer:
            raise SignOnError("away", f"it calls itself {found.issuer!r}, not as console.oidc.issuer does")
        if "S256" not in found.code_challenge_methods_supported:
            raise SignOnError("away", "it knows no PKCE by S256")
        plain = urlsplit(self.settings.issuer).scheme == "http"
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint"):
            url = getattr(found, name)
            if url is not None and not plain and urlsplit(url).scheme != "https":
                raise SignOnError("away", f"its {name} is not https")
        return found

    async def _keys_of(self, announced: Announced, *, anew: bool = False) -> KeySet:
        if not anew and self._keys is not None and time.monotonic() - self._keys[1] < FRESH_S:
            return self._keys[0]
        content = await self._line.ask("GET", announced.jwks_uri)
        self._keys = (keys_of(read(content, dict[str, Any], "JWK set")), time.monotonic())
        return self._keys[0]

    # --- Who that is ----------------------------------------------------------------------------------------------

    async def way_in(self, state: str, nonce: str, verifier: str) -> str:
        """Give the address at the provider where somebody says who they are (RFC 6749, 4.1.1; RFC 7636, 4.3)."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": " ".join(self.settings.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return _with((await self.announced()).authorization_endpoint, asked)

    async def is_from(self, issuer: str | None) -> bool:
        """Tell whether an answer is this provider's by its `iss` (RFC 9207): where it is announced it must be there."""
        if issuer is None:
            return not (await self.announced()).authorization_response_iss_parameter_supported
        return issuer == self.settings.issuer

    async def vouch(self, code: str, nonce: str, verifier: str, clock: Callable[[], int]) -> Vouched:
        """Exchange a code for who that is; raise SignOnError for whom it does not vouch for, or who has no role here."""
        announced = await self.announced()
        given = await self._exchange(announced, code, verifier)
        expected = Expected(
            self.settings.issuer,
            self.settings.client_id,
            nonce,
            clock() / 1e9,
            self.settings.clock_skew_s,
            given.access_token,
            announced.id_token_signing_alg_values_supported,
        )
        claims = verified(given.id_token, await self._keys_of(announced), expected)
        if claims is None:  # the provider may have changed its keys since
            claims = verified(given.id_token, await self._keys_of(announced, anew=True), expected)
        if claims is None:
            raise SignOnError("unproven", "the ID token is signed by none of the provider's keys")
        wanted = (self.settings.name_claim, self.settings.role_claim)
        if announced.userinfo_endpoint and any(claim_at(claims, name) is None for name in wanted):
            claims = await self._more(announced.userinfo_endpoint, given.access_token, claims["sub"]) | claims
        return Vouched(person_of(claims, self.settings), given.id_token)

    async def _exchange(self, announced: Announced, code: str, verifier: str) -> Given:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect_uri, "code_verifier": verifier}
        headers = {}
        if self._secret is not None and "client_secret_basic" in announced.token_endpoint_auth_methods_supported:
            told = f"{quote_plus(self.settings.client_id)}:{quote_plus(self._secret)}"  # RFC 6749, 2.3.1
            headers["authorization"] = f"Basic {base64.b64encode(told.encode()).decode()}"
        else:
            form |= {"client_id": self.settings.client_id} | ({} if self._secret is None else {"client_secret": self._secret})
        content = await self._line.ask("POST", announced.token_endpoint, data=form, headers=headers)
        return read(content, Given, "answer to a code")

    async def _more(self, endpoint: str, access_token: str, subject: str) -> dict[str, Any]:
        """Give what the provider says besides; it must be of the ID token's `sub` (OpenID Connect Core, 5.3.2)."""
        content = await self._line.ask("GET", endpoint, headers={"authorization": f"Bearer {access_token}"})
        said = read(content, dict[str, Any], "userinfo")
        if said.get("sub") != subject:
            raise SignOnError("unproven", "userinfo is of somebody else")
        return said

    # --- The way out ----------------------------------------------------------------------------------------------

    def remember(self, session: bytes, id_token: str) -> None:
        """Keep the ID token of a session (its digest) until it ends."""
        self._hints[session] = id_token
        while len(self._hints) > REMEMBERED:
            self._hints.popitem(last=False)

    async def way_out(self, session: bytes) -> str | None:
        """Give the address at the provider where a session ends there too (OpenID Connect RP-Initiated Logout 1.0, 2).

        None where the site does not want it, or the provider knows none or is away.
        """
        hint = self._hints.pop(session, None)
        try:
            endpoint = (await self.announced()).end_session_endpoint if self.settings.log_out else None
        except SignOnError:
            return None
        if endpoint is None:
            return None
        back = "{0.scheme}://{0.netloc}/".format(urlsplit(self.redirect_uri))
        asked = {"client_id": self.settings.client_id, "post_logout_redirect_uri": back}
        return _with(endpoint, asked if hint is None else asked | {"id_token_hint": hint})


def _with(url: str, asked: dict[str, str]) -> str:
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(asked)}"


def _secret(settings: Oidc, base: Path) -> str | None:
    if settings.client_secret is not None or settings.client_secret_file is None:
        return settings.client_secret
    path = base / settings.client_secret_file
    try:
        secret = path.read_text(encoding="utf-8").split("\n", 1)[0].strip()
    except OSError as error:
        raise ConfigError(f"console.oidc.client_secret_file: {path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"console.oidc.client_secret_file: {path}: is not UTF-8 text") from error
    if not secret:
        raise ConfigError(f"console.oidc.client_secret_file: {path}: its first line is empty; expected the client's secret")
    return secret
