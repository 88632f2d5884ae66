"""All figures of a run."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fusion.config import Config
from fusion.messages import Floats
from simulators.scoring import gospa, ospa, ospa2
from simulators.scoring.bound import Bound, bound
from simulators.scoring.clear_mot import ClearMot, clear_mot
from simulators.scoring.courageous import Tables, names, tables
from simulators.scoring.ed87e import Requirement, requirements
from simulators.scoring.errors import Axis, Consistency, axes, nees
from simulators.scoring.identity import Identities, identity
from simulators.scoring.pairing import Pairs, pairs_of
from simulators.scoring.reading import Tracks, Truths
from simulators.scoring.residuals import Heard, SensorErrors, hear
from simulators.scoring.scene import Scene
from simulators.scoring.score import Score, score_of
from simulators.scoring.siap import Siap, siap
from simulators.scoring.times import Times, times
from simulators.true_sensors import TrueSensors


class Asked(NamedTuple):
    """How to judge."""

    c: float = 50.0  # m
    step: float = 1.0  # s
    horizontal: bool = False
    indifferent: tuple[str, ...] = ()


class Series(NamedTuple):
    """What is known of each step (k,)."""

    time: Floats  # s, Unix
    gospa: Floats  # m
    ospa: Floats  # m
    ospa2: Floats  # m
    squared_error: Floats  # m², sum over hits
    hits: Floats
    missed: Floats
    false: Floats


class Judgement(NamedTuple):
    """All figures of a run."""

    asked: Asked
    score: Score
    ospa: float  # m, mean over steps
    ospa2: float  # m, mean over steps
    siap: Siap
    clear_mot: ClearMot
    identity: Identities
    axes: tuple[Axis, ...]
    velocity_nees: Consistency
    times: Times
    tables: Tables
    ed87e: tuple[Requirement, ...]
    bound: Bound | None
    sensors: tuple[SensorErrors, ...]
    series: Series


class Judged(NamedTuple):
    """A judgement and what it was made of: what the report draws."""

    judgement: Judgement
    scene: Scene
    pairs: Pairs
    owners: dict[str, str]  # whose each track was, birds among them


def judge(
    tracks: Tracks,
    truths: Truths,
    asked: Asked,
    config: Config | None = None,
    recording: Path | None = None,
    watch: Callable[[str], None] = lambda _: None,
    sensors: TrueSensors | None = None,
) -> Judged:
    """Judge tracks by the truth; with a site, against its bound, with a recording its sensors.

    `watch` hears what is done next; `sensors` is what is true of them where the site was told otherwise.
    """
    watch("pairing")
    whole = Scene.of(tracks, truths, c=asked.c, step=asked.step, horizontal=asked.horizontal)
    whole_pairs = pairs_of(whole)
    scene = whole.sparing(asked.indifferent)
    pairs = pairs_of(scene)
    watch("sets")
    apart = (gospa.over_time(pairs, scene.c).distance(), ospa.over_time(scene, pairs), ospa2.over_time(scene))
    lives = times(scene, pairs)
    watch("sensors")
    heard = hear(recording, config, truths, tracks, whole, whole_pairs) if recording and config else None
    watch("bound")
    least = _bound(config, truths, scene, pairs, heard, sensors) if config else None
    watch("tables")
    judgement = Judgement(
        asked=asked,
        score=score_of(scene, pairs, asked.step),
        ospa=float(apart[1].mean()),
        ospa2=float(apart[2].mean()),
        siap=siap(scene),
        clear_mot=clear_mot(scene),
        identity=identity(scene),
        axes=tuple(axes(scene, pairs)),
        velocity_nees=_velocity_nees(scene, pairs),
        times=lives,
        tables=tables(scene, pairs, lives, whole, whole_pairs),
        ed87e=requirements(scene, pairs, lives, names(scene, pairs)),
        bound=least,
        sensors=heard.errors if heard else (),
        series=_series(scene, pairs, *apart),
    )
    return Judged(judgement, scene, pairs, owners(whole, whole_pairs))


def owners(scene: Scene, pairs: Pairs) -> dict[str, str]:
    """Tell whose each track was for most of its hits."""
    found = {}
    for track in np.unique(pairs.track).tolist():
        truths = np.bincount(pairs.truth[pairs.track == track])
        found[scene.tracks[track]] = scene.truths[int(truths.argmax())]
    return found


def _bound(config: Config, truths: Truths, scene: Scene, pairs: Pairs, heard: Heard | None, sensors: TrueSensors | None) -> Bound:
    return bound(config, truths, scene, pairs, heard and heard.looks, heard and heard.reported, sensors)


def _velocity_nees(scene: Scene, pairs: Pairs) -> Consistency:
    d = scene.dimensions
    return nees(pairs.velocity_error[:, :d], scene.more.velocity_covariance[pairs.said][:, :d, :d])


def _series(scene: Scene, pairs: Pairs, gospas: Floats, ospas: Floats, ospa2s: Floats) -> Series:
    k = len(scene.time)
    squared = np.bincount(pairs.step, pairs.distance**2, minlength=k).astype(float)
    hits = np.bincount(pairs.step, minlength=k).astype(float)
    return Series(scene.time, gospas, ospas, ospa2s, squared, hits, pairs.missed.astype(float), pairs.false.astype(float))


def plain(value: Any) -> Any:
    """Turn a judgement into what JSON can say: records become objects, arrays lists, NaN null."""
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if hasattr(value, "_asdict"):
        return {key: plain(one) for key, one in value._asdict().items()}
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, Collection) and not isinstance(value, str):
        return [plain(one) for one in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value
