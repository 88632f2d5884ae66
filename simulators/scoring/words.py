"""A score as a person reads it in a terminal."""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Iterable
from pathlib import Path

from fusion.config_file import load
from simulators.scoring.ed87e import Requirement
from simulators.scoring.judgement import Judgement
from simulators.scoring.reading import load_tracks, load_truths, origin
from simulators.scoring.score import Score, score

VERDICT = {True: "pass", False: "fail", None: "not judged"}


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
    """Judge `tracks.jsonl` by a truth file and say in a few lines how it went; `indifferent` names truths (`pigeons-*`)."""
    here = origin(load(site, {}).site)
    truths = load_truths(truth, here)
    spared = named(truths, indifferent)
    judged = score(load_tracks(tracks, here), truths, c=c, step=step, horizontal=horizontal, indifferent=spared)
    return sentence(judged, c, horizontal=horizontal)


def named(truths: Iterable[str], patterns: Collection[str]) -> tuple[str, ...]:
    """Give the truths that patterns mean (`pigeons-*`)."""
    return tuple(name for name in truths if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns))


def sentence(judged: Score, c: float, *, horizontal: bool) -> str:
    """Say the first figures of a score, one a line."""
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


def lines(judged: Judgement) -> str:
    """Say all that fits a terminal: the first figures, the other measures, ED-87E."""
    asked, air, mot, who, lives = judged.asked, judged.siap, judged.clear_mot, judged.identity, judged.times
    said = [
        sentence(judged.score, asked.c, horizontal=asked.horizontal),
        f"OSPA, OSPA(2)          {judged.ospa:.1f} m, {judged.ospa2:.1f} m",
        f"CLEAR-MOT              MOTA {mot.mota:.3f}, MOTP {mot.motp:.2f} m, {mot.mismatches} mismatches",
        f"identity               IDF1 {who.idf1:.3f} (precision {who.idp:.3f}, recall {who.idr:.3f})",
        f"SIAP                   complete {air.completeness:.3f}, ambiguous {air.ambiguity:.3f}, spurious {air.spuriousness:.3f}",
        f"time to confirm        median {lives.confirmed_median:.1f} s, worst {lives.confirmed_worst:.1f} s; {lives.never} never",
        f"continuity             {lives.continuity:.3f}; {lives.gaps} gaps, the longest {lives.longest_gap:.1f} s",
    ]
    if judged.bound:
        least = judged.bound
        said.append(f"against the bound      {least.rmse:.2f} m over {least.rms:.2f} m: {least.ratio:.2f}")
    return "\n".join([*said, "", "ED-87E", *(requirement(row) for row in judged.ed87e)])


def requirement(row: Requirement) -> str:
    """Say one row of ED-87E."""
    shown = "" if row.shown != row.shown else f", shown {row.limit[0]} {figure(row.shown)}"
    measured = f"{figure(row.measured)} {row.unit}".strip()
    return f"  {row.what:<30} {row.limit:>8}   {measured:<12} {VERDICT[row.passed]} ({row.samples} samples{shown})"


def figure(value: float) -> str:
    """Write a figure with three digits that matter; a dash where there is none."""
    if value != value:  # noqa: PLR0124 - NaN
        return "–"
    if value == round(value) and abs(value) < 1e6:
        return str(round(value))
    if abs(value) < 1e-3:
        return f"{value:.1e}"
    return f"{value:.3f}" if abs(value) < 1 else f"{value:.0f}" if abs(value) >= 1000 else f"{value:#.3g}".rstrip(".")
