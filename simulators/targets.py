"""Who is in the air: every actor of a scenario, flown, as single targets with their truth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Literal

import msgspec
import numpy as np

from fusion.config import Site
from fusion.messages import CLASSES, Floats, Identity
from simulators import balloon, birds, flight, recorded, surface
from simulators.chance import stream
from simulators.earth import Chart, ecef_from_wgs84
from simulators.scenario import Actor, Kind, Traffic, Waypoint
from simulators.scenario_file import Stage
from simulators.terms import Ground
from simulators.trajectory import STEP, Leg, Route, Trajectory

USUAL_SPEED: dict[Kind, float] = {
    "multirotor": 12.0,  # PX4's MPC_XY_VEL_MAX
    "fpv": 25.0,  # DJI FPV, 27 m/s in S mode
    "helicopter": 55.0,  # EC145, cruise 240 km/h less what a city asks
    "fixed_wing": 20.0,  # small survey drones cruise at 15–25 m/s
    "airliner": 90.0,
    "bird_flock": birds.USUAL_SPEED,
    "balloon": balloon.USUAL_CLIMB,
    "boat": 4.0,  # the Seine's limit in Paris is 18 km/h on the side arms (Règlement particulier de police)
    "vehicle": 13.9,  # 50 km/h, in towns
}

Thing = Kind | Literal["bird", "car"]
"""What may move: what flies on purpose, and clutter."""

CLASS_OF: dict[Thing, str] = {
    "multirotor": "multirotor",
    "fpv": "multirotor",
    "helicopter": "manned",
    "fixed_wing": "fixed_wing",
    "airliner": "manned",
    "bird_flock": "bird",
    "balloon": "other",
    "boat": "other",
    "vehicle": "other",
    "bird": "bird",
    "car": "other",
}

RCS_DBSM: dict[Thing, float] = {
    # Typical mean radar cross-sections at X band. Drones: Patel, Fioranelli & Anderson, "Review of radar classification and
    # RCS characterisation techniques for small UAVs", IET RSN 12, 2018. Birds, aircraft, boats (a pleasure boat of 2 m²), cars
    # (100 m²): Skolnik, Introduction, table 2.2. Balloon: a metallised one of 0.45 m, π r².
    "multirotor": -20.0,
    "fpv": -23.0,
    "fixed_wing": -15.0,
    "bird_flock": -20.0,
    "helicopter": 5.0,
    "airliner": 20.0,
    "balloon": -8.0,
    "boat": 3.0,
    "vehicle": 20.0,
}


@dataclass(frozen=True, eq=False)
class Target:
    """One thing in the air, and all that is true of it."""

    id: str
    actor: str  # whose member it is
    kind: Thing
    trajectory: Trajectory
    authorised: bool = False
    identity: Identity | None = None
    broadcasts: tuple[str, ...] = ()
    tells_off: tuple[float, float, float] = (0.0, 0.0, 0.0)  # m east, north, up of its place: where it says that it is
    links: tuple[str, ...] = ()  # the radio links that it sends by; the first is its controller's too
    controller_on: float = 0.0  # s before take-off and after landing that its controller sends
    pilot: tuple[float, float] | None = None  # latitude, longitude, rad
    controller: Floats | None = None  # (3,) m, earth-centred: where its pilot sends from

    rcs: float | None = None  # dBsm, its own mean; its kind's where it has none

    @property
    def rcs_dbsm(self) -> float:
        """Its mean radar cross-section."""
        return RCS_DBSM[self.kind] if self.rcs is None else self.rcs

    @property
    def class_index(self) -> int:
        """Which of CLASSES it is."""
        return CLASSES.index(CLASS_OF[self.kind])


def chart(site: Site) -> Chart:
    """Give the flat map that a site's actors are flown in."""
    ground = site.ground_amsl_m + site.geoid_undulation_m
    return Chart(site.latitude_deg, site.longitude_deg, ground, site.geoid_undulation_m)


def targets(stage: Stage) -> tuple[Target, ...]:
    """Fly every actor of a scenario; give what is in the air at some time of it, in the scenario's order."""
    at = chart(stage.site.site)
    flown = [target for actor in stage.scenario.actor for target in _actor(stage, at, actor)]
    return (*flown, *(target for traffic in stage.scenario.traffic for target in _traffic(stage, at, traffic)))


def _actor(stage: Stage, at: Chart, actor: Actor) -> list[Target]:
    """Fly one actor: itself, or each member of its flock or swarm."""
    duration = stage.scenario.duration_s - actor.take_off_s
    if duration <= 0.0:
        return []
    paths, step = _paths(stage, at, actor, duration), birds.STEP if _flocks(actor) else STEP
    return [
        _target(actor, i, Trajectory(actor.take_off_s, step, at.ecef(path)), at) for i, path in enumerate(paths) if len(path) > 1
    ]


def _flocks(actor: Actor) -> bool:
    return actor.kind == "bird_flock" and not actor.trajectory


def _paths(stage: Stage, at: Chart, actor: Actor, duration: float) -> list[Floats]:
    """Give the chart points of each member."""
    sky, legs = flight.Sky(stage.scenario.wind, at.ground), [_leg(at, actor, waypoint) for waypoint in actor.route]
    chance = partial(stream, stage.scenario.seed, "actor", actor.id)
    if _flocks(actor):
        wind = sky.mean(np.array([np.mean([leg.point[2] for leg in legs])]))[0]
        return list(birds.fly(legs, actor.count, actor.spread_m, duration, chance("flight"), wind=wind))
    members = [chance("flight", str(i)) for i in range(actor.count)]
    asides = [_aside(actor, random) if i else np.zeros(3) for i, random in enumerate(members)]
    if actor.trajectory:
        flown = recorded.fly(stage.recorded[actor.trajectory], at, duration)
        return [flown + aside for aside in asides]
    orders = [
        flight.Order(_route(actor, legs, aside), random, partial(chance, "gusts", str(i)))
        for i, (aside, random) in enumerate(zip(asides, members, strict=True))
    ]
    return flight.fly(actor.kind, orders, sky, duration)


def _leg(at: Chart, actor: Actor, waypoint: Waypoint) -> Leg:
    if waypoint.height_agl_m is not None:
        height = waypoint.height_agl_m + at.ground
    else:
        height = (waypoint.altitude_amsl_m or 0.0) + at.undulation
    speed = waypoint.speed_mps or actor.speed_mps or USUAL_SPEED[actor.kind]
    return Leg(at.point(waypoint.latitude_deg, waypoint.longitude_deg, height), speed, waypoint.hover_s)


def _aside(actor: Actor, random: np.random.Generator) -> Floats:
    """Give how far beside the first another member of a swarm flies."""
    angle, distance = random.uniform(0.0, math.tau), actor.spread_m * math.sqrt(random.uniform())
    return np.array([distance * math.cos(angle), distance * math.sin(angle), 0.0])


def _route(actor: Actor, legs: list[Leg], aside: Floats) -> Route:
    first, last = actor.route[0], actor.route[-1]
    return Route(
        [leg._replace(point=leg.point + aside) for leg in legs] if aside.any() else legs,
        from_rest=len(legs) == 1 or first.height_agl_m == 0.0 or first.hover_s > 0.0,
        landing=last.height_agl_m == 0.0 and actor.kind not in surface.LIMITS,
    )


def _target(actor: Actor, member: int, trajectory: Trajectory, at: Chart) -> Target:
    identity = None if actor.identity is None else msgspec.convert(actor.identity, Identity, from_attributes=True)
    if identity and identity.serial and member:  # each of a swarm says a serial of its own
        identity = msgspec.structs.replace(identity, serial=f"{identity.serial[:-3]}{member:03d}")
    return Target(
        id=actor.id if actor.count == 1 else f"{actor.id}-{member + 1}",
        actor=actor.id,
        kind=actor.kind,
        trajectory=trajectory,
        authorised=actor.authorised,
        identity=identity,
        broadcasts=actor.broadcasts,
        tells_off=actor.tells_off_m,
        links=(actor.emitter,) if isinstance(actor.emitter, str) else actor.emitter or (),
        controller_on=actor.controller_on_s,
        pilot=None if actor.pilot is None else (math.radians(actor.pilot.latitude_deg), math.radians(actor.pilot.longitude_deg)),
        controller=None if actor.pilot is None else _standing(actor.pilot, at),
    )


def _standing(pilot: Ground, at: Chart) -> Floats:
    """Give where a pilot holds the controller: 1.5 m above the site's ground."""
    return ecef_from_wgs84(math.radians(pilot.latitude_deg), math.radians(pilot.longitude_deg), at.ground + 1.5)


def _traffic(stage: Stage, at: Chart, traffic: Traffic) -> list[Target]:
    """Fly between random points of the circle, each at its own speed and about its own height."""
    duration, orders = stage.scenario.duration_s, []
    chance = partial(stream, stage.scenario.seed, "traffic", traffic.id)
    links: tuple[str, ...] = (traffic.emitter,) if traffic.emitter else ()
    for i in range(traffic.count):
        random = chance(str(i))
        speed, height = random.uniform(*traffic.speed_mps), random.uniform(*traffic.height_agl_m)
        route = Route(_ramble(traffic, at, speed, height, speed * (duration + 30.0), random), from_rest=False, landing=False)
        orders.append(flight.Order(route, random, partial(chance, "gusts", str(i))))
    paths = flight.fly(traffic.kind, orders, flight.Sky(stage.scenario.wind, at.ground), duration)
    return [
        Target(
            f"{traffic.id}-{i}",
            traffic.id,
            traffic.kind,
            Trajectory(0.0, STEP, at.ecef(path)),
            traffic.authorised,
            links=links,
        )
        for i, path in enumerate(paths, 1)
    ]


def _ramble(traffic: Traffic, at: Chart, speed: float, height: float, way: float, random: np.random.Generator) -> list[Leg]:
    """Go from point to point of the circle, and stop where the way is used up."""
    legs = [Leg(_somewhere(traffic, at, height, random), speed, 0.0)]
    while way > 0.0:
        aim = _somewhere(traffic, at, height, random) - legs[-1].point
        length = float(np.linalg.norm(aim))
        legs.append(Leg(legs[-1].point + aim * min(1.0, way / length), speed, 0.0))
        way -= length
    return legs


def _somewhere(traffic: Traffic, at: Chart, height: float, random: np.random.Generator) -> Floats:
    """Pick a point of the circle, uniformly, within 10 m of the flight's height."""
    angle, distance = random.uniform(0.0, math.tau), traffic.radius_m * math.sqrt(random.uniform())
    return np.array([distance * math.cos(angle), distance * math.sin(angle), at.ground + height + random.uniform(-10.0, 10.0)])
