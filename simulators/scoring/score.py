"""The first figures of a run: what `vigie score` prints, from the pairs of every step."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from simulators.scoring import gospa
from simulators.scoring.errors import Consistency, Spread, nees, spread
from simulators.scoring.pairing import Pairs, pairs_of
from simulators.scoring.reading import Tracks, Truths
from simulators.scoring.scene import Scene


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
    scene = Scene.of(tracks, truths, c=c, step=step, horizontal=horizontal, indifferent=indifferent)
    return score_of(scene, pairs_of(scene), step)


def score_of(scene: Scene, pairs: Pairs, step: float) -> Score:
    """Judge a scene and its pairs."""
    parts, honest = gospa.over_time(pairs, scene.c), consistency(scene, pairs)
    truth_steps, count = len(scene.true.step), switches(pairs)
    return Score(
        spread=spread(pairs.error[:, : scene.dimensions]),
        horizontal=spread(pairs.error[:, :2]),
        vertical=spread(pairs.error[:, 2:]),
        three=spread(pairs.error),
        gospa=float(parts.distance().mean()),
        gospa_localisation=float(parts.localisation.mean()),
        gospa_missed=float(parts.missed.mean()),
        gospa_false=float(parts.false.mean()),
        missed=int(pairs.missed.sum()) / max(truth_steps, 1),
        false_per_step=float(pairs.false.mean()),
        switches=count,
        switches_per_target_minute=count / max(truth_steps * step / 60.0, 1e-9),
        nees=honest.mean,
        nees_median=honest.median,
        nees_band=honest.band,
        truth_steps=truth_steps,
        steps=len(scene.time),
        tracks=len(scene.tracks),
    )


def consistency(scene: Scene, pairs: Pairs) -> Consistency:
    """Measure position errors by the covariances that were published with them."""
    d = scene.dimensions
    return nees(pairs.error[:, :d], scene.more.covariance[pairs.said][:, :d, :d])


def switches(pairs: Pairs) -> int:
    """Count how often a truth is hit by another track than at its last hit."""
    order = np.lexsort((pairs.step, pairs.truth))
    truth, track = pairs.truth[order], pairs.track[order]
    return int(np.sum((np.diff(truth) == 0) & (np.diff(track) != 0)))
