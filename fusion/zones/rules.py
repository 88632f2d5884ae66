"""The rules: what of the picture deserves an alert, and what each track's identity amounts to."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from msgspec.structs import replace

from fusion.config_rules import Rule, Rules
from fusion.messages import SECOND, BearingTrack, Floats, Integers, TrackTable, Verdict
from fusion.zones.absences import contradicted_claim, friends, lost_friendly, sensor_lost
from fusion.zones.conduct import CONDUCT
from fusion.zones.coordination import grouped, movers, swarm
from fusion.zones.directions import VAGUE, known_places, likeliest_zone, points_at_known
from fusion.zones.entering import intrusion, predicted_entry
from fusion.zones.findings import (
    ALLOWED,
    BIRD,
    BIRD_LIMIT,
    JUDGED,
    SURE,
    Assessment,
    Circumstances,
    Finding,
    Situation,
    called,
    suspects,
)
from fusion.zones.geometry import Mask
from fusion.zones.permits import Register, Standing
from fusion.zones.prediction import Encounters, Forecast, Reach, forecast, out_of_reach
from fusion.zones.reasons import reason
from fusion.zones.severity import doubtful
from fusion.zones.watch import EVERY, Watch, groups, lingering, together
from fusion.zones.zones import GridZone, ZoneSet

NEGLIGIBLE = 0.5
"""Of the release probability: whoever enters with less than half of it is not forecast. Samples err by 0.06 at the worst."""

GRAVEST: tuple[Verdict, ...] = ("hostile", "unauthorised", "unknown", "authorised", "friendly")
"""A track in several zones stands as in the one where it stands worst."""


def assess(
    table: TrackTable,
    zones: ZoneSet,
    register: Register,
    time: int,
    rules: Rules,
    around: Circumstances = Circumstances(),  # noqa: B008 - a value
) -> Assessment:
    """Judge every track of a table at a time (ns): who it is allowed to be, and what deserves an alert."""
    situation = survey(table, zones, register, time, rules, around)
    situation = situation._replace(around=around._replace(watch=remembered(situation)))
    findings = [one for name, rule in RULES.items() if getattr(rules, name).enabled for one in rule(situation)]
    if swarms := grouped(findings):
        findings = [
            replace(one, group=swarms[one.track]) if one.track in swarms and one.rule != "swarm" else one for one in findings
        ]
    names = (*table.tracks, *(bearing.track for bearing in table.bearings))
    place = {track: row for row, track in enumerate(names)}
    findings.sort(key=lambda finding: (place.get(finding.track, -1), finding.zone, finding.rule, finding.track, finding.sensor))
    return Assessment(findings, _standings(situation), situation.around.watch)


def remembered(situation: Situation) -> Watch:
    """Go on with what rules remember; once a second, for it lasts for many."""
    before, rules, time = situation.around.watch, situation.rules, situation.time
    if time - before.at < EVERY:
        return before
    table = situation.table
    pairs = together(before.pairs, movers(situation), rules.swarm, time) if rules.swarm.enabled else ()
    return Watch(
        at=time,
        lingering=lingering(before.lingering, table.tracks, table.state[:, :2], rules.loitering.radius_m, time),
        pairs=pairs,
        groups=groups(before.groups, pairs, rules.swarm, time),
        friends=friends(situation) if rules.lost_friendly.enabled else {},
    )


def towards(situation: Situation) -> list[Finding]:
    """Find of what only a direction is known that is probably in a zone: in the one where it most probably is.

    What points at a track with a place is that track's concern, and at a pilot whose drone says where the pilot stands, a
    controller: neither raises anything.
    """
    table, zones, time, rules = situation.table, situation.zones, situation.time, situation.rules
    if not table.bearings:
        return []
    known = known_places(table, zones.frame)
    found = []
    for bearing in table.bearings:
        since = bearing.born + (0 if bearing.identity else round(rules.identify_s * SECOND))
        bird = bool(bearing.classes) and bearing.classes[BIRD] > BIRD_LIMIT
        if bearing.status not in JUDGED or since > time or bird or points_at_known(bearing, known):
            continue
        which, probability = likeliest_zone(bearing, zones, situation.applying)
        if probability >= rules.release_probability:
            zone = zones.near[which]
            standing = situation.register.verdict(bearing.identity, time, zone.zone.identifier)
            if standing.verdict not in ALLOWED:
                found.append(_towards(bearing, zone, probability, standing, max(bearing.received, since), rules))
    return found


RULES: dict[Rule, Callable[[Situation], list[Finding]]] = {
    "intrusion": intrusion,
    "predicted_entry": predicted_entry,
    "bearing": towards,
    "swarm": swarm,
    "contradicted_claim": contradicted_claim,
    "lost_friendly": lost_friendly,
    "sensor_lost": sensor_lost,
    **CONDUCT,
}
"""Every rule that looks at a situation; `lost_anchor` is found by what follows moving zones."""


def _towards(bearing: BearingTrack, zone: GridZone, probability: float, standing: Standing, cause: int, rules: Rules) -> Finding:
    degrees = round(math.degrees(bearing.azimuth)) % 360
    sure = bearing.status == "confirmed" and bearing.sigma_azimuth <= VAGUE
    why = reason("towards", sensor=bearing.sensor, degrees=degrees, percent=round(100 * probability), **zone.words)
    return Finding(
        track=bearing.track,
        zone=zone.zone.identifier,
        rule="bearing",
        severity="advisory",
        holds=probability >= rules.entry_probability and bearing.existence >= SURE and sure,
        probability=probability,
        time_to_entry_s=0.0,
        reasons=(why, *standing.reasons),
        cause=cause,
    )


def survey(
    table: TrackTable,
    zones: ZoneSet,
    register: Register,
    time: int,
    rules: Rules,
    around: Circumstances = Circumstances(),  # noqa: B008 - a value
) -> Situation:
    """Find which zones each judged track is near to, and what may come of it."""
    reach = Reach.of(table.state, table.covariance, rules.horizon_s, rules.release_probability * NEGLIGIBLE)
    applying = zones.applying(time)
    encounters = _encounters(table, zones, reach, applying, rules.exit_margin_m)
    row, zone = encounters.tracks[encounters.groups], zones.zone_of[encounters.which[encounters.groups]]
    anywhere = _anywhere(table, register, time)
    standing = _standing(table, zones, register, time, row, zone, anywhere)
    allowed = np.array([stands.verdict in ALLOWED for stands in standing], bool)
    since = known_since(table, rules)
    suspect = suspects(table, since, time, around.hostile)
    concern = suspect[row] & (~allowed | called(table, around.hostile)[row])
    gap, expected = _gap_and_forecast(table, zones, reach, encounters, concern, rules.horizon_s)
    return Situation(
        *(table, zones, register, time, rules, around, applying, row, zone, gap, standing, since),
        table.existence.tolist(),
        np.maximum(table.received, since).tolist(),
        *(anywhere, doubtful(table, around.cooperative).tolist(), suspect, concern, expected),
    )


def _encounters(table: TrackTable, zones: ZoneSet, reach: Reach, applying: Mask, margin: float) -> Encounters:
    """Pair tracks with the volumes that a future of theirs might meet, those of one track and zone together."""
    judged = np.array([status in JUDGED for status in table.status], bool)
    rows = np.flatnonzero(judged)
    asked, which = zones.index.meeting(reach.low[rows, :2] - margin, reach.high[rows, :2] + margin)
    tracks = rows[asked]
    low, high = zones.prisms.low[which, 2], zones.prisms.high[which, 2]
    in_band = (reach.low[tracks, 2] - margin <= high) & (low <= reach.high[tracks, 2] + margin)
    kept = in_band & applying[zones.zone_of[which]] & ~_is_own(table, zones, tracks, which)
    tracks, which = tracks[kept], which[kept]
    zone = zones.zone_of[which]
    begins = np.flatnonzero(np.append(True, (np.diff(tracks) != 0) | (np.diff(zone) != 0))) if len(tracks) else tracks
    return Encounters(tracks, which, begins)


def _is_own(table: TrackTable, zones: ZoneSet, tracks: Integers, which: Integers) -> Mask:
    """Tell which pairs are of a track and a zone that goes with it: it is not for the one that it surrounds."""
    goes_with = np.full(len(zones.near), -1)
    for zone, track in zones.anchors:
        goes_with[zone] = table.tracks.index(track) if track in table.tracks else -1
    return np.asarray(goes_with[zones.zone_of[which]] == tracks)


def _gap_and_forecast(
    table: TrackTable, zones: ZoneSet, reach: Reach, encounters: Encounters, concern: Mask, horizon: float
) -> tuple[Floats, Forecast]:
    """Measure each pair, and forecast those of concern that are neither out of reach nor wholly inside."""
    tracks, which, groups = encounters
    across = zones.prisms.distance(table.state[tracks, :2], which)
    above = zones.prisms.outside_height(table.state[tracks, 2], which)
    if not len(tracks):
        return across, Forecast(across, across, across)
    wholly = np.logical_or.reduceat((across <= -reach.surely[tracks, 0]) & (above <= -reach.surely[tracks, 1]), groups)
    size = np.diff(np.append(groups, len(tracks)))
    asked = np.repeat(concern & ~wholly, size)
    uncertain, group = encounters.chosen(asked)
    near = ~out_of_reach(zones.prisms, table.state, reach, uncertain, horizon)
    uncertain, left = uncertain.chosen(near)
    group = group[left]
    result = Forecast(wholly * 1.0, wholly * 1.0, np.where(wholly, 0.0, np.nan))
    for whole, part in zip(result, forecast(zones.prisms, table.state, table.covariance, uncertain, horizon), strict=True):
        whole[group] = part
    return np.minimum.reduceat(np.maximum(across, above), groups), result


def known_since(table: TrackTable, rules: Rules) -> Integers:
    """Give from when on each track may raise an alert (n), ns: at once with an identity, else after time enough to give one."""
    named = np.array([identity is not None for identity in table.identity], bool)
    return np.where(named, table.born, table.born + round(rules.identify_s * SECOND))


def _anywhere(table: TrackTable, register: Register, time: int) -> tuple[Standing, ...]:
    """Give what each track's identity is worth wherever it is."""
    found = [register.verdict(None, time)] * len(table.tracks)
    for row, identity in enumerate(table.identity):
        if identity is not None:
            found[row] = register.verdict(identity, time, None, table.strength[row], table.state[row, :3])
    return tuple(found)


def _standing(
    table: TrackTable,
    zones: ZoneSet,
    register: Register,
    time: int,
    row: Integers,
    zone: Integers,
    anywhere: Sequence[Standing],
) -> list[Standing]:
    """Give what each pair's track is allowed in its zone; many are the same everywhere."""
    return [
        anywhere[track]
        if table.identity[track] is None or anywhere[track].is_alike_everywhere
        else register.verdict(
            table.identity[track], time, zones.near[near].zone.identifier, table.strength[track], table.state[track, :3]
        )
        for track, near in zip(row.tolist(), zone.tolist(), strict=True)
    ]


def _standings(situation: Situation) -> dict[str, Standing]:
    """Give every track's verdict: where it stands worst of the zones that it is in, else what its identity is worth."""
    table, register, time = situation.table, situation.register, situation.time
    standings = dict(zip(table.tracks, situation.anywhere, strict=True))
    bird, inside = table.classes[:, BIRD].tolist(), np.flatnonzero(situation.gap <= 0.0)
    within: dict[int, list[tuple[Standing, GridZone]]] = {row: [] for row, share in enumerate(bird) if share > BIRD_LIMIT}
    for row, m, at in zip(situation.row[inside].tolist(), inside.tolist(), situation.zone[inside].tolist(), strict=True):
        within.setdefault(row, []).append((situation.standing[m], situation.zones.near[at]))
    for row, pairs in within.items():
        standings[table.tracks[row]] = _explained(bird[row], situation.anywhere[row], pairs)
    standings |= {bearing.track: register.verdict(bearing.identity, time) for bearing in table.bearings}
    hostile = {track: why for track, why in situation.around.hostile.items() if track in standings}
    return standings | {track: Standing("hostile", (why, *standings[track].reasons)) for track, why in hostile.items()}


def _explained(bird: float, anywhere: Standing, within: Sequence[tuple[Standing, GridZone]]) -> Standing:
    """Take the worst standing, and add which zones the track is in and whether it looks like a bird."""
    there = [stands for stands, _ in within] or [anywhere]
    worst = min(there, key=lambda stands: GRAVEST.index(stands.verdict)) if len(there) > 1 else there[0]
    inside = [zone.inside for _, zone in within]
    looks = (reason("bird", percent=round(100 * bird)),) if bird > BIRD_LIMIT else ()
    return Standing(worst.verdict, (*worst.reasons, *inside, *looks))
