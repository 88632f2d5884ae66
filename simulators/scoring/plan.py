"""The map of a run: truths and tracks over zones and sensors, with a grid in metres and a scale bar."""

from __future__ import annotations

import math

import numpy as np

from fusion.config import Config
from fusion.messages import Floats, Integers
from fusion.zones.zones import CircleOutline, CorridorOutline, Volume, Zone
from simulators.earth import Place, ecef_from_wgs84
from simulators.scoring.drawing import Panel, path, rect, svg, text, ticks
from simulators.scoring.eyes import eyes
from simulators.scoring.judgement import Judged
from simulators.scoring.reading import origin

WIDTH, MOST_HEIGHT = 1040.0, 700.0
HUES = 8
"""Colours in the style; truths take them in turn."""


def chart(judged: Judged, config: Config, zones: tuple[Zone, ...]) -> str:
    """Draw the map."""
    low, high = extent(judged, config)
    height = min(MOST_HEIGHT, WIDTH * float((high[1] - low[1]) / (high[0] - low[0])))
    panel = Panel.of((0.0, 0.0, WIDTH, height), (float(low[0]), float(high[0])), (float(low[1]), float(high[1])))
    drawn = [rect(0, 0, WIDTH, height, "paper"), _grid(panel, height)]
    drawn += [_zone(zone, panel, origin(config.site), height) for zone in zones]
    drawn += [_false(judged, panel), *(_target(judged, panel, j) for j in range(len(judged.scene.truths)))]
    drawn += _sensors(config, panel, height)
    drawn.append(_scale(panel, height))
    return svg(WIDTH, height, drawn, "map of truths, tracks, zones and sensors")


def extent(judged: Judged, config: Config) -> tuple[Floats, Floats]:
    """Give the corners (2,), (2,) of what the map shows, m: all truths, and the sensors that stand among or near them."""
    place = judged.scene.true.place[:, :2] if len(judged.scene.true.place) else np.zeros((1, 2))
    low, high = place.min(axis=0), place.max(axis=0)
    reach = float(np.max(high - low)) * 0.6 + 100.0
    there = np.array([eye.place[:2] for eye in eyes(config)]).reshape(-1, 2)
    near = there[((there >= low - reach) & (there <= high + reach)).all(axis=1)]
    low, high = np.concatenate([place, near]).min(axis=0), np.concatenate([place, near]).max(axis=0)
    middle, half = (low + high) / 2, np.maximum((high - low) / 2 * 1.08 + 40.0, 60.0)
    half[0] = max(half[0], half[1] * WIDTH / MOST_HEIGHT)
    half[1] = max(half[1], half[0] * 0.42)
    return middle - half, middle + half


def _grid(panel: Panel, height: float) -> str:
    step_x = ticks(panel.x.low, panel.x.high, 8)
    length = step_x[1] - step_x[0] if len(step_x) > 1 else 100.0
    rows = np.arange(math.ceil(panel.y.low / length), math.floor(panel.y.high / length) + 1) * length
    drawn = [f'<path class="grid" d="M{panel.x(x):.1f} 0V{height:.1f}"/>' for x in step_x]
    drawn += [f'<path class="grid" d="M0 {panel.y(y):.1f}H{WIDTH}"/>' for y in rows.tolist()]
    return "".join(drawn)


def _scale(panel: Panel, height: float) -> str:
    steps = ticks(panel.x.low, panel.x.high, 8)
    length = steps[1] - steps[0] if len(steps) > 1 else 100.0
    wide, at = panel.x(panel.x.low + length), height - 16
    said = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    north = f'<path class="bar" d="M{WIDTH - 22} {at}v-26m-5 9l5-9l5 9"/>' + text(WIDTH - 22, at - 32, "N", "axis", "middle")
    return f'<path class="bar" d="M16 {at - 5}v5h{wide:.1f}v-5"/>' + text(16 + wide / 2, at - 7, said, "axis", "middle") + north


def _zone(zone: Zone, panel: Panel, here: Place, height: float) -> str:
    drawn = []
    for volume in zone.volumes:
        rings = [[(panel.x(x), panel.y(y)) for x, y in ring.tolist()] for ring in outline(volume, here)]
        d = "".join(_closed(ring) for ring in rings)
        drawn.append(
            f'<path class="zone {zone.severity or "calm"}" fill-rule="evenodd" d="{d}"><title>{zone.label()}</title></path>'
        )
        inside = [(x, y) for x, y in rings[0] if 0 < x < WIDTH and 0 < y < height]
        if inside:
            x, y = min(inside, key=lambda point: point[1])
            drawn.append(text(min(max(x, 60), WIDTH - 60), max(y - 5, 14), zone.identifier, "zone-name", "middle"))
    return "".join(drawn)


def _closed(ring: list[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in ring) + "Z"


def outline(volume: Volume, here: Place) -> list[Floats]:
    """Give a volume's rings (n, 2) in the site's east and north."""
    shape = volume.outline
    if isinstance(shape, CircleOutline):
        middle = here.enu(ecef_from_wgs84(shape.latitude, shape.longitude, here.height))[:2]
        turn = np.linspace(0.0, math.tau, 73)
        return [middle + shape.radius * np.stack([np.cos(turn), np.sin(turn)], axis=-1)]
    if isinstance(shape, CorridorOutline):
        line = np.array(shape.line)
        return [_beside(here.enu(ecef_from_wgs84(line[:, 0], line[:, 1], here.height))[:, :2], shape.reach)]
    corners = [np.array(ring, float) for ring in shape.rings]
    return [here.enu(ecef_from_wgs84(ring[:, 0], ring[:, 1], here.height))[:, :2] for ring in corners]


def _beside(line: Floats, reach: float) -> Floats:
    """Draw a corridor along a line (n, 2) with mitred corners and flat ends; as a picture of it that is enough."""
    way = np.diff(line, axis=0)
    way = way[np.hypot(*way.T) > 0.0]
    normal = np.column_stack([-way[:, 1], way[:, 0]]) / np.hypot(*way.T)[:, None]
    line = np.concatenate([line[:1], line[0] + np.cumsum(way, axis=0)])
    both = np.concatenate([normal[:1], normal]) + np.concatenate([normal, normal[-1:]])
    mitre = 2.0 * both / np.maximum((both**2).sum(axis=1), 0.5)[:, None] * reach
    return np.concatenate([line + mitre, (line - mitre)[::-1]])


def _target(judged: Judged, panel: Panel, truth: int) -> str:
    """Draw one truth, and over it the tracks that were paired with it."""
    scene, pairs, hue = judged.scene, judged.pairs, truth % HUES
    mine = scene.true.who == truth
    place = scene.true.place[mine]
    if not len(place):
        return ""
    name = scene.truths[truth]
    drawn = [panel.line(place[:, 0], place[:, 1], f"truth h{hue}", f"{name}: truth")]
    hits = pairs.truth == truth
    for track in dict.fromkeys(pairs.track[hits].tolist()):
        rows = pairs.said[hits & (pairs.track == track)]
        drawn.append(
            _broken(panel, scene.said.step[rows], scene.said.place[rows], f"track h{hue}", f"{name}: {scene.tracks[track]}")
        )
    x, y = panel.x(float(place[0, 0])), panel.y(float(place[0, 1]))
    drawn.append(f'<circle class="start h{hue}" cx="{x:.1f}" cy="{y:.1f}" r="4"/>')
    if len(scene.truths) <= 24:
        drawn.append(text(x + 7, y - 6, name, f"name h{hue}"))
    return "".join(drawn)


def _false(judged: Judged, panel: Panel) -> str:
    """Draw what no truth was paired with."""
    scene = judged.scene
    hit = np.zeros(len(scene.said.step), bool)
    hit[judged.pairs.said] = True
    left = np.flatnonzero(~hit)
    drawn = []
    for track in np.unique(scene.said.who[left]).tolist():
        rows = left[scene.said.who[left] == track]
        drawn.append(_broken(panel, scene.said.step[rows], scene.said.place[rows], "false", f"{scene.tracks[track]}: nobody's"))
    return "".join(drawn)


def _broken(panel: Panel, step: Integers, place: Floats, style: str, title: str) -> str:
    """Draw a line that breaks where steps are left out; a step alone is a dot."""
    parts = np.split(np.arange(len(step)), np.flatnonzero(np.diff(step) > 1) + 1)
    points: list[tuple[float, float]] = []
    for part in parts:
        points += [(panel.x(float(place[i, 0])), panel.y(float(place[i, 1]))) for i in part]
        points += [(points[-1][0] + 0.1, points[-1][1])] if len(part) == 1 else []
        points.append((math.nan, math.nan))
    return path(points, style, title)


def _sensors(config: Config, panel: Panel, height: float) -> list[str]:
    masts: dict[tuple[int, int], list[str]] = {}
    for eye in eyes(config):
        x, y = panel.x(float(eye.place[0])), panel.y(float(eye.place[1]))
        if 0 <= x <= WIDTH and 0 <= y <= height:
            masts.setdefault((round(x / 8), round(y / 8)), []).append(eye.sensor.id)
    drawn = []
    for (x, y), names in masts.items():
        drawn.append(f'<path class="sensor" d="M{8 * x} {8 * y - 6}l6 10h-12z"/>')
        drawn.append(text(8 * x + 9, 8 * y + 4, ", ".join(names), "sensor-name"))
    return drawn
