"""The core's whole state as bytes: which version and configuration it belongs to, and everything the future depends on."""

from __future__ import annotations

import hashlib

import msgspec

from fusion.config import Config, Sensor
from fusion.errors import SnapshotError
from fusion.intake import SensorRecord
from fusion.messages import Record
from fusion.publishing import PublisherState
from fusion.tracking.timeline import TimelineState
from fusion.zones.episodes import AlertsState
from fusion.zones.exposure import Held
from fusion.zones.following import FollowingState
from fusion.zones.issued import IssuedState
from fusion.zones.plans import PlansState
from fusion.zones.watch import Watch
from fusion.zones.windows import ZoneWindow
from fusion.zones.zones import Zone

VERSION = 15
"""Raised whenever a snapshot of before means something else: it is then refused, and the service starts afresh."""

SHAPING = ("site", "sensor", "rules", "tracking", "publish")
"""Tables of the configuration that the state was shaped by."""


class PipelineState(Record):
    """Everything that the future depends on."""

    now: int  # ns
    status_due: int  # ns
    timeline: TimelineState
    alerts: AlertsState
    following: FollowingState
    crowds: dict[str, Held]
    watch: Watch
    publisher: PublisherState
    intake: dict[str, SensorRecord]
    newcomers: tuple[Sensor, ...]  # sensors that have appeared, in order
    memories: dict[str, bytes]  # what adapters keep, by sensor/format
    plan: PlansState
    windows: dict[str, ZoneWindow]  # by topic
    permits: IssuedState
    zones: dict[str, Zone | None]  # by topic since the start; None for a withdrawn one


class Head(msgspec.Struct, array_like=True):
    """What tells whose snapshot it is."""

    version: int
    configuration: bytes
    state: msgspec.Raw


def encode_state(config: Config, state: PipelineState) -> bytes:
    """Write a state down."""
    return msgspec.msgpack.encode(Head(VERSION, _digest(config), msgspec.Raw(msgspec.msgpack.encode(state))))


def decode_state(config: Config, snapshot: bytes) -> PipelineState:
    """Read a state; raise SnapshotError where it is damaged, or another version's or configuration's."""
    try:
        head = msgspec.msgpack.decode(snapshot, type=Head)
        if head.version != VERSION:
            raise SnapshotError(f"is of format {head.version}; this version reads format {VERSION}")
        if head.configuration != _digest(config):
            raise SnapshotError("was made with another configuration of site, sensors, rules, tracking or publishing")
        return msgspec.msgpack.decode(head.state, type=PipelineState)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SnapshotError(f"is damaged: {error}") from error


def _digest(config: Config) -> bytes:
    tables = [getattr(config, name) for name in SHAPING]
    return hashlib.blake2b(msgspec.msgpack.encode(tables), digest_size=16).digest()
