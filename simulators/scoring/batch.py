"""Many runs and two runs: means over seeds with their confidence intervals, and what changed from one run to another.

Over seeds a figure's mean has Student's t interval: runs are independent and the mean of several is nearly normal. Two runs of
the same seeds are compared seed by seed (paired t); two single runs over the same truth step by step, with a moving-block
bootstrap (Künsch 1989) of blocks of BLOCK_S, for neighbouring steps err alike.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import t as student

from fusion.errors import RecordingError
from fusion.messages import Floats

CONFIDENCE = 0.95

BLOCK_S = 10.0
"""s: errors of a filter that forgets in a few seconds are nearly independent after so long."""

RESAMPLES = 2000
"""The ends of the interval are then good to about a tenth of its width."""


class Figure(NamedTuple):
    """One figure of a run: where it stands in a judgement's JSON, and which way is better."""

    name: str
    unit: str
    path: tuple[str, ...]
    better: int  # −1: less, 1: more


FIGURES = (
    Figure("RMSE", "m", ("score", "spread", "rmse"), -1),
    Figure("95 % of errors below", "m", ("score", "spread", "p95"), -1),
    Figure("missed", "", ("score", "missed"), -1),
    Figure("false tracks a step", "", ("score", "false_per_step"), -1),
    Figure("switches a target minute", "", ("score", "switches_per_target_minute"), -1),
    Figure("GOSPA", "m", ("score", "gospa"), -1),
    Figure("OSPA", "m", ("ospa",), -1),
    Figure("OSPA(2)", "m", ("ospa2",), -1),
    Figure("MOTA", "", ("clear_mot", "mota"), 1),
    Figure("IDF1", "", ("identity", "idf1"), 1),
    Figure("continuity", "", ("times", "continuity"), 1),
    Figure("time to confirm", "s", ("times", "confirmed_median"), -1),
    Figure("NEES per dimension", "", ("score", "nees"), 0),
    Figure("RMSE over the bound", "", ("bound", "ratio"), -1),
)


class Interval(NamedTuple):
    """A mean and where 95 % confidence puts it; NaN ends where one value tells nothing of it."""

    mean: float
    low: float
    high: float
    samples: int

    @property
    def verdict(self) -> int:
        """Tell on which side of nought the whole interval lies, 0: on neither."""
        return 1 if self.low > 0.0 else -1 if self.high < 0.0 else 0


class Change(NamedTuple):
    """One figure of two runs."""

    figure: Figure
    first: float
    second: float
    difference: Interval  # second less first

    @property
    def verdict(self) -> str:
        """Say what the difference shows."""
        side = self.difference.verdict * self.figure.better
        return "better" if side > 0 else "worse" if side < 0 else "no difference shown"


def figures(told: dict[str, Any]) -> dict[str, float]:
    """Pick the figures that runs are compared by from a judgement's JSON; NaN where there is none."""
    return {figure.name: _picked(told, figure.path) for figure in FIGURES}


def interval(values: Floats) -> Interval:
    """Give the mean of independent values (n,) with Student's t interval."""
    values = values[np.isfinite(values)]
    n = len(values)
    if n < 2:
        return Interval(float(values.mean()) if n else math.nan, math.nan, math.nan, n)
    mean = float(values.mean())
    half = float(student.ppf((1.0 + CONFIDENCE) / 2.0, n - 1)) * float(values.std(ddof=1)) / math.sqrt(n)
    return Interval(mean, mean - half, mean + half, n)


def over_seeds(runs: list[dict[str, float]]) -> dict[str, Interval]:
    """Sum up the figures of independent runs."""
    return {figure.name: interval(np.array([run[figure.name] for run in runs])) for figure in FIGURES}


def read(path: Path) -> dict[str, Any]:
    """Read what `--json` wrote: of one run or of many."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise RecordingError(f"{path}: is not what `vigie score --json` writes: {error}") from error
    if not isinstance(told, dict) or not ({"runs", "series"} & set(told)):
        raise RecordingError(f"{path}: is not what `vigie score --json` writes: it has neither runs nor series")
    return told


def compare(first: Path, second: Path) -> list[Change]:
    """Compare two files of `--json`, both of one run or both of many."""
    a, b = read(first), read(second)
    if ("runs" in a) != ("runs" in b):
        raise RecordingError(f"{first}, {second}: one is of a single run and the other of many seeds")
    return _seed_by_seed(a, b, f"{first}, {second}") if "runs" in a else _step_by_step(a, b, f"{first}, {second}")


def _seed_by_seed(a: dict[str, Any], b: dict[str, Any], where: str) -> list[Change]:
    runs = [{run["seed"]: run["figures"] for run in told["runs"]} for told in (a, b)]
    seeds = sorted(set(runs[0]) & set(runs[1]))
    if not seeds:
        raise RecordingError(f"{where}: no seed is in both")
    found = []
    for figure in FIGURES:
        pairs = np.array([[_number(run[seed].get(figure.name)) for seed in seeds] for run in runs])
        first, second = pairs.mean(axis=1).tolist()
        found.append(Change(figure, first, second, interval(pairs[1] - pairs[0])))
    return found


def _step_by_step(a: dict[str, Any], b: dict[str, Any], where: str) -> list[Change]:
    series = [{key: np.array(values, float) for key, values in told["series"].items()} for told in (a, b)]
    if not np.array_equal(series[0]["time"], series[1]["time"]):
        raise RecordingError(f"{where}: are not of the same truth and step: their times differ")
    picks = _blocks(series[0]["time"])
    found = []
    for figure in FIGURES:
        first, second = _picked(a, figure.path), _picked(b, figure.path)
        found.append(Change(figure, first, second, _resampled(series, picks, figure.name, second - first)))
    return found


OVER_STEPS: dict[str, Callable[[dict[str, Floats], Any], Floats]] = {
    "RMSE": lambda s, at: np.sqrt(s["squared_error"][at].sum(-1) / np.maximum(s["hits"][at].sum(-1), 1.0)),
    "missed": lambda s, at: s["missed"][at].sum(-1) / np.maximum((s["missed"] + s["hits"])[at].sum(-1), 1.0),
    "false tracks a step": lambda s, at: s["false"][at].mean(-1),
    "GOSPA": lambda s, at: s["gospa"][at].mean(-1),
    "OSPA": lambda s, at: s["ospa"][at].mean(-1),
    "OSPA(2)": lambda s, at: s["ospa2"][at].mean(-1),
}
"""The figures that are made of steps, and can be resampled; of the others a single run tells no interval."""


def _resampled(series: list[dict[str, Floats]], picks: Floats, name: str, difference: float) -> Interval:
    if name not in OVER_STEPS:
        return Interval(difference, math.nan, math.nan, 1)
    first, second = (OVER_STEPS[name](one, picks) for one in series)
    low, high = np.percentile(second - first, (50 * (1 - CONFIDENCE), 50 * (1 + CONFIDENCE))).tolist()
    return Interval(difference, low, high, picks.shape[1])


def _blocks(time: Floats) -> Floats:
    """Draw RESAMPLES orders of steps, in blocks that may begin anywhere; the same each time."""
    k = len(time)
    length = min(k, max(1, round(BLOCK_S / float(time[1] - time[0])))) if k > 1 else 1
    first = np.random.default_rng(0).integers(0, k - length + 1, (RESAMPLES, -(-k // length)))
    return np.asarray((first[:, :, None] + np.arange(length)).reshape(RESAMPLES, -1)[:, :k])


def _picked(told: dict[str, Any], path: tuple[str, ...]) -> float:
    value: Any = told
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return _number(value)


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)
