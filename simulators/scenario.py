"""What a scenario may say: who flies where, how the configured sensors really err, and what must come of it.

A scenario stands beside a site configuration, the very file that `vigie run` reads. What a sensor claims of itself
(accuracy, coverage, false alarms) is there; what nobody at the site knows (its true bias, its outages) is here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from fusion.config import Accuracy, Height, Latitude, Longitude, Name, NonNegative, Positive, Table
from fusion.messages import Severity

Second = Annotated[float, Meta(ge=0.0, le=86_400.0)]
Share = Annotated[float, Meta(ge=0.0, le=1.0)]
Count = Annotated[int, Meta(ge=0)]
Text = Annotated[str, Meta(min_length=1, max_length=64)]
Kind = Literal["multirotor", "fpv", "helicopter", "fixed_wing", "airliner", "bird_flock"]
Situation = Literal[
    "prison",
    "airport",
    "nuclear_plant",
    "government_building",
    "stadium",
    "outdoor_concert",
    "political_rally",
    "international_summit",
    "land_border",
    "maritime_border",
]
"""The ten standard situations of CWA 18150, in its order."""


class Waypoint(Table):
    """Where an actor goes next. Its height is above the ground or above the sea, never both."""

    latitude_deg: Latitude
    longitude_deg: Longitude
    height_agl_m: Annotated[Height | None, Meta(description="above the site's ground; 0 takes off or lands there")] = None
    altitude_amsl_m: Annotated[Height | None, Meta(description="above mean sea level")] = None
    speed_mps: Annotated[Positive | None, Meta(description="on the way here; the actor's if left out")] = None
    hover_s: Annotated[Second, Meta(description="how long it stays here")] = 0.0


class Claim(Table):
    """What an actor's broadcast says of it."""

    serial: Annotated[str, Meta(pattern="^[!-~]{1,20}$", description="ANSI/CTA-2063-A where it is honest")] | None = None
    registration: Text | None = None
    operator: Text | None = None
    icao24: Annotated[str, Meta(pattern="^[0-9a-f]{6}$")] | None = None
    callsign: Annotated[str, Meta(pattern="^[A-Z0-9]{1,8}$")] | None = None


class Ground(Table):
    """A place on the ground."""

    latitude_deg: Latitude
    longitude_deg: Longitude


class Actor(Table):
    """Something that flies, or a flock or swarm of it."""

    id: Annotated[Name, Meta(description="its name in the truth; the members of several are `id-1`, `id-2`, …")]
    kind: Kind
    route: Annotated[tuple[Waypoint, ...], Meta(description="waypoints; the last at height 0 is a landing")] = ()
    trajectory: Annotated[
        str | None,
        Meta(description="instead of a route: a recorded flight (.csv, .gpx, .jsonl), relative to this file; from take_off_s on"),
    ] = None
    note: Annotated[str, Meta(description="what a reader should know: payload, intent")] = ""
    take_off_s: Annotated[Second, Meta(description="when it appears, after the start")] = 0.0
    speed_mps: Annotated[Positive | None, Meta(description="the kind's usual speed if left out")] = None
    count: Annotated[int, Meta(ge=1, le=1000, description="how many fly together")] = 1
    spread_m: Annotated[NonNegative, Meta(description="how far around the first the others begin")] = 10.0
    authorised: Annotated[bool, Meta(description="what is true, whatever the site knows")] = False
    identity: Claim | None = None
    broadcasts: Annotated[tuple[Literal["adsb", "remote_id"], ...], Meta(description="how it tells its position")] = ()
    emitter: Annotated[Text | None, Meta(description="the radio link that direction finders hear; none: it flies dark")] = None
    pilot: Annotated[Ground | None, Meta(description="where its controller stands, which direction finders hear too")] = None


class Traffic(Table, kw_only=True):
    """Flights at random around the middle of the site: load, not story."""

    id: Name
    kind: Literal["multirotor", "fpv", "helicopter", "fixed_wing"] = "multirotor"
    count: Annotated[int, Meta(ge=1, le=5000)]
    radius_m: Annotated[Positive, Meta(description="they stay this near the middle of the site")] = 4000.0
    height_agl_m: Annotated[tuple[NonNegative, Positive], Meta(description="between these heights")] = (30.0, 150.0)
    speed_mps: Annotated[tuple[Positive, Positive], Meta(description="between these speeds")] = (5.0, 15.0)
    authorised: bool = False
    emitter: Text | None = None


class Spread(Table):
    """How far a bias is off from day to day: its standard deviation, drawn once a seed."""

    range_m: NonNegative = 0.0
    azimuth_deg: Annotated[float, Meta(ge=0.0, le=90.0)] = 0.0
    elevation_deg: Annotated[float, Meta(ge=0.0, le=45.0)] = 0.0


class Fakes(Table):
    """Remote ID that a sender on the ground makes up: identities that fly nowhere."""

    count: Annotated[int, Meta(ge=1, le=1000, description="how many identities it pretends")]
    middle: Annotated[Ground, Meta(description="around which they pretend to fly")]
    radius_m: Annotated[Positive, Meta(description="the widest circle pretended")] = 500.0
    height_agl_m: Annotated[tuple[NonNegative, Positive], Meta(description="between these heights")] = (30.0, 120.0)
    speed_mps: Annotated[Positive, Meta(description="of each around its circle")] = 8.0
    between_s: Annotated[tuple[Second, Second], Meta(description="it sends from, to")] = (0.0, 86_400.0)


class Building(Table):
    """A block that hides what is behind it: its outline on the ground, and its height."""

    footprint_deg: Annotated[
        tuple[tuple[Latitude, Longitude], ...], Meta(min_length=3, description="[latitude, longitude] of each corner, in turn")
    ]
    height_m: Annotated[Positive, Meta(description="above the site's ground")]


class Bias(Table):
    """What a sensor is really off by, the same all day."""

    range_m: Annotated[float, Meta(ge=-1e4, le=1e4)] = 0.0
    azimuth_deg: Annotated[float, Meta(ge=-180.0, le=180.0)] = 0.0
    elevation_deg: Annotated[float, Meta(ge=-90.0, le=90.0)] = 0.0
    time_s: Annotated[float, Meta(ge=-60.0, le=60.0, description="its clock is ahead by this")] = 0.0


class Echo(Table):
    """What a radar hears of a target: enough to tell how often it detects one of any kind at any range."""

    range_m: Annotated[Positive, Meta(description="where the mean echo of `rcs_dbsm` is `snr_db` above the noise")]
    snr_db: Annotated[float, Meta(ge=-30.0, le=60.0)] = 13.0
    rcs_dbsm: Annotated[float, Meta(ge=-60.0, le=60.0)] = -20.0
    false_alarm: Annotated[float, Meta(gt=0.0, lt=1.0, description="probability in one cell: sets the threshold")] = 1e-6


class Behaviour(Table):
    """How a configured sensor really behaves, where that is not plain."""

    id: Annotated[Name, Meta(description="a sensor of the site's configuration")]
    rotating: Annotated[bool, Meta(description="an antenna that turns once a period: every plot has its own time")] = False
    preset: Annotated[
        Literal["drone-radar-2d", "aesa-radar", "rf-finder", "tdoa-net", "consumer-camera"] | None,
        Meta(description="a sensor of known make-up; keys beside it override single figures"),
    ] = None
    accuracy: Annotated[Accuracy, Meta(description="its true noise, axis by axis, where it is not what the site was told")] = (
        Accuracy()
    )
    bias: Bias = Bias()
    bias_sigma: Annotated[Spread, Meta(description="a further bias of this spread, constant all day")] = Spread()
    delay_s: Annotated[Second, Meta(description="from the look to its arrival")] = 0.1
    jitter_s: Annotated[Second, Meta(description="mean of a random further delay; above the period it reorders")] = 0.0
    loss: Annotated[Share, Meta(description="share of messages that never arrive")] = 0.0
    duplicates: Annotated[Share, Meta(description="share of messages that arrive twice")] = 0.0
    outages: Annotated[tuple[tuple[Second, Second], ...], Meta(description="from, to: it is off, and boots anew")] = ()
    correlation_s: Annotated[Second, Meta(description="its errors are correlated over this time; 0: white")] = 0.0
    gap_s: Annotated[Second, Meta(description="its misses are correlated over this time; 0: each look alone")] = 0.0
    detection_by_range: Annotated[
        tuple[tuple[Positive, Share], ...],
        Meta(description="[to this range, probability] in steps, instead of the configured probability"),
    ] = ()
    echo: Annotated[Echo | None, Meta(description="detection by the radar equation, instead of the configured probability")] = (
        None
    )
    fakes: Annotated[Fakes | None, Meta(description="made-up identities that a Remote ID receiver hears")] = None
    repeats: Annotated[Share, Meta(description="share of broadcasts that are the last one again, with its old time")] = 0.0
    folds: Annotated[Share, Meta(description="share of bearings that point the opposite way")] = 0.0
    ground_reach_m: Annotated[Positive, Meta(description="a direction finder hears controllers on the ground this far")] = 800.0
    reference: Annotated[
        Name | None,
        Meta(description="whom a time-difference sensor compares with; the next of its kind in the site's list: a ring"),
    ] = None
    class_accuracy: Annotated[Share, Meta(description="how often the class it names is right; 0: it names none")] = 0.0


class Expectation(Table):
    """What must come of it: a scenario is an acceptance test."""

    actor: Annotated[Name, Meta(description="an actor of this scenario")]
    flagged: Annotated[bool, Meta(description="whether an alert about it must be raised, or must not")]
    by_s: Annotated[Second | None, Meta(description="at the latest, after the start")] = None
    not_before_s: Annotated[Second | None, Meta(description="at the soonest: an alert before this is a false one")] = None
    severity: Annotated[Severity | None, Meta(description="at least this grave; any if left out")] = None
    rule: Annotated[Text | None, Meta(description="the rule that must raise it; any if left out")] = None
    zone: Annotated[Text | None, Meta(description="the zone that it must be about; any if left out")] = None

    @property
    def said(self) -> str:
        """Say it in a line."""
        words = [self.actor, "is flagged" if self.flagged else "is never flagged"]
        words += [f"by {self.rule}"] if self.rule else []
        words += [f"in {self.zone}"] if self.zone else []
        words += [f"as {self.severity} or graver"] if self.severity else []
        words += [f"not before {self.not_before_s:g} s"] if self.not_before_s is not None else []
        words += [f"by {self.by_s:g} s"] if self.by_s is not None else []
        return " ".join(words)


class Broken(Table):
    """How the scenario is broken on purpose: its expectations must then fail, or they would hold whatever happens."""

    why: Annotated[str, Meta(description="what is broken, and what cannot come of it then")]
    off: Annotated[tuple[Name, ...], Meta(description="sensors that say nothing all along")] = ()
    zones: Annotated[bool, Meta(description="false: the site has no zones")] = True
    register: Annotated[bool, Meta(description="false: nobody is registered at the site")] = True


class Scenario(Table):
    """One scenario."""

    name: Name
    site: Annotated[str, Meta(description="the site's configuration, relative to this file")]
    start: Annotated[datetime, Meta(tz=True, description="when it begins, with its offset from UTC")]
    duration_s: Annotated[float, Meta(gt=0.0, le=86_400.0)]
    description: str = ""
    situations: Annotated[tuple[Situation, ...], Meta(description="which standard situations of CWA 18150 it is one of")] = ()
    seed: Annotated[int, Meta(ge=0, le=2**53, description="all chance comes from it")] = 0
    actor: tuple[Actor, ...] = ()
    traffic: tuple[Traffic, ...] = ()
    sensor: tuple[Behaviour, ...] = ()
    building: Annotated[tuple[Building, ...], Meta(description="what no sensor sees or hears through")] = ()
    expect: tuple[Expectation, ...] = ()
    most_alerts_about_nobody: Annotated[Count | None, Meta(description="alerts where no actor is; any number if left out")] = None
    broken: Annotated[Broken | None, Meta(description="the variant that must fail")] = None
