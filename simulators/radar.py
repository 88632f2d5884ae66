"""How a radar errs: plots in range and azimuth (elevation, radial speed), each at its own time if the antenna turns."""

from __future__ import annotations

import math

import numpy as np

from fusion.messages import Floats, Measurement, Polar
from simulators.detection import signal
from simulators.interference import behind
from simulators.targets import Target
from simulators.trajectory import Trajectory, fleets
from simulators.view import Hits, View

THRESHOLD_DB = 13.0
"""Signal-to-noise ratio that is called a detection: Pd 0.9 at Pfa 1e-6 for a steady echo (Skolnik, Introduction, §2.5)."""

REFERENCE_RCS = -20.0
"""dBsm: the target that reaches the threshold at the end of the configured coverage."""

FALSE_SPEED = 20.0
"""m/s: false alarms have radial speeds within this; what is slower or faster is filtered as ground or aircraft."""

CLUTTER_TAIL_DB = 4.0
"""dB: clutter above a threshold has a Pareto tail in power, so exponential in decibels; its mean excess is assumed."""

MET = 1e-4
"""s: a target that crosses north just before the beam is not met in that turn but in the next; its times do not agree."""

VALUES = ("range", "azimuth", "elevation", "range_rate", "snr", "rcs", "class")


def detect(view: View) -> list[Hits]:
    """Give the plots of every target, those of clutter that moves, of source −2 − its number, and the false alarms."""
    things = [*view.targets, *view.clutter]
    numbers = [*range(len(view.targets)), *(-2 - i for i in range(len(view.clutter)))]
    times = _when(view, [thing.trajectory for thing in things])
    found = [_plots(view, number, thing, time) for number, thing, time in zip(numbers, things, times, strict=True)]
    return [*found, _false_plots(view)]


def _plots(view: View, index: int, target: Target, time: Floats) -> Hits:
    seen = view.directions(*target.trajectory.motion(time))
    met = np.abs(_beam(view, seen.azimuth) - time) < MET if view.behaviour.rotating else np.ones(len(time), bool)
    seeing = view.detects(target.id, seen.range, target.rcs_dbsm)
    hit = np.flatnonzero(met & target.trajectory.flying(time) & view.covers(seen) & seeing)
    bias, accuracy, noise = view.behaviour.bias, view.accuracy, view.noise(target.id, 4)
    distance = np.abs(seen.range + bias.range_m + (accuracy.range_m or 0.0) * noise[:, 0])
    azimuth = seen.azimuth + np.radians(bias.azimuth_deg + (accuracy.azimuth_deg or 0.0) * noise[:, 1])
    elevation = seen.elevation + np.radians(bias.elevation_deg + (accuracy.elevation_deg or 0.0) * noise[:, 2])
    rate = seen.range_rate + (accuracy.radial_speed_mps or 0.0) * noise[:, 3]
    snr, rcs = _echo(view, target, seen.range)
    columns = [distance, azimuth % math.tau, _upright(elevation), rate, snr, rcs, view.named(target, len(time))]
    return Hits(hit, time[hit], np.full(len(hit), index), np.stack(columns, axis=-1)[hit])


def _when(view: View, tracks: list[Trajectory]) -> Floats:
    """Give the times (k, n) at which the beam is on each: t = T − P (1 − azimuth(t) / 2π) for an antenna that turns.

    Solved by repetition; a target's azimuth turns thousands of times slower than the antenna, so it converges at once.
    """
    when = np.tile(view.looks.time, (len(tracks), 1))
    if view.behaviour.rotating:
        for rows, fleet in fleets(tracks):
            time = when[rows] - view.looks.period / 2.0
            for _ in range(3):
                time = _beam(view, view.azimuth(fleet.position(time)))
            when[rows] = time
    return when


def _beam(view: View, azimuth: Floats) -> Floats:
    """Give when the beam of each look (n,) points to azimuths (…, n): clockwise from north, and at north when the look ends."""
    return np.asarray(view.looks.time - view.looks.period * (1.0 - azimuth / math.tau))


def _echo(view: View, target: Target, distance: Floats) -> tuple[Floats, Floats]:
    """Draw the signal-to-noise ratio (dB) and the cross-section (dBsm) that plots would tell.

    The echo falls with the fourth power of the range and fluctuates from look to look by an exponential law (Swerling
    1); what is reported is above the threshold. With an `echo`, signal and noise together have an exponential law of
    mean 1 + SNR and pass −ln Pfa; beyond it the law starts anew, which agrees with the probability of detection.
    """
    random, k = view.chance("echo", target.id), view.louder()
    if view.behaviour.echo is not None:
        mean = 1.0 + signal(view.behaviour.echo, distance, target.rcs_dbsm) / k
        heard = -math.log(view.false_alarm) / behind(k) + mean * random.standard_exponential(len(distance))
        return 10.0 * np.log10(heard), target.rcs_dbsm + 10.0 * np.log10(heard / mean)
    mean = THRESHOLD_DB + 40.0 * np.log10(view.sensor.coverage.range_m[1] / np.maximum(distance, 1.0))
    mean += target.rcs_dbsm - REFERENCE_RCS - 10.0 * np.log10(k)
    power = 10.0 ** ((THRESHOLD_DB - mean) / 10.0) + random.standard_exponential(len(distance))
    return mean + 10.0 * np.log10(power), target.rcs_dbsm + 10.0 * np.log10(power)


def _false_plots(view: View) -> Hits:
    look, shares, named = view.false_alarms(5)
    near, far = view.sensor.coverage.range_m
    azimuth, elevation = view.false_direction(look, shares[:, 1:3])
    distance = np.maximum(near + (far - near) * shares[:, 0], 1e-3)
    rate = FALSE_SPEED * (2.0 * shares[:, 3] - 1.0)
    snr = THRESHOLD_DB - CLUTTER_TAIL_DB * np.log(np.maximum(1.0 - shares[:, 4], 1e-12))
    rcs = REFERENCE_RCS + snr - THRESHOLD_DB  # as sensitivity-time control leaves them: alike at all ranges
    end = view.looks.time[look]
    time = end - view.looks.period * (1.0 - azimuth / math.tau) if view.behaviour.rotating else end
    return Hits(look, time, np.full(len(look), -1), np.stack([distance, azimuth, elevation, rate, snr, rcs, named], axis=-1))


def _upright(elevation: Floats) -> Floats:
    return np.clip(elevation, -math.pi / 2.0, math.pi / 2.0)


def report(view: View, time: int, source: int, values: list[float]) -> Measurement:  # noqa: ARG001
    """Write one plot: without elevation from a 2-D radar, without radial speed where it has no Doppler."""
    distance, azimuth, elevation, rate, snr, rcs, named = values
    accuracy = view.sensor.accuracy
    high, doppler = accuracy.elevation_deg, accuracy.radial_speed_mps
    return Polar(
        time=time,
        range=distance,
        azimuth=azimuth,
        elevation=None if high is None else elevation,
        range_rate=None if doppler is None else rate,
        sigma_range=accuracy.range_m or 0.0,
        sigma_azimuth=math.radians(accuracy.azimuth_deg or 0.0),
        sigma_elevation=math.radians(high or 0.0),
        sigma_range_rate=doppler or 0.0,
        snr_db=round(10.0 * snr) / 10.0,
        rcs_dbsm=round(10.0 * rcs) / 10.0,
        classes=view.classes(named),
    )
