"""Compiles the kernels before the first detection waits for them: half a minute the first time, then from disk.

What is left out here is compiled while the first drone is in the air: ten seconds in which every sensor seems lost. So three
targets fly here as they fly anywhere, two of them side by side, and every kind of sensor sees them truly, biases and all.
"""

from __future__ import annotations

import math

import msgspec

from fusion.config import Accuracy, BiasSigma, Config, Sensor, Site
from fusion.messages import SECOND, Bearing, Identity, Measurement, Polar, Position, Scan, Tdoa
from fusion.tracking.tracker import Tracker

ACCURACY = Accuracy(range_m=5.0, azimuth_deg=0.5, elevation_deg=0.5, horizontal_m=5.0, vertical_m=5.0, tdoa_s=1e-7)
OFF = BiasSigma(range_m=5.0, azimuth_deg=1.0, elevation_deg=0.5, time_s=0.1)
SITE = Site(name="warm-up", latitude_deg=48.86, longitude_deg=2.29)
BEGIN = 1_784_000_000 * SECOND  # any time

LOOKS = 20
"""Looks of each: enough for tracks to be confirmed, for two that fly together to be doubted, and for biases to be learnt."""

FIRST = 5
"""Looks that only the direction finders have: their bearings become tracks, and their crossing a place."""

PLACES = ((300.0, 500.0, 100.0), (300.0, 512.0, 100.0), (-600.0, 250.0, 80.0))
SPEED = (8.0, -3.0, 0.5)
"""m and m/s east, north and up of the site: where the targets are at first, and how fast they all fly."""

LABELS = {"multirotor": 0.8, "bird": 0.2}

LATITUDE = math.radians(SITE.latitude_deg)
METRES = 6_371_000.0
"""m a radian: what is seen here need only be true to within a sigma."""


def warm_up() -> None:
    """Let a tracker of our own see what there is to see, in every way that there is to see it."""
    tracker = Tracker(Config(site=SITE, sensor=_sensors()), SITE.frame())
    for look in range(LOOKS):
        for index, sensor in enumerate(tracker.sensors.values()):
            time = BEGIN + look * SECOND + index * SECOND // 10
            there = enumerate(_places(time))
            seen = tuple(
                _seen(sensor.config, place, number, time) for number, place in there if _sees(sensor.config, number, look)
            )
            tracker.step(Scan(sensor=sensor.config.id, time=time, received=time, sequence=look, detections=seen))
    tracker.table(BEGIN + (LOOKS + 1) * SECOND, tentative=True)


def _sensors() -> tuple[Sensor, ...]:
    east = {"radar-1": 0.0, "radar-2": 0.001, "rf-1": -0.02, "rf-2": 0.02, "tdoa": 0.01}
    sensors = [
        Sensor(
            id=name,
            kind=name.partition("-")[0],
            accuracy=ACCURACY,
            bias_sigma=OFF,
            period_s=1.0,
            latitude_deg=SITE.latitude_deg,
            longitude_deg=SITE.longitude_deg + degrees,
        )
        for name, degrees in east.items()
    ]
    sensors += [Sensor(id=kind, kind=kind, accuracy=ACCURACY, bias_sigma=OFF, period_s=1.0) for kind in ("camera", "adsb")]
    sensors += [Sensor(id="smart", kind="radar", accuracy=ACCURACY, output="tracks", period_s=1.0)]
    sensors += [Sensor(id="remote_id", kind="remote_id", accuracy=ACCURACY, reports="detections-only")]
    return tuple(sensors)


def _places(time: int) -> list[tuple[float, ...]]:
    passed = (time - BEGIN) / SECOND
    return [tuple(at + speed * passed for at, speed in zip(place, SPEED, strict=True)) for place in PLACES]


def _sees(sensor: Sensor, number: int, look: int) -> bool:
    """Let directions alone be known at first, and one target be a smart sensor's and the broadcasts' alone."""
    if look < FIRST:
        return sensor.kind == "rf" and number < 2
    return number < 2 or sensor.output == "tracks" or (look > 2 * FIRST and sensor.kind not in {"radar", "rf"})


def _seen(sensor: Sensor, place: tuple[float, ...], number: int, time: int) -> Measurement:
    """See a target as a sensor of this kind does."""
    east, north, up = place
    if sensor.longitude_deg is not None:
        east -= math.radians(sensor.longitude_deg - SITE.longitude_deg) * METRES * math.cos(LATITUDE)
    level = math.hypot(east, north)
    azimuth, elevation, sigma = math.atan2(east, north) % math.tau, math.atan2(up, level), math.radians(0.5)
    named = Identity(serial=f"WARM-UP-{number}")
    match sensor.kind:
        case "radar":
            rate = sum(a * b for a, b in zip((east, north, up), SPEED, strict=True)) / math.hypot(level, up)
            polar = Polar(
                time=time,
                range=math.hypot(level, up),
                azimuth=azimuth,
                elevation=elevation,
                sigma_range=5.0,
                sigma_azimuth=sigma,
                sigma_elevation=sigma,
                classes=LABELS,
            )
            return msgspec.structs.replace(polar, range_rate=rate, sigma_range_rate=1.0) if sensor.id == "radar-2" else polar
        case "camera":
            seen = Bearing(time=time, azimuth=azimuth, elevation=elevation, sigma_azimuth=sigma, sigma_elevation=sigma)
            return msgspec.structs.replace(seen, classes=LABELS)
        case "rf":
            return Bearing(time=time, azimuth=azimuth, sigma_azimuth=sigma, identity=named if number == 1 else None)
        case "tdoa":
            return Tdoa(time=time, tdoa=0.0, reference="radar-1", sigma_tdoa=1e-7)
    told = Position(
        time=time,
        latitude=LATITUDE + place[1] / METRES,
        longitude=math.radians(SITE.longitude_deg) + place[0] / METRES / math.cos(LATITUDE),
        altitude=place[2],
        sigma_horizontal=5.0,
        sigma_vertical=5.0,
        velocity=SPEED,
        identity=named,
    )
    return msgspec.structs.replace(told, sigma_velocity=1.0) if sensor.kind == "adsb" else told
