"""Judges what a replay made of a recording: its tracks against the truth, at every step of a time grid.

At a step a track counts with its newest report at or before it, not older than AGE, carried forward with its own
velocity: no look-ahead, no smoothing. Truths and tracks are paired so that the sum of squared distances, none above c,
is least; a pair closer than c is a hit.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Collection
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.stats import chi2

from fusion.messages import Floats
from simulators.judged import Tracks, Truths

AGE = 2.5
"""s: an older report says nothing of now. A track is published once a second at the least; two may be lost."""

EDGE = 1e-3
"""s: a report this little after the step still belongs to it; times have microseconds, truths milliseconds."""

MISSING = math.nan


class Estimate(NamedTuple):
    """What one track says at one step."""

    track: str
    place: Floats  # (3,) m east, north, up of the site
    covariance: Floats | None  # (3, 3) m²


class Pair(NamedTuple):
    """A truth and the track that was paired with it at one step."""

    time: float
    truth: str
    track: str
    error: Floats  # (3,) m east, north, up: truth less estimate
    covariance: Floats | None


class Step(NamedTuple):
    """One step, judged."""

    time: float
    pairs: list[Pair]
    missed: int
    false: int


class Spread(NamedTuple):
    """Errors in metres."""

    rmse: float
    median: float
    p95: float


class Score(NamedTuple):
    """The figures of one run. GOSPA is with α = 2, p = 2; its parts are mean squares, and add up to that of the whole."""

    spread: Spread  # in the dimensions of the pairing
    horizontal: Spread
    vertical: Spread
    three: Spread
    gospa: float  # m, mean over steps
    gospa_localisation: float  # m²
    gospa_missed: float  # m²
    gospa_false: float  # m²
    missed: float  # share of truth steps
    false_per_step: float
    switches: int  # a truth's track is another than at its last hit
    switches_per_target_minute: float
    nees: float  # normalised estimation error squared, per degree of freedom: 1 is honest
    nees_median: float
    nees_band: tuple[float, float]  # where 95 % of honest, independent estimates would put `nees`
    truth_steps: int
    steps: int
    tracks: int


def score(
    tracks: Tracks,
    truths: Truths,
    *,
    c: float = 50.0,
    step: float = 1.0,
    horizontal: bool = False,
    indifferent: Collection[str] = (),
) -> Score:
    """Judge tracks against truths. `indifferent` truths (birds) may be tracked or not: neither is held against anyone."""
    dimensions = 2 if horizontal else 3
    begin, end = min(t.time[0] for t in truths.values()), max(t.time[-1] for t in truths.values())
    grid = np.arange(begin, end + 1e-6, step)
    judged = [_step(float(time), tracks, truths, c, dimensions, frozenset(indifferent)) for time in grid]
    return _figures(judged, len(tracks), c, step, dimensions)


def at(tracks: Tracks, time: float) -> list[Estimate]:
    """Give what every track says at one time."""
    found = []
    for name, track in tracks.items():
        i = bisect.bisect_right(track.time, time + EDGE) - 1
        if i >= 0 and not track.gone[i] and time - track.time[i] <= AGE:
            place = track.place[i] + track.velocity[i] * (time - track.time[i])
            found.append(Estimate(name, place, track.covariance[i]))
    return found


def there(truths: Truths, time: float) -> list[tuple[str, Floats]]:
    """Give where every truth is at one time, straight between its rows."""
    return [
        (name, np.array([np.interp(time, truth.time, truth.place[:, axis]) for axis in range(3)]))
        for name, truth in truths.items()
        if truth.time[0] - 1e-6 <= time <= truth.time[-1] + 1e-6
    ]


def paired(truths: Floats, estimates: Floats, c: float) -> list[tuple[int, int]]:
    """Pair truths (n, d) with estimates (m, d): least sum of squared distances cut off at c; give the pairs closer than c."""
    if not len(truths) or not len(estimates):
        return []
    distance = np.linalg.norm(truths[:, None] - estimates[None], axis=-1)
    rows, columns = linear_sum_assignment(np.minimum(distance, c) ** 2)
    return [(int(i), int(j)) for i, j in zip(rows, columns, strict=True) if distance[i, j] < c]


def _step(time: float, tracks: Tracks, truths: Truths, c: float, dimensions: int, indifferent: frozenset[str]) -> Step:
    present, said = there(truths, time), at(tracks, time)
    places = np.array([place[:dimensions] for _, place in present])
    pairs = [
        Pair(time, present[i][0], said[j].track, present[i][1] - said[j].place, said[j].covariance)
        for i, j in paired(places, np.array([estimate.place[:dimensions] for estimate in said]), c)
    ]
    counted = [pair for pair in pairs if pair.truth not in indifferent]
    wanted = sum(name not in indifferent for name, _ in present)
    return Step(time, counted, wanted - len(counted), len(said) - len(pairs))


def _figures(judged: list[Step], tracks: int, c: float, step: float, dimensions: int) -> Score:
    pairs = [pair for one in judged for pair in one.pairs]
    errors = np.array([pair.error for pair in pairs]).reshape(-1, 3)
    squares = np.array([_squares(one, c, dimensions) for one in judged])
    truth_steps = sum(len(one.pairs) + one.missed for one in judged)
    switches, nees = _switches(pairs), np.array([_nees(pair, dimensions) for pair in pairs if pair.covariance is not None])
    freedom = max(1, len(nees) * dimensions)
    return Score(
        spread=spread(errors[:, :dimensions]),
        horizontal=spread(errors[:, :2]),
        vertical=spread(errors[:, 2:]),
        three=spread(errors),
        gospa=float(np.sqrt(squares.sum(axis=1)).mean()),
        gospa_localisation=float(squares[:, 0].mean()),
        gospa_missed=float(squares[:, 1].mean()),
        gospa_false=float(squares[:, 2].mean()),
        missed=sum(one.missed for one in judged) / max(truth_steps, 1),
        false_per_step=sum(one.false for one in judged) / len(judged),
        switches=switches,
        switches_per_target_minute=switches / max(truth_steps * step / 60.0, 1e-9),
        nees=float(nees.mean()) if len(nees) else MISSING,
        nees_median=float(np.median(nees)) if len(nees) else MISSING,
        nees_band=(float(chi2.ppf(0.025, freedom) / freedom), float(chi2.ppf(0.975, freedom) / freedom)),
        truth_steps=truth_steps,
        steps=len(judged),
        tracks=tracks,
    )


def spread(errors: Floats) -> Spread:
    """Sum up error vectors (n, d) by their lengths; without any, there is no figure."""
    if not len(errors):
        return Spread(MISSING, MISSING, MISSING)
    length = np.linalg.norm(errors, axis=1)
    return Spread(float(np.sqrt((length**2).mean())), float(np.median(length)), float(np.percentile(length, 95)))


def _squares(one: Step, c: float, dimensions: int) -> tuple[float, float, float]:
    """Give GOSPA² of a step in its parts: Σ d², c²/2 a missed truth, c²/2 a false track (Rahmathullah et al., FUSION 2017)."""
    located = sum(float(pair.error[:dimensions] @ pair.error[:dimensions]) for pair in one.pairs)
    return located, c * c / 2.0 * one.missed, c * c / 2.0 * one.false


def _nees(pair: Pair, dimensions: int) -> float:
    """Give eᵀ P⁻¹ e / d."""
    if pair.covariance is None:
        return MISSING
    e = pair.error[:dimensions]
    return float(e @ np.linalg.solve(pair.covariance[:dimensions, :dimensions], e)) / dimensions


def _switches(pairs: list[Pair]) -> int:
    last: dict[str, str] = {}
    count = 0
    for pair in pairs:
        count += last.get(pair.truth, pair.track) != pair.track
        last[pair.truth] = pair.track
    return count
