"""Looks that no honest sensor sends and that the contract lets through: every kind, in every bad place, with every accuracy."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator

import numpy as np

from fusion.config import Accuracy, BiasSigma, Config, Sensor
from fusion.messages import LIGHT, SECOND, Bearing, Floats, Polar, Position, RawMessage, Scan, Tdoa, utc
from fusion.tracking.tracker import Tracker
from sensors import Station
from sensors.scan import adapter
from tests.scene import ADSB, CAMERA, FLAT, FRAME, RADAR, RF, SITE, START, sensor

FINE = Accuracy(range_m=5.0, azimuth_deg=0.5, elevation_deg=0.7, radial_speed_mps=0.5)
SENSORS = (
    *(RADAR, FLAT, RF, CAMERA, ADSB),
    sensor("biased", "radar", 48.8520, 2.3050, 95.0, period_s=1.0, accuracy=FINE, bias_sigma=BiasSigma(range_m=10.0, azimuth_deg=2.0, elevation_deg=1.0, time_s=0.2)),
    sensor("smart", "radar", 48.8530, 2.2900, 95.0, period_s=1.0, accuracy=FINE, output="tracks", bias_sigma=BiasSigma(range_m=10.0)),
    sensor("sure", "radar", 48.8611, 2.2890, 110.0, period_s=1.0, accuracy=FINE, detection_probability=0.999999, false_alarms_per_scan=1e-6),
    sensor("deaf", "radar", 48.8611, 2.2890, 110.0, period_s=1.0, accuracy=FINE, detection_probability=1e-9, false_alarms_per_scan=1e6),
    *(sensor(f"net-{n}", "tdoa", 48.8582 + 0.004 * n, 2.2945 + 0.006 * n, 100.0, period_s=1.0, accuracy=Accuracy(tdoa_s=1e-7)) for n in range(4)),
)  # fmt: skip
CONFIG = Config(site=SITE, sensor=SENSORS)
STATIONS = {one.id: Station(one, FRAME, {other.id: other for other in SENSORS}) for one in SENSORS}
HORIZONS = {name: model.horizon for name, model in Tracker(CONFIG, FRAME).sensors.items()}
ADAPTER = adapter(Polar, Bearing, Position, Tdoa)
PLACES = ("anywhere", "at a sensor", "above a sensor", "far", "below ground")


def looks(seed: int, count: int) -> Iterator[Scan]:
    """Give looks in true order: several a moment, seconds of nothing, now and then an hour; targets where they do most harm."""
    rng, clock = np.random.default_rng(seed), 0.0
    truth = targets(rng, PLACES[seed % len(PLACES)])
    for sequence in range(count):
        clock += float(rng.choice([0.0, 0.1, 1.0, 10.0, 3600.0], p=[0.2, 0.56, 0.2, 0.035, 0.005]))
        one = SENSORS[int(rng.integers(len(SENSORS)))]
        reports = [report(rng, one, state, n) for n, state in enumerate(truth) if rng.random() < 0.7]
        reports += [report(rng, one, truth[0] + rng.normal(0.0, 10.0 ** rng.uniform(0, 4), 6), 9) for _ in range(rng.poisson(2))]
        if rng.random() < 0.01:
            reports = reports[:1] * 40
        time = START + round(clock * SECOND)
        wire = {"time": utc(time).isoformat(), "sequence": sequence, "detections": reports}
        if rng.random() < 0.05:
            wire["coverage"] = {"azimuth_deg": [0, 90]}
        message = RawMessage(topic="", payload=json.dumps(wire).encode(), received=time)
        yield ADAPTER.decode(STATIONS[one.id], message, False)


def targets(rng: np.random.Generator, where: str) -> Floats:
    """Give states (4, 6) that rest or fly, in one kind of place."""
    states = rng.normal(0.0, [1000.0, 1000.0, 50.0, 10.0, 10.0, 1.0], (4, 6))
    states[:, 2] += 150.0
    if where in {"at a sensor", "above a sensor"}:
        at = rng.integers(len(SENSORS), size=4)
        states[:, :3] = [HORIZONS[SENSORS[n].id].origin for n in at]
        states[:, 2] += 50.0 * (where == "above a sensor")
        states[:, 3:] *= 0.05
    states[:, :2] *= 60.0 if where == "far" else 1.0
    states[:, 2] -= 600.0 * (where == "below ground")
    return states


def report(rng: np.random.Generator, one: Sensor, state: Floats, number: int) -> dict:
    """Give what a sensor says of a state (6), and how well it claims to know it."""
    told, sigma = {"id": f"n{number}", "class": {"multirotor": 0.7, "bird": 0.3}}, {}
    if rng.random() < 0.2:
        told["offset_s"] = float(rng.uniform(-60.0, 60.0))
    e = HORIZONS[one.id].enu_from_grid(state[:3])
    if one.kind == "adsb":
        place = FRAME.wgs84_from_grid(state[:3] if rng.random() < 0.98 else rng.uniform(-4e6, 4e6, 3) * [1, 1, 0])
        told |= {
            "latitude_deg": math.degrees(place[0]),
            "longitude_deg": math.degrees(place[1]),
            "identity": {"icao24": f"39ac0{number}"},
        }
        told |= {"altitude_m": float(np.clip(place[2], -1e3, 3e4)), "altitude_datum": "hae"} if rng.random() < 0.6 else {}
        told |= {"velocity_mps": np.clip(state[3:], -900.0, 900.0).tolist()} if rng.random() < 0.6 else {}
        sigma = {"horizontal_m": 5.0, "vertical_m": 10.0} | ({"velocity_mps": 1.0} if rng.random() < 0.5 else {})
    elif one.kind == "tdoa":
        told["reference"] = str(rng.choice([other.id for other in SENSORS if other.kind == "tdoa" and other.id != one.id]))
        apart = np.linalg.norm(e) - np.linalg.norm(HORIZONS[told["reference"]].enu_from_grid(state[:3]))
        told["tdoa_s"], sigma = float(apart / LIGHT), {"tdoa_s": 1e-7}
    else:
        told["azimuth_deg"] = math.degrees(math.remainder(math.atan2(e[0], e[1]) + rng.normal(0, 0.01), math.tau))
        sigma["azimuth_deg"] = 0.5
        if rng.random() < 0.8:
            told["elevation_deg"], sigma["elevation_deg"] = math.degrees(math.atan2(e[2], math.hypot(e[0], e[1]))), 0.5
        if one.kind == "radar":
            told["range_m"], sigma["range_m"] = max(float(np.linalg.norm(e) + rng.normal(0, 5)), 1e-300), 5.0
            if rng.random() < 0.5:
                told["radial_speed_mps"], sigma["radial_speed_mps"] = (
                    float(np.clip(e @ state[3:] / max(told["range_m"], 1.0), -900, 900)),
                    0.5,
                )
    told["sigma"] = {name: claimed(rng, value, 1e-3 if name == "tdoa_s" else 1e5) for name, value in sigma.items()}
    return told


def claimed(rng: np.random.Generator, honest: float, most: float) -> float:
    """Give an accuracy: mostly an honest one, else of any order of magnitude that the contract takes."""
    return min(honest if rng.random() < 0.85 else float(10.0 ** rng.choice([rng.uniform(-9, 5), rng.uniform(-300, 5)])), most)
