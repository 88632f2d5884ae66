"""Turns the truth into what each sensor says: its Scans, look by look, and which target every detection came from."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace as replace_record
from functools import partial
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from fusion.config import Sensor
from fusion.messages import SECOND, Floats, Integers, Measurement, Scan
from simulators import camera, cooperative, direction_finder, radar, time_difference
from simulators.behaviour import Behaviour, Bias, Carried
from simulators.buildings import prisms
from simulators.chance import Chance, stream
from simulators.earth import Place
from simulators.looks import TICK, Arrivals, arrivals, looks
from simulators.riding import Ride, aboard
from simulators.scenario_file import Stage
from simulators.targets import Target, chart
from simulators.trajectory import STEP, Trajectory
from simulators.view import Hits, Reference, View


class Sense(NamedTuple):
    """How one kind of sensor is simulated."""

    detect: Callable[[View], list[Hits]]
    report: Callable[[View, int, int, list[float]], Measurement]


SENSES = {
    "radar": Sense(radar.detect, radar.report),
    "rf": Sense(direction_finder.detect, direction_finder.report),
    "tdoa": Sense(time_difference.detect, time_difference.report),
    "camera": Sense(camera.detect, camera.report),
    "adsb": Sense(cooperative.detect, cooperative.report),
    "remote_id": Sense(cooperative.detect, cooperative.report),
}
"""The kinds that can be simulated. A new one needs a row here and its accuracies in scenario_sensors.NEEDS."""


def view(stage: Stage, sensor: Sensor, targets: tuple[Target, ...], clutter: tuple[Target, ...] = ()) -> View:
    """Set one configured sensor to work on the targets of a scenario, and on what else moves there."""
    chance = partial(stream, stage.scenario.seed, "sensor", sensor.id)
    behaviour = _today(stage.behaviour(sensor.id), chance)
    made = looks(sensor, behaviour, stage.scenario.duration_s, chance)
    ground = chart(stage.site.site).ground
    if behaviour.carried is not None:
        way = trajectory_of(behaviour.carried, targets)
        made = made.some(way.flying(made.time))
        return View(chance, sensor, behaviour, Ride(way, made.time), targets, made, None, (), ground, clutter)
    place = place_of(stage, sensor)
    blocks = prisms(stage.scenario.building, place, ground)
    return View(chance, sensor, behaviour, place, targets, made, _reference(stage, sensor), blocks, ground, clutter)


def trajectory_of(carried: Carried, targets: tuple[Target, ...]) -> Trajectory:
    """Give the flight of the actor that carries a sensor; one that never flies has none."""
    nowhere = Trajectory(0.0, STEP, np.zeros((2, 3)))
    return next((target.trajectory for target in targets if target.actor == carried.actor), replace_record(nowhere, start=-10.0))


def _today(behaviour: Behaviour, chance: Chance) -> Behaviour:
    """Give a sensor's behaviour with the bias that it has this day."""
    spread, bias, drawn = behaviour.bias_sigma, behaviour.bias, chance("bias").standard_normal(3)
    off = Bias(
        range_m=bias.range_m + spread.range_m * drawn[0],
        azimuth_deg=bias.azimuth_deg + spread.azimuth_deg * drawn[1],
        elevation_deg=bias.elevation_deg + spread.elevation_deg * drawn[2],
        time_s=bias.time_s,
    )
    return replace(behaviour, bias=off)


def _reference(stage: Stage, sensor: Sensor) -> Reference | None:
    """Give the receiver that a time-difference sensor compares with; None for any other kind."""
    other = stage.reference(sensor)
    return None if other is None else Reference(other.id, place_of(stage, other), stage.behaviour(other.id).bias.time_s)


def place_of(stage: Stage, sensor: Sensor) -> Place:
    """Give where a sensor stands: the middle of the site, on its ground, where the configuration says nothing."""
    middle = chart(stage.site.site).middle
    return Place(
        middle.latitude if sensor.latitude_deg is None else math.radians(sensor.latitude_deg),
        middle.longitude if sensor.longitude_deg is None else math.radians(sensor.longitude_deg),
        middle.height if sensor.altitude_hae_m is None else sensor.altitude_hae_m,
    )


def detections(view: View) -> Hits:
    """Give everything that a sensor detects, in the order of looks, and within a look of time, then of what was measured.

    The order says nothing of whose a detection is: targets and false alarms are mixed.
    """
    parts = SENSES[view.sensor.kind].detect(view)
    if not parts:
        return Hits(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64), np.zeros((0, 1)))
    look, time = np.concatenate([part.look for part in parts]), np.concatenate([part.time for part in parts])
    source, values = np.concatenate([part.source for part in parts]), np.concatenate([part.values for part in parts])
    order = np.lexsort((values[:, 0], time, look))
    return Hits(look[order], time[order], source[order], values[order])


def scans(view: View, hits: Hits, start: int) -> Iterator[Scan]:
    """Give a sensor's scans in the order of arrival; `start` (ns) is the scenario's. Its clock's error is in its times."""
    report = SENSES[view.sensor.kind].report
    begins = np.searchsorted(hits.look, np.arange(len(view.looks.time) + 1)).tolist()
    clock = start + round(view.behaviour.bias.time_s * SECOND)
    times = (clock + _nanoseconds(hits.time)).tolist()
    sources, values = hits.source.tolist(), hits.values.tolist()
    turned = _turned(view)
    for look, received in zip(*(column.tolist() for column in arrived(view)), strict=True):
        rows = range(begins[look], begins[look + 1])
        yield Scan(
            sensor=view.sensor.id,
            time=clock + int(_nanoseconds(view.looks.time[look])),
            received=start + received,
            sequence=int(view.looks.sequence[look]),
            boot=view.looks.boot[look],
            coverage=None if view.field is None else view.field.coverage(look, view.sensor.coverage.range_m),
            detections=tuple(turned(report(view, times[row], sources[row], values[row]), look) for row in rows),
        )


def _turned(view: View) -> Callable[[Measurement, int], Measurement]:
    """Give what makes of a look's measurement what the sensor says: against the nose, if the site reads it so."""
    platform = view.sensor.platform
    if not isinstance(view.place, Ride) or platform is None or platform.directions == "true":
        return lambda measured, _: measured
    headings = view.place.attitude()[:, 0].tolist()
    return lambda measured, look: aboard(measured, headings[look])


def arrived(view: View) -> Arrivals:
    """Give which looks arrive, and when."""
    return arrivals(view.looks, view.behaviour, view.chance)


def _nanoseconds(time: Floats) -> Integers:
    return np.round(np.asarray(time) * (SECOND // TICK)).astype(np.int64) * TICK
