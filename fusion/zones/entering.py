"""The rules about entry: who is inside a zone, and who will probably be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import numpy as np

from fusion.config_rules import Rule
from fusion.messages import SECOND, Integers, Severity
from fusion.zones.findings import SURE, Finding, Situation
from fusion.zones.reasons import Reason, reason
from fusion.zones.severity import DOUBTFUL, IMMINENT, IMMINENT_S, INSIDE, grade
from fusion.zones.zones import GridZone

Told = tuple[Reason, tuple[str, ...], bool, float, float]
"""What a rule says of one pair of a track and a zone: why, the steps of `severity.STEPS`, whether it holds, how probable it is
and in how many seconds."""


def intrusion(situation: Situation) -> list[Finding]:
    """Find who is inside a zone, horizontally and vertically; who has left it by less than the exit margin is not out yet."""
    close = np.flatnonzero(situation.concern & (situation.gap <= situation.rules.exit_margin_m))
    zones, gaps, nows = _zones(situation, close), situation.gap[close].tolist(), situation.forecast.now[close].tolist()
    return _findings(situation, "intrusion", close, map(_inside, zones, gaps, nows))


def predicted_entry(situation: Situation) -> list[Finding]:
    """Find who is not inside a zone, but will probably enter it within the horizon.

    Raised if it is nearly sure, or once the track's course is settled, and if there is hardly a doubt that the track exists: by
    two or three looks a velocity is known to 15 m/s, half of all such lines near a zone lead into it, and the next look tells
    most birds and false tracks. What was raised is kept by the forecast alone.
    """
    expected, rules = situation.forecast, situation.rules
    coming = np.flatnonzero(situation.concern & (situation.gap > 0.0) & (expected.entering >= rules.release_probability))
    row, entering = situation.row[coming], expected.entering[coming]
    settled = (situation.time >= situation.since[row] + round(rules.settle_s * SECOND)) | (entering >= IMMINENT)
    sure = settled & (situation.table.existence[row] >= DOUBTFUL)
    holds = (sure & (entering >= rules.entry_probability)).tolist()
    zones, times = _zones(situation, coming), expected.time[coming].tolist()
    return _findings(situation, "predicted_entry", coming, map(_ahead, zones, entering.tolist(), times, holds))


def _zones(situation: Situation, pairs: Integers) -> list[GridZone]:
    return [situation.zones.near[at] for at in situation.zone[pairs].tolist()]


def _inside(zone: GridZone, gap: float, now: float) -> Told:
    why = zone.inside if gap <= 0.0 else reason("leaving", metres=round(gap), **zone.words)
    return why, ("doubtful",) if now < INSIDE else (), gap <= 0.0, now, 0.0


def _ahead(zone: GridZone, probability: float, time: float, holds: bool) -> Told:  # noqa: FBT001 - a column
    why = reason("entering", seconds=round(time), percent=round(100 * probability), **zone.words)
    soon = time <= IMMINENT_S and probability >= IMMINENT
    return why, ("ahead", "imminent") if soon else ("ahead",), holds, probability, time


def _findings(situation: Situation, rule: Rule, pairs: Integers, said: Iterable[Told]) -> list[Finding]:
    """Make the findings of pairs (k); what arrays hold is taken out of them once, for all."""
    standing, exists, cause, tracks = situation.standing, situation.exists, situation.cause, situation.table.tracks
    row, near = situation.row[pairs], _zones(situation, pairs)
    severities = cast("list[Severity]", [laid.zone.severity for laid in near])  # `applying` leaves out zones without one
    found = []
    columns = zip(pairs.tolist(), row.tolist(), near, severities, said, strict=True)
    for m, r, laid, least, (why, steps, holds, probability, time) in columns:
        severity, more = grade(situation, r, least, *steps)
        found.append(
            Finding(
                track=tracks[r],
                zone=laid.zone.identifier,
                rule=rule,
                severity=severity,
                holds=holds and exists[r] >= SURE,
                probability=probability,
                time_to_entry_s=time,
                reasons=(why, *standing[m].reasons, *more),
                cause=cause[r],
            )
        )
    return found
