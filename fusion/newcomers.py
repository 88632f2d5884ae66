"""Sensors that appear by themselves: what they say of themselves, checked, and a core's configuration with them in it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from fusion.config import BiasSigma, Config, Sensor
from fusion.config_checks import of_sensor
from fusion.errors import DecodeError
from sensors import Adapter

MOST = 100
"""Sensors that may appear: more than any site has, few enough that a stranger who makes them up ends nothing."""


def read(payload: bytes, name: str, config: Config, known: Mapping[str, Sensor], adapters: Mapping[str, Adapter]) -> Sensor:
    """Read what a sensor says of itself on its own topic; DecodeError where this site does not take it."""
    if config.sapient is None or not config.sapient.newcomers:
        raise DecodeError("sensors do not appear by themselves here; expected sapient.newcomers = true in the site's file")
    if name in {sensor.id for sensor in config.sensor}:
        raise DecodeError(f"sensor {name!r} stands in the site's file, which counts")
    if name not in known and len(known) >= MOST:
        raise DecodeError(f"{MOST} sensors have appeared already")
    try:
        sensor = msgspec.json.decode(payload, type=Sensor)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DecodeError(str(error)) from error
    if sensor.id != name:
        raise DecodeError(f"id: the payload says {sensor.id!r}, its topic {name!r}")
    if sensor.kind not in adapters:
        raise DecodeError(f"kind: {sensor.kind!r} is not known; expected {', '.join(sorted(adapters))}")
    if sensor.bias_sigma != BiasSigma() or sensor.source is not None:
        raise DecodeError("bias_sigma and source: are the site's to say, in its file")
    if sensor.reports != "detections-only":
        raise DecodeError(f"reports: is {sensor.reports!r}; expected 'detections-only': nobody has measured how it looks")
    for key, text in of_sensor(sensor):
        raise DecodeError(f"{'.'.join(map(str, key))}: {text}")
    return sensor


def with_them(config: Config, newcomers: Mapping[str, Sensor]) -> Config:
    """Give the configuration with sensors that have appeared, behind its own: what is told by place stays where it is."""
    return replace(config, sensor=(*config.sensor, *newcomers.values()))
