"""Routes by which people come in whom an OpenID provider vouches for: the authorization-code flow with PKCE.

Nothing is kept here of who is under way: a cookie holds 256 random bits, and what must be unguessable is hashed from them
(https://openid.net/specs/openid-connect-core-1_0.html#NonceNotes), so that a flood of beginnings fills no memory.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import logging
import re
import secrets
from typing import Annotated, NamedTuple

from msgspec import Meta
from starlette.responses import RedirectResponse, Response

from fusion.config_console import CALLBACK, is_secure
from fusion.console.desk import Desk
from fusion.console.guard import address_of, set_session
from fusion.console.oidc_provider import OidcProvider, Vouched
from fusion.console.people import Fresh
from fusion.console.problems import Problem
from fusion.console.routes import HEAD, Asked, Route
from fusion.console.sessions import ENTERED, onward
from fusion.errors import NotIn, SignOnError
from fusion.messages import Record

logger = logging.getLogger(__name__)

LOG_IN = "/oidc/login"

PENDING_S = 600
"""s between the button and the way back: a password and a second factor, looked for in a bag."""

INSIDE = r"^/(?:kiosk|m|incident/[0-9A-Za-z_-]{1,64})?(?:#/[0-9A-Za-z/_.%-]{0,200})?(?![\s\S])"
"""Paths that one may be led to after the login: pages of this console, nothing that a browser could take for another host."""

Text = Annotated[str, Meta(max_length=4_000)]


class Onward(Record):
    """Where to go once logged in."""

    next: Annotated[str, Meta(pattern=INSIDE)] = "/"


class Back(Record):
    """What a provider sends back (RFC 6749, 4.1.2; RFC 9207)."""

    state: Text = ""
    code: Text = ""
    error: Text = ""
    iss: Text | None = None


class Attempt(NamedTuple):
    """Somebody under way: what must be unguessable, and where they want to go."""

    secret: str
    onward: str

    @classmethod
    def fresh(cls, onward: str) -> Attempt:
        """Begin one."""
        return cls(secrets.token_urlsafe(32), onward)

    @classmethod
    def of(cls, cookie: str) -> Attempt | None:
        """Read one back; None for what is none."""
        secret, _, rest = cookie.partition(".")
        try:
            wanted = base64.urlsafe_b64decode(rest.encode()).decode()
        except (binascii.Error, ValueError):
            return None
        return cls(secret, wanted) if len(secret) == 43 and re.match(INSIDE, wanted) else None

    @property
    def cookie(self) -> str:
        """What the browser keeps."""
        return f"{self.secret}.{base64.urlsafe_b64encode(self.onward.encode()).decode()}"

    def derived(self, what: str) -> str:
        """Give what only this attempt can have: its `state`, `nonce` or PKCE `verifier`, 43 characters of 256 bits."""
        return base64.urlsafe_b64encode(hmac.digest(self.secret.encode(), what.encode(), "sha256")).rstrip(b"=").decode()


def cookie_of(desk: Desk) -> str:
    """Give the name of the cookie of who is under way."""
    return "__Host-vigie_oidc" if is_secure(desk.console) else "vigie_oidc"


async def begin(asked: Asked) -> Response:
    """Lead to the provider."""
    desk, provider = asked.desk, _provider(asked.desk)
    if desk.throttle.wait(*_counted(asked)) > 0.0:
        return _refused("wait")
    attempt = Attempt.fresh(asked.query.next)
    try:
        way = await provider.way_in(*(attempt.derived(what) for what in ("state", "nonce", "verifier")))
    except SignOnError as error:
        return _refused(error.code)
    response = RedirectResponse(way, 303)
    response.set_cookie(
        cookie_of(desk),
        attempt.cookie,
        max_age=PENDING_S,
        path="/",
        secure=is_secure(desk.console),
        httponly=True,
        samesite="lax",  # it must come back from the provider's site; it opens nothing
    )
    return response


async def come_back(asked: Asked) -> Response:
    """Begin the session of whom the provider vouches for; else lead to the login page, which says why not."""
    desk, provider, counted = asked.desk, _provider(asked.desk), _counted(asked)
    if desk.throttle.wait(*counted) > 0.0:
        return _refused("wait")
    desk.throttle.failed(*counted)  # before it is known: many at once are no way around
    attempt = Attempt.of(asked.request.cookies.get(cookie_of(desk), ""))
    begun = attempt is not None and hmac.compare_digest(attempt.derived("state").encode(), asked.query.state.encode())
    try:
        if attempt is None or not begun:
            raise SignOnError("begun", "the way back is of no attempt of this browser's")  # noqa: TRY301 - one way to refuse
        fresh = await _admitted(asked, provider, attempt)
    except SignOnError as error:
        return await _turned_away(asked, error, begun=begun)
    except Problem as problem:  # the journal is away
        return _refused("journal") if problem.status == 503 else problem.response()
    desk.throttle.succeeded(*counted)
    response = onward(asked.request, ENTERED, to=attempt.onward)
    set_session(response, fresh, desk)
    _forget(response, desk)
    return response


MENDED_HERE: tuple[NotIn, ...] = ("away", "clock", "said_no", "unproven")
"""Refusals that are no fault of who comes: the log tells whoever looks after the machine."""


def _counted(asked: Asked) -> tuple[str, str]:
    """Give under which name and address refusals are counted: apart from passwords, which wait for no provider's trouble."""
    who = f"oidc@{address_of(asked.request, asked.desk.console)}"
    return who, who


async def _admitted(asked: Asked, provider: OidcProvider, attempt: Attempt) -> Fresh:
    """Begin a session, which the journal knows of before it is there."""
    desk, address = asked.desk, address_of(asked.request, asked.desk.console)
    person, id_token = await _vouched(asked, provider, attempt)
    if await desk.off_loop(desk.people.accounts.namesake, person.name) is not None:
        raise SignOnError("name_taken", f"{person.name} is a user of this console's own")
    await desk.note_access(person.name, "login by openid", person.subject, person.role, address)
    fresh = await desk.off_loop(desk.people.come_in, person.name, "openid", person.role, desk.clock())
    if fresh is None:
        raise SignOnError("name_taken", f"{person.name} has become a user of this console's own")
    provider.remember(fresh.caller.digest, id_token)
    return fresh


async def _vouched(asked: Asked, provider: OidcProvider, attempt: Attempt) -> Vouched:
    back = asked.query
    if not await provider.is_from(back.iss):
        raise SignOnError("unproven", "the answer is not of this provider")
    if back.error == "access_denied":
        raise SignOnError("cancelled", "the provider says that it was cancelled or forbidden")
    if back.error or not back.code:
        code = back.error if re.fullmatch(r"[A-Za-z_]{1,64}", back.error) else "no code"
        raise SignOnError("said_no", f"the provider answers: {code}")
    return await provider.vouch(back.code, attempt.derived("nonce"), attempt.derived("verifier"), asked.desk.clock)


async def _turned_away(asked: Asked, error: SignOnError, *, begun: bool) -> Response:
    """Write down that somebody did not come in, and lead to the login page."""
    desk, address = asked.desk, address_of(asked.request, asked.desk.console)
    if error.code in MENDED_HERE:
        logger.warning("console.oidc: %s", error)
    try:
        await desk.note_access("?", "login refused", "openid", str(error)[:300], address)
    except Problem:  # nobody came in: that the journal is away does not change
        return _refused("journal")
    response = _refused(error.code)
    if begun:  # else another site's page could end what this browser has under way
        _forget(response, desk)
    return response


def _refused(code: NotIn) -> Response:
    """Lead to the login page, which says in its reader's language why (`i18n/entering.ts`)."""
    return RedirectResponse(f"/?refused={code}", 303)


def _forget(response: Response, desk: Desk) -> None:
    response.delete_cookie(cookie_of(desk), path="/", secure=is_secure(desk.console), httponly=True, samesite="lax")


def _provider(desk: Desk) -> OidcProvider:
    if desk.provider is None:
        raise Problem(404, "this console knows no OpenID provider ([console.oidc])")
    return desk.provider


OIDC = (
    Route("GET", LOG_IN, None, begin, "Go to the OpenID provider.", query=Onward, status=303, refuses=(404,)),
    Route(
        "GET",
        CALLBACK.removeprefix(HEAD),
        None,
        come_back,
        "Come back from the OpenID provider.",
        query=Back,
        refuses=(303, 404),
        media="text/html",
    ),
)
