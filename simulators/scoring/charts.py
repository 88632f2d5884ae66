"""The other views of the report: errors with their bands, who was tracked by what, sensors, alerts."""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import pairwise

import numpy as np

from fusion.messages import SECOND, Alert, Floats, Integers, nanoseconds
from simulators.scoring.drawing import Panel, Scale, path, rect, svg, text
from simulators.scoring.judgement import Judged
from simulators.scoring.plan import HUES
from simulators.scoring.residuals import Residuals, SensorErrors

WIDTH = 1040.0
MOST_ROWS = 40
"""Rows of a timeline: more are not read. Those that went worst are shown."""

MOST_TARGETS = 6
"""Targets whose errors are drawn axis by axis."""

OVER = {"cleared", "closed"}


def distances(judged: Judged) -> str:
    """Draw the distances between the sets over time."""
    series, start = judged.judgement.series, judged.scene.time[0]
    time, top = series.time - start, max(float(series.gospa.max(initial=1.0)), 1.0) * 1.05
    panel = Panel.of((56, 24, WIDTH - 10, 190), (0.0, max(float(time[-1]), 1.0)), (0.0, top))
    drawn = [panel.frame("time", "m"), panel.line(time, series.gospa, "curve a", "GOSPA")]
    drawn += [panel.line(time, series.ospa, "curve b", "OSPA"), panel.line(time, series.ospa2, "curve c", "OSPA(2)")]
    return svg(WIDTH, 222, [*drawn, legend((("a", "GOSPA"), ("b", "OSPA"), ("c", "OSPA(2), over 10 s")))], "distances over time")


def error_and_bound(judged: Judged) -> str:
    """Draw the error of every step, root mean square over its hits, beside the bound of the same hits."""
    series, pairs, k = judged.judgement.series, judged.pairs, len(judged.scene.time)
    hits = np.where(series.hits > 0, series.hits, np.nan)
    error, time = np.sqrt(series.squared_error / hits), series.time - series.time[0]
    least = np.full(k, np.nan)
    if judged.judgement.bound is not None:
        square = judged.judgement.bound.root[pairs.step, pairs.truth] ** 2
        known = square < judged.scene.c**2
        count = np.bincount(pairs.step[known], minlength=k)
        least = np.sqrt(np.bincount(pairs.step[known], square[known], minlength=k) / np.where(count > 0, count, np.nan))
    there = error[np.isfinite(error)]
    top = max(float(np.percentile(there, 99)) * 1.25, 1.0) if len(there) else 1.0
    panel = Panel.of((56, 24, WIDTH - 10, 190), (0.0, max(float(time[-1]), 1.0)), (0.0, top))
    drawn = [panel.frame("time", "m"), panel.line(time, np.minimum(error, top), "curve a", "error")]
    drawn.append(panel.line(time, np.where(least <= top, least, np.nan), "curve dashed", "bound"))
    named = (("a", "RMS error of the hits"), ("dashed", "bound (PCRB)"))
    return svg(WIDTH, 222, [*drawn, legend(named)], "error and bound over time")


def bands(judged: Judged) -> str:
    """Draw each target's error along each axis, with two sigma of what its covariance claimed."""
    scene, pairs = judged.scene, judged.pairs
    order = np.argsort(-np.bincount(pairs.truth, minlength=len(scene.truths)), kind="stable")[:MOST_TARGETS].tolist()
    names = ("east", "north", "up")[: scene.dimensions]
    wide, tall, drawn = (WIDTH - 8) / len(names), 118.0, []
    shown = [truth for truth in sorted(order) if (pairs.truth == truth).any()]
    for row, truth in enumerate(shown):
        mine = pairs.truth == truth
        sigma = np.sqrt(np.diagonal(scene.more.covariance[pairs.said[mine]], axis1=1, axis2=2))
        size = np.concatenate([np.abs(pairs.error[mine]).ravel(), 2 * sigma[np.isfinite(sigma)].ravel()])
        top = max(float(np.percentile(size, 97)) * 1.15, 1.0)
        for column, name in enumerate(names):
            box = (column * wide + 44, row * tall + 24, (column + 1) * wide - 4, (row + 1) * tall - 4)
            panel = Panel.of(box, (0.0, max(float(scene.time[-1] - scene.time[0]), 1.0)), (-top, top))
            label = f"{scene.truths[truth]}: {name}, m" if column == 0 else f"{name}, m"
            drawn.append(panel.frame("", label, count=5, rows=4, named=row == len(shown) - 1))
            drawn.append(_band(judged, panel, pairs.step[mine], pairs.error[mine, column], sigma[:, column], truth % HUES))
    return svg(WIDTH, max(len(shown), 1) * tall + 20, drawn, "errors by axis with two sigma")


def _band(judged: Judged, panel: Panel, step: Integers, error: Floats, sigma: Floats, hue: int) -> str:
    time = judged.scene.time - judged.scene.time[0]
    low, high = panel.y.low, panel.y.high
    said, wide = np.full(len(time), np.nan), np.full(len(time), np.nan)
    said[step], wide[step] = np.clip(error, low, high), np.minimum(2 * sigma, high)
    return panel.band(time, -wide, wide, f"band h{hue}") + panel.line(time, said, f"error h{hue}")


def timelines(judged: Judged) -> tuple[str, str]:
    """Draw which track covered which truth when, switches marked; and say what is left out."""
    scene, pairs = judged.scene, judged.pairs
    lives = [(life, scene.truths.index(life.truth)) for life in judged.judgement.times.lives]
    lives.sort(key=lambda one: (-one[0].switches, one[0].tracked))
    shown = sorted(lives[:MOST_ROWS], key=lambda one: one[1])
    tall, left = 22.0, 150.0
    height = len(shown) * tall + 46
    panel = Panel.of((left, 8, WIDTH - 10, height - 34), (0.0, max(float(scene.time[-1] - scene.time[0]), 1.0)), (0.0, 1.0))
    drawn = [panel.frame("time", rows=0)]
    for i, (life, truth) in enumerate(shown):
        top = 12 + i * tall
        drawn.append(text(left - 8, top + 12, life.truth[:22], "row", "end"))
        drawn.append(_life(judged, panel.x, truth, top, pairs.truth == truth))
    note = f"The {MOST_ROWS} that went worst of {len(lives)}." if len(lives) > len(shown) else ""
    return svg(WIDTH, height, drawn, "which track covered which truth"), note


def _life(judged: Judged, x: Scale, truth: int, top: float, mine: Floats) -> str:
    scene, pairs, half = judged.scene, judged.pairs, judged.scene.period / 2
    time = scene.time - scene.time[0]
    steps = scene.true.step[scene.true.who == truth]
    drawn = [rect(x(float(time[steps[0]])), top + 2, x(float(time[steps[-1]])), top + 16, "life")]
    step, track = pairs.step[mine], pairs.track[mine]
    known = list(dict.fromkeys(track.tolist()))
    edges = [0, *(np.flatnonzero((np.diff(step) > 1) | (np.diff(track) != 0)) + 1).tolist(), len(step)]
    previous = -1
    for a, b in pairwise(edges):
        if a == b:
            continue
        left, right = x(float(time[step[a]]) - half), x(float(time[step[b - 1]]) + half)
        name, index = scene.tracks[track[a]], known.index(int(track[a]))
        left, right = max(left, x.first), min(right, x.last)
        drawn.append(rect(left, top + 2, right, top + 16, f"cover h{truth % HUES} n{index % 3}", name))
        if right - left > 70:
            drawn.append(text(left + 5, top + 13, f"…{name[-6:]}", "on"))
        if previous not in {-1, int(track[a])}:
            drawn.append(f'<path class="switch" d="M{left:.1f} {top - 1:.1f}v20"/>')
        previous = int(track[a])
    return "".join(drawn)


def residuals(sensors: tuple[SensorErrors, ...]) -> str:
    """Draw each sensor's errors as histograms, with the bell that its claimed sigma makes."""
    cells = [(sensor, one) for sensor in sensors for one in sensor.residuals if len(one.values) >= 5]
    columns, tall = 4, 150.0
    wide = WIDTH / columns
    drawn = [_histogram(sensor, one, (i % columns) * wide, (i // columns) * tall, wide) for i, (sensor, one) in enumerate(cells)]
    return svg(WIDTH, max(1, -(-len(cells) // columns)) * tall, drawn, "residuals of the sensors")


def _histogram(sensor: SensorErrors, one: Residuals, left: float, top: float, wide: float) -> str:
    reach = max(4.0 * one.sigma, float(np.percentile(np.abs(one.values), 99)), 1e-6)
    counts, edges = np.histogram(np.clip(one.values, -reach, reach), bins=25, range=(-reach, reach))
    bell = np.exp(-0.5 * (np.linspace(-reach, reach, 81) / one.sigma) ** 2) if one.sigma > 0.0 else np.zeros(81)
    bell *= len(one.values) * (edges[1] - edges[0]) / (one.sigma * math.sqrt(math.tau)) if one.sigma > 0.0 else 1.0
    high = max(float(counts.max()), float(bell.max())) * 1.05
    panel = Panel.of((left + 12, top + 36, left + wide - 12, top + 122), (-reach, reach), (0.0, high))
    bars = [
        rect(panel.x(a) + 0.4, panel.y(float(n)), panel.x(b) - 0.4, panel.y(0.0), "bin")
        for n, (a, b) in zip(counts.tolist(), pairwise(edges.tolist()), strict=True)
        if n
    ]
    at = panel.x(min(max(one.bias, -reach), reach))
    said = f"bias {one.bias:+.2f}, σ {one.spread:.2f}, claimed {one.sigma:.2f} {one.unit}".replace("-", "−")
    return "".join(
        [
            panel.frame(seconds=False, count=4, rows=0),
            *bars,
            panel.line(np.linspace(-reach, reach, 81), bell, "bell", "what its claimed sigma makes"),
            f'<path class="bias" d="M{at:.1f} {panel.y.last:.1f}V{panel.y.first:.1f}"/>',
            text(left + 12, top + 15, f"{sensor.sensor}: {one.component}", "row"),
            text(left + 12, top + 30, said, "tick"),
        ]
    )


def alerts(judged: Judged, told: tuple[Alert, ...]) -> tuple[str, str]:
    """Draw the life of each alert by its severity, beside whose track it was about; and say what is left out."""
    books: dict[str, list[Alert]] = defaultdict(list)
    for one in told:
        books[one.alert].append(one)
    whose, start = judged.owners, float(judged.scene.time[0])
    shown = sorted(books.values(), key=lambda book: book[0].raised)[:MOST_ROWS]
    end = max([float(judged.scene.time[-1]), *(_unix(book[-1]) for book in shown)]) - start
    tall, left = 24.0, 300.0
    height = len(shown) * tall + 46
    panel = Panel.of((left, 8, WIDTH - 10, height - 34), (0.0, max(end, 1.0)), (0.0, 1.0))
    drawn = [panel.frame("time", rows=0)]
    for i, book in enumerate(shown):
        drawn.append(_book(book, panel.x, 12 + i * tall, whose.get(book[0].track, "nobody"), start, end, left))
    note = f"The first {MOST_ROWS} of {len(books)}." if len(books) > len(shown) else ""
    return svg(WIDTH, height, drawn, "alerts over time"), note


def _book(book: list[Alert], x: Scale, top: float, whose: str, start: float, end: float, left: float) -> str:
    first = book[0]
    drawn = [text(left - 8, top + 13, f"{whose}: {first.rule.replace('_', ' ')}, {first.zone}", "row", "end")]
    times = [_unix(one) - start for one in book]
    for one, a, b in zip(book, times, [*times[1:], end], strict=True):
        if one.state not in OVER:
            title = f"{one.severity}, {one.state}: {'; '.join(one.reasons)}"
            drawn.append(rect(x(max(a, 0.0)), top + 3, x(max(b, 0.0)), top + 17, f"alert {one.severity}", title))
    for one, a in zip(book, times, strict=True):
        if one.state in OVER:
            drawn.append(path([(x(a), top + 1), (x(a), top + 19)], "over", one.state))
    return "".join(drawn)


def _unix(alert: Alert) -> float:
    return nanoseconds(alert.updated) / SECOND


def legend(named: tuple[tuple[str, str], ...]) -> str:
    """Draw what each curve is, in the upper right corner."""
    drawn = []
    for i, (style, said) in enumerate(reversed(named), 1):
        at = WIDTH - 170.0 * i
        drawn += [f'<path class="curve {style}" d="M{at:.0f} 9h22"/>', text(at + 28, 13, said, "axis")]
    return "".join(drawn)
