"""How many people are exposed: the newest count of each cell, whether it is full, and what is left of it once it is stale."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fusion.config_rules import Exposure as ExposureTable
from fusion.errors import DecodeError
from fusion.frame import SiteFrame
from fusion.messages import SECOND, CrowdState, Record
from fusion.zones.crowds import Counted
from fusion.zones.findings import Crowded

EMPTYING = 0.8
"""Share of a full cell's people below which it is full no longer: counts which err by 17 % do not flutter about what is full."""

EGRESS = 480.0
"""s in which a stand empties: eight minutes, the longest that the Guide to Safety at Sports Grounds (6th edition) allows."""

FORGOTTEN = 3600 * SECOND
"""ns after which a count is dropped: it has said nothing since EGRESS."""

MOST = 5000
"""Cells that are kept."""


class Held(Record):
    """The newest count of one cell."""

    counted: Counted
    full: bool  # when it was counted


class Exposure:
    """Keeps the newest count of each cell of each sensor."""

    def __init__(self, config: ExposureTable, held: Mapping[str, Held] | None = None) -> None:
        self.enabled, self.full, self.emptying = config.enabled, config.full, EMPTYING * config.full
        self.held: dict[str, Held] = dict(held or {})

    def take(self, sensor: str, cells: tuple[Counted, ...]) -> int:
        """Take what one look counted; give how many of its cells are not newer than what is known, and left out.

        A cell is full from `full` people on, and stays so until fewer than a fifth less are counted, or may be left.
        """
        told = {f"{sensor}/{one.cell}": one for one in cells}
        fresh = {key: one for key, one in told.items() if key not in self.held or one.time > self.held[key].counted.time}
        if len(self.held.keys() | fresh.keys()) > MOST:
            raise DecodeError(f"crowd: {len(self.held)} cells are kept already; expected {MOST} at most")
        for key, one in fresh.items():
            was_full = key in self.held and self._is_full(self.held[key], one.time)
            self.held[key] = Held(counted=one, full=one.count >= (self.emptying if was_full else self.full))
        self._forget(max((one.time for one in cells), default=0))
        return len(cells) - len(fresh)

    def state(self, now: int) -> dict[str, CrowdState]:
        """Say of each cell, `sensor/cell`, what is known at a time (ns)."""
        return {key: self._state(held, now) for key, held in sorted(self.held.items())}

    def crowds(self, frame: SiteFrame, now: int) -> tuple[Crowded, ...]:
        """Give the cells that are full at a time (ns), in the grid; none where exposure does not count here."""
        full = [(key, held) for key, held in sorted(self.held.items()) if self.enabled and self._is_full(held, now)]
        if not full:
            return ()
        cells = [held.counted for _, held in full]
        latitude, longitude = np.array([(cell.latitude, cell.longitude) for cell in cells]).T
        places = frame.grid_from_wgs84(latitude, longitude, np.zeros(len(cells)))[:, :2].tolist()
        return tuple(
            Crowded(cell=held.counted.cell, east=east, north=north, radius=held.counted.radius, people=int(left(held, now)))
            for (_, held), (east, north) in zip(full, places, strict=True)
        )

    def _is_full(self, held: Held, now: int) -> bool:
        """Tell whether a cell is full at a time (ns); a count that is stale lets it go, as if the stand had emptied."""
        return held.full and left(held, now) >= self.emptying

    def _state(self, held: Held, now: int) -> CrowdState:
        return CrowdState(
            count=held.counted.count,
            confidence=held.counted.confidence,
            age_s=round(max(now - held.counted.time, 0) / SECOND, 3),
            at_least=int(left(held, now)),
            full=self._is_full(held, now),
        )

    def _forget(self, newest: int) -> None:
        self.held = {key: held for key, held in self.held.items() if held.counted.time > newest - FORGOTTEN}


def left(held: Held, now: int) -> float:
    """Give how many of those counted are there still at least: n (1 − age/EGRESS), as fast as a stand empties."""
    age = max(now - held.counted.time, 0) / SECOND
    return held.counted.count * max(1.0 - age / EGRESS, 0.0)
