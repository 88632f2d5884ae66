"""A struct of arrays whose columns lie in one block: to copy it is one move of memory, and a copy nobody reads costs no more.

A block has room for more rows than there are, so that rows come and go in their place.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fusion.messages import Integers
from fusion.tracking import kernels
from fusion.tracking.classification import Claim

WORD = 8
"""Bytes of a number; truth values come behind all numbers, a byte each."""

Form = tuple[str, str, tuple[int, ...]]
"""A column's name, its type's character, and a row's shape."""


class Layout:
    """Where the columns of a table lie in its block."""

    def __init__(self, forms: tuple[Form, ...]) -> None:
        self.numbers = [form for form in forms if form[1] != "?"]
        self.truths = [form for form in forms if form[1] == "?"]
        self.sizes = np.array([math.prod(shape) for _, _, shape in self.numbers], np.int64)  # words of a row
        self.starts = np.cumsum(self.sizes) - self.sizes
        self.words = int(self.sizes.sum())
        self.places: dict[str, tuple[np.dtype[Any], tuple[int, ...], int]] = {
            name: (np.dtype(kind), shape, WORD * int(start))
            for (name, kind, shape), start in zip(self.numbers, self.starts, strict=True)
        }
        self.places |= {name: (np.dtype(kind), shape, WORD * self.words + k) for k, (name, kind, shape) in enumerate(self.truths)}

    def block(self, room: int) -> NDArray[np.int64]:
        """Give a block with room for so many rows."""
        return np.empty(room * self.words + (room * len(self.truths) + WORD - 1) // WORD + 1, np.int64)

    def column(self, block: NDArray[np.int64], room: int, name: str) -> NDArray[Any]:
        """Give one column of a block with room for so many rows."""
        kind, shape, start = self.places[name]
        return np.ndarray((room, *shape), kind, block, offset=room * start)


@lru_cache(64)
def layout_of(forms: tuple[Form, ...]) -> Layout:
    """Give the layout of columns; tables of one form share it."""
    return Layout(forms)


class Held:
    """A block, what its columns are, and for how many rows there is room."""

    __slots__ = ("block", "columns", "layout", "room")

    def __init__(self, block: NDArray[np.int64], layout: Layout, room: int) -> None:
        self.block, self.layout, self.room = block, layout, room
        self.columns: dict[str, NDArray[Any]] = {}  # those that were asked for, with all their room

    def column(self, name: str) -> NDArray[Any]:
        """Give a column, with all its room."""
        if name not in self.columns:
            self.columns[name] = self.layout.column(self.block, self.room, name)
        return self.columns[name]


class Table:
    """Rows with columns; `COLUMNS` of a class names those that are arrays. A value in itself: `copy` is a snapshot.

    A column may be written into or replaced. Each is made when it is first asked for: of most tables few are. Rows that are
    dropped or added change what was got of a column before: ask anew.
    """

    COLUMNS: Mapping[str, None] = {}
    claims: list[Claim | None]

    def __setattr__(self, name: str, value: Any) -> None:
        """Replace a column: the block is then none of the table's any longer."""
        held = self.__dict__
        if name in self.COLUMNS and held.get(name) is not value:
            if "held" in held:
                self.arrays()
            held.pop("held", None)
        held[name] = value

    def __getattr__(self, name: str) -> Any:
        """Make a column that nobody had asked for."""
        own = self.__dict__
        if name not in self.COLUMNS or "held" not in own:
            raise AttributeError(name)
        held, first = own["held"], own["first"]
        column = held.columns.get(name)
        if column is None:
            column = held.column(name)
        own[name] = column = column[first : first + len(own["claims"])]
        return column

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Give every column but the claims, by name."""
        return {name: getattr(self, name) for name in self.COLUMNS}

    @classmethod
    def laid(cls, held: Held, claims: Iterable[Claim | None], first: int = 0) -> Self:
        """Make a table over a block, from its row `first` on."""
        made = object.__new__(cls)
        own = made.__dict__
        own["held"], own["claims"], own["first"] = held, list(claims), first
        return made

    def _holds(self) -> Held:
        """Give the block of this table, laid anew where columns were replaced."""
        held: Held | None = self.__dict__.get("held")
        if held is None:
            arrays = self.arrays()
            layout = layout_of(tuple((name, array.dtype.char, array.shape[1:]) for name, array in arrays.items()))
            count = len(self.claims)
            held = Held(layout.block(count), layout, count)
            for name, array in arrays.items():
                column = self.__dict__[name] = held.column(name)
                column[...] = array
            self.__dict__["held"], self.__dict__["first"] = held, 0
        return held

    def copy(self) -> Self:
        """Give the same rows as a value of their own."""
        held = self._holds()
        return self.laid(Held(held.block.copy(), held.layout, held.room), self.claims, self.__dict__["first"])

    def chosen(self, rows: Integers) -> Self:
        """Give some rows as a value of their own."""
        layout, count = self._holds().layout, len(rows)
        made = self.laid(Held(layout.block(count), layout, count), [self.claims[row] for row in rows.tolist()])
        self._move(rows, made.__dict__["held"], 0)
        return made

    def keep(self, mask: NDArray[np.bool_]) -> None:
        """Drop the rows outside the mask."""
        rows = mask.nonzero()[0]
        if len(rows) < len(mask):
            self._move(rows, self._holds(), self.__dict__["first"])
            self._count([self.claims[row] for row in rows.tolist()])

    def append(self, rows: Self) -> None:
        """Add another table's rows behind the present ones."""
        if len(rows.claims):
            rows._move(np.arange(len(rows.claims)), self._with_room(len(rows.claims)), len(self.claims))
            self._count([*self.claims, *rows.claims])

    def grown(self, more: int) -> Self:
        """Add rows that are all nought, and give them: a part of this table, good until rows come or go. Claims are its own."""
        count = len(self.claims)
        held = self._with_room(more)
        kernels.clear(held.block, held.room, held.layout.starts, held.layout.sizes, count, more)
        for name, _, _ in held.layout.truths:
            held.column(name)[count : count + more] = False
        self._count([*self.claims, *[None] * more])
        return self.laid(held, [None] * more, count)

    def _count(self, claims: list[Claim | None]) -> None:
        """Have as many rows as claims from now on."""
        own = self.__dict__
        held, first = own["held"], own["first"]
        own.clear()
        own["held"], own["first"], own["claims"] = held, first, claims

    def _with_room(self, more: int) -> Held:
        """Give the block with room for so many rows more: a larger one by an eighth where there was none."""
        held, count = self._holds(), len(self.claims)
        if self.__dict__["first"] + count + more > held.room:
            room = count + more
            wider = Held(held.layout.block(room + room // 8 + 2), held.layout, room + room // 8 + 2)
            self._move(np.arange(count), wider, 0)
            own = self.__dict__
            claims = own["claims"]
            own.clear()
            own["held"], own["first"], own["claims"] = wider, 0, claims
            held = wider
        return held

    def _move(self, rows: Integers, into: Held, at: int) -> None:
        """Copy chosen rows into a block of the same layout, from its row `at` on; within one block to the front."""
        held, first = self._holds(), self.__dict__["first"]
        layout = held.layout
        kernels.move(held.block, held.room, into.block, into.room, layout.starts, layout.sizes, rows, first, at)
        for name, _, _ in layout.truths:
            into.column(name)[at : at + len(rows)] = held.column(name)[first + rows]
