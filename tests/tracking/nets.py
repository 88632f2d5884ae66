"""A net of receivers that locates by time, and flights that it hears; the truth is reckoned earth-centred, by PROJ."""

from __future__ import annotations

import math

import numpy as np
import pyproj

from fusion.config import Accuracy, Config, CoverageTable, Sensor, Site
from fusion.messages import LIGHT, SECOND, Scan, Tdoa
from fusion.tracking.models import INITIAL, MODES, difference, matrices, transition
from fusion.tracking.tracker import Tracker

START = 1_785_000_000 * SECOND
SITE = Site(name="net", latitude_deg=48.8582, longitude_deg=2.2945, ground_amsl_m=33.0, geoid_undulation_m=44.6)
FRAME = SITE.frame()
EARTH = pyproj.Transformer.from_pipeline("+proj=cart +ellps=WGS84")
SIGMA = 1e-7  # s, 30 m
PLACES = {  # degrees, m above the ellipsoid: roofs, and one high mast
    "rx-1": (48.8700, 2.2800, 105.0), "rx-2": (48.8690, 2.3130, 140.0), "rx-3": (48.8460, 2.3100, 95.0),
    "rx-4": (48.8450, 2.2770, 120.0), "rx-5": (48.8590, 2.2960, 350.0),
}  # fmt: skip


def receiver(name: str, *, sigma: float = SIGMA, false: float = 0.5, pd: float = 0.9, **more) -> Sensor:
    latitude, longitude, height = PLACES[name]
    return Sensor(
        id=name, kind="tdoa", latitude_deg=latitude, longitude_deg=longitude, altitude_hae_m=height, period_s=1.0,
        accuracy=Accuracy(tdoa_s=sigma), false_alarms_per_scan=false, detection_probability=pd,
        coverage=CoverageTable(elevation_deg=(-90.0, 90.0), range_m=(1.0, 20_000.0)), **more,
    )  # fmt: skip


def earth_centred(grid: np.ndarray) -> np.ndarray:
    """Give earth-centred points (…, 3) of grid points."""
    latitude, longitude, height = FRAME.wgs84_from_grid(grid)
    return np.stack(EARTH.transform(np.degrees(longitude), np.degrees(latitude), height), axis=-1)


def ear(name: str) -> np.ndarray:
    latitude, longitude, height = PLACES[name]
    return np.array(EARTH.transform(longitude, latitude, height))


def horizon(name: str):
    latitude, longitude, height = PLACES[name]
    return FRAME.horizon(math.radians(latitude), math.radians(longitude), height)


def difference_of(place: np.ndarray, sensor: str, reference: str) -> float:
    """Give |p − s| − |p − s_ref|, m, earth-centred."""
    at = earth_centred(place)
    return float(np.linalg.norm(at - ear(sensor)) - np.linalg.norm(at - ear(reference)))


PAIRS = (("rx-2", "rx-1"), ("rx-3", "rx-1"), ("rx-4", "rx-1"), ("rx-5", "rx-1"))
"""Each look's sensor and the reference that it compares with: a star."""


def config(pairs=PAIRS, **more) -> Config:
    names = sorted({name for pair in pairs for name in pair})
    return Config(site=SITE, sensor=tuple(receiver(name, **more) for name in names))


def looked(rng, sensor: Sensor, reference: str, places: list[np.ndarray], time: int, sequence: int, *, tail: float = 0.0) -> Scan:
    """Give what a receiver reports of some emitters, and of nothing; tail: the share of errors three times as large."""
    apart = float(np.linalg.norm(ear(sensor.id) - ear(reference)))
    found = []
    for place in places:
        if rng.random() < sensor.detection_probability:
            size = 3.0 if rng.random() < tail else 1.0
            found.append(
                difference_of(place, sensor.id, reference) / LIGHT + size * sensor.accuracy.tdoa_s * rng.standard_normal()
            )
    found += list(rng.uniform(-apart, apart, rng.poisson(sensor.false_alarms_per_scan)) / LIGHT)
    told = tuple(Tdoa(time=time, tdoa=float(one), reference=reference, sigma_tdoa=sensor.accuracy.tdoa_s) for one in found)
    return Scan(sensor=sensor.id, time=time, received=time, sequence=sequence, detections=told)


def fly(rng, start: np.ndarray, seconds: int) -> tuple[np.ndarray, list[int]]:
    """Draw a flight (seconds + 1, 6), a state a second, that jumps between the tracker's modes; and its modes."""
    mode, modes, states = int(rng.choice(len(MODES), p=INITIAL)), [], [start]
    for _ in range(seconds):
        mode = int(rng.choice(len(MODES), p=transition(1.0)[mode]))
        F, Q = matrices(MODES[mode], 1.0)
        states.append(F @ states[-1] + np.linalg.cholesky(Q) @ rng.standard_normal(6))
        modes.append(mode)
    return np.array(states), modes


def bound(flight: np.ndarray, modes: list[int], prior: np.ndarray, pd: float, pairs=PAIRS, sigma: float = SIGMA) -> np.ndarray:
    """Give the Cramér–Rao bound (looks, 6, 6) of a flight whose modes are known: H at the truth (Tichavský 1998).

    J ← (F J⁻¹ Fᵀ + Q)⁻¹ + pD Σ HᵀH/σ²
    """
    J, found = np.linalg.inv(prior), []
    horizons = {name: horizon(name) for pair in pairs for name in pair}
    for k, state in enumerate(flight):
        if k:
            F, Q = matrices(MODES[modes[k - 1]], 1.0)
            J = np.linalg.inv(F @ np.linalg.inv(J) @ F.T + Q)
        for sensor, reference in pairs:
            H = difference(horizons[sensor], horizons[reference], state, np.zeros((6, 6))).H
            J = J + pd * H.T @ H / (LIGHT * sigma) ** 2
        found.append(np.linalg.inv(J))
    return np.array(found)


def follow(rng, flights: list[np.ndarray], setup: Config, pairs=PAIRS, *, tail: float = 0.0) -> list:
    """Let the whole tracker hear flights; give the table of each second."""
    tracker, tables = Tracker(setup, FRAME), []
    sensors = {one.id: one for one in setup.sensor}
    for k in range(len(flights[0])):
        time = START + k * SECOND
        for sensor, reference in pairs:
            places = [flight[k, :3] for flight in flights]
            tracker.step(looked(rng, sensors[sensor], reference, places, time, k, tail=tail))
        tables.append(tracker.table(time))
    return tables


def somewhere(rng, reach: float = 900.0) -> np.ndarray:
    """Draw a drone's state in the net."""
    middle = FRAME.grid_from_wgs84(FRAME.latitude, FRAME.longitude, FRAME.ground)
    course, speed = rng.uniform(0, math.tau), rng.uniform(2, 15)
    place = middle + [*rng.uniform(-reach, reach, 2), rng.uniform(30, 140)]
    return np.array([*place, speed * math.cos(course), speed * math.sin(course), 0.0])
