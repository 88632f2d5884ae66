"""MAVLink: what drones of one's own, and receivers of Remote ID that speak it, say of who is where.

`frames` reads bytes, `vehicles` makes positions of messages. A payload is a datagram, or what came together of a stream: some
frames. GLOBAL_POSITION_INT is a vehicle's own navigation, and with ATTITUDE whence cameras aboard look;
OPEN_DRONE_ID_BASIC_ID, _LOCATION, _SYSTEM, _OPERATOR_ID and _MESSAGE_PACK are Remote ID, of the vehicle itself or, under
`id_or_mac`, of another that it heard. Not implemented: everything else of the dialects (ADSB_VEHICLE too: an ADS-B receiver says
more; GIMBAL_DEVICE_ATTITUDE_STATUS), and commands.
"""

from __future__ import annotations

from msgspec.structs import replace

from fusion.errors import DecodeError
from fusion.messages import Position, RawMessage, Scan
from sensors import odid
from sensors.adapter import Adapter, Station, native_scan, newest_of
from sensors.mavlink import frames
from sensors.mavlink.vehicles import Memory, Vehicles
from sensors.odid import messages

__all__ = ["ADAPTER"]

MOST_FAULTS = 20
"""Faults that one payload's scan names: noise has one at every other byte."""


def decode(station: Station, message: RawMessage, msgpack: bool) -> Scan:  # noqa: ARG001, FBT001
    """Read frames; what cannot be read is left out and told, DecodeError where nothing can."""
    told, faults = frames.decode(message.payload)
    if not told and (faults or not message.payload):
        raise DecodeError(faults[0] if faults else "is empty; expected MAVLink frames")
    vehicles = Vehicles(station, message.received)
    for one in told:
        vehicles.listen(one)
    scan = native_scan(station, message, newest_of(vehicles.found), (faults + vehicles.left_out)[:MOST_FAULTS])
    return replace(scan, poses=tuple(vehicles.poses))


def encode(station: Station, scan: Scan) -> bytes:  # noqa: ARG001
    """Write each detection as a receiver of Remote ID does: a pack of another aircraft's messages."""
    return b"".join(_pack(number, detection) for number, detection in enumerate(scan.detections))


def _pack(number: int, detection: object) -> bytes:
    if not isinstance(detection, Position):
        raise TypeError(f"MAVLink tells positions, not a {type(detection).__name__}")
    told = odid.broadcast(detection)
    address = bytes.fromhex(odid.address_of(detection).replace(":", ""))
    content = b"".join(messages.encode(one) for one in told)
    fields = (0, 0, address, messages.SIZE, len(told), content)
    return frames.encode(frames.Message(1, frames.PACK, fields), sequence=number)


ADAPTER = Adapter(decode, encode, memory=Memory, private=True, looks=False)
