"""PNGs for documents, through matplotlib: the map, the errors with their bands, the timelines, the sensors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from fusion.errors import RecordingError
from simulators.scoring import plan
from simulators.scoring.eyes import eyes
from simulators.scoring.judgement import Judged
from simulators.scoring.page import Evidence
from simulators.scoring.reading import origin

COLOURS = ("#2f6f9f", "#b5632c", "#3f8361", "#8a5a9e", "#a8893a", "#a34a5e", "#4a7f86", "#6b6f9c")
GREY, SOFT = "#8d99a5", "#5d6b78"
DPI = 160
"""A picture of 18 cm then has 1130 dots across: sharp in print."""


def save(judged: Judged, evidence: Evidence, directory: Path) -> list[Path]:
    """Write `map.png`, `errors.png`, `distances.png`, `timelines.png`, and `sensors.png` where a recording was judged."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - slow to load, and wanted only here

    drawers = {"map": _map, "errors": _errors, "distances": _distances, "timelines": _timelines}
    if judged.judgement.sensors:
        drawers["sensors"] = _sensors
    written = []
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, draw in drawers.items():
            figure = Figure(figsize=(7.1, 4.6), layout="constrained")
            draw(figure, judged, evidence)
            written.append(directory / f"{name}.png")
            figure.savefig(written[-1], dpi=DPI, metadata={"Software": None})
    except OSError as error:
        raise RecordingError(f"{directory}: cannot be written: {error.strerror}") from error
    return written


def _map(figure: Any, judged: Judged, evidence: Evidence) -> None:
    scene, pairs, axes = judged.scene, judged.pairs, figure.subplots()
    low, high = plan.extent(judged, evidence.config)
    for zone in evidence.zones:
        for volume in zone.volumes:
            for ring in plan.outline(volume, origin(evidence.config.site)):
                axes.plot(*np.concatenate([ring, ring[:1]]).T, color=GREY, linewidth=0.8, linestyle="--")
    for j, name in enumerate(scene.truths):
        place, rows = scene.true.place[scene.true.who == j], pairs.said[pairs.truth == j]
        axes.plot(place[:, 0], place[:, 1], color=COLOURS[j % 8], linewidth=4.0, alpha=0.3)
        axes.plot(*scene.said.place[rows, :2].T, ".", color=COLOURS[j % 8], markersize=1.5, label=name)
    false = np.setdiff1d(np.arange(len(scene.said.step)), pairs.said)
    axes.plot(*scene.said.place[false, :2].T, ".", color=GREY, markersize=1.0)
    place = np.array([eye.place[:2] for eye in eyes(evidence.config)]).reshape(-1, 2)
    axes.plot(*place.T, "^", color=SOFT, markersize=5)
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal", xlabel="east, m", ylabel="north, m")
    if len(scene.truths) <= 12:
        axes.legend(fontsize=7, markerscale=4)
    _calm(axes)


def _errors(figure: Any, judged: Judged, _: Evidence) -> None:
    scene, pairs = judged.scene, judged.pairs
    for i, (axes, name) in enumerate(zip(figure.subplots(3, 1, sharex=True), ("east", "north", "up"), strict=True)):
        for j in np.unique(pairs.truth).tolist()[:6]:
            mine = pairs.truth == j
            time = scene.time[pairs.step[mine]] - scene.time[0]
            sigma = np.sqrt(scene.more.covariance[pairs.said[mine], i, i])
            axes.fill_between(time, -2 * sigma, 2 * sigma, color=COLOURS[j % 8], alpha=0.12, linewidth=0)
            axes.plot(time, pairs.error[mine, i], color=COLOURS[j % 8], linewidth=0.9, label=scene.truths[j])
        size = np.abs(pairs.error[:, i])
        top = max(float(np.percentile(size, 98)) * 1.3, 1.0) if len(size) else 1.0
        axes.set(ylabel=f"{name}, m", ylim=(-top, top))
        _calm(axes)
        if i == 0 and len(pairs.truth):
            axes.legend(fontsize=7, ncols=6, loc="lower left", bbox_to_anchor=(0.0, 1.0), frameon=False)
    axes.set(xlabel="s; bands: two sigma as claimed")


def _distances(figure: Any, judged: Judged, _: Evidence) -> None:
    series, axes = judged.judgement.series, figure.subplots()
    for colour, (name, values) in zip(
        COLOURS, {"GOSPA": series.gospa, "OSPA": series.ospa, "OSPA(2)": series.ospa2}.items(), strict=False
    ):
        axes.plot(series.time - series.time[0], values, color=colour, linewidth=1.2, label=name)
    axes.set(xlabel="s", ylabel="m")
    axes.legend(fontsize=8)
    _calm(axes)


def _timelines(figure: Any, judged: Judged, _: Evidence) -> None:
    scene, pairs, axes = judged.scene, judged.pairs, figure.subplots()
    time = scene.time - scene.time[0]
    lives = judged.judgement.times.lives[:40]
    figure.set_size_inches(7.1, 1.0 + 0.28 * len(lives))
    for row, life in enumerate(lives):
        j = scene.truths.index(life.truth)
        steps, mine = scene.true.step[scene.true.who == j], pairs.truth == j
        axes.plot(time[steps[[0, -1]]], [row, row], color="#e3e8ec", linewidth=7, solid_capstyle="butt", zorder=1)
        axes.scatter(
            time[pairs.step[mine]], np.full(mine.sum(), row), s=9, marker="s", color=COLOURS[j % 8], linewidths=0, zorder=2
        )
        switched = np.flatnonzero(np.diff(pairs.track[mine]) != 0) + 1
        axes.plot(time[pairs.step[mine][switched]], np.full(len(switched), row), "|", color="#b0473f", markersize=14, zorder=3)
    axes.set(yticks=range(len(lives)), yticklabels=[life.truth for life in lives], xlabel="s; red: another track took over")
    axes.invert_yaxis()
    _calm(axes)


def _sensors(figure: Any, judged: Judged, _: Evidence) -> None:
    cells = [(s.sensor, one) for s in judged.judgement.sensors for one in s.residuals if len(one.values) >= 5]
    figure.set_size_inches(7.1, 1.5 * max(1, -(-len(cells) // 4)))
    grid = figure.subplots(max(1, -(-len(cells) // 4)), 4, squeeze=False).ravel()
    for axes in grid[len(cells) :]:
        axes.set_axis_off()
    for axes, (sensor, one) in zip(grid, cells, strict=False):
        axes.hist(one.values, bins=25, color=COLOURS[0], alpha=0.5)
        axes.axvline(one.bias, color="#b0473f", linewidth=1.0, linestyle="--")
        axes.set_title(f"{sensor}: {one.component}, {one.unit}", fontsize=7)
        axes.set_yticks([])
        _calm(axes)


def _calm(axes: Any) -> None:
    axes.tick_params(labelsize=7, colors=SOFT)
    axes.grid(color="#e3e8ec", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in axes.spines.values():
        side.set_visible(False)
