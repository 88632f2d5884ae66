"""The report: one HTML page with its style and pictures in it, that needs nothing else to be read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape
from importlib.resources import files
from typing import NamedTuple

from fusion import __version__
from fusion.config import Config
from fusion.messages import Alert
from fusion.zones.zones import Zone
from simulators.scoring import charts, plan, sheets
from simulators.scoring.entries import entries
from simulators.scoring.judgement import Judged, Judgement
from simulators.scoring.words import figure


class Evidence(NamedTuple):
    """What the report shows beside the figures."""

    title: str
    config: Config
    zones: tuple[Zone, ...] = ()
    alerts: tuple[Alert, ...] = ()
    files: tuple[str, ...] = ()


def page(judged: Judged, evidence: Evidence) -> str:
    """Write the whole page."""
    told = judged.judgement
    body = [
        _head(judged, evidence),
        _cards(told),
        _section("ED-87E, as a yardstick", _ABOUT_ED87E, sheets.ed87e(told.ed87e)),
        _section("Map", _ABOUT_MAP, _figure(plan.chart(judged, evidence.config, evidence.zones))),
        _section("Error over time", _ABOUT_ERROR, *_errors(judged)),
        _section("Who was tracked by what", _ABOUT_TIMELINE, _figure(*charts.timelines(judged))),
        _section("Alerts", _ABOUT_ALERTS, *_alerts(judged, evidence)) if evidence.alerts else "",
        _section("Sensors", _ABOUT_SENSORS, _figure(charts.residuals(told.sensors)), sheets.sensors(told))
        if told.sensors
        else "",
        _section("Detection, tracking, identification", _ABOUT_TABLES, sheets.cwa18150(told)),
        _section(
            "Every figure",
            _ABOUT_FIGURES,
            sheets.measures(told),
            sheets.axes(told.axes),
            sheets.lives(judged),
        ),
        _foot(evidence),
    ]
    style = files("simulators.scoring").joinpath("style.css").read_text(encoding="utf-8")
    title = escape(f"Score: {evidence.title}")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<meta name="color-scheme" content="light dark"><title>{title}</title><style>{style}</style></head>'
        f"<body><main>{''.join(body)}</main></body></html>\n"
    )


_ABOUT_ED87E = (
    "The nearest published requirement on a fused picture, written for an airport's surface. A share that is measured as "
    "nought is shown only down to what so few samples can show; the last column says how far."
)
_ABOUT_MAP = (
    "Broad lines: where targets truly were. Thin lines over them: the tracks paired with them. Grey: tracks that were nobody's "
    "at that moment. Dashed: zones. Triangles: sensors."
)
_ABOUT_ERROR = "Truth less estimate, at every step, with the tracks' newest reports carried forward and nothing smoothed."
_ABOUT_TIMELINE = (
    "Each bar is one target's life; where it is filled, a track was paired with it. Another shade is another track; a red tick "
    "marks the moment when the track of a target became another."
)
_ABOUT_ALERTS = (
    "From raised to cleared, coloured by severity: advisory blue, warning amber, critical red. Below: when targets truly entered "
    "zones, and when that was said; a dash where it never was. Friends raise no alert."
)
_ABOUT_SENSORS = (
    "Measured less true, for detections that are clearly one target's. Curve: the bell that the claimed sigma makes. Dashed: the "
    "mean. NIS: the tracks' innovations by their own covariance; 1 is honest, more is overconfident."
)
_ABOUT_FIGURES = "Definitions and sources: docs/scoring.md."
_ABOUT_TABLES = "In the words of CWA 18150 (COURAGEOUS): figures without verdicts, for the scenario says what is enough."


def _head(judged: Judged, evidence: Evidence) -> str:
    scene, asked = judged.scene, judged.judgement.asked
    begin = datetime.fromtimestamp(float(scene.time[0]), UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    seconds = float(scene.time[-1] - scene.time[0])
    how = f"c = {asked.c:g} m, a step each {asked.step:g} s, {'horizontal' if asked.horizontal else 'in space'}"
    spared = f"; {len(asked.indifferent)} targets neither missed nor false" if asked.indifferent else ""
    what = f"{seconds:.0f} s, {len(judged.judgement.times.lives)} targets, {len(scene.tracks)} tracks"
    said = f"{begin}, {what}. Judged with {how}{spared}."
    return f"<header><h1>{escape(evidence.title)}: how good the tracks were</h1><p>{escape(said)}</p></header>"


def _cards(told: Judgement) -> str:
    score, passed = told.score, [row.passed for row in told.ed87e if row.passed is not None]
    low, high = score.nees_band
    cards = [
        (
            "position error, RMSE",
            f"{figure(score.spread.rmse)} m",
            f"median {figure(score.spread.median)} m, 95 % {figure(score.spread.p95)} m",
        ),
        ("missed", f"{100 * score.missed:.1f} %", f"of {score.truth_steps} target steps"),
        ("false tracks", figure(score.false_per_step), "a step"),
        ("identity switches", figure(score.switches_per_target_minute), f"a target minute; {score.switches} in all"),
        ("GOSPA", f"{figure(score.gospa)} m", f"OSPA {figure(told.ospa)} m, OSPA(2) {figure(told.ospa2)} m"),
        ("NEES per dimension", figure(score.nees), f"honest: 1 ({low:.2f} to {high:.2f})"),
        ("ED-87E", f"{sum(passed)} of {len(passed)}", "rows passed"),
    ]
    if told.bound is not None:
        cards.insert(1, ("over the bound", figure(told.bound.ratio), f"{figure(told.bound.rms)} m could be reached at best"))
    return f'<div class="cards">{"".join(_card(*card) for card in cards)}</div>'


def _card(what: str, value: str, note: str) -> str:
    return f'<div class="card"><span>{escape(what)}</span><b>{escape(value)}</b><i>{escape(note)}</i></div>'


def _section(title: str, about: str, *content: str) -> str:
    return f"<section><h2>{escape(title)}</h2><p>{escape(about)}</p>{''.join(content)}</section>"


def _figure(drawn: str, caption: str = "") -> str:
    return f"<figure>{f'<figcaption>{escape(caption)}</figcaption>' if caption else ''}{drawn}</figure>"


def _errors(judged: Judged) -> Iterable[str]:
    left = max(len(judged.judgement.times.lives) - charts.MOST_TARGETS, 0)
    which = f" The {charts.MOST_TARGETS} targets with the most hits." if left else ""
    least = judged.judgement.bound
    without = f" It does not count {', '.join(least.left_out)}." if least and least.left_out else ""
    said = f"Root mean square over the hits of each step, and the bound of the same hits.{without}"
    yield _figure(charts.error_and_bound(judged), said)
    yield _figure(
        charts.bands(judged), f"Error along each axis within ±2σ of what the covariance claimed: 95 % belong inside.{which}"
    )
    yield _figure(charts.distances(judged), "Distances between the set of targets and the set of tracks.")


def _sensors(told: Judgement) -> Iterable[str]:
    yield _figure(charts.residuals(told.sensors))
    yield sheets.sensors(told)


def _alerts(judged: Judged, evidence: Evidence) -> Iterable[str]:
    yield _figure(*charts.alerts(judged, evidence.alerts))
    yield sheets.told(entries(judged, evidence.config, evidence.zones, evidence.alerts))


def _foot(evidence: Evidence) -> str:
    return f"<footer>vigie {__version__} · {escape(' · '.join(evidence.files))}</footer>"
