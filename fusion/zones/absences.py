"""Rules about what is not as it should be: a claim that is false, a friend that is gone, a sensor that is lost."""

from __future__ import annotations

import numpy as np

from fusion.messages import SECOND
from fusion.zones.conduct import heights
from fusion.zones.findings import ALLOWED, SURE, Finding, Situation
from fusion.zones.names import name_of
from fusion.zones.reasons import named, reason
from fusion.zones.watch import Friend


def contradicted_claim(situation: Situation) -> list[Finding]:
    """Find whose claim cannot be true, or is measured to be false; many at once are one finding."""
    table = situation.table
    rows = [
        row
        for row in np.flatnonzero(situation.suspect & (table.existence >= SURE)).tolist()
        if table.strength[row] == "contradicted" and table.identity[row] is not None
    ]
    if len(rows) < situation.rules.contradicted_claim.together:
        return [_contradicted(situation, [row], table.tracks[row]) for row in rows]
    return [_contradicted(situation, rows, "")]


def _contradicted(situation: Situation, rows: list[int], track: str) -> Finding:
    table = situation.table
    identity = table.identity[rows[0]]
    one = reason("contradicted", name=(name_of(identity) if identity else None) or table.tracks[rows[0]])
    return Finding(
        track=track,
        zone="",
        rule="contradicted_claim",
        severity="warning",
        holds=True,
        probability=round(float(table.existence[rows].min()), 3),
        time_to_entry_s=0.0,
        reasons=(one,) if track else (reason("made_up", count=len(rows)),),
        cause=int(table.received[rows].max()),
        tracks=() if track else tuple(table.tracks[row] for row in rows),
    )


def lost_friendly(situation: Situation) -> list[Finding]:
    """Find friends who were in the air over a zone and have not been seen since for some time."""
    asked, found = situation.rules.lost_friendly, []
    for friend in situation.around.watch.friends.values():
        silent = (situation.time - friend.seen) / SECOND
        zone = situation.zones.find(friend.zone)
        if zone is None or not asked.after_s <= silent <= asked.forget_s:
            continue
        why = reason("friend_lost", name=friend.name, seconds=int(silent), metres=round(friend.height), **named(zone))
        found.append(
            Finding(
                track=friend.track,
                zone=friend.zone,
                rule="lost_friendly",
                severity="warning",
                holds=True,
                probability=1.0,
                time_to_entry_s=0.0,
                reasons=(why,),
                cause=situation.time,
            )
        )
    return found


def sensor_lost(situation: Situation) -> list[Finding]:
    """Find the sensors that were there and are silent or off while a threat is active."""
    if not situation.around.threatened:
        return []
    return [
        Finding(
            track="",
            zone="",
            rule="sensor_lost",
            severity="warning",
            holds=True,
            probability=1.0,
            time_to_entry_s=0.0,
            reasons=(reason("sensor_lost", sensor=sensor, seconds=seconds),),
            cause=situation.time,
            sensor=sensor,
        )
        for sensor, seconds in situation.around.lost
    ]


def friends(situation: Situation) -> dict[str, Friend]:
    """Go on with where friends were seen last: those in the air in a zone, until they are heard to be down or out."""
    table, asked, height = situation.table, situation.rules.lost_friendly, heights(situation)
    kept = {
        name: friend
        for name, friend in situation.around.watch.friends.items()
        if situation.time - friend.seen <= asked.forget_s * SECOND
    }
    inside = situation.gap <= 0.0
    over = dict(zip(situation.row[inside].tolist(), situation.zone[inside].tolist(), strict=True))
    for row, identity in enumerate(table.identity):
        key = identity.key if identity else None
        if identity is None or key is None:
            continue
        kept.pop(key, None)
        if row in over and height[row] >= asked.above_agl_m and situation.anywhere[row].verdict in ALLOWED:
            zone = situation.zones.near[over[row]].zone.identifier
            name = name_of(identity) or key
            seen = int(table.updated[row])
            kept[key] = Friend(track=table.tracks[row], name=name, zone=zone, height=round(float(height[row]), 1), seen=seen)
    return kept
