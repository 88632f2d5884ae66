"""Rules about what a track does near a zone: flies low and fast, loiters, too high, unnamed, or with its pilot inside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, cast

import numpy as np

from fusion.config_rules import Rule
from fusion.messages import SECOND, Floats, Integers, Severity
from fusion.zones.findings import ALLOWED, MANNED, SURE, Finding, Situation
from fusion.zones.geometry import Mask
from fusion.zones.permits import Standing
from fusion.zones.reasons import Reason, reason
from fusion.zones.severity import grade
from fusion.zones.zones import Zone

KEPT = 0.8
"""Share of a threshold down to which (or, of a ceiling, up to whose inverse) what was raised is kept: a fifth, as a radar's
speeds and heights scatter."""


class Near(NamedTuple):
    """Tracks and zones in force that lie near, horizontally."""

    row: Integers  # (k) of the table
    zone: Integers  # (k) of zones.near
    away: Floats  # (k) m from the outline, negative inside
    standing: list[Standing]  # (k)

    def each(self) -> Iterator[tuple[int, int, float, Standing]]:
        """Give them one by one."""
        return zip(self.row.tolist(), self.zone.tolist(), self.away.tolist(), self.standing, strict=True)


def low_and_fast(situation: Situation) -> list[Finding]:
    """Find who comes closer to a zone under the roofs, and faster than consumer drones fly."""
    asked = situation.rules.low_and_fast
    height, speed = heights(situation), speeds(situation)
    loose = situation.suspect & ~manned(situation) & (height <= asked.below_agl_m / KEPT) & (speed >= asked.above_mps * KEPT)
    close = near(situation, np.flatnonzero(loose), asked.near_m, situation.table.state[:, :2])
    closing, high, fast = _closing(situation, close), height.tolist(), speed.tolist()
    found = []
    for k, (row, zone, away, standing) in enumerate(close.each()):
        strict = high[row] <= asked.below_agl_m and fast[row] >= asked.above_mps
        if away > 0.0 and not closing[k]:
            continue
        why = reason("low_and_fast", metres=round(max(high[row], 0.0)), speed=round(fast[row]), **_words(situation, zone))
        found.append(about(situation, "low_and_fast", row, zone, (why, *standing.reasons), holds=strict))
    return found


def loitering(situation: Situation) -> list[Finding]:
    """Find who has been within a small circle near a zone for long."""
    asked, watch = situation.rules.loitering, situation.around.watch
    begun = [watch.lingering[track].since if track in watch.lingering else situation.time for track in situation.table.tracks]
    lingered = (situation.time - np.array(begun, np.int64)) / SECOND
    chosen = np.flatnonzero(situation.suspect & ~manned(situation) & (lingered >= asked.for_s))
    found = []
    for row, zone, _, standing in near(situation, chosen, asked.near_m, situation.table.state[:, :2]).each():
        why = reason("loitering", seconds=int(lingered[row]), metres=round(asked.radius_m), **_words(situation, zone))
        found.append(about(situation, "loitering", row, zone, (why, *standing.reasons), holds=True))
    return found


def pilot_inside(situation: Situation) -> list[Finding]:
    """Find whose pilot says to stand inside a zone that needs leave."""
    table, asked = situation.table, situation.rules.pilot_inside
    told = [(row, pilot) for row, pilot in enumerate(table.pilot) if pilot is not None and situation.suspect[row]]
    if not told:
        return []
    rows = np.array([row for row, _ in told], np.int64)
    latitude, longitude = np.array([(pilot.latitude, pilot.longitude) for _, pilot in told]).T
    places = np.full((len(table.tracks), 2), np.nan)
    places[rows] = situation.zones.frame.grid_from_wgs84(latitude, longitude, np.zeros(len(rows)))[:, :2]
    found = []
    for row, zone, _, standing in near(situation, rows, 0.0, places).each():
        if _zone(situation, zone).type in asked.types:
            why = reason("pilot_inside", **_words(situation, zone))
            found.append(about(situation, "pilot_inside", row, zone, (why, *standing.reasons), holds=True))
    return found


def altitude_limit(situation: Situation) -> list[Finding]:
    """Find who flies higher than drones may, within a zone's outline."""
    asked, height = situation.rules.altitude_limit, heights(situation)
    doubt = asked.sigmas * np.sqrt(np.maximum(situation.table.covariance[:, 2, 2], 0.0))
    loose = situation.suspect & ~manned(situation) & (height - doubt * KEPT >= asked.above_agl_m)
    strict, high = (height - doubt >= asked.above_agl_m).tolist(), height.tolist()
    found = []
    for row, zone, _, standing in near(situation, np.flatnonzero(loose), 0.0, situation.table.state[:, :2]).each():
        why = reason("too_high", metres=round(high[row]), limit=round(asked.above_agl_m), **_words(situation, zone))
        found.append(about(situation, "altitude_limit", row, zone, (why, *standing.reasons), holds=strict[row]))
    return found


def no_identification(situation: Situation) -> list[Finding]:
    """Find who says nothing in a zone where drones must say who they are, while somebody listens."""
    table, asked = situation.table, situation.rules.no_identification
    if not situation.around.cooperative:
        return []
    unnamed = np.array([identity is None for identity in table.identity], bool)
    old = (situation.time - table.born) / SECOND >= asked.after_s
    rows = np.flatnonzero(situation.suspect & ~manned(situation) & unnamed & old)
    inside = set(zip(situation.row[situation.gap <= 0.0].tolist(), situation.zone[situation.gap <= 0.0].tolist(), strict=True))
    found = []
    for row, at in sorted(pair for pair in inside if pair[0] in set(rows.tolist())):
        zone = _zone(situation, at)
        if zone.type in asked.types or zone.identifier in asked.zones:
            seconds = int((situation.time - table.born[row]) // SECOND)
            why = reason("must_identify", seconds=seconds, **_words(situation, at))
            found.append(about(situation, "no_identification", row, at, (why,), holds=True))
    return found


CONDUCT: dict[Rule, Callable[[Situation], list[Finding]]] = {
    "low_and_fast": low_and_fast,
    "loitering": loitering,
    "pilot_inside": pilot_inside,
    "altitude_limit": altitude_limit,
    "no_identification": no_identification,
}


def near(situation: Situation, rows: Integers, reach: float, places: Floats) -> Near:
    """Give the zones in force within `reach` (m) of places (n, 2) of some rows, horizontally, that they are not allowed in."""
    zones, points = situation.zones, places[rows]
    asked, which = zones.index.meeting(points - reach, points + reach)
    kept = situation.applying[zones.zone_of[which]]
    asked, which = asked[kept], which[kept]
    away, row, zone = zones.prisms.distance(points[asked], which), rows[asked], zones.zone_of[which]
    close = np.flatnonzero(away <= reach)
    close = close[np.lexsort((zone[close], row[close]))]
    away, row, zone = away[close], row[close], zone[close]
    if len(close):
        begins = np.flatnonzero(np.append(True, (np.diff(row) != 0) | (np.diff(zone) != 0)))
        away, row, zone = np.minimum.reduceat(away, begins), row[begins], zone[begins]
    standing = [_not_allowed(situation, a, z) for a, z in zip(row.tolist(), zone.tolist(), strict=True)]
    told = np.array([k for k, stands in enumerate(standing) if stands], np.int64)
    return Near(row[told], zone[told], away[told], [stands for stands in standing if stands])


def about(situation: Situation, rule: Rule, row: int, at: int, reasons: tuple[Reason, ...], *, holds: bool) -> Finding:
    """Make a finding of what a track does near a zone: it is a step less than the intrusion that may come of it."""
    table, zone = situation.table, _zone(situation, at)
    severity, more = grade(situation, row, cast("Severity", zone.severity), "ahead")
    return Finding(
        track=table.tracks[row],
        zone=zone.identifier,
        rule=rule,
        severity=severity,
        holds=bool(holds) and situation.exists[row] >= SURE,
        probability=round(situation.exists[row], 3),
        time_to_entry_s=0.0,
        reasons=(*reasons, *more),
        cause=situation.cause[row],
    )


def heights(situation: Situation) -> Floats:
    """Give each track's height above ground (n), m."""
    return np.asarray(situation.table.state[:, 2] - situation.zones.frame.ground)


def speeds(situation: Situation) -> Floats:
    """Give each track's speed in plan (n), m/s."""
    return np.asarray(np.hypot(situation.table.state[:, 3], situation.table.state[:, 4]))


def manned(situation: Situation) -> Mask:
    """Tell which tracks (n) are more likely manned aircraft than all else: other rules of the air hold for them."""
    return np.asarray(situation.table.classes[:, MANNED] > SURE)


def _closing(situation: Situation, close: Near) -> Mask:
    """Tell which tracks (k) will be nearer to the zone that they are near to in a second."""
    state = situation.table.state[close.row]
    return np.asarray(situation.zones.distance(close.zone, state[:, :2] + state[:, 3:5]) < close.away)


def _not_allowed(situation: Situation, row: int, at: int) -> Standing | None:
    """Give what a track is in a zone that it is not allowed in, and that does not go with it."""
    table = situation.table
    if situation.zones.near[at].anchor == table.tracks[row]:
        return None
    stands = situation.anywhere[row]
    if not stands.is_alike_everywhere:
        identity, zone = table.identity[row], situation.zones.near[at].zone.identifier
        stands = situation.register.verdict(identity, situation.time, zone, table.strength[row], table.state[row, :3])
    return None if stands.verdict in ALLOWED and table.tracks[row] not in situation.around.hostile else stands


def _words(situation: Situation, at: int) -> dict[str, str]:
    return situation.zones.near[at].words


def _zone(situation: Situation, at: int) -> Zone:
    return situation.zones.near[at].zone
