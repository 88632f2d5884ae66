"""Every way to share tracks out among targets, each to one at most: what a group's odds come to against all the others'."""

from __future__ import annotations

import math

Members = tuple[int, ...]

CROWD = 10
"""Tracks of which every partition is weighed, 2¹⁰ sets; which of more are one target is not told."""

LARGEST = 500.0
"""Log odds that are as good as certain: the product of some still fits into a float."""


def clusters(odds: dict[Members, float]) -> list[tuple[list[Members], set[int]]]:
    """Give the groups that share tracks together, at most CROWD tracks each, and the tracks of which a group was left out."""
    root: dict[int, int] = {}

    def head(row: int) -> int:
        while root.setdefault(row, row) != row:
            row = root[row]
        return row

    crowded: set[int] = set()
    kept = []
    for members in sorted(odds, key=lambda members: (-odds[members], members)):
        heads = {head(row) for row in members}
        if sum(head(row) in heads for row in sorted(root)) > CROWD:
            crowded |= set(members)
            continue
        for one in heads:
            root[one] = min(heads)
        kept.append(members)
    found: dict[int, list[Members]] = {}
    for members in kept:
        found.setdefault(head(members[0]), []).append(members)
    return [(sorted(cluster), crowded) for _, cluster in sorted(found.items())]


def partition(odds: dict[Members, float]) -> dict[Members, float]:
    """Give how probably each group is one target, by log odds against its members' being one each.

    A partition weighs as the product of its groups' odds; each track belongs to one group at most. The sum over partitions is
    taken set by set: the lowest track of a set is alone, or in one of the groups within the set.
    """
    rows = sorted({row for members in odds for row in members})
    bit = {row: 1 << n for n, row in enumerate(rows)}
    masks = {members: sum(bit[row] for row in members) for members in odds}
    by_lowest: dict[int, list[tuple[int, float]]] = {}
    for members, mask in masks.items():
        by_lowest.setdefault(mask & -mask, []).append((mask, math.exp(min(odds[members], LARGEST))))
    known = {0: 1.0}

    def total(left: int) -> float:
        if left not in known:
            lowest = left & -left
            sums = [total(left ^ lowest)]
            sums += [weight * total(left ^ mask) for mask, weight in by_lowest.get(lowest, ()) if mask & left == mask]
            known[left] = math.fsum(sums)
        return known[left]

    whole = (1 << len(rows)) - 1
    return {members: math.exp(min(odds[members], LARGEST)) * total(whole ^ masks[members]) / total(whole) for members in odds}
