"""What a look holds besides known targets: how many detections are owed to false alarms and to targets not seen yet."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from msgspec.structs import replace

from fusion.messages import SECOND, Floats, Integers, Scan
from fusion.tracking import clutter, kernels
from fusion.tracking.sensors import SensorModel
from fusion.tracking.store import Gated, TrackStore
from fusion.tracking.undetected import Intensity, Undetected, look


class Expecting:
    """The Poisson part of every sensor. A value in itself is `undetected`."""

    def __init__(self, names: Iterable[str], birth_rate: float) -> None:
        """Expect what nobody knows yet of these sensors; birth_rate: new targets a second."""
        self.undetected = {name: Undetected() for name in names}
        self.birth_rate = birth_rate

    @property
    def fresh(self) -> float:
        """Existence of a track that begins now, at least: that of the sensor which knows least of its birth."""
        return min((one.fresh for one in self.undetected.values() if one.looked), default=1.0)

    def since(self, scan: Scan) -> float:
        """Give how long ago the sensor looked last, s; 0 at its first look."""
        looked = self.undetected[scan.sensor].looked
        return (scan.time - looked) / SECOND if looked else 0.0

    def of(self, scan: Scan, sensor: SensorModel, gated: Gated, store: TrackStore, heard: float, cells: Integers,
           share: Floats) -> Intensity:  # fmt: skip
        """Say how many detections of a look are owed to false alarms and to new targets.

        heard: how many are owed to what is followed by its direction; cells, share (D): `clutter.cells_of`.
        """
        known, likely = _owed(sensor, gated, store)
        intensity = self.awaited(scan, sensor, len(scan.detections) - known - heard, likely)
        if len(cells) and not sensor.hears and intensity.flood:
            return intensity._replace(false=clutter.of_look(cells, share, float(np.max(intensity.false))))
        if len(cells) and not sensor.hears:
            after, false = self.undetected[scan.sensor], sensor.config.false_alarms_per_scan
            doubted = intensity.false - false * clutter.total(after.clutter, false)
            rate = clutter.relative(after.clutter, cells, share, false)
            worst = Intensity(kernels.scaled(rate, false, doubted), intensity.born)
            intensity = Intensity(rate, intensity.born)
            self.undetected[scan.sensor] = replace(after, fresh=float(worst.fresh))
        return intensity

    def awaited(self, scan: Scan, sensor: SensorModel, unexplained: float, likely: float = 0.0) -> Intensity:
        """Learn how many targets a sensor has not seen from how many detections of a look no known one explains.

        likely: how many of those are owed to tracks that are not confirmed yet: no flood are they.
        """
        before = self.undetected[scan.sensor]
        false, pd = sensor.config.false_alarms_per_scan, sensor.config.detection_probability
        known, births = false * clutter.total(before.clutter, false), self.birth_rate * self.since(scan)
        self.undetected[scan.sensor], intensity = look(before, scan.time, unexplained, known, pd, births, likely)
        return intensity

    def learn_clutter(self, scan: Scan, sensor: SensorModel, cells: Integers, p_new: Floats, since: float) -> None:
        """Count what no known target explains, but for the first look's; since: how long ago the one before was, s.

        Who reports only what it sees does not tell how often it looked, a look at a part of the coverage says nothing of the
        rest, bearings are explained by what is followed by its direction alone, and woods do not go along with who moves.
        """
        before = self.undetected[scan.sensor]
        taught = sensor.looks and not sensor.hears and not sensor.moves and scan.coverage is None
        if taught and since > 0.0 and before.teaches:
            learnt = clutter.learn(before.clutter, cells, p_new, since)
            self.undetected[scan.sensor] = replace(before, clutter=learnt)


def _owed(sensor: SensorModel, gated: Gated, store: TrackStore) -> tuple[float, float]:
    """Say how many detections of a look are owed to the known targets, and to tracks not confirmed yet that met one.

    Where silence says nothing a message may be about one target alone: then those that a known target could have caused. What
    is false stands elsewhere at the next look: where hundreds began, hundreds that are met again are targets.
    """
    known, likely = kernels.owed(store.r, store.confirmed, gated.start, gated.pd_hit, gated.pd_miss)
    if not sensor.looks:
        of_known = np.repeat(store.confirmed, np.diff(gated.start))
        known = float(len(np.unique(gated.pair[of_known])))
    return known, likely
