"""Truths and tracks on one time grid, and who is near whom at each step.

At a step a track counts with its newest report at or before it, not older than AGE, carried forward with its own
velocity: no look-ahead, no smoothing. A truth counts where it truly was, straight between its rows.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterator
from typing import NamedTuple, Self

import numpy as np
from scipy.spatial import cKDTree

from fusion.messages import Floats, Integers, Track
from simulators.scoring.assign import match
from simulators.scoring.reading import Facts, Reports, Tracks, Truth, Truths

AGE = 2.5
"""s: an older report says nothing of now. A track is published once a second at the least; two may be lost."""

EDGE = 1e-3
"""s: a report this little after the step still belongs to it; times have microseconds, truths milliseconds."""

SECANT = 0.5
"""s before and after: a truth without velocities moved by the secant between them. Logged places are rounded to 0.1 m and
more; over a second that is 0.1 m/s, over a tenth of one it would be 1 m/s."""


FEW = 4096
"""Pairs up to which comparing all of them is no slower than building a tree."""


class Rows(NamedTuple):
    """Who is where: a row for each that is there at a step, in the order of steps, then of names."""

    step: Integers  # (r,)
    who: Integers  # (r,) index of the truth or track
    place: Floats  # (r, 3) m
    velocity: Floats  # (r, 3) m/s

    def of(self, rows: Integers) -> Rows:
        """Give some of the rows."""
        return Rows(self.step[rows], self.who[rows], self.place[rows], self.velocity[rows])


class Said(NamedTuple):
    """What else the rows of tracks say."""

    covariance: Floats  # (r, 3, 3) m²; NaN where none was published
    velocity_covariance: Floats  # (r, 3, 3) m²/s²; NaN where none was published
    age: Floats  # (r,) s since its report
    report: Integers  # (r,) which of its track's reports

    def of(self, rows: Integers) -> Said:
        """Give some of the rows."""
        return Said(self.covariance[rows], self.velocity_covariance[rows], self.age[rows], self.report[rows])


class Near(NamedTuple):
    """Every truth and track closer than c at a step, in the order of steps."""

    step: Integers  # (q,)
    true: Integers  # (q,) row of truth
    said: Integers  # (q,) row of tracks
    distance: Floats  # (q,) m, below c


class Scene(NamedTuple):
    """All that is judged."""

    time: Floats  # (k,) s, Unix
    truths: tuple[str, ...]
    facts: tuple[Facts, ...]
    tracks: tuple[str, ...]
    told: tuple[list[Track], ...]  # what each track's reports said; empty where there were no messages
    true: Rows
    said: Rows
    more: Said
    near: Near
    c: float  # m
    dimensions: int  # 2: heights are left out of distances

    @property
    def period(self) -> float:
        """Time between two steps, s; a scene of one step lasts for one second."""
        return float(self.time[1] - self.time[0]) if len(self.time) > 1 else 1.0

    def there(self, rows: Rows) -> Integers:
        """How many are there at each step (k,)."""
        return np.bincount(rows.step, minlength=len(self.time))

    def steps_of_near(self) -> Iterator[slice]:
        """Give the part of `near` that each step has."""
        edges = np.searchsorted(self.near.step, np.arange(len(self.time) + 1)).tolist()
        return (slice(a, b) for a, b in itertools.pairwise(edges))

    @classmethod
    def of(
        cls,
        tracks: Tracks,
        truths: Truths,
        *,
        c: float = 50.0,
        step: float = 1.0,
        horizontal: bool = False,
        indifferent: Collection[str] = (),
    ) -> Self:
        """Put tracks and truths on a grid. `indifferent` truths (birds) may be tracked or not: neither is held against anyone."""
        begin, end = min(t.time[0] for t in truths.values()), max(t.time[-1] for t in truths.values())
        time = np.arange(begin, end + 1e-6, step)
        true = _joined([_truth_rows(truth, i, time) for i, truth in enumerate(truths.values())])
        said, more = _track_rows(tracks, time)
        dimensions = 2 if horizontal else 3
        scene = cls(
            time=time,
            truths=tuple(truths),
            facts=tuple(truth.facts for truth in truths.values()),
            tracks=tuple(tracks),
            told=tuple(track.told for track in tracks.values()),
            true=true,
            said=said,
            more=more,
            near=near(true, said, len(time), c, dimensions),
            c=c,
            dimensions=dimensions,
        )
        return scene.sparing(indifferent)

    def sparing(self, indifferent: Collection[str]) -> Self:
        """Leave out truths, and with each at every step the track that is best paired with it.

        What is left of a best pairing is a best pairing of what is left.
        """
        truths = [i for i, name in enumerate(self.truths) if name in indifferent]
        if not truths:
            return self
        chosen = pair(self)
        spared = np.isin(self.true.who, truths)
        theirs = np.zeros(len(self.said.step), bool)
        theirs[self.near.said[chosen][spared[self.near.true[chosen]]]] = True
        true, said = np.flatnonzero(~spared), np.flatnonzero(~theirs)
        near = self.near
        kept = ~spared[near.true] & ~theirs[near.said]
        return self._replace(
            true=self.true.of(true),
            said=self.said.of(said),
            more=self.more.of(said),
            near=Near(
                near.step[kept],
                np.searchsorted(true, near.true[kept]),
                np.searchsorted(said, near.said[kept]),
                near.distance[kept],
            ),
        )


def pair(scene: Scene) -> Integers:
    """Pair truths and tracks at every step: the least sum of squared distances cut off at c; give the places in `near`."""
    gain = scene.c**2 - scene.near.distance**2
    return np.concatenate(
        [
            np.arange(part.start, part.stop)[match(scene.near.true[part], scene.near.said[part], gain[part])]
            for part in scene.steps_of_near()
        ]
        or [np.zeros(0, int)]
    ).astype(int)


def near(true: Rows, said: Rows, steps: int, c: float, dimensions: int) -> Near:
    """Find every truth and track that are closer than c at a step."""
    found: list[tuple[Integers, Integers, Floats]] = []
    edges = [np.searchsorted(rows.step, np.arange(steps + 1)).tolist() for rows in (true, said)]
    for k in range(steps):
        a, b, i, j = edges[0][k], edges[0][k + 1], edges[1][k], edges[1][k + 1]
        if a < b and i < j:
            row, column, distance = close(true.place[a:b, :dimensions], said.place[i:j, :dimensions], c)
            found.append((row + a, column + i, distance))
    if not found:
        return Near(np.zeros(0, int), np.zeros(0, int), np.zeros(0, int), np.zeros(0))
    row, column, distance = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return Near(true.step[row], row, column, distance)


def close(truths: Floats, tracks: Floats, c: float) -> tuple[Integers, Integers, Floats]:
    """Give every pair of points (n, d), (m, d) closer than c, row by row: all compared where they are few, else by a k-d tree."""
    if len(truths) * len(tracks) <= FEW:
        row, column = (part.ravel() for part in np.indices((len(truths), len(tracks))))
    else:
        pairs = cKDTree(truths).sparse_distance_matrix(cKDTree(tracks), c * (1.0 + 1e-9), output_type="ndarray")
        order = np.lexsort((pairs["j"], pairs["i"]))
        row, column = pairs["i"][order].astype(int), pairs["j"][order].astype(int)
    distance = np.linalg.norm(truths[row] - tracks[column], axis=-1)
    near = distance < c
    return row[near], column[near], distance[near]


def _truth_rows(truth: Truth, who: int, time: Floats) -> Rows:
    step = np.flatnonzero((truth.time[0] - 1e-6 <= time) & (time <= truth.time[-1] + 1e-6))
    at = time[step]
    if truth.velocity is None:
        first, last = np.maximum(at - SECANT, truth.time[0]), np.minimum(at + SECANT, truth.time[-1])
        length = np.where(last > first, last - first, 1.0)
        velocity = (_at(truth.time, truth.place, last) - _at(truth.time, truth.place, first)) / length[:, None]
    else:
        velocity = _at(truth.time, truth.velocity, at)
    return Rows(step, np.full(len(step), who), _at(truth.time, truth.place, at), velocity)


def _at(time: Floats, values: Floats, at: Floats) -> Floats:
    return np.stack([np.interp(at, time, values[:, axis]) for axis in range(3)], axis=-1)


def _track_rows(tracks: Tracks, time: Floats) -> tuple[Rows, Said]:
    parts = [_reported(track, i, time) for i, track in enumerate(tracks.values())]
    rows = [part[0] for part in parts] or [Rows(np.zeros(0, int), np.zeros(0, int), np.zeros((0, 3)), np.zeros((0, 3)))]
    none = np.zeros((0, 3, 3))
    more = [part[1] for part in parts] or [Said(none, none, np.zeros(0), np.zeros(0, int))]
    order = _order([row.step for row in rows])
    joined = Said(*(np.concatenate(columns) for columns in zip(*more, strict=True)))
    return _joined(rows), joined.of(order)


def _reported(track: Reports, who: int, time: Floats) -> tuple[Rows, Said]:
    told = np.asarray(track.time, float)
    report = np.searchsorted(told, time + EDGE, side="right") - 1
    age = time - told[np.maximum(report, 0)]
    step = np.flatnonzero((report >= 0) & ~np.asarray(track.gone, bool)[np.maximum(report, 0)] & (age <= AGE))
    report, age = report[step], age[step]
    place = track.place[report] + track.velocity[report] * age[:, None]
    covariance, velocity_covariance = _matrices(track.covariance, report), _matrices(track.velocity_covariance, report)
    return (
        Rows(step, np.full(len(step), who), place, track.velocity[report]),
        Said(covariance, velocity_covariance, age, report),
    )


def _matrices(published: list[Floats | None], report: Integers) -> Floats:
    empty = np.full((3, 3), math.nan)
    chosen = [published[i] if published else None for i in report.tolist()]
    return np.array([empty if one is None else one for one in chosen]).reshape(-1, 3, 3)


def _order(steps: list[Integers]) -> Integers:
    return np.argsort(np.concatenate(steps), kind="stable")


def _joined(parts: list[Rows]) -> Rows:
    order = _order([part.step for part in parts])
    return Rows(*(np.concatenate(columns) for columns in zip(*parts, strict=True))).of(order)
