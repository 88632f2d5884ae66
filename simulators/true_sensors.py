"""What is true of a scenario's sensors where the site was told otherwise: written beside the truth, for the bound alone."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
from msgspec.structs import asdict, replace

from fusion.config import Accuracy, Config, Sensor
from fusion.config_table import Table
from fusion.errors import RecordingError
from fusion.messages import Floats
from simulators.behaviour import Behaviour, Echo
from simulators.detection import probability
from simulators.scenario_file import Stage
from simulators.targets import Target

NAME = "truth_sensors.json"
"""The file's, beside `truth.csv`; there is none where the site was told the truth."""


class TrueSensor(Table, kw_only=True):
    """One sensor whose noise or detection the site was told wrongly."""

    id: str
    accuracy: Accuracy = Accuracy()
    detection_by_range: tuple[tuple[float, float], ...] = ()
    echo: Echo | None = None


class TrueSensors(Table):
    """All of them, and what radars need to know of the targets."""

    sensor: tuple[TrueSensor, ...] = ()
    rcs_dbsm: dict[str, float] = {}  # noqa: RUF012 - msgspec copies it; mean cross-section, by the truth's name

    def of(self, sensor: Sensor) -> TrueSensor | None:
        """Give what is true of a sensor; None where the site was told it."""
        return next((one for one in self.sensor if one.id == sensor.id), None)

    def corrected(self, config: Config) -> Config:
        """Give a site that was told the truth of its sensors' noise, in what they report at all."""
        return replace(config, sensor=tuple(_corrected(sensor, self.of(sensor)) for sensor in config.sensor))

    def detection(self, sensor: Sensor, target: str, distance: Floats) -> Floats:
        """Give how probably a sensor detects a target at ranges (n,)."""
        if (one := self.of(sensor)) is None:
            return np.full(len(distance), sensor.detection_probability)
        rcs = self.rcs_dbsm.get(target, 0.0)
        return probability(sensor.detection_probability, one.detection_by_range, one.echo, distance, rcs)


def write(path: Path, stage: Stage, flown: tuple[Target, ...]) -> None:
    """Write what the site was not told, if there is anything."""
    told = [_true(stage.behaviour(sensor.id)) for sensor in stage.site.sensor]
    found = tuple(one for one in told if one != TrueSensor(id=one.id))
    if found:
        rcs = {target.id: target.rcs_dbsm for target in flown} if any(one.echo for one in found) else {}
        path.write_bytes(msgspec.json.encode(TrueSensors(sensor=found, rcs_dbsm=rcs)) + b"\n")


def read(truth: Path) -> TrueSensors:
    """Read what stands beside a truth; nothing where nothing does. Raise RecordingError where it cannot be read."""
    path = truth.with_name(NAME)
    try:
        return msgspec.json.decode(path.read_bytes(), type=TrueSensors) if path.is_file() else TrueSensors()
    except (OSError, msgspec.DecodeError, UnicodeError) as error:
        raise RecordingError(f"{path}: {error}") from error


def _true(behaviour: Behaviour) -> TrueSensor:
    return TrueSensor(
        id=behaviour.id,
        accuracy=behaviour.accuracy,
        detection_by_range=behaviour.detection_by_range,
        echo=behaviour.echo,
    )


def _corrected(sensor: Sensor, true: TrueSensor | None) -> Sensor:
    """Put a sensor's true noise in the place of what it claims; what it does not claim, it does not report."""
    claimed = asdict(sensor.accuracy)
    told = {name: value for name, value in asdict(true.accuracy).items() if value and claimed[name]} if true else {}
    return replace(sensor, accuracy=replace(sensor.accuracy, **told)) if told else sensor
