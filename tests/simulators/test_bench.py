"""`vigie bench` tells each benchmark what stands behind its name."""

import pytest

from fusion.errors import ConfigError
from simulators.bench import _runs, bench


def test_words_behind_a_name_are_for_that_benchmark():
    known = {"core", "accuracy", "peers"}
    asked = ["accuracy", "6", "core", "peers", "--recordings", "somewhere"]
    assert _runs(asked, known) == [("accuracy", ["6"]), ("core", []), ("peers", ["--recordings", "somewhere"])]


def test_what_is_no_benchmark_is_refused_with_those_that_are():
    with pytest.raises(ConfigError, match="speedy is not known here; expected of .*accuracy.*core"):
        bench(["speedy"])
