"""Tracker.step(scan): let one look speak to every track."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from fusion.config import Config
from fusion.frame import SiteFrame
from fusion.messages import SECOND, Floats, Integers, Scan, TrackStatus, TrackTable
from fusion.tracking import clutter, kernels, weighing
from fusion.tracking.births import Birth, births_of
from fusion.tracking.cameras import Cameras, Learnt
from fusion.tracking.claims import AIRCRAFT_SPEED, DRONE_SPEED, faded, strengths
from fusion.tracking.classification import BROADCAST, probabilities
from fusion.tracking.evidence import spoken, weighed
from fusion.tracking.expecting import Expecting
from fusion.tracking.hearing import Hearing, owed, unexplained
from fusion.tracking.hyperbolas import Hyperbolas
from fusion.tracking.initiation import Crossings
from fusion.tracking.measurements import Measurements, freed
from fusion.tracking.merging import Merging
from fusion.tracking.moving import Moving
from fusion.tracking.reading import Reading, Readings
from fusion.tracking.registration import Registration
from fusion.tracking.renaming import Names
from fusion.tracking.sensors import SensorModel
from fusion.tracking.state import TrackerState
from fusion.tracking.store import Association, TrackStore, begin, begin_at
from fusion.tracking.undetected import Intensity
from fusion.ulid import ulid

SURVIVAL = 1000.0
"""s: a target stays in the sky for a quarter of an hour; a drone's battery lasts 20 to 40 minutes."""

CONFIRM = 0.95
"""Existence at which a track is shown: one in twenty of the doubtful ones may be false, and is gone a scan later."""

DELETE = 0.01
"""Existence at which a confirmed track is given up: with a detection probability of 0.9, after five misses in a row."""

PRUNE = 1e-5
"""Existence below which nothing is worth its arithmetic."""

WORTH = 0.2
"""Share of a fresh birth's existence below which a tentative track is dropped: the next detection there begins a better one."""

COASTING = 2.0
"""s without a detection after which a track is called coasting: two scans of a slow drone radar."""

HEIGHT = (50.0, 40.0)
"""m above ground, mean and sigma, of a target whose height nobody measured: the more the lower, evenly fewer up to 150 m, has
50 ± 35, and some fly above. What is believed too high is taken for too near: a slant range is the longer of the two."""


class Tracker:
    """Every track of a site. Its state is a value: `snapshot` and `restore`."""

    def __init__(self, config: Config, frame: SiteFrame) -> None:
        self.config, self.frame = config, frame
        self.sensors = {sensor.id: SensorModel.of(sensor, frame) for sensor in config.sensor}
        self.ids = tuple(self.sensors)
        lasting = [name for name, model in self.sensors.items() if model.correlation > 0.0]
        self.sensors |= {name: replace(self.sensors[name], slot=slot) for slot, name in enumerate(lasting)}
        self.lasting = tuple(lasting)
        self.readings = Readings(self.sensors, frame)
        self.place = {name: place for place, name in enumerate(self.ids)}
        self.height = (frame.ground + HEIGHT[0], HEIGHT[1])
        self.patience = np.array([one.patience for one in self.sensors.values()])
        self.time = 0
        self.store = TrackStore.for_sensors(len(self.ids), len(lasting))
        self.expecting = Expecting(self.ids, config.tracking.birth_rate_hz)
        self.crossings, self.hyperbolas, self.merging = Crossings(), Hyperbolas(), Merging()
        self.registration = Registration(self.sensors)
        self.hearing = Hearing(self.sensors, self.height)
        self.moving = Moving(self.sensors, frame, self.readings)
        self.cameras = Cameras(self.sensors)
        self.names: Names = {}
        self._ids: dict[Birth, str] = {}
        self._lasts: tuple[list[Learnt], Floats] | None = None

    def snapshot(self) -> TrackerState:
        """Give the whole state as a value of its own."""
        known = (self.crossings.rays, self.hyperbolas.clues, self.merging.known, self.merging.searched, self.registration.state)
        heard = (self.hearing.tracks.copy(), self.hearing.asked)
        seen = (dict(self.cameras.learnt), dict(self.moving.stood))
        return TrackerState(self.time, self.store.copy(), dict(self.expecting.undetected), *known, *heard, *seen)

    def restore(self, state: TrackerState) -> None:
        """Become what the value says; the value stays good for another time."""
        self.time, self.store = state.time, state.store.copy()
        self.expecting.undetected, self.crossings = dict(state.undetected), Crossings(state.rays)
        self.hyperbolas = Hyperbolas(state.clues)
        self.merging = Merging(state.pairs, state.searched)
        self.registration.state = state.registration
        self.hearing.tracks, self.hearing.asked = state.bearings.copy(), state.asked
        self.cameras.learnt = dict(state.cameras)
        self.moving.recall(state.moving)

    def step(self, scan: Scan) -> None:
        """Let one look speak to every track."""
        if scan.sensor in self.moving:
            seen_from = self.moving.look(scan, self.store, self.time)
            if seen_from is None:
                return
            scan = seen_from
        told, which = self.readings.of(scan), self.place[scan.sensor]
        since = self.expecting.since(scan)
        self._predict(scan.time)
        self.registration.predict(scan.time)
        if not scan.detections and not self.sensors[scan.sensor].looks:
            self._pass(scan, told)
            return
        bias = self.registration.correction(scan.sensor)
        sensor = self.sensors[scan.sensor].moved(bias)
        seen = freed(told, sensor, self.cameras.freed(sensor, bias), self.cameras.scale(scan.sensor))
        gated = self.store.gate(seen, sensor)
        cells, share = clutter.cells_of(seen, sensor)
        heard = self.hearing.expected(scan, sensor, which)
        intensity = self.expecting.of(scan, sensor, gated, self.store, heard, cells, share)
        look, contended = self.hearing.look(scan, sensor, which, told.number, seen, intensity)
        numbers = self.store.numbers[:, which] if sensor.config.output == "tracks" else None
        found = self.store.associate(spoken(gated, sensor), contended, intensity, numbers)
        look = look and owed(look, *unexplained(self.store, sensor, contended, found, intensity))
        self.expecting.learn_clutter(scan, sensor, cells, found.p_new, since)
        self.registration.learn(seen, sensor, bias, self.store, found)
        before = self.store.r.copy() if sensor.hears or not sensor.looks else None
        best, share = self.store.update(seen, sensor, found)
        if before is not None:
            self.store.r[:] = weighed(before, self.store, which, sensor, scan.time)
        found = Association(gated, found.p, found.p_new)
        self.cameras.learn(seen, sensor, self.store, best, share, scan.time)
        self.store.learn_labels(seen, sensor.labels, found, best, which)
        weighing.compare(self.store, scan, sensor, seen, found, best, share, self.frame.ground)
        self.store.learn_motion(scan.time, self._note(scan, seen, best, share))
        self.merging.learn(self.store, sensor, found, scan.time)
        if look:
            self.hearing.lose(look, self.store, best)
        self._judge()
        self.merging.merge(self.store, scan.time)
        self._initiate(scan, sensor, seen, found.p_new, intensity)
        if look:
            self.hearing.follow(look, self.store)

    def _pass(self, scan: Scan, told: Reading) -> None:
        """Let a look go by that says nothing: no detection, of a sensor whose silence means nothing. Time passes all the same."""
        sensor, which = self.sensors[scan.sensor], self.place[scan.sensor]
        intensity = self.expecting.awaited(scan, sensor, 0.0)
        self._judge()
        self.merging.merge(self.store, scan.time)
        if sensor.hears:
            look, _ = self.hearing.look(scan, sensor, which, told.number, freed(told, sensor, sensor.prior, 1.0), intensity)
            if look is not None:
                self.hearing.follow(look, self.store)

    def _correlations(self) -> Floats:
        """Say how long the errors of each sensor last whose errors do, s; reckoned anew where something was learnt."""
        learnt = list(self.cameras.learnt.values())
        if self._lasts is None or any(a is not b for a, b in zip(self._lasts[0], learnt, strict=True)):
            self._lasts = (learnt, np.array([self.cameras.correlation(self.sensors[name]) for name in self.lasting]))
        return self._lasts[1]

    def _predict(self, time: int) -> None:
        """Move to the scan's time; targets leave the sky at their rate."""
        if self.time:
            dt = (time - self.time) / SECOND
            self.store.predict(dt, self._correlations())
            self.store.hold_heights(*self.height)
            self.store.r *= math.exp(-dt / SURVIVAL)
        self.time = time

    def _note(self, scan: Scan, seen: Measurements, best: Integers, share: Floats) -> Integers:
        """Write down who was seen by whom and, where it is more likely than not the speaker, what was claimed; give the rows."""
        store, rows, speaking = self.store, np.empty(len(best), np.int64), np.empty(len(best), np.int64)
        many, told = kernels.note(
            *(best, seen.time, scan.received, seen.numbers, seen.names, share, self.place[scan.sensor]),
            *(store.updated, store.received, store.seen, store.numbers, rows, speaking),
        )
        for row in speaking[:told].tolist():
            self._hear(row, scan, seen, int(best[row]))
        return rows[:many]

    def _hear(self, row: int, scan: Scan, seen: Measurements, j: int) -> None:
        """Take what a detection claims of the track in a row."""
        identity = scan.detections[j].identity
        if identity is not None:
            self.store.hear(row, scan.detections[j], int(seen.names[j]))
            weighing.hear_place(self.store, row, seen, j, AIRCRAFT_SPEED if identity.icao24 else DRONE_SPEED)

    def _judge(self) -> None:
        """Confirm what surely exists, give up what surely does not."""
        store = self.store
        shown, alive = np.empty(len(store), np.int64), np.empty(len(store), np.bool_)
        worth, coast = max(WORTH * self.expecting.fresh, PRUNE), self.config.tracking.coast_s
        fresh, gone = kernels.judge(
            *(store.r, store.confirmed, store.updated, store.seen, store.name, self.patience),
            *(self.time, CONFIRM, DELETE, worth, coast, shown, alive),
        )
        if fresh:
            self.hearing.succeed(store, shown[:fresh])
        if gone:
            store.keep(alive)
        self.hearing.forget(self.time, self.config.tracking.coast_s)

    def _initiate(self, scan: Scan, sensor: SensorModel, seen: Measurements, p_new: Floats, intensity: Intensity) -> None:
        """Begin a track at each detection that nothing known explains; bearings and differences must meet first."""
        if intensity.flood:
            return
        r, chosen = p_new * intensity.fresh, np.empty(len(p_new), np.int64)
        chosen = chosen[: kernels.beginning(seen.kind, seen.variance, r, PRUNE, chosen)]
        if len(chosen):
            rows = begin(seen, sensor, chosen, self.height, self.store)
            self._christen(rows, scan, seen, chosen, r[chosen])
        told = (scan, seen, p_new, self.sensors, self.height, self.config.tracking.birth_rate_hz)
        crossed = self.crossings.find(*told)
        crossed += [one for one in self.hyperbolas.find(*told) if one[0] not in {j for j, _, _ in crossed}]
        if crossed := [(j, crossing, r) for j, crossing, r in crossed if r >= PRUNE]:
            chosen = np.array([j for j, _, _ in crossed], np.int64)
            rows = begin_at([crossing for _, crossing, _ in crossed], seen, sensor, chosen, self.store)
            for row, (_, crossing, _) in enumerate(crossed):
                if crossing.other:
                    rows.seen[row, self.place[crossing.other]] = seen.time[chosen[row]]
            self._christen(rows, scan, seen, chosen, np.array([r for _, _, r in crossed]))

    def _christen(self, rows: TrackStore, scan: Scan, seen: Measurements, chosen: Integers, r: Floats) -> None:
        """Write into new rows their existence, what their id is made of and who saw them."""
        which = self.place[scan.sensor]
        kernels.christen(
            *(chosen, seen.time, seen.numbers, r, scan.received, which, self.readings.of(scan).number, CONFIRM),
            *(rows.r, rows.confirmed, rows.born, rows.birth_sensor, rows.birth_sequence, rows.birth_index),
            *(rows.updated, rows.received, rows.seen, rows.numbers),
        )
        if seen.labelled and len(told := seen.label[chosen].nonzero()[0]):
            first = np.full(len(chosen), np.inf)
            rows.classes += self.sensors[scan.sensor].labels.weigh(seen.labels[chosen], first, np.zeros(len(chosen), bool))
            rows.note_labels(told, seen, chosen, which)
        rows.begin_legs(scan.time)
        if seen.named:
            for row in seen.names[chosen].nonzero()[0].tolist():
                self._hear(len(self.store) - len(rows) + row, scan, seen, int(chosen[row]))

    def floods(self) -> dict[str, tuple[bool, int]]:
        """Say of each sensor whether its last look was a flood, and how many were."""
        return {name: (known.flooded > 0, known.floods) for name, known in self.expecting.undetected.items()}

    def identify(self, rows: Integers) -> tuple[str, ...]:
        """Give the ids of rows: ULIDs made from their births, so the same in every replay."""
        births = births_of(self.store)
        named = [self.names.get(births[row], births[row]) for row in rows.tolist()]
        known, self._ids = self._ids, {}
        for birth in named:
            self._ids[birth] = known.get(birth) or self._name(birth)
        return tuple(self._ids.values())

    def _called(self, birth: Birth) -> str:
        return self._name(self.names.get(birth, birth))

    def _name(self, birth: Birth) -> str:
        born, sensor, sequence, index = birth
        return ulid(born, self.config.site.name, self.ids[sensor], sequence, index)

    def table(self, at: int, *, tentative: bool = False) -> TrackTable:
        """Give what is believed at a time (ns), not before the last scan's, without changing it."""
        unseen = (at - self.store.updated) / SECOND
        shown = ((self.store.confirmed | tentative) & (unseen <= self.config.tracking.coast_s)).nonzero()[0]
        store, names = self.store.chosen(shown), self.identify(shown)
        store.predict((at - self.time) / SECOND, self._correlations())
        state, covariance = store.combined()
        named = np.array([claim is not None for claim in store.claims], bool)[:, None]
        return TrackTable(
            time=at,
            tracks=names,
            status=_status(store, unseen[shown]),
            existence=store.r,
            state=state,
            covariance=covariance,
            classes=probabilities(store.classes + store.motion + named * BROADCAST),
            identity=tuple(None if claim is None else claim.identity for claim in store.claims),
            strength=strengths(faded(store.agreed, store.agreed_at, at), store.absent, store.doubted, at),
            pilot=tuple(None if claim is None else claim.pilot for claim in store.claims),
            sensors=self.ids,
            seen=store.seen,
            born=store.born,
            updated=store.updated,
            received=store.received,
            bearings=self.hearing.table(at, self._called, self.config.tracking.coast_s, tentative=tentative),
        )


def _status(store: TrackStore, unseen: Floats) -> tuple[TrackStatus, ...]:
    coasting = (unseen > COASTING) | (store.r < 0.5)
    words = np.where(store.confirmed, np.where(coasting, "coasting", "confirmed"), "tentative")
    return tuple(words.tolist())
