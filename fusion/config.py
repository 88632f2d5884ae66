"""The configuration tree: what a site may say, with limits and descriptions."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from fusion.config_console import Console
from fusion.config_edge import Outlet, Sapient, Source, Webhook
from fusion.config_rules import Rules
from fusion.config_table import (
    Degrees,
    Height,
    Latitude,
    Longitude,
    Name,
    NonNegative,
    Positive,
    Probability,
    SigmaDegrees,
    Table,
)
from fusion.frame import SiteFrame
from fusion.topics import DEFAULT_ROOT


class Site(Table):
    """Where the service watches, and the frame it reckons in."""

    name: Annotated[Name, Meta(description="name of the site; it stands in every topic")]
    latitude_deg: Annotated[Latitude, Meta(description="middle of the site, WGS84")]
    longitude_deg: Annotated[Longitude, Meta(description="middle of the site, WGS84")]
    crs: Annotated[
        str, Meta(description='projected metric CRS of the tracks ("EPSG:2154"), or "auto": a transverse Mercator here')
    ] = "auto"
    ground_amsl_m: Annotated[Height, Meta(description="height of the ground above mean sea level")] = 0.0
    geoid_undulation_m: Annotated[
        Annotated[float, Meta(ge=-120.0, le=120.0)], Meta(description="geoid above ellipsoid: hae = amsl + undulation")
    ] = 0.0

    def frame(self) -> SiteFrame:
        """Build the site's projected frame."""
        return SiteFrame.at(self.latitude_deg, self.longitude_deg, self.crs, self.ground_amsl_m, self.geoid_undulation_m)


class Accuracy(Table):
    """Standard deviations of a sensor, one figure an axis. A detection's own `sigma` goes before them."""

    range_m: Annotated[Positive | None, Meta(description="slant range")] = None
    azimuth_deg: Annotated[SigmaDegrees | None, Meta(description="azimuth")] = None
    elevation_deg: Annotated[SigmaDegrees | None, Meta(description="elevation")] = None
    radial_speed_mps: Annotated[Positive | None, Meta(description="radial speed")] = None
    horizontal_m: Annotated[Positive | None, Meta(description="each of east and north, of reported positions")] = None
    vertical_m: Annotated[Positive | None, Meta(description="height of reported positions")] = None
    tdoa_s: Annotated[
        Annotated[float, Meta(gt=0.0, le=1e-3)] | None, Meta(description="time difference of arrival; 1e-7 is 30 m")
    ] = None
    velocity_mps: Annotated[
        Positive | None,
        Meta(description="each axis of a reported velocity; without it a velocity starts tracks but updates none"),
    ] = None


class CoverageTable(Table):
    """Where a sensor looks, in its own polar frame."""

    azimuth_deg: Annotated[tuple[Degrees, Degrees], Meta(description="from, to, clockwise from true north")] = (
        0.0,
        360.0,
    )
    elevation_deg: Annotated[tuple[Degrees, Degrees] | None, Meta(description="from, to, above the sensor's horizontal")] = None
    range_m: Annotated[tuple[NonNegative, Positive], Meta(description="from, to, slant")] = (0.0, 10_000.0)


class BiasSigma(Table):
    """How far a sensor may be off for a whole day: what registration may have to find."""

    range_m: NonNegative = 0.0
    azimuth_deg: NonNegative = 0.0
    elevation_deg: NonNegative = 0.0
    time_s: NonNegative = 0.0
    place_m: Annotated[
        NonNegative | None,
        Meta(
            description="where it is said to stand, each of east and north; left out: as range_m, for who admits metres in range "
            "has not surveyed the mast to less"
        ),
    ] = None


class Platform(Table):
    """What carries a sensor that moves (docs/feeds.md#sensors-that-move); its accuracy where a pose does not say it."""

    sensor: Annotated[
        Name | None, Meta(description="the sensor that hears the vehicle; left out: this one tells its pose itself")
    ] = None
    vehicle: Annotated[
        str, Meta(max_length=128, description="the vehicle's `id` among those that it hears; left out: it is that sensor")
    ] = ""
    directions: Annotated[
        Literal["true", "body"],
        Meta(
            description='what its directions are against: "true": north and the horizontal; "body": the nose and the deck, and '
            "the pose's attitude turns them"
        ),
    ] = "true"
    stale_s: Annotated[
        Annotated[float, Meta(gt=0.0, le=10.0)],
        Meta(description="age of the nearest pose above which a direction is refused, as nobody knows whence it was"),
    ] = 2.0
    horizontal_m: Annotated[Positive | None, Meta(description="each of east and north")] = None
    vertical_m: Annotated[Positive | None, Meta(description="height")] = None
    velocity_mps: Annotated[Positive, Meta(description="each axis of its velocity")] = 0.5
    heading_deg: Annotated[SigmaDegrees | None, Meta(description="heading")] = None
    tilt_deg: Annotated[SigmaDegrees | None, Meta(description="each of pitch and roll")] = None


Shares = Annotated[
    dict[Annotated[str, Meta(max_length=128)], Annotated[float, Meta(ge=0.0, le=1.0)]],
    Meta(description="label = probability, in the sensor's own words, of such a target"),
]


class Confusion(Table, kw_only=True):
    """How often a sensor reports which label, by what the target is: a row a class, label = probability; each sums to 1."""

    multirotor: Shares
    fixed_wing: Shares
    bird: Shares
    manned: Shares
    other: Shares
    correlation_s: Annotated[
        NonNegative, Meta(description="how long a label stays, right or wrong, before it is drawn anew; 0: each is")
    ] = 3.0


class Sensor(Table):
    """One sensor: where it stands, what it says and how well."""

    id: Annotated[Name, Meta(description="name of the sensor; it stands in its topics")]
    kind: Annotated[Name, Meta(description="the adapter that reads it: radar, rf, tdoa, camera, adsb, remote_id or a plug-in")]
    latitude_deg: Annotated[Latitude | None, Meta(description="where it stands; the middle of the site if left out")] = None
    longitude_deg: Annotated[Longitude | None, Meta(description="where it stands; with latitude_deg")] = None
    altitude_hae_m: Annotated[
        Height | None, Meta(description="its height above the WGS84 ellipsoid; the ground's if left out")
    ] = None
    period_s: Annotated[Positive | None, Meta(description="time between two looks; left out for what reports at will")] = None
    accuracy: Accuracy = Accuracy()
    detection_probability: Annotated[Probability, Meta(description="that a look inside the coverage sees a target")] = 0.9
    false_alarms_per_scan: Annotated[Positive, Meta(description="expected false detections in one look")] = 1.0
    coverage: CoverageTable = CoverageTable()
    reports: Annotated[
        Literal["scans", "detections-only"],
        Meta(description='"scans": silence about a place means nothing was seen there; "detections-only": silence says nothing'),
    ] = "scans"
    output: Annotated[
        Literal["plots", "tracks"],
        Meta(description='"tracks": already filtered by the sensor, so its errors are correlated'),
    ] = "plots"
    correlation_s: Annotated[
        NonNegative | None,
        Meta(
            description="how long its errors stay the same (time constant of a first-order Gauss-Markov process): some second "
            "where a camera's pose or a sensor's own filter errs; 0: each look errs anew. Left out: 0, but 2 s for a camera, "
            '10 s for what moves, and three periods where `output = "tracks"`'
        ),
    ] = None
    bias_sigma: BiasSigma = BiasSigma()
    confusion: Annotated[
        Confusion | None,
        Meta(description="what its labels are worth, as measured; left out: a label is tempered and never sure"),
    ] = None
    fold_probability: Annotated[
        Annotated[float, Meta(ge=0.0, le=0.5)] | None,
        Meta(
            description="share of its bearings that point the other way, 180° off: a direction finder's loop or baseline cannot "
            "always tell front from back. Left out: 0.02 where `kind` is rf, else 0"
        ),
    ] = None
    source: Annotated[Source | None, Meta(description="where it is heard if it does not speak MQTT (docs/feeds.md)")] = None
    platform: Annotated[Platform | None, Meta(description="what carries it, if it moves: then the places above do not count")] = (
        None
    )


class Zones(Table):
    """Who may fly where."""

    files: Annotated[tuple[str, ...], Meta(description="ED-318 files, relative to this one")] = ()
    plans: Annotated[
        dict[Name, tuple[str, ...]],
        Meta(
            description="files that hold by plan, beside `files`: A = [...], B = [...]; the first is in force until the topic "
            "zones/plan says otherwise"
        ),
    ] = msgspec.field(default_factory=dict)
    register: Annotated[str | None, Meta(description="TOML file of authorised identities, relative to this one")] = None


class Issuer(Table):
    """Who may issue flight permits by topic (docs/permits.md)."""

    name: Annotated[Name, Meta(description="what its permits call it: their `iss` and `kid`")]
    key: Annotated[str, Meta(description="file of its public Ed25519 key, PEM or JWK, relative to this one")]
    signs: Annotated[
        tuple[Literal["permits", "plans"], ...],
        Meta(
            min_length=1,
            description='what it may sign: "permits", and "plans", the switches of zone plans; where anybody may sign those, a '
            "switch that is not signed is refused",
        ),
    ] = ("permits",)


class Permits(Table):
    """Whose permits are believed, and whose switches of zone plans; without an issuer every permit by topic is refused."""

    issuer: Annotated[tuple[Issuer, ...], Meta(max_length=50)] = ()


class Mqtt(Table):
    """The broker, and how much may be lost."""

    host: Annotated[str | None, Meta(description="broker's name or address; none: `--embedded-broker` or `demo`")] = None
    port: Annotated[int, Meta(ge=1, le=65_535)] = 1883
    root: Annotated[str, Meta(pattern=r"^[^+#\x00/]+(/[^+#\x00/]+)*$", description="head of the topic tree")] = DEFAULT_ROOT
    client_id: Annotated[str | None, Meta(description="vigie-{site} if left out; fixed, so that a session survives")] = None
    protocol: Annotated[Literal["auto", "5", "3.1.1"], Meta(description='"auto": 5, and 3.1.1 where the broker refuses it')] = (
        "auto"
    )
    delivery: Annotated[
        Literal["latest", "no-loss"],
        Meta(description='"latest": QoS 0, the oldest is dropped under overload; "no-loss": QoS 1, acknowledged once processed'),
    ] = "latest"
    inbox: Annotated[int, Meta(ge=1, le=1_000_000, description="messages waiting for the core at most")] = 2000
    username: str | None = None
    password_file: Annotated[str | None, Meta(description="file whose first line is the password")] = None
    password: Annotated[str | None, Meta(description="from the environment only: VIGIE_MQTT__PASSWORD")] = None
    tls_ca: Annotated[str | None, Meta(description="file of the broker's CA; switches TLS on")] = None
    tls_certificate: Annotated[str | None, Meta(description="client certificate file")] = None
    tls_key: Annotated[str | None, Meta(description="client key file")] = None
    keepalive_s: Annotated[int, Meta(ge=1, le=3600)] = 15


class Tracking(Table):
    """What of the tracker a site may set; its physics stands in fusion/tracking/modes.py."""

    window_s: Annotated[
        Annotated[float, Meta(ge=0.0, le=30.0)],
        Meta(description="how late a scan may come and still be put in its true place; later ones are counted and dropped"),
    ] = 3.0
    coast_s: Annotated[Positive, Meta(description="a track that nobody sees is deleted after this")] = 20.0
    birth_rate_hz: Annotated[Positive, Meta(description="new targets a second that a sensor's coverage may expect")] = 0.05


class Publish(Table):
    """What leaves, and how often."""

    tracks_hz: Annotated[Positive, Meta(description="changed tracks, in one message")] = 5.0
    picture_s: Annotated[Positive, Meta(description="the whole picture")] = 5.0
    track_hz: Annotated[Positive, Meta(description="each track on its own retained topic, at most")] = 1.0
    status_s: Annotated[Positive, Meta(description="health and counters")] = 5.0
    tentative: Annotated[bool, Meta(description="publish tracks that are not confirmed yet")] = False
    withhold: Annotated[
        tuple[Literal["pilot", "operator", "identity", "friendly"], ...],
        Meta(
            description="left out of tracks, track/+, picture and alert/+: where pilots are, operators' numbers, all that drones "
            "say they are, where friendly ones are; private/… tells all of it"
        ),
    ] = ("pilot", "operator", "friendly")
    private: Annotated[
        bool, Meta(description="publish private/… too, for whom the broker lets read it; false: what is withheld does not leave")
    ] = True


class State(Table):
    """What the service keeps on disk."""

    journal: Annotated[
        str | None,
        Meta(
            description='where the journal is: "postgresql://user@host/database", its password from PGPASSFILE or '
            "VIGIE_STATE__JOURNAL; journal.sqlite in the directory if left out"
        ),
    ] = None
    directory: Annotated[str, Meta(description="journal, snapshots and the inputs since the last one")] = "state"
    snapshot_s: Annotated[Positive, Meta(description="time between two snapshots of the core")] = 5.0
    record: Annotated[str | None, Meta(description="keep every input too, in a file of this name (.jsonl, .jsonl.gz, .mcap)")] = (
        None
    )


class Retention(Table):
    """How long what may lead to a person is kept in the journal (docs/privacy.md)."""

    claims_h: Annotated[
        Positive,
        Meta(
            description="who passers-by (tracks near an open alert and in none) said to be, and where their pilots stood: then "
            "it is forgotten, within the hour"
        ),
    ] = 24.0
    incident_days: Annotated[
        Positive | None,
        Meta(
            description="alerts that are over, with their commands, and all else but the proof of what was forgotten. Left out: "
            "until somebody orders `vigie journal purge`, as a case may need them"
        ),
    ] = None


class Config(Table):
    """One site."""

    site: Site
    sensor: tuple[Sensor, ...] = ()
    zones: Zones = Zones()
    permits: Permits = Permits()
    rules: Rules = Rules()
    tracking: Tracking = Tracking()
    mqtt: Mqtt = Mqtt()
    publish: Publish = Publish()
    webhook: tuple[Webhook, ...] = ()
    output: tuple[Outlet, ...] = ()
    sapient: Sapient | None = None
    state: State = State()
    retention: Retention = Retention()
    console: Console | None = None
