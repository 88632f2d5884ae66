"""Online registration: what each sensor is off by in range, azimuth, elevation and time, learnt from targets that two see.

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
from numpy.typing import NDArray

from fusion.messages import SECOND, Floats, Integers, SensorBias
from fusion.tracking.kernels import DIFFERENCE, POSITION
from fusion.tracking.measurements import Measurements
from fusion.tracking.models import AZIMUTH, Linearised, Mode, direction, matrices, mean_mode, polar_slopes, position
from fusion.tracking.sensors import Bias, SensorModel
from fusion.tracking.store import GATES, Association, TrackStore

DRIFT = 7 * 86_400.0
"""s, how long a bias is remembered: radars were off by the same all day; in an hour it wanders by a tenth of its sigma."""

SURE = 0.9
"""Probability of an association that may teach: a tenth of wrong ones at most, and those are gated again."""

TRUST = 0.3
"""Share of its prior sigma that a bias's own must be down to before it is taken off: nine tenths of its variance are known."""

FOLLOWED = 20
"""Targets followed at a time: a hundred detections a second at the most common rates, a fiftieth of a core."""

COMMON = 5.0
"""s within which two sensors saw a target that is worth following; also how long a filter lives without a detection."""

PLACE, SPEED, CLIMB = 1e4, 100.0, 15.0
"""m, m/s: a followed target begins so far from where the tracker has it that nothing of that is believed."""

HEIGHT = 60.0
"""m, sigma of the height of a target whose height nobody measures: that of `tracker.HEIGHT`."""

CORRELATED = 10.0
"""A sensor that sends its own tracks repeats its errors: with a correlation of 0.8 from look to look, (1+ρ)/(1−ρ) = 9."""

APART = 0.9
"""s between two looks of one sensor at one target that both teach: what looks faster repeats its errors (cameras follow
their own pictures over seconds), and so that a radar that turns once a second counts with each turn."""

SATELLITES = 300.0
"""s, how long what a satellite receiver is off by is remembered: ionosphere and reflections change over minutes, so the
reports of one flight share most of their error."""

STRAIN_GAIN, STRAIN_STEP = 0.01, 10.0
"""How fast a sensor's strain follows its normalised innovations, a hundred looks, and the most that one of them counts."""

WIRE = (
    ("range_m", "range_sigma_m", 1.0, 3),
    ("azimuth_deg", "azimuth_sigma_deg", math.degrees(1.0), 4),
    ("elevation_deg", "elevation_sigma_deg", math.degrees(1.0), 4),
    ("time_s", "time_sigma_s", 1.0, 4),
)
"""Names, unit and digits of each part of a bias on the wire."""

Birth = tuple[int, int, int, int]


class Followed(NamedTuple):
    """One target's filter that knows nothing of biases."""

    birth: Birth  # of the track: what its id is made of
    time: int  # ns
    x: Floats  # (9) state, and what its own reports of its place are off by
    P: Floats  # (9, 9) of e, the error without biases
    D: Floats  # (9, B) ∂x̃/∂b
    b: Floats  # (B) the biases that x reckons with
    wander: Floats  # (3) variance of what its reports are off by; 0 while it never reported
    heard: Integers  # (sensors) ns, when each last taught

    @property
    def cooperative(self) -> bool:
        """Whether it says where it is."""
        return bool(self.wander.any())


class RegistrationState(NamedTuple):
    """All that registration knows. Its arrays are never written into, so it is a value as it stands."""

    time: int  # ns
    b: Floats  # (B) range m, azimuth and elevation rad, time s, of each sensor in turn
    B: Floats  # (B, B)
    strain: Floats  # (sensors) how much larger than stated a sensor's noise is in fact, at least 1
    followed: tuple[Followed, ...]


class Taught(NamedTuple):
    """A detection that surely is a track's, and where the track was expected."""

    j: int
    birth: Birth
    state: Floats  # (6)
    covariance: Floats  # (6, 6)
    mode: Mode  # the mean of the modes that it may be in
    common: bool  # another sensor saw it lately


class Registration:
    """The biases of a site's sensors. `state` is a value."""

    def __init__(self, sensors: dict[str, SensorModel]) -> None:
        self.ids = tuple(sensors)
        sigma = np.array([model.prior.variance for model in sensors.values()]).reshape(-1)
        used = np.flatnonzero(sigma > 0.0)
        self.prior = np.diag(sigma[used])
        self.places = {name: np.flatnonzero(used // 4 == i) for i, name in enumerate(self.ids)}
        self.parts = {name: used[self.places[name]] % 4 for name in self.ids}
        self.state = RegistrationState(0, np.zeros(len(used)), self.prior, np.ones(len(self.ids)), ())

    def bias(self, sensor: str) -> Bias:
        """Give what a sensor is off by, and the variance of that."""
        found, places, parts = Bias(np.zeros(4), np.zeros(4)), self.places[sensor], self.parts[sensor]
        found.value[parts] = self.state.b[places]
        found.variance[parts] = np.diag(self.state.B)[places]
        return found

    def correction(self, sensor: str) -> Bias:
        """Give what to take off a sensor's measurements: what is trusted of its bias; of the rest, the prior as noise."""
        found, places, parts = self.bias(sensor), self.places[sensor], self.parts[sensor]
        prior = np.diag(self.prior)[places]
        trusted = found.variance[parts] <= TRUST**2 * prior
        found.value[parts] = np.where(trusted, found.value[parts], 0.0)
        found.variance[parts] = np.where(trusted, found.variance[parts], prior)
        return found

    def biases(self) -> dict[str, SensorBias]:
        """Give, in the wire's units, the biases of the sensors that may have any."""
        told: dict[str, dict[str, float]] = {name: {} for name in self.ids if len(self.places[name])}
        for name, fields in told.items():
            found = self.bias(name)
            for part in self.parts[name].tolist():
                key, sigma_key, unit, digits = WIRE[part]
                fields[key] = round(float(found.value[part]) * unit, digits)
                fields[sigma_key] = round(math.sqrt(found.variance[part]) * unit, digits)
        return {name: SensorBias(**fields) for name, fields in told.items()}

    def predict(self, time: int) -> None:
        """Let the biases wander to a time, never further than the prior: b ← φ b, B ← φ² B + (1 − φ²) B₀."""
        before = self.state
        if len(before.b) and before.time:
            phi = math.exp(-(time - before.time) / SECOND / DRIFT)
            before = before._replace(b=phi * before.b, B=phi * phi * before.B + (1.0 - phi * phi) * self.prior)
        self.state = before._replace(time=time)

    def learn(self, seen: Measurements, sensor: SensorModel, store: TrackStore, found: Association) -> None:
        """Learn from the detections of a look that surely belong to tracks, which stand where the look was expected.

        A difference tells of two clocks at once, to nanoseconds: it teaches nothing here.
        """
        if not len(self.state.b):
            return
        used = self.correction(sensor.config.id).value
        for taught in self._taught(sensor, store, found):
            if seen.kind[taught.j] == DIFFERENCE:
                continue
            target = self._follow(taught, seen, sensor)
            if target is not None and self.state.time - target.heard[self.ids.index(sensor.config.id)] >= APART * SECOND:
                self._look(target, taught, seen, sensor, used)

    def _taught(self, sensor: SensorModel, store: TrackStore, found: Association) -> list[Taught]:
        """Choose the detections that one confirmed track alone could have caused, and surely did."""
        start, pair = found.gated.start, found.gated.pair
        first = np.minimum(start[:-1], max(len(pair) - 1, 0))
        single = store.confirmed & (np.diff(start) == 1)
        if not single.any():
            return []
        wanted = np.bincount(pair[np.repeat(store.confirmed, np.diff(start))], minlength=len(found.p_new))
        rows = np.flatnonzero(single & (found.p[first] > SURE) & (wanted[pair[first]] == 1))
        if not len(rows):
            return []
        states, covariances = store.combined()
        lately: NDArray[np.bool_] = np.asarray(self.state.time - store.seen[rows] <= COMMON * SECOND)
        lately[:, self.ids.index(sensor.config.id)] = False
        births = zip(*(column[rows].tolist() for column in _births(store)), strict=True)
        return [
            Taught(int(pair[start[row]]), birth, states[row], covariances[row], mean_mode(store.mu[row]), common)
            for row, birth, common in zip(rows.tolist(), births, np.any(lately, axis=1).tolist(), strict=True)
        ]

    def _follow(self, taught: Taught, seen: Measurements, sensor: SensorModel) -> Followed | None:
        """Give the target's filter at the look's time; a new one where there is none, if it is worth it and there is room."""
        known = next((one for one in self.state.followed if one.birth == taught.birth), None)
        if known is not None and self.state.time - known.time <= COMMON * SECOND:
            return self._predicted(known, taught.mode)
        placed = math.isfinite(seen.variance[taught.j, 0])
        cooperative = self._cooperative(seen, taught.j, sensor)
        if not placed or not taught.common or not self._make_room(taught.birth, cooperative=cooperative):
            return None
        height = PLACE if math.isfinite(seen.variance[taught.j, 2]) else HEIGHT
        P = np.diag(np.array([PLACE, PLACE, height, SPEED, SPEED, CLIMB, 0.0, 0.0, 0.0]) ** 2)
        D = np.zeros((9, len(self.state.b)))
        x = np.concatenate([taught.state, np.zeros(3)])
        return Followed(taught.birth, self.state.time, x, P, D, self.state.b, np.zeros(3), np.zeros(len(self.ids), np.int64))

    def _cooperative(self, seen: Measurements, j: int, sensor: SensorModel) -> bool:
        """Tell whether a detection is a target's own word of its place: a position of a sensor that has no bias."""
        return bool(seen.kind[j] == POSITION) and not len(self.places[sensor.config.id])

    def _make_room(self, birth: Birth, *, cooperative: bool) -> bool:
        """Forget filters that heard nothing for long, and one that cannot say where north is for one that can."""
        oldest = self.state.time - round(COMMON * SECOND)
        kept = [one for one in self.state.followed if one.time >= oldest and one.birth != birth]
        if len(kept) >= FOLLOWED and cooperative:
            lesser = next((i for i, one in enumerate(kept) if not one.cooperative), None)
            kept = kept if lesser is None else kept[:lesser] + kept[lesser + 1 :]
        self.state = self.state._replace(followed=tuple(kept))
        return len(kept) < FOLLOWED

    def _predicted(self, one: Followed, mode: Mode) -> Followed:
        """Bring a filter to the look's time and to the present biases: x ← F (x − D Δb), P ← F P Fᵀ + Q, D ← F D."""
        F, Q = np.zeros((9, 9)), np.zeros((9, 9))
        dt = (self.state.time - one.time) / SECOND
        phi = math.exp(-dt / SATELLITES)
        F[:6, :6], Q[:6, :6] = matrices(mode, dt)
        F[6:, 6:], Q[6:, 6:] = phi * np.eye(3), np.diag((1.0 - phi * phi) * one.wander)
        x = F @ (one.x - one.D @ (self.state.b - one.b))
        return one._replace(time=self.state.time, x=x, P=F @ one.P @ F.T + Q, D=F @ one.D, b=self.state.b)

    def _look(self, target: Followed, taught: Taught, seen: Measurements, sensor: SensorModel, used: Floats) -> None:
        """Let one detection speak of the biases and of its target.

        ν = z − h(x) = −H e + S (b − b̂) + v,  S = J − H D;   V = H P Hᵀ + R,  C = S B Sᵀ + V
        biases:  G = B Sᵀ C⁻¹,  b̂ ← b̂ + G ν,  B ← B − G C Gᵀ
        target:  K = P Hᵀ V⁻¹,  x ← x + K ν,  P ← P − K V Kᵀ,  D ← D + K S
        """
        state, name, j = self.state, sensor.config.id, taught.j
        place, number = self.places[name], self.ids.index(name)
        measured = np.flatnonzero(np.isfinite(seen.noise[j, :3]))
        at = _linearise(int(seen.kind[j]), sensor, target.x[:6], taught.covariance, float(seen.offset[j]))
        own = self._cooperative(seen, j, sensor)
        target = _heard(target, seen.noise[j, :3]) if own else target
        H = np.hstack([at.H[:3], own * np.eye(3)])[measured]
        J = np.zeros((len(measured), len(state.b)))
        J[:, place] = _slopes(int(seen.kind[j]), sensor, taught.state, at.H)[measured][:, self.parts[name]]
        noise = seen.noise[j, measured] * state.strain[number] * (CORRELATED if sensor.config.output == "tracks" else 1.0)
        nu = (seen.z[j, :3] - at.h[:3] - at.curvature_mean[:3] - own * target.x[6:])[measured]
        if seen.kind[j] != POSITION:
            nu[measured == AZIMUTH] = (nu[measured == AZIMUTH] + math.pi) % math.tau - math.pi
        nu = nu - J[:, place] @ (state.b[place] - used[self.parts[name]])
        S, R = J - H @ target.D, np.diag(noise + at.curvature_variance[measured])
        V = H @ target.P @ H.T + R
        C = S @ state.B @ S.T + V
        distance2 = float(nu @ np.linalg.solve(C, nu))
        strain = state.strain.copy()
        strain[number] *= 1.0 + STRAIN_GAIN * (min(distance2 / len(nu), STRAIN_STEP) - 1.0)
        strain[number] = max(strain[number], 1.0)
        self.state = state._replace(strain=strain)
        if distance2 > GATES[len(nu)]:
            return
        G, K = np.linalg.solve(C, S @ state.B).T, np.linalg.solve(V, H @ target.P).T
        joseph = np.eye(9) - K @ H
        B = state.B - G @ C @ G.T
        after = target._replace(
            x=target.x + K @ nu,
            P=_even(joseph @ target.P @ joseph.T + K @ R @ K.T),
            D=target.D + K @ S,
            heard=np.where(np.arange(len(self.ids)) == number, state.time, target.heard),
        )
        others = tuple(one for one in state.followed if one.birth != target.birth)
        self.state = self.state._replace(b=state.b + G @ nu, B=_even(B), followed=(*others, after))


def _heard(target: Followed, noise: Floats) -> Followed:
    """Count with a first report's own error, which stays: as large again as what it states is noise."""
    wander = np.where((target.wander == 0.0) & np.isfinite(noise), noise, target.wander)
    P = target.P.copy()
    P[6:, 6:] += np.diag(wander - target.wander)
    return target._replace(P=P, wander=wander)


def _births(store: TrackStore) -> tuple[Integers, Integers, Integers, Integers]:
    return store.born, store.birth_sensor, store.birth_sequence, store.birth_index


def _linearise(kind: int, sensor: SensorModel, x: Floats, P: Floats, offset: float) -> Linearised:
    """Linearise a detection's first three components at a state; P is how far that may be from the truth."""
    return position(x, offset) if kind == POSITION else direction(sensor.horizon, x, P, offset)


def _slopes(kind: int, sensor: SensorModel, state: Floats, H: Floats) -> Floats:
    """Give J (3, 4): what biases of range, azimuth, elevation and time do to the first three components.

    A clock that is ahead by b tells of a moment when the target was not there yet: −H v b.
    """
    J = np.zeros((3, 4))
    J[:, :3] = polar_slopes(sensor.horizon, state[:3]) if kind == POSITION else np.eye(3)
    J[:, 3] = -H[:3, :3] @ state[3:]
    return J


def _even(P: Floats) -> Floats:
    """Keep a covariance symmetric."""
    return 0.5 * (P + P.T)
