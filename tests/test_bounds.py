"""The table of bounds asks every benchmark that offers them, and the peer's scenarios can be drawn anew."""

import math

import pytest

from tests.benchmarks import siblings
from tests.benchmarks.bench_bounds import asked, holds, line


def test_a_figure_holds_on_its_own_side_of_the_bound_and_nan_holds_nowhere():
    assert holds(("a", 1.0, 1.0, "<="))
    assert holds(("a", 100.0, 99.0, ">="))
    assert not holds(("a", 1.01, 1.0, "<="))
    assert not holds(("a", 98.0, 99.0, ">="))
    assert not holds(("a", math.nan, 1.0, "<="))
    assert not holds(("a", math.nan, 1.0, ">="))
    assert "DOES NOT" in line(("a", math.nan, 1.0, "<="))


def test_the_benchmarks_with_a_must_hold_offer_it():
    assert all(asked(["accuracy", "late"]).values())


@pytest.mark.parametrize("name", ["crossing", "multi-sensor"])
def test_a_sibling_is_the_same_for_the_same_seed_and_another_for_another(name, tmp_path):
    one, same, other = (siblings.write(name, seed, tmp_path / str(i)) for i, seed in enumerate((1, 1, 2)))
    for file in ("site.toml", "recording.jsonl.gz", "truth.csv.gz"):
        assert (one / file).read_bytes() == (same / file).read_bytes()
    assert (one / "recording.jsonl.gz").read_bytes() != (other / "recording.jsonl.gz").read_bytes()
