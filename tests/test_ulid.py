"""ULIDs: the format of github.com/ulid/spec, and the same id for the same thing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion.ulid import ALPHABET, encode, ulid

MS = 1_000_000


@pytest.mark.parametrize(
    ("milliseconds", "head"),
    [(1469918176385, "01ARYZ6S41"), (1469922850259, "01ARZ3NDEK"), (0, "0000000000"), (281474976710655, "7ZZZZZZZZZ")],
)
def test_time_is_written_as_in_the_known_examples(milliseconds, head):
    assert ulid(milliseconds * MS, "x")[:10] == head


def test_the_whole_of_a_known_example_is_written_back():
    text = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
    number = sum(ALPHABET.index(letter) << 5 * place for place, letter in enumerate(reversed(text)))
    assert encode(number) == text
    assert encode((1 << 128) - 1) == "7" + 25 * "Z"


@given(st.integers(0, 281474976710655 * MS), st.lists(st.one_of(st.text(), st.integers(), st.binary()), max_size=5))
def test_an_id_has_26_letters_and_is_the_same_for_the_same_thing(time, parts):
    name = ulid(time, *parts)
    assert len(name) == 26
    assert set(name) <= set(ALPHABET)
    assert name == ulid(time, *parts)


@given(st.integers(0, 10**19), st.integers(0, 10**19))
def test_ids_sort_by_their_time(one, other):
    early, late = sorted((one, other))
    assert ulid(early, "a")[:10] <= ulid(late, "b")[:10]


def test_where_a_part_ends_matters():
    assert ulid(0, "ab", "c") != ulid(0, "a", "bc") != ulid(0, "abc")


def test_ids_of_ten_thousand_things_of_one_instant_differ():
    assert len({ulid(10**18, "track", k) for k in range(10_000)}) == 10_000


@pytest.mark.parametrize("time", [-1, 281474976710656 * MS])
def test_a_time_that_does_not_fit_is_refused(time):
    with pytest.raises(ValueError, match="outside what a ULID can hold"):
        ulid(time, "x")
