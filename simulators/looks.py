"""When a sensor looks, and what becomes of each message: late, lost, twice, or never sent because the sensor is off."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusion.config import Sensor
from fusion.messages import SECOND, Floats, Integers
from simulators.behaviour import Behaviour, Dropouts
from simulators.chance import Chance

AT_WILL = 1.0
"""s: how often a sensor without a configured period reports. Remote ID and ADS-B tell their position once a second or
more often (ASTM F3411-22a: dynamic messages at 1 Hz at least)."""

TICK = 1_000
"""ns: the wire's times are whole microseconds."""


class Looks(NamedTuple):
    """All looks of one sensor, in the order of time; a row a look."""

    period: float  # s
    time: Floats  # (n,) s after the start, when each ends: a rotating antenna passes north
    boot: tuple[str, ...]  # (n,) changes when the sensor comes back
    sequence: Integers  # (n,) counts from 0 since that boot

    def some(self, chosen: NDArray[np.bool_]) -> Looks:
        """Give some of the looks (n,), numbered as they were."""
        boot = tuple(word for word, kept in zip(self.boot, chosen.tolist(), strict=True) if kept)
        return self._replace(time=self.time[chosen], boot=boot, sequence=self.sequence[chosen])


class Arrivals(NamedTuple):
    """What reaches the service, in the order of arrival; a row a message."""

    look: Integers  # (m,) index of the look
    received: Integers  # (m,) ns after the start


def looks(sensor: Sensor, behaviour: Behaviour, duration: float, chance: Chance) -> Looks:
    """Give the looks of a sensor: it starts at a random phase and stops during its outages."""
    period = sensor.period_s or AT_WILL
    phase = chance("phase").uniform(0.0, period)
    time = np.round(np.arange(phase, duration, period), 6)
    outages = sorted(behaviour.outages)
    on = np.all([(time < begin) | (time >= end) for begin, end in outages], axis=0) if outages else np.ones(len(time), bool)
    time = time[on]
    life = np.searchsorted([end for _, end in outages], time, side="right")
    words = chance("boot").integers(0, 1 << 16, len(outages) + 1)
    first = np.searchsorted(life, life, side="left")
    return Looks(period, time, tuple(f"{words[i]:04x}" for i in life), np.arange(len(time)) - first)


def dropped(dropouts: Dropouts, duration: float, random: np.random.Generator) -> Floats:
    """Draw the drop-outs (m, 2), from, to, of a time that begins at 0: on and off in turn, both exponential.

    It is off at the beginning as often as at any time, for/(every + for); what is left of an exponential time is one too.
    """
    off = random.uniform() < dropouts.for_s / (dropouts.every_s + dropouts.for_s)
    at, found = (0.0 if off else dropouts.every_s * random.standard_exponential()), []
    while at < duration:
        end = at + dropouts.for_s * random.standard_exponential()
        found.append((at, end))
        at = end + dropouts.every_s * random.standard_exponential()
    return np.array(found).reshape(-1, 2)


def arrivals(looks: Looks, behaviour: Behaviour, chance: Chance) -> Arrivals:
    """Give what arrives, and when: delay and an exponential tail, as queues make it; some lost, some dropped, some twice."""
    count = len(looks.time)
    late = behaviour.delay_s + behaviour.jitter_s * chance("jitter").standard_exponential((2, count))
    lost = chance("loss").uniform(size=count) < behaviour.loss
    if behaviour.dropouts is not None and count:
        times = dropped(behaviour.dropouts, float(looks.time[-1]), chance("dropouts"))
        lost |= np.searchsorted(times.ravel(), looks.time, side="right") % 2 == 1  # behind a begin, and not behind its end
    kept = np.flatnonzero(~lost)
    again = kept[chance("duplicates").uniform(size=count)[kept] < behaviour.duplicates]
    look = np.concatenate([kept, again])
    received = np.concatenate([(looks.time + late[0])[kept], (looks.time + late.sum(axis=0) + 0.01)[again]])
    stamps = np.round(received * (SECOND / TICK)).astype(np.int64) * TICK
    order = np.lexsort((look, stamps))
    return Arrivals(look[order], stamps[order])
