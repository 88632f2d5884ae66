"""What is followed by its direction alone: takes the bearings that no place explains, and gives places that are sure."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fusion.messages import SECOND, BearingTrack, Floats, Integers, Scan
from fusion.tracking.bearing_store import BearingTracks
from fusion.tracking.bearings import Look, advance, bearings_begun, contested, look_at, owed
from fusion.tracking.evidence import spoken
from fusion.tracking.ghosts import MOST_SPREAD, find_targets
from fusion.tracking.initiation import UNEXPLAINED
from fusion.tracking.measurements import Measurements, folded
from fusion.tracking.promotion import Naming, bearing_table, demote, place, succeed
from fusion.tracking.sensors import SensorModel
from fusion.tracking.store import Association, TrackStore
from fusion.tracking.undetected import Intensity

ASK = SECOND // 2
"""ns between two searches for bearing tracks that are one target."""

LOST = 2.0 * MOST_SPREAD
"""m, one sigma: a track that bearings alone keep alive and whose place is less certain than this has none: a bearing again.
Twice what a place must have to begin, lest a track goes back and forth."""


class Hearing:
    """The bearing tracks of all sensors. A value in itself is `tracks` and `asked`."""

    def __init__(self, sensors: Mapping[str, SensorModel], height: tuple[float, float]) -> None:
        """Take the tracker's sensors, among which those that move stand where they looked from last."""
        self._sensors, self.height = sensors, height
        self.tracks, self.asked = BearingTracks(), 0

    @property
    def sensors(self) -> tuple[SensorModel, ...]:
        """The sensors as they stand now, in their order."""
        return tuple(self._sensors.values())

    def expected(self, scan: Scan, sensor: SensorModel, which: int) -> float:
        """Say how many detections of a look are owed to what is followed by its direction alone."""
        if not len(self.tracks):
            return 0.0
        known = self.tracks.confirmed & (self.tracks.sensor == which)
        if sensor.looks:
            return float(sensor.config.detection_probability * self.tracks.r[known].sum())
        return float(min(known.sum(), len(scan.detections)))

    def look(
        self, scan: Scan, sensor: SensorModel, which: int, sequence: int, seen: Measurements, intensity: Intensity
    ) -> tuple[Look | None, Measurements]:
        """Take the bearings out of a look, and give what tracks with a place contend for; None where a sensor has none."""
        if not sensor.hears:
            return None, seen
        look = look_at(scan, sensor, which, sequence, seen, intensity)
        return look, contested(self.tracks, look)

    def follow(self, look: Look, store: TrackStore) -> None:
        """Follow the bearings that no track with a place explains; those of one target become a track with its place."""
        advance(self.tracks, look)
        if look.time - self.asked < ASK:
            return
        self.asked = look.time
        targets = find_targets(self.tracks, self.sensors, look.time, self.height)
        if targets:
            place(targets, self.tracks, store).begin_legs(look.time)
            gone = [row for target in targets for row in target.members]
            self.tracks.keep(~np.isin(np.arange(len(self.tracks)), gone))

    def lose(self, look: Look, store: TrackStore, best: Integers) -> None:
        """Let shown tracks whose place a look's bearing has not kept be bearings again; best (N): whose bearing, or −1."""
        if not len(look.chosen):
            return
        rows = (store.confirmed & (best >= 0)).nonzero()[0]
        rows = rows[(best[rows, None] == look.chosen).any(axis=1)]
        if not len(rows):
            return
        level = store.placed(rows)[1][:, 0]
        lost = rows[2.0 * level > LOST**2]
        if len(lost):
            fresh = np.searchsorted(look.chosen, best[lost])
            self.tracks.append(demote(bearings_begun(look, fresh, store.r[lost]), store, lost))
            store.keep(~np.isin(np.arange(len(store)), lost))

    def succeed(self, store: TrackStore, rows: Integers) -> None:
        """Let rows that are about to be shown take over the ids of bearing tracks that are theirs."""
        succeed(store, rows, self.tracks, self.sensors)

    def forget(self, time: int, after: float) -> None:
        """Give up what nobody has seen for so long, s."""
        if len(self.tracks):
            self.tracks.keep((time - self.tracks.updated) / SECOND <= after)

    def table(self, at: int, naming: Naming, after: float, *, tentative: bool) -> tuple[BearingTrack, ...]:
        """Give the bearing tracks at a time (ns), without changing them."""
        if not len(self.tracks):
            return ()
        shown = (self.tracks.confirmed | tentative) & ((at - self.tracks.updated) / SECOND <= after)
        if not shown.any():
            return ()
        tracks = self.tracks.copy()
        tracks.keep(shown)
        return bearing_table(tracks, naming, at, self.sensors, self.height)


def unexplained(
    store: TrackStore, sensor: SensorModel, seen: Measurements, found: Association, intensity: Intensity
) -> tuple[Floats, Floats]:
    """Give how probably each detection (D) is of no track with a place, and of one that is shown.

    A bearing that points the other way is a track's too: w = Σ_i r pD f L/κ, and p_new ← p_new/(1 + w).
    """
    shown = np.repeat(store.confirmed, np.diff(found.gated.start))
    owned = np.bincount(found.gated.pair[shown], found.p[shown], len(seen.kind)).astype(np.float64)
    if sensor.fold <= 0.0 or not len(store) or not (found.p_new > UNEXPLAINED).any():
        return found.p_new, owned
    turned = folded(seen)
    p_new = store.associate(spoken(store.gate(turned, sensor), sensor), turned, intensity).p_new
    other = sensor.fold / (1.0 - sensor.fold) * (1.0 / p_new - 1.0)
    return found.p_new / (1.0 + other), np.maximum(owned, np.where(other > 1.0, 1.0, 0.0))


__all__ = ["Hearing", "owed", "unexplained"]
