"""Remote ID as it is on the air: bare messages, Bluetooth's advertisements, Wi-Fi's frames, each a format of its own.

`odid` is a message of 25 bytes or a pack, or what stands in a service data (0x0D, counter, message); `odid_ble` an advertising
PDU; `odid_wifi` a frame of IEEE 802.11. A payload is one transmitter's frame, so `encode` writes scans of one detection.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable

from fusion.messages import SECOND, Identity, Position, RawMessage, Scan
from sensors.adapter import Adapter, Station, native_scan
from sensors.odid import ble, hearing, messages, wifi
from sensors.odid.hearing import Hearing, Memory
from sensors.odid.messages import BasicId, Location, Message, OperatorId, System
from sensors.odid.wifi import Heard

__all__ = ["BARE", "BLE", "WIFI", "broadcast"]

KINDS = {"fixed_wing": 1, "multirotor": 2}


def _adapter(read: Callable[[bytes], Heard], write: Callable[[str, bytes], bytes]) -> Adapter:
    def decode(station: Station, message: RawMessage, msgpack: bool) -> Scan:  # noqa: ARG001, FBT001
        heard = read(message.payload)
        hearing = Hearing(station, message.received, heard.address)
        hearing.listen(heard.messages, heard.signalement)
        return native_scan(station, message, hearing.found, hearing.left_out)

    def encode(station: Station, scan: Scan) -> bytes:  # noqa: ARG001
        (detection,) = scan.detections
        if not isinstance(detection, Position):
            raise TypeError(f"Remote ID tells positions, not a {type(detection).__name__}")
        return write(address_of(detection), messages.encode_pack(broadcast(detection)))

    return Adapter(decode, encode, memory=Memory, single=True, private=True, looks=False)


def _bare(content: bytes) -> Heard:
    """Read messages without a frame; after 0x0D and a counter, as in a service data (no message begins with 0x0D)."""
    return Heard("", messages.decode(content[2:] if content[:1] == b"\x0d" else content), None)


def address_of(detection: Position) -> str:
    """Give an aircraft an address of its own, locally administered, made of its identity."""
    name = detection.identity.key if detection.identity else detection.id
    return (b"\x02\x56" + zlib.crc32((name or "").encode()).to_bytes(4, "big")).hex(":")


def broadcast(detection: Position) -> list[Message]:
    """Write what a drone says of itself: identity, place, operator and the operator's place, as far as there is any."""
    identity = detection.identity or Identity()
    kind = max(((share, name) for name, share in (detection.classes or {}).items()), default=(0.0, ""))[1]
    told: list[Message] = []
    if identity.serial:
        told.append(BasicId(id_type=1, ua_type=KINDS.get(kind, 0), uas_id=identity.serial))
    if identity.registration:
        told.append(BasicId(id_type=2, ua_type=KINDS.get(kind, 0), uas_id=identity.registration))
    told.append(_location(detection))
    if detection.pilot is not None:
        told.append(
            System(
                operator_place=1,
                latitude_e7=round(math.degrees(detection.pilot.latitude) * 1e7),
                longitude_e7=round(math.degrees(detection.pilot.longitude) * 1e7),
            )
        )
    if identity.operator:
        told.append(OperatorId(id_type=0, operator_id=identity.operator))
    return told


def _location(detection: Position) -> Location:
    east, north, up = detection.velocity or (0.0, 0.0, 0.0)
    return Location(
        status=2,
        direction_deg=None if detection.velocity is None else round(math.degrees(math.atan2(east, north))) % 360,
        speed_mps=None if detection.velocity is None else math.hypot(east, north),
        climb_mps=None if detection.velocity is None else up,
        latitude_e7=round(math.degrees(detection.latitude) * 1e7),
        longitude_e7=round(math.degrees(detection.longitude) * 1e7),
        geodetic_altitude_m=detection.altitude,
        horizontal_class=_class_of(messages.HORIZONTAL, detection.sigma_horizontal * hearing.PLANE),
        vertical_class=_class_of(messages.VERTICAL, detection.sigma_vertical * hearing.UPRIGHT),
        speed_class=_class_of(messages.SPEED, (detection.sigma_velocity or 0.0) * hearing.PLANE),
        tenths=round(detection.time % (3600 * SECOND) / (SECOND // 10)) % messages.HOUR,
    )


def _class_of(table: tuple[float | None, ...], bound: float) -> int:
    """Give the finest class whose bound holds 95 %; 0 (unknown) for none, and for an accuracy that is not told."""
    if not bound > 0.0:
        return 0
    return max((i for i, limit in enumerate(table) if limit is not None and limit >= 0.99 * bound), default=0)


BARE = _adapter(_bare, lambda _, pack: pack)
BLE = _adapter(lambda pdu: Heard(*ble.decode(pdu), None), ble.encode)
WIFI = _adapter(wifi.decode, wifi.encode_beacon)
