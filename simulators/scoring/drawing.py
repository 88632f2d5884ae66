"""SVG, as text: scales, ticks, lines, frames. Colours are classes of the page's style: light, dark and print are its business."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

import numpy as np

from fusion.messages import Floats

MOST_POINTS = 400
"""Points of one line: finer is not seen at the width of a page."""


class Scale(NamedTuple):
    """From values to the page's units."""

    low: float
    high: float
    first: float
    last: float

    def __call__(self, value: float) -> float:
        """Give where a value stands."""
        return self.first + (value - self.low) / ((self.high - self.low) or 1.0) * (self.last - self.first)


class Panel(NamedTuple):
    """A rectangle with two scales."""

    x: Scale
    y: Scale

    @classmethod
    def of(cls, box: tuple[float, float, float, float], x: tuple[float, float], y: tuple[float, float]) -> Panel:
        """Lay a panel into a box (left, top, right, bottom) for values x and y from low to high; y grows upwards."""
        left, top, right, bottom = box
        return cls(Scale(*x, left, right), Scale(*y, bottom, top))

    def frame(
        self, x_label: str = "", y_label: str = "", *, seconds: bool = True, count: int = 8, rows: int = 4, named: bool = True
    ) -> str:
        """Draw grid and labels; without `named`, x has lines but no figures."""
        bottom, top, left, right = self.y.first, self.y.last, self.x.first, self.x.last
        drawn = [
            f'<path class="grid" d="M{at:.1f} {top:.1f}V{bottom:.1f}"/>'
            + (text(at, bottom + 14, clock(value) if seconds else short(value), "tick", "middle") if named else "")
            for value in (moments(self.x.high, count) if seconds else ticks(self.x.low, self.x.high, count))
            for at in [self.x(value)]
        ]
        drawn += [
            f'<path class="grid" d="M{left:.1f} {at:.1f}H{right:.1f}"/>' + text(left - 6, at + 4, short(value), "tick", "end")
            for value in ticks(self.y.low, self.y.high, rows)
            for at in [self.y(value)]
        ]
        drawn.append(text(right, bottom + 28, x_label, "axis", "end") if x_label else "")
        drawn.append(text(left, top - 6, y_label, "axis", "start") if y_label else "")
        return "".join(drawn)

    def line(self, x: Floats, y: Floats, style: str, title: str = "") -> str:
        """Draw a line; it breaks where a value is NaN."""
        stride = max(1, math.ceil(len(x) / MOST_POINTS))
        points = [(self.x(a), self.y(b)) for a, b in zip(x[::stride].tolist(), y[::stride].tolist(), strict=True)]
        return path(points, style, title)

    def band(self, x: Floats, low: Floats, high: Floats, style: str) -> str:
        """Fill between two lines; it breaks where either is NaN."""
        known = np.isfinite(low) & np.isfinite(high)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(int)))
        drawn = []
        for a, b in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            there = [(self.x(t), self.y(v)) for t, v in zip(x[a:b].tolist(), high[a:b].tolist(), strict=True)]
            back = [(self.x(t), self.y(v)) for t, v in zip(x[a:b].tolist(), low[a:b].tolist(), strict=True)]
            drawn.append(f'<path class="{style}" d="{_d([*there, *back[::-1]])}Z"/>')
        return "".join(drawn)


def path(points: Iterable[tuple[float, float]], style: str, title: str = "", *, closed: bool = False) -> str:
    """Draw a line through points; it breaks where one is NaN."""
    d = _d(points) + ("Z" if closed else "")
    hint = f"<title>{escape(title)}</title>" if title else ""
    return f'<path class="{style}" d="{d}">{hint}</path>' if len(d) > 1 else ""


def _d(points: Iterable[tuple[float, float]]) -> str:
    drawn, broken = [], True
    for x, y in points:
        if math.isfinite(x) and math.isfinite(y):
            drawn.append(f"{'M' if broken else 'L'}{x:.1f} {y:.1f}")
        broken = not (math.isfinite(x) and math.isfinite(y))
    return "".join(drawn)


def rect(left: float, top: float, right: float, bottom: float, style: str, title: str = "") -> str:
    """Draw a rectangle."""
    hint = f"<title>{escape(title)}</title>" if title else ""
    width, height = max(right - left, 0.6), max(bottom - top, 0.0)
    return f'<rect class="{style}" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}">{hint}</rect>'


def text(x: float, y: float, said: str, style: str = "", anchor: str = "start") -> str:
    """Write a word."""
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(said)}</text>'


def svg(width: float, height: float, drawn: Sequence[str], label: str) -> str:
    """Put what is drawn into a picture that scales with the page."""
    head = f'<svg viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{escape(label, quote=True)}">'
    return head + "".join(drawn) + "</svg>"


def ticks(low: float, high: float, count: int) -> list[float]:
    """Give round values between two, about so many: steps of 1, 2 or 5 times a power of ten."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low or not count:
        return []
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= rough * 0.7)
    return [round(i * step, 10) for i in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def moments(end: float, count: int) -> list[float]:
    """Give round times from nought on, about so many."""
    steps = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200)
    step = next((step for step in steps if step >= end / max(count, 1)), 14_400)
    return [float(i * step) for i in range(int(end / step) + 1)]


def clock(seconds: float) -> str:
    """Write seconds since the start as 1:05."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def short(value: float) -> str:
    """Write a tick."""
    return f"{value:g}".replace("-", "−")
