"""What an adapter is: how one format of a sensor is read and written, and what it may keep between two messages."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from fusion.config import Sensor
from fusion.frame import SiteFrame
from fusion.messages import Measurement, Position, RawMessage, Scan

DATUM_SIGMA = {"pressure": 100.0, "takeoff": 30.0}
"""m, what is not known of a datum. Pressure without QNH: the mean sea-level pressure in France swings ±12 hPa, 8.3 m each. The
place of take-off is taken at the site's ground: it may as well be a roof (Paris: 37 m at most for dwellings) or a hill."""


class Station(NamedTuple):
    """A configured sensor in its site: what an adapter needs to read it."""

    sensor: Sensor
    frame: SiteFrame
    others: Mapping[str, Sensor] = MappingProxyType({})
    """Every sensor of the site by its id: whom a time difference of arrival may be measured against."""
    memory: msgspec.Struct | None = None
    """What the adapter keeps between two messages of this sensor, of the type that it asked for; it may change it."""


class Adapter(NamedTuple):
    """How to read one kind of sensor, and how to write like it."""

    decode: Callable[[Station, RawMessage, bool], Scan]
    """Read a payload (MessagePack if the flag says so); raise DecodeError with the reason, having changed nothing."""
    encode: Callable[[Station, Scan], bytes]
    """Write a scan as the sensor would: the simulator's side, and the judge of `decode`."""
    memory: type[msgspec.Struct] | None = None
    """What it keeps between two messages of a sensor, made without arguments; it is of the core's state, so keep it bounded."""
    single: bool = False
    """A payload holds one detection, so `encode` takes scans of one."""
    private: bool = False
    """A payload may tell where a person is, so what is refused is not quoted."""
    looks: bool = True
    """Its silence about a place may mean that nothing is there. If not, the sensor's `reports` must be "detections-only"."""


def newest_of(found: Sequence[Position]) -> list[Position]:
    """Give the newest place of each aircraft: what came together may tell several, and one look sees each once."""
    newest: dict[str | None, Position] = {}
    unnamed: list[Position] = []
    for one in found:
        if one.id is None:
            unnamed.append(one)
        elif one.id not in newest or one.time >= newest[one.id].time:
            newest[one.id] = one
    return [*newest.values(), *unnamed]


def native_scan(
    station: Station,
    message: RawMessage,
    detections: Sequence[Measurement],
    left_out: Sequence[str] = (),
    *,
    time: int | None = None,
) -> Scan:
    """Make the scan of a format whose payloads have no number: what they hold tells one from its duplicate.

    Its time (ns) is that of its newest detection where none is given, and its arrival where there is none.
    """
    if time is None:
        time = max((detection.time for detection in detections), default=message.received)
    return Scan(
        sensor=station.sensor.id,
        time=time,
        received=message.received,
        sequence=0,
        boot=f"{zlib.crc32(message.payload):08x}",
        detections=tuple(detections),
        left_out=tuple(left_out),
    )
