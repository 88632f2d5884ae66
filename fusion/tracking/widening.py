"""The tracker's state for a site with more sensors: the new ones have seen nothing yet, nothing else is another."""

from __future__ import annotations

import numpy as np

from fusion.messages import Floats
from fusion.tracking.state import TrackerState
from fusion.tracking.store import TrackStore
from fusion.tracking.tracker import Tracker
from fusion.tracking.undetected import Undetected


def widened(state: TrackerState, before: Tracker, after: Tracker) -> TrackerState:
    """Give a state of `before` as one of `after`, whose first sensors are the same."""
    more = len(after.ids) - len(before.ids)
    registration = state.registration
    heard = np.pad(registration.bank.heard, ((0, 0), (0, more)))
    strain = np.pad(registration.strain, (0, more), constant_values=1.0)
    return state._replace(
        store=_store(state.store, before, after, more),
        undetected=state.undetected | {name: Undetected() for name in after.ids[len(before.ids) :]},
        registration=registration._replace(strain=strain, bank=registration.bank._replace(heard=heard)),
        moving={name: state.moving.get(name, stood) for name, stood in after.moving.stood.items()},
    )


def _store(store: TrackStore, before: Tracker, after: Tracker, more: int) -> TrackStore:
    columns = dict(store.arrays())
    for name in ("seen", "numbers", "label", "labelled"):
        columns[name] = np.pad(columns[name], ((0, 0), (0, more)))
    columns["cross"] = _cross(columns["cross"], before.lasting, after.lasting)
    return TrackStore(**columns, claims=list(store.claims))


def _cross(cross: Floats, before: tuple[str, ...], after: tuple[str, ...]) -> Floats:
    """Give what tracks' errors share with those of sensors whose errors last: (N, M, sensors, 6, 6), by their names."""
    found = np.zeros((*cross.shape[:2], len(after), 6, 6))
    for place, name in enumerate(after):
        if name in before:
            found[:, :, place] = cross[:, :, before.index(name)]
    return found
