"""TrackStore: every track as one row of a table of arrays. Only here are the kernels called."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from fusion.messages import CLASSES, Detection, Floats, Integers
from fusion.tracking import kernels
from fusion.tracking.classification import APART, PRIOR, TEMPER, Claim, Labels
from fusion.tracking.initiation import Crossing
from fusion.tracking.kinematics import CORRELATION, FIRST, LEG, LONGEST, MEMORY, SUREST, TABLE
from fusion.tracking.measurements import Measurements
from fusion.tracking.modes import HOVER, INITIAL, MODES, RESTING, STILL, steps, transition
from fusion.tracking.sensors import SensorModel
from fusion.tracking.table import Table
from fusion.tracking.undetected import Intensity

M = len(MODES)
SPECTRAL = np.array([[mode.q_horizontal, mode.q_horizontal, mode.q_vertical] for mode in MODES])
SPEEDS = np.array([[mode.speed_sigma, mode.climb_sigma] for mode in MODES])

GATES = np.array([0.0, 12.1, 15.2, 17.7, 20.0, 22.1, 24.1])
"""χ² quantiles at 0.9995 for 0–6 components: a gate loses one detection in two thousand."""


SOFT = 0.1
"""Share of its detection probability that a sensor has outside its coverage for hits: a detection says that it can see there, and
no track is to die at the edge."""

SAME_NUMBER = 10.0
"""Weight of a report whose sensor gave the same number to this track's last one: its tracker is right nine times in ten."""


class Gated(NamedTuple):
    """Who could have caused what."""

    start: Integers  # (N + 1) where each track's pairs begin
    pair: Integers  # (K) the detection of each pair
    logl: Floats  # (K, M) log likelihood of each pair in each mode
    pd_hit: Floats  # (N) probability that the sensor reports a track
    pd_miss: Floats  # (N) the same, for its silence: 0 where that says nothing


class Association(NamedTuple):
    """Who caused what, how probably."""

    gated: Gated
    p: Floats  # (K) marginal probability of each pair
    p_new: Floats  # (D) that nothing known caused the detection


@lru_cache(1024)
def _moves(dt: float) -> tuple[Floats, Floats, int, float, Floats]:
    """Give Π(Δt), who comes to rest in what, and each mode's step; kept, because looks come at few intervals."""
    return transition(dt), RESTING * dt, HOVER, STILL, np.array([steps(mode, dt) for mode in MODES])


def _rows(shape: tuple[int, ...] = (), kind: type = np.float64) -> Any:
    return field(default_factory=lambda: np.zeros((0, *shape), kind))


@dataclass
class TrackStore(Table):
    """N tracks. Rows stand in order of birth."""

    x: Floats = _rows((M, 6))  # each mode's state
    P: Floats = _rows((M, 6, 6))
    mu: Floats = _rows((M,))  # each mode's probability
    r: Floats = _rows()  # probability that there is a target at all
    classes: Floats = _rows((len(CLASSES),))
    name: Integers = _rows(kind=np.int64)  # code of its identity, 0 for none
    born: Integers = _rows(kind=np.int64)  # ns; with the next three, what its id is made of
    birth_sensor: Integers = _rows(kind=np.int64)
    birth_sequence: Integers = _rows(kind=np.int64)
    birth_index: Integers = _rows(kind=np.int64)
    confirmed: NDArray[np.bool_] = _rows(kind=np.bool_)
    updated: Integers = _rows(kind=np.int64)  # ns, time of its newest detection
    received: Integers = _rows(kind=np.int64)  # ns, when that was learnt
    seen: Integers = _rows((0,), np.int64)  # (N, sensors) ns, when each sensor last saw it
    numbers: Integers = _rows((0,), np.int64)  # (N, sensors) each sensor's own track number for it, coded; 0: none
    label: Integers = _rows((0,), np.int64)  # (N, sensors) each sensor's last label for it, coded; 0: none
    labelled: Integers = _rows((0,), np.int64)  # (N, sensors) ns, when that was; 0 for never
    cross: Floats = _rows((M, 0, 6, 6))  # (N, M, correlated sensors, 6, 6) what its error shares with theirs
    motion: Floats = _rows((len(CLASSES),))  # log weight of each class by how it moves
    marked: Integers = _rows(kind=np.int64)  # ns, when its last leg ended
    marks: Floats = _rows((2, 3))  # where that was, and where the leg before it ended
    mark_spread: Floats = _rows((2, 2))  # m², variance of those places: horizontal (each axis) and vertical
    mark_gap: Floats = _rows()  # s between the two, 0 while there is only one
    claimed: Integers = _rows(kind=np.int64)  # ns, time of the newest place that its transmitter claimed, 0 for none
    claim_place: Floats = _rows((3,))
    claim_rate: Floats = _rows((3,))  # m/s, NaN where it was not told
    claim_spread: Floats = _rows((2,))  # m², horizontal (each axis) and vertical; infinite where height was not told
    agreed: Floats = _rows()  # looks that agreed with the claim, faded up to `agreed_at`
    agreed_at: Integers = _rows(kind=np.int64)  # ns
    absent: Floats = _rows()  # how much the silence of sensors that measure says against the claim
    doubted: Integers = _rows(kind=np.int64)  # ns, when claims last contradicted themselves, 0 for never
    claims: list[Claim | None] = field(default_factory=list)

    @classmethod
    def for_sensors(cls, count: int, correlated: int = 0) -> Self:
        """Make an empty store for this many sensors, of which some have errors that last."""
        empty = np.zeros((0, count), np.int64)
        numbers, label, labelled = empty.copy(), empty.copy(), empty.copy()
        return cls(seen=empty, numbers=numbers, label=label, labelled=labelled, cross=np.zeros((0, M, correlated, 6, 6)))

    def __len__(self) -> int:
        return len(self.claims)

    @property
    def births(self) -> tuple[Integers, Integers, Integers, Integers]:
        """What ids are made of: time, sensor, sequence and index, each (N)."""
        return self.born, self.birth_sensor, self.birth_sequence, self.birth_index

    def hear(self, row: int, detection: Detection, name: int) -> None:
        """Take what a detection claims of the track in a row; `name` is the code of its identity."""
        if detection.identity is not None:
            self.name[row] = name
            self.claims[row] = Claim(identity=detection.identity, pilot=detection.pilot)

    def predict(self, dt: float, correlations: Floats) -> None:
        """Move every track Δt (s) ahead; correlations: the time that each correlated sensor's errors last, s."""
        if dt > 0.0 and len(self):
            fade = np.exp(-dt / correlations)
            kernels.predict(self.x, self.P, self.mu, len(self), *_moves(dt), SPECTRAL, self.cross, fade)

    def hold_heights(self, mean: float, sigma: float) -> None:
        """Let no height be less sure than mean ± sigma (m), what is known of all: as it is forgotten, it turns back to that.

        As if told so: k = P[:, 2],  g = 1/P_zz − σ²/P_zz²,  x ← x + g (mean − x_z) k,  P ← P − g k kᵀ,  c ← c − g k c_z.
        Who is believed higher than mean + 3 sigma (`motion.UNUSUAL`) was measured there, however badly: that is left as it is.
        """
        kernels.hold(self.x, self.P, self.cross, len(self), mean, sigma, np.empty(6))

    def gate(self, seen: Measurements, sensor: SensorModel) -> Gated:
        """Find who could have caused what."""
        room = 16 * (len(self) + len(seen.kind)) + 64
        start, inside = np.zeros(len(self) + 1, np.int64), np.empty(len(self))
        while True:
            pair, logl = np.empty(room, np.int64), np.empty((room, M))
            count = kernels.gate(
                *(self.x, self.P, self.mu, self.name, len(self), sensor.horizon.origin, sensor.horizon.coefficients),
                *(seen.coverage, seen.z, seen.variance, seen.offset, seen.names, seen.order, seen.key, seen.n_direction),
                *(seen.first, seen.span, seen.slack, GATES, self.cross, sensor.slot, inside, start, pair, logl),
            )
            if count >= 0:
                break
            room *= 4
        pair, logl = pair[:count], logl[:count]
        if len(seen.differences):
            start, pair, logl = self._gate_differences(seen, sensor, start, pair, logl)
        pd_hit, pd_miss = np.empty(len(self)), np.empty(len(self))
        kernels.detectable(inside, sensor.config.detection_probability, SOFT, sensor.looks, pd_hit, pd_miss)
        return Gated(start, pair, logl, pd_hit, pd_miss)

    def _gate_differences(
        self, seen: Measurements, sensor: SensorModel, start: Integers, pair: Integers, logl: Floats
    ) -> tuple[Integers, Integers, Floats]:
        """Add the differences that each track could have caused to its pairs."""
        own, room = np.zeros_like(start), len(self) * len(seen.differences)
        more, more_logl = np.empty(room, np.int64), np.empty((room, M))
        count = kernels.gate_differences(
            *(self.x, self.P, self.name, len(self), sensor.horizon.origin, sensor.horizon.coefficients),
            *(seen.origins, seen.coefficients, seen.base, seen.differences, seen.z, seen.variance, seen.offset, seen.names),
            *(GATES, self.cross, sensor.slot, own, more, more_logl),
        )
        row = np.concatenate([np.repeat(np.arange(len(self)), np.diff(of)) for of in (start, own)])
        order = np.argsort(row, kind="stable")
        both, both_logl = np.concatenate([pair, more[:count]]), np.concatenate([logl, more_logl[:count]])
        return start + own, both[order], both_logl[order]

    def associate(self, gated: Gated, seen: Measurements, intensity: Intensity, numbers: Integers | None = None) -> Association:
        """Find who caused what, how probably; numbers (N): the sensor's own track number for each track, if it has a tracker."""
        w, p, p_new = np.empty(len(gated.pair)), np.empty(len(gated.pair)), np.empty(len(seen.kind))
        kappa = (intensity.false + intensity.born) * seen.density
        kernels.weigh(self.mu, self.r, len(self), gated.start, gated.pair, gated.logl, gated.pd_hit, gated.pd_miss, kappa, w)
        if numbers is not None and numbers.any():
            same = np.repeat(numbers, np.diff(gated.start)) == seen.numbers[gated.pair]
            w[same & (seen.numbers[gated.pair] != 0)] *= SAME_NUMBER
        kernels.marginals(len(self), len(seen.kind), gated.start, gated.pair, w, p, p_new)
        return Association(gated, p, p_new)

    def update(self, seen: Measurements, sensor: SensorModel, found: Association) -> tuple[Integers, Floats]:
        """Let the detections speak; give the likeliest detection of each seen track (N), else −1, and its probability (N)."""
        best, share = np.empty(len(self), np.int64), np.empty(len(self))
        kernels.update(
            *(self.x, self.P, self.mu, self.r, len(self), sensor.horizon.origin, sensor.horizon.coefficients),
            *(seen.origins, seen.coefficients, seen.base),
            *(seen.kind, seen.z, seen.variance, seen.offset, found.gated.start, found.gated.pair, found.gated.logl),
            *(found.p, found.gated.pd_miss, self.cross, sensor.slot, best, share),
        )
        return best, share

    def learn_labels(self, seen: Measurements, labels: Labels, found: Association, best: Integers, number: int) -> None:
        """Let the labels of a look speak, each as loudly as its detection is likely to be the track's: l_i += Σ_j p_ij log L_j.

        In a flock no detection is surely anybody's, and yet all of them say "bird". number: the sensor's place.
        """
        if not seen.labelled:
            return
        kernels.label(
            *(
                found.gated.start,
                found.gated.pair,
                found.p,
                seen.label,
                seen.labels,
                seen.time,
                number,
                labels.lasts,
                TEMPER,
                APART,
            ),
            *(self.label, self.labelled, self.classes),
        )
        rows = (best >= 0).nonzero()[0]
        self.note_labels(rows[seen.label[best[rows]] != 0], seen, best, number)

    def note_labels(self, rows: Integers, seen: Measurements, best: Integers, number: int) -> None:
        """Write down the newest label of some rows; best: each row's detection."""
        self.label[rows, number], self.labelled[rows, number] = seen.label[best[rows]], seen.time[best[rows]]

    def learn_motion(self, time: int, rows: Integers) -> None:
        """End the legs of the rows that were seen just now, where they lasted long enough, and learn what moves like that."""
        if len(rows):
            kernels.legs(
                *(self.x, self.P, self.mu, rows, time, self.marked, self.marks, self.mark_spread, self.mark_gap, self.motion),
                *(LEG, LONGEST, MEMORY, TABLE, FIRST, CORRELATION, SUREST),
            )

    def begin_legs(self, time: int) -> None:
        """Let the first leg of every row begin where it is."""
        kernels.begin_legs(self.x, self.P, self.mu, time, self.marked, self.marks, self.mark_spread)

    def placed(self, rows: Integers) -> tuple[Floats, Floats]:
        """Give the places of rows (n, 3), and their variance, horizontal (each axis) and vertical (n, 2)."""
        state, covariance = self.combined_of(rows)
        level = (covariance[:, 0, 0] + covariance[:, 1, 1]) / 2.0
        return state[:, :3], np.stack([level, covariance[:, 2, 2]], axis=1)

    def combined_of(self, rows: Integers) -> tuple[Floats, Floats]:
        """Give the states (n, 6) and covariances (n, 6, 6) of some tracks over their modes."""
        state, covariance = np.empty((len(rows), 6)), np.empty((len(rows), 6, 6))
        kernels.combine_all(self.x, self.P, self.mu, rows, state, covariance)
        return state, covariance

    def combined(self) -> tuple[Floats, Floats]:
        """Give each track's state (N, 6) and covariance (N, 6, 6) over its modes."""
        return self.combined_of(np.arange(len(self)))


TrackStore.COLUMNS = dict.fromkeys(column.name for column in fields(TrackStore) if column.name != "claims")


def begin(
    seen: Measurements, sensor: SensorModel, chosen: Integers, height: tuple[float, float], store: TrackStore
) -> TrackStore:
    """Add rows that begin at the chosen detections (B); height: mean and sigma of a target whose height was not seen."""
    rows = blank(store, len(chosen))
    kernels.births(
        *(sensor.horizon.origin, sensor.horizon.coefficients, seen.kind, seen.z, seen.variance, seen.offset, chosen),
        *(height[0], height[1], SPEEDS, seen.hint, rows.x, rows.P),
    )
    return owe(rows, seen, sensor, chosen)


def begin_at(places: list[Crossing], seen: Measurements, sensor: SensorModel, chosen: Integers, store: TrackStore) -> TrackStore:
    """Add rows that begin where bearings cross, at rest until more is known."""
    rows = blank(store, len(places))
    for row, crossing in enumerate(places):
        rows.x[row, :, :3], rows.P[row, :, :3, :3] = crossing.place, crossing.covariance
        rows.P[row, :, [3, 4, 5], [3, 4, 5]] = (SPEEDS[:, [0, 0, 1]] ** 2).T
    return owe(rows, seen, sensor, chosen)


def owe(rows: TrackStore, seen: Measurements, sensor: SensorModel, chosen: Integers) -> TrackStore:
    """Write down what new rows owe to the errors of a sensor whose errors last."""
    if sensor.slot >= 0:
        kernels.lean(
            *(rows.x, rows.P, sensor.horizon.origin, sensor.horizon.coefficients, seen.origins, seen.coefficients, seen.base),
            *(seen.kind, seen.variance, seen.offset),
            *(chosen, sensor.slot, rows.cross),
        )
    return rows


def blank(store: TrackStore, count: int) -> TrackStore:
    """Add so many rows, states of nought and nothing known besides, and give them (`Table.grown`)."""
    rows = store.grown(count)
    rows.mu[:], rows.classes[:] = INITIAL, PRIOR
    return rows
