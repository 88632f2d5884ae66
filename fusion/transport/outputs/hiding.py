"""What an output is not to know: friendly ones and names that are withheld, birds that threaten nobody."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from fusion import personal
from fusion.config_edge import Outlet
from fusion.messages import Alert, Track

Told = TypeVar("Told", Track, Alert)


class Hiding:
    """One output's wishes."""

    def __init__(self, settings: Outlet) -> None:
        self._settings = settings

    def hides(self, track: Track) -> bool:
        """Tell whether a receiver is not to know of a track at all."""
        if track.verdict == "friendly" and "friendly" in self._settings.withhold:
            return True
        return track.class_ == "bird" and not self._settings.birds and track.verdict not in {"unauthorised", "hostile"}

    def without(self, told: Told) -> Told:
        """Leave out what is withheld, in sentences too."""
        if not self._settings.withhold:
            return told
        return msgspec.convert(personal.withheld(msgspec.to_builtins(told), self._settings.withhold), type(told))
