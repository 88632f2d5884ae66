"""How a net of receivers errs that locates by time: arrival here against arrival at a reference, some of it by echoes."""

from __future__ import annotations

import numpy as np

from fusion.messages import LIGHT, Floats, Measurement, Tdoa
from simulators.emissions import CONTROLLER, LINK, Emission, called, emissions
from simulators.view import Hits, Reference, View

TAIL = (0.1, 3.0)
"""Share of arrivals whose error is this many times as large: an echo from a house is taken for the signal (assumed)."""

LINK_SNR_DB = 12.0
"""dB at the end of the coverage: enough to correlate (assumed, as a direction finder's)."""


def detect(view: View) -> list[Hits]:
    """Give the differences of every link of every aircraft that sends, and the false alarms."""
    found = [
        _differences(view, i, emission)
        for i, target in enumerate(view.targets)
        for emission in emissions(target, view.looks.time)
        if emission.number != CONTROLLER
    ]
    return [*found, _false(view)]


def _differences(view: View, index: int, emission: Emission) -> Hits:
    """Give one sender's differences; a correlator looks for no lag that is longer than the baseline."""
    time, name, link = view.looks.time, emission.name, view.targets[index].links[emission.link]
    position, reference = emission.position, _reference(view)
    seen = view.directions(position, np.zeros_like(position))
    there = np.linalg.norm(reference.place.enu(position), axis=-1)
    tail = np.where(view.chance("tail", name).uniform(size=len(time)) < TAIL[0], TAIL[1], 1.0)
    error = (view.accuracy.tdoa_s or 0.0) * tail * view.noise(name, 1)[:, 0]
    clocks = view.behaviour.bias.time_s - reference.clock
    tdoa = (seen.range - there) / LIGHT + error + clocks
    possible = np.abs(tdoa) <= baseline(view) / LIGHT
    heard = emission.sending & view.covers(seen) & possible & (seen.range <= view.reach(link))
    hit = np.flatnonzero(heard & view.detects(name, seen.range))
    snr = (
        LINK_SNR_DB
        + 20.0 * np.log10(view.sensor.coverage.range_m[1] / np.maximum(seen.range, 1.0))
        - 10.0 * np.log10(view.louder(link))
    )
    number = np.full(len(time), float(emission.number))
    return Hits(hit, time[hit], np.full(len(hit), index), np.stack([tdoa, snr, number], axis=-1)[hit])


def baseline(view: View) -> float:
    """Give how far away the reference stands, m."""
    return float(np.linalg.norm(view.place.enu(_reference(view).place.origin)))


def _reference(view: View) -> Reference:
    if view.reference is None:
        raise ValueError(f"{view.sensor.id} has no reference")  # scenario_file refuses such a net
    return view.reference


def _false(view: View) -> Hits:
    look, shares, _ = view.false_alarms(2)
    tdoa: Floats = (2.0 * shares[:, 0] - 1.0) * baseline(view) / LIGHT
    values = np.stack([tdoa, LINK_SNR_DB + 6.0 * shares[:, 1], np.full(len(look), float(LINK))], axis=-1)
    return Hits(look, view.looks.time[look], np.full(len(look), -1), values)


def report(view: View, time: int, source: int, values: list[float]) -> Measurement:
    """Write one difference, with the kind of link; a false one says no link."""
    tdoa, snr, number = values
    return Tdoa(
        time=time,
        tdoa=tdoa,
        reference=_reference(view).id,
        sigma_tdoa=view.sensor.accuracy.tdoa_s or 0.0,
        snr_db=round(snr, 1),
        emitter=called(view.targets[source], number) if source >= 0 else None,
    )
