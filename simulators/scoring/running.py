"""The score of a run that is still going: the figures of `vigie score`, a step a second, once a step's reports are all there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

import numpy as np

from fusion.config import Site
from fusion.messages import SECOND, Floats, Track, nanoseconds
from simulators.scoring import gospa
from simulators.scoring.pairing import pairs_of
from simulators.scoring.reading import JUDGED, Truth, origin, reports
from simulators.scoring.scene import AGE, Scene

LAG = 1.5
"""s: a report of a step is out by then. Tracks are carried on to a second before now, and told at once where they changed."""

FAR = 1e9
"""m: where the target is that stands for none, so that what is tracked then is false."""

Places = Callable[[float], dict[str, Floats]]
"""Gives where every target that flies truly is at a time (s, Unix): earth-centred, (3,) m."""


class RunningScore:
    """Scores each second of a run once, in order."""

    def __init__(self, site: Site, places: Places, begin: float, indifferent: Collection[str] = ()) -> None:
        """Begin at a time (s, Unix). `indifferent` targets (birds) may be tracked or not."""
        self._here, self._places, self._indifferent = origin(site), places, indifferent
        self._next = begin
        self._reports: dict[str, list[Track]] = {}
        self._hit: dict[str, str] = {}  # each truth's track at its last hit
        self._switches = 0

    def take(self, tracks: Iterable[Track]) -> None:
        """Take what was published."""
        for track in tracks:
            if track.position is not None and track.status in JUDGED:
                self._reports.setdefault(track.track, []).append(track)

    def score(self, now: float) -> tuple[float, dict[str, float]] | None:
        """Score the steps that are due at a time (s, Unix); give the last of them with its time, None where none is due."""
        scored = None
        while self._next <= now - LAG:
            scored = self._next, self._step(self._next)
            self._next += 1.0
            self._forget(self._next - AGE - 1.0)
        return scored

    def _step(self, time: float) -> dict[str, float]:
        there = {name: Truth(np.array([time]), self._here.enu(place)[None]) for name, place in self._places(time).items()}
        said = {name: reports(sorted(told, key=lambda track: track.time), self._here) for name, told in self._reports.items()}
        truths = there or {"": Truth(np.array([time]), np.full((1, 3), FAR))}
        scene = Scene.of(said, truths, indifferent=(*self._indifferent, ""))
        pairs = pairs_of(scene)
        for truth, track in zip(pairs.truth.tolist(), pairs.track.tolist(), strict=True):
            name, by = scene.truths[truth], scene.tracks[track]
            self._switches += self._hit.setdefault(name, by) != by
            self._hit[name] = by
        distance = float(gospa.over_time(pairs, scene.c).distance()[0])
        figures = {"gospa_m": round(distance, 3), "missed": int(pairs.missed[0]), "false": int(pairs.false[0])}
        return figures | {"identity_switches": self._switches}

    def _forget(self, before: float) -> None:
        """Drop the reports that no later step can count."""
        for name, told in list(self._reports.items()):
            kept = [track for track in told if nanoseconds(track.time) / SECOND >= before]
            if kept:
                self._reports[name] = kept
            else:
                del self._reports[name]
