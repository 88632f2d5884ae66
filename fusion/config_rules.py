"""The rules' part of the configuration: which are on, in which order they lead, and the figures of each with their reasons."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from fusion.config_table import NonNegative, Positive, Probability, Table

Rule = Literal[
    "intrusion",
    "predicted_entry",
    "low_and_fast",
    "loitering",
    "pilot_inside",
    "altitude_limit",
    "no_identification",
    "bearing",
    "swarm",
    "contradicted_claim",
    "lost_friendly",
    "sensor_lost",
    "lost_anchor",
]

ORDER: tuple[Rule, ...] = (
    "intrusion",
    "predicted_entry",
    "low_and_fast",
    "loitering",
    "pilot_inside",
    "altitude_limit",
    "no_identification",
    "bearing",
)
"""Rules about one track and one zone, the gravest first: they share one alert, and the first that is met leads it."""

Enabled = Annotated[bool, Meta(description="whether the rule is judged at all")]


class Switch(Table):
    """A rule without figures of its own."""

    enabled: Enabled = True


class LowAndFast(Table):
    """Near a zone, nearer to the ground and faster than somebody who takes pictures, and coming closer."""

    enabled: Enabled = True
    below_agl_m: Annotated[
        Positive, Meta(description="above ground; under roofs and tree tops, where radars see late and nobody films at speed")
    ] = 30.0
    above_mps: Annotated[
        Positive,
        Meta(description="in plan; the EU's classes C0 and C1 do 19 m/s at most (2019/945): this does more"),
    ] = 19.0
    near_m: Annotated[NonNegative, Meta(description="to a zone's outline: some 50 s at the lowest such speed")] = 1000.0


class Loitering(Table):
    """Near a zone for long, without leaving a small circle: somebody looks, or waits."""

    enabled: Enabled = True
    for_s: Annotated[
        Positive, Meta(description="a drone that passes, at 3 m/s even, is out of the circle after half of this")
    ] = 60.0
    radius_m: Annotated[
        Positive, Meta(description="of the circle: an orbit of 50 m around what is filmed fits, wherever it was first seen on it")
    ] = 100.0
    near_m: Annotated[
        NonNegative, Meta(description="to a zone's outline: a crowd is recognised and the zone reached within half a minute")
    ] = 500.0


class PilotInside(Table):
    """Whoever flies without leave says to stand inside a restricted zone."""

    enabled: Enabled = True
    types: Annotated[
        tuple[Literal["USPACE", "PROHIBITED", "REQ_AUTHORIZATION", "CONDITIONAL"], ...],
        Meta(description="ED-318 types of the zones in which that matters: those where leave is needed"),
    ] = ("PROHIBITED", "REQ_AUTHORIZATION")


class AltitudeLimit(Table):
    """Over a zone's outline, at whatever height the zone ends, higher than drones may fly."""

    enabled: Enabled = True
    above_agl_m: Annotated[
        Positive, Meta(description="above ground; 120 m is the open category's limit in the EU (2019/947, UAS.OPEN.010)")
    ] = 120.0
    sigmas: Annotated[
        NonNegative, Meta(description="by how many sigmas of its height: at 2, one in 44 just under the limit is called too high")
    ] = 2.0


class NoIdentification(Table):
    """Inside a zone where drones must say who they are, heard by nobody though somebody listens."""

    enabled: Enabled = True
    types: Annotated[
        tuple[Literal["USPACE", "PROHIBITED", "REQ_AUTHORIZATION", "CONDITIONAL"], ...],
        Meta(description="ED-318 types of the zones where it is compulsory: in U-space it is by law (EU 2021/664, art. 8)"),
    ] = ("USPACE",)
    zones: Annotated[tuple[str, ...], Meta(description="identifiers of other zones where it is compulsory")] = ()
    after_s: Annotated[
        NonNegative, Meta(description="age of the track; ten broadcasts (one a second, ASTM F3411) are not all lost by chance")
    ] = 10.0


class Swarm(Table):
    """A group that moves as one: neighbours with one velocity, for some time."""

    enabled: Enabled = True
    least: Annotated[int, Meta(ge=2, le=1000, description="members; two may be friends, three that keep together are flown")] = 3
    apart_m: Annotated[
        Positive, Meta(description="between neighbours at most: within it a second's flight, and what radars err, changes little")
    ] = 150.0
    differ_mps: Annotated[
        Positive,
        Meta(description="between neighbours' velocities at most: radar tracks of a formation differ by 1 to 2 m/s"),
    ] = 3.0
    moving_mps: Annotated[
        NonNegative, Meta(description="in plan, for two to be found together; who only hovers side by side is no swarm")
    ] = 4.0
    for_s: Annotated[
        Positive,
        Meta(description="how long they must keep together: two that cross at 10 m/s and 20° are 28 m further apart by then"),
    ] = 8.0
    near_m: Annotated[NonNegative, Meta(description="of a member to a zone's outline: two minutes at 10 m/s and some")] = 1500.0


class ContradictedClaim(Table):
    """What a transmitter says of itself cannot be true, or is measured to be false."""

    enabled: Enabled = True
    together: Annotated[
        int,
        Meta(ge=2, le=1000, description="from so many at once they are told as one alert: somebody makes them up by the dozen"),
    ] = 4


class LostFriendly(Table):
    """Who may be there was over a zone, in the air, and is heard no longer."""

    enabled: Enabled = True
    after_s: Annotated[
        Positive, Meta(description="of silence; ten broadcasts in a row are not lost by chance, a battery change takes minutes")
    ] = 10.0
    above_agl_m: Annotated[NonNegative, Meta(description="lower than this it may have landed, hidden by houses")] = 20.0
    forget_s: Annotated[Positive, Meta(description="after which nobody waits for it any longer")] = 120.0


class SensorLost(Table):
    """A sensor that was there is silent or off while a threat is active: what it saw may go unseen."""

    enabled: Enabled = True


class Exposure(Table):
    """People below: where a stand is full, an alert is a step more severe."""

    enabled: Enabled = True
    full: Annotated[
        int,
        Meta(ge=1, le=1_000_000, description="people from which on a cell is full: a block that nobody leaves at once"),
    ] = 300


class Escalation(Table):
    """An alert that nobody takes asks louder: `escalation` on it counts up, for a console, a pager or a webhook to act upon."""

    critical_s: Annotated[
        NonNegative, Meta(description="unacknowledged for so long; a critical alarm is answered within a minute. 0: never")
    ] = 60.0
    warning_s: Annotated[NonNegative, Meta(description="likewise; a drone at 15 m/s flies 4.5 km meanwhile. 0: never")] = 300.0
    steps: Annotated[int, Meta(ge=1, le=10, description="how often: the shift leader, then whoever is above")] = 2


class Flood(Table):
    """More alarms than people can read: lesser ones are held back, counted in `status`; a critical one never is."""

    operators: Annotated[int, Meta(ge=1, le=100, description="people who answer alarms here")] = 1
    begins: Annotated[
        int,
        Meta(ge=1, le=10_000, description="alarms of an operator in ten minutes: from ten on it is a flood (ISA-18.2)"),
    ] = 10
    ends: Annotated[int, Meta(ge=0, le=10_000, description="and it is over below this (ISA-18.2: five)")] = 5
    warnings: Annotated[
        int, Meta(ge=1, le=10_000, description="from so many on warnings are held back too, not advisories alone")
    ] = 30


class Rules(Table):
    """When an alert is raised and when it is over. Each figure says why in docs/configuration.md."""

    horizon_s: Annotated[Positive, Meta(description="how far ahead entry is predicted; 60 s is what a patrol can still use")] = (
        60.0
    )
    entry_probability: Annotated[
        Probability, Meta(description="predicted entry is raised above this; half: more likely than not")
    ] = 0.5
    release_probability: Annotated[
        Probability, Meta(description="and is over below this; well under the former, or alerts flutter")
    ] = 0.2
    identify_s: Annotated[
        NonNegative,
        Meta(
            description="a new track without an identity may raise nothing before it is this old: broadcasts come once a second "
            "(ASTM F3411), so it has three chances to say who it is, and its sensors to tell a bird"
        ),
    ] = 3.0
    settle_s: Annotated[
        NonNegative,
        Meta(
            description="and an entry that is not nearly sure (80 %) is predicted only when it is this much older: with one or "
            "two looks more its course is known twice as well, and most birds and false tracks are told"
        ),
    ] = 2.0
    raise_after_s: Annotated[
        NonNegative, Meta(description="a condition must hold this long before it is raised; nought: tracks are confirmed already")
    ] = 0.0
    clear_after_s: Annotated[Positive, Meta(description="and be gone this long before it is cleared")] = 10.0
    exit_margin_m: Annotated[NonNegative, Meta(description="a track inside stays inside until it is this far out")] = 25.0
    order: Annotated[
        tuple[Rule, ...],
        Meta(
            description="rules that go before the others where one track meets several in one zone: the first that is met names "
            f"the alert. Those that are not named here follow as {', '.join(ORDER)}"
        ),
    ] = ()
    intrusion: Switch = Switch()
    predicted_entry: Switch = Switch()
    bearing: Annotated[
        Switch,
        Meta(description="off where direction finders hear much that is nobody's concern"),
    ] = Switch()
    lost_anchor: Switch = Switch()
    low_and_fast: LowAndFast = LowAndFast()
    loitering: Loitering = Loitering()
    pilot_inside: PilotInside = PilotInside()
    altitude_limit: AltitudeLimit = AltitudeLimit()
    no_identification: NoIdentification = NoIdentification()
    swarm: Swarm = Swarm()
    contradicted_claim: ContradictedClaim = ContradictedClaim()
    lost_friendly: LostFriendly = LostFriendly()
    sensor_lost: SensorLost = SensorLost()
    exposure: Exposure = Exposure()
    escalation: Escalation = Escalation()
    flood: Flood = Flood()

    @property
    def ranking(self) -> tuple[Rule, ...]:
        """Every rule about one track and one zone, the gravest first, as the site wants it."""
        return (*self.order, *(rule for rule in ORDER if rule not in self.order))
