"""What sensors were found to be off by, in a file that outlives snapshots: it says whose it is, and is believed of them alone.

A snapshot belongs to one version and one configuration; what was learnt of a mast in a day belongs to the mast. A sensor that
stands elsewhere, is of another kind or is admitted other errors than when this was learnt begins anew.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec
import numpy as np
from msgspec import Meta

from fusion.config import BiasSigma, Config, Sensor
from fusion.errors import ConfigError
from fusion.messages import Floats, nanoseconds, utc
from fusion.tracking.registration import Learnt

NAME = "biases.json"

FORMAT = 1
"""Raised when the file means something else; what it holds is named, so a new part of a bias does not need that."""


class Mast(msgspec.Struct, frozen=True):
    """What a sensor's bias belongs to: change any of it, and the bias is another's."""

    kind: str
    latitude_deg: float | None
    longitude_deg: float | None
    altitude_hae_m: float | None
    bias_sigma: BiasSigma

    @classmethod
    def of(cls, sensor: Sensor) -> Mast:
        """Describe a configured sensor."""
        return cls(sensor.kind, sensor.latitude_deg, sensor.longitude_deg, sensor.altitude_hae_m, sensor.bias_sigma)


class BiasFile(msgspec.Struct):
    """The file: value and covariance of every part of every sensor's bias, in m, rad and s, measured minus true."""

    format: Annotated[int, Meta(ge=FORMAT, le=FORMAT)]
    site: str
    crs: str
    time: Annotated[datetime, Meta(tz=True)]
    sensors: dict[str, Mast]
    parts: tuple[tuple[str, str], ...]  # sensor, part (fusion.tracking.sensors.PARTS)
    value: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]


class Fitting(NamedTuple):
    """What of a file is this site's, and in words why the rest is not."""

    learnt: Learnt
    left_out: list[str]


def write(path: Path, config: Config, learnt: Learnt) -> None:
    """Write down what was learnt, whole or not at all; nothing where nothing was."""
    if not learnt.time or not learnt.names:
        return
    masts = {sensor.id: Mast.of(sensor) for sensor in config.sensor if any(name == sensor.id for name, _ in learnt.names)}
    value, covariance = tuple(learnt.b.tolist()), tuple(map(tuple, learnt.B.tolist()))
    site = config.site
    told = BiasFile(FORMAT, site.name, site.crs, utc(learnt.time), masts, learnt.names, value, covariance)
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(told), indent=1))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def read(path: Path, config: Config) -> Fitting:
    """Read what was learnt of this site's sensors; raise ConfigError where the file cannot be read or is none of this site's."""
    try:
        told = msgspec.json.decode(path.read_bytes(), type=BiasFile)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: is no file of biases: {error}") from error
    if (told.site, told.crs) != (config.site.name, config.site.crs):
        raise ConfigError(f"{path}: is of site {told.site!r} with crs {told.crs!r}, not of {config.site.name!r}")
    return _fit(told, config, path)


def _fit(told: BiasFile, config: Config, path: Path) -> Fitting:
    b, B = np.array(told.value), _square(told, path)
    left_out = {name: why for name, mast in told.sensors.items() if (why := _changed(mast, config, name))}
    kept = [place for place, (name, _) in enumerate(told.parts) if name in told.sensors and name not in left_out]
    names = tuple(told.parts[place] for place in kept)
    learnt = Learnt(nanoseconds(told.time), names, b[kept], B[np.ix_(kept, kept)])
    return Fitting(learnt, [f"{path}: {name}: its bias is forgotten: {why}" for name, why in left_out.items()])


def _square(told: BiasFile, path: Path) -> Floats:
    """Give the covariance; raise ConfigError where it cannot be one of so many parts."""
    size = len(told.parts)
    if len(told.value) != size or [len(row) for row in told.covariance] != [size] * size or len(set(told.parts)) != size:
        raise ConfigError(f"{path}: value and covariance are not of {size} different parts")
    B = np.array(told.covariance).reshape(size, size)
    if not np.allclose(B, B.T, rtol=1e-9, atol=0.0) or (size and np.linalg.eigvalsh(B / _units(B))[0] <= 0.0):
        raise ConfigError(f"{path}: covariance is none: it is not symmetric, or not positive")
    return B


def _units(B: Floats) -> Floats:
    sigma = np.sqrt(np.maximum(np.diag(B), np.finfo(float).tiny))
    return np.outer(sigma, sigma)


def _changed(mast: Mast, config: Config, name: str) -> str | None:
    """Say what of a sensor is not as it was; None where all is."""
    sensor = next((one for one in config.sensor if one.id == name), None)
    if sensor is None:
        return "the site has no such sensor now"
    now = Mast.of(sensor)
    changed = [field for field in mast.__struct_fields__ if getattr(mast, field) != getattr(now, field)]
    return f"{', '.join(changed)} changed since" if changed else None
