"""A recording of the small scene in a console's directory, and what a core of its own makes of it up to any time."""

from __future__ import annotations

import contextlib
from typing import NamedTuple

import numpy as np

from fusion import recording
from fusion.messages import AlertMessage, TracksMessage, nanoseconds
from fusion.playback import when
from tests.console.stage import Viewer
from tests.properties.streams import SCANS, arrivals, with_beat

MS = 1_000_000
INPUTS = with_beat(arrivals(SCANS, np.random.default_rng(2).uniform(0.0, 2.5, len(SCANS))))
FIRST, LAST = when(INPUTS[0]) // MS, when(INPUTS[-1]) // MS + 1  # ms


def write(base, name="evening.jsonl", inputs=INPUTS):
    """Write the recording where the console looks for it."""
    path = base / "recordings" / name
    path.parent.mkdir(exist_ok=True)
    with contextlib.closing(recording.write_to(path)) as writer:
        for item in inputs:
            writer.append(item)
    return path


class Picture(NamedTuple):
    """What there is at a time."""

    tracks: dict[str, tuple]
    open: dict[str, dict]


def pictures(core, inputs, times):
    """Feed a core all that came before each time (ms), and collect what it said."""
    inputs = iter(inputs)
    item = next(inputs, None)
    tracks, alerts, found = {}, {}, {}
    for t in sorted(set(times)):
        while item is not None and when(item) < t * MS:
            for output in core.feed(item):
                if isinstance(output, TracksMessage):
                    tracks |= {track.track: track for track in output.tracks}
                elif isinstance(output, AlertMessage):
                    alerts[output.alert.alert] = output
            item = next(inputs, None)
        there = {name: placed(track) for name, track in tracks.items() if track.status != "deleted"}
        found[t] = Picture(there, {name: one.alert.revision for name, one in alerts.items() if not one.archived})
    return found


def placed(track):
    """Give when and where a track is, as a frame counts: ms since 1970, 1e-7 degrees; of a ray, hundredths of a degree."""
    at = nanoseconds(track.time) // MS
    if track.position is None:
        return at, round(track.bearing.azimuth_deg * 100) % 36_000
    return at, round(track.position.latitude_deg * 1e7), round(track.position.longitude_deg * 1e7)


class Watcher(Viewer):
    """A page that remembers what it showed at each frame."""

    def __init__(self, socket, **more) -> None:
        super().__init__(socket, **more)
        self.seen: list[tuple[int, Picture]] = []

    @property
    def t(self) -> int:
        return self.frames[-1]["t"] if self.frames else -1

    @property
    def clocks(self) -> list[dict]:
        return [one for one in self.heard if one["type"] == "clock"]

    @property
    def problems(self) -> list[str]:
        return [one["detail"] for one in self.heard if one["type"] == "problem"]

    def _draw(self, frame) -> None:
        super()._draw(frame)
        self.seen.append((frame["t"], self.picture()))

    def picture(self) -> Picture:
        t0 = self.hello["t0"]
        here = {self.info[n]["track"]: (row[1] + t0, *row[2:4]) for n, row in self.tracks.items()}
        rays = {self.info[n]["track"]: (row[1] + t0, row[3]) for n, row in self.rays.items()}
        return Picture(here | rays, {name: one["revision"] for name, one in self.open.items()})

    async def seek(self, t):
        """Ask for another time, and wait for its key frame."""
        count = len(self.frames)
        await self.say(type="seek", time=t)
        return await self.until(lambda v: any(one["key"] and one["t"] == t for one in v.frames[count:]))
