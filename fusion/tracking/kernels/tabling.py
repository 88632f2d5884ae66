"""Rows of a table moved from one block to another."""

from __future__ import annotations

from fusion.compiling import bare


@bare
def move(source, of, target, count, starts, sizes, rows, at):
    """Copy chosen rows of a block of `of` rows into a block of `count` rows, from row `at` on.

    Column c takes sizes[c] words a row and begins at word starts[c] · (rows of its block) (`table.Layout`).
    """
    for c in range(len(sizes)):
        size = sizes[c]
        here, there = starts[c] * of, starts[c] * count + at * size
        for i in range(len(rows)):
            for k in range(size):
                target[there + i * size + k] = source[here + rows[i] * size + k]
