"""How an RF finder errs: coarse bearings to what sends, some folded; and links whose frames say who and where a drone is."""

from __future__ import annotations

import math

import numpy as np
from msgspec.structs import replace

from fusion.messages import Bearing, Floats, Identity, Measurement
from simulators import cooperative
from simulators.emissions import CONTROLLER, LINK, Emission, called, emissions, newest
from simulators.targets import Target
from simulators.view import Hits, View

LINK_SNR_DB = 12.0
"""dB at the end of the coverage: enough to demodulate, which is what makes a link a detection (assumed)."""

FRAME = 0.64
"""s between two frames in which a DJI drone says who it is (of the order seen on OcuSync; assumed for every link)."""

TOLD = 6
"""Columns that a frame fills, and a bearing leaves empty: latitude, longitude, height, velocity east, north, up."""


def detect(view: View) -> list[Hits]:
    """Give the bearings to every aircraft and controller that sends, what is read of them, and the false alarms."""
    found = []
    for i, target in enumerate(view.targets):
        for emission in emissions(target, view.looks.time):
            bearings = _bearings(view, i, emission)
            if _finds(view):
                found.append(bearings)
            if _readable(view, target, emission):
                found.append(_read(view, target, emission, bearings))
    return [*found, _false_bearings(view)] if _finds(view) else found


def _finds(view: View) -> bool:
    """Tell whether it measures directions; one that only reads has no accuracy of them."""
    return view.sensor.accuracy.azimuth_deg is not None


def _bearings(view: View, index: int, emission: Emission) -> Hits:
    """Give the bearings to one sender. Houses hide what sends from the ground afar."""
    time, name, link = view.looks.time, emission.name, view.targets[index].links[emission.link]
    reach = np.minimum(view.reach(link), view.behaviour.ground_reach_m if emission.number == CONTROLLER else math.inf)
    seen = view.directions(emission.position, np.zeros_like(emission.position))
    heard = emission.sending & view.covers(seen) & (seen.range <= reach)
    hit = np.flatnonzero(heard & view.detects(name, seen.range))
    sigma, bias = view.accuracy.azimuth_deg or 0.0, view.behaviour.bias.azimuth_deg
    folded = view.chance("fold", name).uniform(size=len(time)) < view.behaviour.folds
    azimuth = seen.azimuth + np.radians(bias + sigma * view.noise(name, 1)[:, 0] + 180.0 * folded)
    snr = (
        LINK_SNR_DB
        + 20.0 * np.log10(view.sensor.coverage.range_m[1] / np.maximum(seen.range, 1.0))
        - 10.0 * np.log10(view.louder(link))
    )
    columns = _columns(azimuth % math.tau, snr, np.full(len(time), float(emission.number)))
    return Hits(hit, time[hit], np.full(len(hit), index), columns[hit])


def _readable(view: View, target: Target, emission: Emission) -> bool:
    """Tell whether a sender says who it is, and this sensor can read it."""
    named = target.identity is not None and target.identity.serial is not None
    return named and emission.number != CONTROLLER and called(target, emission.number) in view.behaviour.decodes


def _read(view: View, target: Target, emission: Emission, bearings: Hits) -> Hits:
    """Give what is read of a link: its newest frame, once, in each look that hears it."""
    begun, new = newest(view.looks.time, FRAME, view.chance("frame", emission.name).uniform(0.0, FRAME))
    told = cooperative.told(view, target, begun, view.noise(f"{target.id} frame", TOLD), cooperative.STEPS["drone_id"])
    kept = new[bearings.look] & target.trajectory.flying(begun[bearings.look])
    look = bearings.look[kept]
    values = np.concatenate([bearings.values[kept, :3], told[look]], axis=1)
    return Hits(look, begun[look], bearings.source[kept], values)


def _columns(azimuth: Floats, snr: Floats, number: Floats) -> Floats:
    empty = np.full((len(azimuth), TOLD), math.nan)
    return np.concatenate([np.stack([azimuth, snr, number], axis=-1), empty], axis=1)


def _false_bearings(view: View) -> Hits:
    look, shares, _ = view.false_alarms(3)
    azimuth, _ = view.false_direction(look, shares[:, :2])
    values = _columns(azimuth, LINK_SNR_DB + 6.0 * shares[:, 2], np.full(len(look), float(LINK)))
    return Hits(look, view.looks.time[look], np.full(len(look), -1), values)


def report(view: View, time: int, source: int, values: list[float]) -> Measurement:
    """Write one bearing, with the kind of link, or what was read of it; a false one says no link."""
    azimuth, snr, number = values[:3]
    target = view.targets[source] if source >= 0 else None
    link = called(target, number) if target else None
    if target and target.identity and not math.isnan(values[3]):
        read = cooperative.position(view, time, values[3:], Identity(serial=target.identity.serial))
        return replace(read, emitter=link, snr_db=round(snr, 1), pilot=cooperative.pilot(target, cooperative.STEPS["drone_id"]))
    return Bearing(
        time=time,
        azimuth=azimuth,
        sigma_azimuth=math.radians(view.sensor.accuracy.azimuth_deg or 0.0),
        snr_db=round(snr, 1),
        emitter=link,
    )
