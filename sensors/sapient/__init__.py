"""SAPIENT (BSI Flex 335 v2.0): what a node says of itself and of what it sees, read and written; a frame is one SapientMessage.

Layout: `timestamp`, `node_id` (UUID), `destination_id` and one content; over TCP a uint32 little-endian length stands before each
message. A detection report is of one object: `range_bearing` or `location`, each with its coordinate system, datum and errors.
Read: what `docs/formats/sapient.md` says. Not read, and why: `signal`, `behaviour`, `track_info`, `colour` and associated files
(the tracker has no use for them yet), `prediction_location` (a guess, no measurement), `associated_detection` and
`derived_detection` (they name tracks of other nodes, by which the same thing would be counted twice).
"""

from __future__ import annotations

from fusion.errors import DecodeError
from fusion.messages import RawMessage, Scan
from sensors.adapter import Adapter, Station, native_scan
from sensors.sapient import reading, schema, validating, writing

__all__ = ["ADAPTER", "decode"]


def decode(station: Station, message: RawMessage, msgpack: bool) -> Scan:  # noqa: ARG001, FBT001
    """Read a detection report; DecodeError names every fault of what is none."""
    told = schema.parse(message.payload)
    if found := validating.faults(told):
        raise DecodeError("; ".join(found))
    if (content := told.WhichOneof("content")) != "detection_report":
        raise DecodeError(f"content: is a {content}; expected a detection_report")
    report, time = told.detection_report, validating.time_of(told)
    if (nothing := reading.nothing_there(report)) is not None:
        return native_scan(station, message, (), (nothing,), time=time)
    return native_scan(station, message, (reading.measurement(station, report, time or message.received),), time=time)


ADAPTER = Adapter(decode, writing.report, single=True, looks=False)
