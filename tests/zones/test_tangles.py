"""Corners that enclose nothing or cross one another, judged by Shapely."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from fusion.zones.tangles import tangled

PLACE = st.tuples(st.floats(48.0, 49.0), st.floats(2.0, 3.0))
LATTICE = st.tuples(st.integers(0, 4), st.integers(0, 4))
"""Few places: many corners on one edge, edges upon one another."""


@given(st.lists(PLACE | LATTICE.map(lambda at: (48.0 + at[0] / 4, 2.0 + at[1] / 4)), min_size=3, max_size=12, unique=True))
def test_what_shapely_calls_valid_is_not_tangled_and_nothing_else_is(corners):
    polygon = shapely.Polygon(corners)
    clearance = shapely.minimum_clearance(polygon)
    if clearance < 1e-6:  # a metre's tenth: who is right there is a matter of rounding
        return
    assert (tangled(np.array(corners)) is None) == polygon.is_valid, shapely.is_valid_reason(polygon)


@pytest.mark.parametrize(
    ("corners", "said"),
    [
        ([(48.0, 2.0), (48.1, 2.1), (48.1, 2.0), (48.0, 2.1)], "make edges that cross or touch"),
        ([(48.0, 2.0), (48.1, 2.1), (48.2, 2.2)], "lie on one line"),
        ([(48.0, 2.0), (48.0, 2.1), (48.1, 2.1), (48.0, 2.05)], "make edges that cross or touch"),
        ([(0.0, 179.9), (0.0, -179.9), (0.1, 180.0)], None),
    ],
)
def test_what_is_wrong_is_said(corners, said):
    assert tangled(np.array(corners)) == said


def test_two_thousand_corners_are_looked_through_at_once():
    turn = np.linspace(0.0, 2 * np.pi, 2000, endpoint=False)
    ring = np.column_stack([48.8 + 0.01 * np.cos(turn), 2.3 + 0.01 * np.sin(turn)])
    assert tangled(ring) is None
    ring[[10, 1500]] = ring[[1500, 10]]
    assert tangled(ring) == "make edges that cross or touch"
