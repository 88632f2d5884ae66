"""The best one-to-one matching of a sparse table: what every measure here stands on."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment

from fusion.messages import Floats, Integers


def match(rows: Integers, columns: Integers, gain: Floats) -> Integers:
    """Choose the entries of a sparse table whose gains sum to most, no row and no column twice; give their places, in order.

    `rows`, `columns`, `gain` (n): the entries that there are; any other gains nothing, and gains of nought are never chosen.

    Minimising Σ min(d, c)^p over all ways to pair is maximising Σ (cᵖ − dᵖ) over the pairs closer than c, so only those need
    be given. An entry alone in its row and column is chosen at once; what is left goes to the Hungarian algorithm.
    """
    entries = np.flatnonzero(gain > 0.0)
    if not len(entries):
        return entries
    _, row, in_row = np.unique(rows[entries], return_inverse=True, return_counts=True)
    _, column, in_column = np.unique(columns[entries], return_inverse=True, return_counts=True)
    alone = (in_row[row] == 1) & (in_column[column] == 1)
    return np.sort(np.concatenate([entries[alone], _hungarian(rows, columns, gain, entries[~alone])]))


def _hungarian(rows: Integers, columns: Integers, gain: Floats, entries: Integers) -> Integers:
    if not len(entries):
        return entries
    names, row = np.unique(rows[entries], return_inverse=True)
    others, column = np.unique(columns[entries], return_inverse=True)
    table, place = np.zeros((len(names), len(others))), np.full((len(names), len(others)), -1)
    table[row, column], place[row, column] = gain[entries], entries
    chosen = place[linear_sum_assignment(table, maximize=True)]
    return np.asarray(chosen[chosen >= 0])
