"""The sky as the stream tells it: every track's newest row, and what changed since any earlier moment."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from fusion.console.columns import HISTORY, TRACKS, Row, info_of, milliseconds, ray_of, rows_of
from fusion.console.permissions import Sight
from fusion.messages import Track

KEPT = 300
"""Points kept of each track's past: five minutes at one a second."""

REMEMBERED_MS = 600_000
"""ms for which a track that is gone is remembered."""

FORGOTTEN = 20_000
"""Ends that are remembered; who knows only what was before them is told everything anew."""

_SPAN = [TRACKS.index(name) for name in HISTORY]


class Change(NamedTuple):
    """What a frame says."""

    version: int
    key: bool
    up: list[Row]
    rays: list[Row]
    info: list[tuple[int, dict[str, Any]]]
    gone: list[int]


class Known:
    """One track: its newest state, and the versions of the sky at which that came."""

    __slots__ = ("hidden", "info", "info_version", "n", "past", "row", "track", "version")

    def __init__(self, n: int) -> None:
        self.n = n
        self.track: Track
        self.row: Row = []
        self.info: dict[str, Any] = {}
        self.version = self.info_version = 0
        self.hidden = False  # friendly: not for everybody's eyes
        self.past = array("q")  # rows of HISTORY, None as NOTHING


NOTHING = -(2**62)


class Sky:
    """All tracks of one stream's source. Versions count its changes; 0 is the empty sky."""

    def __init__(self, sensors: Iterable[str], t0: int) -> None:
        self.sensors = {name: i for i, name in enumerate(sensors)}
        self.t0 = t0  # ms since 1970
        self.version = 0
        self.t = 0  # ms: of what time the newest word is
        self._known: dict[str, Known] = {}
        self._gone: deque[tuple[int, int]] = deque(maxlen=FORGOTTEN)  # version, short name
        self._past: dict[str, tuple[int, Known]] = {}  # of tracks that are gone, when
        self._next = 1
        self._frames: dict[tuple[int, Sight], tuple[int, bytes]] = {}

    def __len__(self) -> int:
        """Count the tracks."""
        return len(self._known)

    def take(self, tracks: Iterable[Track], time: int) -> None:
        """Take what changed, and of what time that is (ms)."""
        self._advance(time)
        there = [track for track in tracks if self._is_there(track)]
        places = [track for track in there if track.position is not None]
        known = [self._entry(track.track) for track in places]
        for one, track, row in zip(known, places, rows_of(places, [one.n for one in known], self.t0), strict=True):
            self._set(one, track, row)
            self._note(one)
        for track in there:
            if track.position is None and track.bearing is not None:
                one = self._entry(track.track)
                self._set(one, track, ray_of(track, one.n, self.t0, self.sensors))

    def replace(self, tracks: Iterable[Track], time: int) -> None:
        """Take the whole picture: what is not in it is gone, what is older than what is known changes nothing."""
        whole = {track.track: track for track in tracks}
        self._advance(time)  # before anything ends: who is at the present version has not heard of it
        for name in self._known.keys() - whole.keys():
            self._end(name, time)
        news = [track for name, track in whole.items() if name not in self._known or track.time > self._known[name].track.time]
        self.take(news, time)

    def clear(self) -> None:
        """Forget every track, with its past."""
        self._advance(0)
        for name in list(self._known):
            self._end(name, self.t)
        self._past.clear()
        self.t = 0

    def beat(self, time: int) -> None:
        """Note that there is nothing new up to a time (ms)."""
        self._advance(time)

    def tracks(self, sight: Sight) -> list[Track]:
        """Give every track that somebody may see."""
        return [seen(one.track, sight) for one in self._known.values() if sight.friendly or not one.hidden]

    def track(self, name: str, sight: Sight) -> Track | None:
        """Find one track, if somebody may see it."""
        one = self._known.get(name)
        return None if one is None or (one.hidden and not sight.friendly) else seen(one.track, sight)

    def changed(self, name: str) -> int:
        """Give the version at which a track changed last; of one that is gone, the present one."""
        one = self._known.get(name)
        return self.version if one is None else one.version

    def history(self, name: str, sight: Sight, seconds: float) -> list[list[int | None]] | None:
        """Give a track's past as rows of `HISTORY`, the oldest first, also of one that is gone; None where it is unknown."""
        one = self._known.get(name) or self._past.get(name, (0, None))[1]
        if one is None or (one.hidden and not sight.friendly):
            return None
        width = len(HISTORY)
        rows = [one.past[start : start + width].tolist() for start in range(0, len(one.past), width)]
        since = (rows[-1][0] if rows else 0) - round(seconds * 1000)
        return [[None if value == NOTHING else value for value in row] for row in rows if row[0] >= since]

    def since(self, version: int, sight: Sight) -> Change:
        """Give what changed after a version, for somebody's eyes."""
        return self._change(version, sight)

    def told(self, version: int, sight: Sight) -> tuple[int, bytes]:
        """Give the version that is now, and as JSON what changed after another: written once for all who are there."""
        key = (version, sight)
        if key not in self._frames:
            change = self._change(version, sight)
            self._frames[key] = (change.version, msgspec.json.encode(dict(zip(Change._fields[1:], change[1:], strict=True))))
        return self._frames[key]

    def _change(self, version: int, sight: Sight) -> Change:
        whole = version == 0 or (len(self._gone) == FORGOTTEN and version < self._gone[0][0])
        since = 0 if whole else version
        up, rays, info = list[Row](), list[Row](), list[tuple[int, dict[str, Any]]]()
        gone = [] if whole else [n for at, n in self._gone if at > since]
        for one in self._known.values():
            if one.version <= since:
                continue
            if one.hidden and not sight.friendly:
                if one.info_version > since and not whole:
                    gone.append(one.n)
                continue
            (up if one.track.position is not None else rays).append(one.row)
            if one.info_version > since:
                info.append((one.n, one.info if sight.pilot else _without_pilot(one.info)))
        return Change(self.version, whole, up, rays, info, gone)

    def _advance(self, time: int) -> None:
        self.version += 1
        self.t = max(self.t, time)
        self._frames.clear()

    def _is_there(self, track: Track) -> bool:
        if track.status == "deleted":
            self._end(track.track, milliseconds(track))
            return False
        return True

    def _entry(self, name: str) -> Known:
        one = self._known.get(name)
        if one is None:
            one = self._known[name] = Known(self._next)
            self._next += 1
        return one

    def _set(self, one: Known, track: Track, row: Row) -> None:
        hidden, info = track.verdict == "friendly", info_of(track, self.sensors)
        if info != one.info or hidden != one.hidden:
            one.info, one.hidden, one.info_version = info, hidden, self.version
        one.track, one.row, one.version = track, row, self.version

    def _note(self, one: Known) -> None:
        """Keep a point a second of a track's past."""
        width, past = len(HISTORY), one.past
        if past and one.row[1] is not None and one.row[1] - past[-width] < 1000:
            return
        past.extend(NOTHING if (value := one.row[column]) is None else value for column in _SPAN)
        if len(past) > KEPT * width:
            del past[:width]

    def _end(self, name: str, time: int) -> None:
        one = self._known.pop(name, None)
        if one is None:
            return
        self._gone.append((self.version, one.n))
        self._past[name] = (time, one)
        while self._past:
            oldest = next(iter(self._past))
            if self._past[oldest][0] >= time - REMEMBERED_MS and len(self._past) <= FORGOTTEN:
                break
            del self._past[oldest]


def seen(track: Track, sight: Sight) -> Track:
    """Give a track as somebody may see it."""
    return track if sight.pilot or track.pilot is None else msgspec.structs.replace(track, pilot=None)


def _without_pilot(info: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in info.items() if name != "pilot"}
