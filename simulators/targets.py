"""Who is in the air: every actor of a scenario, flown, as single targets with their truth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np

from fusion.config import Site
from fusion.messages import CLASSES, Floats, Identity
from simulators import birds, fixed_wing, recorded, rotorcraft
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
    "bird": "bird",
    "car": "other",
}

RCS_DBSM: dict[Thing, float] = {
    # Typical mean radar cross-sections at X band. Drones: Patel, Fioranelli & Anderson, "Review of radar classification and
    # RCS characterisation techniques for small UAVs", IET RSN 12, 2018. Birds, aircraft: Skolnik, Introduction, table 2.2.
    "multirotor": -20.0,
    "fpv": -23.0,
    "fixed_wing": -15.0,
    "bird_flock": -20.0,
    "helicopter": 5.0,
    "airliner": 20.0,
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
    legs = [_leg(at, actor, waypoint) for waypoint in actor.route]
    if actor.kind == "bird_flock" and not actor.trajectory:
        random = stream(stage.scenario.seed, "actor", actor.id, "flight")
        paths, step = list(birds.fly(legs, actor.count, actor.spread_m, duration, random)), birds.STEP
    else:
        paths, step = [_path(stage, actor, legs, i, duration) for i in range(actor.count)], STEP
    return [
        _target(actor, i, Trajectory(actor.take_off_s, step, at.ecef(path)), at) for i, path in enumerate(paths) if len(path) > 1
    ]


def _leg(at: Chart, actor: Actor, waypoint: Waypoint) -> Leg:
    if waypoint.height_agl_m is not None:
        height = waypoint.height_agl_m + at.ground
    else:
        height = (waypoint.altitude_amsl_m or 0.0) + at.undulation
    speed = waypoint.speed_mps or actor.speed_mps or USUAL_SPEED[actor.kind]
    return Leg(at.point(waypoint.latitude_deg, waypoint.longitude_deg, height), speed, waypoint.hover_s)


def _path(stage: Stage, actor: Actor, legs: list[Leg], member: int, duration: float) -> Floats:
    """Fly one member of a swarm: the same route, beside the first."""
    random = stream(stage.scenario.seed, "actor", actor.id, "flight", str(member))
    aside = np.zeros(3)
    if member:
        angle, distance = random.uniform(0.0, math.tau), actor.spread_m * math.sqrt(random.uniform())
        aside = np.array([distance * math.cos(angle), distance * math.sin(angle), 0.0])
    if actor.trajectory:
        return recorded.fly(stage.recorded[actor.trajectory], chart(stage.site.site), duration) + aside
    if member:
        legs = [leg._replace(point=leg.point + aside) for leg in legs]
    if actor.kind in fixed_wing.LIMITS:
        return fixed_wing.fly(legs, fixed_wing.LIMITS[actor.kind], duration)
    first, last = actor.route[0], actor.route[-1]
    route = Route(
        legs, from_rest=len(legs) == 1 or first.height_agl_m == 0.0 or first.hover_s > 0.0, landing=last.height_agl_m == 0.0
    )
    return rotorcraft.fly(route, rotorcraft.LIMITS[actor.kind], duration, random)


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
    found, links = [], (traffic.emitter,) if traffic.emitter else ()
    for i in range(traffic.count):
        random = stream(stage.scenario.seed, "traffic", traffic.id, str(i))
        speed, height = random.uniform(*traffic.speed_mps), random.uniform(*traffic.height_agl_m)
        legs = _ramble(traffic, at, speed, height, speed * (stage.scenario.duration_s + 30.0), random)
        if traffic.kind in fixed_wing.LIMITS:
            path = fixed_wing.fly(legs, fixed_wing.LIMITS[traffic.kind], stage.scenario.duration_s)
        else:
            route = Route(legs, from_rest=False, landing=False)
            path = rotorcraft.fly(route, rotorcraft.LIMITS[traffic.kind], stage.scenario.duration_s, random)
        trajectory = Trajectory(0.0, STEP, at.ecef(path))
        found.append(Target(f"{traffic.id}-{i + 1}", traffic.id, traffic.kind, trajectory, traffic.authorised, links=links))
    return found


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
