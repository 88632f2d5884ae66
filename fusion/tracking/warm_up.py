"""Compiles the kernels before the first detection waits for them: fifteen seconds the first time, then from disk."""

from __future__ import annotations

import msgspec

from fusion.config import Accuracy, Config, Sensor, Site
from fusion.messages import SECOND, Bearing, Measurement, Polar, Position, Scan, Tdoa
from fusion.tracking.tracker import Tracker

ACCURACY = Accuracy(range_m=5.0, azimuth_deg=1.0, elevation_deg=1.0, horizontal_m=5.0, vertical_m=5.0, tdoa_s=1e-7)
BEGIN = 1_784_000_000 * SECOND  # any time


def warm_up() -> None:
    """Let a tracker of our own see one thing in every way that there is to see."""
    sensors = tuple(Sensor(id=kind, kind=kind, accuracy=ACCURACY) for kind in ("radar", "camera", "adsb", "tdoa"))
    site = Site(name="warm-up", latitude_deg=48.86, longitude_deg=2.29)
    tracker = Tracker(Config(site=site, sensor=sensors), site.frame())
    for look in range(3):
        for index, sensor in enumerate(sensors):
            time = BEGIN + look * SECOND + index
            seen = tuple(msgspec.structs.replace(one, time=time) for one in _detections()[sensor.kind])
            tracker.step(Scan(sensor=sensor.id, time=time, received=time, sequence=look, detections=seen))
    tracker.table(BEGIN + 4 * SECOND, tentative=True)


def _detections() -> dict[str, tuple[Measurement, ...]]:
    return {
        "radar": (Polar(time=0, range=500.0, azimuth=1.0, elevation=0.1, sigma_range=5.0, sigma_azimuth=0.02),),
        "camera": (Bearing(time=0, azimuth=1.0, elevation=0.1, sigma_azimuth=0.02, sigma_elevation=0.02),),
        "tdoa": (Tdoa(time=0, tdoa=0.0, reference="radar", sigma_tdoa=1e-7),),
        "adsb": (
            Position(time=0, latitude=0.85277, longitude=0.03997, altitude=100.0, sigma_horizontal=5.0, sigma_vertical=5.0),
        ),
    }
