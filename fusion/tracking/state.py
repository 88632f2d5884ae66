"""The tracker's whole state as a value: in memory for rolling back, and written down for a restart."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, NamedTuple

from fusion.arrays import Array, pack, unpack
from fusion.errors import SnapshotError
from fusion.messages import Record
from fusion.tracking.bearing_store import BearingTracks
from fusion.tracking.cameras import Learnt
from fusion.tracking.classification import Claim
from fusion.tracking.following import Bank
from fusion.tracking.initiation import Ray
from fusion.tracking.merging import Pair, Pairs
from fusion.tracking.moving import Stood
from fusion.tracking.multilateration import Clue
from fusion.tracking.registration import RegistrationState
from fusion.tracking.store import TrackStore
from fusion.tracking.undetected import Undetected


class TrackerState(NamedTuple):
    """Everything that the tracker knows, as arrays of its own."""

    time: int
    store: TrackStore
    undetected: dict[str, Undetected]
    rays: tuple[Ray, ...]
    clues: tuple[Clue, ...]
    pairs: Pairs
    searched: int
    registration: RegistrationState
    bearings: BearingTracks
    asked: int
    cameras: dict[str, Learnt]
    moving: dict[str, Stood]


class RegistrationRecord(Record, omit_defaults=False):
    """What registration knows, as it is written down."""

    time: int
    b: Array
    B: Array
    strain: Array
    bank: tuple[Array, ...]


class TrackerRecord(Record, omit_defaults=False):
    """The same, as it is written down."""

    time: int
    columns: dict[str, Array]
    claims: tuple[Claim | None, ...]
    undetected: dict[str, Undetected]
    rays: tuple[Ray, ...]
    clues: tuple[Clue, ...]
    pairs: tuple[Pair, ...]
    searched: int
    registration: RegistrationRecord
    bearings: dict[str, Array]
    bearing_claims: tuple[Claim | None, ...]
    asked: int
    cameras: dict[str, Learnt]
    moving: dict[str, Stood]


def write(state: TrackerState) -> TrackerRecord:
    """Turn a state into what can be written down."""
    return TrackerRecord(
        time=state.time,
        columns={name: pack(array) for name, array in state.store.arrays().items()},
        claims=tuple(state.store.claims),
        undetected=state.undetected,
        rays=state.rays,
        clues=state.clues,
        pairs=state.pairs.told(),
        searched=state.searched,
        registration=_write_registration(state.registration),
        bearings={name: pack(array) for name, array in state.bearings.arrays().items()},
        bearing_claims=tuple(state.bearings.claims),
        asked=state.asked,
        cameras=state.cameras,
        moving=state.moving,
    )


def read(record: TrackerRecord) -> TrackerState:
    """Turn what was written down into a state; raise SnapshotError where it is another version's."""
    store = TrackStore(**_read_columns(TrackStore, record.columns), claims=list(record.claims))
    bearings = BearingTracks(**_read_columns(BearingTracks, record.bearings), claims=list(record.bearing_claims))
    known = (
        record.rays,
        record.clues,
        Pairs.of(record.pairs),
        record.searched,
        _read_registration(record.registration),
        bearings,
        record.asked,
        record.cameras,
        record.moving,
    )
    return TrackerState(record.time, store, record.undetected, *known)


def _read_columns(table: type[TrackStore | BearingTracks], columns: dict[str, Array]) -> dict[str, Any]:
    expected = {column.name for column in fields(table)} - {"claims"}
    if set(columns) != expected:
        raise SnapshotError(f"the snapshot's columns {sorted(columns)} are not this version's {sorted(expected)}")
    return {name: unpack(array) for name, array in columns.items()}


def _write_registration(state: RegistrationState) -> RegistrationRecord:
    bank = tuple(map(pack, state.bank))
    return RegistrationRecord(time=state.time, b=pack(state.b), B=pack(state.B), strain=pack(state.strain), bank=bank)


def _read_registration(record: RegistrationRecord) -> RegistrationState:
    bank = Bank(*map(unpack, record.bank))  # type: ignore[arg-type]
    return RegistrationState(record.time, unpack(record.b), unpack(record.B), unpack(record.strain), bank)  # type: ignore[arg-type]
