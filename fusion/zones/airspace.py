"""The zones that a site goes by: those of the plan in force, with what came by topic over them."""

from __future__ import annotations

from collections.abc import Mapping

from fusion.errors import ConfigError, DecodeError
from fusion.zones.ed318 import decode_zone
from fusion.zones.plans import Plans, PlansState
from fusion.zones.windows import ZoneWindow, decode_window, windowed
from fusion.zones.zones import Zone, ZoneSet


class Airspace:
    """A site's zones. A value in itself are the plans' state, `changed` and `windows`; `zones` is what follows from them."""

    def __init__(self, plans: Plans) -> None:
        self.plans, self.zones = plans, plans.zones
        self.changed: dict[str, Zone | None] = {}  # by topic; None for a withdrawn one
        self.windows: dict[str, ZoneWindow] = {}  # by topic

    def change_zone(self, name: str, payload: bytes) -> None:
        """Add, replace or withdraw a zone, which goes before one of a file; raise DecodeError, having changed nothing."""
        changed = self.changed | {name: decode_zone(payload, name) if payload else None}
        try:
            self.zones = self._with(changed, self.windows)
        except ConfigError as error:
            raise DecodeError(str(error)) from error
        self.changed = changed

    def change_window(self, name: str, payload: bytes) -> None:
        """Change when a zone is in force, known or not yet; an empty payload undoes that."""
        if payload:
            self.windows = self.windows | {name: decode_window(payload)}
        else:
            self.windows = {zone: window for zone, window in self.windows.items() if zone != name}
        self.zones = self._with(self.changed, self.windows)

    def change_plan(self, payload: bytes, received: int) -> None:
        """Put another plan's zones in force, at a time (ns); what came by topic stays as it is."""
        self.plans.take(payload, received)
        self.zones = self._with(self.changed, self.windows)

    def restore(self, plan: PlansState, changed: Mapping[str, Zone | None], windows: Mapping[str, ZoneWindow]) -> None:
        """Become what a snapshot says."""
        self.plans.restore(plan)
        self.changed, self.windows = dict(changed), dict(windows)
        self.zones = self._with(self.changed, self.windows)

    def _with(self, changes: Mapping[str, Zone | None], windows: Mapping[str, ZoneWindow]) -> ZoneSet:
        zones = self.plans.zones
        for name, zone in changes.items():
            zones = zones.without(name) if zone is None else zones.with_zone(zone)
        for name, window in windows.items():
            if (published := zones.find(name)) is not None:
                zones = zones.with_zone(windowed(published, window))
        return zones
