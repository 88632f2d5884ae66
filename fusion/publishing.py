"""What goes out, and when: changed tracks, each track's own topic, the whole picture, the service's health."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from fusion.config import Publish
from fusion.frame import SiteFrame
from fusion.messages import (
    SECOND,
    Output,
    PictureMessage,
    Record,
    Track,
    TrackMessage,
    TracksMessage,
    TrackTable,
    utc,
)
from fusion.picture import wire_bearing, wire_tracks
from fusion.zones.permits import Standing

REFRESH = SECOND
"""ns after which a track is published again though nothing was learnt of it: the picture's age must not be guessed."""


class Published(Record):
    """The last that was said of one track."""

    state: Track
    received: int  # ns, when the newest of what it rests on was learnt
    at: int  # ns, when it was said on `tracks`
    single: int  # ns, when on its own topic


class PublisherState(Record):
    """What was said when: the publisher as a value."""

    said: dict[str, Published]
    due_tracks: int
    due_picture: int


class Publisher:
    """Decides what is due, and writes it."""

    def __init__(self, config: Publish, frame: SiteFrame, site: str) -> None:
        self.config, self.frame, self.site = config, frame, site
        self.state = PublisherState(said={}, due_tracks=0, due_picture=0)

    def publish(self, table: TrackTable, standings: Mapping[str, Standing], now: int) -> list[Output]:
        """Give what is due at a time (ns): the changed tracks first, then the rest."""
        outputs: list[Output] = []
        if now >= self.state.due_tracks:
            outputs += self._changed(table, standings, now)
            self.state = msgspec.structs.replace(
                self.state, due_tracks=next_beat(self.state.due_tracks, now, 1.0 / self.config.tracks_hz)
            )
        if now >= self.state.due_picture:
            tracks = tuple(said.state for said in self.state.said.values())
            outputs.append(PictureMessage(site=self.site, time=utc(table.time), tracks=tracks))
            self.state = msgspec.structs.replace(
                self.state, due_picture=next_beat(self.state.due_picture, now, self.config.picture_s)
            )
        return outputs

    def _changed(self, table: TrackTable, standings: Mapping[str, Standing], now: int) -> list[Output]:
        """Say what changed: new knowledge, another status or verdict, a second gone by, or the end of a track."""
        said = self.state.said
        heard = list(zip(table.tracks, table.status, table.received.tolist(), strict=True))
        rows = [row for row, entry in enumerate(heard) if self._is_due(*entry, standings, now)]
        tracks = wire_tracks(table, rows, self.frame, self.site, standings)
        bearings = [one for one in table.bearings if self._is_due(one.track, one.status, one.received, standings, now)]
        tracks += [wire_bearing(one, table.time, self.site, standings) for one in bearings]
        learnt = [heard[row][2] for row in rows] + [one.received for one in bearings]
        names = (*table.tracks, *(one.track for one in table.bearings))
        gone = [_deleted(said[name].state, table.time) for name in said.keys() - set(names)]
        gone.sort(key=lambda track: track.track)
        singles: list[Output] = [TrackMessage(track=track.track) for track in gone]
        keep = {name: said[name] for name in names if name in said}
        for received, track in zip(learnt, tracks, strict=True):
            single = keep[track.track].single if track.track in keep else 0
            if now - single >= SECOND / self.config.track_hz:
                singles.append(TrackMessage(track=track.track, state=track))
                single = now
            keep[track.track] = Published(state=track, received=received, at=now, single=single)
        self.state = msgspec.structs.replace(self.state, said=keep)
        changed = (*tracks, *gone)
        return [TracksMessage(tracks=changed), *singles] if changed else []

    def _is_due(self, track: str, status: str, received: int, standings: Mapping[str, Standing], now: int) -> bool:
        before = self.state.said.get(track)
        if before is None or now - before.at >= REFRESH or received != before.received:
            return True
        standing = standings.get(track)
        return status != before.state.status or (standing is not None and standing.verdict != before.state.verdict)


def _deleted(track: Track, time: int) -> Track:
    return msgspec.structs.replace(track, status="deleted", existence=0.0, time=max(utc(time), track.time))


def next_beat(due: int, now: int, every: float) -> int:
    """Give the next time (ns) of what is due `every` so many seconds; one that was missed is not made up for."""
    step = round(every * SECOND)
    return due + step if due + step > now else now + step
