"""A struct of arrays whose columns lie in one block: to copy it is one move of memory, and a copy nobody reads costs no more."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple, Self

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

    def room(self, count: int) -> NDArray[np.int64]:
        """Give a block for so many rows."""
        return np.empty(count * self.words + (count * len(self.truths) + WORD - 1) // WORD + 1, np.int64)

    def column(self, block: NDArray[np.int64], count: int, name: str) -> NDArray[Any]:
        """Give one column of a block of so many rows."""
        kind, shape, start = self.places[name]
        return np.ndarray((count, *shape), kind, block, offset=count * start)


@lru_cache(64)
def layout_of(forms: tuple[Form, ...]) -> Layout:
    """Give the layout of columns; tables of one form share it."""
    return Layout(forms)


class Held(NamedTuple):
    """A block, and what its columns are."""

    block: NDArray[np.int64]
    layout: Layout
    rows: int


class Table:
    """Rows with columns; `COLUMNS` of a class names those that are arrays. A value in itself: `copy` is a snapshot.

    A column may be written into or replaced. Each is made when it is first asked for: of most tables few are.
    """

    COLUMNS: tuple[str, ...] = ()
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
        if name not in self.COLUMNS or "held" not in self.__dict__:
            raise AttributeError(name)
        block, layout, count = self.__dict__["held"]
        column = self.__dict__[name] = layout.column(block, count, name)
        return column

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Give every column but the claims, by name."""
        return {name: getattr(self, name) for name in self.COLUMNS}

    @classmethod
    def laid(cls, held: Held, claims: Iterable[Claim | None]) -> Self:
        """Make a table over a block."""
        made = object.__new__(cls)
        made.__dict__["held"], made.__dict__["claims"] = held, list(claims)
        return made

    @classmethod
    def zeros(cls, like: Self, count: int) -> Self:
        """Make so many rows of another table's form, all nought."""
        layout = like._holds().layout
        block = layout.room(count)
        block.fill(0)
        return cls.laid(Held(block, layout, count), [None] * count)

    def _holds(self) -> Held:
        """Give the block of this table, laid anew where columns were replaced."""
        held: Held | None = self.__dict__.get("held")
        if held is None:
            arrays = self.arrays()
            layout = layout_of(tuple((name, array.dtype.char, array.shape[1:]) for name, array in arrays.items()))
            count = len(self.claims)
            held = Held(layout.room(count), layout, count)
            for name, array in arrays.items():
                column = self.__dict__[name] = layout.column(held.block, count, name)
                column[...] = array
            self.__dict__["held"] = held
        return held

    def copy(self) -> Self:
        """Give the same rows as a value of their own."""
        block, layout, count = self._holds()
        return self.laid(Held(block.copy(), layout, count), self.claims)

    def chosen(self, rows: Integers) -> Self:
        """Give some rows as a value of their own."""
        made = object.__new__(type(self))
        made._fill([(self, rows)], self._holds().layout, [self.claims[row] for row in rows.tolist()])
        return made

    def keep(self, mask: NDArray[np.bool_]) -> None:
        """Drop the rows outside the mask."""
        if not mask.all():
            rows = mask.nonzero()[0]
            self._become([(self, rows)], [self.claims[row] for row in rows.tolist()])

    def append(self, rows: Self) -> None:
        """Add rows behind the present ones."""
        if len(rows.claims):
            every = [(table, np.arange(len(table.claims))) for table in (self, rows)]
            self._become(every, [*self.claims, *rows.claims])

    def _become(self, parts: list[tuple[Self, Integers]], claims: list[Claim | None]) -> None:
        """Take on chosen rows of tables of this form, one table's after another's."""
        self._fill(parts, self._holds().layout, claims)

    def _fill(self, parts: list[tuple[Self, Integers]], layout: Layout, claims: list[Claim | None]) -> None:
        count, at = len(claims), 0
        held = Held(layout.room(count), layout, count)
        truths = {name: layout.column(held.block, count, name) for name, _, _ in layout.truths}
        for table, rows in parts:
            block, _, of = table._holds()  # noqa: SLF001
            kernels.move(block, of, held.block, count, layout.starts, layout.sizes, rows, at)
            for name, column in truths.items():
                column[at : at + len(rows)] = getattr(table, name)[rows]
            at += len(rows)
        self.__dict__.clear()
        self.__dict__.update(truths, held=held, claims=claims)
