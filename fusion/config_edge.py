"""The configuration of the edge beside MQTT: sensors that are heard otherwise, and who is told of alerts over HTTP(S)."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from fusion.config_table import Name, Table

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
"""Hosts that are this machine: nobody is on the way."""

Framing = Literal["datagram", "lines", "length-le32", "length-be32", "asterix", "cot", "mavlink", "document"]

SCHEMES: dict[str, tuple[Framing, ...]] = {
    "udp": ("datagram",),
    "tcp": ("lines", "length-le32", "length-be32", "asterix", "cot", "mavlink"),
    "tcp-listen": ("lines", "length-le32", "length-be32", "asterix", "cot", "mavlink"),
    "http": ("document",),
    "https": ("document",),
    "file": ("document",),
}
"""How a source may be reached, and how what comes may be cut into frames; the first where nothing is said."""


class Source(Table, kw_only=True):
    """Where a sensor is heard that does not speak MQTT: each frame is taken as a message on its `raw/{format}`."""

    url: Annotated[
        str,
        Meta(
            max_length=2000,
            description="`udp://host:port` (listens; a multicast group is joined), `tcp://host:port` (connects), "
            "`tcp-listen://host:port` (lets others connect), `http(s)://…` and `file:///…` (looked at every `period_s`)",
        ),
    ]
    format: Annotated[Name | None, Meta(description="the adapter that reads it; the sensor's kind if left out")] = None
    framing: Annotated[
        Framing | None,
        Meta(
            description="how a stream is cut into frames: whole lines, a length before each (uint32), ASTERIX's own blocks, "
            "events of Cursor on Target, or MAVLink's frames"
        ),
    ] = None
    interface: Annotated[str | None, Meta(description="address of ours on which a multicast group is joined")] = None
    period_s: Annotated[float, Meta(ge=0.05, le=3600.0, description="time between two looks at a document")] = 1.0
    peers: Annotated[int, Meta(ge=1, le=1000, description="how many may be connected at once (tcp-listen)")] = 8
    frames_hz: Annotated[
        float,
        Meta(
            gt=0.0, le=1e6, description="frames a second that are taken; of a stream the rest waits, of datagrams it is dropped"
        ),
    ] = 1000.0

    @property
    def cut(self) -> Framing:
        """How what comes is cut into frames."""
        return self.framing or SCHEMES[place_of(self.url).scheme][0]


class Place(NamedTuple):
    """Where a URL points."""

    scheme: str
    host: str
    port: int
    path: str


def place_of(url: str) -> Place:
    """Read the URL of a source; raise ValueError saying what was expected."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    if parts.scheme not in SCHEMES:
        raise ValueError(f"has no scheme that is known; expected {', '.join(f'{name}://' for name in SCHEMES)}")
    if parts.scheme == "file":
        if parts.netloc or not parts.path.startswith("/"):
            raise ValueError("names no file; expected file:///path")
    elif not parts.hostname or not port:
        raise ValueError(f"names no host and port; expected {parts.scheme}://host:port")
    if parts.username is not None or parts.password is not None:
        raise ValueError("carries a user or password, which do not belong into this file")
    return Place(parts.scheme, parts.hostname or "", port, parts.path)


def faults_of(source: Source) -> list[tuple[str, str]]:
    """Find what is wrong with a source, by its key."""
    try:
        place = place_of(source.url)
    except ValueError as error:
        return [("url", f"{source.url!r} {error}")]
    allowed = SCHEMES[place.scheme]
    if source.framing is not None and source.framing not in allowed:
        return [("framing", f"{source.framing!r} does not go with {place.scheme}://; expected {', '.join(allowed)}")]
    return []


OUTLET_SCHEMES = ("udp", "tcp", "tls")

SCHEMES_OF = {"asterix": ("udp",), "sapient": ("tcp", "tls")}
"""Of those kinds of output that are not told over all of them."""


class Outlet(Table, kw_only=True):
    """Somebody who is told of tracks, alerts and zones in a format of the field (docs/outputs.md)."""

    name: Annotated[Name, Meta(description="what it is called in `status`")]
    kind: Annotated[
        Literal["cot", "asterix", "sapient"],
        Meta(
            description="cot: Cursor on Target, for TAK; asterix: CAT062 and CAT065, over udp alone; sapient: a higher SAPIENT "
            "node, over tcp or tls"
        ),
    ]
    url: Annotated[
        str,
        Meta(max_length=2000, description="`udp://host:port` (a multicast group too), `tcp://host:port` or `tls://host:port`"),
    ]
    encoding: Annotated[Literal["xml", "protobuf"], Meta(description="CoT: XML, or the TAK protocol's version 1")] = "xml"
    withhold: Annotated[
        tuple[Literal["pilot", "identity", "friendly"], ...],
        Meta(description="left out: where pilots are, who drones say they are, friendly ones altogether; [] sends it all"),
    ] = ("pilot", "identity", "friendly")
    sac: Annotated[int, Meta(ge=0, le=255, description="ASTERIX: system area code of what we tell")] = 0
    sic: Annotated[int, Meta(ge=0, le=255, description="ASTERIX: system identification code")] = 0
    service: Annotated[int, Meta(ge=0, le=255, description="ASTERIX: service identification")] = 1
    birds: Annotated[bool, Meta(description="tell of birds too")] = False
    stale_s: Annotated[
        float, Meta(ge=6.0, le=3600.0, description="how long what is told holds; it is told anew every 5 s while it does")
    ] = 15.0
    interface: Annotated[str | None, Meta(description="address of ours from which a multicast group is told")] = None
    tls_ca: Annotated[
        str | None, Meta(description="file of the receiver's CA, relative to this one; the system's if left out")
    ] = None
    tls_certificate: Annotated[str | None, Meta(description="our certificate's file, relative to this one")] = None
    tls_key: Annotated[str | None, Meta(description="its key's file")] = None
    plain: Annotated[
        bool, Meta(description="allow udp:// and tcp:// to others than this machine: who is on the way reads along")
    ] = False


def faults_of_outlet(outlet: Outlet) -> list[tuple[str, str]]:
    """Find what is wrong with an output, by its key."""
    try:
        parts = urlsplit(outlet.url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        return [("url", f"{outlet.url!r} is no URL: {error}")]
    if parts.scheme not in OUTLET_SCHEMES or not host or not port or parts.username is not None:
        expected = ", ".join(f"{scheme}://host:port" for scheme in OUTLET_SCHEMES)
        return [("url", f"{outlet.url!r} cannot be told; expected {expected}")]
    if parts.scheme != "tls" and host not in LOOPBACK and not outlet.plain:
        return [("url", "is not encrypted; expected tls://, or plain = true where that is meant")]
    allowed = SCHEMES_OF.get(outlet.kind, OUTLET_SCHEMES)
    if parts.scheme not in allowed:
        expected = " or ".join(f"{scheme}://host:port" for scheme in allowed)
        return [("url", f"{outlet.url!r} cannot be told in {outlet.kind.upper()}; expected {expected}")]
    if outlet.tls_key is not None and outlet.tls_certificate is None:
        return [("tls_key", "needs tls_certificate beside it")]
    return []


class Webhook(Table, kw_only=True):
    """Somebody who is told of alerts over HTTP(S), signed after Standard Webhooks (docs/webhooks.md)."""

    name: Annotated[Name, Meta(description="what it is called in `status` and in `vigie webhook`")]
    url: Annotated[str, Meta(pattern=r"^https?://[^\s@]+$", max_length=2000, description="where each alert is posted")]
    secret_file: Annotated[
        str,
        Meta(
            description="file of the secrets (whsec_…) that sign, the newest first, one a line, relative to this one; read anew "
            "for each message. `vigie webhook secret FILE` makes it, and changes it"
        ),
    ]
    least_severity: Annotated[
        Literal["advisory", "warning", "critical"],
        Meta(description="alerts below it are not sent; of one that was sent once, everything is"),
    ] = "advisory"
    withhold: Annotated[
        tuple[Literal["pilot", "identity", "friendly"], ...],
        Meta(description="left out: where pilots are, who drones say they are, where friendly ones are; [] sends it all"),
    ] = ("pilot", "identity", "friendly")
    timeout_s: Annotated[float, Meta(ge=0.1, le=60.0, description="how long one attempt may take")] = 15.0
    give_up_h: Annotated[
        float, Meta(gt=0.0, le=720.0, description="how long one message is tried; then it is a dead letter, kept and told")
    ] = 24.0
    plain_http: Annotated[bool, Meta(description="allow http:// to others than this machine: who is on the way reads along")] = (
        False
    )
    tls_ca: Annotated[
        str | None, Meta(description="file of the receiver's CA, relative to this one; the system's if left out")
    ] = None


Uuid = Annotated[str, Meta(pattern="^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")]


class Sapient(Table, kw_only=True):
    """The SAPIENT fusion node that sensors connect to (docs/formats/sapient.md); without this table there is none."""

    listen: Annotated[
        str, Meta(description="`host:port`; any host but this machine's own needs TLS, or `plain`; port 0: a free one")
    ]
    node: Annotated[
        Uuid | None, Meta(description="our node's UUID (version 4, lower case); made of the site's name if left out")
    ] = None
    nodes: Annotated[dict[Name, Uuid], Meta(description="sensors of this file that are SAPIENT's nodes: id = UUID")] = (
        msgspec.field(default_factory=dict)
    )
    newcomers: Annotated[
        bool, Meta(description="take nodes that `nodes` does not name, as they describe themselves; false: they are refused")
    ] = True
    peers: Annotated[int, Meta(ge=1, le=1000, description="how many may be connected at once")] = 32
    messages_hz: Annotated[
        float,
        Meta(gt=0.0, le=1e6, description="messages a second of each peer that are taken; the rest waits, as does its sender"),
    ] = 1000.0
    tls_certificate: Annotated[str | None, Meta(description="our certificate's file, relative to this one; switches TLS on")] = (
        None
    )
    tls_key: Annotated[str | None, Meta(description="its key's file")] = None
    tls_ca: Annotated[str | None, Meta(description="file of the CA whose certificates nodes must show; any node if left out")] = (
        None
    )
    plain: Annotated[
        bool, Meta(description="allow others than this machine to connect without TLS: who is on the way reads and writes along")
    ] = False


def faults_of_sapient(settings: Sapient) -> list[tuple[str, str]]:
    """Find what is wrong with the fusion node, by its key."""
    host, _, port = settings.listen.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65_535:
        return [("listen", f"{settings.listen!r} is no address; expected host:port")]
    faults = []
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        faults.append(("tls_key", "belongs with tls_certificate; give both or neither"))
    if settings.tls_ca is not None and settings.tls_certificate is None:
        faults.append(("tls_ca", "needs tls_certificate and tls_key beside it"))
    if host.strip("[]") not in LOOPBACK and settings.tls_certificate is None and not settings.plain:
        faults.append(
            ("listen", "can be reached from elsewhere; expected tls_certificate and tls_key, or plain = true where that is meant")
        )
    if len(set(settings.nodes.values())) < len(settings.nodes):
        faults.append(("nodes", "has one UUID twice; each sensor is a node of its own"))
    return faults
