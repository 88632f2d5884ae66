"""What a scenario says of a sensor that cannot be: of itself, or of the sensor that the site has under that name."""

from __future__ import annotations

import sensors
from fusion.config import Config, Sensor
from fusion.config_checks import Key, unbalanced
from simulators import presets
from simulators.behaviour import Behaviour
from simulators.scenario import Scenario

Fault = tuple[Key, str]

NEEDS = {
    "radar": ("range_m", "azimuth_deg"),
    "rf": ("azimuth_deg",),
    "tdoa": ("tdoa_s",),
    "camera": ("azimuth_deg", "elevation_deg"),
    "adsb": ("horizontal_m", "vertical_m", "velocity_mps"),
    "remote_id": ("horizontal_m", "vertical_m", "velocity_mps"),
}
"""The kinds of sensor that can be simulated, and the accuracies that each errs by."""

DECODER_NEEDS = NEEDS["remote_id"]
"""What a direction finder that reads places errs by; one that only reads needs no accuracy of bearings."""

MEANT_FOR = {
    "fakes": ("remote_id", "adsb"),
    "echo": ("radar",),
    "decodes": ("rf",),
    "ptz": ("camera",),
    "counts": ("camera",),
    "interference": ("radar", "rf", "tdoa", "adsb", "remote_id"),
    "confusion": ("radar", "camera"),
    "class_accuracy": ("radar", "camera"),
}
"""The kinds of sensor that a key says something of; every kind, where it does not stand here."""

LINKED = ("rf", "tdoa")
"""The kinds of sensor that hear links by their names."""

PRETENDED = {"remote_id": ("serial", "registration"), "adsb": ("icao24",)}
"""What a broadcast of each kind can say of who sends it, one of which it must."""


def contradictions(scenario: Scenario) -> list[Fault]:
    """Find what contradicts itself in what is said of sensors."""
    ridden = {actor.id for actor in scenario.actor}
    actors = ridden | {traffic.id for traffic in scenario.traffic}
    return [
        (("sensor", i, *key), text)
        for i, told in enumerate(scenario.sensor)
        for key, text in _of_times(told)
        + _of_labels(told)
        + _of_choices(told, actors)
        + _of_format(told)
        + _of_ride(told, ridden)
    ]


def _of_ride(told: Behaviour, actors: set[str]) -> list[Fault]:
    """Find what cannot carry a sensor, and what a sensor that is carried cannot be."""
    if told.carried is None:
        return []
    faults: list[Fault] = []
    if told.carried.actor not in actors:
        known = ", ".join(sorted(actors))
        faults.append((("carried", "actor"), f"{told.carried.actor!r} is no actor of this scenario ({known})"))
    faults += [
        ((key,), "is not simulated of a sensor that is carried") for key in ("rotating", "counts", "fakes") if getattr(told, key)
    ]
    return faults


def _of_format(told: Behaviour) -> list[Fault]:
    if told.format is None or told.format in sensors.BUILT_IN:
        return []
    return [(("format",), f"{told.format!r} is no format; expected {', '.join(sorted(sensors.BUILT_IN))}")]


def _of_times(told: Behaviour) -> list[Fault]:
    times: list[tuple[Key, tuple[float, float]]] = [(("outages",), outage) for outage in told.outages]
    times += [(("carried", "outages"), outage) for outage in (told.carried.outages if told.carried else ())]
    times += [(("interference", i, "between_s"), one.between_s) for i, one in enumerate(told.interference)]
    return [
        (key, f"[{begin:g}, {end:g}] is empty; expected [from, to] with from < to") for key, (begin, end) in times if begin >= end
    ]


def _of_choices(told: Behaviour, actors: set[str]) -> list[Fault]:
    """Find whom a camera cannot look at."""
    if told.ptz is None:
        return []
    asked: list[tuple[Key, str]] = [(("ptz", "follow", i), name) for i, name in enumerate(told.ptz.follow)]
    asked += [(("ptz", "cues", i), name) for i, (_, name) in enumerate(told.ptz.cues)]
    return [
        (key, f"{name!r} is no actor of this scenario ({', '.join(sorted(actors))})") for key, name in asked if name not in actors
    ]


def _of_labels(told: Behaviour) -> list[Fault]:
    faults: list[Fault] = [(("confusion", *key), text) for key, text in unbalanced(told.confusion)]
    if told.confusion and told.class_accuracy:
        faults.append((("class_accuracy",), "is the short form of a confusion matrix; expected one of the two"))
    return faults


def misfits(scenario: Scenario, site: Config) -> list[Fault]:
    """Find what does not fit the site's sensors of that name, and sensors of the site that cannot be simulated."""
    sensors = {sensor.id: sensor for sensor in site.sensor}
    faults: list[Fault] = [
        (("sensor", i, *key), text)
        for i, told in enumerate(scenario.sensor)
        if (sensor := sensors.get(told.id))
        for key, text in _of_kind(told, sensor) + _of_fakes(told, sensor)
    ]
    reading = {told.id for told in scenario.sensor if told.decodes}
    carried = {told.id for told in scenario.sensor if told.carried is not None}
    faults += [
        (("site",), f"{scenario.site}: sensor {sensor.id!r} {text}")
        for sensor in site.sensor
        if (text := _unmoved(sensor, carried))
    ]
    found = [_unsimulated(sensor, reads=sensor.id in reading) for sensor in site.sensor]
    return faults + [(("site",), f"{scenario.site}: {fault}") for fault in found if fault]


def _unmoved(sensor: Sensor, carried: set[str]) -> str | None:
    """Say why a sensor that moves cannot be simulated, or one that is carried does not move."""
    if (sensor.platform is not None) != (sensor.id in carried):
        return "moves on its [sensor.platform] and with its `carried` in the scenario; expected both or neither"
    if sensor.platform is not None and sensor.platform.sensor is not None:
        return "is told where it is by another sensor, which is not simulated"
    needs = ["horizontal_m", "vertical_m"]
    if sensor.platform is not None and sensor.platform.directions == "body":
        needs += ["heading_deg", "tilt_deg"]
    missing = [name for name in needs if sensor.platform is not None and getattr(sensor.platform, name) is None]
    return f"needs platform.{', platform.'.join(missing)} to err by" if missing else None


def _of_kind(told: Behaviour, sensor: Sensor) -> list[Fault]:
    """Find what is said of a sensor of another kind."""
    faults: list[Fault] = []
    if told.preset and (wanted := presets.PRESETS[told.preset].kind) != sensor.kind:
        faults.append((("preset",), f"{told.preset!r} is a {wanted}, and {told.id!r} of kind {sensor.kind!r}"))
    if sensor.kind not in LINKED:
        faults += [
            (("interference", i, "links"), f"are for a sensor of kind {' or '.join(map(repr, LINKED))}; this one hears one band")
            for i, one in enumerate(told.interference)
            if one.links
        ]
    plain = Behaviour(id=told.id)
    return faults + [
        ((key,), f"is for a sensor of kind {' or '.join(map(repr, kinds))}; {told.id!r} is of kind {sensor.kind!r}")
        for key, kinds in MEANT_FOR.items()
        if getattr(told, key) != getattr(plain, key) and sensor.kind not in kinds
    ]


def _of_fakes(told: Behaviour, sensor: Sensor) -> list[Fault]:
    """Find made-up identities that nobody could pretend."""
    if told.fakes is None or told.fakes.identity is None or sensor.kind not in PRETENDED:
        return []
    names, identity = PRETENDED[sensor.kind], told.fakes.identity
    faults: list[Fault] = []
    if told.fakes.count > 1:
        faults.append((("fakes", "count"), f"{told.fakes.count} cannot pretend to be one; expected 1 beside an identity"))
    if not any(getattr(identity, name) for name in names):
        faults.append((("fakes", "identity"), f"says no {' or '.join(names)}; expected what a broadcast of this kind carries"))
    return faults


def _unsimulated(sensor: Sensor, *, reads: bool) -> str | None:
    """Say why a configured sensor cannot be simulated, or None when it can."""
    if sensor.kind not in NEEDS:
        return f"sensor {sensor.id!r} is of kind {sensor.kind!r}; simulated are {', '.join(NEEDS)}"
    needs = DECODER_NEEDS if reads and sensor.kind == "rf" else NEEDS[sensor.kind]
    missing = [name for name in needs if getattr(sensor.accuracy, name) is None]
    return f"sensor {sensor.id!r} needs accuracy.{', accuracy.'.join(missing)} to err by" if missing else None
