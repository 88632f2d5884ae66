"""What one look says of pairs of tracks that may be one target."""

from __future__ import annotations

import math

from fusion.compiling import bare


@bare
def hear(births, of_store, confirmed, start, p, pd_miss, pd, looks, time, apart, doubt, together, lasts, rows, evidence, looked):
    """Add a look's evidence to each pair, in place (`Merging.learn`), and its rows; −1 where one of the two is no more.

    births (K, 2, 4): what each one's id is made of; of_store: the same of the rows, four columns (N); rows (K, 2): where they
    stood last.
    """
    for k in range(len(births)):
        for side in range(2):
            rows[k, side] = _row(births[k, side], of_store, confirmed, rows[k, side])
        if rows[k, 0] < 0 or rows[k, 1] < 0:
            continue
        hits, silent = 0.0, 1.0
        for side in range(2):
            row = rows[k, side]
            for pair in range(start[row], start[row + 1]):
                hits += p[pair]
            silent *= pd_miss[row]
        if hits > together:
            evidence[k], looked[k] = max(evidence[k] - apart, doubt), time
            continue
        if looks:
            two = 1.0 - silent
        elif hits > 0.5:
            two = 2.0 * (1.0 - pd) / (2.0 - pd)
        else:
            continue
        share = min(1.0, (time - looked[k]) / 1e9 / lasts)
        evidence[k] -= share * math.log(max(two, 0.05))
        looked[k] = time


@bare
def _row(birth, of_store, confirmed, last):
    """Give the row of a confirmed birth, −1 for none. Rows only move forward, unless time was turned back: then from the end."""
    N = len(confirmed)
    last = min(last, N - 1)
    for step in range(N):
        row = last - step if step <= last else step
        if (
            confirmed[row]
            and of_store[3][row] == birth[3]
            and of_store[2][row] == birth[2]
            and of_store[1][row] == birth[1]
            and of_store[0][row] == birth[0]
        ):
            return row
    return -1
