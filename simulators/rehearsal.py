"""Scenarios for the console: flown, tracked by a core of their own, and scored, as fast as their page lets them."""

from __future__ import annotations

import math
from typing import Any

from fusion.assembly import assemble
from fusion.console.rehearsing import ScenarioTold
from fusion.errors import RecordingError
from fusion.messages import CLASSES, SECOND, Floats, Output, TracksMessage
from fusion.playback import when
from fusion.recording import with_ticks
from simulators import scenario_file
from simulators.earth import wgs84_from_ecef
from simulators.publish import messages
from simulators.scenario_file import Stage
from simulators.scoring.running import RunningScore
from simulators.targets import targets

BIRD = CLASSES.index("bird")


class Library:
    """The scenarios that come with the house."""

    def scenarios(self) -> list[ScenarioTold]:
        """List them by name."""
        return [_told(name, scenario_file.load(scenario_file.find(name))) for name in scenario_file.library()]

    def rehearse(self, name: str, seed: int | None) -> Flight:
        """Prepare one of them; raise ConfigError where there is none of the name."""
        stage = scenario_file.load(scenario_file.find(name))
        return Flight(stage if seed is None else stage.seeded(seed))


class Flight:
    """One scenario at its site: what flies, what its sensors say, and the core that hears them."""

    def __init__(self, stage: Stage) -> None:
        """Reckon the flights; the core has heard nothing yet."""
        self.config, self.first = stage.site, stage.start
        self.last = stage.start + round(stage.scenario.duration_s * SECOND)
        self._flown = targets(stage)
        self._inputs = with_ticks(messages(stage, self._flown))
        self._waiting = next(self._inputs, None)
        self._core = assemble(stage.site, stage.site_path.parent)
        birds = [target.id for target in self._flown if target.class_index == BIRD]
        self._score = RunningScore(stage.site.site, self._places, stage.start / SECOND, birds)

    def present(self, time: int) -> list[Output]:
        """Refuse: what has been flown is not kept."""
        raise RecordingError(f"a scenario cannot seek, nor to {time} ns")

    def advance(self, time: int) -> tuple[list[Output], dict[str, dict[str, Any]]]:
        """Fly and track up to a time (ns); say what came of that, where everything truly is, and the score."""
        said: list[Output] = []
        while self._waiting is not None and when(self._waiting) < time:
            said += self._core.feed(self._waiting)
            self._waiting = next(self._inputs, None)
        self._score.take(track for output in said if isinstance(output, TracksMessage) for track in output.tracks)
        asides: dict[str, dict[str, Any]] = {"truth": {"up": self.truth(time)}}
        if (scored := self._score.score(time / SECOND)) is not None:
            asides["score"] = {"t": round(scored[0] * 1000), "figures": scored[1]}
        return said, asides

    def truth(self, time: int) -> list[list[Any]]:
        """Give all that flies at a time (ns): name, 1e-7 degrees of latitude and longitude, 0.1 m above the ellipsoid, class."""
        kinds, rows = {target.id: CLASSES[target.class_index] for target in self._flown}, []
        for name, place in self._places(time / SECOND).items():
            latitude, longitude, height = (float(value) for value in wgs84_from_ecef(place))
            degrees = (round(math.degrees(angle) * 1e7) for angle in (latitude, longitude))
            rows.append([name, *degrees, round(height * 10.0), kinds[name]])
        return rows

    def _places(self, time: float) -> dict[str, Floats]:
        """Give where every target that flies is at a time (s, Unix), (3,) m earth-centred."""
        after = time - self.first / SECOND
        return {one.id: one.trajectory.position(after) for one in self._flown if one.trajectory.flying(after)}


def _told(name: str, stage: Stage) -> ScenarioTold:
    told = stage.scenario
    return ScenarioTold(name=name, title=told.description, duration_s=told.duration_s, site=stage.site.site.name)
