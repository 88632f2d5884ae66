"""A score as a person reads it."""

from __future__ import annotations

import fnmatch
from collections.abc import Collection
from pathlib import Path

from fusion.config_file import load
from simulators.scoring.reading import load_tracks, load_truths, origin
from simulators.scoring.score import Score, score


def score_files(
    tracks: Path,
    truth: Path,
    site: Path,
    *,
    c: float = 50.0,
    step: float = 1.0,
    horizontal: bool = False,
    indifferent: Collection[str] = (),
) -> str:
    """Judge `tracks.jsonl` by a truth file and say how it went; `indifferent` names truths (`pigeons-*`)."""
    here = origin(load(site, {}).site)
    truths = load_truths(truth, here)
    spared = {name for name in truths if any(fnmatch.fnmatchcase(name, pattern) for pattern in indifferent)}
    judged = score(load_tracks(tracks, here), truths, c=c, step=step, horizontal=horizontal, indifferent=spared)
    return sentence(judged, c, horizontal=horizontal)


def sentence(judged: Score, c: float, *, horizontal: bool) -> str:
    """Say the figures of a score, one a line."""
    where = "horizontal" if horizontal else "3-D"
    spread = judged.spread
    low, high = judged.nees_band
    return "\n".join(
        [
            f"position error ({where})   RMSE {spread.rmse:.2f} m, median {spread.median:.2f} m, 95 % below {spread.p95:.2f} m",
            f"missed                 {100 * judged.missed:.1f} % of {judged.truth_steps} target seconds",
            f"false tracks           {judged.false_per_step:.2f} a step",
            f"identity switches      {judged.switches_per_target_minute:.2f} a target minute",
            f"GOSPA (c = {c:g} m)       {judged.gospa:.1f} m",
            f"NEES per dimension     {judged.nees:.2f} (honest: 1; 95 % of honest ones {low:.2f}–{high:.2f})",
        ]
    )
