"""Detection, tracking and identification in the words of CWA 18150 (COURAGEOUS): what a counter-drone system is asked.

The agreement names what to measure, and leaves the figures to the scenario; so these are figures without verdicts.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from fusion.messages import Floats, Identity
from simulators.scoring.pairing import Pairs
from simulators.scoring.scene import Scene
from simulators.scoring.times import Times

FRIENDS = {"authorised", "friendly"}


class Row(NamedTuple):
    """One line of a table."""

    what: str
    value: float
    unit: str
    note: str


class Tables(NamedTuple):
    """The three tables."""

    detection: tuple[Row, ...]
    tracking: tuple[Row, ...]
    identification: tuple[Row, ...]


class Named(NamedTuple):
    """What the track of each hit says of who it is, beside what is true; NaN where either is silent."""

    class_right: Floats  # (q,)
    friend_right: Floats
    identity_right: Floats


def tables(scene: Scene, pairs: Pairs, times: Times, whole: Scene, whole_pairs: Pairs) -> Tables:
    """Fill the tables; `whole` still has the birds that `scene` does not hold against anyone."""
    named = names(scene, pairs)
    return Tables(
        _detection(scene, pairs, times, whole, whole_pairs), _tracking(pairs, times), _identification(scene, pairs, named)
    )


def names(scene: Scene, pairs: Pairs) -> Named:
    """Compare what tracks say of who they are with what is true."""
    found = [_named(scene, *row) for row in zip(*_rows(scene, pairs), strict=True)]
    table = np.array(found, float).reshape(-1, 3)
    return Named(table[:, 0], table[:, 1], table[:, 2])


def _rows(scene: Scene, pairs: Pairs) -> tuple[list[int], list[int], list[int]]:
    return pairs.truth.tolist(), pairs.track.tolist(), scene.more.report[pairs.said].tolist()


def _named(scene: Scene, truth: int, track: int, report: int) -> tuple[float, float, float]:
    facts, told = scene.facts[truth], scene.told[track]
    if not told:
        return math.nan, math.nan, math.nan
    said = told[report]
    class_right = math.nan if facts.class_ is None or said.class_ is None else float(facts.class_ == said.class_)
    friend_right = math.nan if facts.friend is None else float(facts.friend == (said.verdict in FRIENDS))
    silent = said.identity is None or not any(one.identity or one.friend is not None for one in scene.facts)
    return class_right, friend_right, math.nan if silent else float(bears(said.identity, facts.identity))


def bears(said: Identity | None, true: str | None) -> bool:
    """Tell whether an identity is the true one, under whichever of its names."""
    names = () if said is None else (said.serial, said.icao24, said.registration, said.callsign)
    return true is not None and any(name is not None and name.upper() == true.upper() for name in names)


def _detection(scene: Scene, pairs: Pairs, times: Times, whole: Scene, whole_pairs: Pairs) -> tuple[Row, ...]:
    seconds = len(scene.true.step) * scene.period
    minutes = len(scene.time) * scene.period / 60.0
    both = np.minimum(scene.there(scene.true), np.bincount(pairs.step, minlength=len(scene.time)))
    false = _false_tracks(scene, pairs)
    return (
        Row("targets detected", len(times.lives) - times.never, "", f"of {len(times.lives)}"),
        Row("time to detect, median", times.confirmed_median, "s", "from a target's first moment in the truth to its track"),
        Row("time to detect, worst", times.confirmed_worst, "s", "of those detected"),
        Row("first detected at", _first_distance(scene, pairs), "m", "median distance from the middle of the site"),
        Row(
            "probability of detection",
            1.0 - float(pairs.missed.sum()) / max(len(scene.true.step), 1),
            "",
            f"of {seconds:.0f} target s",
        ),
        Row("false tracks", false / minutes, "/min", f"{false} tracks that were nobody's for most of their life"),
        Row("at once", float(both.max(initial=0)), "", f"of {int(scene.there(scene.true).max(initial=0))} in the air together"),
        Row("bird immunity", _bird_immunity(whole, whole_pairs), "", "share of birds' track time that is not called a drone"),
    )


def _tracking(pairs: Pairs, times: Times) -> tuple[Row, ...]:
    one = [life.tracks == 1 for life in times.lives if life.tracks]
    hours = sum(life.seconds for life in times.lives) / 60.0
    switches = sum(life.switches for life in times.lives)
    median, p95 = np.percentile(pairs.distance, (50, 95)) if len(pairs.distance) else (math.nan, math.nan)
    return (
        Row("position error, median", float(median), "m", "of hits"),
        Row("position error, 95 %", float(p95), "m", "of hits"),
        Row("unchanging id", float(np.mean(one)) if one else math.nan, "", "share of detected targets with one track for good"),
        Row("id changes", switches / max(hours, 1e-9), "/target min", f"{switches} in all"),
        Row("id kept over a loss", times.kept, "", f"of {times.gaps} losses"),
        Row("longest loss", times.longest_gap, "s", "after a target's first track"),
        Row("continuity", times.continuity, "", "mean share of a target's life in its longest unbroken track"),
    )


def _identification(scene: Scene, pairs: Pairs, named: Named) -> tuple[Row, ...]:
    friend = np.array([scene.facts[j].friend is True for j in pairs.truth.tolist()], bool)
    none = "the truth does not say"
    return (
        Row("class right", _mean(named.class_right), "", _of(named.class_right, none)),
        Row("friends tagged as such", _mean(named.friend_right[friend]), "", _of(named.friend_right[friend], none)),
        Row("others not taken for friends", _mean(named.friend_right[~friend]), "", _of(named.friend_right[~friend], none)),
        Row("identity right, where one is told", _mean(named.identity_right), "", _of(named.identity_right, none)),
    )


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else math.nan


def _of(values: Floats, none: str) -> str:
    known = int((~np.isnan(values)).sum())
    return f"of {known} hits" if known else none


def _first_distance(scene: Scene, pairs: Pairs) -> float:
    _, first = np.unique(pairs.truth, return_index=True)  # pairs are in the order of steps
    place = scene.true.place[pairs.true[first]]
    return float(np.median(np.linalg.norm(place, axis=1))) if len(place) else math.nan


def _false_tracks(scene: Scene, pairs: Pairs) -> int:
    there = np.bincount(scene.said.who, minlength=len(scene.tracks))
    hits = np.bincount(pairs.track, minlength=len(scene.tracks))
    return int(np.sum((there > 0) & (2 * hits < there)))


def _bird_immunity(whole: Scene, pairs: Pairs) -> float:
    said = [_called(whole, *row) for row in zip(*_rows(whole, pairs), strict=True)]
    known = [one for one in said if one is not None]
    return 1.0 - sum(known) / len(known) if known else math.nan


def _called(scene: Scene, truth: int, track: int, report: int) -> bool | None:
    """Tell whether a bird's track calls it a drone; None where it is no bird, or the track says nothing."""
    told = scene.told[track]
    if scene.facts[truth].class_ != "bird" or not told or told[report].class_ is None:
        return None
    return told[report].class_ in {"multirotor", "fixed_wing"}
