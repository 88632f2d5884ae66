"""Rows of a table moved from one block to another, or made nought."""

from __future__ import annotations

from fusion.compiling import bare


@bare
def move(source, of, target, room, starts, sizes, rows, first, at):
    """Copy chosen rows, counted from `first`, of a block with room for `of` rows into one with `room`, from row `at` on.

    Column c takes sizes[c] words a row and begins at word starts[c] · (room of its block) (`table.Layout`). Both may be one
    block where rows ascend and none goes further back.
    """
    for c in range(len(sizes)):
        size = sizes[c]
        here, there = starts[c] * of + first * size, starts[c] * room + at * size
        for i in range(len(rows)):
            for k in range(size):
                target[there + i * size + k] = source[here + rows[i] * size + k]


@bare
def clear(block, room, starts, sizes, first, count):
    """Make `count` rows from `first` on nought."""
    for c in range(len(sizes)):
        begin = starts[c] * room + first * sizes[c]
        for k in range(count * sizes[c]):
            block[begin + k] = 0
