"""Which boxes meet which: a grid of cells, so that asking costs by what is near and not by what there is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fusion.messages import Floats, Integers
from fusion.zones.geometry import Mask, spread

FEW = 1 << 12
"""Pairs of boxes up to which each is compared with each: that costs less than to look for cells."""

CELL = 1_000.0
"""m: about what a drone flies in a minute. Smaller cells cost more look-ups than they spare comparisons; 500 m and 2 km ran
1.1 and 1.4 times as long with 2,000 tracks and 1,000 zones."""

BROAD = 64
"""Boxes over more cells than this (a city, a country) are few; they are compared one by one and fill no cells."""

_STRIDE = 1 << 31


@dataclass(frozen=True, eq=False)
class BoxIndex:
    """Boxes (v) in the plane by the cells that they cover."""

    low: Floats  # (v, 2)
    high: Floats  # (v, 2)
    broad: Integers  # boxes outside the cells
    keys: Integers  # (c) cells that are covered, ascending
    first: Integers  # (c + 1) where each cell's boxes begin
    boxes: Integers  # boxes, cell by cell

    @classmethod
    def of(cls, low: Floats, high: Floats) -> BoxIndex:
        """Lay boxes (v, 2), (v, 2) into cells."""
        small = _is_local(low, high)
        broad, local = np.flatnonzero(~small), np.flatnonzero(small)
        owner, cells = _cells(low[local], high[local])
        order = np.lexsort((owner, cells))
        keys, begins = np.unique(cells[order], return_index=True)
        return cls(low, high, broad, keys, np.append(begins, len(order)), local[owner[order]])

    def with_broad(self, low: Floats, high: Floats) -> BoxIndex:
        """Give the index with boxes (m, 2), (m, 2) after its own, that are compared one by one: those of zones that move."""
        broad = np.append(self.broad, np.arange(len(low)) + len(self.low))
        return replace(self, low=np.concatenate([self.low, low]), high=np.concatenate([self.high, high]), broad=broad)

    def meeting(self, low: Floats, high: Floats) -> tuple[Integers, Integers]:
        """Give all pairs (asked, box) of asked boxes (n, 2), (n, 2) and laid ones that touch, in ascending order."""
        if len(low) * len(self.low) <= FEW:
            return self._one_by_one(low, high, np.arange(len(low)), np.arange(len(self.low)))
        small = _is_local(low, high)
        local, wide = np.flatnonzero(small), np.flatnonzero(~small)
        found = (
            self._by_cell(low, high, local),
            self._one_by_one(low, high, local, self.broad),
            self._one_by_one(low, high, wide, np.arange(len(self.low))),
        )
        asked, box = (np.concatenate(part) for part in zip(*found, strict=True))
        order = np.lexsort((box, asked))
        return asked[order], box[order]

    def _by_cell(self, low: Floats, high: Floats, local: Integers) -> tuple[Integers, Integers]:
        """Look the asked cells up. Two boxes that share cells are told once: in the lowest cell of what they share."""
        if not len(self.keys):
            return local[:0], local[:0]
        owner, cells = _cells(low[local], high[local])
        place = np.minimum(np.searchsorted(self.keys, cells), len(self.keys) - 1)
        hit = np.flatnonzero(self.keys[place] == cells)
        look, item, _ = spread(self.first, place[hit])
        asked, box = local[owner[hit][look]], self.boxes[item]
        shared = np.maximum(low[asked], self.low[box])
        kept = _touch(low[asked], high[asked], self.low[box], self.high[box]) & (_key(shared) == cells[hit][look])
        return asked[kept], box[kept]

    def _one_by_one(self, low: Floats, high: Floats, asked: Integers, boxes: Integers) -> tuple[Integers, Integers]:
        i, j = np.nonzero(_touch(low[asked, None], high[asked, None], self.low[boxes], self.high[boxes]))
        return asked[i], boxes[j]


def _touch(low: Floats, high: Floats, other_low: Floats, other_high: Floats) -> Mask:
    return np.asarray(((low <= other_high) & (other_low <= high)).all(axis=-1))


def _column(place: Floats) -> Integers:
    return np.floor(place / CELL).astype(np.int64)


def _key(place: Floats) -> Integers:
    column = _column(place)
    return np.asarray(column[..., 0] * _STRIDE + column[..., 1])


def _is_local(low: Floats, high: Floats) -> Mask:
    """Tell which boxes are small enough for cells; one without end or with a nan is not."""
    with np.errstate(invalid="ignore"):
        return np.asarray(((high - low) / CELL + 1.0).prod(axis=-1) <= BROAD)


def _cells(low: Floats, high: Floats) -> tuple[Integers, Integers]:
    """Give the cells that boxes cover, as (whose, key)."""
    corner, size = _column(low), _column(high) - _column(low) + 1
    first = np.concatenate([np.zeros(1, np.int64), np.cumsum(size.prod(axis=-1))])
    owner, item, begins = spread(first, np.arange(len(low)))
    step, tall = item - begins[owner], size[owner, 1]
    return owner, (corner[owner, 0] + step // tall) * _STRIDE + corner[owner, 1] + step % tall
