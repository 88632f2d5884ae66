"""The table of bounds asks every benchmark that offers them."""

import math

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
