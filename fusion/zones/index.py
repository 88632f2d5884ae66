"""Which boxes meet which: a grid of cells, so that asking costs by what is near and not by what there is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fusion.messages import Floats, Integers
from fusion.zones import kernels
from fusion.zones.geometry import Mask, spread

ROOM = 4
"""Pairs an asked box for which there is room at first; with more, they are looked for twice."""

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
        return cls(
            np.ascontiguousarray(low), np.ascontiguousarray(high), broad, keys, np.append(begins, len(order)), local[owner[order]]
        )

    def with_broad(self, low: Floats, high: Floats) -> BoxIndex:
        """Give the index with boxes (m, 2), (m, 2) after its own, that are compared one by one: those of zones that move."""
        broad = np.append(self.broad, np.arange(len(low)) + len(self.low))
        return replace(self, low=np.concatenate([self.low, low]), high=np.concatenate([self.high, high]), broad=broad)

    def meeting(self, low: Floats, high: Floats) -> tuple[Integers, Integers]:
        """Give all pairs (asked, box) of asked boxes (n, 2), (n, 2) and laid ones that touch, in ascending order."""
        asked, box = np.empty((2, ROOM * len(low)), np.int64)
        while (count := self._meet(low, high, asked, box)) > len(box):
            asked, box = np.empty((2, count), np.int64)
        return asked[:count], box[:count]

    def _meet(self, low: Floats, high: Floats, asked: Integers, box: Integers) -> int:
        """Write the pairs into what room there is, and tell how many there are."""
        laid, cells = (self.low, self.high), (self.keys, self.first, self.boxes)
        return int(kernels.meet(laid, cells, self.broad, low, high, _is_local(low, high), CELL, _STRIDE, asked, box))


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
