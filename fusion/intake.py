"""What comes in: a message becomes a scan or a refusal with its reason; and the health of each sensor as we see it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

import msgspec

from fusion.config import Config
from fusion.errors import ConfigError, DecodeError
from fusion.frame import SiteFrame
from fusion.messages import SECOND, Pose, RawMessage, Record, Rejected, Scan, SensorBias, SensorHealth, SensorPose, utc
from fusion.topics import Address, TopicTree
from fusion.zones.crowds import Counted, decode_crowd
from sensors import Adapter, Station
from sensors.pose import decode_pose

AHEAD = SECOND
"""ns that a scan may be stamped after we received it: clocks on NTP agree to well under a second."""

FIRST_BYTES = 120
"""Bytes of a refused payload that are published: enough to recognise it, too few to carry it."""

SMOOTHING = 0.1
"""Weight of the newest latency and interval in what `status` shows: the mean of about the last ten."""

SILENT = 5.0
"""Periods without a scan after which a sensor is called silent; without a period, this many times its mean interval."""

COOPERATIVE = frozenset({"adsb", "cot", "remote_id"})
"""Kinds of sensors that only hear what transmitters say of themselves."""

State = Literal["online", "degraded", "offline"]


class SensorRecord(Record):
    """What is known of one sensor's traffic."""

    said: State | None = None  # its own status
    scans: int = 0
    detections: int = 0
    rejected: int = 0
    duplicates: int = 0
    gaps: int = 0
    late: int = 0
    crowds: int = 0
    left_out: int = 0
    boot: str = ""
    sequence: int = -1
    received: int = 0  # ns, of its last scan
    latency: float | None = None  # s
    interval: float | None = None  # s


class SensorStatus(Record):
    """A sensor's own word on its health; fields that we do not know are its own business."""

    state: State


class Found(NamedTuple):
    """What the tracker has found of some sensors, by their names."""

    biases: Mapping[str, SensorBias] = MappingProxyType({})
    floods: Mapping[str, tuple[bool, int]] = MappingProxyType({})  # whether one floods us now, and looks so far that did
    poses: Mapping[str, SensorPose] = MappingProxyType({})  # of those that move


class Intake:
    """Reads messages with the adapter of their sensor, and keeps each sensor's record."""

    def __init__(self, config: Config, frame: SiteFrame, adapters: dict[str, Adapter]) -> None:
        self.tree = TopicTree(config.site.name, config.mqtt.root)
        self.adapters = adapters
        self._frame = frame
        self.stations = self._stations(config)
        self.records = {sensor.id: SensorRecord() for sensor in config.sensor}
        self._memories: dict[str, msgspec.Struct] = {}  # by sensor/format
        for sensor in config.sensor:
            if sensor.kind not in adapters:
                raise ConfigError(
                    f"sensor {sensor.id!r}: kind {sensor.kind!r} is not known; expected {', '.join(sorted(adapters))}"
                )
            if sensor.source is not None and (sensor.source.format or sensor.kind) not in adapters:
                raise ConfigError(
                    f"sensor {sensor.id!r}: source.format {sensor.source.format!r} is not known; "
                    f"expected {', '.join(sorted(adapters))}"
                )
            if sensor.reports == "scans" and not adapters[sensor.kind].looks:
                raise ConfigError(
                    f'sensor {sensor.id!r}: reports "scans", but silence in format {sensor.kind!r} says nothing; '
                    'expected reports = "detections-only"'
                )

    def know(self, config: Config) -> None:
        """Know the sensors of a configuration from now on; the records of those that were known stay."""
        self.stations = self._stations(config)
        self.records = {sensor.id: self.records.get(sensor.id, SensorRecord()) for sensor in config.sensor}

    def _stations(self, config: Config) -> dict[str, Station]:
        sensors = {sensor.id: sensor for sensor in config.sensor}
        return {name: Station(sensor, self._frame, sensors) for name, sensor in sensors.items()}

    def scan(self, message: RawMessage, address: Address) -> Scan:
        """Read a scan; raise DecodeError with the reason, having counted it."""
        name = address.parts["sensor"]
        station = self.stations.get(name)
        if station is None:
            raise DecodeError(f"sensor {name!r} is not configured")
        try:
            return self._scan(station, message, address)
        except DecodeError:
            self.count(name, rejected=1)
            raise

    def _scan(self, station: Station, message: RawMessage, address: Address) -> Scan:
        kind = address.parts.get("format", station.sensor.kind)
        if kind not in self.adapters:
            raise DecodeError(f"no adapter reads the format {kind!r}; expected {', '.join(sorted(self.adapters))}")
        adapter = self.adapters[kind]
        if adapter.memory is not None:
            name = f"{station.sensor.id}/{kind}"
            if name not in self._memories:
                self._memories[name] = adapter.memory()
            station = station._replace(memory=self._memories[name])
        scan = adapter.decode(station, message, address.msgpack)
        ahead = scan.time - message.received
        if ahead > AHEAD:
            raise DecodeError(f"time: is {ahead / SECOND:.1f} s ahead of when it was received; the sensor's clock is wrong")
        return scan

    def is_private(self, address: Address | None) -> bool:
        """Tell whether a topic's payloads may say where a person is, or who may fly."""
        if address is not None and address.name == "permit":
            return True
        if address is None or address.name not in {"scan", "raw"}:
            return False
        station = self.stations.get(address.parts["sensor"])
        adapter = self.adapters.get(address.parts.get("format", station.sensor.kind if station else ""))
        return adapter is not None and adapter.private

    @property
    def memories(self) -> dict[str, bytes]:
        """What adapters keep between two messages, by sensor/format, as MessagePack."""
        return {name: msgspec.msgpack.encode(memory) for name, memory in self._memories.items()}

    def recall(self, memories: Mapping[str, bytes]) -> None:
        """Become what `memories` gave; what was of an adapter that is no longer there, or no longer the same, is left out."""
        self._memories = {}
        for name, content in memories.items():
            adapter = self.adapters.get(name.rpartition("/")[2])
            if adapter is not None and adapter.memory is not None:
                with contextlib.suppress(msgspec.DecodeError):  # a plug-in of another version: it begins anew
                    self._memories[name] = msgspec.msgpack.decode(content, type=adapter.memory)

    def status(self, message: RawMessage, address: Address) -> None:
        """Read a sensor's own status; an empty payload withdraws it."""
        name = address.parts["sensor"]
        if name not in self.records:
            raise DecodeError(f"sensor {name!r} is not configured")
        said = None if not message.payload else _status(message.payload).state
        self.records[name] = msgspec.structs.replace(self.records[name], said=said)

    def crowd(self, message: RawMessage, name: str) -> tuple[Counted, ...]:
        """Read what a sensor counts of a crowd; raise DecodeError with the reason, having counted it."""
        if name not in self.records:
            raise DecodeError(f"sensor {name!r} is not configured")
        try:
            return decode_crowd(message.payload, message.received)
        except DecodeError:
            self.count(name, rejected=1)
            raise

    def count(self, name: str, **more: int) -> None:
        """Add to a sensor's counters."""
        record = self.records[name]
        self.records[name] = msgspec.structs.replace(record, **{key: getattr(record, key) + value for key, value in more.items()})

    def note(self, scan: Scan) -> None:
        """Keep a scan that was taken in its sensor's record: its rate, its latency, and what its sequence leaves out."""
        before = self.records[scan.sensor]
        follows = before.boot == scan.boot and 0 <= before.sequence < scan.sequence
        latency = (scan.received - scan.time) / SECOND
        interval = (scan.received - before.received) / SECOND if before.received else None
        self.records[scan.sensor] = msgspec.structs.replace(
            before,
            scans=before.scans + 1,
            detections=before.detections + len(scan.detections),
            gaps=before.gaps + (scan.sequence - before.sequence - 1 if follows else 0),
            boot=scan.boot,
            sequence=max(scan.sequence, before.sequence) if before.boot == scan.boot else scan.sequence,
            received=max(scan.received, before.received),
            latency=_smooth(before.latency, latency),
            interval=before.interval if interval is None else _smooth(before.interval, max(interval, 0.0)),
        )

    def pose(self, message: RawMessage, name: str) -> Pose:
        """Read where a sensor that moves is; raise DecodeError with the reason, having counted it."""
        if name not in self.stations:
            raise DecodeError(f"sensor {name!r} is not configured")
        try:
            return decode_pose(self.stations[name], message)
        except DecodeError:
            self.count(name, rejected=1)
            raise

    def health(self, now: int, found: Found) -> dict[str, SensorHealth]:
        """Say how each sensor is at a time (ns), with what the tracker has found of some."""
        return {name: self._health(name, record, now, found) for name, record in self.records.items()}

    @property
    def cooperative(self) -> frozenset[str]:
        """The sensors that only repeat what transmitters say of themselves."""
        return frozenset(name for name, station in self.stations.items() if station.sensor.kind in COOPERATIVE)

    def lost(self, now: int) -> tuple[tuple[str, int], ...]:
        """Give the sensors that were there and are not, and for how many seconds; silence tells that of who reports each look."""
        found = []
        for name, one in self.health(now, Found()).items():
            looks = self.stations[name].sensor.reports == "scans"
            if one.age_s is not None and (one.state == "offline" or (looks and one.state == "silent")):
                found.append((name, int(one.age_s)))
        return tuple(found)

    def _health(self, name: str, record: SensorRecord, now: int, found: Found) -> SensorHealth:
        (flooded, floods), pose = found.floods.get(name, (False, 0)), found.poses.get(name)
        age = (now - record.received) / SECOND if record.received else None
        expected = self.stations[name].sensor.period_s or record.interval or 1.0
        silent = age is None or age > SILENT * max(expected, 1.0)
        troubled = flooded or (pose is not None and pose.stale)
        said = "degraded" if troubled and record.said in {None, "online"} else record.said or "online"
        return SensorHealth(
            state=said if said == "offline" or not silent else "silent",
            scans=record.scans,
            detections=record.detections,
            rejected=record.rejected,
            duplicates=record.duplicates,
            gaps=record.gaps,
            late=record.late,
            age_s=None if age is None else round(age, 3),
            latency_s=None if record.latency is None else round(record.latency, 4),
            rate_hz=None if not record.interval else round(1.0 / record.interval, 3),
            crowds=record.crowds,
            left_out=record.left_out,
            flooded=flooded,
            floods=floods,
            bias=found.biases.get(name),
            pose=pose,
        )


def refused(message: RawMessage, reason: str, *, quoting: bool = True) -> Rejected:
    """Say what was refused, and why; without its first bytes where they may be of a person."""
    first = message.payload[:FIRST_BYTES].decode("utf-8", "backslashreplace") if quoting else ""
    return Rejected(topic=message.topic, reason=reason, time=utc(message.received), first_bytes=first)


def _status(payload: bytes) -> SensorStatus:
    try:
        return msgspec.json.decode(payload, type=SensorStatus)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DecodeError(str(error)) from error


def _smooth(before: float | None, value: float) -> float:
    return value if before is None else before + SMOOTHING * (value - before)
