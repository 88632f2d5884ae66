"""The rule about several tracks at once: a group that moves as one towards a zone."""

from __future__ import annotations

import numpy as np

from fusion.messages import Integers, Severity
from fusion.zones.conduct import manned, near
from fusion.zones.findings import ALLOWED, SURE, Finding, Situation
from fusion.zones.geometry import Mask
from fusion.zones.reasons import reason
from fusion.zones.severity import graded, gravest
from fusion.zones.watch import Group, Movers


def may_swarm(situation: Situation) -> Mask:
    """Tell which tracks (n) may belong to a swarm: no birds, no manned aircraft, nobody who may be there."""
    table = situation.table
    allowed = [
        stands.verdict in ALLOWED and track not in situation.around.hostile
        for stands, track in zip(situation.anywhere, table.tracks, strict=True)
    ]
    return np.asarray(situation.suspect & ~manned(situation) & (table.existence >= SURE) & ~np.array(allowed, bool))


def movers(situation: Situation) -> Movers:
    """Give the tracks that may belong to a swarm, in plan."""
    rows = np.flatnonzero(may_swarm(situation) & ~np.array(situation.doubtful, bool))
    state = situation.table.state[rows]
    return Movers(tuple(situation.table.tracks[row] for row in rows.tolist()), state[:, :2], state[:, 3:5])


def swarm(situation: Situation) -> list[Finding]:
    """Find the groups that move as one of which somebody is near a zone."""
    rows = {track: row for row, track in enumerate(situation.table.tracks)}
    found = (_swarm(situation, group, rows) for group in situation.around.watch.groups)
    return [finding for finding in found if finding is not None]


def grouped(findings: list[Finding]) -> dict[str, str]:
    """Give the name of the swarm that each track belongs to."""
    return {track: one.track for one in findings if one.rule == "swarm" for track in one.tracks}


def _swarm(situation: Situation, group: Group, rows: dict[str, int]) -> Finding | None:
    here = np.array([rows[track] for track in group.members if track in rows], np.int64)
    close = near(situation, here, situation.rules.swarm.near_m, situation.table.state[:, :2])
    if len(here) < situation.rules.swarm.least or not len(close.row):
        return None
    first = int(np.lexsort((close.zone, close.away))[0])
    zone = situation.zones.near[int(close.zone[first])]
    table = situation.table
    return Finding(
        track=group.name,
        zone="",
        rule="swarm",
        severity=_severity(situation, here, close.zone),
        holds=True,
        probability=round(float(table.existence[here].min()), 3),
        time_to_entry_s=0.0,
        reasons=(reason("swarm", count=len(here), metres=max(round(float(close.away[first])), 0), **zone.words),),
        cause=int(table.received[here].max()),
        tracks=tuple(table.tracks[row] for row in here.tolist()),
    )


def _severity(situation: Situation, here: Integers, zones: Integers) -> Severity:
    """Give that of the gravest zone near, or that a member is in."""
    hostile = any(situation.table.tracks[row] in situation.around.hostile for row in here.tolist())
    inside = np.isin(situation.row, here) & (situation.gap <= 0.0) & situation.concern
    entered = {int(zone) for zone in situation.zone[inside]}
    told = [
        graded(severity, *(() if zone in entered else ("ahead",)), hostile=hostile)
        for zone in {*zones.tolist(), *entered}
        if (severity := situation.zones.near[zone].zone.severity) is not None
    ]
    return gravest(*told)
