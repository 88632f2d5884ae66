"""Figures on the wire: rounded as Python would write them, and no further."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fusion.picture import _six_figures


@given(st.lists(st.floats(-1e15, 1e15, allow_subnormal=False), min_size=9, max_size=9))
def test_covariances_are_rounded_to_six_figures_as_python_writes_them(figures):
    matrix = np.array(figures).reshape(1, 3, 3)
    matrix = (matrix + matrix.transpose(0, 2, 1)) / 2.0
    matrix[np.abs(matrix) < 1e-15] = 0.0
    rounded = _six_figures(matrix)
    expected = np.array([float(f"{value:.6g}") for value in matrix.ravel()]).reshape(1, 3, 3)
    halves = np.isclose(rounded, expected, rtol=1.1e-5, atol=0.0)  # a tie may be rounded either way
    assert halves.all()
    assert all(
        len(repr(value).replace("-", "").replace(".", "").split("e")[0].strip("0")) <= 6 for value in rounded.ravel().tolist()
    )
