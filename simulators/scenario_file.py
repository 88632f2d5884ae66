"""Reads a scenario and its site, and explains by key and line what does not hold together."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from fusion import config_file
from fusion.config import Config, Sensor
from fusion.config_checks import Key
from fusion.errors import ConfigError
from fusion.messages import nanoseconds
from simulators import balloon, birds, fixed_wing, presets, recorded, rotorcraft, scenario_sensors, surface
from simulators.behaviour import Behaviour
from simulators.scenario import Actor, Scenario

LIBRARY = Path(__file__).parent / "scenarios"
"""The scenarios that come with the house."""

TOP_SPEED: dict[str, float] = {
    **{kind: rotors.speed for kind, rotors in rotorcraft.LIMITS.items()},
    **{kind: wings.speed for kind, wings in fixed_wing.LIMITS.items()},
    **{kind: ground.speed for kind, ground in surface.LIMITS.items()},
    "bird_flock": birds.SPEED[1],
    "balloon": balloon.TOP_CLIMB,
}

LEAST_SPEED: dict[str, float] = {kind: wings.least for kind, wings in fixed_wing.LIMITS.items()}

FORWARD = {"fixed_wing", "airliner", "bird_flock"}
"""The kinds that cannot stand still in the air."""

Fault = tuple[Key, str]


class Stage(NamedTuple):
    """A scenario at its site: everything that a simulation is a function of."""

    scenario: Scenario
    site: Config
    site_path: Path
    recorded: Mapping[str, list[recorded.Row]] = MappingProxyType({})
    """The recorded flights, by their names in the scenario."""

    @property
    def start(self) -> int:
        """When it begins, ns."""
        return nanoseconds(self.scenario.start)

    def behaviour(self, sensor: str) -> Behaviour:
        """Give how a sensor behaves; plainly, where the scenario says nothing."""
        return next((told for told in self.scenario.sensor if told.id == sensor), Behaviour(id=sensor))

    def reference(self, sensor: Sensor) -> Sensor | None:
        """Give the receiver that a time-difference sensor compares with; None for any other kind, or where there is none."""
        if sensor.kind != "tdoa":
            return None
        net = [one for one in self.site.sensor if one.kind == "tdoa"]
        at, wanted = net.index(sensor), self.behaviour(sensor.id).reference
        ring = net[at + 1 :] + net[:at]
        return next((one for one in ring if wanted in {None, one.id}), None)

    def starting(self, start: datetime) -> Stage:
        """Give the same scenario at another time, to the whole millisecond: live, it begins now."""
        start = start.astimezone(UTC)
        whole = start.replace(microsecond=start.microsecond // 1000 * 1000)
        return self._replace(scenario=msgspec.structs.replace(self.scenario, start=whole))

    def seeded(self, seed: int) -> Stage:
        """Give the same scenario with other chances."""
        return self._replace(scenario=msgspec.structs.replace(self.scenario, seed=seed))

    def broken(self) -> Stage:
        """Give the variant of the scenario that must fail; raise ConfigError where it tells none."""
        how = self.scenario.broken
        if how is None:
            raise ConfigError(f"{self.scenario.name}: has no [broken] table; expected how it is broken on purpose")
        silent = ((0.0, self.scenario.duration_s),)
        told = tuple(one for one in self.scenario.sensor if one.id not in how.off)
        told += tuple(msgspec.structs.replace(self.behaviour(name), outages=silent) for name in how.off)
        zones = self.site.zones
        files, register = zones.files if how.zones else (), zones.register if how.register else None
        site = msgspec.structs.replace(self.site, zones=msgspec.structs.replace(zones, files=files, register=register))
        return self._replace(scenario=msgspec.structs.replace(self.scenario, sensor=told), site=site)


def find(name: str) -> Path:
    """Give the path of a scenario file: as it is, or by its name in the library."""
    path = Path(name)
    if path.suffix == ".toml" or path.exists():
        return path
    if (known := LIBRARY / f"{name}.toml").is_file():
        return known
    raise ConfigError(f"{name}: is neither a file nor a scenario of the library ({', '.join(library())})")


def library() -> list[str]:
    """Name the scenarios that come with the house."""
    stems = sorted(path.stem for path in LIBRARY.glob("*.toml"))
    return [stem for stem in stems if not stem.endswith("_site") and not stem.startswith("register_")]


def load(path: Path) -> Stage:
    """Read a scenario and the site beside it; raise ConfigError naming every fault."""
    tree, source = config_file.read(path)
    scenario = config_file.convert(presets.filled(tree), Scenario, source, _contradictions)
    site_path = path.parent / scenario.site
    if not site_path.is_file():
        raise ConfigError(f"{source.where(('site',))}: there is no file {str(site_path)!r}")
    site = config_file.load(site_path, {})
    flights = {actor.trajectory: recorded.read(path.parent / actor.trajectory) for actor in scenario.actor if actor.trajectory}
    stage = Stage(scenario, site, site_path, flights)
    if faults := _misfits(scenario, site) + _lonely(stage):
        raise ConfigError("\n".join(f"{source.where(key)}: {text}" for key, text in faults))
    return stage


def _lonely(stage: Stage) -> list[Fault]:
    """Find time-difference sensors without a reference to compare with."""
    return [
        (("site",), f"{stage.scenario.site}: sensor {sensor.id!r} has no other of kind 'tdoa' to compare its times with")
        for sensor in stage.site.sensor
        if sensor.kind == "tdoa" and stage.reference(sensor) is None
    ]


def _contradictions(scenario: Scenario) -> list[Fault]:
    """Find what no single key can be blamed for."""
    faults = _twice("actor", [actor.id for actor in scenario.actor])
    faults += _named_twice(scenario)
    faults += _twice("crowd", [cell.id for cell in scenario.crowd])
    faults += [
        (("crowd", i, "people"), "goes back in time; expected [time, number] in the order of time")
        for i, cell in enumerate(scenario.crowd)
        if [at for at, _ in cell.people] != sorted({at for at, _ in cell.people})
    ]
    faults += _twice("sensor", [sensor.id for sensor in scenario.sensor])
    faults += [fault for i, actor in enumerate(scenario.actor) for fault in _faults_of_actor(("actor", i), actor)]
    faults += scenario_sensors.contradictions(scenario)
    names = {actor.id for actor in scenario.actor} | {traffic.id for traffic in scenario.traffic}
    faults += [
        (("expect", i, "actor"), f"{expectation.actor!r} is no actor of this scenario ({', '.join(sorted(names))})")
        for i, expectation in enumerate(scenario.expect)
        if expectation.actor not in names
    ]
    faults += [
        (("expect", i, "not_before_s"), f"{one.not_before_s:g} s is after by_s, {one.by_s:g} s")
        for i, one in enumerate(scenario.expect)
        if one.by_s is not None and one.not_before_s is not None and one.not_before_s > one.by_s
    ]
    if (how := scenario.broken) and not how.off and how.zones and how.register:
        faults.append((("broken",), "breaks nothing; expected off = [...], zones = false or register = false"))
    return faults


def _twice(table: str, names: list[str]) -> list[Fault]:
    return [
        ((table, i, "id"), f"{name!r} names {table}[{names.index(name)}] already; ids are unique")
        for i, name in enumerate(names)
        if names.index(name) < i
    ]


def _named_twice(scenario: Scenario) -> list[Fault]:
    """Find clutter that is called as somebody else: chances go by names."""
    others = {actor.id for actor in scenario.actor} | {traffic.id for traffic in scenario.traffic}
    names = [("birds", i, birds.id) for i, birds in enumerate(scenario.birds)]
    names += [("road", i, road.id) for i, road in enumerate(scenario.road)]
    told = [name for _, _, name in names]
    return [
        ((table, i, "id"), f"{name!r} is called so already; ids are unique")
        for k, (table, i, name) in enumerate(names)
        if name in others or name in told[:k]
    ]


def _faults_of_actor(key: Key, actor: Actor) -> list[Fault]:
    return (
        _faults_of_route(key, actor)
        + _faults_of_speed(key, actor)
        + _faults_of_identity(key, actor)
        + _faults_of_notes(key, actor)
    )


def _faults_of_notes(key: Key, actor: Actor) -> list[Fault]:
    return [
        ((*key, "notes", i, "at_s"), f"{note.at_s:g} s is before take_off_s, {actor.take_off_s:g} s")
        for i, note in enumerate(actor.notes)
        if note.at_s < actor.take_off_s
    ]


def _faults_of_route(key: Key, actor: Actor) -> list[Fault]:
    faults: list[Fault] = [
        ((*key, "route", i), "needs height_agl_m or altitude_amsl_m, and not both")
        for i, waypoint in enumerate(actor.route)
        if (waypoint.height_agl_m is None) == (waypoint.altitude_amsl_m is None)
    ]
    faults += [
        ((*key, "route", i, "hover_s"), f"{_a(actor.kind)} cannot hover")
        for i, waypoint in enumerate(actor.route)
        if waypoint.hover_s and actor.kind in FORWARD
    ]
    if bool(actor.route) == bool(actor.trajectory):
        faults.append(((*key, "route"), "needs a route of one waypoint at least or a trajectory, and not both"))
    if actor.kind == "balloon" and len(actor.route) > 1:
        faults.append(((*key, "route"), "a balloon goes where the wind does; expected the one waypoint that it rises from"))
    if actor.kind in FORWARD and len(actor.route) == 1:
        faults.append(((*key, "route"), f"{_a(actor.kind)} cannot stay in one place; give it two waypoints at least"))
    faults += [
        ((*key, "route", i + 1), f"{_a(actor.kind)} cannot climb on the spot; move it from the waypoint before")
        for i, (before, after) in enumerate(itertools.pairwise(actor.route))
        if actor.kind in FORWARD and (before.latitude_deg, before.longitude_deg) == (after.latitude_deg, after.longitude_deg)
    ]
    return faults


def _faults_of_speed(key: Key, actor: Actor) -> list[Fault]:
    asked = [((*key, "speed_mps"), actor.speed_mps)]
    asked += [((*key, "route", i, "speed_mps"), waypoint.speed_mps) for i, waypoint in enumerate(actor.route)]
    most, least = TOP_SPEED[actor.kind], LEAST_SPEED.get(actor.kind, 0.0)
    faults = [(where, f"{_a(actor.kind)} goes at {most:g} m/s at most") for where, speed in asked if speed and speed > most]
    return faults + [
        (where, f"{_a(actor.kind)} flies at {least:g} m/s at least") for where, speed in asked if speed and speed < least
    ]


def _faults_of_identity(key: Key, actor: Actor) -> list[Fault]:
    if actor.controller_on_s and not (actor.pilot and actor.emitter):
        return [((*key, "controller_on_s"), "needs a pilot and an emitter, or there is no controller that sends")]
    if not actor.broadcasts:
        return []
    if actor.identity is None:
        return [((*key, "broadcasts"), "needs an identity to broadcast")]
    if "adsb" in actor.broadcasts and actor.identity.icao24 is None:
        return [((*key, "identity", "icao24"), "is missing; expected what its ADS-B broadcasts carry")]
    return []


def _misfits(scenario: Scenario, site: Config) -> list[Fault]:
    """Find what does not fit the site: sensors that it does not have or that cannot be simulated."""
    names = [sensor.id for sensor in site.sensor]
    faults: list[Fault] = [
        (("sensor", i, "id"), f"{told.id!r} is no sensor of {scenario.site} ({', '.join(names)})")
        for i, told in enumerate(scenario.sensor)
        if told.id not in names
    ]
    faults += scenario_sensors.misfits(scenario, site)
    faults += [
        (("broken", "off", i), f"{name!r} is no sensor of {scenario.site} ({', '.join(names)})")
        for i, name in enumerate(scenario.broken.off if scenario.broken else ())
        if name not in names
    ]
    return faults


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
