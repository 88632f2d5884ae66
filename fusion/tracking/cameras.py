"""What cameras err by in fact: how much, for how long, and how far a clock is off, learnt from what updates leave."""

from __future__ import annotations

import math

import numpy as np

from fusion.messages import SECOND, Floats, Integers, Record
from fusion.tracking import kernels
from fusion.tracking.births import birth_of
from fusion.tracking.measurements import Measurements
from fusion.tracking.sensors import TIME_OFF, Bias, SensorModel
from fusion.tracking.store import TrackStore

SURE = 0.9
"""Probability of an association that may teach: a tenth of wrong ones at most, and their residuals are clipped."""

CLIPPED = 3.0
"""Sigmas that a residual counts as at most: what is further off is another thing, or a track that has yet to settle."""

MEMORY = 120.0
"""s, how long noise is remembered: some passes of a drone, at other ranges and speeds."""

KNOWN = 1.0
"""Independent looks that the stated accuracy is worth: it is a figure for a kind of camera, not for this one today."""

SCALES = (1.0 / 9.0, 9.0)
"""Least and most variance, as a share of the stated: three times as good, three times as bad."""

CLOCK = 0.1
"""s, sigma of a camera's clock: pictures are stamped when they are read, not when they are taken, and some get lost."""

CLOCK_LASTS = 800.0
"""s that a clock's error lasts: √(2/800) · 0.1 s = 5 ms in a second's root, 40 ms in a minute. A clock that counts frames
of 29.97 Hz as 30 drifts so."""

FOLLOWING = 40.0
"""Looks that the configured correlation is worth: four seconds of pictures."""

FOLLOWED = 1.5
"""Periods from one look to the next above which a look between was missed."""

FEW = 20
"""Tracks that teach in one look at most: a bound on the work."""


Residual = tuple[tuple[int, int, int, int], float, float]
"""A track's birth, and what was left of azimuth and elevation, in sigmas."""


class Learnt(Record):
    """What is known of one camera."""

    looked: int = 0  # ns, when it last taught
    weight: float = 0.0  # independent looks that taught, faded
    square: float = 0.0  # Σ of their squared errors, as shares of the stated variance
    clock: float = 0.0  # s that it is ahead
    spread: float = CLOCK**2  # s², variance of that
    power: float = 0.0  # Σ of squared residuals, in sigmas, of looks that followed another
    lagged: float = 0.0  # Σ of their products with those of the look before
    residuals: tuple[Residual, ...] = ()  # of the last look

    @property
    def scale(self) -> float:
        """Variance as a share of the stated."""
        return min(max((KNOWN + self.square) / (KNOWN + self.weight), SCALES[0]), SCALES[1])


class Cameras:
    """What is known of each camera of a site. `learnt` is a value."""

    def __init__(self, sensors: dict[str, SensorModel]) -> None:
        fixed = {name: sensor for name, sensor in sensors.items() if not sensor.moves}  # of others a clock moves both ends
        self.learnt = {name: Learnt() for name, sensor in fixed.items() if sensor.config.kind == "camera"}

    def scale(self, name: str) -> float:
        """Give a sensor's variance as a share of the stated; 1 for what is no camera."""
        return self.learnt[name].scale if name in self.learnt else 1.0

    def correlation(self, sensor: SensorModel) -> float:
        """Give how long a sensor's errors last, s: as configured; a camera's by how alike its residuals are from look to look.

        ρ = exp(−Δt/τ), at most what a camera's errors are taken to last before it was seen at work.
        """
        known = self.learnt.get(sensor.config.id)
        if known is None or sensor.config.correlation_s is not None or not sensor.correlation:
            return sensor.correlation
        usual = math.exp(-sensor.period / sensor.correlation)
        rho = (FOLLOWING * usual + known.lagged) / (FOLLOWING + known.power)
        return min(sensor.period / -math.log(min(max(rho, 0.01), usual)), sensor.correlation)

    def ahead(self, sensor: SensorModel) -> float:
        """Give how far a camera's clock is ahead of most cameras', s; 0 where registration is to learn that.

        What all clocks share no camera can tell, and a filter that turns late would learn its own lag: the median of three
        or more that are known to half of what they were is taken for the truth.
        """
        name = sensor.config.id
        if name not in self.learnt or sensor.prior.covariance[TIME_OFF, TIME_OFF] > 0.0:
            return 0.0
        known = [one.clock for one in self.learnt.values() if one.spread < CLOCK**2 / 4.0]
        if len(known) < 3 or self.learnt[name].spread >= CLOCK**2 / 4.0:
            return 0.0
        return self.learnt[name].clock - float(np.median(known))

    def freed(self, sensor: SensorModel, bias: Bias) -> Bias:
        """Add to a sensor's bias what its clock is ahead of others."""
        if sensor.config.id not in self.learnt:
            return bias
        value = bias.value.copy()
        value[TIME_OFF] += self.ahead(sensor)
        return bias._replace(value=value)

    def learn(self, seen: Measurements, sensor: SensorModel, store: TrackStore, best: Integers, share: Floats, time: int) -> None:
        """Learn from what the update leaves of detections that surely were confirmed tracks'.

        With ν = z − h(x) after the update and g = −H_p v, what a clock ahead does to an angle:
        E[error²] = ν² + H P Hᵀ, 1/V ← 1/V + w g²/R, b ← b + V w g (ν − g (b − b̂))/R, b̂ as it was taken off.
        """
        before = self.learnt.get(sensor.config.id)
        if before is None:
            return
        rows = ((best >= 0) & (share > SURE) & store.confirmed).nonzero()[0]
        rows = rows[seen.kind[best[rows]] == kernels.DIRECTION][:FEW]
        if not len(rows):
            return
        since = (time - before.looked) / SECOND
        w = min(1.0, since / max(2.0 * self.correlation(sensor), sensor.period)) / len(rows)
        sums, left = _teach(seen, sensor, *store.combined_of(rows), best[rows])
        square, information, pull = sums.tolist()
        residuals = tuple((birth_of(store, row), *angles) for row, angles in zip(rows.tolist(), left.tolist(), strict=True))
        earlier = {birth: angles for birth, *angles in before.residuals} if since < FOLLOWED * sensor.period else {}
        both = [(earlier[birth], angles) for birth, *angles in residuals if birth in earlier]
        fade, phi = math.exp(-since / MEMORY), math.exp(-since / CLOCK_LASTS)
        spread = phi * phi * before.spread + (1.0 - phi * phi) * CLOCK**2
        spread /= 1.0 + spread * w * information
        self.learnt[sensor.config.id] = Learnt(
            looked=time,
            weight=fade * before.weight + w * len(rows),
            square=fade * before.square + w * square,
            clock=phi * before.clock + spread * w * (pull - information * (phi * before.clock - self.ahead(sensor))),
            spread=spread,
            power=fade * before.power + sum(a * a for _, now in both for a in now),
            lagged=fade * before.lagged + sum(a * b for then, now in both for a, b in zip(then, now, strict=True)),
            residuals=residuals,
        )


def _teach(
    seen: Measurements, sensor: SensorModel, states: Floats, covariances: Floats, chosen: Integers
) -> tuple[Floats, Floats]:
    """Give what `learn` sums (3), and each detection's ν/√R of azimuth and elevation (n, 2)."""
    left, sums = np.empty((len(chosen), 2)), np.zeros(3)
    kernels.teach(
        *(states, covariances, chosen, seen.z, seen.variance, seen.noise, seen.offset),
        *(sensor.horizon.origin, sensor.horizon.coefficients, CLIPPED, SCALES[1], left, sums),
    )
    return sums, left
