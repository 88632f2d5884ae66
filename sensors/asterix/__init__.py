"""ASTERIX in: data blocks of CAT015, CAT048 with CAT034, CAT021 and CAT205, a datagram a payload.

`tables` has the layout of each category, `records` cuts bytes by it, `figures` knows what they stand for, `radar` reads
CAT048 and CAT034, `incs` CAT015, `others` CAT021 and CAT205. Only the items that are needed are read; all others are skipped by
their length. Blocks of other categories are passed over and told. Not implemented: I048/120 (Doppler speed: its sign is the
maker's), I048/030's warnings, BDS registers, data source identification (one sensor is one source), old editions of CAT021
(0.2x); of CAT015 what `incs` names.
"""

from __future__ import annotations

from collections.abc import Callable

from fusion.messages import Bearing, Measurement, Polar, Position, RawMessage, Scan
from sensors.adapter import Adapter, Station, native_scan
from sensors.asterix import incs, others, radar
from sensors.asterix.radar import Memory
from sensors.asterix.records import Items, block, blocks
from sensors.asterix.records import records as records_of

__all__ = ["ADAPTER", "INCS"]

Reader = Callable[[Station, Items, int, str], Measurement | str | None]

READERS: dict[int, Reader] = {15: incs.target, 48: radar.plot, 21: others.broadcast, 205: others.heard}
"""How a record of each category becomes a measurement."""


def decode(station: Station, message: RawMessage, msgpack: bool) -> Scan:  # noqa: ARG001, FBT001
    """Read a datagram; DecodeError, having changed nothing, where any block of it is wrong: half of one is never taken."""
    found, services, left_out, plots = list[Measurement](), list[Items](), list[str](), False
    for category, body in blocks(message.payload):
        if category == 34:
            services += records_of(34, body)
            plots = True
        elif category not in READERS:
            left_out.append(f"CAT{category:03d}: is not read; expected CAT015, CAT021, CAT034, CAT048 or CAT205")
        else:
            plots |= category == 48
            read, unfit = _read(station, category, body, message.received)
            found += read
            left_out += unfit
    if not plots:
        scan = native_scan(station, message, found, left_out)
        return scan if station.sensor.reports != "scans" else radar.saying_nothing(scan)
    return radar.look(station, message, [one for one in found if isinstance(one, Polar)], services, left_out)


def _read(station: Station, category: int, body: bytes, received: int) -> tuple[list[Measurement], list[str]]:
    found, left_out = list[Measurement](), list[str]()
    for number, items in enumerate(records_of(category, body), 1):
        place = f"CAT{category:03d} record {number}"
        one = READERS[category](station, items, received, place)
        if isinstance(one, str):
            left_out.append(f"{place}: {one}")
        elif one is not None:
            found.append(one)
    return found, left_out


def encode(station: Station, scan: Scan) -> bytes:
    """Write a scan: of a radar a whole turn, else a block of reports."""
    if station.sensor.kind in {"radar", "asterix"} and all(isinstance(one, Polar) for one in scan.detections):
        return radar.written(station, scan)
    positions = [others.written_broadcast(one) for one in scan.detections if isinstance(one, Position)]
    bearings = [others.written_bearing(one) for one in scan.detections if isinstance(one, Bearing)]
    if len(positions) + len(bearings) != len(scan.detections):
        raise TypeError("what is no plot, position or bearing cannot be told in ASTERIX")
    parts = [block(21, positions)] if positions else []
    parts += [block(205, bearings)] if bearings else []
    return b"".join(parts) or EMPTY


EMPTY = block(205, [bytes([0x20, 4])])
"""A direction finder that says that what it heard has ended (message type 4): what is written where there is nothing to tell."""

ADAPTER = Adapter(decode, encode, memory=Memory)

INCS = Adapter(decode, incs.written, memory=Memory)
"""Reads the same, and writes CAT015."""
