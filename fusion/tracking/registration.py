"""Online registration: what each sensor is off by in range, azimuth, elevation, time and place, learnt from targets that two see.

A separate-bias (two-stage) filter: beside the tracker runs a small bank of plain Kalman filters, one a followed target, that
know nothing of biases. How far each of them is off for a bias b is linear, x̃ = x + e + D (b − b̂): D is carried along with
the state, and the innovations of all of them then measure the biases of all sensors at once (Friedland 1969; for several
sensors, Bar-Shalom, Willett & Tian 2011, chapter 9). A target that one sensor alone sees moves D to where its bias cannot
be told from the target's place, S → 0: a sensor is no evidence against itself.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from fusion.messages import SECOND, Floats, Integers, SensorBias
from fusion.tracking import kernels
from fusion.tracking.following import HEIGHT, Bank
from fusion.tracking.measurements import Measurements
from fusion.tracking.sensors import PARTS, Bias, SensorModel
from fusion.tracking.store import GATES, SPECTRAL, Association, TrackStore

DRIFT = 7 * 86_400.0
"""s, how long a bias is remembered: radars were off by the same all day; in an hour it wanders by a tenth of its sigma."""

SURE = 0.9
"""Probability of an association that may teach: a tenth of wrong ones at most, and those are gated again."""

TRUST = 0.5
"""Share of its prior sigma that a bias's own must be down to before it is taken off: three quarters of its variance are known,
and a sensor that is right in truth is put off by no more than half of what it was admitted."""

COMMON = 5.0
"""s within which two sensors saw a target that is worth following; also how long a filter lives without a detection."""

APART = 0.9
"""s between two looks of one sensor at one target that both teach: a radar that turns once a second counts with each turn,
and what looks faster costs no more."""

SATELLITES = 300.0
"""s, how long what a satellite receiver is off by is remembered: ionosphere and reflections change over minutes, so the
reports of one flight share most of their error."""

STRAIN_GAIN, STRAIN_STEP = 0.01, 10.0
"""How fast a sensor's strain follows its normalised innovations, a hundred looks, and the most that one of them counts."""

NONE = Bias(np.zeros(len(PARTS)), np.zeros((len(PARTS), len(PARTS))))
"""What a sensor is off by that admits no bias; not to be written into."""

TEMPO = np.array([APART, SATELLITES, STRAIN_GAIN, STRAIN_STEP, HEIGHT])

WIRE = (
    ("range_m", "range_sigma_m", 1.0, 3),
    ("azimuth_deg", "azimuth_sigma_deg", math.degrees(1.0), 4),
    ("elevation_deg", "elevation_sigma_deg", math.degrees(1.0), 4),
    ("time_s", "time_sigma_s", 1.0, 4),
    ("east_m", "east_sigma_m", 1.0, 3),
    ("north_m", "north_sigma_m", 1.0, 3),
)
"""Names, unit and digits of each part of a bias on the wire."""


class RegistrationState(NamedTuple):
    """All that registration knows. Its arrays are never written into, so it is a value as it stands."""

    time: int  # ns
    b: Floats  # (B) range m, azimuth and elevation rad, time s, east and north m, of each sensor in turn
    B: Floats  # (B, B)
    strain: Floats  # (sensors) how much larger than stated a sensor's noise is in fact, at least 1
    bank: Bank


class Learnt(NamedTuple):
    """What is known of the biases, by name: what outlives a run."""

    time: int  # ns
    names: tuple[tuple[str, str], ...]  # sensor, part
    b: Floats  # (B)
    B: Floats  # (B, B)


class Registration:
    """The biases of a site's sensors. `state` is a value."""

    def __init__(self, sensors: dict[str, SensorModel]) -> None:
        self.ids = tuple(sensors)
        variance = np.array([np.diag(model.prior.covariance) for model in sensors.values()]).reshape(-1)
        used, count = (variance > 0.0).nonzero()[0], len(PARTS)
        self.prior = np.diag(variance[used])
        self.places = {name: (used // count == i).nonzero()[0] for i, name in enumerate(self.ids)}
        self.parts = {name: used[self.places[name]] % count for name in self.ids}
        self.blocks = {name: np.ix_(places, places) for name, places in self.places.items()}
        self.whole = {name: np.ix_(parts, parts) for name, parts in self.parts.items()}
        sigma = np.sqrt(variance[used])
        self.units = {name: sigma[places] for name, places in self.places.items()}
        bank = Bank.empty(len(used), len(self.ids))
        self.state = RegistrationState(0, np.zeros(len(used)), self.prior, np.ones(len(self.ids)), bank)

    def bias(self, sensor: str) -> Bias:
        """Give what a sensor is off by, and the covariance of that."""
        places = self.places[sensor]
        return self._whole(sensor, self.state.b[places], self.state.B[self.blocks[sensor]])

    def _whole(self, sensor: str, value: Floats, covariance: Floats) -> Bias:
        """Give a bias in all its parts of those that a sensor may be off in."""
        whole, parts = Bias(np.zeros(len(PARTS)), np.zeros((len(PARTS), len(PARTS)))), self.parts[sensor]
        whole.value[parts], whole.covariance[self.whole[sensor]] = value, covariance
        return whole

    def correction(self, sensor: str) -> Bias:
        """Give what to take off a sensor's measurements: what is trusted of its bias; of the rest, the prior as noise.

        With the prior's sigmas as units, B = U Λ Uᵀ: each direction u in which λ ≤ TRUST² is trusted. Where two parts can
        hardly be told apart, what they do together is taken off, and neither alone.
        """
        places = self.places[sensor]
        if not len(places):
            return NONE
        whole = Bias(np.zeros(len(PARTS)), np.zeros((len(PARTS), len(PARTS))))
        kernels.trusted(self.state.b, self.state.B, places, self.parts[sensor], self.units[sensor], TRUST**2, *whole)
        return whole

    def biases(self) -> dict[str, SensorBias]:
        """Give, in the wire's units, the biases of the sensors that may have any."""
        told: dict[str, dict[str, float]] = {name: {} for name in self.ids if len(self.places[name])}
        for name, fields in told.items():
            found = self.bias(name)
            for part in self.parts[name].tolist():
                key, sigma_key, unit, digits = WIRE[part]
                fields[key] = round(float(found.value[part]) * unit, digits)
                fields[sigma_key] = round(math.sqrt(found.covariance[part, part]) * unit, digits)
        return {name: SensorBias(**fields) for name, fields in told.items()}

    @property
    def names(self) -> tuple[tuple[str, str], ...]:
        """Sensor and part of each place in b."""
        return tuple((name, PARTS[part]) for name in self.ids for part in self.parts[name].tolist())

    def learnt(self) -> Learnt:
        """Give what is known of the biases, by name."""
        return Learnt(self.state.time, self.names, self.state.b, self.state.B)

    def adopt(self, known: Learnt) -> None:
        """Begin with what an earlier run learnt; parts that it does not name have their prior, others than ours are left out."""
        ours = {name: place for place, name in enumerate(self.names)}
        pairs = [(ours[name], place) for place, name in enumerate(known.names) if name in ours]
        here, there = np.array([here for here, _ in pairs], int), np.array([there for _, there in pairs], int)
        b, B = np.zeros(len(self.state.b)), self.prior.copy()
        b[here], B[np.ix_(here, here)] = known.b[there], known.B[np.ix_(there, there)]
        self.state = self.state._replace(time=known.time, b=b, B=B)

    def predict(self, time: int) -> None:
        """Let the biases wander to a time, never further than the prior: b ← φ b, B ← φ² B + (1 − φ²) B₀."""
        before = self.state
        if len(before.b) and before.time:
            phi = math.exp(-abs(time - before.time) / SECOND / DRIFT)  # what a later run learnt is as old for an earlier one
            before = before._replace(b=phi * before.b, B=phi * phi * before.B + (1.0 - phi * phi) * self.prior)
        self.state = before._replace(time=time)

    def learn(self, seen: Measurements, sensor: SensorModel, used: Bias, store: TrackStore, found: Association) -> None:
        """Learn from the detections of a look that surely belong to tracks, which stand where the look was expected.

        A difference tells of two clocks at once, to nanoseconds: it teaches nothing here.

        `used` is what was taken off the look's measurements, and `sensor` stands where that says.
        """
        state, name = self.state, sensor.config.id
        rows, pair = _sure(store, seen, found) if len(state.b) else (np.zeros(0, np.int64),) * 2
        if not len(rows):
            return
        me, parts = self.ids.index(name), self.parts[name]
        births = _births(store, rows)
        bank = self._follow(births, rows, pair, seen, me, store)
        filters = bank.find(births)
        followed = (filters >= 0).nonzero()[0]
        due = followed[state.time - bank.heard[filters[followed], me] >= APART / kernels.NANOSECOND]
        if not len(due):
            self.state = state._replace(bank=bank)
            return
        rows, pair, filters, bank = rows[due], pair[due], filters[due], bank.copy()
        b, B, strain = state.b.copy(), state.B.copy(), state.strain.copy()
        kernels.register(
            *(
                filters,
                pair,
                *store.combined_of(rows),
                store.mu[rows] @ SPECTRAL[:, 1:],
                state.time,
                seen.kind,
                seen.z,
                seen.noise,
            ),
            *(seen.offset, sensor.horizon.origin, sensor.horizon.coefficients, parts, self.places[name], used.value[parts], me),
            *(sensor.correlation, TEMPO, GATES, bank.time, bank.x, bank.P, bank.D, bank.reckoned, bank.wander, bank.heard),
            *(b, B, strain),
        )
        self.state = RegistrationState(state.time, b, B, strain, bank)

    def _follow(self, births: Integers, rows: Integers, pair: Integers, seen: Measurements, me: int, store: TrackStore) -> Bank:
        """Give the bank without who was not heard for long, and with those of these rows that are worth following.

        Worth it is who another sensor saw lately, and whose place this look measured.
        """
        edge = self.state.time - round(COMMON * SECOND)
        bank, new = self.state.bank.since(edge), np.empty(len(rows), np.int64)
        new = new[: kernels.worth(births, bank.birth, store.seen, rows, me, edge, seen.variance, pair, new)]
        if not len(new):
            return bank
        states, high = store.combined_of(rows[new])[0], np.isfinite(seen.variance[pair[new], 2])
        begun = Bank.begin(births[new], self.state.time, states, high, self.state.b, len(self.ids))
        own = (seen.kind[pair[new]] == kernels.POSITION) & (len(self.parts[self.ids[me]]) == 0)
        return bank.admit(begun, own)


def _sure(store: TrackStore, seen: Measurements, found: Association) -> tuple[Integers, Integers]:
    """Choose the detections that one confirmed track alone could have caused, and surely did: tracks and detections."""
    count, kind = len(store), seen.kind
    rows, pair, wanted = np.empty(count, np.int64), np.empty(count, np.int64), np.zeros(len(kind), np.int64)
    of, gated = store.confirmed, found.gated
    many = kernels.choose(of, gated.start, gated.pair, found.p, kind, SURE, wanted, rows, pair)
    return rows[:many], pair[:many]


def _births(store: TrackStore, rows: Integers) -> Integers:
    """Give what tells tracks from each other for good (K, 4)."""
    births = np.empty((len(rows), 4), np.int64)
    kernels.born(*store.births, rows, births)
    return births
