"""A comparison sees every difference, and nothing but the last digits of numbers is none."""

from __future__ import annotations

import copy
import gzip

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.errors import RecordingError
from fusion.golden import FILES, compare

leaves = st.one_of(
    st.text(max_size=5), st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.none()
)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3), max_leaves=8
)
messages = st.lists(st.dictionaries(st.text(max_size=4), values, min_size=1, max_size=4), min_size=1, max_size=4)


def written(directory, lines, *, packed=False):
    directory.mkdir(exist_ok=True)
    for name in FILES:
        content = b"".join(msgspec.json.encode(line) + b"\n" for line in lines if name == FILES[0])
        if packed:
            (directory / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (directory / name).write_bytes(content)
    return directory


@settings(max_examples=60)
@given(messages)
def test_a_thing_is_the_same_as_itself_packed_or_not(tmp_path_factory, lines):
    root = tmp_path_factory.mktemp("golden")
    assert list(compare(written(root / "a", lines), written(root / "b", lines, packed=True))) == []


TRACK = {
    "track": "01K",
    "status": "confirmed",
    "grid": {"easting_m": 648237.3},
    "reasons": ["no permit"],
    "covariance": [[1.0, 0.5]],
}


@pytest.mark.parametrize(
    ("change", "where", "differs"),
    [
        (lambda t: t.update(track="01L"), "track", True),
        (lambda t: t.update(status="coasting"), "status", True),
        (lambda t: t["reasons"].append("late"), "reasons", True),
        (lambda t: t["grid"].update(easting_m=648237.3 + 2e-8), "", False),
        (lambda t: t["grid"].update(easting_m=648237.3 + 1e-3), "grid.easting_m", True),
        (lambda t: t["covariance"][0].__setitem__(1, 0.5 + 2e-7), "covariance[0][1]", True),
        (lambda t: t["covariance"][0].__setitem__(1, 0.5 + 5e-8), "", False),
        (lambda t: t.pop("grid"), "grid", True),
        (lambda t: t.update(more=1), "more", True),
        (lambda t: t.update(status=True), "status", True),
    ],
)
def test_words_are_compared_exactly_and_numbers_to_the_seventh_digit(tmp_path, change, where, differs):
    other = copy.deepcopy(TRACK)
    change(other)
    found = list(compare(written(tmp_path / "a", [TRACK, other]), written(tmp_path / "b", [TRACK, TRACK])))
    assert [(one.line, one.where) for one in found] == ([(2, where)] if differs else [])


@pytest.mark.parametrize(("mine", "theirs"), [(3, 2), (2, 3)])
def test_a_line_more_or_less_is_a_difference(tmp_path, mine, theirs):
    (one,) = compare(written(tmp_path / "a", [TRACK] * mine), written(tmp_path / "b", [TRACK] * theirs))
    assert (one.file, one.line, one.where) == ("tracks.jsonl", 3, "line")
    assert "nothing" in str(one)


def test_a_missing_golden_file_is_told(tmp_path):
    with pytest.raises(RecordingError, match="cannot be read"):
        list(compare(written(tmp_path / "a", [TRACK]), tmp_path))
