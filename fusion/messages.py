"""Every record on the wire and between stages.

Inside, times are int nanoseconds UTC, lengths metres, angles radians; on the wire (the records under "Outward")
times are RFC 3339, angles degrees, and names carry their unit. A record that exists is valid.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, dataclass_transform

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SECOND = 1_000_000_000
"""Nanoseconds in a second: the core's unit of time is int nanoseconds UTC."""

LIGHT = 299_792_458.0 / 1.0003
"""m/s, speed of light in air near the ground, whose refractive index is 1.0003 (ITU-R P.453): 0.3 m a kilometre."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Time = Annotated[datetime, msgspec.Meta(tz=True)]


def utc(time: int) -> datetime:
    """Give a core time (ns) as the wire's RFC 3339 time, to the microsecond below."""
    return _EPOCH + timedelta(microseconds=time // 1000)


def nanoseconds(time: datetime) -> int:
    """Give a wire time as a core time (ns), exactly."""
    past = time - _EPOCH
    return ((past.days * 86_400 + past.seconds) * 1_000_000 + past.microseconds) * 1000


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Frozen(msgspec.StructMeta):
    """Makes every record a value: it does not change, and it is made by naming its fields.

    (mypy does not read `kw_only_default`, so a record with a required field behind an optional one says `kw_only=True`.)
    """

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> Frozen:
        """Make the class."""
        return super().__new__(cls, name, bases, namespace, **({"frozen": True, "kw_only": True} | options))


VALUE = {"frozen": True}  # apart, for mypy would ask every record to say it again


class Record(msgspec.Struct, omit_defaults=True, **VALUE):
    """A value on the wire or between stages. Like what `Frozen` makes it does not change, and is made by naming its fields.

    Nothing but msgspec's own metaclass: through one of ours each record that is made takes five times as long (before Python
    3.12 a class of such a class is not called directly), and thousands are made in each beat.
    """


# --- Into the core -----------------------------------------------------------------------------------------------


class RawMessage(Record, tag="message"):
    """A message as it came, and when."""

    topic: str
    payload: bytes
    received: int  # ns


class Tick(Record, tag="tick"):
    """The service's beat: what the core knows of the time."""

    time: int  # ns


Input = RawMessage | Tick


# --- Between stages ----------------------------------------------------------------------------------------------


class Identity(Record):
    """Who a drone or aircraft says it is. A claim, until a sensor that measures agrees."""

    serial: str | None = None
    registration: str | None = None
    operator: str | None = None
    icao24: str | None = None
    callsign: str | None = None

    @property
    def key(self) -> str | None:
        """The one name that two reports of the same aircraft share: airframe before flight before owner."""
        for kind in ("serial", "icao24", "registration", "callsign"):
            if value := getattr(self, kind):
                return f"{kind}:{value.upper()}"
        return None


class Pilot(Record):
    """Where a drone says that its pilot stands."""

    latitude: float  # rad
    longitude: float  # rad


class Detection(Record):
    """What every report has, however it measures."""

    time: int  # ns, its own: a rotating radar's plots are not simultaneous
    id: str | None = None  # the sensor's own track number
    identity: Identity | None = None
    pilot: Pilot | None = None
    classes: dict[str, float] | None = None
    snr_db: float | None = None
    rcs_dbsm: float | None = None
    emitter: str | None = None


class Polar(Detection, tag="polar", kw_only=True):
    """Slant range and direction, as a radar sees them."""

    range: float  # m
    azimuth: float  # rad, clockwise from true north at the sensor
    elevation: float | None = None  # rad, above the sensor's horizontal
    range_rate: float | None = None  # m/s, positive when it recedes
    sigma_range: float  # m
    sigma_azimuth: float  # rad
    sigma_elevation: float = 0.0  # rad
    sigma_range_rate: float = 0.0  # m/s


class Bearing(Detection, tag="bearing", kw_only=True):
    """A direction without a range, as a direction finder or a camera sees it."""

    azimuth: float  # rad, clockwise from true north at the sensor
    elevation: float | None = None  # rad, above the sensor's horizontal
    sigma_azimuth: float  # rad
    sigma_elevation: float = 0.0  # rad


class Position(Detection, tag="position", kw_only=True):
    """A place, as a cooperative broadcast or a sensor with a tracker of its own tells it."""

    latitude: float  # rad
    longitude: float  # rad
    altitude: float | None = None  # m above the ellipsoid
    velocity: tuple[float, float, float] | None = None  # m/s east, north, up
    sigma_horizontal: float  # m, each of east and north
    sigma_vertical: float = 0.0  # m
    sigma_velocity: float | None = None  # m/s, each; None: the velocity starts a track but does not update one


class Tdoa(Detection, tag="tdoa", kw_only=True):
    """How much later a transmission arrived at this sensor than at a reference: c Δt = |p − s| − |p − s_ref|."""

    tdoa: float  # s
    reference: str  # the other sensor
    sigma_tdoa: float  # s


Measurement = Polar | Bearing | Position | Tdoa


class Pose(Record, kw_only=True):
    """Where what carries sensors was at one time, and how it was turned. A sigma that is None is the site's to say."""

    time: int  # ns
    vehicle: str = ""  # which of those that a sensor hears; nothing: the sensor itself
    latitude: float  # rad
    longitude: float  # rad
    altitude: float  # m above the ellipsoid
    velocity: tuple[float, float, float] | None = None  # m/s east, north, up
    attitude: tuple[float, float, float] | None = None  # rad: heading from true north, pitch nose up, roll right side down
    sigma_horizontal: float | None = None  # m, each of east and north
    sigma_vertical: float | None = None  # m
    sigma_velocity: float | None = None  # m/s, each
    sigma_heading: float | None = None  # rad
    sigma_tilt: float | None = None  # rad, each of pitch and roll


class Coverage(Record):
    """Where a sensor looks, in its own polar frame."""

    azimuth: tuple[float, float] = (0.0, 6.283185307179586)  # rad, clockwise from the first to the second
    elevation: tuple[float, float] | None = None  # rad
    range: tuple[float, float] | None = None  # m, slant


class Scan(Record, kw_only=True):
    """One sensor's detections of one look. An empty one is information too."""

    sensor: str
    time: int  # ns, when the look was
    received: int  # ns, when we learnt it
    sequence: int
    boot: str = ""
    coverage: Coverage | None = None  # None: the configured one
    detections: tuple[Measurement, ...] = ()
    left_out: tuple[str, ...] = ()  # detections that say nothing usable, and why
    poses: tuple[Pose, ...] = ()  # of what carries sensors, where a format tells both at once

    @property
    def order(self) -> tuple[int, str, str, int]:
        """The true order of looks: by time, then by what never changes between two arrivals."""
        return (self.time, self.sensor, self.boot, self.sequence)


TrackStatus = Literal["tentative", "confirmed", "coasting", "deleted"]
Strength = Literal["claimed", "corroborated", "contradicted"]

CLASSES = ("multirotor", "fixed_wing", "bird", "manned", "other")


class BearingTrack(Record, kw_only=True):
    """A track of which only a direction from one sensor is known."""

    track: str
    status: TrackStatus
    existence: float
    sensor: str
    azimuth: float  # rad, clockwise from true north at the sensor
    elevation: float | None
    sigma_azimuth: float  # rad
    identity: Identity | None
    pilot: Pilot | None = None
    classes: tuple[float, ...] = ()  # probability of each of CLASSES; none: nothing is known
    origin: tuple[float, ...] = ()  # (3) grid, where the sensor stands
    places: tuple[tuple[float, ...], ...] = ()  # (k) of (3) grid: where it may be, all alike probable
    born: int  # ns
    updated: int  # ns
    received: int = 0  # ns


class TrackTable(Record, eq=False):
    """What the tracker believes at one time: a table, one row a track with a position, in the site's grid frame."""

    time: int  # ns
    tracks: tuple[str, ...]  # (n) ids
    status: tuple[TrackStatus, ...]  # (n)
    existence: Floats  # (n)
    state: Floats  # (n, 6) easting, northing, height above the ellipsoid, m; their rates, m/s
    covariance: Floats  # (n, 6, 6)
    classes: Floats  # (n, 5) probability of each of CLASSES
    identity: tuple[Identity | None, ...]  # (n)
    strength: tuple[Strength, ...]  # (n) what the identity is worth
    pilot: tuple[Pilot | None, ...]  # (n)
    sensors: tuple[str, ...]  # (s) the site's sensors
    seen: Integers  # (n, s) when each last saw it, ns; 0 for never
    born: Integers  # (n) ns
    updated: Integers  # (n) ns, the time of its newest detection
    received: Integers  # (n) ns, when that was learnt
    bearings: tuple[BearingTrack, ...] = ()


# --- Outward -----------------------------------------------------------------------------------------------------

Verdict = Literal["unknown", "authorised", "unauthorised", "friendly", "hostile"]
Severity = Literal["advisory", "warning", "critical"]
AlertState = Literal["raised", "updated", "acknowledged", "shelved", "cleared", "closed"]


class WirePosition(Record):
    """A place with its height against every datum."""

    latitude_deg: float
    longitude_deg: float
    altitude_hae_m: float
    altitude_amsl_m: float
    height_agl_m: float


class WireGrid(Record):
    """The same place in the site's projected frame."""

    crs: str
    easting_m: float
    northing_m: float


class WireVelocity(Record):
    """Velocity along true east, true north and up."""

    east_mps: float
    north_mps: float
    up_mps: float


class WireCovariance(Record, omit_defaults=False, kw_only=True):
    """What the estimate may be wrong by, row by row."""

    frame: Literal["enu"] = "enu"
    position_m2: tuple[tuple[float, float, float], ...]
    velocity_m2ps2: tuple[tuple[float, float, float], ...]


class WireBearing(Record):
    """Where a track without a position lies: one ray."""

    sensor: str
    azimuth_deg: float
    sigma_deg: float
    elevation_deg: float | None = None


class WireIdentity(Identity, kw_only=True):
    """An identity, and what it is worth."""

    strength: Strength


class WirePilot(Record):
    """A claimed pilot position."""

    latitude_deg: float
    longitude_deg: float


class Track(Record, kw_only=True):
    """One track as integrators receive it (design §3)."""

    track: str
    site: str
    time: Time
    status: TrackStatus
    existence: float
    position: WirePosition | None = None
    grid: WireGrid | None = None
    velocity: WireVelocity | None = None
    speed_mps: float | None = None
    course_deg: float | None = None
    covariance: WireCovariance | None = None
    bearing: WireBearing | None = None
    class_: str | None = msgspec.field(name="class", default=None)
    classes: dict[str, float] = {}
    identity: WireIdentity | None = None
    pilot: WirePilot | None = None
    verdict: Verdict | None = None
    reasons: tuple[str, ...] = ()
    sensors: dict[str, Time] = {}
    born: Time
    updated: Time


class LastPilot(Record):
    """Where a pilot said to stand last: where a patrol goes."""

    latitude_deg: float
    longitude_deg: float
    time: Time  # of the track's newest state that said so


class Alert(Record, kw_only=True):
    """One alert; the same id through its whole life."""

    alert: str
    site: str
    track: str
    zone: str
    rule: str
    severity: Severity
    state: AlertState
    revision: int
    raised: Time
    updated: Time
    time_to_entry_s: float | None = None
    probability: float | None = None
    reasons: tuple[str, ...] = ()
    reasons_in: dict[str, tuple[str, ...]] = {}  # the same in other languages, by their code: "fr"
    rules: tuple[str, ...] = ()  # every rule that was met since it was raised
    tracks: tuple[str, ...] = ()  # all that it is about, where that is more than one
    group: str | None = None  # the alert of the swarm that its track belongs to
    sensor: str | None = None  # the one that it is about
    track_state: Track | None = None
    pilot: LastPilot | None = None
    escalation: int = 0  # how often it has asked louder since it began to ask
    acknowledged_by: str | None = None
    shelved_until: Time | None = None
    notes: tuple[str, ...] = ()


class TracksMessage(Record, tag="tracks"):
    """The tracks that changed since the last one."""

    tracks: tuple[Track, ...]


class PictureMessage(Record, tag="picture"):
    """The whole picture."""

    site: str
    time: Time
    tracks: tuple[Track, ...]


class TrackMessage(Record, tag="track"):
    """One track for its retained topic; without a state, the topic is emptied."""

    track: str
    state: Track | None = None


class AlertMessage(Record, tag="alert"):
    """One alert's new state; `cause` is when the detection behind it was received (ns)."""

    alert: Alert
    cause: int
    archived: bool = False


class ZonePlace(Record):
    """Where a moving zone's anchor was heard last; a height where it is known."""

    latitude_deg: float
    longitude_deg: float
    altitude_hae_m: float | None = None


class ZoneState(Record, kw_only=True):
    """Where a moving zone is now, and what is known of what it goes with."""

    zone: str
    site: str
    time: Time
    state: Literal["following", "held", "lost"]
    anchor: str
    track: str | None = None
    heard: Time | None = None
    position: ZonePlace
    course_deg: float | None = None
    grown_m: float
    geometry: dict[str, Any]


class ZoneStateMessage(Record, tag="zone_state"):
    """One moving zone's state for its retained topic; without a state, the topic is emptied."""

    zone: str
    state: ZoneState | None = None


class Rejected(Record, tag="rejected"):
    """What was refused: never silently."""

    topic: str
    reason: str
    time: Time
    first_bytes: str = ""


class SensorBias(Record, omit_defaults=False):
    """What a sensor is off by, measured minus true, and one sigma of that; null for what is not estimated."""

    range_m: float | None = None
    range_sigma_m: float | None = None
    azimuth_deg: float | None = None
    azimuth_sigma_deg: float | None = None
    elevation_deg: float | None = None
    elevation_sigma_deg: float | None = None
    time_s: float | None = None
    time_sigma_s: float | None = None
    east_m: float | None = None
    east_sigma_m: float | None = None
    north_m: float | None = None
    north_sigma_m: float | None = None


class SensorPose(Record, omit_defaults=False):
    """Where a sensor that moves said to be last, and what could not be used for want of that."""

    latitude_deg: float | None
    longitude_deg: float | None
    altitude_hae_m: float | None
    heading_deg: float | None
    age_s: float | None  # None: it has not said yet
    stale: bool  # its directions are refused now
    refused: int  # directions so far for which nobody knew whence they were


class SensorHealth(Record, omit_defaults=False):
    """What the service sees of one sensor."""

    state: Literal["online", "degraded", "offline", "silent"]
    scans: int
    detections: int
    rejected: int
    duplicates: int
    gaps: int
    late: int
    age_s: float | None
    latency_s: float | None
    rate_hz: float | None
    crowds: int = 0
    left_out: int = 0
    flooded: bool = False  # its last look was taken for false alarms of a sensor that is jammed or broken
    floods: int = 0  # such looks
    bias: SensorBias | None = None
    pose: SensorPose | None = None


class StoreHealth(Record):
    """Whether something that the service keeps on disk can be written."""

    state: Literal["writing", "degraded"]
    since: Time | None = None  # degraded since
    reason: str | None = None
    waiting: int = 0  # alerts and notes that wait for it, unpublished
    head: str | None = None  # the journal's last entry, number:hash


class BrokerHealth(Record, omit_defaults=False):
    """Whether the service has its two connections to the broker: without them it hears no sensor by MQTT and tells nobody."""

    state: Literal["connected", "lost"]
    since: Time | None = None  # lost since
    reason: str | None = None


class WebhookHealth(Record, omit_defaults=False):
    """How it goes with one receiver of alerts."""

    state: Literal["delivering", "failing"]
    waiting: int  # messages
    dead: int  # messages that were given up
    delivered: int
    oldest: Time | None = None  # when the one that waits longest was written
    reason: str | None = None  # why the last attempt failed, while it is failing


class FeedHealth(Record, omit_defaults=False):
    """How it goes with a sensor that is heard without MQTT."""

    state: Literal["waiting", "listening", "connected", "failing"]
    peers: int  # connected now
    frames: int
    bytes: int
    dropped: int  # datagrams that were more than the site allows
    refused: int  # frames and peers that could not be taken
    trouble: str | None = None  # what went wrong last


class OutputHealth(Record, omit_defaults=False):
    """How it goes with one who is told in a format of the field."""

    state: Literal["waiting", "telling", "failing"]
    sent: int
    waiting: int
    replaced: int  # what a newer state of the same took the place of while it waited
    dropped: int  # what was too much to wait, or was on its way when the connection broke
    trouble: str | None = None  # what went wrong last


class CrowdState(Record, omit_defaults=False):
    """What is known of one cell's crowd."""

    count: int  # when it was counted
    confidence: float
    age_s: float
    at_least: int  # are there still
    full: bool


class AlarmRate(Record, omit_defaults=False):
    """How much the operators are asked to answer."""

    last_10_min: int  # alarms that were raised, or asked anew
    per_operator_hour: float  # in the last hour
    standing: int  # alerts that are not closed
    unacknowledged: int  # of those, that ask for a person
    held: int  # held back, in a flood or because a swarm's alert stands for them
    flood: Time | None  # since when


class PermitsState(Record, omit_defaults=False):
    """How many permits came by topic."""

    held: int = 0  # signed ones that are believed, whether or not their time has come
    revoked: int = 0
    refused: int = 0  # messages on their topics


class StatusMessage(Record, tag="status", omit_defaults=False, kw_only=True):
    """The service's and its sensors' health."""

    site: str
    state: Literal["online", "degraded", "offline"] = "online"
    version: str = ""
    time: Time
    tracks: dict[str, int]
    alerts: int
    alarms: AlarmRate | None = None
    plan: str | None = None
    plan_signing: Literal["signed", "unsigned"] | None = None
    permits: PermitsState = PermitsState()
    sensors: dict[str, SensorHealth]
    broker: BrokerHealth | None = None
    stores: dict[str, StoreHealth] = {}
    crowds: dict[str, CrowdState] = {}
    webhooks: dict[str, WebhookHealth] = {}
    feeds: dict[str, FeedHealth] = {}
    outputs: dict[str, OutputHealth] = {}
    counters: dict[str, int]


Output = TracksMessage | PictureMessage | TrackMessage | AlertMessage | ZoneStateMessage | Rejected | StatusMessage
