"""Scenarios of the peer's five families, drawn with plain numpy: a site, a recording and its truth, the same for the same seed.

They stand in where the peer's own recordings are not at hand. Targets fly in the east, north, up of the site's middle, as theirs do;
each sensor measures in its own, Stone Soup's measurement models with the noise that the site file tells.
"""

from __future__ import annotations

import gzip
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
from msgspec import json

from fusion.messages import SECOND, utc
from simulators.earth import Place, ecef_from_wgs84, wgs84_from_ecef

START = 1_785_000_000
SITE = """[site]
name = "bench"
latitude_deg = 48.8582
longitude_deg = 2.2945
crs = "auto"
ground_amsl_m = 35.4
geoid_undulation_m = 44.6
"""
MIDDLE = Place(math.radians(48.8582), math.radians(2.2945), 80.0)


class Station(NamedTuple):
    """One sensor: where it stands (east, north, up), how it errs, how often it looks and what it reports falsely."""

    name: str
    kind: str
    place: tuple[float, float, float]
    period: float
    sigma: dict[str, float]  # as `accuracy` in the site file
    pd: float
    false: float
    range: tuple[float, float]
    elevation: tuple[float, float] | None = None
    latency: tuple[float, float] = (0.0, 0.0)  # s, mean and sigma


class Family(NamedTuple):
    """How a scenario's targets fly."""

    seconds: float
    step: float  # s between two rows of truth
    count: int
    spread: float  # m, sigma of where they begin, in plan
    q: float  # m²/s³
    turns: float = 0.0  # rad/s of the two turning modes; 0: straight on
    coming: float = 0.0  # targets a second that come, and each leaves after 1/leaving s
    leaving: float = 0.0


def _spheres(sigma: float, false: float, reach: float) -> tuple[Station, ...]:
    accuracy = {"horizontal_m": sigma, "vertical_m": sigma}
    return (Station("radar", "radar", (0, 0, 0), 1.0, accuracy, 0.9, false, (0, reach)),)


def _polar(range_m: float, azimuth: float, elevation: float) -> dict[str, float]:
    return {"range_m": range_m, "azimuth_deg": azimuth, "elevation_deg": elevation}


MANY = (
    Station("radarA", "radar", (-1500, 0, 10), 1.0, _polar(10, 0.5, 0.7), 0.9, 10, (200, 6000), (-1, 20), (0.15, 0.05)),
    Station("radarB", "radar", (1500, 800, 20), 0.7, _polar(8, 0.4, 0.6), 0.85, 12, (200, 6000), (-1, 20), (0.2, 0.1)),
    Station("rf1", "rf", (0, -2000, 5), 0.5, {"azimuth_deg": 2.0}, 0.7, 2, (0, 8000), None, (0.05, 0.02)),
    Station("rf2", "rf", (200, 2000, 5), 0.4, {"azimuth_deg": 1.5}, 0.7, 2, (0, 8000), None, (0.05, 0.02)),
    Station("camera", "camera", (0, 0, 15), 0.2, {"azimuth_deg": 0.1, "elevation_deg": 0.1}, 0.8, 3, (0, 8000), (-2, 30), (0.4, 0.15)),
)  # fmt: skip

SCENARIOS: dict[str, tuple[Family, tuple[Station, ...]]] = {
    "easy": (Family(150.0, 1.0, 10, 1000.0, 0.1), _spheres(10.0, 5, 4260)),
    "crossing": (Family(130.0, 1.0, 6, 0.0, 5e-5), _spheres(5.0, 5, 1704)),
    "drone-radar": (
        Family(120.0, 0.5, 20, 1500.0, 0.5, 0.2, 0.05, 0.0025),
        (Station("radar", "radar", (0, 0, 5), 0.5, _polar(10, 0.5, 0.5), 0.85, 20, (200, 5000), (-1, 15)),),
    ),
    "multi-sensor": (Family(90.0, 0.1, 12, 1200.0, 0.5, 0.2, 0.05, 0.003), MANY),
    "dense": (Family(60.0, 1.0, 200, 800.0, 0.5, 0.0, 0.4, 0.002), _spheres(8.0, 100, 1775)),
}


def write(name: str, seed: int, directory: Path) -> Path:
    """Write a scenario's `site.toml`, `recording.jsonl.gz` and `truth.csv.gz` into a directory; give it."""
    family, stations = SCENARIOS[name]
    rng = np.random.default_rng([seed, len(name)])
    times = family.step * np.arange(round(family.seconds / family.step) + 1)
    flown = _formation(rng, times, family.q) if name == "crossing" else _fly(rng, times, family)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "site.toml").write_text(SITE + "".join(_table(station) for station in stations))
    (directory / "truth.csv.gz").write_bytes(gzip.compress(_truth(times, flown).encode(), mtime=0))
    lines = sorted(line for station in stations for line in _looks(rng, station, family, times, flown))
    text = b"\n".join(json.encode(line) for *_, line in lines) + b"\n"
    (directory / "recording.jsonl.gz").write_bytes(gzip.compress(text, mtime=0))
    return directory


# --- Flying: states are x, y, z, vx, vy, vz; NaN while a target is not there ----------------------------------------


def _fly(rng, times, family):
    """Let targets come, go, and fly straight on or turn (times, targets, 6)."""
    born = np.concatenate([np.zeros(family.count), np.cumsum(rng.exponential(1.0 / max(family.coming, 1e-9), 200))])
    born = born[born < times[-1]]
    gone = born + (rng.exponential(1.0 / family.leaving, len(born)) if family.leaving else np.inf)
    states = np.full((len(times), len(born), 6), np.nan)
    for i in range(len(born)):
        there = np.flatnonzero((times >= born[i]) & (times < gone[i]))
        speed, course = rng.uniform(3, 20), rng.uniform(0, math.tau)
        plan = family.spread * np.clip(rng.standard_normal(2), -2, 2)
        state = np.array(
            [*plan, rng.uniform(50, 250), speed * math.cos(course), speed * math.sin(course), 0.1 * rng.standard_normal()]
        )
        mode = 0
        for k in there:
            states[k, i] = state
            if family.turns and rng.random() < 0.02 * family.step / 0.5:
                mode = int(rng.integers(3))
            state = _move(rng, state, family.step, family.q, (0.0, family.turns, -family.turns)[mode])
    return states


def _formation(rng, times, q):
    """Three abreast, one against them, one across, one at a slant that turns along and away: known legs, hardly any noise."""
    starts = [
        (-800, -20, 12, 0),
        (-800, 0, 12, 0),
        (-800, 20, 12, 0),
        (810, 10, -12, 0),
        (0, -800, 0, 12),
        (-800, 196, 11.996, -4.464),
    ]
    states = np.zeros((len(times), 6, 6))
    states[0] = [[x, y, 100.0, vx, vy, 0.0] for x, y, vx, vy in starts]
    turn = math.atan2(4.464, 11.996) / 5.0
    for k in range(1, len(times)):
        for i in range(6):
            rate = (turn if 36 <= times[k] <= 40 else -turn if 93 <= times[k] <= 97 else 0.0) if i == 5 else 0.0
            states[k, i] = _move(rng, states[k - 1, i], times[k] - times[k - 1], q, rate)
    return states


def _move(rng, state, dt, q, rate):
    """Take a state on: a turn of `rate` in plan, white noise acceleration of q in plan and 0.001 upwards."""
    x, v = state[:3].copy(), state[3:].copy()
    c, s = math.cos(rate * dt), math.sin(rate * dt)
    if rate:
        x[:2] += np.array([[s, c - 1.0], [1.0 - c, s]]) @ v[:2] / rate
        v[:2] = np.array([[c, -s], [s, c]]) @ v[:2]
    else:
        x[:2] += v[:2] * dt
    x[2] += v[2] * dt
    root = np.linalg.cholesky(np.array([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]]))
    noise = np.sqrt([q, q, 1e-3])[:, None] * (rng.standard_normal((3, 2)) @ root.T)
    return np.concatenate([x + noise[:, 0], v + noise[:, 1]])


# --- Looking -----------------------------------------------------------------------------------------------------------


def _looks(rng, station, family, times, flown):
    """Give (received, station, sequence, line) of each look at the targets nearest in time on the grid of truth."""
    centre = _place(station)
    phase = {"radarB": 0.3, "rf1": 0.1, "rf2": 0.2}.get(station.name, 0.0)
    found = []
    for sequence, at in enumerate(np.arange(phase, family.seconds - 1e-9, station.period)):
        k = round(at / family.step)
        there = flown[k][np.isfinite(flown[k, :, 0])][:, :3]
        seen = [_measured(rng, station, point) for point in _local(station, there) if rng.random() < station.pd]
        seen += [_false(rng, station) for _ in range(rng.poisson(station.false))]
        seen = [_wire(station, centre, seen[i]) for i in rng.permutation(len(seen))]
        delay = max(0.02, rng.normal(*station.latency)) if station.latency[0] else 0.0
        time, received = (START * SECOND + round(t * 1e4) * (SECOND // 10_000) for t in (at, at + delay))
        topic = f"vigie/v1/bench/sensor/{station.name}/scan"
        payload = {"time": utc(time), "sequence": sequence, "detections": seen}
        found.append((received, station.name, sequence, {"received": utc(received), "topic": topic, "payload": payload}))
    return found


def _place(station):
    latitude, longitude, height = wgs84_from_ecef(_ecef(np.array([station.place], float)))
    return Place(float(latitude[0]), float(longitude[0]), float(height[0]))


def _ecef(points):
    """Give earth-centred points of points (n, 3) east, north, up of the middle."""
    rows = MIDDLE._turn
    return np.asarray(points) @ rows + ecef_from_wgs84(MIDDLE.latitude, MIDDLE.longitude, MIDDLE.height)


def _local(station, points):
    return _place(station).enu(_ecef(points)) if len(points) else points


def _measured(rng, station, e):
    """Measure a point (3) east, north, up of the station: the point, or range, azimuth and elevation."""
    if "horizontal_m" in station.sigma:
        return e + station.sigma["horizontal_m"] * rng.standard_normal(3)
    z = np.array([np.linalg.norm(e), math.atan2(e[0], e[1]), math.asin(e[2] / np.linalg.norm(e))])
    sigma = [
        station.sigma.get("range_m", 0.0),
        *(math.radians(station.sigma.get(k, 0.0)) for k in ("azimuth_deg", "elevation_deg")),
    ]
    return z + sigma * rng.standard_normal(3)


def _false(rng, station):
    """Draw a false alarm: evenly in the box or in the components measured."""
    if "horizontal_m" in station.sigma:
        reach = station.range[1] / math.sqrt(2.0)
        return np.array([*rng.uniform(-reach, reach, 2), rng.uniform(0, 400)])
    low, high = station.elevation or (0.0, 0.0)
    return np.array([rng.uniform(*station.range), rng.uniform(0, math.tau), math.radians(rng.uniform(low, high))])


def _wire(station, centre, z):
    if "horizontal_m" in station.sigma:
        latitude, longitude, height = wgs84_from_ecef(
            z @ centre._turn + ecef_from_wgs84(centre.latitude, centre.longitude, centre.height)
        )
        return {"latitude_deg": round(math.degrees(latitude), 9), "longitude_deg": round(math.degrees(longitude), 9),
                "altitude_m": round(float(height), 3), "altitude_datum": "hae"}  # fmt: skip
    line = {"range_m": round(float(z[0]), 3)} if "range_m" in station.sigma else {}
    line["azimuth_deg"] = round(math.degrees(z[1]) % 360.0, 6) % 360.0
    if "elevation_deg" in station.sigma:
        line["elevation_deg"] = round(math.degrees(z[2]), 6)
    return line


def _table(station):
    centre = _place(station)
    accuracy = ", ".join(f"{key} = {value}" for key, value in station.sigma.items())
    elevation = f"elevation_deg = {list(station.elevation)}, " if station.elevation else ""
    return (
        f'[[sensor]]\nid = "{station.name}"\nkind = "{station.kind}"\nlatitude_deg = {math.degrees(centre.latitude):.9f}\n'
        f"longitude_deg = {math.degrees(centre.longitude):.9f}\naltitude_hae_m = {centre.height:.3f}\nperiod_s = {station.period}\n"
        f"accuracy = {{ {accuracy} }}\ndetection_probability = {station.pd}\nfalse_alarms_per_scan = {float(station.false)}\n"
        f'coverage = {{ azimuth_deg = [0, 360], {elevation}range_m = {list(station.range)} }}\nreports = "scans"\n'
    )


def _truth(times, flown):
    rows = ["time_unix_s,truth,latitude_deg,longitude_deg,altitude_hae_m"]
    for k, time in enumerate(times):
        there = np.flatnonzero(np.isfinite(flown[k, :, 0]))
        if len(there):
            latitude, longitude, height = wgs84_from_ecef(_ecef(flown[k, there, :3]))
            rows += [
                f"{START + time:.3f},{i},{a:.9f},{b:.9f},{c:.3f}"
                for i, a, b, c in zip(there, np.degrees(latitude), np.degrees(longitude), height, strict=True)
            ]
    return "\n".join([*rows, ""])
