"""Follows what moving zones go with: keeps where each anchor was heard last, puts the zones there, and says so."""

from __future__ import annotations

import math

from msgspec.structs import replace

from fusion.errors import DecodeError
from fusion.frame import SiteFrame
from fusion.messages import SECOND, Record, Severity, TrackTable, ZonePlace, ZoneState, ZoneStateMessage, utc
from fusion.zones.anchors import candidates, filled, newest, rows_by_name
from fusion.zones.ed318_written import geometry_of
from fusion.zones.findings import Finding
from fusion.zones.moving import Fix, Moving, Standing, drawn, pose, standing
from fusion.zones.placing import Drawing, placed, volumes_at
from fusion.zones.positions import decode_position
from fusion.zones.reasons import named, reason
from fusion.zones.severity import graded
from fusion.zones.zones import GridZone, Zone, ZoneSet

MOST = 1000
"""Positions that are kept of zones that are not known (yet)."""


class Told(Record):
    """The last that was said of one zone."""

    state: ZoneState
    at: int  # ns


class FollowingState(Record):
    """What was heard and said: the follower as a value."""

    fixes: dict[str, Fix]
    told: dict[str, Told]


class Following:
    """Keeps where anchors are, and decides where their zones are and what is due to be said of them."""

    def __init__(self, frame: SiteFrame, site: str, *, every_hz: float, horizon_s: float) -> None:
        self.frame, self.site, self.every, self.horizon = frame, site, round(SECOND / every_hz), horizon_s
        self.state = FollowingState(fixes={}, told={})
        self._drawings: dict[str, tuple[Zone, Drawing]] = {}  # spares drawing anew; no part of the state

    def hear(self, name: str, zone: Zone | None, payload: bytes, received: int) -> str | None:
        """Take what a zone's position topic says; give a note on it, or raise DecodeError where it cannot be used."""
        if zone is not None and zone.moving is None:
            raise DecodeError(f"zone {name}: does not move; a zone that does says so in extendedProperties.vigie.moving")
        if not payload:
            return None  # a retained position is withdrawn: the anchor is not heard any more, and grows old
        fix, before = decode_position(payload, received, self.frame), self.state.fixes.get(name)
        if before is None and zone is None and len(self.state.fixes) >= MOST:
            raise DecodeError(f"zone {name}: is not known, and {MOST} positions are kept already")
        if before is not None and before.heard and fix.time <= before.time:
            if fix.time == before.time:
                return None
            raise DecodeError(
                f"time: is {(before.time - fix.time) / SECOND:.1f} s before the newest that is known of zone {name}"
            )
        self._keep(name, filled(fix, before))
        return None if zone is not None else f"zone {name}: is not known yet; its position is kept until it is"

    def _keep(self, name: str, fix: Fix) -> None:
        self.state = replace(self.state, fixes=self.state.fixes | {name: fix})

    def place(self, zones: ZoneSet, table: TrackTable) -> ZoneSet:
        """Put every moving zone where its anchor is at the table's time."""
        if not zones.moving:
            return zones
        rows, fixes = rows_by_name(table), dict(self.state.fixes)
        for zone, moving in zones.moving:
            before = fixes.get(zone.identifier) or drawn(moving, table.time)
            found = candidates(moving.anchor, table, rows, self.frame, before)
            fixes[zone.identifier] = newest(moving, found, before, table.time)
        self.state = replace(self.state, fixes=fixes)
        return zones.with_moved([self._put(zone, moving, table.time) for zone, moving in zones.moving], self.horizon)

    def _put(self, zone: Zone, moving: Moving, time: int) -> GridZone:
        """Lay a zone where it is at a time (ns)."""
        drawn_of, drawing = self._drawings.get(zone.identifier, (None, None))
        known = drawing if drawn_of is zone else None
        laid, drawing = placed(zone, moving, self.state.fixes[zone.identifier], time, self.frame, known)
        self._drawings[zone.identifier] = (zone, drawing)
        return laid

    def lost(self, zones: ZoneSet, time: int, now: int) -> list[Finding]:
        """Find the zones in force whose anchor has not been heard for too long at a table's time (ns)."""
        found = []
        for zone, moving in zones.moving:
            fix = self.state.fixes[zone.identifier]
            if zone.severity is not None and zone.applies(now) and standing(moving, fix, time) == "lost":
                found.append(_lost(zone, zone.severity, moving, (time - fix.time) // SECOND, now))
        return found

    def publish(self, zones: ZoneSet, time: int, now: int) -> list[ZoneStateMessage]:
        """Say where moving zones are: at once what changes its state, the rest when it is due and has changed."""
        if not zones.moving and not self.state.told:
            return []
        here = {zone.identifier: (zone, moving) for zone, moving in zones.moving}
        gone = [name for name in self.state.told if name not in here]
        told = {name: one for name, one in self.state.told.items() if name in here}
        fresh: dict[str, Told] = {}
        for name, (zone, moving) in here.items():
            before = told.get(name)
            state = standing(moving, self.state.fixes[name], time)
            if before is None or before.state.state != state or now - before.at >= self.every:
                said = self._said(zone, moving, time, state)
                if before is None or replace(said, time=before.state.time) != before.state:
                    fresh[name] = Told(state=said, at=now)
        self.state = replace(self.state, told=told | fresh)
        empty = [ZoneStateMessage(zone=name) for name in gone]
        return empty + [ZoneStateMessage(zone=name, state=one.state) for name, one in fresh.items()]

    def _said(self, zone: Zone, moving: Moving, time: int, state: Standing) -> ZoneState:
        fix = self.state.fixes[zone.identifier]
        where = pose(moving, fix, time)
        latitude, longitude = (round(math.degrees(angle), 8) for angle in where.place)
        return ZoneState(
            zone=zone.identifier,
            site=self.site,
            time=utc(time),
            state=state,
            anchor=str(moving.anchor),
            track=fix.track,
            heard=utc(fix.time) if fix.heard else None,
            position=ZonePlace(
                latitude_deg=latitude,
                longitude_deg=longitude,
                altitude_hae_m=None if fix.height is None else round(fix.height, 2),
            ),
            course_deg=None if fix.course is None else round(math.degrees(fix.course) % 360.0, 1),
            grown_m=round(where.grown, 1),
            geometry=geometry_of(volumes_at(zone, moving, where)),
        )


def _lost(zone: Zone, severity: Severity, moving: Moving, seconds: int, now: int) -> Finding:
    return Finding(
        track="",
        zone=zone.identifier,
        rule="lost_anchor",
        severity=graded(severity, "ahead"),
        holds=True,
        probability=1.0,
        time_to_entry_s=0.0,
        reasons=(reason("anchor_lost", anchor=str(moving.anchor), seconds=seconds, **named(zone)),),
        cause=now,
    )
