"""How a camera errs: fine directions whose errors last for seconds, gaps that last too, and a class it often gets right."""

from __future__ import annotations

import math

import numpy as np

from fusion.messages import Bearing, Measurement
from simulators.targets import Target
from simulators.view import Hits, View


def detect(view: View) -> list[Hits]:
    """Give the directions to every target in the picture, those to birds, of source −2 − their number, and the false alarms.

    Cars are left out: what watches the sky masks roads.
    """
    found = [_directions(view, i, target) for i, target in enumerate(view.targets)]
    birds = [_directions(view, -2 - i, thing) for i, thing in enumerate(view.clutter) if thing.kind == "bird"]
    return [*found, *birds, _false_directions(view)]


def _directions(view: View, index: int, target: Target) -> Hits:
    """Give the directions to one target."""
    time = view.looks.time
    seen = view.directions(*target.trajectory.motion(time))
    there = target.trajectory.flying(time) & view.covers(seen)
    if view.field is not None:
        there &= view.field.holds(seen.azimuth, seen.elevation)
    hit = np.flatnonzero(there & view.detects(target.id, seen.range))
    accuracy, bias, noise = view.accuracy, view.behaviour.bias, view.noise(target.id, 2)
    azimuth = seen.azimuth + np.radians(bias.azimuth_deg + (accuracy.azimuth_deg or 0.0) * noise[:, 0])
    elevation = seen.elevation + np.radians(bias.elevation_deg + (accuracy.elevation_deg or 0.0) * noise[:, 1])
    elevation = np.clip(elevation, -math.pi / 2.0, math.pi / 2.0)
    columns = np.stack([azimuth % math.tau, elevation, view.named(target, len(time))], axis=-1)
    return Hits(hit, time[hit], np.full(len(hit), index), columns[hit])


def _false_directions(view: View) -> Hits:
    look, shares, named = view.false_alarms(2)
    columns = np.stack([*view.false_direction(look, shares), named], axis=-1)
    return Hits(look, view.looks.time[look], np.full(len(look), -1), columns)


def report(view: View, time: int, source: int, values: list[float]) -> Measurement:  # noqa: ARG001
    """Write one direction."""
    azimuth, elevation, named = values
    accuracy = view.sensor.accuracy
    return Bearing(
        time=time,
        azimuth=azimuth,
        elevation=elevation,
        sigma_azimuth=math.radians(accuracy.azimuth_deg or 0.0),
        sigma_elevation=math.radians(accuracy.elevation_deg or 0.0),
        classes=view.classes(named),
    )
