"""Tracker.step(scan): let one look speak to every track."""

from __future__ import annotations

import math

import numpy as np

from fusion.config import Config
from fusion.frame import SiteFrame
from fusion.messages import CLASSES, SECOND, Floats, Integers, Record, Scan, TrackStatus, TrackTable
from fusion.tracking.initiation import Crossings
from fusion.tracking.measurements import Measurements, measure
from fusion.tracking.sensors import SensorModel
from fusion.tracking.store import Association, Claim, TrackStore, begin
from fusion.ulid import ulid

SURVIVAL = 1000.0
"""s: a target stays in the sky for a quarter of an hour; a drone's battery lasts 20 to 40 minutes."""

CONFIRM = 0.95
"""Existence at which a track is shown: one in twenty of the doubtful ones may be false, and is gone a scan later."""

DELETE = 0.01
"""Existence at which a confirmed track is given up: with a detection probability of 0.9, after five misses in a row."""

PRUNE = 5e-4
"""Existence below which a tentative track is not worth its arithmetic."""

AT_START = 5.0
"""Targets that a sensor's coverage may hold before anything was seen."""

COASTING = 2.0
"""s without a detection after which a track is called coasting: two scans of a slow drone radar."""

HEIGHT = (80.0, 60.0)
"""m above ground, mean and sigma, of a target whose height nobody measured: the open category's 0–120 m, and some above."""


class Undetected(Record, eq=False):
    """What a sensor has not seen yet."""

    expected: float = AT_START  # targets in its coverage that it has not seen
    looked: int = 0  # ns, its last look


class Tracker:
    """Every track of a site. Its state is a value: `snapshot` and `restore`."""

    def __init__(self, config: Config, frame: SiteFrame) -> None:
        self.config, self.frame = config, frame
        self.sensors = {sensor.id: SensorModel.of(sensor, frame) for sensor in config.sensor}
        self.ids = tuple(self.sensors)
        self.height = (frame.ground + HEIGHT[0], HEIGHT[1])
        self.time = 0
        self.store = TrackStore.for_sensors(len(self.ids))
        self.undetected = {name: Undetected() for name in self.ids}
        self.crossings = Crossings()

    def step(self, scan: Scan) -> None:
        """Let one look speak to every track."""
        sensor = self.sensors[scan.sensor]
        self._predict(scan.time)
        seen = measure(scan, sensor, self.frame)
        false, born = self._expect(scan, sensor, seen)
        found = self.store.associate(seen, sensor, false, born)
        best = self.store.update(seen, sensor, found)
        self._note(scan, best)
        self._judge()
        self._initiate(scan, sensor, seen, found, born / (false + born))

    def _predict(self, time: int) -> None:
        """Move to the scan's time; targets leave the sky at their rate."""
        if self.time:
            dt = (time - self.time) / SECOND
            self.store.predict(dt)
            self.store.r *= math.exp(-dt / SURVIVAL)
        self.time = time

    def _expect(self, scan: Scan, sensor: SensorModel, seen: Measurements) -> tuple[Floats, Floats]:
        """Give the intensities of false alarms and of new targets at each detection, and thin what is undetected.

        e_j = pD n_u / V: n_u targets undetected as yet, spread over the measurement volume like false alarms are. The
        Poisson part of TOMB/P (Williams 2015, eq. 9 and 26): births add to n_u, and each look takes its share away.
        """
        name = scan.sensor
        before = self.undetected[name]
        since = (scan.time - before.looked) / SECOND if before.looked else 0.0
        pd = sensor.config.detection_probability
        expected = before.expected + self.config.tracking.birth_rate_hz * since
        self.undetected[name] = Undetected(expected=expected * (1.0 - pd), looked=scan.time)
        return sensor.config.false_alarms_per_scan * seen.density, pd * expected * seen.density

    def _note(self, scan: Scan, best: Integers) -> None:
        """Write down who was seen by whom, and what was claimed."""
        rows = np.flatnonzero(best >= 0)
        column = self.ids.index(scan.sensor)
        for row in rows:
            detection = scan.detections[best[row]]
            if detection.time >= self.store.updated[row]:
                self.store.updated[row] = detection.time
                self.store.received[row] = scan.received
            self.store.seen[row, column] = detection.time
            _learn(self.store, int(row), detection)

    def _judge(self) -> None:
        """Confirm what surely exists, give up what surely does not."""
        store = self.store
        store.confirmed |= store.r >= CONFIRM
        unseen = (self.time - store.updated) / SECOND
        alive = np.where(store.confirmed, store.r >= DELETE, store.r >= PRUNE)
        store.keep(alive & (unseen <= self.config.tracking.coast_s))

    def _initiate(self, scan: Scan, sensor: SensorModel, seen: Measurements, found: Association, share: Floats) -> None:
        """Begin a track at each detection that nothing known explains; bearings must cross first."""
        r = found.p_new * share
        placed = np.isfinite(seen.variance[:, 0])
        chosen = np.flatnonzero(placed & (r >= PRUNE))
        rows = begin(seen, sensor, chosen, self.height, len(self.ids))
        self._christen(rows, scan, chosen, r[chosen])
        self.store.append(rows)
        crossed = self.crossings.find(scan, sensor, seen, found.p_new, self)
        if crossed is not None:
            rows, chosen, r = crossed
            self._christen(rows, scan, chosen, r)
            self.store.append(rows)

    def _christen(self, rows: TrackStore, scan: Scan, chosen: Integers, r: Floats) -> None:
        """Give new rows their existence and what their id is made of."""
        rows.r = r
        rows.confirmed = r >= CONFIRM
        rows.born = np.array([scan.detections[j].time for j in chosen], np.int64)
        rows.birth_sensor[:] = self.ids.index(scan.sensor)
        rows.birth_sequence[:] = scan.sequence
        rows.birth_index = chosen
        rows.updated = rows.born.copy()
        rows.received[:] = scan.received
        rows.seen[:, self.ids.index(scan.sensor)] = rows.born
        for row, j in enumerate(chosen):
            _learn(rows, row, scan.detections[j])

    def identify(self, row: int) -> str:
        """Give a track's id: a ULID made from its birth, so the same in every replay."""
        store = self.store
        return ulid(
            int(store.born[row]),
            self.config.site.name,
            self.ids[store.birth_sensor[row]],
            int(store.birth_sequence[row]),
            int(store.birth_index[row]),
        )

    def table(self, at: int, *, tentative: bool = False) -> TrackTable:
        """Give what is believed at a time (ns), not before the last scan's, without changing it."""
        store = self.store.copy()
        store.predict((at - self.time) / SECOND)
        unseen = (at - store.updated) / SECOND
        shown = (store.confirmed | tentative) & (unseen <= self.config.tracking.coast_s)
        rows = np.flatnonzero(shown)
        names = tuple(self.identify(int(row)) for row in rows)
        status = tuple(_status(store, int(row), unseen[row]) for row in rows)
        store.keep(shown)
        state, covariance = store.combined()
        likely = np.exp(store.classes - store.classes.max(axis=1, keepdims=True, initial=-np.inf))
        return TrackTable(
            time=at,
            tracks=names,
            status=status,
            existence=store.r,
            state=state,
            covariance=covariance,
            classes=likely / likely.sum(axis=1, keepdims=True),
            identity=tuple(claim and claim.identity for claim in store.claims),
            strength=("claimed",) * len(store),
            pilot=tuple(claim and claim.pilot for claim in store.claims),
            sensors=tuple({self.ids[c]: int(row[c]) for c in np.flatnonzero(row)} for row in store.seen),
            born=store.born,
            updated=store.updated,
            received=store.received,
        )


def _status(store: TrackStore, row: int, unseen: float) -> TrackStatus:
    if not store.confirmed[row]:
        return "tentative"
    return "coasting" if unseen > COASTING or store.r[row] < 0.5 else "confirmed"


def _learn(store: TrackStore, row: int, detection) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """Take from a detection what it says besides where."""
    if detection.identity is not None:
        from fusion.tracking.measurements import code

        store.name[row] = code(detection.identity)
        store.claims[row] = Claim(identity=detection.identity, pilot=detection.pilot)
    if detection.classes:
        store.classes[row] += 0.3 * np.log([max(detection.classes.get(name, 0.02), 0.02) for name in CLASSES])
        store.classes[row] -= store.classes[row].max()
