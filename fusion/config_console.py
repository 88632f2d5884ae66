"""The console's tables of the configuration: its door, its map, and the OpenID provider that vouches for people."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from msgspec import Meta

from fusion.config_edge import LOOPBACK
from fusion.config_table import Positive, Table

Role = Literal["viewer", "operator", "supervisor", "administrator"]

CALLBACK = "/api/v1/oidc/callback"
"""Where a provider sends people back to."""


class Wmts(Table):
    """How a WMTS calls what `url` gives; its capabilities say so."""

    layer: str
    matrix_set: Annotated[str, Meta(description="of the Web Mercator grid: GoogleMapsCompatible, WebMercatorQuad, PM, …")]
    matrix: Annotated[str, Meta(pattern=r"\{z\}", description="how it names the matrix of zoom {z}")] = "{z}"
    style: str = "default"
    format: Annotated[str, Meta(pattern=r"^image/\w+$")] = "image/png"


class Tiles(Table):
    """A base map from elsewhere: every browser then asks that host, and no other, for pictures."""

    url: Annotated[
        str,
        Meta(
            pattern=r"^https?://\S+$",
            description="XYZ: with {z}, {x} and {y} (or {-y}, counted from the south). With `wmts`: its address, or "
            "its ResourceURL's template with {TileMatrix}, {TileRow}, {TileCol}",
        ),
    ]
    attribution: Annotated[str, Meta(description="whose map it is; stands on the map")] = ""
    max_zoom: Annotated[int, Meta(ge=1, le=24, description="finer ones are made of this one")] = 19
    photo: Annotated[bool, Meta(description="pictures from the air, not drawings on a light ground: dimmed, not turned dark")] = (
        False
    )
    wmts: Wmts | None = None


class Oidc(Table, kw_only=True):
    """An OpenID provider whose people may come in beside those with a password here (docs/console.md#openid)."""

    issuer: Annotated[
        str,
        Meta(
            max_length=500, description="the provider, written as it names itself in `{issuer}/.well-known/openid-configuration`"
        ),
    ]
    client_id: Annotated[str, Meta(min_length=1, max_length=256, description="what the provider calls this console")]
    client_secret_file: Annotated[
        str | None,
        Meta(description="file whose first line is the client's secret, relative to this one; a client without one is public"),
    ] = None
    client_secret: Annotated[str | None, Meta(description="from the environment only: VIGIE_CONSOLE__OIDC__CLIENT_SECRET")] = None
    name: Annotated[
        str, Meta(pattern=r"^\S(.*\S)?$", max_length=64, description="what the button on the login page calls it")
    ] = "OpenID"
    redirect_uri: Annotated[
        str | None,
        Meta(
            description="where the provider sends people back to, exactly as it is registered there: this console's address as "
            f"browsers know it, and `{CALLBACK}`. Made of `host` and `port` if left out, where that is this machine alone",
        ),
    ] = None
    scopes: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^[!#-\[\]-~]+$")], ...],
        Meta(max_length=20, description='what is asked for; "openid" is among them'),
    ] = ("openid", "profile")
    name_claim: Annotated[
        str,
        Meta(min_length=1, max_length=256, description="claim that is the person's name here; `/a/b`: within others (RFC 6901)"),
    ] = "preferred_username"
    role_claim: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=256,
            description="claim that says which groups or roles the person has there, a text or a list of them; "
            "`/realm_access/roles`: within others",
        ),
    ] = "groups"
    roles: Annotated[
        dict[str, Role],
        Meta(
            max_length=200, description="which of them is which role here; of several the highest. Who has none does not come in"
        ),
    ]
    log_out: Annotated[
        bool,
        Meta(
            description="who logs out here is led to log out there too, where the provider announces how; register this "
            "console's address with `/` as post-logout redirect URI"
        ),
    ] = True
    timeout_s: Annotated[float, Meta(ge=0.1, le=60.0, description="how long one question to the provider may take")] = 5.0
    clock_skew_s: Annotated[float, Meta(ge=0.0, le=600.0, description="how far the provider's clock may be from ours")] = 30.0
    tls_ca: Annotated[
        str | None, Meta(description="file of the provider's CA, relative to this one; the system's if left out")
    ] = None
    plain_http: Annotated[bool, Meta(description="allow http:// to others than this machine: who is on the way can log in")] = (
        False
    )


class Console(Table):
    """The operators' pages and their API; without this table there are none."""

    host: Annotated[str, Meta(description="address to listen on; any but this machine's own needs TLS, or `proxy`")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535, description="0: any free one")] = 8080
    tls_certificate: Annotated[str | None, Meta(description="certificate file; switches TLS on")] = None
    tls_key: Annotated[str | None, Meta(description="its key file")] = None
    proxy: Annotated[
        bool, Meta(description="a proxy that speaks TLS stands in front: its X-Forwarded-For counts, cookies are Secure")
    ] = False
    session_hours: Annotated[Positive, Meta(description="how long a login lasts; 12 is a shift")] = 12.0
    recordings: Annotated[str, Meta(description="directory of recordings to replay; relative to this file")] = "recordings"
    plan_key: Annotated[
        str | None,
        Meta(
            description="file of the private key with which the console signs switches of plans for whoever is logged in, "
            'relative to this one; its public one is an issuer\'s that signs "plans". Left out: the person brings a token of '
            "`vigie plan sign`, where switches are signed"
        ),
    ] = None
    basemap: Annotated[
        str, Meta(description="directory of GeoJSON and PMTiles files (`vigie map import`); relative to this file")
    ] = "basemap"
    tiles: Tiles | None = None
    range_rings_m: Annotated[tuple[Positive, ...], Meta(max_length=10)] = (1000.0, 2000.0, 5000.0)
    oidc: Oidc | None = None


def is_secure(console: Console) -> bool:
    """Tell whether browsers reach the console by TLS."""
    return console.tls_certificate is not None or console.proxy


def faults_of_console(console: Console | None) -> list[tuple[tuple[str, ...], str]]:
    """Find where passwords would go over a network in the clear, and what of a provider cannot be, by key within the table."""
    if console is None:
        return []
    faults: list[tuple[tuple[str, ...], str]] = []
    if (console.tls_certificate is None) != (console.tls_key is None):
        faults.append(((), "tls_certificate and tls_key belong together; give both or neither"))
    if console.host not in LOOPBACK and not is_secure(console):
        faults.append(
            (("host",), f"{console.host!r} can be reached from elsewhere; expected tls_certificate and tls_key, or proxy = true")
        )
    if console.oidc is not None:
        faults += [(("oidc", key), text) for key, text in _faults_of_oidc(console.oidc, console)]
    return faults


def _faults_of_oidc(oidc: Oidc, console: Console) -> list[tuple[str, str]]:
    faults = _faults_of_issuer(oidc)
    if oidc.redirect_uri is not None:
        faults += _faults_of_return(oidc.redirect_uri, console)
    elif console.host not in LOOPBACK or console.proxy:
        faults.append(("redirect_uri", f"is missing; expected this console's address as browsers know it, and {CALLBACK}"))
    if "openid" not in oidc.scopes:
        faults.append(("scopes", f"{list(oidc.scopes)} asks for no identity; expected 'openid' among them"))
    if not oidc.roles:
        faults.append(("roles", 'is empty, so that nobody could come in; expected { "a group there" = "operator" }'))
    return faults


def _faults_of_issuer(oidc: Oidc) -> list[tuple[str, str]]:
    place = _split(oidc.issuer)
    if place is None or place.query or place.fragment:
        return [("issuer", f"{oidc.issuer!r} names no provider; expected https://host/path without ? and #")]
    if place.scheme == "http" and place.hostname not in LOOPBACK and not oidc.plain_http:
        return [("issuer", "is not encrypted; expected https://, or plain_http = true where that is meant")]
    return []


def _faults_of_return(uri: str, console: Console) -> list[tuple[str, str]]:
    scheme = "https" if is_secure(console) else "http"
    place = _split(uri)
    if place is None or place.scheme != scheme or uri != f"{scheme}://{place.netloc}{CALLBACK}":
        return [("redirect_uri", f"{uri!r} does not lead back here; expected {scheme}://host{CALLBACK}")]
    return []


def _split(url: str) -> SplitResult | None:
    """Take an http(s) URL apart; None where it is none, or carries a user."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in {"http", "https"} and parts.hostname and parts.username is None and parts.port != 0
    except ValueError:
        return None
    return parts if known and url.isprintable() and " " not in url else None
