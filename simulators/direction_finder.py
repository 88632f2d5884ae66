"""How an RF direction finder errs: coarse bearings to what sends, which is also the pilot's controller; some folded."""

from __future__ import annotations

import math

import numpy as np

from fusion.messages import Bearing, Floats, Measurement
from simulators.view import Hits, View

LINK_SNR_DB = 12.0
"""dB at the end of the coverage: enough to demodulate, which is what makes a link a detection (assumed)."""


def detect(view: View) -> list[Hits]:
    """Give the bearings to every aircraft and controller that sends, and the false alarms."""
    found = []
    for i, target in enumerate(view.targets):
        if target.emitter is None:
            continue
        time = view.looks.time
        found.append(_bearings(view, i, target.id, target.trajectory.position(time)))
        if target.controller is not None:
            still = np.broadcast_to(target.controller, (len(time), 3))
            found.append(_bearings(view, i, f"{target.id} controller", still, reach=view.behaviour.ground_reach_m))
    return [*found, _false_bearings(view)]


def _bearings(view: View, index: int, name: str, position: Floats, reach: float = math.inf) -> Hits:
    """Give the bearings to one sender while its aircraft is in the air. Houses hide what sends from the ground afar."""
    time, target = view.looks.time, view.targets[index]
    seen = view.directions(position, np.zeros_like(position))
    heard = target.trajectory.flying(time) & view.covers(seen) & (seen.range <= reach)
    hit = np.flatnonzero(heard & view.detects(name, seen.range))
    sigma, bias = view.accuracy.azimuth_deg or 0.0, view.behaviour.bias.azimuth_deg
    folded = view.chance("fold", name).uniform(size=len(time)) < view.behaviour.folds
    azimuth = seen.azimuth + np.radians(bias + sigma * view.noise(name, 1)[:, 0] + 180.0 * folded)
    snr = LINK_SNR_DB + 20.0 * np.log10(view.sensor.coverage.range_m[1] / np.maximum(seen.range, 1.0))
    controller = np.full(len(time), float(name != target.id))
    return Hits(hit, time[hit], np.full(len(hit), index), np.stack([azimuth % math.tau, snr, controller], axis=-1)[hit])


def _false_bearings(view: View) -> Hits:
    look, shares, _ = view.false_alarms(3)
    azimuth, _ = view.false_direction(shares[:, :2])
    snr = LINK_SNR_DB + 6.0 * shares[:, 2]
    return Hits(look, view.looks.time[look], np.full(len(look), -1), np.stack([azimuth, snr, np.zeros(len(look))], axis=-1))


def report(view: View, time: int, source: int, values: list[float]) -> Measurement:
    """Write one bearing, with the kind of link; a false one says no link."""
    azimuth, snr, controller = values
    link = view.targets[source].emitter if source >= 0 else None
    return Bearing(
        time=time,
        azimuth=azimuth,
        sigma_azimuth=math.radians(view.sensor.accuracy.azimuth_deg or 0.0),
        snr_db=round(snr, 1),
        emitter=f"{link} controller" if link and controller else link,
    )
