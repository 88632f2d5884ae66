"""What a sensor takes its targets for: a class that is right so often, or words of its own after a confusion matrix."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fusion.config import Confusion, Sensor
from fusion.messages import CLASSES, Floats
from simulators.behaviour import Behaviour

NONE = -1.0
"""What stands for a label in the columns of a sensor that names none."""

CLUTTER = CLASSES.index("other")
"""The row of a confusion matrix that false alarms are named by."""


class Labels:
    """A sensor that names no class."""

    def named(self, truth: int, rows: int, step: float, random: np.random.Generator) -> Floats:  # noqa: ARG002
        """Draw what each of some looks (rows,), `step` s apart, names a target of a true class: a number of ours."""
        return np.full(rows, NONE)

    def of_false_alarms(self, count: int, random: np.random.Generator) -> Floats:  # noqa: ARG002
        """Draw what each of some false alarms (count,) is named."""
        return np.full(count, NONE)

    def report(self, named: float) -> dict[str, float] | None:  # noqa: ARG002
        """Give the class report of a number of ours."""
        return None


@dataclass(frozen=True)
class RightSoOften(Labels):
    """The short form: it names the true class with one probability, and each other one alike otherwise."""

    accuracy: float

    def named(self, truth: int, rows: int, step: float, random: np.random.Generator) -> Floats:  # noqa: ARG002
        """Draw classes, each look for itself."""
        right = random.uniform(size=rows) < self.accuracy
        wrong = (truth + random.integers(1, len(CLASSES), rows)) % len(CLASSES)
        return np.where(right, truth, wrong).astype(float)

    def of_false_alarms(self, count: int, random: np.random.Generator) -> Floats:
        """Draw classes, each alike."""
        return random.integers(0, len(CLASSES), count).astype(float)

    def report(self, named: float) -> dict[str, float] | None:
        """Give the class that is named with the probability that it is right; the rest is shared."""
        rest = (1.0 - self.accuracy) / (len(CLASSES) - 1)
        return {name: round(self.accuracy if i == named else rest, 6) for i, name in enumerate(CLASSES)}


@dataclass(frozen=True)
class Confused(Labels):
    """A classifier with a confusion matrix; a label stays for a time before it is drawn anew.

    l₀ ~ P(l | class);  lₖ = lₖ₋₁ with ρ = exp(−step/τ), else drawn anew from P(l | class): what the tracker assumes too.
    """

    confusion: Confusion

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Its own words, in the order that numbers them."""
        return tuple(sorted({word for name in CLASSES for word in getattr(self.confusion, name)}))

    def named(self, truth: int, rows: int, step: float, random: np.random.Generator) -> Floats:
        """Draw labels that last."""
        drawn, anew = self._drawn(truth, random.uniform(size=rows)), random.uniform(size=rows)
        memory = self.confusion.correlation_s
        stays = np.exp(-step / memory) if memory else 0.0
        last = np.maximum.accumulate(np.where(anew >= stays, np.arange(rows), 0))
        return drawn[last]

    def of_false_alarms(self, count: int, random: np.random.Generator) -> Floats:
        """Draw labels of what is no target, each for itself."""
        return self._drawn(CLUTTER, random.uniform(size=count))

    def _drawn(self, truth: int, shares: Floats) -> Floats:
        row = getattr(self.confusion, CLASSES[truth])
        bounds = np.cumsum([row.get(word, 0.0) for word in self.words])
        return np.searchsorted(bounds / bounds[-1], shares, side="right").astype(float)

    def report(self, named: float) -> dict[str, float] | None:
        """Give the label alone: what it is worth is in the matrix."""
        return {self.words[int(named)]: 1.0}


def labels(behaviour: Behaviour, sensor: Sensor) -> Labels:
    """Give how a sensor names what it sees: as the scenario says, else as the site says of it."""
    if behaviour.class_accuracy > 0.0:
        return RightSoOften(behaviour.class_accuracy)
    confusion = behaviour.confusion or sensor.confusion
    return Labels() if confusion is None else Confused(confusion)
