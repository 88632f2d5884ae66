"""What a scenario may say: who flies where, how the configured sensors really err, and what must come of it.

A scenario stands beside a site configuration, the very file that `vigie run` reads. What a sensor claims of itself
(accuracy, coverage, false alarms) is there; what nobody at the site knows (its true bias, its outages) is here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from fusion.config_table import Height, Latitude, Longitude, Name, NonNegative, Positive, Table
from fusion.messages import Severity
from simulators.behaviour import Behaviour
from simulators.terms import Claim, Decibel, Ground, Second, Text

Count = Annotated[int, Meta(ge=0)]
Offset = Annotated[float, Meta(ge=-1e5, le=1e5)]
Kind = Literal["multirotor", "fpv", "helicopter", "fixed_wing", "airliner", "bird_flock", "balloon", "boat", "vehicle"]
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


class Note(Table):
    """What an actor does at a time that no sensor reports: it goes into `events.csv` beside the truth."""

    at_s: Annotated[Second, Meta(description="after the start")]
    text: Annotated[str, Meta(min_length=1, max_length=200, description="such as `payload released`")]


class Actor(Table):
    """Something that flies, floats or drives, or a flock or swarm of it."""

    id: Annotated[Name, Meta(description="its name in the truth; the members of several are `id-1`, `id-2`, …")]
    kind: Kind
    route: Annotated[tuple[Waypoint, ...], Meta(description="waypoints; the last at height 0 is a landing")] = ()
    trajectory: Annotated[
        str | None,
        Meta(description="instead of a route: a recorded flight (.csv, .gpx, .jsonl), relative to this file; from take_off_s on"),
    ] = None
    note: Annotated[str, Meta(description="what a reader should know: payload, intent")] = ""
    notes: Annotated[tuple[Note, ...], Meta(description="what it does when: a payload released")] = ()
    take_off_s: Annotated[Second, Meta(description="when it appears, after the start")] = 0.0
    speed_mps: Annotated[Positive | None, Meta(description="the kind's usual speed if left out")] = None
    count: Annotated[int, Meta(ge=1, le=1000, description="how many fly together")] = 1
    spread_m: Annotated[NonNegative, Meta(description="how far around the first the others begin")] = 10.0
    authorised: Annotated[bool, Meta(description="what is true, whatever the site knows")] = False
    identity: Claim | None = None
    broadcasts: Annotated[tuple[Literal["adsb", "remote_id"], ...], Meta(description="how it tells its position")] = ()
    tells_off_m: Annotated[
        tuple[Offset, Offset, Offset], Meta(description="east, north, up: how far from its place it says that it is")
    ] = (0.0, 0.0, 0.0)
    emitter: Annotated[
        Text | tuple[Text, ...] | None,
        Meta(description="the radio link that finders hear, or several, its controller's first; none: it flies dark"),
    ] = None
    controller_on_s: Annotated[Second, Meta(description="its controller sends this long before take-off and after landing")] = 0.0
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


class Wind(Table, kw_only=True):
    """The wind of the day, and its gusts (MIL-HDBK-1797, low altitude)."""

    speed_mps: Annotated[float, Meta(ge=0.0, le=60.0, description="mean, 10 m above the ground; it grows with height")]
    from_deg: Annotated[float, Meta(ge=0.0, le=360.0, description="whence it blows, clockwise from north")]
    gusts: Annotated[float, Meta(ge=0.0, le=5.0, description="times the handbook's for such a wind; 0: none")] = 1.0
    roughness_m: Annotated[
        float, Meta(gt=0.0, le=3.0, description="of the ground: 0.0002 sea, 0.03 grass, 0.6 suburbs, 1 to 2 a city")
    ] = 0.6


class Birds(Table, kw_only=True):
    """Birds that wander about: radars see them, nobody asks for them, and the truth does not tell of them."""

    id: Name
    count: Annotated[int, Meta(ge=1, le=5000)]
    middle: Annotated[Ground | None, Meta(description="around which they wander; the middle of the site if left out")] = None
    radius_m: Annotated[Positive, Meta(description="outside this they turn back")] = 1500.0
    height_agl_m: Annotated[tuple[NonNegative, Positive], Meta(description="between these heights")] = (10.0, 120.0)
    speed_mps: Annotated[tuple[Positive, Positive], Meta(description="between these speeds, each at its own")] = (8.0, 20.0)
    rcs_dbsm: Annotated[tuple[Decibel, NonNegative], Meta(description="mean cross-section and how it spreads, dB")] = (-25.0, 5.0)


class Road(Table, kw_only=True):
    """Cars on a road, both ways: radars see them, and the truth does not tell of them."""

    id: Name
    line_deg: Annotated[
        tuple[tuple[Latitude, Longitude], ...], Meta(min_length=2, description="[latitude, longitude] of its bends, end to end")
    ]
    cars_per_minute: Annotated[Positive, Meta(description="both ways together, at random")] = 10.0
    speed_mps: Annotated[tuple[Positive, Positive], Meta(description="between these speeds, each at its own")] = (8.0, 14.0)
    rcs_dbsm: Annotated[tuple[Decibel, NonNegative], Meta(description="mean cross-section and how it spreads, dB")] = (20.0, 5.0)


class People(Table, kw_only=True):
    """People on the ground, whom cameras may count."""

    id: Annotated[Name, Meta(description="the cell's name in the counts")]
    latitude_deg: Latitude
    longitude_deg: Longitude
    radius_m: Annotated[float, Meta(gt=0.0, le=2000.0)]
    people: Annotated[
        tuple[tuple[Second, NonNegative], ...], Meta(min_length=1, description="[at this time, so many]; straight between")
    ]


class Building(Table):
    """A block that hides what is behind it: its outline on the ground, and its height."""

    footprint_deg: Annotated[
        tuple[tuple[Latitude, Longitude], ...], Meta(min_length=3, description="[latitude, longitude] of each corner, in turn")
    ]
    height_m: Annotated[Positive, Meta(description="above the site's ground")]


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
    wind: Annotated[Wind | None, Meta(description="none: still air")] = None
    actor: tuple[Actor, ...] = ()
    traffic: tuple[Traffic, ...] = ()
    birds: tuple[Birds, ...] = ()
    road: tuple[Road, ...] = ()
    crowd: tuple[People, ...] = ()
    sensor: tuple[Behaviour, ...] = ()
    building: Annotated[tuple[Building, ...], Meta(description="what no sensor sees or hears through")] = ()
    expect: tuple[Expectation, ...] = ()
    most_alerts_about_nobody: Annotated[Count | None, Meta(description="alerts where no actor is; any number if left out")] = None
    broken: Annotated[Broken | None, Meta(description="the variant that must fail")] = None
