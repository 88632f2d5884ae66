"""The grid of cells against comparing every box with every other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.zones.index import BoxIndex


def boxes(rng, count, span, size):
    low = rng.uniform(-span, span, (count, 2))
    return low, low + rng.exponential(size, (count, 2))


def by_force(low, high, other_low, other_high):
    touch = (low[:, None] <= other_high).all(-1) & (other_low <= high[:, None]).all(-1)
    return [pair.tolist() for pair in np.nonzero(touch)]


@given(st.integers(0, 2**32), st.sampled_from([10.0, 400.0, 3_000.0, 30_000.0]), st.sampled_from([10.0, 900.0, 20_000.0]))
@settings(max_examples=80)
def test_every_pair_that_touches_is_found_once_and_in_order(seed, laid_size, asked_size):
    rng = np.random.default_rng(seed)
    laid, asked = boxes(rng, 60, 8_000, laid_size), boxes(rng, 60, 8_000, asked_size)
    found = [pair.tolist() for pair in BoxIndex.of(*laid).meeting(*asked)]
    assert found == by_force(*asked, *laid)


@pytest.mark.parametrize("laid_size", [100.0, 2_000.0, 30_000.0])
def test_every_pair_is_found_in_order_where_each_box_touches_dozens(laid_size):
    rng = np.random.default_rng(3)
    laid, asked = boxes(rng, 400, 800, laid_size), boxes(rng, 50, 800, 900.0)
    found = [pair.tolist() for pair in BoxIndex.of(*laid).meeting(*asked)]
    assert found == by_force(*asked, *laid)
    assert len(found[0]) > 50 * 40


def test_boxes_that_share_only_an_edge_on_a_cell_border_touch():
    index = BoxIndex.of(np.array([[0.0, 0.0]]), np.array([[1000.0, 1000.0]]))
    asked, _ = index.meeting(np.array([[1000.0, 1000.0], [1000.1, 0.0]]), np.array([[2000.0, 2000.0], [1500.0, 1.0]]))
    assert asked.tolist() == [0]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_box_that_is_not_one_harms_no_other(bad):
    index = BoxIndex.of(np.array([[0.0, 0.0]]), np.array([[10.0, 10.0]]))
    asked, box = index.meeting(np.array([[-bad, -bad], [5.0, 5.0]]), np.array([[bad, bad], [6.0, 6.0]]))
    assert [1, 0] in np.stack([asked, box], axis=-1).tolist()
    assert (0 in asked.tolist()) == (bad == np.inf)


def test_nothing_meets_nothing():
    none = np.empty((0, 2))
    one = np.zeros((1, 2))
    assert [pair.tolist() for pair in BoxIndex.of(none, none).meeting(one, one)] == [[], []]
    assert [pair.tolist() for pair in BoxIndex.of(one, one).meeting(none, none)] == [[], []]
