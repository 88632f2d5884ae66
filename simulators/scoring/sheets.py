"""The tables of the report."""

from __future__ import annotations

import math
from collections.abc import Iterable
from html import escape
from typing import NamedTuple

from simulators.scoring.charts import MOST_ROWS
from simulators.scoring.courageous import Row
from simulators.scoring.ed87e import Requirement
from simulators.scoring.entries import Entry
from simulators.scoring.errors import Axis
from simulators.scoring.judgement import Judged, Judgement
from simulators.scoring.words import VERDICT, figure

MARK = {True: "pass", False: "fail", None: "none"}

WORDS = {
    "mota": "MOTA",
    "motp": "MOTP",
    "idf1": "IDF1",
    "idp": "precision (IDP)",
    "idr": "recall (IDR)",
    "idtp": "true positives",
}

Lines = list[tuple[str, float, str]]


def table(head: Iterable[tuple[str, str]], rows: Iterable[Iterable[tuple[str, str]]], caption: str = "") -> str:
    """Write a table; each cell is its class and its content."""
    top = "".join(f'<th class="{style}">{escape(said)}</th>' for style, said in head)
    lines = ["".join(f'<td class="{style}">{said}</td>' for style, said in row) for row in rows]
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f'<div class="wide"><table>{title}<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def ed87e(rows: tuple[Requirement, ...]) -> str:
    """Write the rows of ED-87E."""
    head = [("", "requirement"), ("n", "limit"), ("n", "measured"), ("", "verdict"), ("n", "samples"), ("n", "shown, 95 %")]
    return table(
        head,
        [
            [
                ("", escape(row.what)),
                ("n", f"{row.limit} {row.unit}"),
                ("n", f"{figure(row.measured)} {row.unit}"),
                ("", f'<span class="verdict {MARK[row.passed]}">{VERDICT[row.passed]}</span>'),
                ("n", str(row.samples)),
                ("n", "" if math.isnan(row.shown) else f"{row.limit[0]} {figure(row.shown)}"),
            ]
            for row in rows
        ],
    )


def cwa18150(told: Judgement) -> str:
    """Write the tables of CWA 18150."""
    named = zip(("Detection", "Tracking", "Identification"), told.tables, strict=True)
    return f'<div class="columns">{"".join(_rows(title, rows) for title, rows in named)}</div>'


def _rows(title: str, rows: tuple[Row, ...]) -> str:
    cells = [
        [("", f"{escape(one.what)}<small>{escape(one.note)}</small>"), ("n", f"{figure(one.value)} {escape(one.unit)}")]
        for one in rows
    ]
    return table([("", ""), ("n", "")], cells, title)


def sensors(told: Judgement) -> str:
    """Write what the sensors were off by."""
    head = [
        ("", "sensor"),
        ("n", "detections"),
        ("n", "clearly one target's"),
        ("n", "NIS per dimension"),
        ("n", "95 % of honest ones"),
    ]
    return table(
        head,
        [
            [
                ("", escape(one.sensor)),
                ("n", str(one.detections)),
                ("n", str(one.explained)),
                ("n", figure(one.nis.mean)),
                ("n", f"{one.nis.band[0]:.2f} to {one.nis.band[1]:.2f}" if one.nis.samples else "–"),
            ]
            for one in told.sensors
        ],
    )


def measures(told: Judgement) -> str:
    """Write every figure of the run."""
    groups = {
        "Sets": _sets(told),
        "CLEAR-MOT": _named(told.clear_mot, motp="m"),
        "Identity": _named(told.identity),
        "Air picture (SIAP)": _named(told.siap, position_accuracy="m", velocity_accuracy="m/s", number_changes_per_s="/s"),
        "Times": _times(told),
    }
    written = [
        table([("", ""), ("n", "")], [[("", escape(n)), ("n", f"{figure(float(v))} {u}")] for n, v, u in rows], title)
        for title, rows in groups.items()
    ]
    return f'<div class="columns">{"".join(written)}</div>'


def _named(figures: NamedTuple, **units: str) -> Lines:
    """Give a record's figures with their names as words."""
    return [
        (WORDS.get(name, name.replace("_per_s", "").replace("_", " ")), value, units.get(name, ""))
        for name, value in zip(figures._fields, figures, strict=True)
    ]


def _sets(told: Judgement) -> Lines:
    score = told.score
    parts = (score.gospa_localisation, score.gospa_missed, score.gospa_false)
    named = zip(("its square: located wrongly", "missed", "false"), parts, strict=True)
    return [
        ("GOSPA", score.gospa, "m"),
        *((n, v, "m²") for n, v in named),
        ("OSPA", told.ospa, "m"),
        ("OSPA(2)", told.ospa2, "m"),
    ]


def _times(told: Judgement) -> Lines:
    lives = told.times
    return [
        ("confirmed after, median", lives.confirmed_median, "s"),
        ("confirmed after, worst", lives.confirmed_worst, "s"),
        ("never confirmed", lives.never, ""),
        ("continuity", lives.continuity, ""),
        ("gaps", lives.gaps, ""),
        ("longest gap", lives.longest_gap, "s"),
        ("age of a hit's newest detection, median", lives.age_median, "s"),
        ("the same, 95 %", lives.age_p95, "s"),
        ("velocity NEES per dimension", told.velocity_nees.mean, ""),
    ]


def axes(found: tuple[Axis, ...]) -> str:
    """Write the errors by axis."""
    head = [("", "error"), *(("n", said) for said in ("bias", "σ", "RMSE", "50 %", "90 %", "95 %", "99 %", "unit", "hits"))]
    rows = []
    for one in found:
        values = [figure(value) for value in (one.bias, one.sigma, one.rmse, one.p50, one.p90, one.p95, one.p99)]
        rows.append([("", escape(one.name)), *(("n", said) for said in (*values, one.unit, str(one.samples)))])
    return table(head, rows, "Errors by axis")


def lives(judged: Judged) -> str:
    """Write what became of each target."""
    worst = sorted(judged.judgement.times.lives, key=lambda life: life.tracked)[:MOST_ROWS]
    head = [
        ("", "target"),
        *(("n", said) for said in ("there, s", "confirmed after, s", "tracked", "longest", "tracks", "switches", "RMSE, m")),
    ]
    rows = []
    for life in worst:
        shares = [f"{100 * life.tracked:.1f} %", f"{100 * life.longest:.1f} %"]
        said = [
            f"{life.seconds:.0f}",
            figure(life.confirmed_after),
            *shares,
            str(life.tracks),
            str(life.switches),
            figure(life.rmse),
        ]
        rows.append([("", escape(life.truth)), *(("n", one) for one in said)])
    return table(head, rows, "Target by target, the worst tracked first")


def told(found: list[Entry]) -> str:
    """Write when targets entered zones, and when that was said."""
    head = [
        ("", "target"),
        ("", "zone"),
        *(("n", said) for said in ("entered at, s", "foretold by, s", "intrusion told after, s")),
    ]
    rows = [
        [
            ("", escape(one.target) + (" (friend)" if one.friend else "")),
            ("", escape(one.zone)),
            *(("n", figure(value)) for value in (one.entered, one.warning, one.delay)),
        ]
        for one in found[:MOST_ROWS]
    ]
    return table(head, rows, "Entries, and how soon they were told") if rows else ""
