"""Intervals by scipy's own, verdicts that hold when nothing differs, and files that are refused with a reason."""

import json

import numpy as np
import pytest
from scipy import stats

from fusion.errors import RecordingError
from simulators.scoring import batch


def run(seed, **changed):
    return {"seed": seed, "figures": {figure.name: changed.get(figure.name, float(seed)) for figure in batch.FIGURES}}


def many(path, runs):
    path.write_text(json.dumps({"runs": runs}))
    return path


def test_a_mean_has_students_interval():
    values = np.random.default_rng(0).normal(5, 2, 12)
    found, expected = batch.interval(values), stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert np.isnan(batch.interval(values[:1]).low)
    assert batch.interval(np.array([1.0, np.nan, 3.0])).samples == 2


def test_runs_of_the_same_seeds_are_compared_seed_by_seed(tmp_path):
    rng = np.random.default_rng(1)
    a = [run(seed, GOSPA=50.0 + 10 * rng.normal()) for seed in range(12)]
    b = [run(one["seed"], GOSPA=one["figures"]["GOSPA"] - 2 + 0.5 * rng.normal()) for one in a]
    changes = {change.figure.name: change for change in batch.compare(many(tmp_path / "a", a), many(tmp_path / "b", b))}
    first, second = ([one["figures"]["GOSPA"] for one in runs] for runs in (a, b))
    expected = stats.ttest_rel(second, first).confidence_interval(0.95)
    assert (changes["GOSPA"].difference.low, changes["GOSPA"].difference.high) == pytest.approx((expected.low, expected.high))
    assert changes["GOSPA"].verdict == "better"  # though the seeds differ by far more than the runs do
    assert changes["RMSE"].verdict == "no difference shown"


def single(path, error, missed, *, time=200):
    steps = np.arange(float(time))
    series = {"time": steps, "gospa": error, "ospa": error, "ospa2": error, "squared_error": error**2, "hits": steps * 0 + 1,
              "missed": missed, "false": steps * 0}  # fmt: skip
    told = {"series": {key: values.tolist() for key, values in series.items()}, "score": {"gospa": float(error.mean())}}
    path.write_text(json.dumps(told))
    return path


def test_two_single_runs_are_compared_step_by_step(tmp_path):
    rng = np.random.default_rng(2)
    noise, none = np.convolve(rng.normal(0, 3, 209), np.ones(10) / 10, "valid"), np.zeros(200)
    a = single(tmp_path / "a", 10 + noise, none)
    b = single(tmp_path / "b", 12 + noise + rng.normal(0, 0.5, 200), none)
    changes = {change.figure.name: change for change in batch.compare(a, b)}
    assert changes["GOSPA"].verdict == "worse"
    assert changes["GOSPA"].difference.low < 2.0 < changes["GOSPA"].difference.high
    assert changes["missed"].verdict == "no difference shown"
    same = {change.figure.name: change for change in batch.compare(a, a)}
    assert same["GOSPA"].difference[:3] == (0.0, 0.0, 0.0)
    assert repr(batch.compare(a, b)) == repr(batch.compare(a, b))


def test_an_interval_over_steps_holds_the_truth_as_often_as_it_says():
    held = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        noise = np.convolve(rng.normal(0, 3, 604), np.ones(5) / 5, "valid")
        found = batch.OVER_STEPS["GOSPA"]({"gospa": noise}, batch._blocks(np.arange(600.0)))
        low, high = np.percentile(found, (2.5, 97.5))
        held += low < 0.0 < high
    assert held >= stats.binom.ppf(0.001, 100, 0.90)  # a bootstrap of sixty blocks is a little too narrow


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        ("{", "{}", "is not what `vigie score --json` writes"),
        ("{}", "{}", "neither runs nor series"),
        ('{"runs": []}', '{"series": {}}', "one is of a single run"),
        ('{"runs": []}', '{"runs": []}', "no seed is in both"),
        ('{"series": {"time": [0]}}', '{"series": {"time": [1]}}', "their times differ"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_a_reason(tmp_path, first, second, reason):
    (tmp_path / "a").write_text(first)
    (tmp_path / "b").write_text(second)
    with pytest.raises(RecordingError, match=reason):
        batch.compare(tmp_path / "a", tmp_path / "b")
    with pytest.raises(RecordingError, match="cannot be read"):
        batch.read(tmp_path / "none")
